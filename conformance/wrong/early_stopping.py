"""EarlyStopping, wrong in the ways in which it is easily written wrong.

Rules
- A variant changes the reference's machine in one place: it takes back or adds to what a transition did, shows the transition
  something else, or compares differently. Where another choice of a dialect is the mistake, the variant speaks that dialect.
- A variant may remember something in itself where the reference's state has no place for it: a new one is made for every run.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from callcheck.reference.early_stopping import FIRST, IMPROVED, MISSED_BASELINE, MISSING, WARM_UP, EarlyStopping, State
from callcheck.reference.machine import Effect, Event, Log, Machine, Print, Reason, Stop, Warn
from callcheck.reference.monitor import Monitor
from callcheck.spec.callbacks import parameters
from callcheck.spec.dialect import Dialect
from callcheck.spec.values import Value

from .wrong import Wrong

Make = Callable[[Mapping[str, Any], Dialect], Machine]


def _speaks(**choices: str) -> Make:
    """The reference, with other choices than the dialect's."""
    return lambda config, dialect: EarlyStopping(config, dialect.replace("wrong", **choices))


def _defaults(**parameters: Any) -> Make:
    """The reference, with other defaults."""
    return lambda config, dialect: EarlyStopping({**parameters, **config}, dialect)


def _compares(comparison: type[Monitor]) -> Make:
    """The reference, with another comparison: a Monitor that overrides a method."""

    def make(config: Mapping[str, Any], dialect: Dialect) -> Machine:
        machine = EarlyStopping(config, dialect)
        machine.monitor.__class__ = comparison
        return machine

    return make


def _take_back_the_stop(before: State, after: State, effects: list[Effect]) -> State:
    effects.remove(Stop())
    return after._replace(stopped_epoch=before.stopped_epoch)


# ---------------------------------------------------------------------------------------------- patience


class WaitsForMore(EarlyStopping):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        if Stop() in effects and not after.wait > self.config.patience:
            after = _take_back_the_stop(state, after, effects)
        return after, reason


class StopsOnImprovement(EarlyStopping):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        if reason in (FIRST, IMPROVED) and after.wait >= self.config.patience and event.epoch > 0:
            effects.append(Stop())
        return after, reason


class ForgetsToReset(EarlyStopping):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        return (after._replace(wait=state.wait + 1) if reason in (FIRST, IMPROVED) else after), reason


class ComparesWithTheEpochBefore(EarlyStopping):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        value = event.logs.get(self.config.monitor)
        return (after if value is None else after._replace(best=value)), reason


class Window(EarlyStopping):
    """It remembers the values of a fit, and compares the last with the one `patience` epochs before."""

    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        self.values: list[Value] = []
        return super().fit_begin(state, event, effects)

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        effects[:] = [effect for effect in effects if effect != Stop()]
        if reason not in (MISSING, WARM_UP):
            self.values.append(event.logs[self.config.monitor])
            before = self.values[-1 - self.config.patience :][0]
            late = len(self.values) > self.config.patience
            if late and not self.monitor.improves(self.values[-1], before, after.direction):
                effects.append(Stop())
        return after, reason


class WholePatience(EarlyStopping):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.config = replace(self.config, patience=int(self.config.patience))


# ---------------------------------------------------------------------------------------------- min_delta and direction


class NoWorse(Monitor):
    def improves(
        self, value: Value, reference: Value | None, direction: str | None, delta: float | None = None
    ) -> bool:
        return super().improves(value, reference, direction, delta) or value == reference


class NotWorse(Monitor):
    def improves(
        self, value: Value, reference: Value | None, direction: str | None, delta: float | None = None
    ) -> bool:
        nan = isinstance(value, float) and math.isnan(value)
        return nan or super().improves(value, reference, direction, delta)


class SubtractsDelta(Monitor):
    def improves(
        self, value: Value, reference: Value | None, direction: str | None, delta: float | None = None
    ) -> bool:
        delta = self.min_delta if delta is None else delta
        return super().improves(value, reference, direction, -delta if direction == "min" else delta)


class Relative(Monitor):
    def improves(
        self, value: Value, reference: Value | None, direction: str | None, delta: float | None = None
    ) -> bool:
        size = abs(reference) if isinstance(reference, float) and math.isfinite(reference) else 1.0
        return super().improves(value, reference, direction, size * (self.min_delta if delta is None else delta))


class SignedDelta(EarlyStopping):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.monitor.min_delta = self.config.min_delta


class Swapped(Monitor):
    def improves(
        self, value: Value, reference: Value | None, direction: str | None, delta: float | None = None
    ) -> bool:
        other = {"min": "max", "max": "min"}.get(str(direction))
        return super().improves(value, reference, other, delta)


class AccInTheName(EarlyStopping):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        if self.monitor.mode == "auto":
            direction = "max" if "acc" in self.config.monitor else "min"
            self.initial = self.initial._replace(direction=direction, best=self.monitor.start(direction))


class MinimizesInAuto(EarlyStopping):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__({**config, "mode": "min"} if config.get("mode", "auto") == "auto" else config, dialect)


class DecidesAgain(EarlyStopping):
    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().fit_begin(state, event, effects)
        return after._replace(direction=self.initial.direction), reason


class TakesUnknownModeAsMin(EarlyStopping):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        if self.monitor.unknown_mode:
            self.monitor.mode = "min"
            self.warned = ()
            self.initial = self.initial._replace(direction="min", best=self.monitor.start("min"))


# ---------------------------------------------------------------------------------------------- monitor and start_from_epoch


class TakesMissingAsNaN(EarlyStopping):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        return super().epoch_end(state, event._replace(logs={self.config.monitor: math.nan, **event.logs}), effects)


class FallsBackToLoss(EarlyStopping):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        if self.config.monitor not in event.logs and "loss" in event.logs:
            event = event._replace(logs={self.config.monitor: event.logs["loss"]})
        return super().epoch_end(state, event, effects)


class WarnsOnce(EarlyStopping):
    has_warned = False

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        if reason is MISSING and self.has_warned:
            effects.remove(Warn("missing-metric"))
        self.has_warned = self.has_warned or reason is MISSING
        return after, reason


class WatchesTheWarmUp(EarlyStopping):
    """It knows the best of the warm-up, and only refrains from stopping."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.start = self.config.start_from_epoch
        self.config = replace(self.config, start_from_epoch=0)

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        if Stop() in effects and event.epoch < self.start:
            after = _take_back_the_stop(state, after, effects)
        return after, reason


class IgnoresWarmUp(EarlyStopping):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.config = replace(self.config, start_from_epoch=0)


class WarmsUpForOneMore(EarlyStopping):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        if self.config.monitor in event.logs and event.epoch == self.config.start_from_epoch > 0:
            return state, WARM_UP
        return super().epoch_end(state, event, effects)


class WarmsUpInEveryFit(EarlyStopping):
    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        self.first = event.epoch
        return super().fit_begin(state, event, effects)

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        if self.config.monitor in event.logs and event.epoch - self.first < self.config.start_from_epoch:
            return state, WARM_UP
        return super().epoch_end(state, event, effects)


# ---------------------------------------------------------------------------------------------- baseline


class IgnoresBaseline(EarlyStopping):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.config = replace(self.config, baseline=None)


class BeatsBaselineTheOtherWay(EarlyStopping):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        if self.config.baseline is not None and reason in (FIRST, IMPROVED, MISSED_BASELINE):
            return after._replace(wait=state.wait + 1 if reason is not MISSED_BASELINE else 0), reason
        return after, reason


class KeepsWeightsThatBeatTheBaseline(EarlyStopping):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        return (after._replace(best_weights=state.best_weights) if reason is MISSED_BASELINE else after), reason


# ---------------------------------------------------------------------------------------------- restore_best_weights


class RestoresOnlyAfterItsStop(EarlyStopping):
    def fit_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        return super().fit_end(state if state.stopped_epoch else state._replace(best_weights=None), event, effects)


class KeepsNoCopy(EarlyStopping):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        return (after if after.best_weights is None else after._replace(best_weights=event.weights)), reason


# ---------------------------------------------------------------------------------------------- reuse


def _keeps(field: str) -> Make:
    """The reference, but that a field of the state is not reset when a fit begins."""

    class Keeps(EarlyStopping):
        def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
            after, reason = super().fit_begin(state, event, effects)
            return after._replace(**{field: getattr(state, field)}), reason

    return Keeps


# ---------------------------------------------------------------------------------------------- what it says


class AlwaysTells(EarlyStopping):
    def fit_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().fit_end(state, event, effects)
        if state.stopped_epoch > 0 and Print("early-stop") not in effects:
            effects.insert(0, Print("early-stop"))
        return after, reason


class TellsUnlessZero(EarlyStopping):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.config = replace(self.config, verbose=abs(self.config.verbose))


class TellsOfTheStopOnly(EarlyStopping):
    def fit_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().fit_end(state, event, effects)
        effects[:] = [effect for effect in effects if effect != Print("restored")]
        return after, reason


class LogsTheCount(EarlyStopping):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        effects.append(Log("wait", float(after.wait)))
        return after, reason


# ---------------------------------------------------------------------------------------------- errors


class RefusesNoPatience(EarlyStopping):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        if isinstance(self.config.patience, int) and self.config.patience < 1:
            raise ValueError(f"patience must be positive, got {self.config.patience}")


class SwallowsArguments(EarlyStopping):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__({name: config[name] for name in config if name in parameters("EarlyStopping")}, dialect)


class FailsOnNaN(EarlyStopping):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        value = event.logs.get(self.config.monitor)
        if isinstance(value, float) and math.isnan(value):
            raise ValueError(f"{self.config.monitor} is NaN")
        return super().epoch_end(state, event, effects)


class SkipsArrays(EarlyStopping):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        if isinstance(event.logs.get(self.config.monitor), tuple):
            return state, MISSING
        return super().epoch_end(state, event, effects)


_wrong = partial(Wrong, callback="EarlyStopping")

WRONG: tuple[Wrong, ...] = (
    _wrong("waits-for-more", WaitsForMore, "The comparison is wait > patience instead of >=."),
    _wrong("stops-on-improvement", StopsOnImprovement, "wait >= patience is asked in improving epochs too."),
    _wrong("forgets-to-reset", ForgetsToReset, "An improvement does not reset the count."),
    _wrong(
        "compares-with-the-epoch-before",
        ComparesWithTheEpochBefore,
        "A value is compared with the one before it instead of the best.",
    ),
    _wrong(
        "compares-within-a-window",
        Window,
        "A value is compared with the one `patience` epochs before it, and nothing is counted.",
    ),
    _wrong("cuts-patience-to-an-integer", WholePatience, "patience is passed through int()."),
    _wrong("takes-equal-as-improvement", _compares(NoWorse), "A value equal to the best is an improvement."),
    _wrong("counts-exact", _speaks(**{"early-stopping/exact-change": "is-one"}), "A change of min_delta improves."),
    _wrong("takes-nan-as-improvement", _compares(NotWorse), "An improvement is what is not worse, and NaN is not."),
    _wrong(
        "accepts-any-first-value",
        _speaks(**{"early-stopping/first-value": "accepted"}),
        "The first value is the best, whatever it is.",
    ),
    _wrong(
        "keeps-only-significant-bests",
        _speaks(**{"early-stopping/restored-epoch": "last-improvement"}),
        "What is better by less than min_delta is forgotten.",
    ),
    _wrong(
        "compares-in-float32",
        _speaks(**{"early-stopping/precision": "float32"}),
        "Values are rounded to float32 before they are compared.",
    ),
    _wrong(
        "compares-in-float64",
        _speaks(**{"early-stopping/precision": "float64"}),
        "Values are compared as they are logged.",
    ),
    _wrong(
        "compares-as-tensorflow",
        _speaks(**{"early-stopping/precision": "float32-tensorflow"}),
        "Plain numbers are rounded to float32 before they are compared, numbers in arrays are not.",
    ),
    _wrong("subtracts-min-delta", _compares(SubtractsDelta), "The sign of min_delta is not turned for mode min."),
    _wrong("takes-min-delta-as-relative", _compares(Relative), "min_delta is a fraction of the best value."),
    _wrong("takes-min-delta-with-its-sign", SignedDelta, "A negative min_delta is not made absolute."),
    _wrong("swaps-min-and-max", _compares(Swapped), "The two comparisons are exchanged."),
    _wrong(
        "looks-for-acc-in-the-name",
        AccInTheName,
        'mode="auto" maximizes what has acc in its name, and minimizes all else.',
    ),
    _wrong(
        "asks-the-compiled-metrics",
        _speaks(**{"early-stopping/direction": "compiled-metric"}),
        'mode="auto" takes the direction of the compiled metric.',
    ),
    _wrong("decides-again-in-every-fit", DecidesAgain, 'mode="auto" is decided in every fit.'),
    _wrong("takes-an-unknown-mode-as-min", TakesUnknownModeAsMin, "A mode that is not known is min, without a word."),
    _wrong("takes-missing-as-nan", TakesMissingAsNaN, "logs.get(monitor, nan): a missing metric is a bad value."),
    _wrong("falls-back-to-loss", FallsBackToLoss, "Where the metric is missing, loss takes its place."),
    _wrong("warns-once", WarnsOnce, "Only the first missing metric is warned of."),
    _wrong("watches-the-warm-up", WatchesTheWarmUp, "In the warm-up the best is kept, only stops are held back."),
    _wrong("ignores-start-from-epoch", IgnoresWarmUp, "start_from_epoch does nothing."),
    _wrong("warms-up-for-one-more", WarmsUpForOneMore, "The comparison is epoch <= start_from_epoch instead of <."),
    _wrong("warms-up-in-every-fit", WarmsUpInEveryFit, "start_from_epoch is counted from the beginning of the fit."),
    _wrong("ignores-baseline", IgnoresBaseline, "baseline does nothing."),
    _wrong(
        "compares-the-baseline-the-other-way",
        BeatsBaselineTheOtherWay,
        "An improvement has to miss the baseline to reset the count.",
    ),
    _wrong(
        "never-stops-on-improvement",
        _speaks(**{"early-stopping/baseline": "gates-the-reset"}),
        "An epoch that improves never stops, though it misses the baseline.",
    ),
    _wrong(
        "keeps-weights-that-beat-the-baseline",
        KeepsWeightsThatBeatTheBaseline,
        "Weights are kept only where the count is reset.",
    ),
    _wrong(
        "restores-only-after-its-stop",
        RestoresOnlyAfterItsStop,
        "Weights are put back only where it has stopped training itself.",
    ),
    _wrong(
        "keeps-no-copy", KeepsNoCopy, "The best weights are kept as a reference to the model's, which go on changing."
    ),
    _wrong(
        "stops-in-the-epoch-of-index-0",
        _speaks(**{"early-stopping/first-epoch": "as-any-other"}),
        "The epoch of index 0 can stop as any other.",
    ),
    _wrong("keeps-the-count", _keeps("wait"), "wait is not reset when a fit begins."),
    _wrong(
        "keeps-the-best",
        _speaks(**{"early-stopping/reuse": "best-value"}),
        "The best value is not reset when a fit begins.",
    ),
    _wrong("keeps-the-weights", _keeps("best_weights"), "The best weights are not reset when a fit begins."),
    _wrong("keeps-the-stop", _keeps("stopped_epoch"), "stopped_epoch is not reset when a fit begins."),
    _wrong("has-patience", _defaults(patience=10), "The default of patience is 10."),
    _wrong("restores-by-default", _defaults(restore_best_weights=True), "The default of restore_best_weights is True."),
    _wrong("always-tells", AlwaysTells, "The stop is told whatever verbose says."),
    _wrong("tells-of-the-stop-only", TellsOfTheStopOnly, "The restoration is not told."),
    _wrong("logs-the-count", LogsTheCount, "The count is added to the logs."),
    _wrong("refuses-no-patience", RefusesNoPatience, "The constructor refuses a patience of less than 1."),
    _wrong("swallows-arguments", SwallowsArguments, "Unknown arguments are accepted without a word."),
    _wrong("fails-on-nan", FailsOnNaN, "A value that is NaN raises ValueError."),
    _wrong(
        "is-ahead-by-any-amount",
        _speaks(**{"early-stopping/anchor": "best-value"}),
        "The best value moves with every better one, by whatever amount.",
    ),
    _wrong(
        "compares-the-first-value",
        _speaks(**{"early-stopping/first-value": "compared-with-infinity"}),
        "The first value is compared with the worst infinity.",
    ),
    _wrong(
        "needs-more-than-min-delta",
        _speaks(**{"early-stopping/exact-change": "is-none"}),
        "A change of exactly min_delta does not count, in any dialect.",
    ),
    _wrong(
        "warms-up-by-the-index",
        _speaks(**{"early-stopping/warm-up": "absolute"}),
        "start_from_epoch is an index, in any dialect.",
    ),
    _wrong("minimizes-in-auto", MinimizesInAuto, 'mode="auto" minimizes everything.'),
    _wrong("tells-unless-zero", TellsUnlessZero, "A negative verbose is as good as a positive one."),
    _wrong("skips-arrays", SkipsArrays, "An array is skipped as if the metric was missing."),
)
