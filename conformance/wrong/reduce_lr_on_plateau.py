"""Wrong variants of ReduceLROnPlateau: in when it reduces the rate, and to what. Those in what it says and accepts stand in
`reduce_lr_on_plateau_arguments.py`.

Rules
- Where the mistake is another value of a choice, the variant is the reference in a dialect with that value (`mistakes`).
- Otherwise it is a subclass that changes the configuration, or the state or the effects of one transition.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from callcheck.reference.machine import Effect, Event, Reason, SetRate
from callcheck.reference.monitor import Monitor
from callcheck.reference.reduce_lr_on_plateau import (
    AT_MINIMUM,
    FIRST,
    IMPROVED,
    MISSING,
    REDUCED,
    ReduceLROnPlateau,
    State,
)
from callcheck.spec.dialect import Dialect
from callcheck.spec.values import Value

from .wrong import Wrong

CALLBACK = "ReduceLROnPlateau"


def mistakes(choice: str, value: str) -> Callable[[Mapping[str, Any], Dialect], ReduceLROnPlateau]:
    """The reference with `value` for `choice`, whatever the dialect has."""
    return lambda config, dialect: ReduceLROnPlateau(config, dialect.replace("wrong", **{choice: value}))


# ---------------------------------------------------------------------------------------------- patience


class WaitsLonger(ReduceLROnPlateau):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.config = replace(self.config, patience=self.config.patience + 1)


class ForgetsToResetWait(ReduceLROnPlateau):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        return after._replace(wait=state.wait + 1) if reason is REDUCED else after, reason


class CountsAllEpochs(ReduceLROnPlateau):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        return after._replace(wait=state.wait) if reason in (FIRST, IMPROVED) else after, reason


class TakesNaNForAnImprovement(ReduceLROnPlateau):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        value = event.logs.get(self.config.monitor)
        return (after._replace(wait=0) if isinstance(value, float) and math.isnan(value) else after), reason


class LooksAtEveryPatiencethEpoch(ReduceLROnPlateau):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        asked = (event.epoch + 1) % max(self.config.patience, 1) == 0
        return super().epoch_end(state._replace(wait=self.config.patience if asked else -1), event, effects)


# ---------------------------------------------------------------------------------------------- the rate


class Divides(ReduceLROnPlateau):
    def _reduced(self, rate: float) -> float:
        divided: float = max(rate / self.config.factor, self.config.min_lr)
        return divided


class IgnoresMinLr(ReduceLROnPlateau):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.config = replace(self.config, min_lr=-math.inf)
        self.min_lr = -math.inf


class ComparesMinLrUnrounded(ReduceLROnPlateau):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.min_lr = self.config.min_lr


class RaisesToMinLr(ReduceLROnPlateau):
    def epoch_begin(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        effects.append(SetRate(max(event.rate, self.config.min_lr)))
        return super().epoch_begin(state, event, effects)


# ---------------------------------------------------------------------------------------------- cooldown and fits


class NeverCoolsDown(ReduceLROnPlateau):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.config = replace(self.config, cooldown=0)


class BeginsInCooldown(ReduceLROnPlateau):
    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        begun, reason = super().fit_begin(state, event, effects)
        return begun._replace(cooldown_counter=self.config.cooldown), reason


class CoolsDownBelowZero(ReduceLROnPlateau):
    """`cooldown_counter != 0`, which a counter below zero never reaches."""

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        if state.cooldown_counter >= 0:
            return super().epoch_end(state, event, effects)
        after, reason = super().epoch_end(state._replace(cooldown_counter=2), event, effects)
        return after._replace(cooldown_counter=state.cooldown_counter - 1), reason


class CoolsDownWithoutAReduction(ReduceLROnPlateau):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        if reason is AT_MINIMUM:
            after = after._replace(cooldown_counter=self.config.cooldown, wait=0)
        return after, reason


class NeverStartsAnew(ReduceLROnPlateau):
    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        _, reason = super().fit_begin(state, event, effects)
        return state, reason


# ---------------------------------------------------------------------------------------------- improvement


class AnotherMonitor(ReduceLROnPlateau):
    """With a monitor of the class `monitors`, made as the reference makes its own."""

    monitors: type[Monitor] = Monitor

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.monitor = self.monitors(
            "reduce-lr-on-plateau", dialect, self.config.monitor, self.config.mode, abs(self.config.min_delta)
        )


class NoWorse(Monitor):
    def improves(
        self, value: Value, reference: Value | None, direction: str | None, delta: float | None = None
    ) -> bool:
        other = "max" if direction == "min" else "min"
        return reference is None or not super().improves(value, reference, other, -self.min_delta)


class TakesTiesForImprovements(AnotherMonitor):
    monitors = NoWorse


class RelativeDelta(Monitor):
    def improves(
        self, value: Value, reference: Value | None, direction: str | None, delta: float | None = None
    ) -> bool:
        scale = abs(reference) if isinstance(reference, float) else 1.0
        return super().improves(value, reference, direction, self.min_delta * scale)


class TakesMinDeltaAsRelative(AnotherMonitor):
    monitors = RelativeDelta


class FixedMinDelta(ReduceLROnPlateau):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__({**config, "min_delta": 1e-4}, dialect)


class AlwaysSubtractsMinDelta(ReduceLROnPlateau):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        if self.monitor.mode == "min":
            self.monitor.min_delta = -self.monitor.min_delta


class ComparesWithThePreviousValue(ReduceLROnPlateau):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        return after._replace(best=event.logs.get(self.config.monitor, after.best)), reason


# ---------------------------------------------------------------------------------------------- mode


class MinimizesInAuto(ReduceLROnPlateau):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        if self.config.mode == "auto":
            self.monitor.mode = "min"


class MaximizesInAuto(ReduceLROnPlateau):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        if self.config.mode == "auto":
            self.monitor.mode = "max"


class TakesUnknownModesForMax(ReduceLROnPlateau):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        if self.monitor.unknown_mode:
            self.monitor.mode = "max"
            self.warned = ()


class DecidesInEveryFit(ReduceLROnPlateau):
    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        begun, reason = super().fit_begin(state, event, effects)
        return begun._replace(direction=self.initial.direction), reason


# ---------------------------------------------------------------------------------------------- what is in the logs


class CountsMissingMetrics(ReduceLROnPlateau):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        return super().epoch_end(state, event._replace(logs={self.config.monitor: math.nan, **event.logs}), effects)


class CoolsDownWithoutTheMetric(ReduceLROnPlateau):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        if reason is MISSING:
            after = after._replace(cooldown_counter=max(after.cooldown_counter - 1, 0))
        return after, reason


class FallsBackToTheLoss(ReduceLROnPlateau):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        if "loss" in event.logs:
            event = event._replace(logs={self.config.monitor: event.logs["loss"], **event.logs})
        return super().epoch_end(state, event, effects)


class RaisesWithoutTheMetric(ReduceLROnPlateau):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        event.logs[self.config.monitor]
        return super().epoch_end(state, event, effects)


class AveragesArrays(ReduceLROnPlateau):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        logs = {name: sum(v) / len(v) if isinstance(v, tuple) else v for name, v in event.logs.items()}
        return super().epoch_end(state, event._replace(logs=logs), effects)


class SkipsArrays(ReduceLROnPlateau):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        logs = {name: value for name, value in event.logs.items() if not isinstance(value, tuple)}
        return super().epoch_end(state, event._replace(logs=logs), effects)


# ---------------------------------------------------------------------------------------------- the variants

_wrong = partial(Wrong, callback="ReduceLROnPlateau")

WRONG: tuple[Wrong, ...] = (
    _wrong(
        "reduce-lr-patience-exceeded",
        WaitsLonger,
        "The rate is reduced when more than `patience` epochs have gone by, not when as many have.",
    ),
    _wrong(
        "reduce-lr-wait-not-reset-by-reduction",
        ForgetsToResetWait,
        "After a reduction the count of epochs goes on, so that every further bad epoch reduces.",
    ),
    _wrong(
        "reduce-lr-wait-not-reset-by-improvement",
        CountsAllEpochs,
        "An improvement leaves the count of epochs as it is.",
    ),
    _wrong(
        "reduce-lr-looks-at-every-patienceth-epoch",
        LooksAtEveryPatiencethEpoch,
        "Only the epochs whose number is a multiple of `patience` are looked at.",
    ),
    _wrong("reduce-lr-divides-by-factor", Divides, "The rate is divided by `factor`."),
    _wrong(
        "reduce-lr-multiplies-as-float32",
        mistakes("reduce-lr-on-plateau/rate-arithmetic", "float32"),
        "The rate is multiplied as float32.",
    ),
    _wrong(
        "reduce-lr-multiplies-as-float64",
        mistakes("reduce-lr-on-plateau/rate-arithmetic", "float64"),
        "The rate is multiplied as float64.",
    ),
    _wrong("reduce-lr-ignores-min-lr", IgnoresMinLr, "`min_lr` is not looked at."),
    _wrong(
        "reduce-lr-compares-min-lr-unrounded",
        ComparesMinLrUnrounded,
        "The stored rate is compared with `min_lr` as it was given, not as it is stored: at the minimum it is reduced again.",
    ),
    _wrong("reduce-lr-raises-to-min-lr", RaisesToMinLr, "A rate below `min_lr` is raised to it when an epoch begins."),
    _wrong("reduce-lr-never-cools-down", NeverCoolsDown, "`cooldown` is not looked at."),
    _wrong(
        "reduce-lr-cooldown-as-given",
        mistakes("reduce-lr-on-plateau/cooldown", "exact"),
        "The cooldown lasts `cooldown` epochs where Keras's is over one earlier.",
    ),
    _wrong(
        "reduce-lr-cooldown-one-less",
        mistakes("reduce-lr-on-plateau/cooldown", "one-less"),
        "The cooldown is over one epoch before it should be.",
    ),
    _wrong("reduce-lr-takes-nan-for-an-improvement", TakesNaNForAnImprovement, "A NaN begins the count anew."),
    _wrong("reduce-lr-begins-in-cooldown", BeginsInCooldown, "A fit begins with a cooldown."),
    _wrong("reduce-lr-never-starts-anew", NeverStartsAnew, "Count, cooldown and best value are kept from fit to fit."),
    _wrong(
        "reduce-lr-ties-improve",
        TakesTiesForImprovements,
        "A value that is not worse than the best by more than `min_delta` is an improvement.",
    ),
    _wrong("reduce-lr-min-delta-relative", TakesMinDeltaAsRelative, "`min_delta` is a part of the best value."),
    _wrong("reduce-lr-min-delta-ignored", FixedMinDelta, "Whatever `min_delta` is, its default is used."),
    _wrong(
        "reduce-lr-min-delta-always-subtracted",
        AlwaysSubtractsMinDelta,
        "`min_delta` is subtracted from the value in mode min too, where it makes improvements easier.",
    ),
    _wrong(
        "reduce-lr-min-delta-as-given",
        mistakes("reduce-lr-on-plateau/min-delta-sign", "as-given"),
        "The sign of `min_delta` matters.",
    ),
    _wrong(
        "reduce-lr-min-delta-absolute",
        mistakes("reduce-lr-on-plateau/min-delta-sign", "absolute"),
        "The sign of `min_delta` does not matter.",
    ),
    _wrong(
        "reduce-lr-compares-as-float32",
        mistakes("reduce-lr-on-plateau/precision", "float32-tensorflow"),
        "Values are compared as float32, and those that it cannot hold are refused.",
    ),
    _wrong(
        "reduce-lr-compares-as-float64",
        mistakes("reduce-lr-on-plateau/precision", "float64"),
        "Values are compared as they are, also where float32 has no number for them.",
    ),
    _wrong(
        "reduce-lr-compares-with-previous-value",
        ComparesWithThePreviousValue,
        "A value is compared with the one before it, not with the best.",
    ),
    _wrong("reduce-lr-auto-minimizes", MinimizesInAuto, "Mode auto minimizes, whatever is monitored."),
    _wrong(
        "reduce-lr-auto-looks-for-acc",
        mistakes("reduce-lr-on-plateau/direction", "name-contains-acc"),
        "Mode auto goes by the name, where Keras 3 asks the compiled metrics.",
    ),
    _wrong(
        "reduce-lr-auto-asks-the-compiled-metrics",
        mistakes("reduce-lr-on-plateau/direction", "compiled-metric"),
        "Mode auto asks the compiled metrics, where the name should decide.",
    ),
    _wrong("reduce-lr-auto-decides-in-every-fit", DecidesInEveryFit, "Mode auto decides anew in every fit."),
    _wrong("reduce-lr-auto-maximizes", MaximizesInAuto, "Mode auto maximizes, whatever is monitored."),
    _wrong(
        "reduce-lr-unknown-mode-maximizes",
        TakesUnknownModesForMax,
        "A mode that nobody knows counts as max, without a warning.",
    ),
    _wrong(
        "reduce-lr-missing-metric-counts", CountsMissingMetrics, "A missing metric counts as NaN, without a warning."
    ),
    _wrong(
        "reduce-lr-missing-metric-cools-down",
        CoolsDownWithoutTheMetric,
        "An epoch without the metric is one of the cooldown.",
    ),
    _wrong("reduce-lr-missing-metric-raises", RaisesWithoutTheMetric, "An epoch without the metric raises KeyError."),
    _wrong("reduce-lr-falls-back-to-the-loss", FallsBackToTheLoss, "Where the metric is missing, the loss is taken."),
    _wrong("reduce-lr-averages-arrays", AveragesArrays, "An array counts as the mean of its elements."),
    _wrong("reduce-lr-skips-arrays", SkipsArrays, "An array is skipped as if the metric was missing."),
    _wrong(
        "reduce-lr-cools-down-at-min-lr",
        CoolsDownWithoutAReduction,
        "The cooldown begins although the rate is at `min_lr` already.",
    ),
    _wrong("reduce-lr-cools-down-below-zero", CoolsDownBelowZero, "A cooldown that is not 0 lasts."),
)
