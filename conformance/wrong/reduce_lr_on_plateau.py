"""Wrong variants of ReduceLROnPlateau.

Rules
- Where the mistake is another value of a choice, the variant is the reference in a dialect with that value (`_mistakes`).
- Otherwise it is a subclass that changes the configuration, or the state or the effects of one transition.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from callcheck.reference.machine import Effect, Event, Log, Print, Reason, SetRate
from callcheck.reference.monitor import Monitor
from callcheck.reference.reduce_lr_on_plateau import AT_MINIMUM, IMPROVED, MISSING, REDUCED, ReduceLROnPlateau, State
from callcheck.spec.configuration import parameters
from callcheck.spec.dialect import Dialect
from callcheck.spec.values import Value, only

from .wrong import Catch, Wrong

CALLBACK = "ReduceLROnPlateau"
LEGACY = "tf-keras-2.21.0"
NUMPY = "keras-3.15.1+numpy"


def _stream(*values: float | list[float] | None, **config: Any) -> str:
    """One fit whose epochs show these values of val_loss; None: the metric is missing."""
    epochs = [{"logs": {} if value is None else {"val_loss": value}} for value in values]
    return json.dumps({"callback": CALLBACK, "config": config, "fits": [{"epochs": epochs}]})


def _mistakes(choice: str, value: str) -> Callable[[Mapping[str, Any], Dialect], ReduceLROnPlateau]:
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
        return after._replace(wait=state.wait) if reason is IMPROVED else after, reason


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
        self.stored_min_lr = -math.inf


class ComparesMinLrUnrounded(ReduceLROnPlateau):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.stored_min_lr = self.config.min_lr


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
            self.config.monitor, self.config.mode, abs(self.config.min_delta), dialect,
            dialect["reduce-lr-on-plateau/direction"], dialect["reduce-lr-on-plateau/min-delta-side"],
        )  # fmt: skip


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


# ---------------------------------------------------------------------------------------------- what is said


class AlwaysPrints(ReduceLROnPlateau):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        if reason is REDUCED and not self.config.verbose > 0:
            effects.append(Print("reduced"))
        return after, reason


class CoolsDownOnlyIfVerbose(ReduceLROnPlateau):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        if reason is REDUCED and not self.config.verbose > 0:
            after = after._replace(cooldown_counter=0)
        return after, reason


class LogsAsNumpy(ReduceLROnPlateau):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.rate_log.as_numpy = True


class LogsTheNewRate(ReduceLROnPlateau):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        if reason is REDUCED and event.logs:
            effects.append(Log(self.rate_log.key, self._reduced(only(event.rate))))
        return after, reason


# ---------------------------------------------------------------------------------------------- arguments


class AcceptsAFactorOfOne(ReduceLROnPlateau):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        one = config.get("factor") == 1.0
        super().__init__({**config, "factor": 0.5} if one else config, dialect)
        if one:
            self.config = replace(self.config, factor=1.0)


class RefusesUnknownArguments(ReduceLROnPlateau):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        unknown = set(config) - set(parameters(CALLBACK)) - {"epsilon"}
        if unknown:
            raise TypeError(f"unexpected arguments {unknown}")
        super().__init__(config, dialect)


class HalvesByDefault(ReduceLROnPlateau):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__({"factor": 0.5, **config}, dialect)


# ---------------------------------------------------------------------------------------------- the variants

WRONG: tuple[Wrong, ...] = (
    Wrong(
        name="reduce-lr-patience-exceeded",
        says="The rate is reduced when more than `patience` epochs have gone by, not when as many have.",
        callback=CALLBACK,
        make=WaitsLonger,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/patience/reduces-after-patience-epochs",
                scenario=_stream(1.0, 1.0, patience=1),
                epoch=1,
                words="bad epoch 1 in a row, patience=1; 1.0 * factor=0.1, at least min_lr=0.0; got 1.0",
            ),
            Catch(
                clause="reduce-lr-on-plateau/patience/less-than-one-acts-as-one",
                scenario=_stream(1.0, 1.0, patience=0),
                epoch=1,
                words="expected learning_rate=1.0, because patience=0 acts as the patience=1 there; got 0.1",
            ),
            Catch(
                clause="reduce-lr-on-plateau/arguments/defaults-are-those-documented",
                scenario=_stream(1.0),
                epoch=10,
                words="with the defaults, val_loss=1.0 is number 11 of 11 times 1.0, 10 times 0.99995",
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-wait-not-reset-by-reduction",
        says="After a reduction the count of epochs goes on, so that every further bad epoch reduces.",
        callback=CALLBACK,
        make=ForgetsToResetWait,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/patience/reduces-after-patience-epochs",
                scenario=_stream(1.0, 1.0, 1.0, 1.0, patience=2),
                epoch=3,
                words="bad epoch 1 in a row, patience=2; got 0.00999",
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-wait-not-reset-by-improvement",
        says="An improvement leaves the count of epochs as it is.",
        callback=CALLBACK,
        make=CountsAllEpochs,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/improvement/resets-the-count",
                scenario=_stream(2.0, 2.0, 1.0, 1.0, patience=2),
                epoch=3,
                words="2 monitored epochs in a row without an improvement, but 1.0 is better than [2.0, 2.0] before it",
            ),
            Catch(
                clause="reduce-lr-on-plateau/verbose/prints-every-reduction",
                scenario=_stream(2.0, 2.0, 1.0, 1.0, patience=2, verbose=1),
                epoch=3,
                words="expected printed (), because verbose=1, and val_loss=1.0 does not improve on 1.0",
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-looks-at-every-patienceth-epoch",
        says="Only the epochs whose number is a multiple of `patience` are looked at.",
        callback=CALLBACK,
        make=LooksAtEveryPatiencethEpoch,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/patience/more-patience-never-reduces-earlier",
                scenario=_stream(2.0, 1.0, 1.0, patience=2),
                epoch=2,
                words="expected a fall here at the latest, because with patience=3 it falls there; got never",
            ),
            Catch(
                clause="reduce-lr-on-plateau/stream/epoch-numbers-do-not-matter",
                scenario=_stream(1.0, 1.0, patience=2),
                epoch=1,
                words="only the numbers of the epochs are higher there, by 7; got 0.1",
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-divides-by-factor",
        says="The rate is divided by `factor`.",
        callback=CALLBACK,
        make=Divides,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/factor/multiplies-the-rate",
                scenario=_stream(1.0, 1.0, patience=1),
                epoch=1,
                words="the rate changes to 1.0 * factor=0.1, at least min_lr=0.0; got 10.0",
            ),
            Catch(
                clause="reduce-lr-on-plateau/rate/never-rises",
                scenario=_stream(1.0, 1.0, patience=1),
                epoch=1,
                words="expected at most 1.0, because the rate was that, and factor=0.1 is below one; got 10.0",
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-multiplies-as-float32",
        says="The rate is multiplied as float32.",
        callback=CALLBACK,
        make=_mistakes("reduce-lr-on-plateau/rate-arithmetic", "float32"),
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/factor/multiplies-the-rate",
                scenario=(
                    '{"callback": "ReduceLROnPlateau", "config": {"patience": 1}, "learning_rate": 0.1, "fits": '
                    '[{"epochs": [{"logs": {"val_loss": 1.0}}, {"logs": {"val_loss": 1.0}}]}]}'
                ),
                epoch=1,
                words="expected 0.009999999776482582, because the rate changes to 0.10000000149011612 * factor=0.1",
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-ignores-min-lr",
        says="`min_lr` is not looked at.",
        callback=CALLBACK,
        make=IgnoresMinLr,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/min-lr/is-the-lower-bound",
                scenario=_stream(1.0, 1.0, patience=1, min_lr=0.5),
                epoch=1,
                words="expected at least 0.5, because min_lr=0.5 bounds the rate, which was 1.0; got 0.1",
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-compares-min-lr-unrounded",
        says=(
            "The stored rate is compared with `min_lr` as it was given, not as it is stored: at the minimum it is "
            "reduced again."
        ),
        callback=CALLBACK,
        make=ComparesMinLrUnrounded,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/verbose/prints-every-reduction",
                scenario=_stream(1.0, 1.0, 1.0, patience=1, verbose=1, min_lr=0.1),
                epoch=2,
                words="the rate is not above min_lr=0.1; got ('reduced',)",
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-raises-to-min-lr",
        says="A rate below `min_lr` is raised to it when an epoch begins.",
        callback=CALLBACK,
        make=RaisesToMinLr,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/rate/changes-only-at-epoch-ends",
                scenario=_stream(1.0, min_lr=2.0),
                epoch=0,
                words="expected 1.0 in the epoch, because nothing changes the rate at an epoch's beginning; got 2.0",
            ),
            Catch(
                clause="reduce-lr-on-plateau/min-lr/is-the-lower-bound",
                scenario=_stream(1.0, min_lr=2.0),
                epoch=0,
                words="expected 1.0, because the rate is at or below min_lr=2.0 already; got 2.0",
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-never-cools-down",
        says="`cooldown` is not looked at.",
        callback=CALLBACK,
        make=NeverCoolsDown,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/cooldown/waits-cooldown-epochs",
                scenario=_stream(1.0, 1.0, 1.0, patience=1, cooldown=2),
                epoch=2,
                words=(
                    "the next fall not before epoch 4, because the rate fell in epoch 1, cooldown=2, patience=1; got "
                    "in epoch 2"
                ),
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-cooldown-as-given",
        says="The cooldown lasts `cooldown` epochs where Keras's is over one earlier.",
        callback=CALLBACK,
        make=_mistakes("reduce-lr-on-plateau/cooldown", "exact"),
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/cooldown/acts-as-one-less",
                scenario=_stream(1.0, 1.0, 1.0, patience=1, cooldown=1),
                epoch=2,
                words="patience=1 and cooldown=1 reduce after 2 epochs and then every 1; got 0.1",
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-cooldown-one-less",
        says="The cooldown is over one epoch before it should be.",
        callback=CALLBACK,
        make=_mistakes("reduce-lr-on-plateau/cooldown", "one-less"),
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/cooldown/acts-as-given",
                scenario=_stream(1.0, 1.0, 1.0, patience=1, cooldown=1),
                epoch=2,
                words="patience=1 and cooldown=1 reduce after 2 epochs and then every 2; got 0.00999",
                changes={"reduce-lr-on-plateau/cooldown": "exact"},
            ),
            Catch(
                clause="reduce-lr-on-plateau/cooldown/waits-cooldown-epochs",
                scenario=_stream(1.0, 1.0, 1.0, patience=1, cooldown=1),
                epoch=2,
                words=(
                    "the next fall not before epoch 3, because the rate fell in epoch 1, cooldown=1, patience=1; got "
                    "in epoch 2"
                ),
                changes={"reduce-lr-on-plateau/cooldown": "exact"},
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-begins-in-cooldown",
        says="A fit begins with a cooldown.",
        callback=CALLBACK,
        make=BeginsInCooldown,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/cooldown/matters-only-after-a-reduction",
                scenario=_stream(1.0, 1.0, patience=1, cooldown=3),
                epoch=1,
                words="cooldown=3 differs from the cooldown=0 there only after a fall; got 1.0",
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-never-starts-anew",
        says="Count, cooldown and best value are kept from fit to fit.",
        callback=CALLBACK,
        make=NeverStartsAnew,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/reuse/an-instance-used-again-behaves-as-a-new-one",
                scenario=_stream(1.0, patience=1),
                fit=1,
                epoch=0,
                words=(
                    "expected learning_rate=1.0, because the instance is new there, and this is the same fit with it "
                    "once more; got 0.1"
                ),
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-ties-improve",
        says="A value that is not worse than the best by more than `min_delta` is an improvement.",
        callback=CALLBACK,
        make=TakesTiesForImprovements,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/patience/reduces-after-patience-epochs",
                scenario=_stream(2.0, 1.0, patience=1, min_delta=1.0),
                epoch=1,
                words=(
                    "val_loss=1.0 does not improve on 2.0 by more than min_delta=1.0: bad epoch 1 in a row, patience=1"
                ),
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-min-delta-relative",
        says="`min_delta` is a part of the best value.",
        callback=CALLBACK,
        make=TakesMinDeltaAsRelative,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/min-delta/is-a-difference-not-a-ratio",
                scenario=_stream(1.0, 2.0, mode="max", patience=1, min_delta=0.5),
                epoch=1,
                words="all values are greater by 1024 there, and min_delta is absolute; got 1.0",
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-min-delta-ignored",
        says="Whatever `min_delta` is, its default is used.",
        callback=CALLBACK,
        make=FixedMinDelta,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/min-delta/is-in-the-unit-of-the-metric",
                scenario=_stream(1.0, 0.9999, patience=1),
                epoch=1,
                words="values and min_delta are doubled there; got 0.1",
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-min-delta-always-subtracted",
        says="`min_delta` is subtracted from the value in mode min too, where it makes improvements easier.",
        callback=CALLBACK,
        make=AlwaysSubtractsMinDelta,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/mode/min-and-max-mirror-each-other",
                scenario=_stream(1.0, 1.0, mode="min", patience=1),
                epoch=1,
                words="the values are negated there, and the mode is not min; got 1.0",
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-min-delta-as-given",
        says="The sign of `min_delta` matters.",
        callback=CALLBACK,
        make=_mistakes("reduce-lr-on-plateau/min-delta-sign", "as-given"),
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/min-delta/its-sign-does-not-matter",
                scenario=_stream(1.0, 1.0, patience=1, min_delta=-1.0),
                epoch=1,
                words="only the sign of min_delta=-1.0 differs there; got 1.0",
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-min-delta-absolute",
        says="The sign of `min_delta` does not matter.",
        callback=CALLBACK,
        make=_mistakes("reduce-lr-on-plateau/min-delta-sign", "absolute"),
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/min-delta/negative-forgives",
                scenario=_stream(1.0, 1.0, patience=1, min_delta=-1.0),
                epoch=1,
                words="none of [1.0, 1.0] is worse than one before it by 1.0; got 0.1",
                dialect=LEGACY,
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-compares-as-float32",
        says="Values are compared as float32, and those that it cannot hold are refused.",
        callback=CALLBACK,
        make=_mistakes("monitor/precision", "float32-tensorflow"),
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/min-delta/counts-every-larger-change",
                scenario=_stream(1.0, 0.99999999, patience=1, min_delta=0.0),
                epoch=1,
                words="val_loss=0.99999999: it improves on 1.0 (min_delta=0.0), so the count begins anew; got 0.1",
                dialect=NUMPY,
            ),
            Catch(
                clause="reduce-lr-on-plateau/errors/no-finite-value-makes-training-fail",
                scenario=_stream(1e39, 1.0, mode="min"),
                epoch=1,
                words="all values of val_loss are finite: [1e+39, 1.0]; got ValueError",
                dialect=NUMPY,
            ),
            Catch(
                clause="reduce-lr-on-plateau/errors/raises-only-where-it-cannot-compare",
                scenario=_stream(1e39, 1.0),
                epoch=1,
                words=(
                    "expected no exception, because val_loss is [1e+39, 1.0] up to there, compared in float64; got "
                    "ValueError in epoch_end"
                ),
                dialect=NUMPY,
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-compares-with-previous-value",
        says="A value is compared with the one before it, not with the best.",
        callback=CALLBACK,
        make=ComparesWithThePreviousValue,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/patience/reduces-after-patience-epochs",
                scenario=_stream(1.0, 3.0, 2.0, patience=2),
                epoch=2,
                words=(
                    "val_loss=2.0 does not improve on 1.0 by more than min_delta=0.0001: bad epoch 2 in a row, "
                    "patience=2"
                ),
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-auto-minimizes",
        says="Mode auto minimizes, whatever is monitored.",
        callback=CALLBACK,
        make=MinimizesInAuto,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/mode/auto-maximizes-accuracy",
                scenario=(
                    '{"callback": "ReduceLROnPlateau", "config": {"monitor": "val_accuracy", "patience": 1}, '
                    '"metrics": ["accuracy"], "fits": [{"epochs": [{"logs": {"val_accuracy": 1.0}}, {"logs": '
                    '{"val_accuracy": 2.0}}]}]}'
                ),
                epoch=1,
                words="expected learning_rate=1.0, because auto maximizes val_accuracy, as the mode=max there; got 0.1",
            ),
            Catch(
                clause="reduce-lr-on-plateau/mode/an-undecided-auto-raises",
                scenario=(
                    '{"callback": "ReduceLROnPlateau", "config": {"monitor": "my_metric"}, "fits": [{"epochs": '
                    '[{"logs": {"my_metric": 1.0}}]}]}'
                ),
                epoch=0,
                words=(
                    "expected ValueError at the epoch's end, because mode='auto' cannot decide on my_metric; got "
                    "nothing raised"
                ),
            ),
            Catch(
                clause="reduce-lr-on-plateau/errors/raises-only-where-it-cannot-compare",
                scenario=(
                    '{"callback": "ReduceLROnPlateau", "config": {"monitor": "my_metric"}, "fits": [{"epochs": '
                    '[{"logs": {"my_metric": 1.0}}]}]}'
                ),
                epoch=0,
                words=(
                    "expected ValueError in epoch_end, because mode='auto' cannot decide on my_metric; got no exception"
                ),
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-auto-maximizes",
        says="Mode auto maximizes, whatever is monitored.",
        callback=CALLBACK,
        make=MaximizesInAuto,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/mode/auto-minimizes-the-loss",
                scenario=_stream(2.0, 1.0, patience=1),
                epoch=1,
                words="expected learning_rate=1.0, because auto minimizes val_loss, as the mode=min there; got 0.1",
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-unknown-mode-maximizes",
        says="A mode that nobody knows counts as max, without a warning.",
        callback=CALLBACK,
        make=TakesUnknownModesForMax,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/mode/an-unknown-mode-acts-as-auto",
                scenario=_stream(2.0, 1.0, mode="unknown", patience=1),
                epoch=1,
                words="expected learning_rate=1.0, because mode='unknown' acts as the mode=auto there; got 0.1",
            ),
            Catch(
                clause="reduce-lr-on-plateau/arguments/warns-of-unknown-modes-and-epsilon",
                scenario=_stream(1.0, mode="unknown"),
                fit=None,
                words="expected warnings ('unknown-mode',), because mode='unknown', and the arguments are mode; got ()",
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-missing-metric-counts",
        says="A missing metric counts as NaN, without a warning.",
        callback=CALLBACK,
        make=CountsMissingMetrics,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/monitor/missing-metric-is-skipped",
                scenario=_stream(1.0, 1.0, patience=1),
                epoch=1,
                words="after every epoch there is one without val_loss there, which counts for nothing",
            ),
            Catch(
                clause="reduce-lr-on-plateau/monitor/warns-where-the-metric-is-missing",
                scenario=_stream(None),
                epoch=0,
                words="expected warnings ('missing-metric',), because val_loss is missing; got ()",
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-missing-metric-cools-down",
        says="An epoch without the metric is one of the cooldown.",
        callback=CALLBACK,
        make=CoolsDownWithoutTheMetric,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/monitor/missing-metric-is-skipped",
                scenario=_stream(1.0, 1.0, 1.0, patience=1, cooldown=2),
                epoch=2,
                words="expected learning_rate=0.00999",
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-missing-metric-raises",
        says="An epoch without the metric raises KeyError.",
        callback=CALLBACK,
        make=RaisesWithoutTheMetric,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/errors/raises-only-where-it-cannot-compare",
                scenario=_stream(None),
                epoch=0,
                words=(
                    "expected no exception, because val_loss is [None] up to there, compared in float32-tensorflow; "
                    "got KeyError in epoch_end"
                ),
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-falls-back-to-the-loss",
        says="Where the metric is missing, the loss is taken.",
        callback=CALLBACK,
        make=FallsBackToTheLoss,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/monitor/only-the-metric-matters",
                scenario=(
                    '{"callback": "ReduceLROnPlateau", "config": {"patience": 1}, "fits": [{"epochs": [{"logs": '
                    '{"loss": 2.0}}, {"logs": {"loss": 1.0}}]}]}'
                ),
                epoch=1,
                words="only other metrics than val_loss and batches differ there; got 1.0",
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-averages-arrays",
        says="An array counts as the mean of its elements.",
        callback=CALLBACK,
        make=AveragesArrays,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/monitor/an-array-has-no-order",
                scenario=_stream([1.0, 1.0], 1.0),
                epoch=1,
                words="expected ValueError, because val_loss=1.0 or the best before it is an array; got nothing raised",
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-always-prints",
        says="Reductions are announced with verbose=0 too.",
        callback=CALLBACK,
        make=AlwaysPrints,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/verbose/prints-every-reduction",
                scenario=_stream(1.0, 1.0, patience=1),
                epoch=1,
                words="expected printed (), because verbose=0, and val_loss=1.0 does not improve on 1.0",
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-cools-down-only-if-verbose",
        says="The cooldown begins only where the reduction is announced.",
        callback=CALLBACK,
        make=CoolsDownOnlyIfVerbose,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/verbose/changes-nothing-else",
                scenario=_stream(1.0, 1.0, 1.0, patience=1, cooldown=2),
                epoch=2,
                words=(
                    "expected learning_rate=0.10000000149011612, because only verbose differs there, 0 here; got "
                    "0.00999"
                ),
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-logs-the-new-rate",
        says="The rate is logged after the reduction.",
        callback=CALLBACK,
        make=LogsTheNewRate,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/logs/logs-the-rate-before-the-reduction",
                scenario=_stream(1.0, 1.0, patience=1),
                epoch=1,
                words=(
                    "expected logged {'learning_rate': 1.0}, because the rate in the epoch was 1.0, and its logs are "
                    "not empty; got {'learning_rate': 0.1"
                ),
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-cools-down-at-min-lr",
        says="The cooldown begins although the rate is at `min_lr` already.",
        callback=CALLBACK,
        make=CoolsDownWithoutAReduction,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/cooldown/is-not-looked-at-before-a-reduction",
                scenario=_stream(1.0, 1.0, 1.0, patience=1, cooldown=None, min_lr=1.0),
                epoch=2,
                words=(
                    "expected no exception, because cooldown=None, and there is no reduction before in the fit; got "
                    "TypeError in epoch_end"
                ),
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-logs-as-numpy",
        says="The rate is logged as numpy has it.",
        callback=CALLBACK,
        make=LogsAsNumpy,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/logs/the-type-of-the-logged-rate",
                scenario=_stream(1.0),
                epoch=0,
                words=(
                    "expected a Python float as learning_rate, because keras-3.15.1 logs such; got a number of numpy's"
                ),
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-factor-of-one-accepted",
        says="A factor of one is accepted.",
        callback=CALLBACK,
        make=AcceptsAFactorOfOne,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/factor/one-or-more-is-rejected",
                scenario=_stream(1.0, factor=1.0),
                fit=None,
                words=(
                    "expected ValueError from the constructor, because factor=1.0, the other arguments are numbers "
                    "where they should be; got nothing"
                ),
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-epsilon-counts",
        says="The argument `epsilon` of older releases is `min_delta`.",
        callback=CALLBACK,
        make=_mistakes("reduce-lr-on-plateau/epsilon", "alias-of-min-delta"),
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/epsilon/is-swallowed",
                scenario=_stream(2.0, 1.0, patience=1, epsilon=1.0),
                epoch=1,
                words="only epsilon differs there, which does nothing; got 0.1",
            ),
            Catch(
                clause="reduce-lr-on-plateau/arguments/warns-of-unknown-modes-and-epsilon",
                scenario=_stream(1.0, epsilon=1.0),
                fit=None,
                words="expected warnings (), because mode='auto', and the arguments are epsilon; got ('other',)",
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-epsilon-ignored",
        says="The argument `epsilon` of older releases does nothing.",
        callback=CALLBACK,
        make=_mistakes("reduce-lr-on-plateau/epsilon", "swallowed"),
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/epsilon/is-min-delta",
                scenario=_stream(2.0, 1.0, patience=1, epsilon=1.0),
                epoch=1,
                words="what is epsilon here is min_delta there, or the other way round; got 1.0",
                dialect=LEGACY,
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-unknown-arguments-refused",
        says="Arguments that nobody knows are refused.",
        callback=CALLBACK,
        make=RefusesUnknownArguments,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/arguments/swallows-what-it-does-not-know",
                scenario=_stream(1.0, no_such_argument=1),
                fit=None,
                words=(
                    "expected nothing from the constructor, because only the argument no_such_argument differs there; "
                    "got TypeError"
                ),
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-halves-by-default",
        says="The default of `factor` is 0.5.",
        callback=CALLBACK,
        make=HalvesByDefault,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/arguments/defaults-are-those-documented",
                scenario=_stream(1.0),
                epoch=10,
                words="with the defaults, val_loss=1.0 is number 11 of 11 times 1.0, 10 times 0.99995",
            ),
        ),
    ),
)
