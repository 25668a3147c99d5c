"""Wrong variants of ReduceLROnPlateau and LearningRateScheduler that show with several optimizers in one, or with one that has no
learning rate, or a schedule for one, and only there."""

from collections.abc import Mapping
from dataclasses import replace

from callcheck.reference.learning_rate_scheduler import LearningRateScheduler
from callcheck.reference.machine import NOTHING, Effect, Event, Log, Print, Reason, SetRate
from callcheck.reference.reduce_lr_on_plateau import REDUCED, ReduceLROnPlateau, State
from callcheck.spec.scenario import Scenario
from callcheck.spec.values import ScheduledRate

from .wrong import Wrong

PLATEAU, SCHEDULER = "ReduceLROnPlateau", "LearningRateScheduler"


def _first(event: Event) -> str:
    assert isinstance(event.rate, Mapping)
    return next(iter(event.rate))


def _logs_one_key(key: str, event: Event, effects: list[Effect]) -> None:
    """What is logged of the first optimizer is logged as the rate of the only one, and the others are not."""
    if isinstance(event.rate, Mapping) and event.logs:
        effects[:] = [effect for effect in effects if not isinstance(effect, Log)]
        effects.append(Log(key, event.rate[_first(event)]))


def _prints_once(kind: str, effects: list[Effect]) -> None:
    lines = [effect for effect in effects if effect == Print(kind)]
    for line in lines[1:]:
        effects.remove(line)


# ---------------------------------------------------------------------------------------------- ReduceLROnPlateau


class CoolsDownIfAllWereReduced(ReduceLROnPlateau):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        if reason is REDUCED and isinstance(event.rate, Mapping) and min(event.rate.values()) <= self.min_lr:
            after = after._replace(cooldown_counter=0)
        return after, reason


class ReducesTheFirst(ReduceLROnPlateau):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        for index, effect in enumerate(effects):
            if isinstance(effect, SetRate) and isinstance(effect.rate, Mapping) and isinstance(event.rate, Mapping):
                effects[index] = SetRate({**event.rate, _first(event): effect.rate[_first(event)]})
        return after, reason


class LogsTheFirstAsTheOnly(ReduceLROnPlateau):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        done = super().epoch_end(state, event, effects)
        _logs_one_key(self.rate_log.key, event, effects)
        return done


class PrintsOneReduction(ReduceLROnPlateau):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        done = super().epoch_end(state, event, effects)
        _prints_once("reduced", effects)
        return done


class DoesNothingWithoutARate(ReduceLROnPlateau):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        return (state, NOTHING) if event.rate is None else super().epoch_end(state, event, effects)


# ---------------------------------------------------------------------------------------------- LearningRateScheduler


class AsksForTheFirst(LearningRateScheduler):
    def epoch_begin(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        after, reason = super().epoch_begin(state, event, effects)
        for index, effect in enumerate(effects):
            if isinstance(effect, SetRate) and isinstance(effect.rate, Mapping):
                effects[index] = SetRate(dict.fromkeys(effect.rate, effect.rate[_first(event)]))
        return after, reason


class LogsTheFirstScheduledAsTheOnly(LearningRateScheduler):
    def epoch_end(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        done = super().epoch_end(state, event, effects)
        _logs_one_key(self.rate_log.key, event, effects)
        return done


class PrintsOneUpdate(LearningRateScheduler):
    def epoch_begin(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        done = super().epoch_begin(state, event, effects)
        _prints_once("scheduled", effects)
        return done


class SchedulesNothingWithoutARate(LearningRateScheduler):
    def epoch_begin(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        return (state, NOTHING) if event.rate is None else super().epoch_begin(state, event, effects)

    def epoch_end(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        return (state, NOTHING) if event.rate is None else super().epoch_end(state, event, effects)


# ---------------------------------------------------------------------------------------------- both


def takes_a_schedule_for_a_rate(scenario: Scenario) -> Scenario:
    """The schedule of the optimizer's own is a rate like any other."""
    rate = scenario.learning_rate
    return replace(scenario, learning_rate=float(rate)) if isinstance(rate, ScheduledRate) else scenario


# ---------------------------------------------------------------------------------------------- the variants

WRONG: tuple[Wrong, ...] = (
    Wrong(
        name="reduce-lr-cools-down-if-all-were-reduced",
        says="The cooldown begins only where every one of several optimizers was reduced.",
        callback=PLATEAU,
        make=CoolsDownIfAllWereReduced,
    ),
    Wrong(
        name="reduce-lr-reduces-the-first-optimizer",
        says="Of several optimizers only the first one's rate is reduced.",
        callback=PLATEAU,
        make=ReducesTheFirst,
    ),
    Wrong(
        name="reduce-lr-logs-the-first-optimizer",
        says="Of several optimizers the first one's rate is logged, as that of a single one would be.",
        callback=PLATEAU,
        make=LogsTheFirstAsTheOnly,
    ),
    Wrong(
        name="reduce-lr-prints-one-line-for-all-optimizers",
        says="Where several optimizers are reduced, there is a single line.",
        callback=PLATEAU,
        make=PrintsOneReduction,
    ),
    Wrong(
        name="reduce-lr-does-nothing-without-a-rate",
        says="An optimizer without a learning rate is left alone.",
        callback=PLATEAU,
        make=DoesNothingWithoutARate,
    ),
    Wrong(
        name="scheduler-asks-for-the-first-optimizer",
        says="The schedule is asked with the rate of the first of several optimizers, and all of them get what it says.",
        callback=SCHEDULER,
        make=AsksForTheFirst,
    ),
    Wrong(
        name="scheduler-logs-the-first-optimizer",
        says="Of several optimizers the first one's rate is logged, as that of a single one would be.",
        callback=SCHEDULER,
        make=LogsTheFirstScheduledAsTheOnly,
    ),
    Wrong(
        name="scheduler-prints-one-line-for-all-optimizers",
        says="Where several optimizers are scheduled, there is a single line.",
        callback=SCHEDULER,
        make=PrintsOneUpdate,
    ),
    Wrong(
        name="scheduler-does-nothing-without-a-rate",
        says="An optimizer without a learning rate is left alone.",
        callback=SCHEDULER,
        make=SchedulesNothingWithoutARate,
    ),
    *(
        Wrong(
            name=f"{short}-takes-a-schedule-for-a-rate",
            says="A rate that is a schedule of the optimizer's own is set all the same.",
            callback=callback,
            make=None,
            shown=takes_a_schedule_for_a_rate,
        )
        for short, callback in (("reduce-lr", PLATEAU), ("scheduler", SCHEDULER))
    ),
)
