"""What ReduceLROnPlateau looks at: which values are improvements, and what does not matter."""

import math
from collections.abc import Callable
from dataclasses import replace

from ...callbacks import defaults
from ...editing import configured, each_epoch, each_monitored
from ...numbers import FLOAT32_MAX
from ...scenario import Epoch, Scenario
from ...values import Logs, Value, each_number, only
from ..calculation import OpenError, in_any_precision, is_exactly, less, less_in_any_precision, open_nowhere
from ..clause import Case, Expectations, clause
from ..monitoring import is_number, scalar_stream
from ..rates import ALL_BUT_LOGGED, EVERYTHING, LOG_KEYS, agree, alike, rates, side_by_side
from .stream import (
    CALLBACK,
    DOCS,
    OBSERVED,
    RATE,
    Settings,
    expected_epochs,
    has_numbers,
    known_direction,
    monitored,
    monitored_metric,
    settings,
    values_of,
)

# ---------------------------------------------------------------------------------------------- improvement


@clause(
    "reduce-lr-on-plateau/improvement/resets-the-count",
    level="documented", source=f"follows from {DOCS} (second paragraph, patience)", observes=RATE,
)  # fmt: skip
def resets_the_count(case: Case) -> Expectations:
    """In a first fit the rate is lowered only at the end of a monitored epoch, the patience-th or a later one; and neither at the
    end of an epoch with a new optimum nor at the ends of the patience - 1 monitored epochs after it. An optimum is a finite
    number that is better by more than min_delta than all values before it but NaN, however one calculates. (Ordinary settings, a
    known direction.)"""
    s = settings(case)
    if s is None:
        return
    values = monitored(case, 0, s.monitor)
    for epoch, before, after in rates(case, 0):
        if not after < before or not scalar_stream(values):
            continue
        why = f"a fall from {before!r} needs {s.patience} monitored epochs in a row without an improvement"
        seen = [value for value in values[: epoch.index + 1] if isinstance(value, float)]
        enough = values[epoch.index] is not None and len(seen) >= s.patience
        yield epoch.expects_that(enough, f"{before!r}", got=after, because=f"{why}, and there were not as many")
        for place in range(len(seen) - s.patience, len(seen)):
            numbers = [value for value in seen[:place] if not math.isnan(value)]
            best = f"better than {numbers} before it" if numbers else "the first number"
            why_not = f"{why}, but {seen[place]!r} is {best}"
            yield epoch.expects_that(not _optimum(s, seen[place], numbers), f"{before!r}", got=after, because=why_not)


def _optimum(s: Settings, value: float, before: list[float]) -> bool:
    """Whether the value is certainly better than all these."""
    try:
        improves = all(less_in_any_precision(s.sign * value, s.sign * than, s.min_delta) for than in before)
    except OpenError:
        return False
    return improves and math.isfinite(value)


@clause(
    "reduce-lr-on-plateau/min-delta/counts-every-larger-change",
    level="documented", source=f"{DOCS} (min_delta)", observes=RATE,
)  # fmt: skip
def counts_every_larger_change(case: Case) -> Expectations:
    """A value that is better than the best by more than min_delta is an improvement, and one that is not is none, also where
    float32 cannot tell the two apart. (Where float64 can, added to the one or subtracted from the other, and nothing is better by
    exactly min_delta; ordinary settings, a known direction, a first fit whose first value is finite.)"""
    matters = False

    def better(value: float, than: float, delta: float) -> bool:
        nonlocal matters
        try:
            return less_in_any_precision(value, than, delta)
        except OpenError:
            answer = less(value, than, delta)
            matters = True
            return answer

    for e, epoch in expected_epochs(case, better):
        seen = epoch.seen.learning_rate
        if matters:
            yield epoch.expects_that(e.met(only(seen)), f"learning_rate={e.after[0]!r}", got=seen, because=e.why)


@clause(
    "reduce-lr-on-plateau/min-delta/an-equal-change-is-no-improvement",
    level="observed", source=OBSERVED, observes=RATE,
)  # fmt: skip
def an_equal_change_is_no_improvement(case: Case) -> Expectations:
    """A value that is better than the best by exactly min_delta, however one calculates, is no improvement. (Ordinary settings, a
    known direction, a first fit whose first value is finite.)"""
    matters = False

    def better(value: float, than: float, delta: float) -> bool:
        nonlocal matters
        try:
            return less_in_any_precision(value, than, delta)
        except OpenError:
            if not is_exactly(value, than, delta) or in_any_precision(value, than, delta):
                raise
            matters = True
            return False

    for e, epoch in expected_epochs(case, better):
        seen = epoch.seen.learning_rate
        if matters:
            yield epoch.expects_that(e.met(only(seen)), f"learning_rate={e.after[0]!r}", got=seen, because=e.why)


@clause(
    "reduce-lr-on-plateau/errors/no-finite-value-makes-training-fail",
    level="observed", source="observed: keras 3.15.1 on NumPy, tf-keras 2.21.0", errors=True,
    choices={"reduce-lr-on-plateau/precision": ("float32", "float32-jax", "float64")},
)  # fmt: skip
def accepts_every_finite_value(case: Case) -> Expectations:
    """Where all values of the monitored metric are finite single numbers, nothing raises, also where they lie beyond the range of
    float32. (Mode is min or max, numeric arguments are finite numbers, and there is one learning rate that can be set.)"""
    if not has_numbers(case) or not math.isfinite(case["min_delta"]) or case["mode"] not in ("min", "max"):
        return
    values = values_of(case.scenario, case["monitor"])
    if not all(isinstance(value, float) and math.isfinite(value) for value in values):
        return
    if not any(abs(value) > FLOAT32_MAX for value in values if isinstance(value, float)):
        return
    for fit, _, seen in case.fits():
        so_far = [value for value in monitored(case, fit, case["monitor"]) if value is not None]
        yield case.at(fit, seen.epochs_run - 1).expects_that(
            seen.error is None,
            "no exception",
            got="none" if seen.error is None else seen.error.type,
            because=f"all values of {case['monitor']} are finite: {so_far}",
        )


@clause(
    "reduce-lr-on-plateau/min-delta/is-a-difference-not-a-ratio",
    level="observed", source=OBSERVED, observes=RATE, related=lambda scenario: _shifted(scenario),
)  # fmt: skip
def min_delta_is_absolute(case: Case) -> Expectations:
    """Adding the same number to all values changes nothing. (Where this is exact.)"""
    return agree(side_by_side(case), ALL_BUT_LOGGED, "all values are greater by 1024 there, and min_delta is absolute")


def _shifted(scenario: Scenario) -> Scenario | None:
    """The values raised by 1024, if all are multiples of 1/256 up to 1024 and min_delta is one or too small to matter."""
    monitor = monitored_metric(scenario)
    delta = scenario.config.get("min_delta", defaults(CALLBACK)["min_delta"])

    def fits(value: object) -> bool:
        return isinstance(value, float) and abs(value) <= 1024.0 and (value * 256.0).is_integer()

    values = values_of(scenario, monitor)
    if monitor is None or "epsilon" in scenario.config or not values or not all(fits(value) for value in values):
        return None
    if not fits(delta) and not (is_number(delta) and 0.0 <= delta <= 1 / 512):
        return None
    return each_monitored(scenario, lambda _, value: each_number(value, lambda x: x + 1024.0))


@clause(
    "reduce-lr-on-plateau/min-delta/is-in-the-unit-of-the-metric",
    level="observed", source=OBSERVED, observes=RATE, related=lambda scenario: _doubled(scenario),
    choices={"reduce-lr-on-plateau/threshold": "absolute"},
)  # fmt: skip
def min_delta_scales_with_the_values(case: Case) -> Expectations:
    """Doubling all values and min_delta changes nothing. (Far from the ends of the range, where this is exact; and where the
    monitor is no rate that the callback itself logs.)"""
    return agree(side_by_side(case), ALL_BUT_LOGGED, "values and min_delta are doubled there")


def _doubled(scenario: Scenario) -> Scenario | None:
    monitor = monitored_metric(scenario)
    delta = scenario.config.get("min_delta", defaults(CALLBACK)["min_delta"])

    def fits(value: object) -> bool:
        return isinstance(value, float) and (value == 0.0 or 1e-12 <= abs(value) <= 1e12 or not math.isfinite(value))

    values = values_of(scenario, monitor)
    if (
        monitor is None
        or "epsilon" in scenario.config
        or not values
        or not all(fits(value) for value in [*values, delta])
    ):
        return None
    return each_monitored(
        configured(scenario, min_delta=delta * 2.0), lambda _, value: each_number(value, lambda x: x * 2.0)
    )


@clause(
    "reduce-lr-on-plateau/min-delta/its-sign-does-not-matter",
    level="observed", source="observed: keras 3.15.1", observes=RATE,
    choices={"reduce-lr-on-plateau/min-delta-sign": "absolute"}, related=lambda scenario: _negated_delta(scenario),
)  # fmt: skip
def sign_is_ignored(case: Case) -> Expectations:
    """A min_delta with the other sign does the same."""
    return agree(side_by_side(case), EVERYTHING, f"only the sign of min_delta={case['min_delta']!r} differs there")


def _negated_delta(scenario: Scenario) -> Scenario | None:
    delta = scenario.config.get("min_delta", defaults(CALLBACK)["min_delta"])
    return configured(scenario, min_delta=-delta) if is_number(delta) and delta else None


@clause(
    "reduce-lr-on-plateau/min-delta/negative-forgives",
    level="observed", source="observed: tf-keras 2.21.0", observes=RATE,
    choices={"reduce-lr-on-plateau/min-delta-sign": "as-given", "reduce-lr-on-plateau/reuse": "nothing"},
)  # fmt: skip
def negative_forgives(case: Case) -> Expectations:
    """With a negative min_delta, the rate is not lowered in a fit whose values are finite and never worse than an earlier one by
    as much, however one calculates. (Settings that are ordinary but for min_delta, and a known direction.)"""
    s = settings(replace(case, scenario=configured(case.scenario, min_delta=0.0)))
    forgiven = case["min_delta"]
    if s is None or not is_number(forgiven) or not -math.inf < forgiven < 0.0:
        return
    for fit, _, _ in case.fits():
        values = [value for value in monitored(case, fit, s.monitor) if value is not None]
        numbers = [value for value in values if isinstance(value, float) and math.isfinite(value)]
        if len(numbers) < len(values) or len(numbers) < 2 or not _forgiven(s, numbers, forgiven):
            continue
        why = f"none of {numbers} is worse than one before it by {-forgiven!r}"
        for epoch, before, after in rates(case, fit):
            yield epoch.expects_that(not after < before, f"{before!r}", got=after, because=why)


def _forgiven(s: Settings, values: list[float], min_delta: float) -> bool:
    """Whether certainly no value is worse than one before it by so much that it is no improvement."""
    pairs = ((s.sign * value, s.sign * earlier) for i, value in enumerate(values) for earlier in values[:i])
    try:
        return all(less_in_any_precision(value, earlier, min_delta) for value, earlier in pairs)
    except OpenError:
        return False


# ---------------------------------------------------------------------------------------------- what is looked at


@clause(
    "reduce-lr-on-plateau/monitor/missing-metric-is-skipped",
    level="observed",
    source=OBSERVED,
    observes=RATE,
    related=lambda scenario: _with_gaps(scenario),
)
def missing_metric_is_skipped(case: Case) -> Expectations:
    """An epoch without the metric counts for nothing, neither for patience nor for the cooldown: the other epochs go on as if it
    had not been. (The monitor is neither learning_rate nor lr.)"""
    beside = (epoch.seen for epoch in case.beside().epochs() if epoch.index % 2 == 0)
    why = f"after every epoch there is one without {case['monitor']} there, which counts for nothing"
    return agree(zip(case.epochs(), beside, strict=False), EVERYTHING, why)


def _with_gaps(scenario: Scenario) -> Scenario | None:
    """The scenario with an epoch without any metric after each."""
    if monitored_metric(scenario) is None or any(epoch.stop for fit in scenario.fits for epoch in fit.epochs):
        return None
    gap = Epoch()
    fits = (replace(fit, epochs=tuple(e for epoch in fit.epochs for e in (epoch, gap))) for fit in scenario.fits)
    return replace(scenario, fits=tuple(fits))


@clause(
    "reduce-lr-on-plateau/monitor/warns-where-the-metric-is-missing",
    level="observed", source=OBSERVED, observes=("warned",), choices={"training/warnings": "given"},
)  # fmt: skip
def missing_metric_warns(case: Case) -> Expectations:
    """At the end of an epoch without the metric one warning is issued that says so, and at that of any other none. (The monitor
    is neither learning_rate nor lr; a warning that is repeated may be shown only once.)"""
    monitor = case["monitor"]
    if not isinstance(monitor, str) or monitor in LOG_KEYS:
        return
    for epoch in case.epochs():
        missing = monitor not in epoch.shown.logs
        warned = ("missing-metric",) if missing else ()
        yield epoch.expects_that(
            epoch.seen.warned == warned,
            f"warnings {warned}",
            got=epoch.seen.warned,
            because=f"{monitor} is {'missing' if missing else 'in the logs'}",
        )


@clause(
    "reduce-lr-on-plateau/monitor/only-the-metric-matters",
    level="universal", source=f"follows from {DOCS} (monitor)", observes=RATE, related=lambda scenario: _other_metrics(scenario),
)  # fmt: skip
def nothing_else_matters(case: Case) -> Expectations:
    """The values of other metrics and the batches' logs do not matter."""
    return agree(
        side_by_side(case), ALL_BUT_LOGGED, f"only other metrics than {case['monitor']} and batches differ there"
    )


def _other_metrics(scenario: Scenario) -> Scenario | None:
    monitor = monitored_metric(scenario)

    def changed(epoch: Epoch) -> Epoch:
        logs: Logs = {name: value if name == monitor else math.nan for name, value in epoch.logs.items()}
        return replace(epoch, logs=logs, batches=None)

    others = any(epoch.batches or set(epoch.logs) - {monitor} for fit in scenario.fits for epoch in fit.epochs)
    return each_epoch(scenario, changed) if monitor is not None and others else None


def _compared_at(case: Case, place: Callable[[list[Value]], int | None]) -> Expectations:
    """The comparison at the place that is found in a fit's monitored values raises, if arrays and numbers up to there are such
    that nothing else can be the matter."""
    monitor = monitored_metric(case.scenario)
    if not has_numbers(case) or monitor is None or known_direction(case.scenario) is None:
        return
    for fit, shown, seen in case.fits():
        stream = [(index, epoch.logs[monitor]) for index, epoch in enumerate(shown.epochs) if monitor in epoch.logs]
        found = place([value for _, value in stream])
        if found is None or found >= len(stream) or any(epoch.stop for epoch in shown.epochs):
            continue
        so_far = [value for _, value in stream[: found + 1]]
        lengths = {len(_numbers(value)) for value in so_far if _is_several(value)}
        if len(lengths) == 1 and all(abs(number) < 1e30 for value in so_far for number in _numbers(value)):
            index, value = stream[found]
            raised = seen.error
            yield case.at(fit, index).expects_that(
                raised is not None and (raised.hook, seen.epochs_run) == ("epoch_end", index + 1),
                "an exception at the epoch's end",
                got="nothing raised" if raised is None else f"{raised.type} in epoch {seen.epochs_run}",
                because=f"{monitor}={value!r} or the best before it is an array",
            )


def _numbers(value: Value) -> tuple[float, ...]:
    return value if isinstance(value, tuple) else (value,)


def _is_several(value: Value) -> bool:
    return len(_numbers(value)) > 1


@clause("reduce-lr-on-plateau/monitor/an-array-has-no-order", level="observed", source=OBSERVED, errors=True)
def an_array_has_no_order(case: Case) -> Expectations:
    """The first array of several numbers that is monitored after a number of the same fit cannot be compared: the epoch's end
    raises. (A known direction, and numeric arguments that are numbers.)"""

    def after_a_number(values: list[Value]) -> int | None:
        several = [place for place, value in enumerate(values) if _is_several(value)]
        return several[0] if several and several[0] > 0 else None

    return _compared_at(case, after_a_number)


@clause(
    "reduce-lr-on-plateau/monitor/a-first-array-is-accepted",
    level="observed", source="observed: keras 3.15.1", errors=True,
    choices={"reduce-lr-on-plateau/first-value": "accepted", "reduce-lr-on-plateau/reuse": "nothing"},
)  # fmt: skip
def a_first_array_is_accepted(case: Case) -> Expectations:
    """An array of several numbers that is the first monitored value of a fit is accepted; the next value, which is compared with
    it, makes the epoch's end raise. (A known direction, and numeric arguments that are numbers.)"""
    return _compared_at(case, lambda values: 1 if values and _is_several(values[0]) else None)


def _elements(scenario: Scenario) -> Scenario | None:
    """Arrays of one element as that element; None where there are none."""
    if not any(
        isinstance(value, tuple) and len(value) == 1 for value in values_of(scenario, monitored_metric(scenario))
    ):
        return None
    return each_monitored(
        scenario, lambda _, value: value[0] if isinstance(value, tuple) and len(value) == 1 else value
    )


def _no_rounding_matters(case: Case) -> bool:
    """Whether it makes no difference to a comparison that an array stays float64 and that only a plain number is refused where it
    is beyond the range of float32."""
    s, values = settings(case), values_of(case.scenario, monitored_metric(case.scenario))
    if s is None or not all(isinstance(value, float | tuple) for value in values):
        return False
    shown = [number for value in values for number in _numbers(value)]
    small = all(math.isinf(number) or not abs(number) > 1e30 for number in shown)
    return small and open_nowhere(shown, s.min_delta, s.sign)


@clause(
    "reduce-lr-on-plateau/monitor/an-array-of-one-element-is-a-number",
    level="observed", source=OBSERVED, errors=True, related=_elements,
)  # fmt: skip
def one_element(case: Case) -> Expectations:
    """A metric that is an array of one element is compared as that element. (Ordinary settings, a known direction, and values of
    which float32 and float64 say the same: an array stays float64 where a number does not.)"""
    if _no_rounding_matters(case):
        yield from alike(case, f"{case['monitor']} has one element")
