"""Callbacks that are wrong only where one seldom looks: in a long training, one that is often taken up, under unusual names.

Rules
- The scenarios that catch them are among the stored vectors, and so are tried whenever something is checked: random ones are
  seldom like that.
"""

from typing import Any

from callcheck.reference.csv_logger import CSVLogger
from callcheck.reference.early_stopping import EarlyStopping
from callcheck.reference.machine import NOTHING, Effect, Event, Print, Reason, SetRate
from callcheck.reference.reduce_lr_on_plateau import ReduceLROnPlateau
from callcheck.reference.terminate_on_nan import TERMINATED, TerminateOnNaN

from .wrong import Wrong


class LooksAtThirtyEpochs(EarlyStopping):
    def epoch_end(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        return super().epoch_end(state, event, effects) if event.epoch < 30 else (state, NOTHING)


class LooksAtThreeFits(EarlyStopping):
    fits = 0

    def fit_begin(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        self.fits += 1
        return super().fit_begin(state, event, effects)

    def epoch_end(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        return super().epoch_end(state, event, effects) if self.fits < 4 else (state, NOTHING)


class ReducesEightTimes(ReduceLROnPlateau):
    times = 0

    def epoch_end(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        before = len(effects)
        after, reason = super().epoch_end(state, event, effects)
        reduced = [effect for effect in effects[before:] if isinstance(effect, SetRate)]
        self.times += len(reduced)
        if self.times > 8:
            effects[before:] = [effect for effect in effects[before:] if effect not in reduced]
        return after, reason


class ReadsPlainNames(EarlyStopping):
    def epoch_end(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        plain = {name: value for name, value in event.logs.items() if "/" not in name and " " not in name}
        return super().epoch_end(state, event._replace(logs=plain), effects)


class TellsForOne(EarlyStopping):
    def fit_end(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        after, reason = super().fit_end(state, event, effects)
        if self.config.verbose == 2:
            effects[:] = [effect for effect in effects if not isinstance(effect, Print)]
        return after, reason


class MakesItsFile(CSVLogger):
    """As soon as it is constructed."""

    leaves = ("files",)


class CountsFiftyRows(CSVLogger):
    def epoch_end(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        return super().epoch_end(state, event._replace(epoch=event.epoch + (event.epoch >= 50)), effects)


class NamesAHundredBatches(TerminateOnNaN):
    def batch_end(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        after, reason = super().batch_end(state, event, effects)
        if reason is TERMINATED and event.batch > 100:
            effects[:] = [Print("other") if isinstance(effect, Print) else effect for effect in effects]
        return after, reason


WRONG: tuple[Wrong, ...] = (
    Wrong("rare-looks-at-thirty-epochs", LooksAtThirtyEpochs, "After 30 epochs nothing is monitored.", "EarlyStopping"),
    Wrong(
        "rare-looks-at-three-fits", LooksAtThreeFits, "From the fourth fit on nothing is monitored.", "EarlyStopping"
    ),
    Wrong(
        "rare-reads-plain-names",
        ReadsPlainNames,
        "A metric whose name has a slash or a blank is missing.",
        "EarlyStopping",
    ),
    Wrong("rare-tells-for-one", TellsForOne, "With verbose=2 nothing is printed.", "EarlyStopping"),
    Wrong("rare-makes-its-file", MakesItsFile, "The constructor makes the file.", "CSVLogger"),
    Wrong("rare-reduces-eight-times", ReducesEightTimes, "After 8 reductions there is none.", "ReduceLROnPlateau"),
    Wrong("rare-counts-fifty-rows", CountsFiftyRows, "From row 50 on the epoch is one more.", "CSVLogger"),
    Wrong(
        "rare-names-a-hundred-batches", NamesAHundredBatches, "From batch 101 on another is named.", "TerminateOnNaN"
    ),
)
