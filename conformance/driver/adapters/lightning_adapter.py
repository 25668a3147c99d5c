"""Lightning's EarlyStopping and ModelCheckpoint, on a stand-in for the Trainer that has what the callbacks read.

A logged metric reaches them as a tensor of float32, as `self.log` stores it, and is looked at when an epoch's training has ended,
or, by an early stopping, after every validation, where there are some in the middle of an epoch (`val_check_interval`).
A checkpoint of the best keeps one file (`save_top_k=1`), and any other every one; where it lies is Lightning's own affair, so
that there is one name for all.
"""

from types import SimpleNamespace
from typing import Any, Dict, List

import lightning
import torch
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from lightning.pytorch.trainer.states import TrainerFn

from ..domain import Domain, renamed
from ..protocol import CannotExpress, Capabilities, Observation
from ..scenario import Scenario
from .shared import MODES, Adapter, Checking, as_logs, only_by_hooks, stopping

_STOPPING = stopping()
_FILE = "m.keras"
_CAPABILITIES = Capabilities(
    callbacks={"EarlyStopping", "ModelCheckpoint"},
    parameters=dict(_STOPPING.parameters or {}, ModelCheckpoint=("filepath", "monitor", "save_best_only", "mode")),
    observables={"stop", "saved"},
    domain=Domain(
        accepts={"mode": MODES, "filepath": (_FILE,), "save_best_only": (False, True)},
        kinds={"monitor": "text", "patience": "whole", "min_delta": "number"}, numbers=True,
    ),
)  # fmt: skip


def _trainer() -> Any:
    return SimpleNamespace(
        callback_metrics={}, current_epoch=0, fast_dev_run=False, sanity_checking=False, should_stop=False,
        val_check_interval=1.0, check_val_every_n_epoch=1, state=SimpleNamespace(fn=TrainerFn.FITTING),
        num_val_batches=1, global_step=0, is_global_zero=True, loggers=[],
        fit_loop=SimpleNamespace(epoch_loop=SimpleNamespace(val_loop=SimpleNamespace(_has_run=True))),
        strategy=SimpleNamespace(
            reduce_boolean_decision=lambda decision, all=True: decision, broadcast=lambda given: given,
            remove_checkpoint=lambda path: None,
        ),
    )  # fmt: skip


def _tensors(logs: Dict[str, Any]) -> Dict[str, Any]:
    return as_logs(logs, lambda each: torch.tensor(each, dtype=torch.float32))


class _Saving:
    """A checkpoint under way."""

    def __init__(self, config: Dict[str, Any]) -> None:
        best = config["save_best_only"]
        self.callback = ModelCheckpoint(
            dirpath=".", filename="m", monitor=config["monitor"] if best else None, mode=config["mode"],
            save_top_k=1 if best else -1,
        )  # fmt: skip
        self.trainer = _trainer()
        self.trainer.save_checkpoint = self._save
        self.saved: List[str] = []
        self.stop = False

    def _save(self, path: str, weights_only: bool) -> None:
        with open(_FILE, "w"):
            self.saved.append(_FILE)

    def fit_begin(self, fit: int) -> None:
        self.stop = False

    def epoch_end(self, epoch: int, logs: Dict[str, Any]) -> None:
        self.saved.clear()
        self.trainer.callback_metrics = _tensors(logs)
        self.trainer.current_epoch = epoch
        self.trainer.global_step += 1
        self.callback.on_train_epoch_end(self.trainer, None)

    def set_stop(self) -> None:
        self.stop = True

    def observe(self) -> Observation:
        saved = tuple(self.saved)
        self.saved.clear()
        return Observation(stop=self.stop, saved=saved)


def _either(config: Dict[str, Any], scenario: Scenario) -> Any:
    if scenario.existing and scenario.callback == "ModelCheckpoint":
        raise CannotExpress("existing")
    if any("epoch" in epoch.logs for fit in scenario.fits for epoch in fit.epochs):
        raise CannotExpress("a metric called epoch")  # which is Lightning's own number of the epoch
    within = any(epoch.validations for fit in scenario.fits for epoch in fit.epochs)
    if scenario.callback != "ModelCheckpoint":
        return _make(config, within)
    if within:
        raise CannotExpress("validations")
    return _Saving(config)


def _make(config: Dict[str, Any], within: bool) -> Checking:
    callback = EarlyStopping(**renamed(config, "monitor", "min_delta", "patience", "mode"))
    trainer = _trainer()
    trainer.val_check_interval = 0.5 if within else 1.0
    hook = callback.on_validation_end if within else callback.on_train_epoch_end

    def begin(fit: int) -> None:
        trainer.should_stop = False
        callback.setup(trainer, None, "fit")
        callback.on_train_start(trainer, None)

    def ask(value: Any, epoch: int, logs: Dict[str, Any]) -> bool:
        trainer.callback_metrics = _tensors(logs)
        trainer.current_epoch = epoch
        hook(trainer, None)
        return bool(trainer.should_stop)

    return Checking(config["monitor"], ask, begin)


def subject(way: str) -> Adapter:
    only_by_hooks("lightning", way)
    name = f"lightning {lightning.__version__} EarlyStopping and ModelCheckpoint"
    return Adapter(name, _CAPABILITIES, _either, "lightning")
