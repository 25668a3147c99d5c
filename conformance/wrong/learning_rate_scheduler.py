"""Wrong variants of LearningRateScheduler: subclasses that ask the schedule something else, at another time, or refuse
and accept something else."""

import json
from collections.abc import Mapping
from typing import Any

from callcheck.reference.learning_rate_scheduler import LearningRateScheduler, _scheduled
from callcheck.reference.machine import NOTHING, Effect, Event, Log, Print, Reason, SetRate, Warn
from callcheck.spec.configuration import parameters
from callcheck.spec.dialect import Dialect
from callcheck.spec.values import only

from .wrong import Catch, Wrong

CALLBACK = "LearningRateScheduler"


def _asked(schedule: Mapping[str, Any], epochs: int = 1, **config: Any) -> str:
    """One fit of so many epochs, whose logs are not empty."""
    fit = {"epochs": [{"logs": {"loss": 1.0}}] * epochs}
    return json.dumps({"callback": CALLBACK, "config": {"schedule": schedule, **config}, "fits": [fit]})


# ---------------------------------------------------------------------------------------------- what is asked, and when


class CountsFromOne(LearningRateScheduler):
    def epoch_begin(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        return super().epoch_begin(state, event._replace(epoch=event.epoch + 1), effects)


class CountsItsOwnEpochs(LearningRateScheduler):
    initial = 0

    def epoch_begin(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        _, reason = super().epoch_begin(None, event._replace(epoch=state), effects)
        return state + 1, reason


class ScalesTheFirstRate(LearningRateScheduler):
    def fit_begin(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        return event.rate, NOTHING

    def epoch_begin(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        _, reason = super().epoch_begin(None, event._replace(rate=state), effects)
        return state, reason


class ActsAtTheEnd(LearningRateScheduler):
    def epoch_begin(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        return state, NOTHING

    def epoch_end(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        super().epoch_end(state, event, effects)
        return super().epoch_begin(state, event, effects)


class ActsAfterBatches(LearningRateScheduler):
    def batch_end(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        effects.append(SetRate(_scheduled(self.config.schedule, event.epoch, only(event.rate))))
        return state, NOTHING


# ---------------------------------------------------------------------------------------------- what is accepted


class PassesTwoArguments(LearningRateScheduler):
    def epoch_begin(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        if self.config.schedule.get("accepts") == "epoch":
            raise TypeError("the schedule takes 1 positional argument but 2 were given")
        return super().epoch_begin(state, event, effects)


class RefusesFloat32(LearningRateScheduler):
    def epoch_begin(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        if self.config.schedule.get("returns") == "float32":
            raise ValueError("the schedule did not return a float")
        return super().epoch_begin(state, event, effects)


class AcceptsIntegers(LearningRateScheduler):
    def epoch_begin(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        schedule = self.config.schedule
        if schedule.get("returns") == "int":
            effects.append(
                SetRate(float(int(_scheduled({**schedule, "returns": None}, event.epoch, only(event.rate)))))
            )
            return state, NOTHING
        return super().epoch_begin(state, event, effects)


class KeepsTheRateAfterTheTable(LearningRateScheduler):
    def epoch_begin(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        try:
            return super().epoch_begin(state, event, effects)
        except IndexError:
            return state, NOTHING


class SwallowsArguments(LearningRateScheduler):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__({name: v for name, v in config.items() if name in parameters(CALLBACK)}, dialect)


# ---------------------------------------------------------------------------------------------- what is said


class PrintsChanges(LearningRateScheduler):
    def epoch_begin(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        after, reason = super().epoch_begin(state, event, effects)
        if SetRate(event.rate) in effects and Print("scheduled") in effects:
            effects.remove(Print("scheduled"))
        return after, reason


class AsksAgainForTheLine(LearningRateScheduler):
    def epoch_begin(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        rate = (
            _scheduled(self.config.schedule, event.epoch, only(event.rate)) if self.config.verbose > 0 else event.rate
        )
        return super().epoch_begin(state, event._replace(rate=rate), effects)


class LogsIntoEmptyLogs(LearningRateScheduler):
    def epoch_end(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        if not event.logs:
            effects.append(Log(self.rate_log.key, only(event.rate)))
        return super().epoch_end(state, event, effects)


class LogsAsNumpy(LearningRateScheduler):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.rate_log.as_numpy = True


class WarnsOfZero(LearningRateScheduler):
    def epoch_end(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        if not event.rate:
            effects.append(Warn("other"))
        return super().epoch_end(state, event, effects)


# ---------------------------------------------------------------------------------------------- the variants

WRONG: tuple[Wrong, ...] = (
    Wrong(
        name="scheduler-epochs-from-one",
        says="The schedule is given the epoch's number, counted from one.",
        callback=CALLBACK,
        make=CountsFromOne,
        catches=(
            Catch(
                clause="learning-rate-scheduler/schedule/sets-the-rate",
                scenario=_asked({"table": [1.0, 2.0]}),
                epoch=0,
                words="expected learning_rate=1.0, because the schedule is [1.0, 2.0] and the epoch's index 0; got 2.0",
            ),
            Catch(
                clause="learning-rate-scheduler/errors/raises-what-the-schedule-asks-for",
                scenario=_asked({"table": [1.0]}),
                epoch=0,
                words=(
                    "expected no exception, because the schedule is [1.0] and the epoch's index 0; got IndexError in "
                    "epoch_begin"
                ),
            ),
        ),
    ),
    Wrong(
        name="scheduler-counts-its-own-epochs",
        says="The schedule is given the number of epochs that the instance has seen.",
        callback=CALLBACK,
        make=CountsItsOwnEpochs,
        catches=(
            Catch(
                clause="learning-rate-scheduler/schedule/is-given-the-absolute-epoch",
                scenario=_asked({"table": [1.0]}),
                epoch=0,
                words="expected learning_rate=nan, because epochs and table are shifted by two there; got 1.0",
            ),
            Catch(
                clause="learning-rate-scheduler/reuse/an-instance-used-again-behaves-as-a-new-one",
                scenario=_asked({"table": [1.0, 2.0]}),
                fit=1,
                epoch=0,
                words=(
                    "expected learning_rate=1.0, because the instance is new there, and this is the same fit with it "
                    "once more; got 2.0"
                ),
            ),
        ),
    ),
    Wrong(
        name="scheduler-scales-the-first-rate",
        says="The schedule is given the rate with which the fit began.",
        callback=CALLBACK,
        make=ScalesTheFirstRate,
        catches=(
            Catch(
                clause="learning-rate-scheduler/schedule/is-given-the-current-rate",
                scenario=_asked({"scale": 0.5}, epochs=2),
                epoch=1,
                words=(
                    "expected learning_rate=0.25, because in the table there, every rate is the product with the rate "
                    "before; got 0.5"
                ),
            ),
        ),
    ),
    Wrong(
        name="scheduler-acts-at-the-end",
        says="The schedule is asked when an epoch ends.",
        callback=CALLBACK,
        make=ActsAtTheEnd,
        catches=(
            Catch(
                clause="learning-rate-scheduler/schedule/sets-the-rate-at-the-beginning",
                scenario=_asked({"table": [2.0]}),
                epoch=0,
                words=(
                    "expected learning_rate_in_epoch=2.0, because the schedule is [2.0] and the epoch's index 0; got "
                    "1.0"
                ),
            ),
            Catch(
                clause="learning-rate-scheduler/logs/logs-the-rate",
                scenario=_asked({"table": [2.0]}),
                epoch=0,
                words=(
                    "expected logged {'learning_rate': 2.0}, because the rate is 2.0, and the logs are not empty; got "
                    "{'learning_rate': 1.0}"
                ),
            ),
        ),
    ),
    Wrong(
        name="scheduler-acts-after-batches",
        says="The schedule is asked again after every batch.",
        callback=CALLBACK,
        make=ActsAfterBatches,
        catches=(
            Catch(
                clause="learning-rate-scheduler/schedule/leaves-the-rate-within-an-epoch",
                scenario=_asked({"scale": 0.5}),
                epoch=0,
                words=(
                    "expected 0.5 at the end, because that was the rate in the epoch, and rates are set at beginnings; "
                    "got 0.25"
                ),
            ),
            Catch(
                clause="learning-rate-scheduler/logs/metrics-do-not-matter",
                scenario=(
                    '{"callback": "LearningRateScheduler", "config": {"schedule": {"scale": 0.5}}, "fits": [{"epochs": '
                    '[{"logs": {}, "batches": [{}, {}]}]}]}'
                ),
                epoch=0,
                words=(
                    "expected learning_rate=0.25, because all metrics are NaN there, and epochs have one batch; got "
                    "0.125"
                ),
            ),
        ),
    ),
    Wrong(
        name="scheduler-passes-two-arguments",
        says="The schedule is given epoch and rate, even if it takes the epoch alone.",
        callback=CALLBACK,
        make=PassesTwoArguments,
        catches=(
            Catch(
                clause="learning-rate-scheduler/schedule/may-take-the-epoch-alone",
                scenario=_asked({"table": [1.0], "accepts": "epoch"}),
                epoch=0,
                words=(
                    "expected no exception, because the schedule takes two arguments there; got TypeError in "
                    "epoch_begin"
                ),
            ),
        ),
    ),
    Wrong(
        name="scheduler-refuses-float32",
        says="A numpy float32 is not taken for a float.",
        callback=CALLBACK,
        make=RefusesFloat32,
        catches=(
            Catch(
                clause="learning-rate-scheduler/schedule/may-return-float32",
                scenario=_asked({"table": [1.0], "returns": "float32"}),
                epoch=0,
                words=(
                    "expected no exception, because the schedule returns Python floats there; got ValueError in "
                    "epoch_begin"
                ),
            ),
        ),
    ),
    Wrong(
        name="scheduler-accepts-integers",
        says="An integer is taken for a float.",
        callback=CALLBACK,
        make=AcceptsIntegers,
        catches=(
            Catch(
                clause="learning-rate-scheduler/schedule/must-return-a-float",
                scenario=_asked({"table": [1.0], "returns": "int"}),
                epoch=0,
                words=(
                    "expected ValueError in epoch_begin of epoch 0, because the schedule returns int; got nothing "
                    "raised"
                ),
            ),
            Catch(
                clause="learning-rate-scheduler/errors/raises-what-the-schedule-asks-for",
                scenario=_asked({"table": [1.0], "returns": "int"}),
                epoch=0,
                words=(
                    "expected ValueError in epoch_begin, because the schedule is [1.0] and the epoch's index 0, and it "
                    "returns int; got no exception"
                ),
            ),
        ),
    ),
    Wrong(
        name="scheduler-keeps-the-rate-after-the-table",
        says="An IndexError of the schedule is caught, and the rate kept.",
        callback=CALLBACK,
        make=KeepsTheRateAfterTheTable,
        catches=(
            Catch(
                clause="learning-rate-scheduler/errors/raises-what-the-schedule-asks-for",
                scenario=_asked({"table": [1.0]}, epochs=2),
                epoch=1,
                words=(
                    "expected IndexError in epoch_begin, because the schedule is [1.0] and the epoch's index 1; got no "
                    "exception"
                ),
            ),
        ),
    ),
    Wrong(
        name="scheduler-swallows-arguments",
        says="Arguments that nobody knows are accepted.",
        callback=CALLBACK,
        make=SwallowsArguments,
        catches=(
            Catch(
                clause="learning-rate-scheduler/arguments/are-schedule-and-verbose",
                scenario=_asked({"table": [1.0]}, unknown=1),
                fit=None,
                words=(
                    "expected TypeError from the constructor, because the arguments are schedule, unknown; got nothing"
                ),
            ),
        ),
    ),
    Wrong(
        name="scheduler-prints-changes",
        says="A line is printed only where the rate changes.",
        callback=CALLBACK,
        make=PrintsChanges,
        catches=(
            Catch(
                clause="learning-rate-scheduler/verbose/prints-every-update",
                scenario=_asked({"table": [1.0]}, verbose=1),
                epoch=0,
                words="expected printed ('scheduled',), because verbose=1; got ()",
            ),
        ),
    ),
    Wrong(
        name="scheduler-asks-again-for-the-line",
        says="The schedule is asked twice where a line is printed.",
        callback=CALLBACK,
        make=AsksAgainForTheLine,
        catches=(
            Catch(
                clause="learning-rate-scheduler/verbose/changes-nothing-else",
                scenario=_asked({"scale": 0.5}, verbose=1),
                epoch=0,
                words="expected learning_rate=0.5, because only verbose differs there, 1 here; got 0.25",
            ),
        ),
    ),
    Wrong(
        name="scheduler-logs-into-empty-logs",
        says="The rate is added to logs that are empty, too.",
        callback=CALLBACK,
        make=LogsIntoEmptyLogs,
        catches=(
            Catch(
                clause="learning-rate-scheduler/logs/logs-the-rate",
                scenario=(
                    '{"callback": "LearningRateScheduler", "config": {"schedule": {"table": [1.0]}}, "fits": '
                    '[{"epochs": [{"logs": {}}]}]}'
                ),
                epoch=0,
                words="expected logged {}, because the rate is 1.0, and the logs are empty; got {'learning_rate': 1.0}",
            ),
        ),
    ),
    Wrong(
        name="scheduler-logs-as-numpy",
        says="The rate is logged as numpy has it.",
        callback=CALLBACK,
        make=LogsAsNumpy,
        catches=(
            Catch(
                clause="learning-rate-scheduler/logs/the-type-of-the-logged-rate",
                scenario=_asked({"table": [1.0]}),
                epoch=0,
                words=(
                    "expected a Python float as learning_rate, because keras-3.15.1 logs such; got a number of numpy's"
                ),
            ),
        ),
    ),
    Wrong(
        name="scheduler-warns-of-zero",
        says="A rate of zero is warned of.",
        callback=CALLBACK,
        make=WarnsOfZero,
        catches=(
            Catch(
                clause="learning-rate-scheduler/logs/warns-of-nothing",
                scenario=_asked({"table": [0.0]}),
                epoch=0,
                words="expected no warning, because there is nothing to warn of; got ('other',)",
            ),
        ),
    ),
)
