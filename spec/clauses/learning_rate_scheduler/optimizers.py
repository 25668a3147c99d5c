"""What LearningRateScheduler does where the optimizer is several in one, each with a learning rate of its own, where it has none,
and where that is a schedule."""

from ...numbers import float32
from ...scenario import Scenario
from ...values import ScheduledRate
from ..clause import Case, Expectations, clause
from ..monitoring import is_number
from ..optimizers import (
    OBSERVED,
    OF_KERAS_3,
    SCHEDULED,
    SEVERAL,
    WITHOUT_A_RATE,
    Rates,
    as_one,
    logs_each,
    raises_at_once,
    rates_of_each,
    with_one_of,
)
from ..rates import alike, same
from .decisions import RATE, plan


def _lowest(rates: Rates) -> float:
    return min(rates.values())


def _with_the_lowest_alone(scenario: Scenario) -> Scenario | None:
    later = any(fit.learning_rate is not None for fit in scenario.fits)
    # with a scale below zero, or a rate that is set later, another one is the lowest then
    scale = scenario.config.get("schedule", {}).get("scale", 1.0)
    return None if later or not scale >= 0.0 else with_one_of(scenario, _lowest)


@clause(
    "learning-rate-scheduler/optimizers/the-lowest-rate-as-alone",
    level="observed", source=OBSERVED, observes=RATE, choices=SEVERAL, optimizer="several", errors=True,
    related=_with_the_lowest_alone,
)  # fmt: skip
def the_lowest_rate_as_alone(case: Case) -> Expectations:
    """The lowest of several rates (keras.optimizers.MultiOptimizer) becomes what it would be if its optimizer were the only
    one, and what is refused or raised is the same. (All rates can be set. Of a schedule that treats every rate alike: a table
    by epochs, a factor, or one that returns or raises the same for all.)"""
    return alike(as_one(case, _lowest), "that is the rate of the only optimizer there, which has the lowest one here")


@clause(
    "learning-rate-scheduler/optimizers/each-is-scheduled",
    level="observed", source=OBSERVED, observes=RATE, choices=SEVERAL, optimizer="several",
)  # fmt: skip
def each_is_scheduled(case: Case) -> Expectations:
    """The schedule is asked for each of several optimizers, with the rate of that one."""
    schedule = case["schedule"]
    for epoch, before, after in rates_of_each(case):
        for name, rate in before.items():
            due = float32(schedule["table"][epoch.number] if "table" in schedule else rate * schedule["scale"])
            why = f"its rate was {rate!r}, the epoch's index is {epoch.number}, and the schedule {schedule}"
            yield epoch.expects_that(same(after[name], due), f"{due!r} of {name}", got=after[name], because=why)


@clause(
    "learning-rate-scheduler/optimizers/each-is-logged",
    level="observed", source=OBSERVED, observes=("learning_rate", "logged"), choices=SEVERAL, optimizer="several",
)  # fmt: skip
def each_is_logged(case: Case) -> Expectations:
    """The rate of each of several optimizers is logged under learning_rate, an underscore and its own name, unless the logs are
    empty."""
    for epoch, _, after in rates_of_each(case):
        yield from logs_each(case, epoch, after, "of the epoch")


@clause(
    "learning-rate-scheduler/optimizers/each-has-a-line",
    level="observed", source=OBSERVED, observes=("learning_rate", "printed"), choices=SEVERAL, optimizer="several",
)  # fmt: skip
def each_has_a_line(case: Case) -> Expectations:
    """With verbose=1 there is a line for each of several optimizers, with its name and its rate; with verbose=0 none."""
    for epoch, _, after in rates_of_each(case) if is_number(case["verbose"]) else ():
        lines = ("scheduled",) * len(after) if case["verbose"] > 0 else ()
        why = f"verbose={case['verbose']!r}, and there are {len(after)} optimizers"
        yield epoch.expects_that(epoch.seen.printed == lines, f"printed {lines}", got=epoch.seen.printed, because=why)


@clause(
    "learning-rate-scheduler/optimizers/one-without-a-rate-raises",
    level="observed", source=WITHOUT_A_RATE, errors=True, optimizer="any",
)  # fmt: skip
def one_without_a_rate_raises(case: Case) -> Expectations:
    """Where the optimizer has no learning rate, or is a MultiOptimizer that the release does not know as such, the beginning of
    the first epoch raises ValueError."""
    return raises_at_once(case, "ValueError in epoch_begin")


@clause(
    "learning-rate-scheduler/optimizers/a-schedule-of-its-own-cannot-be-set",
    level="observed", source=SCHEDULED, errors=True, choices=OF_KERAS_3, optimizer="any",
)  # fmt: skip
def a_schedule_cannot_be_set(case: Case) -> Expectations:
    """Where the optimizer has a schedule of its own (LearningRateSchedule), the beginning of the first epoch raises TypeError.
    (Where the schedule that the callback is given returns a float, and the arguments are known ones. Of Keras 3, which is told
    here by the name under which it logs the rate: in Keras 2 nothing raises, and what is set lasts until the next step.)"""
    first = next(plan(case), None) if isinstance(case.scenario.learning_rate, ScheduledRate) else None
    if first is None or first[0].error is not None or case["schedule"].get("returns") == "tensor":
        return
    seen = case.trace.fits[0]
    got = "nothing" if seen.error is None else f"{seen.error.type} in {seen.error.hook}"
    yield case.at(0, 0).expects_that(
        got == "TypeError in epoch_begin" and seen.epochs_run == 1, "TypeError in epoch_begin", got=got,
        because="the rate is a schedule, and is to be set",
    )  # fmt: skip
