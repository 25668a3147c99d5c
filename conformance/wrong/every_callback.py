"""Callbacks that reach beyond their job, and training loops that run them wrongly.

Rules
- A callback that does what is another's job, or nobody's, has a machine of its own: the reference's, with an effect more.
- A wrong training loop is the reference on another scenario than it was given.
"""

from collections.abc import Mapping
from typing import Any

from callcheck.reference.early_stopping import EarlyStopping, State
from callcheck.reference.machine import (
    Effect,
    Event,
    Leave,
    Log,
    Print,
    Reason,
    Remove,
    Restore,
    Save,
    SetRate,
    Stop,
    Unlog,
    Warn,
    Write,
)
from callcheck.reference.model_checkpoint import ModelCheckpoint
from callcheck.reference.reduce_lr_on_plateau import AT_MINIMUM, ReduceLROnPlateau
from callcheck.reference.terminate_on_nan import TERMINATED, TerminateOnNaN
from callcheck.spec.dialect import Dialect
from callcheck.spec.values import only
from callcheck.spec.weights import Origin

from .wrong import Wrong

# ---------------------------------------------------------------------------------------------- beyond their job


class StopsAtTheMinimum(ReduceLROnPlateau):
    def epoch_end(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        if reason is AT_MINIMUM:
            effects.append(Stop())
        return after, reason


class LowersTheRate(TerminateOnNaN):
    def batch_end(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        after, reason = super().batch_end(state, event, effects)
        if reason is TERMINATED:
            effects.append(SetRate(only(event.rate) / 2))
        return after, reason


class SavesTheBest(EarlyStopping):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        if after.best_weights != state.best_weights:
            effects.append(Save("best.weights.h5"))
        return after, reason


class LoadsTheLastSaved(ModelCheckpoint):
    """It remembers whose weights it saved last."""

    def epoch_end(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        if any(isinstance(effect, Save) for effect in effects):
            self.last = Restore(event.weights)
        return after, reason

    def fit_end(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        if self.config.save_best_only:
            effects.append(self.last)
        return super().fit_end(state, event, effects)


class RoundsTheMetric(EarlyStopping):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        value = event.logs.get(self.config.monitor)
        if isinstance(value, float) and abs(value) < 1e6:
            effects.append(Log(self.config.monitor, round(value, 4)))
        return super().epoch_end(state, event, effects)


class DropsTheMetric(EarlyStopping):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        if self.config.monitor in event.logs:
            effects.append(Unlog(self.config.monitor))
        return super().epoch_end(state, event, effects)


class ClearsBatches(TerminateOnNaN):
    def batch_end(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        effects += map(Unlog, event.logs)
        return super().batch_end(state, event, effects)


class HidesTheLoss(TerminateOnNaN):
    def batch_end(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        after, reason = super().batch_end(state, event, effects)
        if reason is TERMINATED:
            effects.append(Log("loss", 0.0))
        return after, reason


class LogsItsWait(EarlyStopping):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        effects.append(Log("wait", float(after.wait)))
        return after, reason


class CountsBatches(TerminateOnNaN):
    def batch_end(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        effects.append(Log("batches", float(event.batch + 1)))
        return super().batch_end(state, event, effects)


class WritesWhereItStopped(EarlyStopping):
    def fit_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        if state.stopped_epoch:
            effects.append(Write("stopped.txt"))
        return super().fit_end(state, event, effects)


class WritesAnIndex(ModelCheckpoint):
    def epoch_end(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        effects.append(Write("checkpoint.txt"))
        return super().epoch_end(state, event, effects)


class KeepsTheLast(ModelCheckpoint):
    """It remembers where it saved last."""

    last: str | None = None

    def epoch_end(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        for path in [effect.path for effect in effects if isinstance(effect, Save)]:
            if self.last not in (None, path):
                effects.append(Remove(self.last))
            self.last = path
        return after, reason


class TidiesUp(EarlyStopping):
    def fit_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        effects += [Remove(path) for path in self.existing]
        return super().fit_end(state, event, effects)


class GoesToItsFolder(ModelCheckpoint):
    def epoch_end(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        if any(isinstance(effect, Save) and "/" in effect.path for effect in effects):
            effects.append(Leave("working directory"))
        return after, reason


class GoesHome(TerminateOnNaN):
    def fit_end(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        effects.append(Leave("working directory"))
        return super().fit_end(state, event, effects)


class BeginsRandomNumbersAnew(EarlyStopping):
    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        effects.append(Leave("random state"))
        return super().fit_begin(state, event, effects)


class SilencesWarnings(TerminateOnNaN):
    leaves = ("warning filters",)


class CalmsTheMomentum(ReduceLROnPlateau):
    def epoch_end(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        if any(isinstance(effect, SetRate) for effect in effects):
            effects.append(Leave("optimizer.momentum"))
        return after, reason


class FreezesTheModel(EarlyStopping):
    def fit_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        if state.stopped_epoch:
            effects.append(Leave("model.trainable"))
        return super().fit_end(state, event, effects)


class GoesBack(EarlyStopping):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        if after.wait and after.best_weights is not None:
            effects.append(Restore(after.best_weights))
        return after, reason


class BeginsWithTheBest(EarlyStopping):
    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        if state.best_epoch:
            effects.append(Restore(Origin(0, state.best_epoch)))
        return super().fit_begin(state, event, effects)


class PrintsItsWait(EarlyStopping):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        if after.wait:
            effects.append(Print("other"))
        return after, reason


class SaysGoodbye(TerminateOnNaN):
    def fit_end(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        effects.append(Print("other"))
        return super().fit_end(state, event, effects)


class WarnsOfTheStop(EarlyStopping):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        if any(isinstance(effect, Stop) for effect in effects):
            effects.append(Warn("other"))
        return after, reason


class WarnsOfNothingDone(EarlyStopping):
    def fit_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        if not state.stopped_epoch:
            effects.append(Warn("other"))
        return super().fit_end(state, event, effects)


class WarnsOfMonitoringLoss(EarlyStopping):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        if self.config.monitor == "loss":
            self.warned = (*self.warned, "other")


WRONG: tuple[Wrong, ...] = (
    Wrong(
        name="stops-at-the-minimum",
        says="A learning rate that has reached min_lr stops training.",
        callback="ReduceLROnPlateau",
        make=StopsAtTheMinimum,
    ),
    Wrong(
        name="lowers-the-rate",
        says="The loss that stops training halves the learning rate, too.",
        callback="TerminateOnNaN",
        make=LowersTheRate,
    ),
    Wrong(
        name="saves-the-best",
        says="The best weights are written to a file.",
        callback="EarlyStopping",
        make=SavesTheBest,
    ),
    Wrong(
        name="loads-the-last-saved",
        says="When training ends, the weights that were saved last are put back into the model.",
        callback="ModelCheckpoint",
        make=LoadsTheLastSaved,
    ),
    Wrong(
        name="rounds-the-metric",
        says="The metric is rounded in the logs that all callbacks share.",
        callback="EarlyStopping",
        make=RoundsTheMetric,
    ),
    Wrong(
        name="drops-the-metric",
        says="The metric is taken out of the logs, as other callbacks have no use for it.",
        callback="EarlyStopping",
        make=DropsTheMetric,
    ),
    Wrong(
        name="clears-batches",
        says="The logs of a batch are cleared once they have been read.",
        callback="TerminateOnNaN",
        make=ClearsBatches,
    ),
    Wrong(
        name="hides-the-loss",
        says="An invalid loss is zero in the logs from then on, so that means stay finite.",
        callback="TerminateOnNaN",
        make=HidesTheLoss,
    ),
    Wrong(
        name="logs-its-wait",
        says="The counter stands in the logs.",
        callback="EarlyStopping",
        make=LogsItsWait,
    ),
    Wrong(
        name="counts-batches",
        says="The number of batches stands in the logs of every batch.",
        callback="TerminateOnNaN",
        make=CountsBatches,
    ),
    Wrong(
        name="writes-where-it-stopped",
        says="A file says that training was stopped.",
        callback="EarlyStopping",
        make=WritesWhereItStopped,
    ),
    Wrong(
        name="writes-an-index",
        says="A file beside the saved ones says which they are.",
        callback="ModelCheckpoint",
        make=WritesAnIndex,
    ),
    Wrong(
        name="keeps-the-last",
        says="Of the files that were saved only the last is kept.",
        callback="ModelCheckpoint",
        make=KeepsTheLast,
    ),
    Wrong(
        name="tidies-up",
        says="When training has ended, the files that were there before it are removed.",
        callback="EarlyStopping",
        make=TidiesUp,
    ),
    Wrong(
        name="goes-to-its-folder",
        says="The folder of what is saved becomes the working directory.",
        callback="ModelCheckpoint",
        make=GoesToItsFolder,
    ),
    Wrong(
        name="goes-home",
        says="When training has ended, the working directory is another one.",
        callback="TerminateOnNaN",
        make=GoesHome,
    ),
    Wrong(
        name="begins-random-numbers-anew",
        says="Every fit seeds the generators of random numbers, so that it can be repeated.",
        callback="EarlyStopping",
        make=BeginsRandomNumbersAnew,
    ),
    Wrong(
        name="silences-warnings",
        says="The constructor filters warnings, for everybody.",
        callback="TerminateOnNaN",
        make=SilencesWarnings,
    ),
    Wrong(
        name="calms-the-momentum",
        says="A reduction of the learning rate lowers the optimizer's momentum, too.",
        callback="ReduceLROnPlateau",
        make=CalmsTheMomentum,
    ),
    Wrong(
        name="freezes-the-model",
        says="A model whose training was stopped cannot be trained further.",
        callback="EarlyStopping",
        make=FreezesTheModel,
    ),
    Wrong(
        name="goes-back",
        says="The best weights are put back after every epoch without an improvement.",
        callback="EarlyStopping",
        make=GoesBack,
    ),
    Wrong(
        name="begins-with-the-best",
        says="A fit begins with the weights of the best epoch before.",
        callback="EarlyStopping",
        make=BeginsWithTheBest,
    ),
    Wrong(
        name="prints-its-wait",
        says="The counter is printed, whatever verbose is.",
        callback="EarlyStopping",
        make=PrintsItsWait,
    ),
    Wrong(
        name="says-goodbye",
        says="A line is printed when training has ended.",
        callback="TerminateOnNaN",
        make=SaysGoodbye,
    ),
    Wrong(
        name="warns-of-the-stop",
        says="A stop is warned of.",
        callback="EarlyStopping",
        make=WarnsOfTheStop,
    ),
    Wrong(
        name="warns-of-nothing-done",
        says="That training was not stopped is warned of when it has ended.",
        callback="EarlyStopping",
        make=WarnsOfNothingDone,
    ),
    Wrong(
        name="warns-of-monitoring-loss",
        says="The constructor warns that loss is not a good thing to monitor.",
        callback="EarlyStopping",
        make=WarnsOfMonitoringLoss,
    ),
)
