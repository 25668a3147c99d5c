"""Wrong variants of LearningRateScheduler: subclasses that ask the schedule something else, at another time, or refuse
and accept something else."""

from collections.abc import Mapping
from typing import Any

from callcheck.reference.learning_rate_scheduler import LearningRateScheduler
from callcheck.reference.machine import NOTHING, Call, Effect, Event, Log, Print, Reason, SetRate, Warn
from callcheck.spec.callbacks import parameters
from callcheck.spec.dialect import Dialect
from callcheck.spec.values import only

from .wrong import Wrong

CALLBACK = "LearningRateScheduler"


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
        effects.append(SetRate(self.scheduled(event.epoch, only(event.rate))))
        return state, NOTHING


# ---------------------------------------------------------------------------------------------- what is accepted


class PassesTwoArguments(LearningRateScheduler):
    def epoch_begin(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        if self.config.schedule.get("accepts") == "epoch":
            raise TypeError("the schedule takes 1 positional argument but 2 were given")
        return super().epoch_begin(state, event, effects)


class PassesNumpy(LearningRateScheduler):
    """A schedule that insists on an int and a float does not get them."""

    def epoch_begin(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        if self.config.schedule.get("accepts") == "int-and-float":
            raise RuntimeError("asked with a number of numpy's")
        return super().epoch_begin(state, event, effects)


class RefusesFloat32(LearningRateScheduler):
    def epoch_begin(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        if self.config.schedule.get("returns") == "float32":
            raise ValueError("the schedule did not return a float")
        return super().epoch_begin(state, event, effects)


class RefusesTensors(LearningRateScheduler):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.no_floats |= {"tensor"}


class AcceptsTensors(LearningRateScheduler):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.no_floats -= {"tensor"}


class AcceptsIntegers(LearningRateScheduler):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.no_floats -= {"int"}

    def scheduled(self, epoch: int, rate: float) -> float:
        result = super().scheduled(epoch, rate)
        return float(int(result)) if self.config.schedule.get("returns") == "int" else result


class AcceptsNumbersInArrays(LearningRateScheduler):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.no_floats -= {"array-0d"}


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


class PrintsNoChanges(LearningRateScheduler):
    def epoch_begin(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        after, reason = super().epoch_begin(state, event, effects)
        if SetRate(event.rate) not in effects and Print("scheduled") in effects:
            effects.remove(Print("scheduled"))
        return after, reason


class PrintsByDefault(LearningRateScheduler):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__({"verbose": 1, **config}, dialect)


class AsksAgainForTheLine(LearningRateScheduler):
    def epoch_begin(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        rate = event.rate
        if self.config.verbose > 0:
            effects.append(Call())
            rate = self.scheduled(event.epoch, only(event.rate))
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
    ),
    Wrong(
        name="scheduler-counts-its-own-epochs",
        says="The schedule is given the number of epochs that the instance has seen.",
        callback=CALLBACK,
        make=CountsItsOwnEpochs,
    ),
    Wrong(
        name="scheduler-scales-the-first-rate",
        says="The schedule is given the rate with which the fit began.",
        callback=CALLBACK,
        make=ScalesTheFirstRate,
    ),
    Wrong(
        name="scheduler-acts-at-the-end",
        says="The schedule is asked when an epoch ends.",
        callback=CALLBACK,
        make=ActsAtTheEnd,
    ),
    Wrong(
        name="scheduler-acts-after-batches",
        says="The schedule is asked again after every batch.",
        callback=CALLBACK,
        make=ActsAfterBatches,
    ),
    Wrong(
        name="scheduler-passes-two-arguments",
        says="The schedule is given epoch and rate, even if it takes the epoch alone.",
        callback=CALLBACK,
        make=PassesTwoArguments,
    ),
    Wrong(
        name="scheduler-passes-numpy",
        says="The schedule is given the rate as numpy has it.",
        callback=CALLBACK,
        make=PassesNumpy,
    ),
    Wrong(
        name="scheduler-refuses-float32",
        says="A numpy float32 is not taken for a float.",
        callback=CALLBACK,
        make=RefusesFloat32,
    ),
    Wrong(
        name="scheduler-refuses-tensors",
        says="A tensor is not taken for a float.",
        callback=CALLBACK,
        make=RefusesTensors,
    ),
    Wrong(
        name="scheduler-accepts-tensors",
        says="A tensor is taken for a float.",
        callback=CALLBACK,
        make=AcceptsTensors,
    ),
    Wrong(
        name="scheduler-accepts-integers",
        says="An integer is taken for a float.",
        callback=CALLBACK,
        make=AcceptsIntegers,
    ),
    Wrong(
        name="scheduler-accepts-numbers-in-arrays",
        says="A schedule may return an array without dimensions.",
        callback=CALLBACK,
        make=AcceptsNumbersInArrays,
    ),
    Wrong(
        name="scheduler-keeps-the-rate-after-the-table",
        says="An IndexError of the schedule is caught, and the rate kept.",
        callback=CALLBACK,
        make=KeepsTheRateAfterTheTable,
    ),
    Wrong(
        name="scheduler-swallows-arguments",
        says="Arguments that nobody knows are accepted.",
        callback=CALLBACK,
        make=SwallowsArguments,
    ),
    Wrong(
        name="scheduler-prints-changes",
        says="A line is printed only where the rate changes.",
        callback=CALLBACK,
        make=PrintsChanges,
    ),
    Wrong(
        name="scheduler-prints-no-changes",
        says="There is a line only where the schedule leaves the rate as it is.",
        callback=CALLBACK,
        make=PrintsNoChanges,
    ),
    Wrong(
        name="scheduler-prints-by-default",
        says="The default of `verbose` is 1.",
        callback=CALLBACK,
        make=PrintsByDefault,
    ),
    Wrong(
        name="scheduler-asks-again-for-the-line",
        says="The schedule is asked twice where a line is printed.",
        callback=CALLBACK,
        make=AsksAgainForTheLine,
    ),
    Wrong(
        name="scheduler-logs-into-empty-logs",
        says="The rate is added to logs that are empty, too.",
        callback=CALLBACK,
        make=LogsIntoEmptyLogs,
    ),
    Wrong(
        name="scheduler-logs-as-numpy", says="The rate is logged as numpy has it.", callback=CALLBACK, make=LogsAsNumpy
    ),
    Wrong(name="scheduler-warns-of-zero", says="A rate of zero is warned of.", callback=CALLBACK, make=WarnsOfZero),
)
