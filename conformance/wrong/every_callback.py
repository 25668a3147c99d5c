"""Callbacks that reach beyond their job, and training loops that run them wrongly.

Rules
- A callback that does what is another's job has a machine of its own: the reference's, with an effect more.
- A wrong training loop is the reference on another scenario than it was given.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from callcheck.reference.early_stopping import EarlyStopping, State
from callcheck.reference.machine import Effect, Event, Log, Reason, Restore, Save, SetRate, Stop
from callcheck.reference.model_checkpoint import ModelCheckpoint
from callcheck.reference.reduce_lr_on_plateau import AT_MINIMUM, ReduceLROnPlateau
from callcheck.reference.terminate_on_nan import TERMINATED, TerminateOnNaN
from callcheck.spec.dialect import Dialect
from callcheck.spec.editing import each_epoch, each_epochs
from callcheck.spec.scenario import Epoch, Scenario
from callcheck.spec.values import only

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


class WarnsOfMonitoringLoss(EarlyStopping):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        if self.config.monitor == "loss":
            self.warned = (*self.warned, "other")


# ---------------------------------------------------------------------------------------------- training loops


Epochs = tuple[Epoch, ...]


def clears_the_stop(scenario: Scenario) -> Scenario:
    return each_epoch(scenario, lambda epoch: replace(epoch, stop=False))


def fills_gaps_backwards(scenario: Scenario) -> Scenario:
    def fill(epochs: Epochs) -> Iterable[Epoch]:
        filled = list(epochs)
        for index in reversed(range(len(filled) - 1)):
            filled[index] = replace(filled[index], logs={**filled[index + 1].logs, **filled[index].logs})
        return filled

    return each_epochs(scenario, fill)


def hides_the_last_logs(scenario: Scenario) -> Scenario:
    return each_epoch(scenario, lambda epoch: replace(epoch, logs={}) if epoch.stop else epoch)


def leaves_out_the_last_epoch(scenario: Scenario) -> Scenario:
    return each_epochs(scenario, lambda epochs: epochs[: max(len(epochs) - 1, 1)])


def runs_the_first_fit_only(scenario: Scenario) -> Scenario:
    return replace(scenario, fits=scenario.fits[:1])


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
        name="warns-of-monitoring-loss",
        says="The constructor warns that loss is not a good thing to monitor.",
        callback="EarlyStopping",
        make=WarnsOfMonitoringLoss,
    ),
    Wrong(
        name="clears-the-stop",
        says="The stop flag is assigned at every epoch end, True or False.",
        callback="EarlyStopping",
        make=None,
        shown=clears_the_stop,
    ),
    Wrong(
        name="fills-gaps-backwards",
        says="The history is read in one go, and a missing metric is filled with its next value.",
        callback="EarlyStopping",
        make=None,
        shown=fills_gaps_backwards,
    ),
    Wrong(
        name="hides-the-last-logs",
        says="An epoch in which somebody has set the stop flag gets no logs.",
        callback="ReduceLROnPlateau",
        make=None,
        shown=hides_the_last_logs,
    ),
    Wrong(
        name="leaves-out-the-last-epoch",
        says="The loop over the epochs ends one too early.",
        callback="LearningRateScheduler",
        make=None,
        shown=leaves_out_the_last_epoch,
    ),
    Wrong(
        name="runs-the-first-fit-only",
        says="An instance is used for one fit, and no more.",
        callback="TerminateOnNaN",
        make=None,
        shown=runs_the_first_fit_only,
    ),
)
