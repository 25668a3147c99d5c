"""Wrong variants of TerminateOnNaN."""

import math
from collections.abc import Mapping
from typing import Any

from callcheck.reference.machine import NOTHING, Effect, Event, Log, Print, Reason, Stop, Warn
from callcheck.reference.terminate_on_nan import TERMINATED, TerminateOnNaN
from callcheck.spec.dialect import Dialect
from callcheck.spec.numbers import float32

from .wrong import Wrong

After = tuple[None, Reason]


class NaNOnly(TerminateOnNaN):
    def batch_end(self, state: None, event: Event, effects: list[Effect]) -> After:
        loss = event.logs.get("loss")
        if isinstance(loss, float) and math.isinf(loss):
            return state, NOTHING
        return super().batch_end(state, event, effects)


class InFloat32(TerminateOnNaN):
    """A loss that is too large for float32 becomes an infinity."""

    def batch_end(self, state: None, event: Event, effects: list[Effect]) -> After:
        logs = {name: value if isinstance(value, tuple) else float32(value) for name, value in event.logs.items()}
        return super().batch_end(state, event._replace(logs=logs), effects)


class AtTheEpochEnd(TerminateOnNaN):
    def batch_end(self, state: None, event: Event, effects: list[Effect]) -> After:
        return state, NOTHING

    def epoch_end(self, state: None, event: Event, effects: list[Effect]) -> After:
        return super().batch_end(state, event, effects)


class AtTheEpochEndToo(TerminateOnNaN):
    def epoch_end(self, state: None, event: Event, effects: list[Effect]) -> After:
        return self.batch_end(state, event, effects)


class AnyMetric(TerminateOnNaN):
    def batch_end(self, state: None, event: Event, effects: list[Effect]) -> After:
        for name in event.logs:
            after, reason = super().batch_end(state, event._replace(logs={"loss": event.logs[name]}), effects)
            if reason is TERMINATED:
                return after, reason
        return state, NOTHING


class NeedsALoss(TerminateOnNaN):
    """`logs["loss"]` where `logs.get("loss")` is meant."""

    def batch_end(self, state: None, event: Event, effects: list[Effect]) -> After:
        return super().batch_end(state, event._replace(logs={"loss": event.logs["loss"]}), effects)


class AnyElement(TerminateOnNaN):
    """An array is invalid if one of its numbers is."""

    def batch_end(self, state: None, event: Event, effects: list[Effect]) -> After:
        loss = event.logs.get("loss")
        if isinstance(loss, tuple):
            event = event._replace(logs={"loss": sum(loss)})
        return super().batch_end(state, event, effects)


class OnlySays(TerminateOnNaN):
    def batch_end(self, state: None, event: Event, effects: list[Effect]) -> After:
        done: list[Effect] = []
        after, reason = super().batch_end(state, event, done)
        effects.extend(each for each in done if not isinstance(each, Stop))
        return after, reason


class StaysTerminated(TerminateOnNaN):
    """Once it has stopped a fit, it stops every later one."""

    terminated = False

    def batch_end(self, state: None, event: Event, effects: list[Effect]) -> After:
        after, reason = super().batch_end(state, event, effects)
        self.terminated = self.terminated or reason is TERMINATED
        if self.terminated and reason is not TERMINATED:
            effects.append(Stop())
        return after, reason


class NeverRaises(TerminateOnNaN):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__({**config, "raise_error": False} if "raise_error" in config else config, dialect)


class RaisesByDefault(TerminateOnNaN):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__({"raise_error": True, **config}, dialect)


class SaysAndRaises(TerminateOnNaN):
    def batch_end(self, state: None, event: Event, effects: list[Effect]) -> After:
        try:
            return super().batch_end(state, event, effects)
        except RuntimeError:
            effects.extend((Print("nan"), Stop()))
            raise


class RaisesWithoutAWord(TerminateOnNaN):
    def batch_end(self, state: None, event: Event, effects: list[Effect]) -> After:
        try:
            return super().batch_end(state, event, effects)
        except RuntimeError:
            raise RuntimeError from None


class SwallowsArguments(TerminateOnNaN):
    """Arguments that it does not know are dropped."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        known = dialect["terminate-on-nan/arguments"] == "raise-error"
        super().__init__({name: config[name] for name in config if known and name == "raise_error"}, dialect)


class WarnsAndLogs(TerminateOnNaN):
    """It warns in place of printing, and leaves a mark in the logs."""

    def epoch_end(self, state: None, event: Event, effects: list[Effect]) -> After:
        effects.append(Log("terminated", 0.0))
        return state, NOTHING

    def batch_end(self, state: None, event: Event, effects: list[Effect]) -> After:
        done: list[Effect] = []
        after, reason = super().batch_end(state, event, done)
        effects.extend(Warn("other") if isinstance(each, Print) else each for each in done)
        return after, reason


# ---------------------------------------------------------------------------------------------- what catches them


def _wrong(name: str, make: type[TerminateOnNaN], says: str) -> Wrong:
    return Wrong(name=f"terminate-on-nan-{name}", says=says, callback="TerminateOnNaN", make=make)


WRONG: tuple[Wrong, ...] = (
    _wrong("nan-only", NaNOnly, "Only NaN is invalid, an infinity is not."),
    _wrong("in-float32", InFloat32, "A finite loss beyond the range of float32 is taken for an infinity."),
    _wrong("at-the-epoch-end", AtTheEpochEnd, "The epoch's loss is looked at in place of the batches'."),
    _wrong("at-the-epoch-end-too", AtTheEpochEndToo, "The epoch's loss is looked at as well as the batches'."),
    _wrong("any-metric", AnyMetric, "Every metric of a batch is looked at, not only the loss."),
    _wrong("needs-a-loss", NeedsALoss, "A batch whose logs have no loss raises KeyError."),
    _wrong(
        "any-element", AnyElement, "An array is judged by its numbers: it stops if one is invalid, and raises nothing."
    ),
    _wrong("only-says", OnlySays, "An invalid loss is announced, but nothing is stopped."),
    _wrong("stays-terminated", StaysTerminated, "An instance that has stopped one fit stops every later one."),
    _wrong("never-raises", NeverRaises, "raise_error is accepted and ignored."),
    _wrong("raises-by-default", RaisesByDefault, "The default of raise_error is true."),
    _wrong("raises-without-a-word", RaisesWithoutAWord, "With raise_error, what it raises has no message."),
    _wrong("says-and-raises", SaysAndRaises, "With raise_error, it stops and says so before it raises."),
    _wrong("swallows-arguments", SwallowsArguments, "Unknown arguments are accepted without a word."),
    _wrong("warns-and-logs", WarnsAndLogs, "It warns where it should print, and leaves a mark in the logs."),
)
