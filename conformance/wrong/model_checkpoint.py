"""Wrong variants of ModelCheckpoint.

Rules
- First the variants, then `WRONG`, the list of them.
- A variant that does what another dialect does is the reference with another choice; `_speaking` makes it.
- Scenarios are as small as they get; where a clause is about a relation, the failing part may be in the related run.
"""

from collections.abc import Callable, Mapping
from typing import Any

from callcheck.reference.machine import NOTHING, Effect, Event, Log, Machine, Print, Reason, Save, Warn
from callcheck.reference.model_checkpoint import ModelCheckpoint, State
from callcheck.reference.monitor import Monitor
from callcheck.spec.callbacks import parameters
from callcheck.spec.dialect import Dialect
from callcheck.spec.files import RELATIVE
from callcheck.spec.values import ArrayNumber, Logs, Tensor, Value

from .wrong import Wrong

Decided = tuple[Value | None, bool, Reason]
Turned = tuple[Value | None, Reason]
After = tuple[State, Reason]


def _speaking(**choices: str) -> Callable[[Mapping[str, Any], Dialect], Machine]:
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
        return super().epoch_end(state._replace(epochs=event.epoch % self.period), event, effects)


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
        self.rule, self.lazy = "name-ends-with-acc-accuracy-auc", False


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


# ---------------------------------------------------------------------------------------------- file names


class EpochsFromZero(ModelCheckpoint):
    def _turn(
        self, direction: str | None, best: Value | None, event: Event, batch: int | None, effects: list[Effect]
    ) -> Turned:
        return super()._turn(direction, best, event._replace(epoch=event.epoch - 1), batch, effects)


class BatchesFromZero(ModelCheckpoint):
    def _turn(
        self, direction: str | None, best: Value | None, event: Event, batch: int | None, effects: list[Effect]
    ) -> Turned:
        return super()._turn(direction, best, event, None if batch is None else batch - 1, effects)


class BestInTheName(ModelCheckpoint):
    def _turn(
        self, direction: str | None, best: Value | None, event: Event, batch: int | None, effects: list[Effect]
    ) -> Turned:
        done: list[Effect] = []
        turned = super()._turn(direction, best, event, batch, done)
        mark = "best-" if self.config.save_best_only else ""
        effects.extend(Save(mark + each.path) if isinstance(each, Save) else each for each in done)
        return turned


class DecidesBeforeTheName(ModelCheckpoint):
    """The file name is filled in only where there is something to save."""

    def _turn(
        self, direction: str | None, best: Value | None, event: Event, batch: int | None, effects: list[Effect]
    ) -> Turned:
        said: list[Effect] = []
        after, saves, reason = self._decide(direction, best, event.logs, said)
        if saves:
            return super()._turn(direction, best, event, batch, effects)
        effects.extend(said)
        return after, reason


class OwnFieldsGoFirst(ModelCheckpoint):
    """`{**logs, "epoch": ..., "batch": ...}`"""

    def _turn(
        self, direction: str | None, best: Value | None, event: Event, batch: int | None, effects: list[Effect]
    ) -> Turned:
        own = ("epoch",) if batch is None else ("epoch", "batch")
        logs = {name: value for name, value in event.logs.items() if name not in own}
        return super()._turn(direction, best, event._replace(logs=logs), batch, effects)


class NeedsADirectory(ModelCheckpoint):
    """`makedirs(dirname(filepath))`, which for a bare name is of an empty path."""

    def _turn(
        self, direction: str | None, best: Value | None, event: Event, batch: int | None, effects: list[Effect]
    ) -> Turned:
        if isinstance(self.config.filepath, Mapping) and "/" not in self.filepath and RELATIVE in self.config.filepath:
            raise FileNotFoundError("No such file or directory: ''")
        return super()._turn(direction, best, event, batch, effects)


# ---------------------------------------------------------------------------------------------- what is there already


class _Handling(ModelCheckpoint):
    """Does something else with what the system says when a file cannot be written."""

    def _turn(
        self, direction: str | None, best: Value | None, event: Event, batch: int | None, effects: list[Effect]
    ) -> Turned:
        try:
            return super()._turn(direction, best, event, batch, effects)
        except OSError as error:
            self.handle(error)
            return best, NOTHING

    def handle(self, error: OSError) -> None:
        """Swallows it."""


class SwallowsSystemErrors(_Handling):
    """`except IOError: pass`"""


class HandsOnTheSystemsError(_Handling):
    def handle(self, error: OSError) -> None:
        if type(error) is OSError:
            raise IsADirectoryError(str(error))
        raise error


class LooksForTheWordsAnywhere(_Handling):
    """The words "is a directory" are looked for in the whole message, in which the file's name may have them."""

    def handle(self, error: OSError) -> None:
        raise OSError(str(error)) if "is a directory" in str(error) else error


class NeedsAnEmptyPlace(ModelCheckpoint):
    """`if not exists(filepath):` before the file is written."""

    def _turn(
        self, direction: str | None, best: Value | None, event: Event, batch: int | None, effects: list[Effect]
    ) -> Turned:
        done: list[Effect] = []
        turned = super()._turn(direction, best, event, batch, done)
        effects.extend(each for each in done if not isinstance(each, Save) or each.path not in self.existing)
        return turned


# ---------------------------------------------------------------------------------------------- what it says


class SaysWithoutBeingAsked(ModelCheckpoint):
    """The default of `verbose` is 1."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__({"verbose": 1, **config}, dialect)


class SaysSavedTwice(ModelCheckpoint):
    def _turn(
        self, direction: str | None, best: Value | None, event: Event, batch: int | None, effects: list[Effect]
    ) -> Turned:
        turned = super()._turn(direction, best, event, batch, effects)
        if effects[-1:] == [Print("saved")]:
            effects.append(Print("saved"))
        return turned


class NeverWarns(ModelCheckpoint):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.warned = ()

    def _decide(self, direction: str | None, best: Value | None, logs: Logs, effects: list[Effect]) -> Decided:
        said: list[Effect] = []
        decided = super()._decide(direction, best, logs, said)
        effects.extend(each for each in said if not isinstance(each, Warn))
        return decided


class LogsTheBest(ModelCheckpoint):
    def _decide(self, direction: str | None, best: Value | None, logs: Logs, effects: list[Effect]) -> Decided:
        best, saves, reason = super()._decide(direction, best, logs, effects)
        if isinstance(best, float):
            effects.append(Log("best", best))
        return best, saves, reason


# ---------------------------------------------------------------------------------------------- arguments


class _OtherSuffixes(ModelCheckpoint):
    """Where file names are checked, with other suffixes."""

    weights: str
    models: tuple[str, ...]

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect.replace("wrong", **{"model-checkpoint/suffix": "free"}))
        suffixes = (self.weights,) if self.config.save_weights_only else self.models
        if dialect["model-checkpoint/suffix"] != "free" and not self.filepath.endswith(suffixes):
            raise ValueError(f"filepath must end with {' or '.join(suffixes)}, got {self.filepath!r}")


class NoDotBeforeWeights(_OtherSuffixes):
    weights = "weights.h5"
    models = (".keras", ".h5")


class ModelsEndWithKeras(_OtherSuffixes):
    weights = ".weights.h5"
    models = (".keras",)


class SwallowsArguments(ModelCheckpoint):
    """Arguments that it does not know are dropped."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__({name: config[name] for name in config if name in parameters("ModelCheckpoint")}, dialect)


# ---------------------------------------------------------------------------------------------- the variants


def _wrong(name: str, make: Callable[[Mapping[str, Any], Dialect], Machine], says: str) -> Wrong:
    return Wrong(name=f"model-checkpoint-{name}", says=says, callback="ModelCheckpoint", make=make)


WHEN: tuple[Wrong, ...] = (
    _wrong("batches-anew-in-every-epoch", BatchesAnewInEveryEpoch, "The batches are counted anew in every epoch."),
    _wrong("carries-the-remainder-over", CarriesTheRemainderOver, "Batches beyond save_freq count for the next save."),
    _wrong("more-than-save-freq", MoreThanSaveFreq, "A save needs more than save_freq batches: `>` for `>=`."),
    _wrong(
        "at-epoch-ends-too", AtEpochEndsToo, "With an integer save_freq, there is a save at every epoch end as well."
    ),
    _wrong("epoch-zero-is-none", EpochZeroIsNone, "The epoch of index zero is taken for no epoch."),
    _wrong(
        "period-by-number", PeriodByNumber, "The epoch's number has to be a multiple of period: nothing is counted."
    ),
    _wrong("when-the-next-epoch-begins", WhenTheNextEpochBegins, "A save is put off until the next epoch begins."),
    _wrong("saves-if-verbose", SavesIfVerbose, "The save belongs to its announcement: with verbose=0 there is none."),
)

WHETHER: tuple[Wrong, ...] = (
    _wrong("forgets-the-best", ForgetsTheBest, "Every fit begins without a best value."),
    _wrong("equal-is-better", EqualIsBetter, "A value equal to the best is an improvement: `<=` for `<`."),
    _wrong("minimizes-all", MinimizesAll, "Less is better, whatever mode says."),
    _wrong(
        "compares-with-the-last", ComparesWithTheLast, "A value is compared with the one before it, not with the best."
    ),
    _wrong("saves-all", SavesAll, "save_best_only is ignored."),
    _wrong("no-threshold", NoThreshold, "initial_value_threshold is ignored."),
    _wrong("threshold-zero-is-none", ThresholdZeroIsNone, "An initial_value_threshold of zero counts as none."),
    _wrong("threshold-asks-for-the-best", ThresholdAsksForTheBest, "With a threshold, only the best is saved."),
    _wrong("loss-for-a-missing-metric", LossForAMissingMetric, "Where the metric is missing, the loss is compared."),
    _wrong(
        "skips-a-missing-metric",
        _speaking(missing_metric="skips"),
        "Without the metric there is no save, in any dialect.",
    ),
    _wrong(
        "saves-without-the-metric",
        _speaking(missing_metric="saves"),
        "Without the metric there is a save, in any dialect.",
    ),
    _wrong("needs-the-metric", NeedsTheMetric, "A missing metric raises KeyError."),
    _wrong("skips-arrays", SkipsArrays, "A metric that is an array is not saved."),
    _wrong("shapes-are-not-asked", ShapesAreNotAsked, "An array without dimensions counts as an array."),
    _wrong("tensors-are-numbers", TensorsAreNumbers, "Only numpy's arrays count as arrays, tensors do not."),
    _wrong("skips-tensors", SkipsTensors, "A metric that is a tensor is not saved."),
    _wrong(
        "saves-arrays", _speaking(array_metric="saves"), "A metric that is an array is always saved, in any dialect."
    ),
    _wrong("compares-as-float64", _speaking(precision="float64"), "Values are compared as they are, in any dialect."),
    _wrong("compares-as-float32", _speaking(precision="float32"), "Values are rounded to float32, in any dialect."),
    _wrong("compares-by-tensorflow", _speaking(precision="float32-tensorflow"), "TensorFlow compares, in any dialect."),
    _wrong(
        "accepts-the-first-value", _speaking(first_value="accepted"), "The first value is the best, in any dialect."
    ),
    _wrong(
        "compares-the-first-value",
        _speaking(first_value="compared-with-infinity"),
        "The first value is compared with the worst infinity, in any dialect.",
    ),
)

DIRECTION: tuple[Wrong, ...] = (
    _wrong(
        "auto-as-early-stopping", AutoAsEarlyStopping, "A name that ends with auc is maximized, fmeasure is not known."
    ),
    _wrong(
        "auto-by-name",
        _speaking(direction="name-contains-acc-or-starts-with-fmeasure"),
        "auto is decided by the name, in any dialect.",
    ),
    _wrong(
        "auto-by-compiled-metric",
        _speaking(direction="compiled-metric"),
        "auto is decided by the compiled metric, at the first epoch end, in any dialect.",
    ),
    _wrong(
        "first-metric-decides", FirstMetricDecides, "Of several compiled metrics of that name, the first one decides."
    ),
    _wrong("direction-anew-in-every-fit", DirectionAnewInEveryFit, "Every fit decides the direction for itself."),
    _wrong("direction-at-fit-begin", DirectionAtFitBegin, "The direction is decided when the fit begins."),
)

NAMES: tuple[Wrong, ...] = (
    _wrong("epochs-from-zero", EpochsFromZero, "The field epoch counts from zero."),
    _wrong("batches-from-zero", BatchesFromZero, "The field batch counts from zero."),
    _wrong("best-in-the-name", BestInTheName, "With save_best_only, the file's name says that it is the best."),
    _wrong(
        "decides-before-the-name", DecidesBeforeTheName, "The name is filled in only where there is something to save."
    ),
    _wrong("own-fields-go-first", OwnFieldsGoFirst, "The fields epoch and batch go before metrics of these names."),
)

THERE: tuple[Wrong, ...] = (
    _wrong("swallows-system-errors", SwallowsSystemErrors, "A file that cannot be written is left out without a word."),
    _wrong(
        "hands-on-the-systems-error",
        HandsOnTheSystemsError,
        "A directory in the file's place raises IsADirectoryError.",
    ),
    _wrong(
        "looks-for-the-words-anywhere",
        LooksForTheWordsAnywhere,
        "Whether the error is about a directory is told by its whole text, file names included.",
    ),
    _wrong("needs-an-empty-place", NeedsAnEmptyPlace, "A file that is there already is not written again."),
)

SAYS: tuple[Wrong, ...] = (
    _wrong("says-without-being-asked", SaysWithoutBeingAsked, "The default of verbose is 1."),
    _wrong("says-saved-twice", SaysSavedTwice, "A finished save is announced twice."),
    _wrong("never-warns", NeverWarns, "It warns of nothing."),
    _wrong("logs-the-best", LogsTheBest, "The best value is added to the logs."),
)

ARGUMENTS: tuple[Wrong, ...] = (
    _wrong("needs-a-string", _speaking(path_like="only-for-weights"), "For a model, the filepath has to be a string."),
    _wrong(
        "needs-a-directory", NeedsADirectory, "A directory is made of the name before the last slash, even of none."
    ),
    _wrong("no-dot-before-weights", NoDotBeforeWeights, "The suffix of weights is looked for without its first dot."),
    _wrong("models-end-with-keras", ModelsEndWithKeras, "A model has to be called .keras."),
    _wrong("any-suffix", _speaking(suffix="free"), "Every file name is accepted, in any dialect."),
    _wrong("swallows-arguments", SwallowsArguments, "Unknown arguments are accepted without a word, in any dialect."),
)

WRONG: tuple[Wrong, ...] = (*WHEN, *WHETHER, *DIRECTION, *NAMES, *THERE, *SAYS, *ARGUMENTS)
