"""What ReduceLROnPlateau does where the optimizer is several in one, each with a learning rate of its own, where it has
none, and where that is a schedule.

Rules
- With 0 < factor < 1, the highest rate is reduced whenever any other one is: its optimizer decides for all.
- Numbers only: for other types of parameters nothing is predicted.
"""

from dataclasses import replace

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
from ..rates import EVERYTHING, agree, alike, rates, same, side_by_side
from .stream import RATE, has_numbers, monitored_metric, reduced


def _highest(rates: Rates) -> float:
    return max(rates.values())


def _with_the_highest_alone(scenario: Scenario) -> Scenario | None:
    factor, min_lr = scenario.config.get("factor", 0.1), scenario.config.get("min_lr", 0.0)
    monitor = monitored_metric(scenario)
    if not is_number(factor) or not 0.0 < factor < 1.0 or not is_number(min_lr):
        return None
    return None if monitor is None or monitor.startswith("learning_rate") else with_one_of(scenario, _highest)


@clause(
    "reduce-lr-on-plateau/optimizers/the-highest-rate-decides",
    level="observed", source=OBSERVED, observes=RATE, choices=SEVERAL, optimizer="several", errors=True,
    related=_with_the_highest_alone,
)  # fmt: skip
def the_highest_rate_decides(case: Case) -> Expectations:
    """Of several rates (keras.optimizers.MultiOptimizer) the highest decides: it becomes what it would be if its optimizer
    were the only one, so that falls, counts and cooldowns are those of the highest rate alone, and so is what is refused or
    raised. (All rates can be set.)"""
    return alike(as_one(case, _highest), "that is the rate of the only optimizer there, which has the highest one here")


@clause(
    "reduce-lr-on-plateau/optimizers/each-is-reduced",
    level="observed", source=OBSERVED, observes=RATE, choices=SEVERAL, optimizer="several",
)  # fmt: skip
def each_is_reduced(case: Case) -> Expectations:
    """At the end of an epoch that changes one of several rates, each becomes max(rate * factor, min_lr) if it lies above
    min_lr as stored, and stays if it does not."""
    factor, min_lr = case["factor"], case["min_lr"]
    if not is_number(factor) or not is_number(min_lr):
        return
    for epoch, before, after in rates_of_each(case):
        for name, rate in before.items() if not same(before, after) else ():
            due = reduced(rate, factor, min_lr) if rate > float32(min_lr) else (rate,)
            why = f"another rate changes, and {rate!r} is reduced by factor={factor!r} to min_lr={min_lr!r} at least"
            yield epoch.expects_that(
                any(same(after[name], each) for each in due), f"{due[0]!r} of {name}", got=after[name], because=why
            )


@clause(
    "reduce-lr-on-plateau/optimizers/each-is-logged",
    level="observed", source=OBSERVED, observes=("learning_rate", "logged"), choices=SEVERAL, optimizer="several",
)  # fmt: skip
def each_is_logged(case: Case) -> Expectations:
    """The rate of each of several optimizers is logged under learning_rate, an underscore and its own name, before a reduction,
    unless the logs are empty."""
    for epoch, before, _ in rates_of_each(case):
        yield from logs_each(case, epoch, before, "before the end of the epoch")


@clause(
    "reduce-lr-on-plateau/optimizers/each-has-a-line",
    level="observed", source=OBSERVED, observes=("learning_rate", "printed"), optimizer="several",
    choices={**SEVERAL, "reduce-lr-on-plateau/min-lr": "as-stored"}, related=_with_the_highest_alone,
)  # fmt: skip
def each_has_a_line(case: Case) -> Expectations:
    """Where one optimizer's reduction prints a line, each of several that is reduced has one, with its name and its rate."""
    min_lr = case["min_lr"]
    if not is_number(min_lr):
        return
    for (epoch, before, _), (_, alone) in zip(rates_of_each(case), side_by_side(case), strict=False):
        above = sum(rate > float32(min_lr) for rate in before.values())
        lines = (alone.printed or ()) * above
        why = f"{alone.printed} are printed for the highest rate alone, and {above} are above min_lr={min_lr!r}"
        yield epoch.expects_that(epoch.seen.printed == lines, f"printed {lines}", got=epoch.seen.printed, because=why)


@clause(
    "reduce-lr-on-plateau/optimizers/one-without-a-rate-raises",
    level="observed", source=WITHOUT_A_RATE, errors=True, optimizer="any",
)  # fmt: skip
def one_without_a_rate_raises(case: Case) -> Expectations:
    """Where the optimizer has no learning rate, or is a MultiOptimizer that the release does not know as such, the end of the
    first epoch raises AttributeError. (Mode is min or max, and numeric arguments are numbers.)"""
    given = has_numbers(case) and case["mode"] in ("min", "max")
    return raises_at_once(case, "AttributeError in epoch_end") if given else iter(())


def _with_a_rate_that_can_be_set(scenario: Scenario) -> Scenario | None:
    """Where the optimizer has a schedule of its own: with its rate as a plain one. A reduction has to be seen there."""
    rate, factor = scenario.learning_rate, scenario.config.get("factor", 0.1)
    if not isinstance(rate, ScheduledRate) or not is_number(factor) or not 0.0 < factor <= 0.9:
        return None
    return replace(scenario, learning_rate=float(rate)) if 1e-30 <= rate <= 1e30 else None


@clause(
    "reduce-lr-on-plateau/optimizers/a-schedule-of-its-own-cannot-be-reduced",
    level="observed", source=SCHEDULED, observes=RATE, choices=OF_KERAS_3, optimizer="any", errors=True,
    related=_with_a_rate_that_can_be_set,
)  # fmt: skip
def a_schedule_cannot_be_reduced(case: Case) -> Expectations:
    """Where the optimizer has a schedule of its own (LearningRateSchedule), the end of the epoch that would reduce the rate
    raises TypeError; up to there everything is as with a rate that can be set. (Where a reduction is a fall: factor lies between
    0 and 0.9, the rate between 1e-30 and 1e30. Of Keras 3, which is told here by the name under which it logs the rate: in
    Keras 2 nothing raises, and what is set lasts until the next step.)"""
    fall = next(((epoch.fit, epoch.index) for epoch, before, after in rates(case.beside()) if after < before), None)
    if fall is None:
        yield from alike(case, "the rate can be set there, and is not")
        return
    before = ((epoch, beside) for epoch, beside in side_by_side(case) if (epoch.fit, epoch.index) < fall)
    yield from agree(before, EVERYTHING, "the rate can be set there, and is not yet")
    fits = [(fit, seen.epochs_run - 1, seen.error) for fit, _, seen in case.fits() if seen.error is not None]
    raised = next(
        ((fit, index, f"{error.type} in {error.hook}") for fit, index, error in fits if error is not None), None
    )
    yield case.at(*fall).expects_that(
        raised == (*fall, "TypeError in epoch_end"), "TypeError in epoch_end",
        got="no exception" if raised is None else f"{raised[2]} of epoch {case.number(*raised[:2])} of fit {raised[0] + 1}",
        because="the rate is reduced there where it can be set, and here it is a schedule",
    )  # fmt: skip
