"""Wrong variants of TerminateOnNaN, and the clauses that catch them."""

import math
from collections.abc import Mapping
from typing import Any

from callcheck.reference.machine import NOTHING, Effect, Event, Log, Print, Reason, Stop, Warn
from callcheck.reference.terminate_on_nan import TERMINATED, TerminateOnNaN
from callcheck.spec.dialect import Dialect
from callcheck.spec.numbers import float32

from .wrong import Catch, Wrong

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


class SwallowsArguments(TerminateOnNaN):
    """Arguments that it does not know are dropped."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        known = dialect["terminate-on-nan/raise-error"] == "honoured"
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

_TF_KERAS = "tf-keras-2.21.0"
_NAN = '{"callback": "TerminateOnNaN", "fits": [{"epochs": [{"logs": {"loss": "NaN"}}]}]}'
_RAISING = (
    '{"callback": "TerminateOnNaN", "config": {"raise_error": true}, "fits": [{"epochs": [{"logs": {"loss": "NaN"}}]}]}'
)
_INFINITY = '{"callback": "TerminateOnNaN", "fits": [{"epochs": [{"logs": {"loss": "-Infinity"}}]}]}'
_NOTHING_SHOWN = '{"callback": "TerminateOnNaN", "fits": [{"epochs": [{"logs": {}}]}]}'
_TWO_FITS = (
    '{"callback": "TerminateOnNaN", "fits": [{"epochs": [{"logs": {"loss": "NaN"}}]}, '
    '{"epochs": [{"logs": {"loss": 1.0}}]}]}'
)


def _wrong(name: str, make: type[TerminateOnNaN], says: str, *catches: Catch) -> Wrong:
    return Wrong(name=f"terminate-on-nan-{name}", says=says, callback="TerminateOnNaN", make=make, catches=catches)


WRONG: tuple[Wrong, ...] = (
    _wrong(
        "nan-only", NaNOnly, "Only NaN is invalid, an infinity is not.",
        Catch(
            clause="terminate-on-nan/loss/an-infinity-is-as-a-nan", scenario=_INFINITY, epoch=0,
            words="with NaN for every infinity, because an infinite loss is as invalid as NaN; got stop=False",
        ),
        Catch(
            clause="terminate-on-nan/loss/stops-at-the-first-invalid-loss", scenario=_INFINITY, epoch=0,
            words="expected stop=True, because batch index 0 of epoch index 0 has loss=-inf",
        ),
        Catch(
            clause="terminate-on-nan/raise-error/raises-at-the-first-invalid-loss",
            scenario=_RAISING.replace("NaN\"}", "Infinity\"}"), epoch=0,
            words="its loss is inf and raise_error=True; got none",
        ),
    ),
    _wrong(
        "in-float32", InFloat32, "A finite loss beyond the range of float32 is taken for an infinity.",
        Catch(
            clause="terminate-on-nan/loss/goes-on-while-it-is-finite",
            scenario='{"callback": "TerminateOnNaN", "fits": [{"epochs": [{"logs": {"loss": 1e39}}]}]}', epoch=0,
            words="expected stop=False, because every loss is finite; got stop=True",
        ),
    ),
    _wrong(
        "at-the-epoch-end", AtTheEpochEnd, "The epoch's loss is looked at in place of the batches'.",
        Catch(
            clause="terminate-on-nan/loss/stops-at-the-first-invalid-loss",
            scenario='{"callback": "TerminateOnNaN", "fits": [{"epochs": ['
            '{"logs": {"loss": 1.0}, "batches": [{"loss": 1.0}, {"loss": "NaN"}]}]}]}', epoch=0,
            words="batch index 1 of epoch index 0 has loss=nan; got stop=False",
        ),
        Catch(
            clause="terminate-on-nan/raise-error/raises-at-the-first-invalid-loss", scenario=_RAISING, epoch=0,
            words="expected RuntimeError at the end of batch index 0, because its loss is nan",
        ),
    ),
    _wrong(
        "at-the-epoch-end-too", AtTheEpochEndToo, "The epoch's loss is looked at as well as the batches'.",
        Catch(
            clause="terminate-on-nan/loss/says-so-once", scenario=_NAN, epoch=0,
            words="loss=nan at batch index 0 ends the epoch; got ['nan', 'nan']",
        ),
        Catch(
            clause="terminate-on-nan/loss/without-one-nothing-happens", scenario=_NAN, epoch=0,
            words="the batches' logs have no loss",
        ),
    ),
    _wrong(
        "any-metric", AnyMetric, "Every metric of a batch is looked at, not only the loss.",
        Catch(
            clause="terminate-on-nan/loss/nothing-else-matters", scenario=_NOTHING_SHOWN, epoch=0,
            words="as with NaN and infinity in ['a_metric', 'val_loss', 'z_metric'] and in the epoch's loss, "
            "because only the batches' losses decide",
        ),
        Catch(
            clause="terminate-on-nan/loss/without-one-nothing-happens", scenario=_NOTHING_SHOWN, epoch=0,
            words="have no loss, only ['a_metric', 'val_loss', 'z_metric']; got stop=True",
        ),
    ),
    _wrong(
        "needs-a-loss", NeedsALoss, "A batch whose logs have no loss raises KeyError.",
        Catch(
            clause="terminate-on-nan/loss/without-one-nothing-happens", scenario=_NOTHING_SHOWN, epoch=0,
            words="expected no exception, because the batches' logs have no loss; got KeyError in batch_end of epoch index 0",
        ),
        Catch(
            clause="terminate-on-nan/loss/goes-on-while-it-is-finite", scenario=_NOTHING_SHOWN, epoch=0,
            words="no exception, because every loss is finite; got 1 epochs, then KeyError in batch_end",
        ),
    ),
    _wrong(
        "any-element", AnyElement, "An array is judged by its numbers: it stops if one is invalid, and raises nothing.",
        Catch(
            clause="terminate-on-nan/loss/an-array-of-numbers-raises",
            scenario='{"callback": "TerminateOnNaN", "fits": [{"epochs": [{"logs": {"loss": [1.0, "NaN"]}}]}]}', epoch=0,
            words="expected ValueError at the end of batch index 0, because its loss is (1.0, nan)",
        ),
    ),
    _wrong(
        "only-says", OnlySays, "An invalid loss is announced, but nothing is stopped.",
        Catch(
            clause="terminate-on-nan/loss/an-epoch-of-nan-is-the-last",
            scenario='{"callback": "TerminateOnNaN", "fits": [{"epochs": [{"logs": {"loss": "NaN"}}, {"logs": {}}]}]}',
            epoch=0, words="the fit to end with this epoch, because its every loss is NaN; got 1 more epochs",
        ),
    ),
    _wrong(
        "stays-terminated", StaysTerminated, "An instance that has stopped one fit stops every later one.",
        Catch(
            clause="terminate-on-nan/reuse/an-instance-used-again-behaves-as-a-new-one", scenario=_TWO_FITS, fit=1, epoch=0,
            words="as a new instance does, because nothing is remembered from the fit before; got stop=True",
        ),
        Catch(
            clause="terminate-on-nan/loss/stops-at-the-first-invalid-loss", scenario=_TWO_FITS, fit=1, epoch=0,
            words="expected stop=False, because no loss is NaN or infinite; got stop=True",
        ),
    ),
    _wrong(
        "never-raises", NeverRaises, "raise_error is accepted and ignored.",
        Catch(
            clause="terminate-on-nan/raise-error/raises-at-the-first-invalid-loss", scenario=_RAISING, epoch=0,
            words="its loss is nan and raise_error=True; got none",
        ),
    ),
    _wrong(
        "raises-by-default", RaisesByDefault, "The default of raise_error is true.",
        Catch(
            clause="terminate-on-nan/raise-error/is-off-by-default", scenario=_NAN, epoch=0,
            words="because raise_error is false; got RuntimeError in batch_end of epoch index 0",
        ),
        Catch(
            clause="terminate-on-nan/arguments/there-are-none", scenario=_NOTHING_SHOWN, fit=None, dialect=_TF_KERAS,
            words="expected the arguments to be accepted, because the arguments are []",
        ),
    ),
    _wrong(
        "says-and-raises", SaysAndRaises, "With raise_error, it stops and says so before it raises.",
        Catch(
            clause="terminate-on-nan/raise-error/raises-in-place-of-stopping", scenario=_RAISING, epoch=0,
            words="because raise_error is true; got stop=True and ['nan'] printed",
        ),
    ),
    _wrong(
        "swallows-arguments", SwallowsArguments, "Unknown arguments are accepted without a word.",
        Catch(
            clause="terminate-on-nan/arguments/raise-error-is-the-only-one",
            scenario='{"callback": "TerminateOnNaN", "config": {"unknown": 1}, "fits": [{"epochs": [{"logs": {}}]}]}',
            fit=None, words="refused by TypeError, because the arguments are ['unknown']; got no exception",
        ),
        Catch(
            clause="terminate-on-nan/arguments/there-are-none", scenario=_RAISING, fit=None, dialect=_TF_KERAS,
            words="refused by TypeError, because the arguments are ['raise_error']; got no exception",
        ),
    ),
    _wrong(
        "warns-and-logs", WarnsAndLogs, "It warns where it should print, and leaves a mark in the logs.",
        Catch(
            clause="terminate-on-nan/effects/only-stops", scenario=_NAN, epoch=0,
            words="got the warnings ['other'] and {'terminated': 0.0} added",
        ),
        Catch(
            clause="terminate-on-nan/loss/says-so-once", scenario=_NAN, epoch=0,
            words="loss=nan at batch index 0 ends the epoch; got []",
        ),
    ),
)  # fmt: skip
