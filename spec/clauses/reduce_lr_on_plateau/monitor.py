"""What ReduceLROnPlateau looks at: which values are improvements, and what does not matter."""

import math
from dataclasses import replace
from fractions import Fraction

from ...callbacks import defaults
from ...editing import configured, each_epoch, each_monitored
from ...numbers import FLOAT32_MAX, PRECISIONS
from ...scenario import Epoch, Scenario
from ...values import Logs, each_number
from ..clause import Case, Expectations, clause
from ..monitoring import is_number, scalar_stream
from ..rates import ALL_BUT_LOGGED, EVERYTHING, LOG_KEYS, agree, rates, same, side_by_side
from .stream import (
    BASE,
    CALLBACK,
    DOCS,
    OBSERVED,
    RATE,
    compares,
    monitored,
    monitored_metric,
    plan,
    settings,
    values_of,
)

# ---------------------------------------------------------------------------------------------- improvement


@clause(
    "reduce-lr-on-plateau/improvement/resets-the-count",
    level="documented", source=f"{DOCS} (second sentence, patience)", observes=RATE,
)  # fmt: skip
def resets_the_count(case: Case) -> Expectations:
    """The rate is never lowered within patience monitored epochs of a new optimum, which is a number better by more than
    min_delta than all numbers before it in the fit."""
    s = settings(case)
    found = None if s is None else compares(case, s)
    if s is None or found is None or s.monitor in LOG_KEYS:
        return
    for fit, _, _ in case.fits():
        values = monitored(case, fit, s.monitor)
        if not scalar_stream(values):
            return
        for epoch, before, after in rates(case):
            if epoch.fit != fit or not after < before:
                continue
            why = f"a fall from {before!r} needs {s.need} monitored epochs in a row without an improvement"
            seen = [value for value in values[: epoch.index + 1] if isinstance(value, float)]
            enough = values[epoch.index] is not None and len(seen) >= s.need
            yield epoch.expects_that(enough, f"{before!r}", got=after, because=f"{why}, and there were not as many")
            for place in range(len(seen) - s.need, len(seen)):
                numbers = [value for value in seen[:place] if not math.isnan(value)]
                best = f"better than {numbers} before it" if numbers else "the first number"
                try:
                    optimum = all(found.better(seen[place], than) for than in [found.worst, *numbers])
                except ValueError:
                    return
                yield epoch.expects_that(
                    not optimum, f"{before!r}", got=after, because=f"{why}, but {seen[place]!r} is {best}"
                )


class _Ambiguous(Exception):
    """Two values whose difference is min_delta on paper or by one way of calculating, and not by another."""


@clause(
    "reduce-lr-on-plateau/min-delta/counts-every-larger-change",
    level="documented", source=f"{DOCS} (min_delta); {BASE} (min_delta)", observes=RATE,
)  # fmt: skip
def counts_every_larger_change(case: Case) -> Expectations:
    """A finite value that is better than the best by more than min_delta is an improvement, and one that is not is none,
    however small the difference: also where float32 cannot tell the two apart."""
    s = settings(case)
    found = None if s is None else compares(case, s)
    if s is None or found is None or not 0.0 <= s.min_delta < math.inf or s.factor >= 1.0:
        return
    way = -1.0 if found.worst < 0.0 else 1.0
    seen = PRECISIONS["float32-tensorflow"]
    matters = False

    def better(value: float, than: float) -> bool:
        nonlocal matters
        moved, mark = way * value, way * than
        answers = {moved + s.min_delta < mark, moved < mark - s.min_delta}
        if math.isfinite(value) and math.isfinite(than):
            answers.add(Fraction(moved) + Fraction(s.min_delta) < Fraction(mark))
        if len(answers) > 1:
            raise _Ambiguous
        answer = answers.pop()
        try:
            matters = matters or (seen(moved + s.min_delta) < seen(mark)) is not answer
        except ValueError:
            matters = True
        return answer

    try:
        in_float64 = case.dialect.replace("float64", **{"reduce-lr-on-plateau/precision": "float64"})
        expected = plan(replace(case, dialect=in_float64), s, better)
    except _Ambiguous:
        return
    if expected is None or not matters:
        return
    for e, epoch in zip(expected.epochs, case.epochs(), strict=False):
        seen_rate = epoch.seen.learning_rate
        yield epoch.expects_that(same(seen_rate, e.after), f"learning_rate={e.after!r}", got=seen_rate, because=e.why)


@clause(
    "reduce-lr-on-plateau/errors/no-finite-value-makes-training-fail",
    level="documented", source=f"{DOCS} (monitor: a quantity, without a bound)", errors=True,
)  # fmt: skip
def accepts_every_finite_value(case: Case) -> Expectations:
    """No finite value of the monitored metric raises an exception, also where float32 has no number for it."""
    s = settings(case)
    if s is None or case["mode"] not in ("min", "max") or case.trace.rejected or not math.isfinite(s.min_delta):
        return
    values = values_of(case.scenario, s.monitor)
    if not all(isinstance(value, float) and math.isfinite(value) for value in values):
        return
    if not any(abs(value) > FLOAT32_MAX for value in values if isinstance(value, float)):
        return
    for fit, _, seen in case.fits():
        so_far = [value for value in monitored(case, fit, s.monitor) if value is not None]
        yield case.at(fit, seen.epochs_run - 1).expects_that(
            seen.error is None,
            "no exception",
            got="none" if seen.error is None else seen.error.type,
            because=f"all values of {s.monitor} are finite: {so_far}",
        )


@clause(
    "reduce-lr-on-plateau/min-delta/is-a-difference-not-a-ratio",
    level="documented", source=f"{BASE} (min_delta: an absolute change)", observes=RATE,
    related=lambda scenario: _shifted(scenario),
)  # fmt: skip
def min_delta_is_absolute(case: Case) -> Expectations:
    """Adding the same number to all values changes nothing (values and number small enough for this to be exact)."""
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
    level="universal", source=f"{DOCS} (min_delta)", observes=RATE, related=lambda scenario: _doubled(scenario),
)  # fmt: skip
def min_delta_scales_with_the_values(case: Case) -> Expectations:
    """Doubling all values and min_delta changes nothing (far from the ends of the range, where this is exact)."""
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
    choices={"reduce-lr-on-plateau/min-delta-sign": "as-given"},
)  # fmt: skip
def negative_forgives(case: Case) -> Expectations:
    """With a negative min_delta, values that are never worse than an earlier one by as much never lower the rate."""
    s = settings(case)
    found = None if s is None else compares(case, s)
    if s is None or found is None or s.monitor in LOG_KEYS or not s.min_delta < 0.0:
        return
    for fit, _, _ in case.fits():
        values = [value for value in monitored(case, fit, s.monitor) if value is not None]
        numbers = [value for value in values if isinstance(value, float)]
        try:
            earlier = all(found.better(value, than) for i, value in enumerate(numbers) for than in numbers[:i])
            forgiven = earlier and all(found.better(value, found.worst) for value in numbers)
        except ValueError:
            return
        if len(numbers) < len(values) or len(numbers) < 2 or not forgiven:
            continue
        why = f"none of {numbers} is worse than one before it by {-s.min_delta!r}"
        for epoch, before, after in rates(case):
            if epoch.fit == fit:
                yield epoch.expects_that(not after < before, f"{before!r}", got=after, because=why)


# ---------------------------------------------------------------------------------------------- what is looked at


@clause(
    "reduce-lr-on-plateau/monitor/missing-metric-is-skipped",
    level="observed",
    source=OBSERVED,
    observes=RATE,
    related=lambda scenario: _with_gaps(scenario),
)
def missing_metric_is_skipped(case: Case) -> Expectations:
    """An epoch without the metric counts for nothing, neither for patience nor for the cooldown: the other epochs go on as
    if it had not been."""
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
    level="observed", source=OBSERVED, observes=("warned",),
)  # fmt: skip
def missing_metric_warns(case: Case) -> Expectations:
    """An epoch without the metric gives one warning that says so; no other epoch warns."""
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
    level="universal", source=f"{DOCS} (monitor)", observes=RATE, related=lambda scenario: _other_metrics(scenario),
)  # fmt: skip
def nothing_else_matters(case: Case) -> Expectations:
    """Other metrics and the batches' logs do not matter."""
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


@clause(
    "reduce-lr-on-plateau/monitor/an-array-has-no-order",
    level="observed", source=OBSERVED, errors=True,
)  # fmt: skip
def an_array_has_no_order(case: Case) -> Expectations:
    """The first array of several numbers that has to be compared raises ValueError; in every fit."""
    s = settings(case)
    found = None if s is None or s.factor >= 1.0 else compares(case, s)
    if s is None or found is None or s.monitor in LOG_KEYS:
        return
    for fit, shown, seen in case.fits():
        stream = [(index, epoch.logs[s.monitor]) for index, epoch in enumerate(shown.epochs) if s.monitor in epoch.logs]
        several = [place for place, (_, value) in enumerate(stream) if isinstance(value, tuple) and len(value) > 1]
        if any(epoch.stop for epoch in shown.epochs) or not several:
            continue
        # the first value of all is compared with nothing where it is accepted, and then the second one with it
        place = max(several[0], 1) if found.accepts_first else several[0]
        if place >= len(stream):
            continue
        so_far = [value for _, value in stream[: place + 1]]
        lengths = {len(value) for value in so_far if isinstance(value, tuple) and len(value) > 1}
        numbers = [number for value in so_far for number in (value if isinstance(value, tuple) else (value,))]
        if len(lengths) > 1 or not all(abs(number) < 1e30 for number in numbers):
            return
        index, value = stream[place]
        raised = seen.error
        yield case.at(fit, index).expects_that(
            raised is not None and (raised.type, seen.epochs_run) == ("ValueError", index + 1),
            "ValueError",
            got="nothing raised" if raised is None else f"{raised.type} in epoch {seen.epochs_run}",
            because=f"{s.monitor}={value!r} or the best before it is an array",
        )
