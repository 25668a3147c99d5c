"""What the clauses about the learning rate share: where the rate stands, and how two runs compare epoch by epoch.

Rules
- Values are equal exactly or not at all; NaN equals NaN, and the sign of a zero does not count.
- What was not observed (None) is equal to everything.
- `related` scenarios are made here only in ways that mean the same for every callback that changes the rate.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..numbers import float32
from ..scenario import Epoch, Fit, Scenario
from ..trace import EpochTrace, Trace
from ..values import ArrayNumber, only
from .clause import HELD, NOT_EXERCISED, Case, EpochSeen, Failed, Outcome

LOG_KEYS = ("learning_rate", "lr")
"""The keys under which the rate is logged, by one release or another."""

EVERYTHING = ("learning_rate", "learning_rate_in_epoch", "stop", "printed", "warned", "logged")
"""What can be seen of an epoch of a callback that saves nothing."""
ALL_BUT_PRINTED = ("learning_rate", "learning_rate_in_epoch", "stop", "warned", "logged")
ALL_BUT_LOGGED = ("learning_rate", "learning_rate_in_epoch", "stop", "printed", "warned")


def log_key(case: Case) -> str:
    """The key under which the rate is logged."""
    return "lr" if case.dialect["learning-rate/log-key"] == "lr" else "learning_rate"


def same(a: Any, b: Any) -> bool:
    """Whether two observed values are equal, by the rules above."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    return bool(a == b or (a != a and b != b))


# ---------------------------------------------------------------------------------------------- one run


def rates(case: Case) -> Iterator[tuple[EpochSeen, float, float]]:
    """Every epoch with the rate before its end and after it, as observed.

    The rate with which the scenario or a fit begins is stored as float32 or as float64: whichever the first epoch shows.
    """
    after = 0.0
    for fit, _, _ in case.fits():
        given = case.rate_given(fit)
        for epoch in case.epochs(fit):
            if epoch.seen.learning_rate is None:
                return
            before, after = after, only(epoch.seen.learning_rate)
            if epoch.index == 0 and given is not None:
                before = given if after == given else float32(given)
            yield epoch, before, after


def logged_as(case: Case) -> Outcome:
    """Whether what is logged is of the dialect's kind: a Python float, or a number of numpy's."""
    wanted = ArrayNumber if case.dialect["learning-rate/logged-as"] == "numpy" else float
    words: dict[type, str] = {float: "a Python float", ArrayNumber: "a number of numpy's"}
    outcome: Outcome = NOT_EXERCISED
    for epoch in case.epochs():
        for name, value in (epoch.seen.logged or {}).items():
            outcome = HELD
            if type(value) is not wanted:
                got = words.get(type(value), "an array")
                why = f"{case.dialect.name} logs such"
                return Failed(fit=epoch.fit, epoch=epoch.index, expected=f"{words[wanted]} as {name}", why=why, got=got)
    return outcome


def silent(case: Case) -> Failed | None:
    """The first fit that printed something outside of its epochs."""
    for fit, _, seen in case.fits():
        if seen.printed:
            return Failed(
                fit=fit,
                epoch=None,
                expected="nothing printed",
                why="lines belong to epochs",
                got=", ".join(seen.printed),
            )
    return None


# ---------------------------------------------------------------------------------------------- two runs


def other(case: Case) -> Case:
    """The related run as a case of its own."""
    assert case.other_scenario is not None
    return Case(scenario=case.other_scenario, trace=case.other, dialect=case.dialect)


def agree(pairs: Iterable[tuple[EpochSeen, EpochTrace]], fields: tuple[str, ...], why: str) -> Outcome:
    """Whether `fields` of each epoch are what they are in the epoch beside it; `why` says why they should be."""
    outcome: Outcome = NOT_EXERCISED
    for epoch, beside in pairs:
        for name in fields:
            got, expected = getattr(epoch.seen, name), getattr(beside, name)
            if got is not None and expected is not None:
                outcome = HELD
                if not same(got, expected):
                    return Failed(
                        fit=epoch.fit, epoch=epoch.index, expected=f"{name}={expected}", why=why, got=f"{got}"
                    )
    return outcome


def alike(case: Case, why: str) -> Outcome:
    """Whether the two runs agree in everything, also in what the constructor refuses and in what hooks raise, by its type."""
    here, there = ("nothing" if each.rejected is None else each.rejected.type for each in (case.trace, case.other))
    if here != there:
        return Failed(fit=None, epoch=None, expected=f"{there} from the constructor", why=why, got=here)
    mine, its = _raised(case.trace), _raised(case.other)
    if mine == its:
        return agree(side_by_side(case), EVERYTHING, why)
    fit, index, *_ = min(raised for raised in (mine, its) if raised is not None)
    before = (pair for pair in side_by_side(case) if (pair[0].fit, pair[0].index) < (fit, index))
    outcome = agree(before, EVERYTHING, why)
    if isinstance(outcome, Failed):
        return outcome
    got, expected = (
        f"{raised[2]} in {raised[3]}" if raised is not None and raised[:2] == (fit, index) else "no exception"
        for raised in (mine, its)
    )
    return Failed(fit=fit, epoch=index, expected=expected, why=why, got=got)


def _raised(trace: Trace) -> tuple[int, int, str, str] | None:
    """The exception that ended the run: fit, epoch, type and hook."""
    for fit, seen in enumerate(trace.fits):
        if seen.error is not None:
            return fit, max(seen.epochs_run - 1, 0), seen.error.type, seen.error.hook
    return None


def side_by_side(case: Case) -> Iterator[tuple[EpochSeen, EpochTrace]]:
    """The epochs of the same fit and place in both runs; where one run is shorter, those that both have."""
    for (fit, _, _), there in zip(case.fits(), case.other.fits, strict=False):
        yield from zip(case.epochs(fit), there.epochs, strict=False)


def configured(scenario: Scenario, **parameters: Any) -> Scenario:
    """The scenario with other values for these parameters."""
    return replace(scenario, config={**scenario.config, **parameters})


def without(scenario: Scenario, *parameters: str) -> Scenario:
    return replace(scenario, config={name: v for name, v in scenario.config.items() if name not in parameters})


def each_epoch(scenario: Scenario, change: Callable[[Epoch], Epoch]) -> Scenario:
    """The scenario with every epoch changed."""
    return replace(
        scenario,
        fits=tuple(replace(fit, epochs=tuple(change(epoch) for epoch in fit.epochs)) for fit in scenario.fits),
    )


def other_verbosity(scenario: Scenario) -> Scenario | None:
    """The scenario with messages if it has none, and the other way round."""
    verbose = scenario.config.get("verbose", 0)
    return configured(scenario, verbose=0 if verbose > 0 else 1) if isinstance(verbose, int | float) else None


def first_fit_twice(scenario: Scenario) -> Scenario:
    """The first fit, and once more the same with the same instance from the same rate."""
    first = scenario.fits[0]
    return replace(scenario, fits=(first, replace(first, learning_rate=scenario.rate_given(0))))


def second_time(case: Case) -> Iterator[tuple[EpochSeen, EpochTrace]]:
    """The epochs of the second fit of `first_fit_twice`, beside those of a new instance's first."""
    return zip(other(case).epochs(1), case.trace.fits[0].epochs, strict=False)


def later_by(scenario: Scenario, epochs: int) -> Scenario:
    """The scenario with all epoch numbers raised."""

    def later(fit: Fit) -> Fit:
        return fit if fit.initial_epoch is None else replace(fit, initial_epoch=fit.initial_epoch + epochs)

    return replace(
        scenario, initial_epoch=scenario.initial_epoch + epochs, fits=tuple(later(fit) for fit in scenario.fits)
    )
