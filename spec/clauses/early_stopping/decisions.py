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
from functools import partial
from itertools import pairwise

from ...editing import configured, each_monitored
from ...numbers import FLOAT32_MAX
from ...scenario import Scenario
from ...values import each_number
from ..clause import Case, Expectations, clause
from ..monitoring import is_number
from .shared import (
    BOTH,
    DOCUMENTATION,
    INFERRED,
    NOT_AS_GIVEN,
    NOT_DISABLING,
    exact_sums,
    given_way,
    however_calculated,
    monitored_first,
    ordinary,
    plain,
    plain_numbers,
    sign_of,
    stopped_by_others_before,
    stops_as_predicted,
    stops_at,
)
from .stream import (
    Monitored,
    monitored,
    number,
    plain_anchor,
    plain_first,
    plain_start,
    positions,
    predict,
)


def _gains(values: Sequence[float], sign: float) -> Iterator[Fraction | None]:
    """By how much, exactly, each value is better than all before it; negative if it is not; None for the first."""
    best: Fraction | None = None
    for value in values:
        signed = Fraction(value) * int(sign)
        yield None if best is None else signed - best
        best = signed if best is None else max(best, signed)


# ---------------------------------------------------------------------------------------------- improvement


@clause("early-stopping/improvement/resets-the-count", level="universal", source=INFERRED, observes=("stop",))
def resets_the_count(case: Case) -> Expectations:
    """In a plain fit with mode min or max and without a baseline, a stop needs `patience` monitored epochs in a row since the
    last one that was better than all before it by more than min_delta; the first one counts as such. (Patience of at least 1;
    exact values.)"""
    epochs = monitored_first(case) if ordinary(case) and case["baseline"] is None and case["patience"] > 0 else ()
    delta = abs(case["min_delta"]) if epochs else 0.0
    values = [epoch.value for epoch in epochs]
    if not epochs or not exact_sums(values, delta):
        return
    better = [gain is None or gain > delta for gain in _gains(values, sign_of(case["mode"]))]
    place = {epoch.index: position for position, epoch in enumerate(epochs)}

    def why(here: int, last: int) -> str:
        return (
            f"{case['monitor']}={values[last]} in epoch {epochs[last].number} beat all before by more than min_delta={delta}, "
            f"only {here - last} epochs ago, and patience={case['patience']}"
        )

    for epoch in case.epochs(0):
        if epoch.index in place:
            here = place[epoch.index]
            last = max(position for position in range(here + 1) if better[position])
            early = epoch.stopped and here - last < case["patience"]
            yield epoch.expects_that(not early, "no stop", got="a stop", because=partial(why, here, last))


@clause(
    "early-stopping/improvement/the-first-value-is-one",
    level="observed",
    source="observed: keras 3.15.1",
    observes=("stop",),
    choices={"early-stopping/first-value": "accepted", "early-stopping/exact-change": "is-none"},
)
def first_value_improves(case: Case) -> Expectations:
    """In a plain fit without a baseline, the first monitored value counts as an improvement even if it is NaN or the worst
    infinity. Nothing improves on a NaN: training stops `patience` monitored epochs after it, at the next one if patience is below
    1. (A whole patience.)"""
    way = given_way(case)
    prediction = predict(case, way)
    if way is None or prediction is None or case["baseline"] is not None or not plain_start(case):
        return
    if not plain_first(case, way, prediction.monitored) and plain_anchor(case, way, prediction.monitored):
        yield from stops_as_predicted(case, prediction)


@clause("early-stopping/improvement/a-later-nan-is-none", level="observed", source=BOTH, observes=("stop",))
def later_nan(case: Case) -> Expectations:
    """In a plain fit without a baseline, a NaN after the first value is no improvement and hides none: its epoch counts towards
    patience like any other without an improvement, and the next value is compared with the best before the NaN. (Plain
    values.)"""
    prediction = plain(case, given_way(case)) if case["baseline"] is None else None
    if prediction is not None and any(math.isnan(epoch.value) for epoch in prediction.monitored):
        yield from stops_as_predicted(case, prediction)


@clause(
    "early-stopping/improvement/is-on-the-last-improvement",
    level="observed",
    source=BOTH,
    observes=("stop",),
    choices={"early-stopping/anchor": "last-significant-improvement", "early-stopping/exact-change": "is-none"},
)
def compared_with_the_last_improvement(case: Case) -> Expectations:
    """In a plain fit without a baseline, a value improves if it is better by more than min_delta, in the dialect's precision,
    than the last one that did, even if one in between was better by less than that. (A first value that is neither NaN nor the
    worst infinity.)"""
    way = given_way(case)
    prediction = predict(case, way)
    if way is None or prediction is None or case["baseline"] is not None or not plain_start(case):
        return
    if plain_first(case, way, prediction.monitored) and not plain_anchor(case, way, prediction.monitored):
        yield from stops_as_predicted(case, prediction)


# ---------------------------------------------------------------------------------------------- patience


@clause(
    "early-stopping/patience/stops-after-patience-epochs",
    level="documented",
    source=f"{DOCUMENTATION} (patience)",
    observes=("stop",),
)
def stops_after_patience_epochs(case: Case) -> Expectations:
    """In a plain fit without a baseline, training stops at the first monitored epoch that brings no improvement by more than
    min_delta and is at least the `patience`-th such in a row, and at no other: with a patience of 0, the default, at the first
    without an improvement. (A whole patience of 0 or more; plain values that are plain numbers; a finite min_delta; and of every
    two of the values it is the same, however one calculates, whether the later one is better by more than min_delta.)"""
    if case["baseline"] is None and isinstance(case["patience"], int) and case["patience"] >= 0:
        prediction = plain(case, given_way(case))
        if prediction is not None and however_calculated(case, prediction.monitored):
            yield from stops_as_predicted(case, prediction)


@clause(
    "early-stopping/min-delta/the-precision-decides-what-is-close", level="observed", source=BOTH, observes=("stop",)
)
def precision_decides(case: Case) -> Expectations:
    """In a plain fit without a baseline, where it depends on the way of calculating whether a value is better by more than
    min_delta, the dialect's precision decides, with min_delta added to the value or taken from it: two losses that float32
    cannot tell apart are equal where it is float32. (Plain values; a finite min_delta.)"""
    prediction = plain(case, given_way(case)) if case["baseline"] is None else None
    if prediction is not None and not however_calculated(case, prediction.monitored):
        yield from stops_as_predicted(case, prediction)


@clause(
    "early-stopping/patience/ends-a-run-without-progress", level="universal", source=INFERRED, observes=("stop",),
    choices={"early-stopping/min-delta-sign": NOT_AS_GIVEN, "early-stopping/patience-zero": NOT_DISABLING},
)  # fmt: skip
def ends_a_run_without_progress(case: Case) -> Expectations:
    """Training ends at the latest with the `patience`-th monitored epoch in a row, the first if patience is 0 or less, that is
    not better by any amount than all before it in the fit. (Mode min or max; a whole patience; finite values; no start_from_epoch
    where initial_epoch is not 0.)"""
    if not ordinary(case):
        return
    patience = max(case["patience"], 1)

    def why(idle: int, since: Monitored) -> str:
        return (
            f"{idle} monitored epochs have not improved at all on {case['monitor']}={since.value} of epoch {since.number}, "
            f"and patience={case['patience']}"
        )

    for fit, shown, seen in case.fits():
        epochs = [epoch for epoch in monitored(case, shown) or () if epoch.index < seen.epochs_run]
        if not plain_start(case, fit) or not all(math.isfinite(epoch.value) for epoch in epochs):
            continue
        last = 0
        for position, gain in enumerate(_gains([epoch.value for epoch in epochs], sign_of(case["mode"]))):
            last = position if gain is None or gain > 0 else last
            here, idle = epochs[position].index, position - last
            yield case.at(fit, here).expects_that(
                idle <= patience or bool(seen.epochs[here].stop),
                "a stop, here or before",
                got="none",
                because=partial(why, idle, epochs[last]),
            )


@clause(
    "early-stopping/patience/a-stream-that-never-improves-runs-patience-epochs-more",
    level="documented",
    source=f"{DOCUMENTATION} (Example)",
    observes=("stop",),
)
def never_improves(case: Case) -> Expectations:
    """In a plain fit without a baseline, if the first monitored value is never improved on by any amount, training stops
    `patience` monitored epochs after it, at the next one if patience is 0. (A whole patience of 0 or more; plain numbers, finite
    and in the range of float32.)"""
    yield from _stops_after_the_first(
        case, lambda signed: max(signed) == signed[0], "no later value is better than the first"
    )


def _stops_after_the_first(case: Case, idle: Callable[[list[Fraction]], bool], why: str) -> Expectations:
    """A first fit stops `patience` epochs after the first monitored one, where these values are no improvements: `idle` is
    given them with more meaning better."""
    patience = case["patience"]
    if case["baseline"] is not None or not isinstance(patience, int) or patience < 0:
        return
    epochs = monitored_first(case)[: max(patience, 1) + 1]
    if len(epochs) <= max(patience, 1) or stopped_by_others_before(case, 0, epochs[-1].index):
        return
    values = [epoch.value for epoch in epochs]
    sign = int(sign_of(given_way(case)))
    in_range = all(abs(value) <= FLOAT32_MAX for value in (*values, case["min_delta"]))
    if in_range and plain_numbers(values) and idle([Fraction(value) * sign for value in values]):
        yield from stops_at(case, 0, epochs[-1], f"{why} ({case['monitor']}={values}), and patience={patience}")


def _more_patience(scenario: Scenario) -> Scenario | None:
    patience = scenario.config.get("patience", 0)
    return configured(scenario, patience=patience + 1) if isinstance(patience, int) else None


@clause(
    "early-stopping/patience/more-patience-never-stops-earlier",
    level="universal",
    source=INFERRED,
    observes=("stop",),
    related=_more_patience,
    choices={"early-stopping/patience-zero": NOT_DISABLING},
)
def more_patience(case: Case) -> Expectations:
    """With patience + 1 the first fit runs at least as many epochs."""
    if case.trace.fits and case.other.fits:
        run, other, patience = case.trace.fits[0].epochs_run, case.other.fits[0].epochs_run, case["patience"]
        yield case.at(0).expects_that(
            other >= run,
            f"at least {run} epochs with patience={patience + 1}",
            got=other,
            because=f"with patience={patience} there are {run}",
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
def less_than_one_is_one(case: Case) -> Expectations:
    """A patience below 1 acts as 1, whether it is 0, the default, negative or a fraction; a fraction above 1 acts as the next
    whole number: an epoch that improves does not stop, and epochs are whole."""
    yield from case.expects_the_same(f"patience={case['patience']} acts as {case.beside()['patience']}")


@clause(
    "early-stopping/patience/a-first-value-that-is-not-a-number-hides-nothing",
    level="documented",
    source=f"{INFERRED} (patience: epochs with no improvement)",
    observes=("stop",),
)
def nan_hides_nothing(case: Case) -> Expectations:
    """In a plain fit without a baseline whose first value is NaN, if every later one, as logged in float64, is better than the
    one before it by more than min_delta, whether that is added to the one or taken from the other, training never stops. (A whole
    patience of at least 2: the NaN itself is no improvement; finite values after it.)"""
    if isinstance(case["patience"], int) and case["patience"] >= 2:
        yield from _never_stops(case, after_nan=True)


# ---------------------------------------------------------------------------------------------- min_delta


def _never_stops(case: Case, after_nan: bool) -> Expectations:
    """A first fit, in which each value is better than the one before by more than min_delta, in float64 on either side, goes on;
    `after_nan`: where its first value is NaN."""
    delta, sign = abs(case["min_delta"]) if is_number(case["min_delta"]) else math.inf, sign_of(given_way(case))
    epochs = monitored_first(case)
    values = [epoch.value for epoch in epochs]
    if case["baseline"] is not None or not values or math.isnan(values[0]) != after_nan:
        return
    finite = values[after_nan:]
    if len(finite) < 2 or not all(math.isfinite(value) for value in (*finite, delta)):
        return
    if not all(
        sign * value - delta > sign * before and sign * value > sign * before + delta
        for before, value in pairwise(finite)
    ):
        return
    why = f"every epoch improves {case['monitor']} by more than min_delta={case['min_delta']}: {finite}"
    for epoch in case.epochs(0):
        yield epoch.expects_that(not epoch.stopped, "no stop", got="a stop", because=why)


@clause(
    "early-stopping/min-delta/a-larger-change-is-an-improvement",
    level="documented",
    source=f"{DOCUMENTATION} (min_delta)",
    observes=("stop",),
)
def larger_change(case: Case) -> Expectations:
    """In a plain fit without a baseline, if every value, as logged in float64, is better than the one before it by more than
    min_delta, whether that is added to the one or taken from the other, training never stops. (Finite values.)"""
    yield from _never_stops(case, after_nan=False)


@clause(
    "early-stopping/min-delta/a-smaller-change-is-no-improvement",
    level="documented",
    source=f"{DOCUMENTATION} (min_delta)",
    observes=("stop",),
)
def smaller_change(case: Case) -> Expectations:
    """In a plain fit without a baseline and with a min_delta that is not 0, if no value is better than any before it by min_delta
    or more, however one calculates, training stops `patience` monitored epochs after the first, at the next one if patience is 0.
    (A whole patience of 0 or more; plain numbers, finite and in the range of float32.)"""
    delta = case["min_delta"]
    way = given_way(case)
    if way is None or not is_number(delta) or not math.isfinite(delta) or delta == 0.0:
        return
    if not however_calculated(case, monitored_first(case)):
        return
    limit = abs(Fraction(delta))

    def idle(signed: list[Fraction]) -> bool:
        # Against the worst before, not the best: which of them a callback compares with is not said.
        return all(signed[place] - min(signed[:place]) < limit for place in range(1, len(signed)))

    yield from _stops_after_the_first(case, idle, f"no value is better than one before by min_delta={delta}")


@clause(
    "early-stopping/min-delta/an-equal-change-is-no-improvement",
    level="observed",
    source=BOTH,
    observes=("stop",),
    choices={"early-stopping/exact-change": "is-none"},
)
def equal_change(case: Case) -> Expectations:
    """In a plain fit without a baseline, a change of exactly min_delta is no improvement, nor is the same value again: where
    every later value equals the first or is better than it by exactly min_delta, training stops `patience` monitored epochs after
    the first, at the next one if patience is 0. (A whole patience of 0 or more; exact values.)"""
    delta = case["min_delta"]
    if not is_number(delta):
        return
    values = [epoch.value for epoch in monitored_first(case)]
    step = abs(delta)

    def idle(signed: list[Fraction]) -> bool:
        return exact_sums(values[: len(signed)], step) and set(signed) <= {signed[0], signed[0] + Fraction(step)}

    yield from _stops_after_the_first(case, idle, f"changes are exactly min_delta={delta}")


@clause(
    "early-stopping/min-delta/an-exact-change-is-an-improvement",
    level="documented",
    source=f"{DOCUMENTATION} (min_delta: the minimum change to qualify, less than which is none)",
    observes=("stop",),
)
def exact_change(case: Case) -> Expectations:
    """In a plain fit without a baseline and with a min_delta above 0, a stream in which every value is better than the one before
    by exactly min_delta never stops. (Exact values.)"""
    epochs = monitored_first(case)
    values = [epoch.value for epoch in epochs]
    if case["baseline"] is not None or len(values) < 2 or not exact_sums(values, case["min_delta"]):
        return
    step, sign = Fraction(case["min_delta"]), int(sign_of(given_way(case)))
    if step > 0 and all((Fraction(value) - Fraction(before)) * sign == step for before, value in pairwise(values)):
        why = f"every epoch improves {case['monitor']} by exactly min_delta={case['min_delta']}: {values}"
        for epoch in case.epochs(0):
            yield epoch.expects_that(not epoch.stopped, "no stop", got="a stop", because=why)


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
    source=f"{INFERRED} (min_delta: an absolute change)",
    errors=True,
    related=_scaled,
)
def is_absolute(case: Case) -> Expectations:
    """min_delta and baseline are in the unit of the metric: four times the values, min_delta and baseline change nothing. (Finite
    numbers other than 0 are between 1e-20 and 1e30 in size, far within the range of float32.)"""
    yield from case.expects_the_same("values, min_delta and baseline in another unit are the same training")


def _other_sign(scenario: Scenario) -> Scenario | None:
    delta = scenario.config.get("min_delta")
    return configured(scenario, min_delta=-delta) if is_number(delta) and delta else None


@clause(
    "early-stopping/min-delta/its-sign-does-not-matter",
    level="observed",
    source=BOTH,
    choices={"early-stopping/min-delta-sign": "absolute"},
    errors=True,
    related=_other_sign,
)
def sign_does_not_matter(case: Case) -> Expectations:
    """A negative min_delta acts as its absolute value."""
    yield from case.expects_the_same(f"min_delta={case['min_delta']} and {-case['min_delta']} are the same")
