"""Wrong variants of ModelCheckpoint, and the clauses that catch them.

Rules
- First the variants, then `WRONG` with what catches each.
- A variant that does what another dialect does is the reference with another choice; `_speaking` makes it.
- Scenarios are as small as they get; where a clause is about a relation, the failing part may be in the related run.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from callcheck.reference.machine import NOTHING, Effect, Event, Log, Machine, Print, Reason, Save, Warn
from callcheck.reference.model_checkpoint import ModelCheckpoint, State
from callcheck.reference.monitor import Monitor
from callcheck.spec.configuration import parameters
from callcheck.spec.dialect import Dialect
from callcheck.spec.files import RELATIVE
from callcheck.spec.values import ArrayNumber, Logs, Tensor, Value

from .wrong import Catch, Wrong

Decided = tuple[Value | None, bool, Reason]
Turned = tuple[Value | None, Reason]
After = tuple[State, Reason]


def _speaking(**choices: str) -> Callable[[Mapping[str, Any], Dialect], Machine]:
    """The reference, but with these choices of model-checkpoint/ or monitor/ in any dialect."""
    known = ("precision", "first-value")
    named = {name.replace("_", "-"): value for name, value in choices.items()}
    changes = {f"{'monitor' if name in known else 'model-checkpoint'}/{name}": value for name, value in named.items()}
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
    """With a monitor of another kind, or one that decides `auto` by another rule."""

    kind: type[Monitor] = Monitor
    rule: str | None = None

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        rule = self.rule or dialect["model-checkpoint/direction"]
        self.monitor = self.kind(self.config.monitor, self.config.mode, 0.0, dialect, rule)
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


class AutoAsEarlyStopping(_OtherMonitor):
    rule = "name-ends-with-acc-accuracy-auc"


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


# ---------------------------------------------------------------------------------------------- what catches them

_TF_KERAS = "tf-keras-2.21.0"


def _scenario(*fits: list[dict[str, Any]], of: Mapping[str, Any] | None = None, **config: Any) -> str:
    """The JSON of a scenario of these epochs in each fit, with this configuration; `of`: the scenario's other fields."""
    config.setdefault("filepath", "m.keras")
    shown = [{"epochs": epochs} for epochs in fits]
    return json.dumps({"callback": "ModelCheckpoint", "config": config, **(of or {}), "fits": shown})


def _epochs(*values: Any, monitor: str = "val_loss") -> list[dict[str, Any]]:
    """Epochs whose logs are the monitored metric alone."""
    return [{"logs": {monitor: value}} for value in values]


def _batches(*logs: dict[str, Any]) -> list[dict[str, Any]]:
    """One epoch of these batches, without metrics of its own."""
    return [{"logs": {}, "batches": list(logs)}]


def _wrong(name: str, make: Callable[[Mapping[str, Any], Dialect], Machine], says: str, *catches: Catch) -> Wrong:
    return Wrong(name=f"model-checkpoint-{name}", says=says, callback="ModelCheckpoint", make=make, catches=catches)


_MISSING: list[dict[str, Any]] = [{"logs": {}}]
_MY_AUC = {"class": "AUC", "name": "my_metric"}
_MY_ERROR = {"class": "MeanSquaredError", "name": "my_metric"}

WHEN: tuple[Wrong, ...] = (
    _wrong(
        "batches-anew-in-every-epoch", BatchesAnewInEveryEpoch, "The batches are counted anew in every epoch.",
        Catch(
            clause="model-checkpoint/save-freq/saves-at-every-turn",
            scenario=_scenario(_epochs(1.0, 1.0), save_freq=2), epoch=1,
            words="a save at the end of batch index 0, because it is the turn, with save_freq=2",
        ),
    ),
    _wrong(
        "carries-the-remainder-over", CarriesTheRemainderOver, "Batches beyond save_freq count for the next save.",
        Catch(
            clause="model-checkpoint/save-freq/saves-at-every-turn",
            scenario=_scenario(_batches({}, {}, {}, {}, {}, {}), save_freq=3, of={"steps_per_execution": 2}), epoch=0,
            words="expected no save at batch index 5, because with save_freq=3 and steps_per_execution=2 the turns",
        ),
    ),
    _wrong(
        "more-than-save-freq", MoreThanSaveFreq, "A save needs more than save_freq batches: `>` for `>=`.",
        Catch(
            clause="model-checkpoint/save-freq/saves-at-every-turn", scenario=_scenario(_epochs(1.0), save_freq=1), epoch=0,
            words="a save at the end of batch index 0, because it is the turn, with save_freq=1",
        ),
    ),
    _wrong(
        "at-epoch-ends-too", AtEpochEndsToo, "With an integer save_freq, there is a save at every epoch end as well.",
        Catch(
            clause="model-checkpoint/save-freq/saves-at-every-turn", scenario=_scenario(_epochs(1.0), save_freq=2), epoch=0,
            words="the turns of this epoch are none; got m.keras saved at the epoch end",
        ),
    ),
    _wrong(
        "epoch-zero-is-none", EpochZeroIsNone, "The epoch of index zero is taken for no epoch.",
        Catch(
            clause="model-checkpoint/save-freq/epoch-is-after-every-epoch", scenario=_scenario(_epochs(1.0)), epoch=0,
            words="a save at the epoch end, because it is the turn, with save_freq=\"epoch\"; got none there",
        ),
        Catch(
            clause="model-checkpoint/filepath/the-number-of-the-epoch-decides-nothing",
            scenario=_scenario(_epochs(1.0)), epoch=0,
            words="because an initial_epoch that is later by 7 changes nothing else; got no save",
        ),
    ),
    _wrong(
        "period-by-number", PeriodByNumber, "The epoch's number has to be a multiple of period: nothing is counted.",
        Catch(
            clause="model-checkpoint/period/saves-every-period-th-epoch",
            scenario=_scenario(_epochs(1.0), period=2, of={"initial_epoch": 1}), epoch=0, dialect=_TF_KERAS,
            words="period=2 the turns of this epoch are none; got m.keras saved at the epoch end",
        ),
        Catch(
            clause="model-checkpoint/filepath/the-number-of-the-epoch-decides-nothing",
            scenario=_scenario(_epochs(1.0), period=2), epoch=0, dialect=_TF_KERAS,
            words="because an initial_epoch that is later by 7 changes nothing else; got no save",
        ),
    ),
    _wrong(
        "when-the-next-epoch-begins", WhenTheNextEpochBegins, "A save is put off until the next epoch begins.",
        Catch(
            clause="model-checkpoint/weights/are-those-of-the-running-epoch",
            scenario=_scenario(_epochs(1.0, 1.0)), epoch=1,
            words="m.keras with the weights of epoch index 1, because it is written at the end of that epoch or in it; "
            "got the weights of epoch index 0",
        ),
        Catch(
            clause="model-checkpoint/save-freq/epoch-is-after-every-epoch", scenario=_scenario(_epochs(1.0)), epoch=0,
            words="expected a save at the epoch end, because it is the turn",
        ),
    ),
    _wrong(
        "saves-if-verbose", SavesIfVerbose, "The save belongs to its announcement: with verbose=0 there is none.",
        Catch(
            clause="model-checkpoint/verbose/changes-nothing-that-is-saved", scenario=_scenario(_epochs(1.0), verbose=1), epoch=0,
            words="expected no save, because verbose decides only what is printed; got m.keras at the epoch end",
        ),
    ),
)  # fmt: skip

WHETHER: tuple[Wrong, ...] = (
    _wrong(
        "forgets-the-best", ForgetsTheBest, "Every fit begins without a best value.",
        Catch(
            clause="model-checkpoint/reuse/a-second-fit-goes-on",
            scenario=_scenario(_epochs(1.0, 2.0), save_best_only=True), epoch=1,
            words="because the same epochs in two fits, with one instance, have these saves; got no save",
        ),
        Catch(
            clause="model-checkpoint/save-best-only/saves-exactly-the-improvements",
            scenario=_scenario(_epochs(1.0), _epochs(2.0), save_best_only=True), fit=1, epoch=0,
            words="val_loss=2.0 is no improvement with mode='min' after [1.0]",
        ),
        Catch(
            clause="model-checkpoint/save-best-only/the-best-is-not-overwritten",
            scenario=_scenario(_epochs(1.0), _epochs(2.0), save_best_only=True), fit=1, epoch=0,
            words="m.keras to keep the model of 1.0, because val_loss=2.0 is not better with mode='min'",
        ),
    ),
    _wrong(
        "equal-is-better", EqualIsBetter, "A value equal to the best is an improvement: `<=` for `<`.",
        Catch(
            clause="model-checkpoint/save-best-only/a-repeated-value-is-not-saved-again",
            scenario=_scenario(_epochs(1.0, 1.0), save_best_only=True), epoch=1,
            words="val_loss=1.0 was seen before, so it is no better than the best; got a save",
        ),
        Catch(
            clause="model-checkpoint/initial-value-threshold/saves-nothing-that-is-not-better",
            scenario=_scenario(_epochs(1.0), save_best_only=True, initial_value_threshold=1.0), epoch=0,
            words="val_loss=1.0 is not better than initial_value_threshold=1.0 with mode='min'; got a save",
        ),
        Catch(
            clause="model-checkpoint/save-best-only/the-best-is-not-overwritten",
            scenario=_scenario(_epochs(1.0, 1.0), save_best_only=True), epoch=1,
            words="m.keras to keep the model of 1.0, because val_loss=1.0 is not better with mode='min'",
        ),
    ),
    _wrong(
        "minimizes-all", MinimizesAll, "Less is better, whatever mode says.",
        Catch(
            clause="model-checkpoint/mode/min-and-max-mirror-each-other",
            scenario=_scenario(_epochs(1.0, 2.0), save_best_only=True, mode="max"), epoch=1,
            words="because negated values with the other mode are the same problem; got no save",
        ),
        Catch(
            clause="model-checkpoint/save-best-only/saves-a-clear-improvement-and-nothing-worse",
            scenario=_scenario(_epochs(1.0, 2.0), save_best_only=True, mode="max"), epoch=1,
            words="the best of [1.0, 2.0] is 2.0 with mode='max'; got none",
        ),
    ),
    _wrong(
        "compares-with-the-last", ComparesWithTheLast, "A value is compared with the one before it, not with the best.",
        Catch(
            clause="model-checkpoint/save-best-only/saves-exactly-the-improvements",
            scenario=_scenario(_epochs(1.0, 3.0, 2.0), save_best_only=True), epoch=2,
            words="val_loss=2.0 is no improvement with mode='min' after [1.0, 3.0]",
        ),
    ),
    _wrong(
        "saves-all", SavesAll, "save_best_only is ignored.",
        Catch(
            clause="model-checkpoint/save-best-only/saves-a-clear-improvement-and-nothing-worse",
            scenario=_scenario(_epochs(1.0, 2.0), save_best_only=True, mode="min"), epoch=1,
            words="expected no save, because the best of [1.0, 2.0] is 1.0 with mode='min'",
        ),
    ),
    _wrong(
        "no-threshold", NoThreshold, "initial_value_threshold is ignored.",
        Catch(
            clause="model-checkpoint/initial-value-threshold/saves-nothing-that-is-not-better",
            scenario=_scenario(_epochs(1.0), save_best_only=True, initial_value_threshold=0.5), epoch=0,
            words="val_loss=1.0 is not better than initial_value_threshold=0.5 with mode='min'; got a save",
        ),
        Catch(
            clause="model-checkpoint/initial-value-threshold/keeps-the-saves-that-beat-it",
            scenario=_scenario(_epochs(1.0), save_best_only=True, initial_value_threshold=0.5), epoch=0,
            words="expected no save, because without initial_value_threshold=0.5 there is m.keras at the epoch end",
        ),
    ),
    _wrong(
        "threshold-zero-is-none", ThresholdZeroIsNone, "An initial_value_threshold of zero counts as none.",
        Catch(
            clause="model-checkpoint/initial-value-threshold/zero-is-a-threshold",
            scenario=_scenario(_epochs(1.0), save_best_only=True), epoch=0,
            words="val_loss=1.0 is not better than initial_value_threshold=0.0 with mode='min'; got a save",
        ),
    ),
    _wrong(
        "threshold-asks-for-the-best", ThresholdAsksForTheBest, "With a threshold, only the best is saved.",
        Catch(
            clause="model-checkpoint/initial-value-threshold/needs-save-best-only",
            scenario=_scenario(_epochs(1.0), initial_value_threshold=0.5), epoch=0,
            words="because a threshold without save_best_only changes nothing; got no save",
        ),
    ),
    _wrong(
        "loss-for-a-missing-metric", LossForAMissingMetric, "Where the metric is missing, the loss is compared.",
        Catch(
            clause="model-checkpoint/monitor/other-metrics-and-names-do-not-decide",
            scenario=_scenario([{"logs": {"val_loss": 1.0}}, {"logs": {"loss": 2.0}}], save_best_only=True), epoch=1,
            words="because only the monitored metric decides when to save; got no save",
        ),
    ),
    _wrong(
        "skips-a-missing-metric", _speaking(missing_metric="skips"), "Without the metric there is no save, in any dialect.",
        Catch(
            clause="model-checkpoint/monitor/a-missing-metric-is-saved",
            scenario=_scenario(_MISSING, save_best_only=True), epoch=0,
            words="expected a save at the epoch end, because val_loss is not in the logs; got none",
        ),
    ),
    _wrong(
        "saves-without-the-metric", _speaking(missing_metric="saves"), "Without the metric there is a save, in any dialect.",
        Catch(
            clause="model-checkpoint/save-best-only/saves-nothing-without-the-metric",
            scenario=_scenario(_MISSING, save_best_only=True), epoch=0, dialect=_TF_KERAS,
            words="expected no save at the epoch end, because val_loss is not in the logs; got a save",
        ),
    ),
    _wrong(
        "needs-the-metric", NeedsTheMetric, "A missing metric raises KeyError.",
        Catch(
            clause="model-checkpoint/errors/raises-nothing-else",
            scenario=_scenario(_MISSING, save_best_only=True), epoch=0,
            words="because no turn has a reason to fail; got KeyError in epoch_end of fit 1, epoch index 0",
        ),
    ),
    _wrong(
        "skips-arrays", SkipsArrays, "A metric that is an array is not saved.",
        Catch(
            clause="model-checkpoint/monitor/an-array-is-saved",
            scenario=_scenario(_epochs([1.0]), save_best_only=True), epoch=0,
            words="expected a save at the epoch end, because val_loss=(1.0,) is an array; got none",
        ),
    ),
    _wrong(
        "shapes-are-not-asked", ShapesAreNotAsked, "An array without dimensions counts as an array.",
        Catch(
            clause="model-checkpoint/monitor/an-array-without-dimensions-is-a-number",
            scenario=_scenario(_epochs({"array": 1.0}, {"array": 2.0}), save_best_only=True), epoch=1,
            words="expected no save, because that comes with plain numbers; got m.keras at the epoch end",
        ),
    ),
    _wrong(
        "tensors-are-numbers", TensorsAreNumbers, "Only numpy's arrays count as arrays, tensors do not.",
        Catch(
            clause="model-checkpoint/monitor/a-tensor-is-an-array",
            scenario=_scenario(_epochs({"tensor": [1.0, 2.0]}), save_best_only=True), epoch=0,
            words="expected 1 warnings of an array, because val_loss is a tensor at ['the epoch end']; got []",
        ),
    ),
    _wrong(
        "skips-tensors", SkipsTensors, "A metric that is a tensor is not saved.",
        Catch(
            clause="model-checkpoint/monitor/a-tensor-is-an-array",
            scenario=_scenario(_epochs({"tensor": [1.0, 2.0]}), save_best_only=True), epoch=0,
            words="expected a save at the epoch end, because val_loss is a tensor of [1.0, 2.0]; got none",
        ),
    ),
    _wrong(
        "saves-arrays", _speaking(array_metric="saves"), "A metric that is an array is always saved, in any dialect.",
        Catch(
            clause="model-checkpoint/monitor/one-number-in-an-array-is-compared",
            scenario=_scenario(_epochs(1.0, 2.0), save_best_only=True), epoch=1, dialect=_TF_KERAS,
            words="because the metric is the same, but for being in arrays of one number; got no save",
        ),
        Catch(
            clause="model-checkpoint/monitor/an-array-of-numbers-cannot-be-compared",
            scenario=_scenario(_epochs([1.0, 2.0]), save_best_only=True), epoch=0, dialect=_TF_KERAS,
            words="expected ValueError at the epoch end, because val_loss=(1.0, 2.0) is an array",
        ),
        Catch(
            clause="model-checkpoint/save-best-only/a-repeated-value-is-not-saved-again",
            scenario=_scenario(_epochs([1.0], [1.0]), save_best_only=True), epoch=1, dialect=_TF_KERAS,
            words="val_loss=(1.0,) was seen before, so it is no better than the best; got a save",
        ),
    ),
    _wrong(
        "compares-as-float64", _speaking(precision="float64"), "Values are compared as they are, in any dialect.",
        Catch(
            clause="model-checkpoint/save-best-only/a-value-beyond-float32-raises",
            scenario=_scenario(_epochs(1.0, 1e39), save_best_only=True), epoch=1,
            words="because val_loss=1e+39 or the best before it is finite, but beyond the range of float32; got no exception",
        ),
    ),
    _wrong(
        "compares-as-float32", _speaking(precision="float32"), "Values are rounded to float32, in any dialect.",
        Catch(
            clause="model-checkpoint/save-best-only/saves-every-strict-improvement",
            scenario=_scenario(_epochs(1.0, 0.99999999), save_best_only=True), epoch=1, dialect=_TF_KERAS,
            words="val_loss=0.99999999 is better than all of [1.0] with mode='min'; got none",
        ),
    ),
    _wrong(
        "compares-by-tensorflow", _speaking(precision="float32-tensorflow"), "TensorFlow compares, in any dialect.",
        Catch(
            clause="model-checkpoint/save-best-only/compares-all-finite-values",
            scenario=_scenario(_epochs(1.0, 1e39), save_best_only=True), epoch=1, dialect=_TF_KERAS,
            words="because all values of the metric are numbers; got ValueError in epoch_end of fit 1, epoch index 1",
        ),
    ),
    _wrong(
        "accepts-the-first-value", _speaking(first_value="accepted"), "The first value is the best, in any dialect.",
        Catch(
            clause="model-checkpoint/save-best-only/a-nan-does-not-stay-the-best",
            scenario=_scenario(_epochs("NaN", 1.0), save_best_only=True), epoch=1, dialect=_TF_KERAS,
            words="because val_loss=1.0 is the first value that is a number; got none",
        ),
    ),
    _wrong(
        "compares-the-first-value", _speaking(first_value="compared-with-infinity"),
        "The first value is compared with the worst infinity, in any dialect.",
        Catch(
            clause="model-checkpoint/save-best-only/saves-exactly-the-improvements",
            scenario=_scenario(_epochs("NaN"), save_best_only=True), epoch=0,
            words="val_loss=nan is an improvement with mode='min' after [] and initial_value_threshold=None; got none",
        ),
    ),
)  # fmt: skip

DIRECTION: tuple[Wrong, ...] = (
    _wrong(
        "auto-as-early-stopping", AutoAsEarlyStopping, "A name that ends with auc is maximized, fmeasure is not known.",
        Catch(
            clause="model-checkpoint/mode/auto-is-decided-by-the-name",
            scenario=_scenario(_epochs(1.0, 2.0, monitor="val_auc"), monitor="val_auc", save_best_only=True), epoch=1,
            dialect=_TF_KERAS, words="expected no save, because the name decides for mode='min'; got m.keras at the epoch end",
        ),
        Catch(
            clause="model-checkpoint/mode/auto-maximizes-what-starts-with-fmeasure",
            scenario=_scenario(_epochs(1.0, 2.0), save_best_only=True, mode="max"), epoch=1, dialect=_TF_KERAS,
            words="expected no save, because mode='max' does the same as 'auto' with monitor='fmeasure'",
        ),
    ),
    _wrong(
        "auto-by-name", _speaking(direction="name-contains-acc-or-starts-with-fmeasure"),
        "auto is decided by the name, in any dialect.",
        Catch(
            clause="model-checkpoint/mode/an-undecided-auto-raises",
            scenario=_scenario(_epochs(1.0, monitor="my_metric"), monitor="my_metric"), epoch=0,
            words="because no compiled metric says whether my_metric is better high or low; got no exception",
        ),
        Catch(
            clause="model-checkpoint/mode/auto-takes-the-direction-of-the-compiled-metric",
            scenario=_scenario(
                _epochs(1.0, 2.0, monitor="my_metric"), monitor="my_metric", save_best_only=True,
                of={"metrics": [_MY_AUC]},
            ), epoch=1, words="because the compiled metrics decide for mode='max'; got no save",
        ),
    ),
    _wrong(
        "auto-by-compiled-metric", _speaking(direction="compiled-metric"),
        "auto is decided by the compiled metric, at the first epoch end, in any dialect.",
        Catch(
            clause="model-checkpoint/mode/auto-finds-a-direction-for-every-name",
            scenario=_scenario(_epochs(1.0, monitor="my_metric"), monitor="my_metric", save_best_only=True), epoch=0,
            dialect=_TF_KERAS, words="because a direction follows from the name my_metric; got ValueError in epoch_end",
        ),
        Catch(
            clause="model-checkpoint/mode/auto-knows-loss-and-acc",
            scenario=_scenario(_epochs(1.0, monitor="val_acc"), monitor="val_acc", save_best_only=True), epoch=0,
            dialect=_TF_KERAS,
            words="expected no exception, because val_acc is monitored as with mode='max'; got ValueError in epoch_end",
        ),
        Catch(
            clause="model-checkpoint/mode/needs-save-best-only",
            scenario=_scenario(_epochs(1.0, monitor="my_metric"), monitor="my_metric"), epoch=0, dialect=_TF_KERAS,
            words="without save_best_only, mode='auto' is the same as any other; got ValueError in epoch_end",
        ),
        Catch(
            clause="model-checkpoint/save-freq/save-best-only-works-by-batches",
            scenario=_scenario(
                _batches({"loss": 1.0}), monitor="loss", mode="min", save_best_only=True, save_freq=1,
            ), epoch=0, dialect=_TF_KERAS,
            words="because loss is a number in the batches' logs and save_best_only compares numbers; got TypeError",
        ),
    ),
    _wrong(
        "first-metric-decides", FirstMetricDecides, "Of several compiled metrics of that name, the first one decides.",
        Catch(
            clause="model-checkpoint/mode/auto-takes-the-direction-of-the-compiled-metric",
            scenario=_scenario(
                _epochs(1.0, 2.0, monitor="my_metric"), monitor="my_metric", save_best_only=True,
                of={"metrics": [_MY_ERROR, _MY_AUC]},
            ), epoch=1, words="because the compiled metrics decide for mode='max'; got no save",
        ),
    ),
    _wrong(
        "direction-anew-in-every-fit", DirectionAnewInEveryFit, "Every fit decides the direction for itself.",
        Catch(
            clause="model-checkpoint/mode/auto-is-decided-once",
            scenario=_scenario(
                _epochs(1.0, 2.0, monitor="my_metric"), monitor="my_metric", save_best_only=True,
                of={"metrics": [_MY_AUC]},
            ), fit=1, epoch=0, words="the direction was decided in the first fit; got no save",
        ),
    ),
    _wrong(
        "direction-at-fit-begin", DirectionAtFitBegin, "The direction is decided when the fit begins.",
        Catch(
            clause="model-checkpoint/save-freq/a-comparison-in-the-first-epoch-raises",
            scenario=_scenario(
                _batches({"loss": 1.0}, {"loss": 1.0}), monitor="loss", mode="min", save_best_only=True, save_freq=1
            ), epoch=0,
            words="expected TypeError at the end of batch index 1, because loss=1.0 is compared before the direction is",
        ),
        Catch(
            clause="model-checkpoint/mode/an-undecided-auto-raises",
            scenario=_scenario(_epochs(1.0, monitor="my_metric"), monitor="my_metric"), epoch=0,
            words="whether my_metric is better high or low; got ValueError in fit_begin of fit 1",
        ),
    ),
)  # fmt: skip

NAMES: tuple[Wrong, ...] = (
    _wrong(
        "epochs-from-zero", EpochsFromZero, "The field epoch counts from zero.",
        Catch(
            clause="model-checkpoint/filepath/is-filled-in",
            scenario=_scenario(_epochs(1.0), filepath="m-{epoch}.keras"), epoch=0,
            words="m-1.keras, because filepath is 'm-{epoch}.keras', the epoch's index is 0; got m-0.keras",
        ),
    ),
    _wrong(
        "batches-from-zero", BatchesFromZero, "The field batch counts from zero.",
        Catch(
            clause="model-checkpoint/filepath/is-filled-in",
            scenario=_scenario(_epochs(1.0), filepath="m-{batch}.keras", save_freq=1), epoch=0,
            words="expected a file called m-1.keras, because filepath is 'm-{batch}.keras', the epoch's index is 0, "
            "the batch's index is 0; got m-0.keras",
        ),
    ),
    _wrong(
        "best-in-the-name", BestInTheName, "With save_best_only, the file's name says that it is the best.",
        Catch(
            clause="model-checkpoint/filepath/without-fields-is-overwritten",
            scenario=_scenario(_epochs(1.0), save_best_only=True), epoch=0,
            words="expected a file called m.keras, because filepath has no fields; got best-m.keras",
        ),
        Catch(
            clause="model-checkpoint/save-best-only/saves-a-part-of-what-it-saves-without",
            scenario=_scenario(_epochs(1.0), save_best_only=True), epoch=0,
            words="because save_best_only saves less, not more; got best-m.keras at the epoch end",
        ),
    ),
    _wrong(
        "decides-before-the-name", DecidesBeforeTheName, "The name is filled in only where there is something to save.",
        Catch(
            clause="model-checkpoint/filepath/an-unknown-field-raises",
            scenario=_scenario(
                [{"logs": {"val_loss": 1.0, "loss": 1.0}}, {"logs": {"val_loss": 2.0}}], filepath="m-{loss}.keras",
                save_best_only=True,
            ), epoch=1,
            words="'m-{loss}.keras' cannot be filled in with the logs ['val_loss']: 'loss'; got no exception",
        ),
    ),
    _wrong(
        "own-fields-go-first", OwnFieldsGoFirst, "The fields epoch and batch go before metrics of these names.",
        Catch(
            clause="model-checkpoint/filepath/a-metric-called-epoch-raises", scenario=_scenario(_epochs(1.0)), epoch=0,
            words="cannot be filled in with the logs ['epoch', 'val_loss']: two values for the field epoch",
        ),
        Catch(
            clause="model-checkpoint/filepath/is-filled-in",
            scenario=_scenario(_batches({"batch": 7.0}), filepath="m-{batch}.keras", save_freq=1), epoch=0,
            words="expected a file called m-7.0.keras",
        ),
    ),
)  # fmt: skip

THERE: tuple[Wrong, ...] = (
    _wrong(
        "swallows-system-errors", SwallowsSystemErrors, "A file that cannot be written is left out without a word.",
        Catch(
            clause="model-checkpoint/filepath/a-directory-in-its-place-raises",
            scenario=_scenario(_epochs(1.0), of={"existing": ["m.keras/"]}), epoch=0,
            words="expected OSError at the epoch end, because m.keras is a directory already; got no exception",
        ),
        Catch(
            clause="model-checkpoint/filepath/a-file-in-place-of-its-directory-raises",
            scenario=_scenario(_epochs(1.0), filepath="a/m.keras", of={"existing": ["a"]}), epoch=0,
            words="expected NotADirectoryError at the epoch end, because in ['a'] a file is where a/m.keras needs a",
        ),
    ),
    _wrong(
        "hands-on-the-systems-error", HandsOnTheSystemsError, "A directory in the file's place raises IsADirectoryError.",
        Catch(
            clause="model-checkpoint/filepath/a-directory-in-its-place-raises",
            scenario=_scenario(_epochs(1.0), filepath="m.h5", of={"existing": ["m.h5/"]}), epoch=0,
            words="because m.h5 is a directory already; got IsADirectoryError in epoch_end of fit 1, epoch index 0",
        ),
    ),
    _wrong(
        "looks-for-the-words-anywhere", LooksForTheWordsAnywhere,
        "Whether the error is about a directory is told by its whole text, file names included.",
        Catch(
            clause="model-checkpoint/filepath/a-file-in-place-of-its-directory-raises",
            scenario=_scenario(_epochs(1.0), filepath="is a directory/m.h5", of={"existing": ["is a directory"]}), epoch=0,
            words="a file is where is a directory/m.h5 needs a directory; got OSError in epoch_end",
        ),
    ),
    _wrong(
        "needs-an-empty-place", NeedsAnEmptyPlace, "A file that is there already is not written again.",
        Catch(
            clause="model-checkpoint/filepath/what-is-there-is-overwritten-or-left-alone",
            scenario=_scenario(_epochs(1.0), of={"existing": ["m.keras"]}), epoch=0,
            words="because what is there, ['m.keras'], stands in no file's way; got no save",
        ),
    ),
)  # fmt: skip

SAYS: tuple[Wrong, ...] = (
    _wrong(
        "says-without-being-asked", SaysWithoutBeingAsked, "The default of verbose is 1.",
        Catch(
            clause="model-checkpoint/verbose/zero-is-silent", scenario=_scenario(_epochs(1.0)), epoch=0,
            words="expected nothing printed, because verbose=0; got ['saving', 'saved']",
        ),
    ),
    _wrong(
        "says-saved-twice", SaysSavedTwice, "A finished save is announced twice.",
        Catch(
            clause="model-checkpoint/verbose/announces-what-it-does", scenario=_scenario(_epochs(1.0), verbose=1), epoch=0,
            words="verbose=1 and the turns come to ['saving']; got ['saving', 'saved', 'saved']",
        ),
    ),
    _wrong(
        "never-warns", NeverWarns, "It warns of nothing.",
        Catch(
            clause="model-checkpoint/monitor/warns-of-what-it-cannot-compare",
            scenario=_scenario(_MISSING, save_best_only=True), epoch=0,
            words="expected the warnings ['missing-metric'], because the turns come to ['missing-metric']",
        ),
        Catch(
            clause="model-checkpoint/arguments/warns-of-unknown-modes-and-legacy-arguments",
            scenario=_scenario(_epochs(1.0), mode="best"), fit=None,
            words="expected the warnings ['unknown-mode'] from the constructor, because mode='best'",
        ),
    ),
    _wrong(
        "logs-the-best", LogsTheBest, "The best value is added to the logs.",
        Catch(
            clause="model-checkpoint/logs/adds-nothing", scenario=_scenario(_epochs(1.0), save_best_only=True), epoch=0,
            words="because a checkpoint only saves; got {'best': 1.0}",
        ),
    ),
)  # fmt: skip

ARGUMENTS: tuple[Wrong, ...] = (
    _wrong(
        "needs-a-string", _speaking(path_like="only-for-weights"), "For a model, the filepath has to be a string.",
        Catch(
            clause="model-checkpoint/filepath/may-be-path-like",
            scenario=_scenario(_epochs(1.0), filepath={"path_like": "m.keras"}), fit=None,
            words="no exception from the constructor, because that comes with the same path as a string; got AttributeError",
        ),
    ),
    _wrong(
        "needs-a-directory", NeedsADirectory, "A directory is made of the name before the last slash, even of none.",
        Catch(
            clause="model-checkpoint/filepath/may-be-relative",
            scenario=_scenario(_epochs(1.0), filepath={"relative": "m.keras"}), epoch=0,
            words="because that comes with the absolute path; got FileNotFoundError",
        ),
    ),
    _wrong(
        "no-dot-before-weights", NoDotBeforeWeights, "The suffix of weights is looked for without its first dot.",
        Catch(
            clause="model-checkpoint/filepath/weights-end-with-weights-h5",
            scenario=_scenario(_epochs(1.0), filepath="m.weights.h5", save_weights_only=True), fit=None,
            words="expected ValueError from the constructor, because filepath='weights.h5' is not a name for weights",
        ),
    ),
    _wrong(
        "models-end-with-keras", ModelsEndWithKeras, "A model has to be called .keras.",
        Catch(
            clause="model-checkpoint/filepath/models-end-with-keras-or-h5",
            scenario=_scenario(_epochs(1.0), filepath="m.h5"), fit=None,
            words="expected no exception from the constructor, because the arguments are as they have to be; got ValueError",
        ),
    ),
    _wrong(
        "any-suffix", _speaking(suffix="free"), "Every file name is accepted, in any dialect.",
        Catch(
            clause="model-checkpoint/filepath/models-end-with-keras-or-h5",
            scenario=_scenario(_epochs(1.0), filepath="m"), fit=None,
            words="expected ValueError from the constructor, because filepath='m' is not a name for a model; got none",
        ),
    ),
    _wrong(
        "swallows-arguments", SwallowsArguments, "Unknown arguments are accepted without a word, in any dialect.",
        Catch(
            clause="model-checkpoint/arguments/refuses-what-is-not-documented-and-nothing-else",
            scenario=_scenario(_epochs(1.0), unknown=1), fit=None,
            words="expected TypeError from the constructor, because there is no argument unknown; got none",
        ),
    ),
)  # fmt: skip

WRONG: tuple[Wrong, ...] = (*WHEN, *WHETHER, *DIRECTION, *NAMES, *THERE, *SAYS, *ARGUMENTS)
