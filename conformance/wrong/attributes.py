"""Callbacks that do their work, and say something else of it in their public attributes.

Rules
- A variant is the reference's machine, of which one attribute holds something else when it is read: none does anything else.
- `model` and `params.epochs` are the loop's to set; a machine that names them has put something else there.
"""

from collections.abc import Callable
from typing import Any

from callcheck.reference.csv_logger import CSVLogger
from callcheck.reference.early_stopping import EarlyStopping
from callcheck.reference.history import History
from callcheck.reference.machine import Machine
from callcheck.reference.model_checkpoint import ModelCheckpoint
from callcheck.reference.reduce_lr_on_plateau import ReduceLROnPlateau
from callcheck.reference.terminate_on_nan import TerminateOnNaN
from callcheck.spec.numbers import float32
from callcheck.spec.values import ArrayNumber

from .wrong import Wrong

Held = dict[str, Any]


def _holds(machine: type[Machine], change: Callable[[Held], Held]) -> type[Machine]:
    """The machine, of whose attributes some are others."""

    class Changed(machine):  # type: ignore[misc,valid-type]  # a class that is a value
        def attributes(self, state: Any) -> Held:
            held = super().attributes(state)
            return {**held, **change(held)}

    return Changed


class ComparesAllTheSame(ModelCheckpoint):
    """It compares in `best` what it saves anyway."""

    def epoch_end(self, state: Any, event: Any, effects: Any) -> Any:
        after, reason = super().epoch_end(state, event, effects)
        value = event.logs.get(self.config.monitor)
        if not self.config.save_best_only and self.monitor.improves(value, after.best, after.direction):
            after = after._replace(best=value)
        return after, reason


class CountsForGood(EarlyStopping):
    """It remembers the largest wait of all fits."""

    most = 0

    def attributes(self, state: Any) -> Held:
        self.most = max(self.most, state.wait)
        return {**super().attributes(state), "wait": self.most}


def _as_float32(held: Held) -> Held:
    best = held["best"]
    return {} if best is None else {"best": ArrayNumber(float32(best))}


def _wrong(name: str, callback: str, make: Any, says: str) -> Wrong:
    return Wrong(f"attributes-{name}", make, says, callback)


WRONG: tuple[Wrong, ...] = (
    _wrong(
        "stop-counted-from-one", "EarlyStopping",
        _holds(EarlyStopping, lambda held: {"stopped_epoch": held["stopped_epoch"] + (held["stopped_epoch"] > 0)}),
        "stopped_epoch counts epochs from one.",
    ),
    _wrong(
        "last-epoch-as-the-stop", "EarlyStopping",
        _holds(EarlyStopping, lambda held: {"stopped_epoch": max(held["stopped_epoch"], held["best_epoch"] + held["wait"])}),
        "stopped_epoch is the last epoch, whether it has stopped or not.",
    ),
    _wrong("best-in-float32", "EarlyStopping", _holds(EarlyStopping, _as_float32), "best is a float32 of numpy's."),
    _wrong(
        "best-epoch-counted-from-one", "EarlyStopping",
        _holds(EarlyStopping, lambda held: {"best_epoch": held["best_epoch"] + 1}),
        "best_epoch counts epochs from one.",
    ),
    _wrong(
        "no-wait-after-the-stop", "EarlyStopping",
        _holds(EarlyStopping, lambda held: {"wait": 0} if held["stopped_epoch"] else {}),
        "wait is reset when it has stopped.",
    ),
    _wrong(
        "no-weights-left", "EarlyStopping", _holds(EarlyStopping, lambda held: {"best_weights": None}),
        "best_weights are let go when training ends.",
    ),
    _wrong("counts-for-good", "EarlyStopping", CountsForGood, "wait is the largest of all fits."),
    _wrong(
        "no-best-left", "ReduceLROnPlateau", _holds(ReduceLROnPlateau, lambda held: {"best": None}),
        "best is None when training has ended.",
    ),
    _wrong(
        "no-wait-left", "ReduceLROnPlateau", _holds(ReduceLROnPlateau, lambda held: {"wait": 0}),
        "wait is 0 when training has ended.",
    ),
    _wrong(
        "no-cooldown-left", "ReduceLROnPlateau", _holds(ReduceLROnPlateau, lambda held: {"cooldown_counter": 0}),
        "cooldown_counter is 0 when training has ended.",
    ),
    _wrong("saved-in-float32", "ModelCheckpoint", _holds(ModelCheckpoint, _as_float32), "best is a float32 of numpy's."),
    _wrong(
        "compares-all-the-same", "ModelCheckpoint", ComparesAllTheSame,
        "Without save_best_only, too, best is the best value that there was.",
    ),
    _wrong(
        "open-file", "CSVLogger", _holds(CSVLogger, lambda held: {"csv_file.closed": False}),
        "The file stays open when training has ended.",
    ),
    _wrong(
        "not-the-models", "History", _holds(History, lambda held: {"model.history": False}),
        "It does not put itself into the model's attribute history.",
    ),
    _wrong(
        "forgets-params", "TerminateOnNaN", _holds(TerminateOnNaN, lambda held: {"params.epochs": None}),
        "params are None when training has ended.",
    ),
    _wrong(
        "another-model", "TerminateOnNaN", _holds(TerminateOnNaN, lambda held: {"model": False}),
        "model is another model than the one that is trained.",
    ),
)  # fmt: skip
