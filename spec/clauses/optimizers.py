"""What ReduceLROnPlateau and LearningRateScheduler do where the optimizer is several in one, each with a learning rate of its own
(Keras calls it MultiOptimizer), and where it has no learning rate.

Rules
- Where one of several optimizers can be looked at alone, that is what the clauses do: the other trace is that of the same
  scenario with this one.
- With 0 < factor < 1, the highest rate is reduced whenever any other one is: its optimizer decides for all.
- Numbers only: for other types of parameters nothing is predicted.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from ..numbers import float32
from ..scenario import Fit, Scenario
from ..trace import EpochTrace
from ..values import Rate
from .clause import HELD, NOT_EXERCISED, Case, EpochSeen, Failed, Outcome, clause
from .monitoring import is_number
from .rates import alike, log_key, same, side_by_side
from .reduce_lr_on_plateau.stream import monitored_metric, reduced, settings

OBSERVED = "observed: keras 3.15.1"
SEVERAL = {"learning-rate/several-optimizers": "each-its-own"}
RATE = ("learning_rate",)

Rates = Mapping[str, float]


def _rates(case: Case) -> Iterator[tuple[EpochSeen, Rates, Rates]]:
    """Every epoch with the rates before it and after it, as stored."""
    after: Rate = None
    for fit, _, _ in case.fits():
        given = case.scenario.rate_given(fit)
        after = after if given is None else given
        for epoch in case.epochs(fit):
            before, after = after, epoch.seen.learning_rate
            if not isinstance(before, Mapping) or not isinstance(after, Mapping):
                return
            yield epoch, {name: float32(rate) for name, rate in before.items()}, after


def _one_of(scenario: Scenario, pick: Callable[[Rates], float]) -> Scenario | None:
    """The scenario with one optimizer, which has the rates that `pick` chooses; None if any is not finite."""
    given = (scenario.learning_rate, *(fit.learning_rate for fit in scenario.fits))
    if not all(math.isfinite(each) for rate in given if isinstance(rate, Mapping) for each in rate.values()):
        return None

    def of_one(fit: Fit) -> Fit:
        return replace(fit, learning_rate=_picked(fit.learning_rate, pick))

    return replace(
        scenario, learning_rate=_picked(scenario.learning_rate, pick), fits=tuple(of_one(fit) for fit in scenario.fits)
    )


def _picked(rate: Rate, pick: Callable[[Rates], float]) -> float | None:
    return pick(rate) if isinstance(rate, Mapping) else rate


def _as_one(case: Case, pick: Callable[[Rates], float]) -> Case:
    """The case with the rates that `pick` chooses, and without what is said of each optimizer."""

    def of_one(epoch: EpochTrace) -> EpochTrace:
        return replace(
            epoch,
            learning_rate=_picked(epoch.learning_rate, pick),
            learning_rate_in_epoch=_picked(epoch.learning_rate_in_epoch, pick),
            printed=None,
            logged=None,
        )

    fits = tuple(replace(fit, epochs=tuple(of_one(epoch) for epoch in fit.epochs)) for fit in case.trace.fits)
    return replace(case, trace=replace(case.trace, fits=fits))


def _logs_each(case: Case, rates: Callable[[Rates, Rates], Rates], when: str) -> Outcome:
    """Whether `rates` of those before and after every epoch are what is logged, unless the logs are empty."""
    outcome: Outcome = NOT_EXERCISED
    for epoch, before, after in _rates(case):
        outcome = HELD
        logs = epoch.shown.logs
        expected = {f"{log_key(case)}_{name}": rate for name, rate in rates(before, after).items()} if logs else {}
        if not same(epoch.seen.logged, expected):
            why = f"these are the rates {when}, and the logs are {'not ' if logs else ''}empty"
            return _failed(epoch, f"logged {expected}", why, epoch.seen.logged)
    return outcome


def _failed(epoch: EpochSeen, expected: str, why: str, got: object) -> Failed:
    return Failed(fit=epoch.fit, epoch=epoch.index, expected=expected, why=why, got=f"{got}")


# ---------------------------------------------------------------------------------------------- ReduceLROnPlateau


def _highest(rates: Rates) -> float:
    return max(rates.values())


def _with_the_highest_alone(scenario: Scenario) -> Scenario | None:
    factor, min_lr = scenario.config.get("factor", 0.1), scenario.config.get("min_lr", 0.0)
    monitor = monitored_metric(scenario)
    if not is_number(factor) or not 0.0 < factor < 1.0 or not is_number(min_lr):
        return None
    return None if monitor is None or monitor.startswith("learning_rate") else _one_of(scenario, _highest)


@clause(
    "reduce-lr-on-plateau/optimizers/the-highest-rate-decides",
    level="observed", source=OBSERVED, observes=RATE, choices=SEVERAL, optimizer="several", errors=True,
    related=_with_the_highest_alone,
)  # fmt: skip
def the_highest_rate_decides(case: Case) -> Outcome:
    """The highest of several rates becomes what it would be if its optimizer were the only one; what is refused or raised is
    the same, too."""
    return alike(
        _as_one(case, _highest), "that is the rate of the only optimizer there, which has the highest one here"
    )


@clause(
    "reduce-lr-on-plateau/optimizers/each-is-reduced",
    level="observed", source=OBSERVED, observes=RATE, choices=SEVERAL, optimizer="several",
)  # fmt: skip
def each_is_reduced(case: Case) -> Outcome:
    """At the end of an epoch that changes a rate, each of several rates becomes max(rate * factor, min_lr) if it lies above
    min_lr, and stays if it does not."""
    s = settings(case)
    outcome: Outcome = NOT_EXERCISED
    if s is None:
        return outcome
    for epoch, before, after in _rates(case):
        if same(before, after):
            continue
        outcome = HELD
        for name, rate in before.items():
            expected = reduced(case, s, rate) if rate > s.floor else rate
            if not same(after[name], expected):
                why = f"another rate changes, and {rate!r} is reduced by factor={s.factor!r} to min_lr={s.min_lr!r} at least"
                return _failed(epoch, f"{expected!r} of {name}", why, after[name])
    return outcome


@clause(
    "reduce-lr-on-plateau/optimizers/each-is-logged",
    level="observed", source=OBSERVED, observes=("learning_rate", "logged"), choices=SEVERAL, optimizer="several",
)  # fmt: skip
def each_is_logged(case: Case) -> Outcome:
    """The rate of each of several optimizers is logged under learning_rate, an underscore and its name, before a reduction,
    unless the logs are empty."""
    return _logs_each(case, lambda before, after: before, "before the end of the epoch")


@clause(
    "reduce-lr-on-plateau/optimizers/each-has-a-line",
    level="observed", source=OBSERVED, observes=("learning_rate", "printed"), choices=SEVERAL, optimizer="several",
    related=_with_the_highest_alone,
)  # fmt: skip
def each_has_a_line(case: Case) -> Outcome:
    """Where one optimizer's reduction prints a line, each of several that is reduced has one, with its name and its rate."""
    s = settings(case)
    outcome: Outcome = NOT_EXERCISED
    if s is None:
        return outcome
    for (epoch, before, _), (_, alone) in zip(_rates(case), side_by_side(case), strict=False):
        outcome = HELD
        above = sum(rate > s.floor for rate in before.values())
        expected = (alone.printed or ()) * above
        if epoch.seen.printed != expected:
            why = f"{alone.printed} are printed for the highest rate alone, and {above} are above min_lr={s.min_lr!r}"
            return _failed(epoch, f"printed {expected}", why, epoch.seen.printed)
    return outcome


@clause(
    "reduce-lr-on-plateau/optimizers/one-without-a-rate-raises",
    level="observed", source=f"{OBSERVED}, tf-keras 2.21.0", errors=True, optimizer="any",
)  # fmt: skip
def plateau_needs_a_rate(case: Case) -> Outcome:
    """Where the optimizer has no learning rate, or several unknown ones, the first epoch end raises AttributeError, if the
    direction is given."""
    if settings(case) is None or case["mode"] not in ("min", "max"):
        return NOT_EXERCISED
    return _raises_at_once(case, "AttributeError in epoch_end")


# ---------------------------------------------------------------------------------------------- LearningRateScheduler


def _lowest(rates: Rates) -> float:
    return min(rates.values())


def _with_the_lowest_alone(scenario: Scenario) -> Scenario | None:
    later = any(fit.learning_rate is not None for fit in scenario.fits)
    # with a scale below zero, or a rate that is set later, another one is the lowest then
    scale = scenario.config.get("schedule", {}).get("scale", 1.0)
    return None if later or not scale >= 0.0 else _one_of(scenario, _lowest)


@clause(
    "learning-rate-scheduler/optimizers/the-lowest-rate-as-alone",
    level="observed", source=OBSERVED, observes=RATE, choices=SEVERAL, optimizer="several", errors=True,
    related=_with_the_lowest_alone,
)  # fmt: skip
def the_lowest_rate_as_alone(case: Case) -> Outcome:
    """The lowest of several rates becomes what it would be if its optimizer were the only one; what is refused or raised is
    the same, too."""
    return alike(_as_one(case, _lowest), "that is the rate of the only optimizer there, which has the lowest one here")


@clause(
    "learning-rate-scheduler/optimizers/each-is-scheduled",
    level="observed", source=OBSERVED, observes=RATE, choices=SEVERAL, optimizer="several",
)  # fmt: skip
def each_is_scheduled(case: Case) -> Outcome:
    """The schedule is asked for each of several optimizers, with the rate of that one."""
    schedule = case["schedule"]
    outcome: Outcome = NOT_EXERCISED
    for epoch, before, after in _rates(case):
        outcome = HELD
        for name, rate in before.items():
            said = schedule["table"][epoch.number] if "table" in schedule else rate * schedule["scale"]
            if not same(after[name], float32(said)):
                why = f"its rate was {rate!r}, the epoch's index is {epoch.number}, and the schedule {schedule}"
                return _failed(epoch, f"{float32(said)!r} of {name}", why, after[name])
    return outcome


@clause(
    "learning-rate-scheduler/optimizers/each-is-logged",
    level="observed", source=OBSERVED, observes=("learning_rate", "logged"), choices=SEVERAL, optimizer="several",
)  # fmt: skip
def each_scheduled_is_logged(case: Case) -> Outcome:
    """The rate of each of several optimizers is logged under learning_rate, an underscore and its name, unless the logs are
    empty."""
    return _logs_each(case, lambda before, after: after, "of the epoch")


@clause(
    "learning-rate-scheduler/optimizers/each-has-a-line",
    level="observed", source=OBSERVED, observes=("learning_rate", "printed"), choices=SEVERAL, optimizer="several",
)  # fmt: skip
def each_scheduled_has_a_line(case: Case) -> Outcome:
    """With verbose=1 there is a line for each of several optimizers, with its name and its rate; with verbose=0 none."""
    if not is_number(case["verbose"]):
        return NOT_EXERCISED
    outcome: Outcome = NOT_EXERCISED
    for epoch, _, after in _rates(case):
        outcome = HELD
        expected = ("scheduled",) * len(after) if case["verbose"] > 0 else ()
        if epoch.seen.printed != expected:
            why = f"verbose={case['verbose']!r}, and there are {len(after)} optimizers"
            return _failed(epoch, f"printed {expected}", why, epoch.seen.printed)
    return outcome


@clause(
    "learning-rate-scheduler/optimizers/one-without-a-rate-raises",
    level="observed", source=f"{OBSERVED}, tf-keras 2.21.0", errors=True, optimizer="any",
)  # fmt: skip
def scheduler_needs_a_rate(case: Case) -> Outcome:
    """Where the optimizer has no learning rate, or several unknown ones, the first epoch begin raises ValueError."""
    return _raises_at_once(case, "ValueError in epoch_begin")


def _raises_at_once(case: Case, due: str) -> Outcome:
    """Whether the first epoch ends with this exception, where nothing was refused before, if the callback sees no rate."""
    rate = case.scenario.learning_rate
    unseen = (
        rate is None
        if case.dialect["learning-rate/several-optimizers"] == "each-its-own"
        else not isinstance(rate, float)
    )
    if case.trace.rejected is not None or not unseen:
        return NOT_EXERCISED
    error = case.trace.fits[0].error
    got = "nothing" if error is None else f"{error.type} in {error.hook}"
    if got == due and case.trace.fits[0].epochs_run == 1:
        return HELD
    return Failed(fit=0, epoch=0, expected=due, why="the callback sees no learning rate", got=got)
