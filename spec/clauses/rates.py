"""What the clauses about the learning rate share: where the rate stands, and how two runs compare epoch by epoch.

Rules
- Values are equal exactly or not at all; NaN equals NaN, and the sign of a zero does not count.
- What was not observed (None) is equal to everything.
- `related` scenarios are made here only in ways that mean the same for every callback that changes the rate.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..editing import configured, each_fit
from ..numbers import float32
from ..scenario import Fit, Scenario
from ..trace import EpochTrace, Trace
from ..values import ArrayNumber, only
from .clause import HELD, Case, EpochSeen, Expectations, Phrase

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
    if a == b or (a != a and b != b):
        return True
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    return False


# ---------------------------------------------------------------------------------------------- one run


def rates(case: Case, only_fit: int | None = None) -> Iterator[tuple[EpochSeen, float, float]]:
    """Every epoch, or those of one fit, with the rate before its end and after it, as observed.

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
            if only_fit in (None, fit):
                yield epoch, before, after


def rate_added(case: Case, epoch: EpochSeen, rate: float) -> dict[str, float]:
    """What is added to the epoch's logs where that rate is logged: nothing to empty ones, and nothing where it stands already."""
    key, logs = log_key(case), epoch.shown.logs
    there = key in logs and isinstance(logs[key], float) and same(logs[key], rate)
    return {key: rate} if logs and not there else {}


def logged_as(case: Case) -> Expectations:
    """What is logged is of the dialect's kind: a Python float, or a number of numpy's."""
    wanted = ArrayNumber if case.dialect["learning-rate/logged-as"] == "numpy" else float
    words: dict[type, str] = {float: "a Python float", ArrayNumber: "a number of numpy's"}
    for epoch in case.epochs():
        for name, value in (epoch.seen.logged or {}).items():
            yield epoch.expects_that(
                type(value) is wanted,
                f"{words[wanted]} as {name}",
                got=words.get(type(value), "an array"),
                because=f"{case.dialect.name} logs such",
            )


def silent(case: Case) -> Expectations:
    """No fit prints anything outside of its epochs."""
    for fit, _, seen in case.fits():
        if seen.printed is not None:
            yield case.at(fit).expects_that(
                not seen.printed, "nothing printed", got=", ".join(seen.printed), because="lines belong to epochs"
            )


# ---------------------------------------------------------------------------------------------- two runs


def agree(pairs: Iterable[tuple[EpochSeen, EpochTrace]], fields: tuple[str, ...], because: Phrase) -> Expectations:
    """`fields` of each epoch are what they are in the epoch beside it; what was not observed is passed over."""
    for epoch, beside in pairs:
        for name in fields:
            got, expected = getattr(epoch.seen, name), getattr(beside, name)
            if got is not None and expected is not None:
                agrees = same(got, expected)
                yield HELD if agrees else epoch.expects_that(False, f"{name}={expected}", got=got, because=because)


def alike(case: Case, because: Phrase) -> Expectations:
    """The two runs agree in everything, also in what the constructor refuses and in what hooks raise, by its type."""
    here, there = ("nothing" if each.rejected is None else each.rejected.type for each in (case.trace, case.other))
    if here != there:
        yield case.expects_that(False, f"{there} from the constructor", got=here, because=because)
    mine, its = _raised(case.trace), _raised(case.other)
    if mine == its:
        yield from agree(side_by_side(case), EVERYTHING, because)
        return
    fit, index, *_ = min(raised for raised in (mine, its) if raised is not None)
    before = (pair for pair in side_by_side(case) if (pair[0].fit, pair[0].index) < (fit, index))
    yield from agree(before, EVERYTHING, because)
    got, expected = (
        f"{raised[2]} in {raised[3]}" if raised is not None and raised[:2] == (fit, index) else "no exception"
        for raised in (mine, its)
    )
    yield case.at(fit, index).expects_that(False, expected, got=got, because=because)


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
    return zip(case.beside().epochs(1), case.trace.fits[0].epochs, strict=False)


def later_by(scenario: Scenario, epochs: int) -> Scenario:
    """The scenario with all epoch numbers raised."""

    def later(fit: Fit) -> Fit:
        return fit if fit.initial_epoch is None else replace(fit, initial_epoch=fit.initial_epoch + epochs)

    return each_fit(replace(scenario, initial_epoch=scenario.initial_epoch + epochs), later)
