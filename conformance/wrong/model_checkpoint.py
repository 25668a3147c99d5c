"""Wrong variants of ModelCheckpoint in what decides a save: when it is the turn, whether it is made, and in which direction a
metric is better. Those in files and messages stand in `model_checkpoint_files.py`.

Rules
- First the variants, then `WRONG`, the list of them.
- A variant that does what another dialect does is the reference with another choice; `speaking` makes it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from callcheck.reference.machine import NOTHING, Effect, Event, Machine, Reason, Save
from callcheck.reference.model_checkpoint import ModelCheckpoint, State
from callcheck.reference.monitor import BETTER_HIGH, Monitor
from callcheck.spec.dialect import Dialect
from callcheck.spec.values import ArrayNumber, Logs, Tensor, Value

from .wrong import Wrong

Decided = tuple[Value | None, bool, Reason]
Turned = tuple[Value | None, Reason]
After = tuple[State, Reason]


def speaking(**choices: str) -> Callable[[Mapping[str, Any], Dialect], Machine]:
    """The reference, but with these choices of model-checkpoint/ in any dialect."""
    changes = {f"model-checkpoint/{name.replace('_', '-')}": value for name, value in choices.items()}
    return lambda config, dialect: ModelCheckpoint(config, dialect.replace("wrong", **changes))


# ---------------------------------------------------------------------------------------------- when


class BatchesAnewInEveryEpoch(ModelCheckpoint):
    def epoch_begin(self, state: State, event: Event, effects: list[Effect]) -> After:
        return state._replace(batches=0), NOTHING


class CarriesTheRemainderOver(ModelCheckpoint):
    def batch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        after, reason = super().batch_end(state, event, effects)
        if reason is NOTHING:
            return after, reason
        seen = event.batch - (state.last_batch if event.batch > state.last_batch else -1)
        return after._replace(batches=state.batches + seen - self.config.save_freq), reason


class MoreThanSaveFreq(ModelCheckpoint):
    """`>` where `>=` is meant."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        frequency = config.get("save_freq")
        super().__init__({**config, "save_freq": frequency + 1} if isinstance(frequency, int) else config, dialect)


class AtEpochEndsToo(ModelCheckpoint):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        after, reason = super().epoch_end(state, event, effects)
        if self.config.save_freq != "epoch":
            best, reason = self._turn(after.direction, after.best, event, None, effects)
            after = after._replace(best=best)
        return after, reason


class EpochZeroIsNone(ModelCheckpoint):
    """`if not epoch: return`"""

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        done: list[Effect] = []
        after, reason = super().epoch_end(state, event, done)
        if event.epoch == 0:
            return after._replace(best=state.best), NOTHING
        effects.extend(done)
        return after, reason


class PeriodByNumber(ModelCheckpoint):
    """`(epoch + 1) % period == 0` in place of a count."""

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        return super().epoch_end(state._replace(epochs=event.epoch % self.config.period), event, effects)


class WhenTheNextEpochBegins(ModelCheckpoint):
    late: tuple[Effect, ...] = ()

    def epoch_begin(self, state: State, event: Event, effects: list[Effect]) -> After:
        effects.extend(self.late)
        self.late = ()
        return state, NOTHING

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        done: list[Effect] = []
        after, reason = super().epoch_end(state, event, done)
        self.late = tuple(done)
        return after, reason


class SavesIfVerbose(ModelCheckpoint):
    """The save is indented under the line that announces it."""

    def _turn(
        self, direction: str | None, best: Value | None, event: Event, batch: int | None, effects: list[Effect]
    ) -> Turned:
        done: list[Effect] = []
        turned = super()._turn(direction, best, event, batch, done)
        effects.extend(each for each in done if self.config.verbose > 0 or not isinstance(each, Save))
        return turned


# ---------------------------------------------------------------------------------------------- whether


class ForgetsTheBest(ModelCheckpoint):
    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> After:
        return state._replace(best=self.initial.best), NOTHING


class _OtherMonitor(ModelCheckpoint):
    """With a monitor of another kind."""

    kind: type[Monitor] = Monitor

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.monitor = self.kind("model-checkpoint", dialect, self.config.monitor, self.config.mode, 0.0)
        direction, best = self.monitor.direction_at_construction(), self.config.initial_value_threshold
        self.initial = State(direction, self.monitor.start(direction) if best is None else best, 0, -1, 0)


class _Inclusive(Monitor):
    def improves(
        self, value: Value, reference: Value | None, direction: str | None, delta: float | None = None
    ) -> bool:
        return value == reference or super().improves(value, reference, direction, delta)


class EqualIsBetter(_OtherMonitor):
    kind = _Inclusive


class _AlwaysLess(Monitor):
    def improves(
        self, value: Value, reference: Value | None, direction: str | None, delta: float | None = None
    ) -> bool:
        return super().improves(value, reference, direction and "min", delta)


class MinimizesAll(_OtherMonitor):
    kind = _AlwaysLess


class ComparesWithTheLast(ModelCheckpoint):
    """The best is overwritten by every value."""

    def _decide(self, direction: str | None, best: Value | None, logs: Logs, effects: list[Effect]) -> Decided:
        best, saves, reason = super()._decide(direction, best, logs, effects)
        return logs.get(self.config.monitor, best), saves, reason


class SavesAll(ModelCheckpoint):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__({**config, "save_best_only": False}, dialect)


class NoThreshold(ModelCheckpoint):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__({**config, "initial_value_threshold": None}, dialect)


class ThresholdZeroIsNone(ModelCheckpoint):
    """`if initial_value_threshold:` where `is not None` is meant."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__({**config, "initial_value_threshold": config.get("initial_value_threshold") or None}, dialect)


class ThresholdAsksForTheBest(ModelCheckpoint):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        given = config.get("initial_value_threshold") is not None
        super().__init__({**config, "save_best_only": True} if given else config, dialect)


class LossForAMissingMetric(ModelCheckpoint):
    def _decide(self, direction: str | None, best: Value | None, logs: Logs, effects: list[Effect]) -> Decided:
        if "loss" in logs:
            logs = {self.config.monitor: logs["loss"], **logs}
        return super()._decide(direction, best, logs, effects)


class NeedsTheMetric(ModelCheckpoint):
    """`logs[monitor]` where `logs.get(monitor)` is meant."""

    def _decide(self, direction: str | None, best: Value | None, logs: Logs, effects: list[Effect]) -> Decided:
        if self.config.save_best_only and self.config.monitor not in logs:
            raise KeyError(self.config.monitor)
        return super()._decide(direction, best, logs, effects)


class SkipsArrays(ModelCheckpoint):
    def _decide(self, direction: str | None, best: Value | None, logs: Logs, effects: list[Effect]) -> Decided:
        best, saves, reason = super()._decide(direction, best, logs, effects)
        is_array = isinstance(logs.get(self.config.monitor), tuple)
        return best, saves and not (self.config.save_best_only and is_array), reason


class ShapesAreNotAsked(ModelCheckpoint):
    """Every array counts as one, even one without dimensions."""

    def _decide(self, direction: str | None, best: Value | None, logs: Logs, effects: list[Effect]) -> Decided:
        value = logs.get(self.config.monitor)
        if isinstance(value, ArrayNumber):
            logs = {**logs, self.config.monitor: (float(value),)}
        return super()._decide(direction, best, logs, effects)


class TensorsAreNumbers(ModelCheckpoint):
    """Only numpy's arrays count as arrays: a tensor is compared, if there is a best to compare it with."""

    def _decide(self, direction: str | None, best: Value | None, logs: Logs, effects: list[Effect]) -> Decided:
        value = logs.get(self.config.monitor)
        if self.config.save_best_only and isinstance(value, Tensor) and best is None:
            return value, True, NOTHING
        return super()._decide(direction, best, logs, effects)


class SkipsTensors(ModelCheckpoint):
    def _decide(self, direction: str | None, best: Value | None, logs: Logs, effects: list[Effect]) -> Decided:
        best, saves, reason = super()._decide(direction, best, logs, effects)
        tensor = isinstance(logs.get(self.config.monitor), Tensor)
        return best, saves and not (self.config.save_best_only and tensor), reason


# ---------------------------------------------------------------------------------------------- direction


class _ByTheEndOfTheName(Monitor):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.better_high = BETTER_HIGH["name-ends-with-acc-accuracy-auc"]


class AutoAsEarlyStopping(_OtherMonitor):
    kind = _ByTheEndOfTheName


class FirstMetricDecides(ModelCheckpoint):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        return super().epoch_end(state, event._replace(metrics=event.metrics[::-1]), effects)


class DirectionAnewInEveryFit(ModelCheckpoint):
    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> After:
        return state._replace(direction=self.initial.direction), NOTHING


class DirectionAtFitBegin(ModelCheckpoint):
    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> After:
        return state._replace(direction=state.direction or self.monitor.resolve(event.metrics)), NOTHING


# ---------------------------------------------------------------------------------------------- the variants


def variant(name: str, make: Callable[[Mapping[str, Any], Dialect], Machine], says: str) -> Wrong:
    return Wrong(name=f"model-checkpoint-{name}", says=says, callback="ModelCheckpoint", make=make)


WHEN: tuple[Wrong, ...] = (
    variant("batches-anew-in-every-epoch", BatchesAnewInEveryEpoch, "The batches are counted anew in every epoch."),
    variant("carries-the-remainder-over", CarriesTheRemainderOver, "Batches beyond save_freq count for the next save."),
    variant("more-than-save-freq", MoreThanSaveFreq, "A save needs more than save_freq batches: `>` for `>=`."),
    variant(
        "at-epoch-ends-too", AtEpochEndsToo, "With an integer save_freq, there is a save at every epoch end as well."
    ),
    variant("epoch-zero-is-none", EpochZeroIsNone, "The epoch of index zero is taken for no epoch."),
    variant(
        "period-by-number", PeriodByNumber, "The epoch's number has to be a multiple of period: nothing is counted."
    ),
    variant("when-the-next-epoch-begins", WhenTheNextEpochBegins, "A save is put off until the next epoch begins."),
    variant("saves-if-verbose", SavesIfVerbose, "The save belongs to its announcement: with verbose=0 there is none."),
)

WHETHER: tuple[Wrong, ...] = (
    variant("forgets-the-best", ForgetsTheBest, "Every fit begins without a best value."),
    variant("equal-is-better", EqualIsBetter, "A value equal to the best is an improvement: `<=` for `<`."),
    variant("minimizes-all", MinimizesAll, "Less is better, whatever mode says."),
    variant(
        "compares-with-the-last", ComparesWithTheLast, "A value is compared with the one before it, not with the best."
    ),
    variant("saves-all", SavesAll, "save_best_only is ignored."),
    variant("no-threshold", NoThreshold, "initial_value_threshold is ignored."),
    variant("threshold-zero-is-none", ThresholdZeroIsNone, "An initial_value_threshold of zero counts as none."),
    variant("threshold-asks-for-the-best", ThresholdAsksForTheBest, "With a threshold, only the best is saved."),
    variant("loss-for-a-missing-metric", LossForAMissingMetric, "Where the metric is missing, the loss is compared."),
    variant(
        "skips-a-missing-metric",
        speaking(missing_metric="skips"),
        "Without the metric there is no save, in any dialect.",
    ),
    variant(
        "saves-without-the-metric",
        speaking(missing_metric="saves"),
        "Without the metric there is a save, in any dialect.",
    ),
    variant("needs-the-metric", NeedsTheMetric, "A missing metric raises KeyError."),
    variant("skips-arrays", SkipsArrays, "A metric that is an array is not saved."),
    variant("shapes-are-not-asked", ShapesAreNotAsked, "An array without dimensions counts as an array."),
    variant("tensors-are-numbers", TensorsAreNumbers, "Only numpy's arrays count as arrays, tensors do not."),
    variant("skips-tensors", SkipsTensors, "A metric that is a tensor is not saved."),
    variant(
        "saves-arrays", speaking(array_metric="saves"), "A metric that is an array is always saved, in any dialect."
    ),
    variant("compares-as-float64", speaking(precision="float64"), "Values are compared as they are, in any dialect."),
    variant("compares-as-float32", speaking(precision="float32"), "Values are rounded to float32, in any dialect."),
    variant("compares-by-tensorflow", speaking(precision="float32-tensorflow"), "TensorFlow compares, in any dialect."),
    variant(
        "accepts-the-first-value", speaking(first_value="accepted"), "The first value is the best, in any dialect."
    ),
    variant(
        "compares-the-first-value",
        speaking(first_value="compared-with-infinity"),
        "The first value is compared with the worst infinity, in any dialect.",
    ),
)

DIRECTION: tuple[Wrong, ...] = (
    variant(
        "auto-as-early-stopping", AutoAsEarlyStopping, "A name that ends with auc is maximized, fmeasure is not known."
    ),
    variant(
        "auto-by-name",
        speaking(direction="name-contains-acc-or-starts-with-fmeasure"),
        "auto is decided by the name, in any dialect.",
    ),
    variant(
        "auto-by-compiled-metric",
        speaking(direction="compiled-metric"),
        "auto is decided by the compiled metric, at the first epoch end, in any dialect.",
    ),
    variant(
        "first-metric-decides", FirstMetricDecides, "Of several compiled metrics of that name, the first one decides."
    ),
    variant("direction-anew-in-every-fit", DirectionAnewInEveryFit, "Every fit decides the direction for itself."),
    variant("direction-at-fit-begin", DirectionAtFitBegin, "The direction is decided when the fit begins."),
)

WRONG: tuple[Wrong, ...] = (*WHEN, *WHETHER, *DIRECTION)
