"""EarlyStopping, wrong in the ways in which it is easily written wrong.

Rules
- A variant changes the reference's machine in one place: it takes back or adds to what a transition did, shows the transition
  something else, or compares differently. Where another choice of a dialect is the mistake, the variant speaks that dialect.
- A variant may remember something in itself where the reference's state has no place for it: a new one is made for every run.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from callcheck.reference.early_stopping import IMPROVED, MISSED_BASELINE, MISSING, WARM_UP, EarlyStopping, State
from callcheck.reference.machine import Effect, Event, Log, Machine, Print, Reason, Stop, Warn
from callcheck.reference.monitor import Monitor
from callcheck.spec.dialect import Dialect
from callcheck.spec.values import Value

from .wrong import Catch, Wrong

Make = Callable[[Mapping[str, Any], Dialect], Machine]


def _stream(*values: float | str | list[float] | None, **config: Any) -> str:
    """The scenario of one fit whose epochs log these values of val_loss; None: an epoch without it."""
    epochs = [{"logs": {} if value is None else {"val_loss": value}} for value in values]
    return json.dumps({"callback": "EarlyStopping", "config": config, "fits": [{"epochs": epochs}]})


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
        if reason is IMPROVED and after.wait >= self.config.patience and event.epoch > 0:
            effects.append(Stop())
        return after, reason


class ForgetsToReset(EarlyStopping):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        return (after._replace(wait=state.wait + 1) if reason is IMPROVED else after), reason


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
        if self.config.baseline is not None and reason in (IMPROVED, MISSED_BASELINE):
            return after._replace(wait=state.wait + 1 if reason is IMPROVED else 0), reason
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


class KeepsTheCount(EarlyStopping):
    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().fit_begin(state, event, effects)
        return after._replace(wait=state.wait), reason


class KeepsTheWeights(EarlyStopping):
    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().fit_begin(state, event, effects)
        return after._replace(best_weights=state.best_weights), reason


class KeepsTheStop(EarlyStopping):
    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().fit_begin(state, event, effects)
        return after._replace(stopped_epoch=state.stopped_epoch), reason


# ---------------------------------------------------------------------------------------------- what it says


class AlwaysTells(EarlyStopping):
    def fit_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().fit_end(state, event, effects)
        if state.stopped_epoch > 0 and Print("early-stop") not in effects:
            effects.insert(0, Print("early-stop"))
        return after, reason


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


WRONG: tuple[Wrong, ...] = (
    Wrong(
        name="waits-for-more",
        says="The comparison is wait > patience instead of >=.",
        callback="EarlyStopping",
        make=WaitsForMore,
        catches=(
            Catch(
                clause="early-stopping/patience/stops-after-patience-epochs",
                scenario=_stream(1.0, 1.0, 1.0, patience=2),
                epoch=2,
                words="expected a stop, because 1.0 does not improve, and 2 monitored epochs have passed",
            ),
            Catch(
                clause="early-stopping/patience/a-stream-that-never-improves-runs-patience-epochs-more",
                scenario=_stream(1.0, 2.0, patience=1),
                epoch=1,
                words="no later value is better than the first (val_loss=[1.0, 2.0]), and patience=1; got none",
            ),
        ),
    ),
    Wrong(
        name="stops-on-improvement",
        says="wait >= patience is asked in improving epochs too.",
        callback="EarlyStopping",
        make=StopsOnImprovement,
        catches=(
            Catch(
                clause="early-stopping/improvement/resets-the-count",
                scenario=_stream(2.0, 1.0, mode="min"),
                epoch=1,
                words="val_loss=1.0 in epoch 1 beat all before by more than min_delta=0.0, only 0 epochs ago",
            ),
            Catch(
                clause="early-stopping/patience/less-than-one-acts-as-one",
                scenario=_stream(2.0, 1.0),
                epoch=1,
                words="expected stop to be False, because patience=0 acts as 1",
            ),
        ),
    ),
    Wrong(
        name="forgets-to-reset",
        says="An improvement does not reset the count.",
        callback="EarlyStopping",
        make=ForgetsToReset,
        catches=(
            Catch(
                clause="early-stopping/improvement/resets-the-count",
                scenario=_stream(3.0, 2.0, 2.0, mode="min", patience=3),
                epoch=2,
                words="val_loss=2.0 in epoch 1 beat all before by more than min_delta=0.0, only 1 epochs ago, and patience=3",
            ),
        ),
    ),
    Wrong(
        name="compares-with-the-epoch-before",
        says="A value is compared with the one before it instead of the best.",
        callback="EarlyStopping",
        make=ComparesWithTheEpochBefore,
        catches=(
            Catch(
                clause="early-stopping/patience/ends-a-run-without-progress",
                scenario=_stream(1.0, 3.0, 2.0, 3.0, mode="min", patience=2),
                epoch=3,
                words="3 monitored epochs have not improved at all on val_loss=1.0 of epoch 0, and patience=2",
            ),
            Catch(
                clause="early-stopping/restore-best-weights/restores-the-best-value",
                scenario=_stream(1.0, 3.0, 2.0, patience=2, restore_best_weights=True),
                words="val_loss=1.0 is the best of [1.0, 3.0, 2.0]; got the weights of epoch index 2",
            ),
        ),
    ),
    Wrong(
        name="compares-within-a-window",
        says="A value is compared with the one `patience` epochs before it, and nothing is counted.",
        callback="EarlyStopping",
        make=Window,
        catches=(
            Catch(
                clause="early-stopping/patience/more-patience-never-stops-earlier",
                scenario=_stream(2.0, 3.0, 1.0, 2.0, 0.5, patience=2),
                words="expected at least 5 epochs with patience=3, because with patience=2 there are 5; got 4",
            ),
        ),
    ),
    Wrong(
        name="cuts-patience-to-an-integer",
        says="patience is passed through int().",
        callback="EarlyStopping",
        make=WholePatience,
        catches=(
            Catch(
                clause="early-stopping/patience/less-than-one-acts-as-one",
                scenario=_stream(1.0, 1.0, patience=1.5),
                epoch=1,
                words="expected stop to be False, because patience=1.5 acts as 2",
            ),
            Catch(
                clause="early-stopping/errors/what-is-no-number-fails-where-it-is-compared",
                scenario=_stream(1.0, 1.0, patience="2"),
                fit=None,
                words="expected TypeError from epoch_end in fit 1, epoch index 1, because patience='2'; got no error",
            ),
        ),
    ),
    Wrong(
        name="takes-equal-as-improvement",
        says="A value equal to the best is an improvement.",
        callback="EarlyStopping",
        make=_compares(NoWorse),
        catches=(
            Catch(
                clause="early-stopping/min-delta/an-equal-change-is-no-improvement",
                scenario=_stream(1.0, 1.0, mode="min", patience=1),
                epoch=1,
                words="[1.0, 1.0] has changes of exactly min_delta=0.0, patience=1; got none",
            ),
            Catch(
                clause="early-stopping/restore-best-weights/restores-the-best-epoch",
                scenario=_stream(1.0, 1.0, patience=2, restore_best_weights=True),
                words="expected the weights of epoch index 0, because val_loss=1.0 there was the last improvement",
            ),
        ),
    ),
    Wrong(
        name="takes-nan-as-improvement",
        says="An improvement is what is not worse, and NaN is not.",
        callback="EarlyStopping",
        make=_compares(NotWorse),
        catches=(
            Catch(
                clause="early-stopping/patience/stops-after-patience-epochs",
                scenario=_stream(1.0, "NaN", patience=1),
                epoch=1,
                words="expected a stop, because nan does not improve, and 1 monitored epochs have passed",
            ),
            Catch(
                clause="early-stopping/restore-best-weights/restores-the-best-value",
                scenario=_stream(1.0, "NaN", patience=1, restore_best_weights=True),
                words="val_loss=1.0 is the best of [1.0, nan]; got the weights of epoch index 1",
            ),
        ),
    ),
    Wrong(
        name="accepts-any-first-value",
        says="The first value is the best, whatever it is.",
        callback="EarlyStopping",
        make=_speaks(**{"monitor/first-value": "accepted"}),
        catches=(
            Catch(
                clause="early-stopping/patience/a-first-value-that-is-not-a-number-hides-nothing",
                scenario=_stream("NaN", 2.0, 1.0, patience=2),
                epoch=2,
                words="every epoch improves val_loss by more than min_delta=0.0: [2.0, 1.0]; got a stop",
                dialect="tf-keras-2.21.0",
            ),
            Catch(
                clause="early-stopping/restore-best-weights/not-a-number-is-not-the-best",
                scenario=_stream("NaN", 1.0, patience=2, restore_best_weights=True),
                words="val_loss=1.0 is the best of [nan, 1.0]; got the weights of epoch index 0",
                dialect="tf-keras-2.21.0",
            ),
        ),
    ),
    Wrong(
        name="keeps-only-significant-bests",
        says="What is better by less than min_delta is forgotten.",
        callback="EarlyStopping",
        make=_speaks(**{"monitor/anchor": "last-significant-improvement"}),
        catches=(
            Catch(
                clause="early-stopping/restore-best-weights/restores-the-best-value-whatever-min-delta",
                scenario=_stream(1.0, 0.75, min_delta=0.5, restore_best_weights=True),
                words="val_loss=0.75 is the best of [1.0, 0.75]; got the weights of epoch index 0",
                changes={"monitor/anchor": "best-value"},
            ),
        ),
    ),
    Wrong(
        name="compares-in-float32",
        says="Values are rounded to float32 before they are compared.",
        callback="EarlyStopping",
        make=_speaks(**{"monitor/precision": "float32"}),
        catches=(
            Catch(
                clause="early-stopping/min-delta/a-larger-change-is-an-improvement",
                scenario=_stream(1.0, 0.99999999),
                epoch=1,
                words="every epoch improves val_loss by more than min_delta=0.0: [1.0, 0.99999999]; got a stop",
                dialect="keras-3.15.1+numpy",
            ),
            Catch(
                clause="early-stopping/restore-best-weights/restores-the-best-value-as-logged",
                scenario=_stream(1.0, 0.99999999, restore_best_weights=True),
                words="val_loss=0.99999999 is the best of [1.0, 0.99999999]; got the weights of epoch index 0",
                dialect="keras-3.15.1+numpy",
            ),
        ),
    ),
    Wrong(
        name="compares-in-float64",
        says="Values are compared as they are logged.",
        callback="EarlyStopping",
        make=_speaks(**{"monitor/precision": "float64"}),
        catches=(
            Catch(
                clause="early-stopping/errors/raises-only-beyond-the-precision",
                scenario=_stream(1.0, 1e39),
                fit=None,
                words="ValueError from epoch_end in fit 1, epoch index 1, because val_loss is compared as float32-tensorflow",
            ),
        ),
    ),
    Wrong(
        name="subtracts-min-delta",
        says="The sign of min_delta is not turned for mode min.",
        callback="EarlyStopping",
        make=_compares(SubtractsDelta),
        catches=(
            Catch(
                clause="early-stopping/min-delta/a-smaller-change-is-no-improvement",
                scenario=_stream(1.0, 0.75, min_delta=0.5, patience=1),
                epoch=1,
                words="no value is better than one before by min_delta=0.5 (val_loss=[1.0, 0.75]), and patience=1",
            ),
            Catch(
                clause="early-stopping/mode/min-and-max-mirror-each-other",
                scenario=_stream(1.0, 1.0, mode="min", min_delta=0.5),
                epoch=1,
                words="expected stop to be True, because the negated stream with the other mode than min is the same training",
            ),
        ),
    ),
    Wrong(
        name="takes-min-delta-as-relative",
        says="min_delta is a fraction of the best value.",
        callback="EarlyStopping",
        make=_compares(Relative),
        catches=(
            Catch(
                clause="early-stopping/min-delta/is-in-the-unit-of-the-metric",
                scenario=_stream(4.0, 3.0, min_delta=0.125),
                epoch=1,
                words="expected stop to be True, because values, min_delta and baseline in another unit are the same training",
            ),
        ),
    ),
    Wrong(
        name="takes-min-delta-with-its-sign",
        says="A negative min_delta is not made absolute.",
        callback="EarlyStopping",
        make=SignedDelta,
        catches=(
            Catch(
                clause="early-stopping/min-delta/its-sign-does-not-matter",
                scenario=_stream(1.0, 1.0, min_delta=-0.5),
                epoch=1,
                words="expected stop to be True, because min_delta=-0.5 and 0.5 are the same",
            ),
        ),
    ),
    Wrong(
        name="swaps-min-and-max",
        says="The two comparisons are exchanged.",
        callback="EarlyStopping",
        make=_compares(Swapped),
        catches=(
            Catch(
                clause="early-stopping/min-delta/a-larger-change-is-an-improvement",
                scenario=_stream(1.0, 2.0, mode="max"),
                epoch=1,
                words="expected no stop, because every epoch improves val_loss by more than min_delta=0.0: [1.0, 2.0]",
            ),
        ),
    ),
    Wrong(
        name="looks-for-acc-in-the-name",
        says='mode="auto" maximizes what has acc in its name, and minimizes all else.',
        callback="EarlyStopping",
        make=AccInTheName,
        catches=(
            Catch(
                clause="early-stopping/mode/auto-takes-the-direction-of-the-compiled-metric",
                scenario="""
{"callback": "EarlyStopping", "config": {"monitor": "val_auc"}, "metrics": ["auc"],
 "fits": [{"epochs": [{"logs": {"val_auc": 0.5}}, {"logs": {"val_auc": 0.75}}]}]}
                """,
                epoch=1,
                words="0.75 improves, and 0 monitored epochs have passed since the last reset (max of val_auc",
            ),
            Catch(
                clause="early-stopping/mode/an-undecided-auto-raises",
                scenario="""
{"callback": "EarlyStopping", "config": {"monitor": "val_acc"},
 "fits": [{"epochs": [{"logs": {"val_acc": 0.5}}]}]}
                """,
                fit=None,
                words="mode='auto', monitor='val_acc', and compiled are no metrics; got no error",
            ),
            Catch(
                clause="early-stopping/mode/auto-goes-by-the-end-of-the-name",
                scenario="""
{"callback": "EarlyStopping", "config": {"monitor": "val_auc"},
 "fits": [{"epochs": [{"logs": {"val_auc": 0.5}}, {"logs": {"val_auc": 0.75}}]}]}
                """,
                epoch=1,
                words="0.75 improves, and 0 monitored epochs have passed since the last reset (max of val_auc",
                dialect="tf-keras-2.21.0",
            ),
        ),
    ),
    Wrong(
        name="asks-the-compiled-metrics",
        says='mode="auto" takes the direction of the compiled metric.',
        callback="EarlyStopping",
        make=_speaks(**{"early-stopping/direction": "compiled-metric"}),
        catches=(
            Catch(
                clause="early-stopping/mode/auto-infers-from-the-name",
                scenario="""
{"callback": "EarlyStopping", "config": {"monitor": "val_accuracy"}, "metrics": ["accuracy"],
 "fits": [{"epochs": [{"logs": {"val_accuracy": 0.5}}]}]}
                """,
                words="ValueError, because the name val_accuracy is the same with and without compiled metrics",
                dialect="tf-keras-2.21.0",
            ),
        ),
    ),
    Wrong(
        name="decides-again-in-every-fit",
        says='mode="auto" is decided in every fit.',
        callback="EarlyStopping",
        make=DecidesAgain,
        catches=(
            Catch(
                clause="early-stopping/mode/auto-is-decided-once",
                scenario="""
{"callback": "EarlyStopping", "config": {"monitor": "m"}, "metrics": [{"class": "AUC", "name": "m"}],
 "fits": [{"epochs": [{"logs": {"m": 1.0}}]},
          {"metrics": [{"class": "Hinge", "name": "m"}], "epochs": [{"logs": {"m": 1.0}}, {"logs": {"m": 2.0}}]}]}
                """,
                fit=1,
                epoch=1,
                words="2.0 improves, and 0 monitored epochs have passed since the last reset (max of m",
            ),
        ),
    ),
    Wrong(
        name="takes-an-unknown-mode-as-min",
        says="A mode that is not known is min, without a word.",
        callback="EarlyStopping",
        make=TakesUnknownModeAsMin,
        catches=(
            Catch(
                clause="early-stopping/mode/an-unknown-mode-acts-as-auto",
                scenario="""
{"callback": "EarlyStopping", "config": {"monitor": "val_accuracy", "mode": "maximum"}, "metrics": ["accuracy"],
 "fits": [{"epochs": [{"logs": {"val_accuracy": 0.5}}, {"logs": {"val_accuracy": 0.75}}]}]}
                """,
                epoch=1,
                words="expected stop to be False, because mode='maximum' acts as auto",
            ),
            Catch(
                clause="early-stopping/mode/warns-of-an-unknown-mode",
                scenario=_stream(1.0, mode="minimum"),
                fit=None,
                words="expected unknown-mode at construction, because mode='minimum'; got none",
            ),
        ),
    ),
    Wrong(
        name="takes-missing-as-nan",
        says="logs.get(monitor, nan): a missing metric is a bad value.",
        callback="EarlyStopping",
        make=TakesMissingAsNaN,
        catches=(
            Catch(
                clause="early-stopping/monitor/never-stops-without-the-metric",
                scenario=_stream(1.0, None),
                epoch=1,
                words="expected no stop, because val_loss is not in the logs",
            ),
            Catch(
                clause="early-stopping/monitor/missing-metric-is-skipped",
                scenario=_stream(1.0, None, 1.0, 1.0, patience=2),
                epoch=2,
                words="expected no stop, because 1.0 does not improve, and 1 monitored epochs have passed since the last reset",
            ),
        ),
    ),
    Wrong(
        name="falls-back-to-loss",
        says="Where the metric is missing, loss takes its place.",
        callback="EarlyStopping",
        make=FallsBackToLoss,
        catches=(
            Catch(
                clause="early-stopping/monitor/only-the-metric-matters",
                scenario="""
{"callback": "EarlyStopping",
 "fits": [{"epochs": [{"logs": {"loss": 1.0}}, {"logs": {"loss": 1.0}}]}]}
                """,
                epoch=0,
                words="'missing-metric', because nothing but val_loss at the ends of epochs is monitored",
            ),
        ),
    ),
    Wrong(
        name="warns-once",
        says="Only the first missing metric is warned of.",
        callback="EarlyStopping",
        make=WarnsOnce,
        catches=(
            Catch(
                clause="early-stopping/monitor/warns-where-the-metric-is-missing",
                scenario='{"callback": "EarlyStopping", "fits": [{"epochs": [{"logs": {}}, {"logs": {"loss": 1.0}}]}]}',
                epoch=1,
                words="one warning of a missing metric, because the logs have loss, and val_loss is monitored; got none",
            ),
        ),
    ),
    Wrong(
        name="watches-the-warm-up",
        says="In the warm-up the best is kept, only stops are held back.",
        callback="EarlyStopping",
        make=WatchesTheWarmUp,
        catches=(
            Catch(
                clause="early-stopping/start-from-epoch/warm-up-is-not-monitored",
                scenario=_stream(2.0, 1.0, start_from_epoch=1),
                epoch=1,
                words="expected stop to be True, because epochs before start_from_epoch=1 are not monitored",
            ),
        ),
    ),
    Wrong(
        name="ignores-start-from-epoch",
        says="start_from_epoch does nothing.",
        callback="EarlyStopping",
        make=IgnoresWarmUp,
        catches=(
            Catch(
                clause="early-stopping/start-from-epoch/the-first-epochs-never-stop",
                scenario=_stream(1.0, 1.0, start_from_epoch=2),
                epoch=1,
                words="expected no stop, because monitoring begins after start_from_epoch=2 epochs",
            ),
        ),
    ),
    Wrong(
        name="warms-up-for-one-more",
        says="The comparison is epoch <= start_from_epoch instead of <.",
        callback="EarlyStopping",
        make=WarmsUpForOneMore,
        catches=(
            Catch(
                clause="early-stopping/start-from-epoch/counts-absolute-epochs-from-zero",
                scenario=_stream(2.0, 1.0, 1.0, start_from_epoch=1),
                epoch=2,
                words="expected a stop, because 1.0 does not improve, and 1 monitored epochs have passed",
            ),
        ),
    ),
    Wrong(
        name="warms-up-in-every-fit",
        says="start_from_epoch is counted from the beginning of the fit.",
        callback="EarlyStopping",
        make=WarmsUpInEveryFit,
        catches=(
            Catch(
                clause="early-stopping/start-from-epoch/counts-absolute-epochs-from-zero",
                scenario="""
{"callback": "EarlyStopping", "config": {"start_from_epoch": 1}, "initial_epoch": 1,
 "fits": [{"epochs": [{"logs": {"val_loss": 1.0}}, {"logs": {"val_loss": 1.0}}]}]}
                """,
                epoch=1,
                words="expected a stop, because 1.0 does not improve, and 1 monitored epochs have passed",
            ),
        ),
    ),
    Wrong(
        name="ignores-baseline",
        says="baseline does nothing.",
        callback="EarlyStopping",
        make=IgnoresBaseline,
        catches=(
            Catch(
                clause="early-stopping/baseline/stops-if-it-is-not-beaten",
                scenario=_stream(1.0, 1.0, patience=2, baseline=0.5),
                epoch=1,
                words="none of [1.0, 1.0] improves on baseline=0.5, and patience=2; got none",
            ),
            Catch(
                clause="early-stopping/baseline/an-epoch-has-to-beat-it-to-reset-the-count",
                scenario=_stream(2.0, 1.0, 1.0, patience=2, baseline=0.5),
                epoch=2,
                words="1.0 does not improve, and 3 monitored epochs have passed since the last reset",
            ),
        ),
    ),
    Wrong(
        name="compares-the-baseline-the-other-way",
        says="An improvement has to miss the baseline to reset the count.",
        callback="EarlyStopping",
        make=BeatsBaselineTheOtherWay,
        catches=(
            Catch(
                clause="early-stopping/baseline/one-that-every-value-beats-changes-nothing",
                scenario=_stream(1.0, 1.0, mode="min", patience=2),
                epoch=1,
                words="expected stop to be True, because every value beats an infinite baseline",
            ),
        ),
    ),
    Wrong(
        name="never-stops-on-improvement",
        says="An epoch that improves never stops, though it misses the baseline.",
        callback="EarlyStopping",
        make=_speaks(**{"early-stopping/baseline": "gates-the-reset"}),
        catches=(
            Catch(
                clause="early-stopping/baseline/stops-after-patience-epochs-without-beating-it",
                scenario=_stream(1.0, 0.75, patience=2, baseline=0.5),
                epoch=1,
                words="expected a stop, because 0.75 improves, and 2 monitored epochs have passed since the last reset",
                changes={"early-stopping/baseline": "stops-after-patience"},
            ),
        ),
    ),
    Wrong(
        name="keeps-weights-that-beat-the-baseline",
        says="Weights are kept only where the count is reset.",
        callback="EarlyStopping",
        make=KeepsWeightsThatBeatTheBaseline,
        catches=(
            Catch(
                clause="early-stopping/restore-best-weights/the-baseline-does-not-matter",
                scenario=_stream(1.0, 2.0, patience=2, baseline=0.5, restore_best_weights=True),
                words="val_loss=1.0 is the best of [1.0, 2.0]; got the weights of epoch index 1",
            ),
            Catch(
                clause="early-stopping/restore-best-weights/an-unbeaten-baseline-restores-the-best-of-patience-epochs",
                scenario=_stream(1.0, 2.0, patience=2, baseline=0.5, restore_best_weights=True),
                words="the best of the first patience=2 monitored epochs, [1.0, 2.0], and none beats baseline=0.5",
            ),
        ),
    ),
    Wrong(
        name="restores-only-after-its-stop",
        says="Weights are put back only where it has stopped training itself.",
        callback="EarlyStopping",
        make=RestoresOnlyAfterItsStop,
        catches=(
            Catch(
                clause="early-stopping/restore-best-weights/restores-the-best-epoch",
                scenario=_stream(1.0, 2.0, patience=2, restore_best_weights=True),
                words="val_loss=1.0 there was the last improvement (min_delta=0.0); got the weights of epoch index 1",
            ),
        ),
    ),
    Wrong(
        name="keeps-no-copy",
        says="The best weights are kept as a reference to the model's, which go on changing.",
        callback="EarlyStopping",
        make=KeepsNoCopy,
        catches=(
            Catch(
                clause="early-stopping/restore-best-weights/restores-the-best-value",
                scenario=_stream(1.0, 2.0, patience=1, restore_best_weights=True),
                words="val_loss=1.0 is the best of [1.0, 2.0]; got the weights of epoch index 1",
            ),
        ),
    ),
    Wrong(
        name="keeps-the-count",
        says="wait is not reset when a fit begins.",
        callback="EarlyStopping",
        make=KeepsTheCount,
        catches=(
            Catch(
                clause="early-stopping/reuse/an-instance-used-again-behaves-as-a-new-one",
                scenario="""
{"callback": "EarlyStopping", "config": {"patience": 3, "baseline": 0.5},
 "fits": [{"epochs": [{"logs": {"val_loss": 1.0}}]},
          {"epochs": [{"logs": {"val_loss": 1.0}}, {"logs": {"val_loss": 1.0}}]}]}
                """,
                fit=1,
                epoch=1,
                words="expected stop to be False, because the last fit with a new instance goes like that",
            ),
        ),
    ),
    Wrong(
        name="keeps-the-best",
        says="The best value is not reset when a fit begins.",
        callback="EarlyStopping",
        make=_speaks(**{"early-stopping/reuse": "best-value"}),
        catches=(
            Catch(
                clause="early-stopping/reuse/an-instance-used-again-behaves-as-a-new-one",
                scenario="""
{"callback": "EarlyStopping",
 "fits": [{"epochs": [{"logs": {"val_loss": 1.0}}]},
          {"epochs": [{"logs": {"val_loss": 2.0}}, {"logs": {"val_loss": 1.5}}]}]}
                """,
                fit=1,
                epoch=1,
                words="expected stop to be False, because the last fit with a new instance goes like that",
            ),
        ),
    ),
    Wrong(
        name="keeps-the-weights",
        says="The best weights are not reset when a fit begins.",
        callback="EarlyStopping",
        make=KeepsTheWeights,
        catches=(
            Catch(
                clause="early-stopping/reuse/an-instance-used-again-behaves-as-a-new-one",
                scenario="""
{"callback": "EarlyStopping", "config": {"restore_best_weights": true},
 "fits": [{"epochs": [{"logs": {"val_loss": 1.0}}]}, {"epochs": [{"logs": {}}]}]}
                """,
                fit=1,
                words="weights_of_epoch to be 0, because the last fit with a new instance goes like that; got -1",
            ),
        ),
    ),
    Wrong(
        name="keeps-the-stop",
        says="stopped_epoch is not reset when a fit begins.",
        callback="EarlyStopping",
        make=KeepsTheStop,
        catches=(
            Catch(
                clause="early-stopping/verbose/one-tells-of-stop-and-restoration",
                scenario="""
{"callback": "EarlyStopping", "config": {"verbose": 1},
 "fits": [{"epochs": [{"logs": {"val_loss": 1.0}}, {"logs": {"val_loss": 1.0}}]},
          {"epochs": [{"logs": {"val_loss": 1.0}}]}]}
                """,
                fit=1,
                words="expected nothing printed at the end of training, because verbose=1, restore_best_weights=False",
            ),
        ),
    ),
    Wrong(
        name="has-patience",
        says="The default of patience is 10.",
        callback="EarlyStopping",
        make=_defaults(patience=10),
        catches=(
            Catch(
                clause="early-stopping/arguments/defaults-are-those-documented",
                scenario=_stream(1.0, 1.0),
                epoch=1,
                words="expected stop to be True, because the defaults are monitor='val_loss', min_delta=0.0, patience=0",
            ),
        ),
    ),
    Wrong(
        name="restores-by-default",
        says="The default of restore_best_weights is True.",
        callback="EarlyStopping",
        make=_defaults(restore_best_weights=True),
        catches=(
            Catch(
                clause="early-stopping/arguments/defaults-are-those-documented",
                scenario=_stream(1.0, 2.0),
                words="restore_best_weights=False, start_from_epoch=0; got 0",
            ),
            Catch(
                clause="early-stopping/restore-best-weights/false-keeps-the-last-weights",
                scenario=_stream(1.0, 2.0),
                words="index 1, because restore_best_weights is off; got the weights of epoch index 0",
            ),
        ),
    ),
    Wrong(
        name="always-tells",
        says="The stop is told whatever verbose says.",
        callback="EarlyStopping",
        make=AlwaysTells,
        catches=(
            Catch(
                clause="early-stopping/verbose/zero-is-silent",
                scenario=_stream(1.0, 1.0),
                words="expected nothing printed at the end of training, because verbose=0",
            ),
        ),
    ),
    Wrong(
        name="tells-of-the-stop-only",
        says="The restoration is not told.",
        callback="EarlyStopping",
        make=TellsOfTheStopOnly,
        catches=(
            Catch(
                clause="early-stopping/verbose/one-tells-of-stop-and-restoration",
                scenario=_stream(1.0, 1.0, verbose=1, restore_best_weights=True),
                words="expected early-stop, restored printed at the end of training, because verbose=1",
            ),
        ),
    ),
    Wrong(
        name="logs-the-count",
        says="The count is added to the logs.",
        callback="EarlyStopping",
        make=LogsTheCount,
        catches=(
            Catch(
                clause="early-stopping/logs/adds-nothing",
                scenario=_stream(1.0),
                epoch=0,
                words="expected no new keys in the logs, because this callback only reads them; got {'wait': 0.0}",
            ),
        ),
    ),
    Wrong(
        name="refuses-no-patience",
        says="The constructor refuses a patience of less than 1.",
        callback="EarlyStopping",
        make=RefusesNoPatience,
        catches=(
            Catch(
                clause="early-stopping/errors/what-the-constructor-refuses",
                scenario=_stream(1.0, patience=0),
                fit=None,
                words="config={'patience': 0} names known parameters only; got ValueError",
            ),
            Catch(
                clause="early-stopping/errors/ordinary-input-never-fails",
                scenario=_stream(1.0, mode="min", patience=0),
                fit=None,
                words="config={'mode': 'min', 'patience': 0} is an ordinary one; got ValueError from the constructor",
            ),
        ),
    ),
    Wrong(
        name="fails-on-nan",
        says="A value that is NaN raises ValueError.",
        callback="EarlyStopping",
        make=FailsOnNaN,
        catches=(
            Catch(
                clause="early-stopping/errors/no-monitored-number-makes-training-fail",
                scenario=_stream("NaN"),
                fit=None,
                words="all values of val_loss are numbers; got ValueError from epoch_end in fit 1, epoch index 0",
            ),
        ),
    ),
    Wrong(
        name="skips-arrays",
        says="An array is skipped as if the metric was missing.",
        callback="EarlyStopping",
        make=SkipsArrays,
        catches=(
            Catch(
                clause="early-stopping/errors/an-array-of-several-elements-cannot-be-compared",
                scenario=_stream(1.0, [1.0, 2.0], mode="min"),
                fit=None,
                words="val_loss=(1.0, 2.0) in epoch index 1 is an array; got no error",
            ),
            Catch(
                clause="early-stopping/monitor/an-array-of-one-element-is-a-number",
                scenario=_stream(1.0, [1.0]),
                epoch=1,
                words="expected stop to be True, because val_loss has one element",
            ),
        ),
    ),
)
