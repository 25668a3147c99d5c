"""EarlyStopping: when it stops, by patience and min_delta.

The other parameters are in `monitor.py`, weights and reuse in `weights.py`, messages and
errors in `messages.py`.

Rules
- A clause that needs the whole rule takes it from `stream.py`, which has no counter; the others state
  something that can be seen without it: a relation between two runs, a bound, a stream on which the answer is plain.
- A promise of the documentation is stated as it stands there, on streams on which nothing but that promise matters, so
  that one choice explains a deviation.
- Where the sum of a value and min_delta may be rounded, a universal clause is silent: `exact_sums`.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from ...editing import configured, each_monitored
from ...numbers import FLOAT32_MAX
from ...scenario import Scenario
from ...values import each_number
from ..clause import HELD, NOT_EXERCISED, Case, Failed, Outcome, clause
from ..monitoring import direction, is_number
from .shared import (
    BOTH,
    DOCUMENTATION,
    exact_sums,
    fresh_fits,
    judge_stops,
    ordinary,
    own_stop,
    same,
    stopped_by_others_before,
    stops_at,
)
from .stream import monitored, number, positions, well_typed


def _gains(values: Sequence[float], sign: float) -> Iterator[Fraction | None]:
    """By how much, exactly, each value is better than all before it; negative if it is not; None for the first."""
    best: Fraction | None = None
    for value in values:
        signed = Fraction(value) * int(sign)
        yield None if best is None else signed - best
        best = signed if best is None else max(best, signed)


def _sign(mode: str | None) -> float:
    return 1.0 if mode == "max" else -1.0


# ---------------------------------------------------------------------------------------------- improvement


@clause("early-stopping/improvement/resets-the-count", level="universal", source=DOCUMENTATION, observes=("stop",))
def resets_the_count(case: Case) -> Outcome:
    """A stop needs `patience` monitored epochs (at least one) in a row since the last one that was better than all
    before it by more than min_delta; the first one counts as such. (No baseline, values and sums that float32 can
    tell.)"""
    epochs = monitored(case, case.scenario.fits[0]) if ordinary(case) else None
    if not epochs or case["baseline"] is not None or not case.trace.fits:
        return NOT_EXERCISED
    delta = abs(case["min_delta"])
    values = [epoch.value for epoch in epochs]
    if not exact_sums(values, delta):
        return NOT_EXERCISED
    sure = [place for place, gain in enumerate(_gains(values, _sign(case["mode"]))) if gain is None or gain > delta]
    place = {epoch.index: position for position, epoch in enumerate(epochs)}
    for epoch in case.epochs(0):
        if own_stop(epoch) and epoch.index in place:
            here = place[epoch.index]
            last = max(position for position in sure if position <= here)
            if here - last < max(case["patience"], 1):
                return Failed(
                    fit=0,
                    epoch=epoch.index,
                    expected="no stop",
                    why=f"{case['monitor']}={values[last]} in epoch {case.number(0, epochs[last].index)} beat all before "
                    f"by more than min_delta={delta}, only {here - last} epochs ago, and patience={case['patience']}",
                    got="a stop",
                )
    return HELD


# ---------------------------------------------------------------------------------------------- patience


@clause(
    "early-stopping/patience/stops-after-patience-epochs",
    level="documented",
    source=f"{DOCUMENTATION} (patience)",
    observes=("stop",),
)
def stops_after_patience_epochs(case: Case) -> Outcome:
    """Without a baseline, training stops at the first epoch with which `patience` monitored epochs in a row have
    brought no improvement by more than min_delta, and at no other."""
    if case["baseline"] is not None or not isinstance(case["patience"], int) or case["patience"] < 1:
        return NOT_EXERCISED
    return judge_stops(case)


@clause(
    "early-stopping/patience/ends-a-run-without-progress", level="universal", source=DOCUMENTATION, observes=("stop",)
)
def ends_a_run_without_progress(case: Case) -> Outcome:
    """Training does not outlast `patience` + 1 monitored epochs of which none is better than all before it by any
    amount. (Finite values.)"""
    if not ordinary(case):
        return NOT_EXERCISED
    outcome: Outcome = NOT_EXERCISED
    patience = max(case["patience"], 1)
    for fit, shown, seen in case.fits():
        epochs = [epoch for epoch in monitored(case, shown) or () if epoch.index < seen.epochs_run]
        if not epochs or not all(math.isfinite(epoch.value) for epoch in epochs):
            continue
        outcome = HELD
        last = 0
        for position, gain in enumerate(_gains([epoch.value for epoch in epochs], _sign(case["mode"]))):
            if gain is None or gain > 0:
                last = position
            elif position - last > patience and not seen.epochs[epochs[position].index].stop:
                return Failed(
                    fit=fit,
                    epoch=epochs[position].index,
                    expected="a stop, here or before",
                    why=f"{position - last} monitored epochs have not improved at all on {case['monitor']}="
                    f"{epochs[last].value} of epoch {case.number(fit, epochs[last].index)}, and patience={case['patience']}",
                    got="none",
                )
    return outcome


@clause(
    "early-stopping/patience/a-stream-that-never-improves-runs-patience-epochs-more",
    level="documented",
    source=f"{DOCUMENTATION} (Example)",
    observes=("stop",),
)
def never_improves(case: Case) -> Outcome:
    """If the first monitored value is never improved on by any amount, training stops `patience` monitored epochs after
    it. (Patience of at least 1, values in the range of float32.)"""
    way = direction(case)
    if way is None or case["baseline"] is not None or not well_typed(case) or not isinstance(case["patience"], int):
        return NOT_EXERCISED
    if not is_number(case["min_delta"]) or not math.isfinite(case["min_delta"]):
        return NOT_EXERCISED
    return _stops_after_the_first(
        case, way, lambda signed: max(signed) == signed[0], "no later value is better than the first"
    )


def _stops_after_the_first(case: Case, way: str, idle: Callable[[list[Fraction]], bool], why: str) -> Outcome:
    """Whether the fits stop `patience` epochs after the first monitored one, where these values are no improvements:
    `idle` is given them with more meaning better."""
    outcome: Outcome = NOT_EXERCISED
    patience = case["patience"]
    for fit in fresh_fits(case):
        epochs = (monitored(case, case.scenario.fits[fit]) or ())[: max(patience, 0) + 1]
        if patience < 1 or len(epochs) <= patience or stopped_by_others_before(case, fit, epochs[-1].index):
            continue
        values = [epoch.value for epoch in epochs]
        if all(abs(value) <= FLOAT32_MAX for value in values) and idle(
            [Fraction(value) * int(_sign(way)) for value in values]
        ):
            failed = stops_at(case, fit, epochs[-1], f"{why} ({case['monitor']}={values}), and patience={patience}")
            if failed is not None:
                return failed
            outcome = HELD
    return outcome


def _more_patience(scenario: Scenario) -> Scenario | None:
    patience = scenario.config.get("patience", 0)
    return configured(scenario, patience=patience + 1) if isinstance(patience, int) else None


@clause(
    "early-stopping/patience/more-patience-never-stops-earlier",
    level="universal",
    source=DOCUMENTATION,
    observes=("stop",),
    related=_more_patience,
)
def more_patience(case: Case) -> Outcome:
    """With patience + 1 the first fit runs at least as many epochs."""
    if not case.trace.fits or not case.other.fits:
        return NOT_EXERCISED
    run, other = case.trace.fits[0].epochs_run, case.other.fits[0].epochs_run
    if other >= run:
        return HELD
    return Failed(
        fit=0,
        epoch=None,
        expected=f"at least {run} epochs with patience={case['patience'] + 1}",
        why=f"with patience={case['patience']} there are {run}",
        got=f"{other}",
    )


def _whole_patience(scenario: Scenario) -> Scenario | None:
    patience = scenario.config.get("patience", 0)
    if not number(patience):
        return None
    whole = max(math.ceil(patience), 1)
    return None if whole == patience else configured(scenario, patience=whole)


@clause(
    "early-stopping/patience/less-than-one-acts-as-one",
    level="observed",
    source=BOTH,
    errors=True,
    related=_whole_patience,
)
def less_than_one_is_one(case: Case) -> Outcome:
    """A patience of 0, the default, or below acts as 1, and a fraction as the next whole number: an epoch that improves
    does not stop, and epochs are whole."""
    return same(
        case, f"patience={case['patience']} acts as {(case.other_scenario or case.scenario).config['patience']}"
    )


@clause(
    "early-stopping/patience/a-first-value-that-is-not-a-number-hides-nothing",
    level="documented",
    source=f"{DOCUMENTATION} (patience: epochs with no improvement)",
    observes=("stop",),
)
def nan_hides_nothing(case: Case) -> Outcome:
    """After a first value NaN, a stream that gets better with every epoch never stops. (Patience of at least 2.)"""
    if case["baseline"] is not None or not isinstance(case["patience"], int) or case["patience"] < 2:
        return NOT_EXERCISED
    return _never_stops(case, skip_nan=True)


# ---------------------------------------------------------------------------------------------- min_delta


def _clear_improvements(case: Case, values: Sequence[float]) -> bool:
    """Whether each finite value is better than the one before by more than min_delta, in float64, on either side."""
    delta, sign = abs(case["min_delta"]), _sign(direction(case))
    if len(values) < 2 or not all(math.isfinite(value) for value in (*values, delta)):
        return False
    return all(
        sign * value - delta > sign * before and sign * value > sign * before + delta
        for before, value in pairwise(values)
    )


def _never_stops(case: Case, skip_nan: bool) -> Outcome:
    """Whether streams of clear improvements, after a NaN or without one, go on."""
    if direction(case) is None or not well_typed(case) or not is_number(case["min_delta"]):
        return NOT_EXERCISED
    outcome: Outcome = NOT_EXERCISED
    for fit in fresh_fits(case):
        values = [epoch.value for epoch in monitored(case, case.scenario.fits[fit]) or ()]
        if skip_nan:
            if not values or not math.isnan(values[0]):
                continue
            values = values[1:]
        if not _clear_improvements(case, values):
            continue
        outcome = HELD
        for epoch in case.epochs(fit):
            if own_stop(epoch):
                return Failed(
                    fit=fit,
                    epoch=epoch.index,
                    expected="no stop",
                    why=f"every epoch improves {case['monitor']} by more than min_delta={case['min_delta']}: {values}",
                    got="a stop",
                )
    return outcome


@clause(
    "early-stopping/min-delta/a-larger-change-is-an-improvement",
    level="documented",
    source=f"{DOCUMENTATION} (min_delta)",
    observes=("stop",),
)
def larger_change(case: Case) -> Outcome:
    """Without a baseline, a stream that gets better by more than min_delta with every epoch never stops: what counts as
    better are the values as logged, in float64."""
    return NOT_EXERCISED if case["baseline"] is not None else _never_stops(case, skip_nan=False)


@clause(
    "early-stopping/min-delta/a-smaller-change-is-no-improvement",
    level="documented",
    source=f"{DOCUMENTATION} (min_delta)",
    observes=("stop",),
)
def smaller_change(case: Case) -> Outcome:
    """If no value is better than any before it by min_delta or more, training stops `patience` monitored epochs after
    the first. (Exact differences, values in the range of float32, patience of at least 1.)"""
    way = direction(case)
    delta = case["min_delta"]
    if way is None or case["baseline"] is not None or not well_typed(case) or not isinstance(case["patience"], int):
        return NOT_EXERCISED
    if not is_number(delta) or not math.isfinite(delta) or delta == 0.0:
        return NOT_EXERCISED
    limit = abs(Fraction(delta))

    def idle(signed: list[Fraction]) -> bool:
        # Against the worst before, not the best: which of them a callback compares with is not said.
        return all(signed[place] - min(signed[:place]) < limit for place in range(1, len(signed)))

    return _stops_after_the_first(case, way, idle, f"no value is better than one before by min_delta={delta}")


@clause(
    "early-stopping/min-delta/an-equal-change-is-no-improvement",
    level="observed",
    source=BOTH,
    observes=("stop",),
)
def equal_change(case: Case) -> Outcome:
    """A change of exactly min_delta is no improvement, nor is the same value again if min_delta is 0: where every value
    is the first one or better by exactly min_delta, training stops `patience` monitored epochs after the first."""
    if not ordinary(case) or case["baseline"] is not None or case["patience"] < 1:
        return NOT_EXERCISED
    delta, sign, patience = abs(case["min_delta"]), _sign(case["mode"]), case["patience"]
    outcome: Outcome = NOT_EXERCISED
    for fit in fresh_fits(case):
        epochs = (monitored(case, case.scenario.fits[fit]) or ())[: patience + 1]
        if len(epochs) <= patience or stopped_by_others_before(case, fit, epochs[-1].index):
            continue
        values = [epoch.value for epoch in epochs]
        if not exact_sums(values, delta) or set(values) != {values[0], values[0] + sign * delta}:
            continue
        failed = stops_at(
            case, fit, epochs[-1], f"{values} has changes of exactly min_delta={delta}, patience={patience}"
        )
        if failed is not None:
            return failed
        outcome = HELD
    return outcome


def _scaled(scenario: Scenario) -> Scenario | None:
    """Everything in the metric's unit times 4: exact, unless the numbers are huge or tiny."""
    lengths = [scenario.config.get(name) for name in ("min_delta", "baseline")]
    values = [value for fit in scenario.fits for _, _, value in positions(scenario, fit) if value is not None]
    for value in (*lengths, *values):
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, float) and math.isfinite(item) and item != 0.0 and not 1e-20 <= abs(item) <= 1e30:
                return None
    lengthened = {
        name: 4.0 * value
        for name, value in zip(("min_delta", "baseline"), lengths, strict=True)
        if isinstance(value, float)
    }
    return configured(each_monitored(scenario, lambda _, value: each_number(value, lambda x: 4.0 * x)), **lengthened)


@clause(
    "early-stopping/min-delta/is-in-the-unit-of-the-metric",
    level="documented",
    source=f"{DOCUMENTATION} (min_delta: an absolute change)",
    errors=True,
    related=_scaled,
)
def is_absolute(case: Case) -> Outcome:
    """min_delta and baseline are in the unit of the metric: four times the values, min_delta and baseline change
    nothing."""
    return same(case, "values, min_delta and baseline in another unit are the same training")


def _other_sign(scenario: Scenario) -> Scenario | None:
    delta = scenario.config.get("min_delta")
    return configured(scenario, min_delta=-delta) if is_number(delta) and delta else None


@clause(
    "early-stopping/min-delta/its-sign-does-not-matter",
    level="observed",
    source=BOTH,
    errors=True,
    related=_other_sign,
)
def sign_does_not_matter(case: Case) -> Outcome:
    """A negative min_delta acts as its absolute value."""
    return same(case, f"min_delta={case['min_delta']} and {-case['min_delta']} are the same")
