"""Wrong variants of ReduceLROnPlateau in what it says, logs and accepts.

What decides a reduction has its variants in `reduce_lr_on_plateau.py`.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from callcheck.reference.machine import Effect, Event, Log, Print, Reason
from callcheck.reference.reduce_lr_on_plateau import REDUCED, ReduceLROnPlateau, State
from callcheck.spec.callbacks import parameters
from callcheck.spec.dialect import Dialect
from callcheck.spec.values import only

from .reduce_lr_on_plateau import CALLBACK, mistakes
from .wrong import Wrong

# ---------------------------------------------------------------------------------------------- what is said


class CannotBePickled(ReduceLROnPlateau):
    """It compares by a lambda, whatever the dialect says."""

    def pickled(self, state: State) -> None:
        raise AttributeError("Can't pickle local object: a lambda")


class AlwaysPrints(ReduceLROnPlateau):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        if reason is REDUCED and not self.config.verbose > 0:
            effects.append(Print("reduced"))
        return after, reason


class AnnouncesOnce(ReduceLROnPlateau):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.announced = False

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        if self.announced:
            effects[:] = [effect for effect in effects if effect != Print("reduced")]
        self.announced = self.announced or Print("reduced") in effects
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


class TakesEpsilonWithoutAWord(ReduceLROnPlateau):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.warned = tuple(word for word in self.warned if word != "other")


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

_wrong = partial(Wrong, callback=CALLBACK)

WRONG: tuple[Wrong, ...] = (
    _wrong("reduce-lr-announces-once", AnnouncesOnce, "Only the first reduction is announced."),
    _wrong("reduce-lr-cannot-be-pickled", CannotBePickled, "An instance cannot be pickled."),
    _wrong("reduce-lr-always-prints", AlwaysPrints, "Reductions are announced with verbose=0 too."),
    _wrong("reduce-lr-cools-down-only-if-verbose", CoolsDownOnlyIfVerbose, "A cooldown begins only after a message."),
    _wrong("reduce-lr-logs-the-new-rate", LogsTheNewRate, "The rate is logged after the reduction."),
    _wrong("reduce-lr-logs-as-numpy", LogsAsNumpy, "The rate is logged as numpy has it."),
    _wrong("reduce-lr-factor-of-one-accepted", AcceptsAFactorOfOne, "A factor of one is accepted."),
    _wrong(
        "reduce-lr-epsilon-counts",
        mistakes("reduce-lr-on-plateau/epsilon", "alias-of-min-delta"),
        "The argument `epsilon` of older releases is `min_delta`.",
    ),
    _wrong(
        "reduce-lr-epsilon-ignored",
        mistakes("reduce-lr-on-plateau/epsilon", "swallowed"),
        "The argument `epsilon` of older releases does nothing.",
    ),
    _wrong(
        "reduce-lr-epsilon-without-a-word", TakesEpsilonWithoutAWord, "An `epsilon` is `min_delta`, without a warning."
    ),
    _wrong("reduce-lr-unknown-arguments-refused", RefusesUnknownArguments, "Arguments that nobody knows are refused."),
    _wrong("reduce-lr-halves-by-default", HalvesByDefault, "The default of `factor` is 0.5."),
)
