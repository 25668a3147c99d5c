"""What the clauses on several optimizers in one (Keras calls it MultiOptimizer) and on one without a learning rate share. No
clauses in here.

Rules
- Where one of several optimizers can be looked at alone, that is what the clauses do: the other trace is that of the same
  scenario with this one.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from ..numbers import float32
from ..scenario import Fit, Scenario
from ..trace import EpochTrace
from ..values import Rate
from .clause import Case, EpochSeen, Expectations
from .rates import log_key, same

OBSERVED = "observed: keras 3.15.1"
WITHOUT_A_RATE = f"{OBSERVED}, tf-keras 2.21.0"
SEVERAL = {"learning-rate/several-optimizers": "each-its-own"}
SCHEDULED = "observed: keras 3.0.0 to 3.15.1"
OF_KERAS_3 = {"learning-rate/log-key": "learning-rate"}
"""In Keras 2 a rate that is set in place of a schedule of the optimizer's own raises nothing, and lasts until the next step."""

Rates = Mapping[str, float]


def rates_of_each(case: Case) -> Iterator[tuple[EpochSeen, Rates, Rates]]:
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


def with_one_of(scenario: Scenario, pick: Callable[[Rates], float]) -> Scenario | None:
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


def as_one(case: Case, pick: Callable[[Rates], float]) -> Case:
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


def logs_each(case: Case, epoch: EpochSeen, rates: Rates, when: str) -> Expectations:
    """These rates are what is logged in the epoch, unless its logs are empty."""
    logs = epoch.shown.logs
    added = {f"{log_key(case)}_{name}": rate for name, rate in rates.items()} if logs else {}
    why = f"these are the rates {when}, and the logs are {'not ' if logs else ''}empty"
    yield epoch.expects_that(same(epoch.seen.logged, added), f"logged {added}", got=epoch.seen.logged, because=why)


def raises_at_once(case: Case, due: str) -> Expectations:
    """The first epoch ends with this exception, where nothing was refused before, if the callback sees no rate."""
    rate = case.scenario.learning_rate
    several_are_seen = case.dialect["learning-rate/several-optimizers"] == "each-its-own"
    unseen = rate is None if several_are_seen else not isinstance(rate, float)
    if case.trace.rejected is None and unseen:
        first = case.trace.fits[0]
        got = "nothing" if first.error is None else f"{first.error.type} in {first.error.hook}"
        yield case.at(0, 0).expects_that(
            got == due and first.epochs_run == 1, due, got=got, because="the callback sees no learning rate"
        )
