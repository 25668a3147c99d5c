"""Wrong variants of ReduceLROnPlateau and LearningRateScheduler that show with several optimizers in one, or with one that has no
learning rate, and only there."""

import json
from collections.abc import Mapping
from typing import Any

from callcheck.reference.learning_rate_scheduler import LearningRateScheduler
from callcheck.reference.machine import NOTHING, Effect, Event, Log, Print, Reason, SetRate
from callcheck.reference.reduce_lr_on_plateau import REDUCED, ReduceLROnPlateau, State

from .wrong import Catch, Wrong

PLATEAU, SCHEDULER = "ReduceLROnPlateau", "LearningRateScheduler"


def _scenario(callback: str, rate: Mapping[str, float] | None, epochs: int, **config: Any) -> str:
    """One fit of so many epochs on a plateau."""
    epoch = {"logs": {"val_loss": 1.0}}
    return json.dumps(
        {"callback": callback, "config": config, "learning_rate": rate, "fits": [{"epochs": [epoch] * epochs}]}
    )


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
        if reason is REDUCED and isinstance(event.rate, Mapping) and min(event.rate.values()) <= self.stored_min_lr:
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


# ---------------------------------------------------------------------------------------------- the variants

WRONG: tuple[Wrong, ...] = (
    Wrong(
        name="reduce-lr-cools-down-if-all-were-reduced",
        says="The cooldown begins only where every one of several optimizers was reduced.",
        callback=PLATEAU,
        make=CoolsDownIfAllWereReduced,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/optimizers/the-highest-rate-decides",
                scenario=_scenario(
                    PLATEAU, {"head": 1.0, "body": 0.5}, 3, patience=1, cooldown=2, factor=0.75, min_lr=0.5
                ),
                epoch=2,
                words=(
                    "expected learning_rate=0.75, because that is the rate of the only optimizer there, which has the "
                    "highest one here; got 0.5625"
                ),
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-reduces-the-first-optimizer",
        says="Of several optimizers only the first one's rate is reduced.",
        callback=PLATEAU,
        make=ReducesTheFirst,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/optimizers/each-is-reduced",
                scenario=_scenario(PLATEAU, {"head": 1.0, "body": 1.0}, 2, patience=1, factor=0.5),
                epoch=1,
                words=(
                    "expected 0.5 of body, because another rate changes, and 1.0 is reduced by factor=0.5 to min_lr=0.0 "
                    "at least; got 1.0"
                ),
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-logs-the-first-optimizer",
        says="Of several optimizers the first one's rate is logged, as that of a single one would be.",
        callback=PLATEAU,
        make=LogsTheFirstAsTheOnly,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/optimizers/each-is-logged",
                scenario=_scenario(PLATEAU, {"head": 1.0}, 1),
                epoch=0,
                words=(
                    "expected logged {'learning_rate_head': 1.0}, because these are the rates before the end of the "
                    "epoch, and the logs are not empty; got {'learning_rate': 1.0}"
                ),
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-prints-one-line-for-all-optimizers",
        says="Where several optimizers are reduced, there is a single line.",
        callback=PLATEAU,
        make=PrintsOneReduction,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/optimizers/each-has-a-line",
                scenario=_scenario(PLATEAU, {"head": 1.0, "body": 0.5}, 2, patience=1, verbose=1),
                epoch=1,
                words=(
                    "expected printed ('reduced', 'reduced'), because ('reduced',) are printed for the highest rate "
                    "alone, and 2 are above min_lr=0.0; got ('reduced',)"
                ),
            ),
        ),
    ),
    Wrong(
        name="reduce-lr-does-nothing-without-a-rate",
        says="An optimizer without a learning rate is left alone.",
        callback=PLATEAU,
        make=DoesNothingWithoutARate,
        catches=(
            Catch(
                clause="reduce-lr-on-plateau/optimizers/one-without-a-rate-raises",
                scenario=_scenario(PLATEAU, None, 1, mode="min"),
                epoch=0,
                words="expected AttributeError in epoch_end, because the callback sees no learning rate; got nothing",
            ),
        ),
    ),
    Wrong(
        name="scheduler-asks-for-the-first-optimizer",
        says="The schedule is asked with the rate of the first of several optimizers, and all of them get what it says.",
        callback=SCHEDULER,
        make=AsksForTheFirst,
        catches=(
            Catch(
                clause="learning-rate-scheduler/optimizers/the-lowest-rate-as-alone",
                scenario=_scenario(SCHEDULER, {"head": 1.0, "body": 0.5}, 1, schedule={"scale": 0.5}),
                epoch=0,
                words=(
                    "expected learning_rate=0.25, because that is the rate of the only optimizer there, which has the "
                    "lowest one here; got 0.5"
                ),
            ),
            Catch(
                clause="learning-rate-scheduler/optimizers/each-is-scheduled",
                scenario=_scenario(SCHEDULER, {"head": 1.0, "body": 0.5}, 1, schedule={"scale": 0.5}),
                epoch=0,
                words=(
                    "expected 0.25 of body, because its rate was 0.5, the epoch's index is 0, and the schedule "
                    "{'scale': 0.5}; got 0.5"
                ),
            ),
        ),
    ),
    Wrong(
        name="scheduler-logs-the-first-optimizer",
        says="Of several optimizers the first one's rate is logged, as that of a single one would be.",
        callback=SCHEDULER,
        make=LogsTheFirstScheduledAsTheOnly,
        catches=(
            Catch(
                clause="learning-rate-scheduler/optimizers/each-is-logged",
                scenario=_scenario(SCHEDULER, {"head": 1.0}, 1, schedule={"scale": 1.0}),
                epoch=0,
                words=(
                    "expected logged {'learning_rate_head': 1.0}, because these are the rates of the epoch, and the "
                    "logs are not empty; got {'learning_rate': 1.0}"
                ),
            ),
        ),
    ),
    Wrong(
        name="scheduler-prints-one-line-for-all-optimizers",
        says="Where several optimizers are scheduled, there is a single line.",
        callback=SCHEDULER,
        make=PrintsOneUpdate,
        catches=(
            Catch(
                clause="learning-rate-scheduler/optimizers/each-has-a-line",
                scenario=_scenario(SCHEDULER, {"head": 1.0, "body": 0.5}, 1, schedule={"scale": 1.0}, verbose=1),
                epoch=0,
                words=(
                    "expected printed ('scheduled', 'scheduled'), because verbose=1, and there are 2 optimizers; got "
                    "('scheduled',)"
                ),
            ),
        ),
    ),
    Wrong(
        name="scheduler-does-nothing-without-a-rate",
        says="An optimizer without a learning rate is left alone.",
        callback=SCHEDULER,
        make=SchedulesNothingWithoutARate,
        catches=(
            Catch(
                clause="learning-rate-scheduler/optimizers/one-without-a-rate-raises",
                scenario=_scenario(SCHEDULER, None, 1, schedule={"scale": 1.0}),
                epoch=0,
                words="expected ValueError in epoch_begin, because the callback sees no learning rate; got nothing",
            ),
        ),
    ),
)
