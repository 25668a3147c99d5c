"""What ReduceLROnPlateau does: multiply the rate by `factor` when the monitored value has stopped improving.

Rules
- One closed form (`plateau.py`) predicts rate, lines, warnings, logs and errors of every epoch, one clause each, so that a
  failure says what is wrong. It reads the choices of the dialect.
- Promises of the documentation that Keras breaks stand in their promised form; the deviations are declared elsewhere.
- A *fall* is an epoch whose end lowered the rate: all that an observer sees of a reduction.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from ..configuration import defaults
from ..metrics import UP
from ..numbers import FLOAT32_MAX, PRECISIONS, float32
from ..scenario import Epoch, Fit, Logs, Scenario, Value
from .clause import HELD, NOT_EXERCISED, Case, EpochSeen, Failed, Outcome, clause
from .monitoring import is_number
from .plateau import Expected, Settings, compares, epsilon_counts, monitored, plan, reduced, settings
from .rates import (
    ALL_BUT_LOGGED,
    ALL_BUT_PRINTED,
    EVERYTHING,
    LOG_KEYS,
    agree,
    configured,
    each_epoch,
    first_fit_twice,
    later_by,
    log_key,
    other,
    other_verbosity,
    rates,
    same,
    second_time,
    side_by_side,
    silent,
    without,
)

CALLBACK = "ReduceLROnPlateau"
DOCS = "https://keras.io/api/callbacks/reduce_lr_on_plateau/"
BASE = "keras 3.15.1, the docstring of MonitorCallback, which the class inherits from"
SIGNATURE = f"{DOCS} (signature)"
OBSERVED = "observed: keras 3.15.1, tf-keras 2.21.0"
RATE = ("learning_rate",)
DECIDES_BY_METRIC = {"reduce-lr-on-plateau/direction": "compiled-metric"}


def _monitor(scenario: Scenario) -> str | None:
    """What is monitored, if that is a metric; None for the rate itself or for what is not a name."""
    monitor = scenario.config.get("monitor", "val_loss")
    return monitor if isinstance(monitor, str) and monitor not in LOG_KEYS else None


def _expected(case: Case) -> Iterator[tuple[Expected, EpochSeen]]:
    """Every epoch that can be predicted, with what is expected of it."""
    s = settings(case)
    found = None if s is None or s.factor >= 1.0 else plan(case, s)
    return iter(()) if found is None else zip(found.epochs, case.epochs(), strict=False)


def _falls(case: Case, fit: int) -> list[tuple[int, float, float]]:
    """The epochs of the fit whose end lowered the rate: index, rate before, rate after."""
    return [(epoch.index, old, new) for epoch, old, new in rates(case) if epoch.fit == fit and new < old]


def _factor_lowers(case: Case) -> bool:
    return is_number(case["factor"]) and is_number(case["min_lr"]) and 0.0 < case["factor"] < 1.0


# ---------------------------------------------------------------------------------------------- the rate


@clause(
    "reduce-lr-on-plateau/patience/reduces-after-patience-epochs",
    level="documented", source=f"{DOCS} (patience, factor, min_lr, cooldown)", observes=RATE,
)  # fmt: skip
def reduces_after_patience_epochs(case: Case) -> Outcome:
    """The rate becomes max(rate * factor, min_lr) at the end of an epoch exactly if that is the patience-th epoch in a row
    without an improvement, none of them in the cooldown, and the rate lies above min_lr."""
    outcome: Outcome = NOT_EXERCISED
    for e, epoch in _expected(case):
        outcome = HELD
        if not same(epoch.seen.learning_rate, e.after):
            return Failed(
                fit=e.fit,
                epoch=e.index,
                expected=f"learning_rate={e.after!r}",
                why=e.why(),
                got=f"{epoch.seen.learning_rate!r}",
            )
    return outcome


@clause("reduce-lr-on-plateau/factor/multiplies-the-rate", level="documented", source=f"{DOCS} (factor)", observes=RATE)
def multiplies_the_rate(case: Case) -> Outcome:
    """Whenever the rate changes, the new one is the old one times factor, or min_lr if that is more, as it is stored."""
    s = settings(case)
    outcome: Outcome = NOT_EXERCISED
    if s is None:
        return outcome
    for epoch, before, after in rates(case):
        if not same(before, after):
            outcome = HELD
            if not same(after, reduced(case, s, before)):
                why = f"{before!r} * factor={s.factor!r} is that, at least min_lr={s.min_lr!r}"
                return Failed(
                    fit=epoch.fit,
                    epoch=epoch.index,
                    expected=f"{reduced(case, s, before)!r}",
                    why=why,
                    got=f"{after!r}",
                )
    return outcome


@clause("reduce-lr-on-plateau/rate/never-rises", level="universal", source=f"{DOCS} (first sentence)", observes=RATE)
def never_rises(case: Case) -> Outcome:
    """With 0 <= factor < 1 and a rate that is not negative, no epoch's end raises the rate."""
    if not is_number(case["factor"]) or not 0.0 <= case["factor"] < 1.0:
        return NOT_EXERCISED
    outcome: Outcome = NOT_EXERCISED
    for epoch, before, after in rates(case):
        if before >= 0.0:
            outcome = HELD
            if after > before:
                why = f"the rate was that, and factor={case['factor']!r} is below one"
                return Failed(
                    fit=epoch.fit, epoch=epoch.index, expected=f"at most {before!r}", why=why, got=f"{after!r}"
                )
    return outcome


@clause("reduce-lr-on-plateau/min-lr/is-the-lower-bound", level="universal", source=f"{DOCS} (min_lr)", observes=RATE)
def is_the_lower_bound(case: Case) -> Outcome:
    """No reduction takes a finite rate below min_lr, as float64 or as stored, and one that is there already is not changed."""
    if not all(is_number(case[name]) and math.isfinite(case[name]) for name in ("min_lr", "factor")):
        return NOT_EXERCISED
    bound = min(case["min_lr"], float32(case["min_lr"]))
    outcome: Outcome = NOT_EXERCISED
    for epoch, before, after in rates(case):
        if math.isfinite(before):
            outcome = HELD
            if after != before and not after >= bound:
                why = f"min_lr={case['min_lr']!r} bounds the rate, which was {before!r}"
                return Failed(
                    fit=epoch.fit, epoch=epoch.index, expected=f"at least {bound!r}", why=why, got=f"{after!r}"
                )
            if after != before and before <= bound:
                why = f"the rate is at or below min_lr={case['min_lr']!r} already"
                return Failed(fit=epoch.fit, epoch=epoch.index, expected=f"{before!r}", why=why, got=f"{after!r}")
    return outcome


@clause(
    "reduce-lr-on-plateau/rate/changes-only-at-epoch-ends",
    level="observed", source=OBSERVED, observes=("learning_rate", "learning_rate_in_epoch"),
)  # fmt: skip
def changes_only_at_epoch_ends(case: Case) -> Outcome:
    """The rate in an epoch is the one that the end of the epoch before left behind."""
    for epoch, before, _ in rates(case):
        if not same(epoch.seen.learning_rate_in_epoch, before):
            why = "nothing changes the rate at an epoch's beginning"
            return Failed(
                fit=epoch.fit,
                epoch=epoch.index,
                expected=f"{before!r} in the epoch",
                why=why,
                got=f"{epoch.seen.learning_rate_in_epoch!r}",
            )
    return HELD


# ---------------------------------------------------------------------------------------------- improvement


@clause(
    "reduce-lr-on-plateau/improvement/resets-the-count",
    level="documented", source=f"{DOCS} (second sentence, patience)", observes=RATE,
)  # fmt: skip
def resets_the_count(case: Case) -> Outcome:
    """The rate is never lowered within patience monitored epochs of a new optimum, which is a number better by more than
    min_delta than all numbers before it in the fit."""
    s = settings(case)
    found = None if s is None else compares(case, s)
    if s is None or found is None or s.monitor in LOG_KEYS:
        return NOT_EXERCISED
    outcome: Outcome = NOT_EXERCISED
    for fit, _, _ in case.fits():
        values = monitored(case, fit, s.monitor)
        if any(isinstance(value, tuple) for value in values):
            return NOT_EXERCISED
        for index, before, after in _falls(case, fit):
            outcome = HELD
            seen = [value for value in values[: index + 1] if isinstance(value, float)]
            why = f"a fall from {before!r} needs {s.need} monitored epochs in a row without an improvement"
            if values[index] is None or len(seen) < s.need:
                return Failed(
                    fit=fit,
                    epoch=index,
                    expected=f"{before!r}",
                    why=f"{why}, and there were not as many",
                    got=f"{after!r}",
                )
            for place in range(len(seen) - s.need, len(seen)):
                numbers = [value for value in seen[:place] if not math.isnan(value)]
                try:
                    optimum = all(found.better(seen[place], than) for than in [found.worst, *numbers])
                except ValueError:
                    return NOT_EXERCISED
                if optimum:
                    best = f"better than {numbers} before it" if numbers else "the first number"
                    return Failed(
                        fit=fit,
                        epoch=index,
                        expected=f"{before!r}",
                        why=f"{why}, but {seen[place]!r} is {best}",
                        got=f"{after!r}",
                    )
    return outcome


class _Ambiguous(Exception):
    """Two values whose difference is min_delta on paper or by one way of calculating, and not by another."""


@clause(
    "reduce-lr-on-plateau/min-delta/counts-every-larger-change",
    level="documented", source=f"{DOCS} (min_delta); {BASE} (min_delta)", observes=RATE,
)  # fmt: skip
def counts_every_larger_change(case: Case) -> Outcome:
    """A finite value that is better than the best by more than min_delta is an improvement, and one that is not is none,
    however small the difference: also where float32 cannot tell the two apart."""
    s = settings(case)
    found = None if s is None else compares(case, s)
    if s is None or found is None or not 0.0 <= s.min_delta < math.inf or s.factor >= 1.0:
        return NOT_EXERCISED
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
        in_float64 = case.dialect.replace("float64", **{"monitor/precision": "float64"})
        expected = plan(replace(case, dialect=in_float64), s, better)
    except _Ambiguous:
        return NOT_EXERCISED
    if expected is None or not matters:
        return NOT_EXERCISED
    for e, epoch in zip(expected.epochs, case.epochs(), strict=False):
        if not same(epoch.seen.learning_rate, e.after):
            return Failed(
                fit=e.fit,
                epoch=e.index,
                expected=f"learning_rate={e.after!r}",
                why=e.why(),
                got=f"{epoch.seen.learning_rate!r}",
            )
    return HELD


@clause(
    "reduce-lr-on-plateau/monitor/accepts-every-finite-value",
    level="documented", source=f"{DOCS} (monitor: a quantity, without a bound)", errors=True,
)  # fmt: skip
def accepts_every_finite_value(case: Case) -> Outcome:
    """No finite value of the monitored metric raises an exception, also where float32 has no number for it."""
    s = settings(case)
    if (
        s is None
        or case["mode"] not in ("min", "max")
        or case.trace.rejected is not None
        or not math.isfinite(s.min_delta)
    ):
        return NOT_EXERCISED
    values = [
        value for fit in case.scenario.fits for epoch in fit.epochs if (value := epoch.logs.get(s.monitor)) is not None
    ]
    if not all(isinstance(value, float) and math.isfinite(value) for value in values):
        return NOT_EXERCISED
    if not any(abs(value) > FLOAT32_MAX for value in values if isinstance(value, float)):
        return NOT_EXERCISED
    for fit, shown, seen in case.fits():
        if seen.error is not None:
            index = seen.epochs_run - 1
            value = shown.epochs[index].logs.get(s.monitor)
            return Failed(
                fit=fit,
                epoch=index,
                expected="no exception",
                why=f"{s.monitor}={value!r} is finite",
                got=seen.error.type,
            )
    return HELD


@clause(
    "reduce-lr-on-plateau/min-delta/is-absolute",
    level="documented", source=f"{BASE} (min_delta: an absolute change)", observes=RATE,
    related=lambda scenario: _shifted(scenario),
)  # fmt: skip
def min_delta_is_absolute(case: Case) -> Outcome:
    """Adding the same number to all values changes nothing (values and number small enough for this to be exact)."""
    return agree(side_by_side(case), ALL_BUT_LOGGED, "all values are greater by 1024 there, and min_delta is absolute")


def _shifted(scenario: Scenario) -> Scenario | None:
    """The values raised by 1024, if all are multiples of 1/256 up to 1024 and min_delta is one or too small to matter."""
    monitor = _monitor(scenario)
    delta = scenario.config.get("min_delta", defaults(CALLBACK)["min_delta"])

    def fits(value: object) -> bool:
        return isinstance(value, float) and abs(value) <= 1024.0 and (value * 256.0).is_integer()

    values = _values(scenario, monitor)
    if monitor is None or "epsilon" in scenario.config or not values or not all(fits(value) for value in values):
        return None
    if not fits(delta) and not (is_number(delta) and 0.0 <= delta <= 1 / 512):
        return None
    return _with_values(scenario, monitor, lambda value: value + 1024.0)


@clause(
    "reduce-lr-on-plateau/min-delta/scales-with-the-values",
    level="universal", source=f"{DOCS} (min_delta)", observes=RATE, related=lambda scenario: _doubled(scenario),
)  # fmt: skip
def min_delta_scales_with_the_values(case: Case) -> Outcome:
    """Doubling all values and min_delta changes nothing (far from the ends of the range, where this is exact)."""
    return agree(side_by_side(case), ALL_BUT_LOGGED, "values and min_delta are doubled there")


def _doubled(scenario: Scenario) -> Scenario | None:
    monitor = _monitor(scenario)
    delta = scenario.config.get("min_delta", defaults(CALLBACK)["min_delta"])

    def fits(value: object) -> bool:
        return isinstance(value, float) and (value == 0.0 or 1e-12 <= abs(value) <= 1e12 or not math.isfinite(value))

    values = _values(scenario, monitor)
    if (
        monitor is None
        or "epsilon" in scenario.config
        or not values
        or not all(fits(value) for value in [*values, delta])
    ):
        return None
    return _with_values(configured(scenario, min_delta=delta * 2.0), monitor, lambda value: value * 2.0)


@clause(
    "reduce-lr-on-plateau/min-delta/sign-is-ignored",
    level="observed", source="observed: keras 3.15.1", observes=RATE,
    choices={"reduce-lr-on-plateau/min-delta-sign": "absolute"}, related=lambda scenario: _negated_delta(scenario),
)  # fmt: skip
def sign_is_ignored(case: Case) -> Outcome:
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
def negative_forgives(case: Case) -> Outcome:
    """With a negative min_delta, values that are never worse than an earlier one by as much never lower the rate."""
    s = settings(case)
    found = None if s is None else compares(case, s)
    if s is None or found is None or s.monitor in LOG_KEYS or not s.min_delta < 0.0:
        return NOT_EXERCISED
    outcome: Outcome = NOT_EXERCISED
    for fit, _, _ in case.fits():
        values = [value for value in monitored(case, fit, s.monitor) if value is not None]
        numbers = [value for value in values if isinstance(value, float)]
        try:
            earlier = all(found.better(value, than) for i, value in enumerate(numbers) for than in numbers[:i])
            forgiven = earlier and all(found.better(value, found.worst) for value in numbers)
        except ValueError:
            return NOT_EXERCISED
        if len(numbers) < len(values) or len(numbers) < 2 or not forgiven:
            continue
        outcome = HELD
        for index, before, after in _falls(case, fit):
            why = f"none of {numbers} is worse than one before it by {-s.min_delta!r}"
            return Failed(fit=fit, epoch=index, expected=f"{before!r}", why=why, got=f"{after!r}")
    return outcome


# ---------------------------------------------------------------------------------------------- patience and cooldown


@clause(
    "reduce-lr-on-plateau/patience/more-patience-never-reduces-earlier",
    level="universal", source=f"{DOCS} (patience)", observes=RATE, related=lambda scenario: _more_patience(scenario),
)  # fmt: skip
def more_patience_never_reduces_earlier(case: Case) -> Outcome:
    """With patience one higher, the first fall of a fit comes no earlier."""
    if not _factor_lowers(case):
        return NOT_EXERCISED
    sooner, later = _falls(case, 0), _falls(other(case), 0)
    if not later:
        return HELD if sooner else NOT_EXERCISED
    if not sooner or later[0][0] < sooner[0][0]:
        came = f"in epoch {sooner[0][0] + 1}" if sooner else "never"
        why = f"with patience={case['patience'] + 1} it falls there"
        return Failed(fit=0, epoch=later[0][0], expected="a fall here at the latest", why=why, got=came)
    return HELD


def _more_patience(scenario: Scenario) -> Scenario | None:
    patience = scenario.config.get("patience", defaults(CALLBACK)["patience"])
    if not isinstance(patience, int) or isinstance(patience, bool) or patience < 1:
        return None
    return configured(scenario, patience=patience + 1)


@clause(
    "reduce-lr-on-plateau/patience/less-than-one-acts-as-one",
    level="observed", source=OBSERVED, observes=RATE, related=lambda scenario: _patience_of_one(scenario),
)  # fmt: skip
def less_than_one_acts_as_one(case: Case) -> Outcome:
    """A patience of zero or less does what a patience of one does."""
    return agree(side_by_side(case), EVERYTHING, f"patience={case['patience']} acts as the patience=1 there")


def _patience_of_one(scenario: Scenario) -> Scenario | None:
    patience = scenario.config.get("patience")
    return configured(scenario, patience=1) if is_number(patience) and patience < 1 else None  # type: ignore[operator]


@clause(
    "reduce-lr-on-plateau/cooldown/waits-cooldown-epochs",
    level="documented", source=f"{DOCS} (cooldown)", observes=RATE,
)  # fmt: skip
def waits_cooldown_epochs(case: Case) -> Outcome:
    """After a reduction, cooldown epochs go by before epochs are counted again: two falls of a fit lie at least
    cooldown + patience epochs apart."""
    s = settings(case)
    if s is None or s.cooldown < 1 or s.factor >= 1.0:
        return NOT_EXERCISED
    outcome: Outcome = NOT_EXERCISED
    for fit, _, seen in case.fits():
        falls = [index for index, _, _ in _falls(case, fit)]
        if falls and falls[0] + 1 < seen.epochs_run:
            outcome = HELD
        for first, second in pairwise(falls):
            if second - first < s.cooldown + s.need:
                due = first + s.cooldown + s.need
                why = f"the rate fell in epoch {first + 1}, cooldown={s.cooldown}, patience={s.need}"
                return Failed(
                    fit=fit,
                    epoch=second,
                    expected=f"the next fall not before epoch {due + 1}",
                    why=why,
                    got=f"in epoch {second + 1}",
                )
    return outcome


def _on_a_plateau(case: Case, gap: int) -> Outcome:
    """Falls on a constant stream: after patience + 1 epochs, then every patience + gap, down to min_lr."""
    s = settings(case)
    found = None if s is None else compares(case, s)
    if s is None or found is None or s.monitor in LOG_KEYS or not 0.0 <= s.min_delta < math.inf or s.factor >= 1.0:
        return NOT_EXERCISED
    outcome: Outcome = NOT_EXERCISED
    rate = float32(case.scenario.learning_rate)
    for fit, shown, _ in case.fits():
        values = monitored(case, fit, s.monitor)
        first = values[0]
        if not isinstance(first, float) or not math.isfinite(first) or any(value != first for value in values):
            return outcome
        rate = rate if shown.learning_rate is None else float32(shown.learning_rate)
        for epoch in case.epochs(fit):
            past = epoch.index - s.need
            if past >= 0 and past % (s.need + gap) == 0 and rate > s.floor:
                rate = reduced(case, s, rate)
            outcome = HELD if past >= 0 else outcome
            if not same(epoch.seen.learning_rate, rate):
                why = (
                    f"on a plateau from the start, patience={s.need} and cooldown={s.cooldown} reduce after {s.need + 1} "
                    f"epochs and then every {s.need + gap}"
                )
                return Failed(
                    fit=fit, epoch=epoch.index, expected=f"{rate!r}", why=why, got=f"{epoch.seen.learning_rate!r}"
                )
    return outcome


@clause(
    "reduce-lr-on-plateau/cooldown/acts-as-one-less",
    level="observed", source=OBSERVED, observes=RATE, choices={"reduce-lr-on-plateau/cooldown": "one-less"},
)  # fmt: skip
def acts_as_one_less(case: Case) -> Outcome:
    """On a constant stream the rate falls after patience + 1 epochs, then every patience + max(cooldown - 1, 0) epochs."""
    s = settings(case)
    return NOT_EXERCISED if s is None else _on_a_plateau(case, max(s.cooldown - 1, 0))


@clause(
    "reduce-lr-on-plateau/cooldown/acts-as-given",
    level="documented", source=f"{DOCS} (cooldown)", observes=RATE,
    choices={"reduce-lr-on-plateau/cooldown": "exact"},
)  # fmt: skip
def acts_as_given(case: Case) -> Outcome:
    """On a constant stream the rate falls after patience + 1 epochs, then every patience + cooldown epochs."""
    s = settings(case)
    return NOT_EXERCISED if s is None else _on_a_plateau(case, s.cooldown)


@clause(
    "reduce-lr-on-plateau/cooldown/matters-only-after-a-reduction",
    level="universal", source=f"{DOCS} (cooldown)", observes=RATE, related=lambda scenario: _no_cooldown(scenario),
)  # fmt: skip
def matters_only_after_a_reduction(case: Case) -> Outcome:
    """Up to the first fall of the rate, a cooldown changes nothing."""
    falls = _falls(case, 0)
    end = falls[0][0] if falls else len(case.trace.fits[0].epochs)
    pairs = ((epoch, beside) for epoch, beside in side_by_side(case) if epoch.fit == 0 and epoch.index <= end)
    return agree(
        pairs, ALL_BUT_PRINTED, f"cooldown={case['cooldown']} differs from the cooldown=0 there only after a fall"
    )


def _no_cooldown(scenario: Scenario) -> Scenario | None:
    cooldown = scenario.config.get("cooldown")
    factor = scenario.config.get("factor", defaults(CALLBACK)["factor"])
    # a fall must be seen: a factor next to one may leave the rate as it is, and the cooldown begins nevertheless
    if not is_number(cooldown) or not cooldown or not is_number(factor) or not 0.0 < factor <= 0.9:  # type: ignore[operator]
        return None
    if not 1e-30 <= scenario.learning_rate <= 1e30 or scenario.fits[0].learning_rate is not None:
        return None
    return configured(scenario, cooldown=0)


# ---------------------------------------------------------------------------------------------- direction


@clause(
    "reduce-lr-on-plateau/mode/min-and-max-mirror-each-other",
    level="universal", source=f"{DOCS} (mode)", observes=RATE, related=lambda scenario: _mirrored(scenario),
)  # fmt: skip
def min_and_max_mirror_each_other(case: Case) -> Outcome:
    """Negating the values and swapping min and max changes nothing."""
    return agree(
        side_by_side(case), ALL_BUT_LOGGED, f"the values are negated there, and the mode is not {case['mode']}"
    )


def _mirrored(scenario: Scenario) -> Scenario | None:
    monitor, mode = _monitor(scenario), scenario.config.get("mode")
    values = _values(scenario, monitor)
    if (
        monitor is None
        or mode not in ("min", "max")
        or not values
        or not all(isinstance(value, float) for value in values)
    ):
        return None
    turned = configured(scenario, mode="max" if mode == "min" else "min")
    return _with_values(turned, monitor, lambda value: -value)


def _auto(scenario: Scenario) -> tuple[str, list[str]] | None:
    """The monitored name without `val_` and the classes of the metrics compiled under it in the first fit, for mode auto."""
    monitor = _monitor(scenario)
    if monitor is None or scenario.config.get("mode", "auto") != "auto":
        return None
    name = monitor.removeprefix("val_")
    return name, [metric.cls for metric in scenario.compiled_metrics(scenario.fits[0]) if metric.name == name]


def _as_min(scenario: Scenario) -> Scenario | None:
    name, classes = _auto(scenario) or ("", [])
    return configured(scenario, mode="min") if name == "loss" and not classes else None


def _as_max(scenario: Scenario) -> Scenario | None:
    name, classes = _auto(scenario) or ("", [])
    up = bool(classes) and all(cls in UP for cls in classes)
    return configured(scenario, mode="max") if name in ("accuracy", "acc") and up else None


@clause(
    "reduce-lr-on-plateau/mode/auto-minimizes-the-loss",
    level="documented", source=f"{DOCS} (mode)", observes=RATE, related=_as_min,
)  # fmt: skip
def auto_minimizes_the_loss(case: Case) -> Outcome:
    """For loss and val_loss, mode auto does what mode min does."""
    return agree(side_by_side(case), EVERYTHING, f"auto minimizes {case['monitor']}, as the mode=min there")


@clause(
    "reduce-lr-on-plateau/mode/auto-maximizes-accuracy",
    level="documented", source=f"{DOCS} (mode)", observes=RATE, related=_as_max,
)  # fmt: skip
def auto_maximizes_accuracy(case: Case) -> Outcome:
    """For a compiled accuracy under its usual names, mode auto does what mode max does."""
    return agree(side_by_side(case), EVERYTHING, f"auto maximizes {case['monitor']}, as the mode=max there")


@clause(
    "reduce-lr-on-plateau/mode/auto-raises-when-undecided",
    level="documented", source=f"{BASE} (Raises)", choices=DECIDES_BY_METRIC, errors=True,
)  # fmt: skip
def auto_raises_when_undecided(case: Case) -> Outcome:
    """In mode auto, a name that is neither the loss nor that of a compiled metric with a direction raises ValueError at the
    first epoch end, whether or not the metric is in the logs."""
    s = settings(case)
    if s is None or s.factor >= 1.0 or compares(case, s) is not None:
        return NOT_EXERCISED
    error = case.trace.fits[0].error if case.trace.fits else None
    if error is not None and (error.type, error.hook, case.trace.fits[0].epochs_run) == ("ValueError", "epoch_end", 1):
        return HELD
    why = f"mode={case['mode']!r} cannot decide on {s.monitor}"
    return Failed(
        fit=0,
        epoch=0,
        expected="ValueError at the epoch's end",
        why=why,
        got="nothing raised" if error is None else f"{error.type}",
    )


@clause(
    "reduce-lr-on-plateau/mode/unknown-acts-as-auto",
    level="observed", source=OBSERVED, observes=RATE, related=lambda scenario: _as_auto(scenario),
)  # fmt: skip
def unknown_acts_as_auto(case: Case) -> Outcome:
    """A mode that is none of auto, min and max does what auto does."""
    return agree(side_by_side(case), EVERYTHING, f"mode={case['mode']!r} acts as the mode=auto there")


def _as_auto(scenario: Scenario) -> Scenario | None:
    known = scenario.config.get("mode", "auto") in ("auto", "min", "max")
    return None if known else configured(scenario, mode="auto")


# ---------------------------------------------------------------------------------------------- what is looked at


def _values(scenario: Scenario, monitor: str | None) -> list[Value]:
    """All values of the monitored metric."""
    return [
        epoch.logs[monitor]
        for fit in scenario.fits
        for epoch in fit.epochs
        if monitor is not None and monitor in epoch.logs
    ]


def _with_values(scenario: Scenario, monitor: str, change: object) -> Scenario:
    """The scenario with every value of the monitored metric changed."""
    assert callable(change)

    def changed(epoch: Epoch) -> Epoch:
        if monitor not in epoch.logs:
            return epoch
        return replace(epoch, logs={**epoch.logs, monitor: change(epoch.logs[monitor])})

    return each_epoch(scenario, changed)


@clause(
    "reduce-lr-on-plateau/monitor/missing-metric-is-skipped",
    level="observed", source=OBSERVED, observes=RATE, related=lambda scenario: _monitored_epochs(scenario),
)  # fmt: skip
def missing_metric_is_skipped(case: Case) -> Outcome:
    """An epoch without the metric counts for nothing, neither for patience nor for the cooldown: the other epochs go on as
    if it had not been."""
    monitor = case["monitor"]
    kept = (epoch for epoch in case.epochs() if monitor in epoch.shown.logs)
    beside = (epoch.seen for epoch in other(case).epochs())
    pairs = zip(kept, beside, strict=False)
    return agree(pairs, ALL_BUT_LOGGED, f"the epochs without {monitor} are left out there, and count for nothing here")


def _monitored_epochs(scenario: Scenario) -> Scenario | None:
    monitor = _monitor(scenario)
    if monitor is None or any(epoch.stop for fit in scenario.fits for epoch in fit.epochs):
        return None

    def kept(fit: Fit) -> Fit:
        return replace(fit, epochs=tuple(epoch for epoch in fit.epochs if monitor in epoch.logs))

    fits = tuple(kept(fit) for fit in scenario.fits)
    if fits == scenario.fits or not all(fit.epochs for fit in fits):
        return None
    return replace(scenario, fits=fits)


@clause(
    "reduce-lr-on-plateau/monitor/missing-metric-warns",
    level="observed", source=OBSERVED, observes=("warned",),
)  # fmt: skip
def missing_metric_warns(case: Case) -> Outcome:
    """An epoch without the metric gives one warning that says so; no other epoch warns."""
    outcome: Outcome = NOT_EXERCISED
    for e, epoch in _expected(case):
        outcome = HELD
        expected = ("missing-metric",) if e.value is None else ()
        if epoch.seen.warned != expected:
            why = f"{e.s.monitor} is {'missing' if e.value is None else 'in the logs'}"
            return Failed(
                fit=e.fit, epoch=e.index, expected=f"warnings {expected}", why=why, got=f"{epoch.seen.warned}"
            )
    return outcome


@clause(
    "reduce-lr-on-plateau/monitor/nothing-else-matters",
    level="universal", source=f"{DOCS} (monitor)", observes=RATE, related=lambda scenario: _other_metrics(scenario),
)  # fmt: skip
def nothing_else_matters(case: Case) -> Outcome:
    """Other metrics and the batches' logs do not matter."""
    return agree(
        side_by_side(case), ALL_BUT_LOGGED, f"only other metrics than {case['monitor']} and batches differ there"
    )


def _other_metrics(scenario: Scenario) -> Scenario | None:
    monitor = _monitor(scenario)

    def changed(epoch: Epoch) -> Epoch:
        logs: Logs = {name: value if name == monitor else math.nan for name, value in epoch.logs.items()}
        return replace(epoch, logs=logs, batches=None)

    others = any(epoch.batches or set(epoch.logs) - {monitor} for fit in scenario.fits for epoch in fit.epochs)
    return each_epoch(scenario, changed) if monitor is not None and others else None


@clause(
    "reduce-lr-on-plateau/monitor/an-array-has-no-order",
    level="observed", source=OBSERVED, errors=True,
)  # fmt: skip
def an_array_has_no_order(case: Case) -> Outcome:
    """The first array of several numbers that has to be compared raises ValueError."""
    s = settings(case)
    found = None if s is None or s.factor >= 1.0 else compares(case, s)
    if s is None or found is None or s.monitor in LOG_KEYS:
        return NOT_EXERCISED
    stream = [
        (index, epoch.logs[s.monitor])
        for index, epoch in enumerate(case.scenario.fits[0].epochs)
        if s.monitor in epoch.logs
    ]
    if any(epoch.stop for epoch in case.scenario.fits[0].epochs):
        return NOT_EXERCISED
    several = [place for place, (_, value) in enumerate(stream) if isinstance(value, tuple) and len(value) > 1]
    place = (
        max(several[0], 1) if several and several[0] == 0 and found.accepts_first else several[0] if several else None
    )
    if place is None or place >= len(stream):
        return NOT_EXERCISED
    numbers = [n for _, value in stream[: place + 1] for n in (value if isinstance(value, tuple) else (value,))]
    lengths = {len(value) for _, value in stream[: place + 1] if isinstance(value, tuple) and len(value) > 1}
    if len(lengths) > 1 or not all(abs(number) < 1e30 for number in numbers):
        return NOT_EXERCISED
    index, value = stream[place]
    seen = case.trace.fits[0] if case.trace.fits else None
    error = None if seen is None else seen.error
    if seen is not None and error is not None and (error.type, seen.epochs_run) == ("ValueError", index + 1):
        return HELD
    got = "nothing raised" if seen is None or error is None else f"{error.type} in epoch {seen.epochs_run}"
    return Failed(
        fit=0,
        epoch=index,
        expected="ValueError",
        why=f"{s.monitor}={value!r} or the best before it is an array",
        got=got,
    )


# ---------------------------------------------------------------------------------------------- lines, logs, errors


@clause(
    "reduce-lr-on-plateau/verbose/prints-every-reduction",
    level="documented", source=f"{DOCS} (verbose)", observes=("printed",),
)  # fmt: skip
def prints_every_reduction(case: Case) -> Outcome:
    """With verbose=1 there is one line for each reduction and no other; with verbose=0 there is none."""
    outcome: Outcome = NOT_EXERCISED
    for e, epoch in _expected(case):
        outcome = HELD
        expected = ("reduced",) if e.reduced and e.s.prints else ()
        if epoch.seen.printed != expected:
            why = f"verbose={case['verbose']!r}, and {e.why()}"
            return Failed(
                fit=e.fit, epoch=e.index, expected=f"printed {expected}", why=why, got=f"{epoch.seen.printed}"
            )
    return silent(case) or outcome


@clause(
    "reduce-lr-on-plateau/verbose/changes-nothing-else",
    level="universal", source=f"{DOCS} (verbose)", observes=RATE, related=other_verbosity,
)  # fmt: skip
def verbose_changes_nothing_else(case: Case) -> Outcome:
    """Messages change nothing but what is printed."""
    return agree(side_by_side(case), ALL_BUT_PRINTED, f"only verbose differs there, {case['verbose']!r} here")


@clause(
    "reduce-lr-on-plateau/log/logs-the-rate-before-the-reduction",
    level="observed", source=OBSERVED, observes=("logged",),
)  # fmt: skip
def logs_the_rate_before_the_reduction(case: Case) -> Outcome:
    """Every epoch whose logs are not empty gets the rate that was in force in it added to them, and nothing else."""
    outcome: Outcome = NOT_EXERCISED
    key = log_key(case)
    for e, epoch in _expected(case):
        outcome = HELD
        logs = epoch.shown.logs
        there = key in logs and isinstance(logs[key], float) and same(logs[key], e.before)
        expected = {key: e.before} if logs and not there else {}
        if not same(epoch.seen.logged, expected):
            why = f"the rate in the epoch was {e.before!r}, and {'its logs are empty' if not logs else 'it ends'}"
            return Failed(fit=e.fit, epoch=e.index, expected=f"logged {expected}", why=why, got=f"{epoch.seen.logged}")
    return outcome


@clause("reduce-lr-on-plateau/arguments/warnings", level="observed", source=OBSERVED, observes=("warned",), errors=True)
def arguments_warnings(case: Case) -> Outcome:
    """The constructor warns about an unknown mode, about an epsilon that stands for min_delta, and about nothing else."""
    if settings(case) is None or case.trace.rejected is not None or case.trace.warned is None:
        return NOT_EXERCISED
    epsilon = ("other",) if epsilon_counts(case) else ()
    expected = (*epsilon, "unknown-mode") if case["mode"] not in ("auto", "min", "max") else epsilon
    if case.trace.warned != expected:
        return Failed(
            fit=None,
            epoch=None,
            expected=f"warnings {expected}",
            why=f"mode={case['mode']!r} and epsilon ask for them",
            got=f"{case.trace.warned}",
        )
    return HELD


@clause("reduce-lr-on-plateau/factor/one-or-more-is-rejected", level="observed", source=OBSERVED, errors=True)
def one_or_more_is_rejected(case: Case) -> Outcome:
    """The constructor raises ValueError for a factor of one or more, and refuses no other numbers and no unknown argument."""
    s = settings(case)
    if s is None:
        return NOT_EXERCISED
    expected = "ValueError" if s.factor >= 1.0 else None
    got = None if case.trace.rejected is None else case.trace.rejected.type
    return (
        HELD
        if got == expected
        else Failed(fit=None, epoch=None, expected=f"rejected: {expected}", why=f"factor={s.factor!r}", got=f"{got}")
    )


@clause(
    "reduce-lr-on-plateau/errors/raises-only-where-it-cannot-compare", level="observed", source=OBSERVED, errors=True
)
def raises_only_where_it_cannot_compare(case: Case) -> Outcome:
    """A hook raises exactly if mode auto cannot decide, at the first epoch end, or if the precision refuses a value, at the
    end of its epoch: ValueError, both times."""
    s = settings(case)
    found = None if s is None or s.factor >= 1.0 or case.trace.rejected is not None else plan(case, s)
    if s is None or found is None:
        return NOT_EXERCISED
    due = None if found.error is None else ("ValueError", "epoch_end", *found.error)
    for fit, _, seen in case.fits():
        error = seen.error
        if error is not None:
            got = (error.type, error.hook, fit, seen.epochs_run - 1)
            return (
                HELD
                if got == due
                else Failed(
                    fit=fit,
                    epoch=seen.epochs_run - 1,
                    expected=f"{due or 'no exception'}",
                    why=_cause(case, s),
                    got=f"{got}",
                )
            )
    if due is None:
        return HELD
    return Failed(
        fit=due[2], epoch=due[3], expected="ValueError at the epoch's end", why=_cause(case, s), got="no exception"
    )


def _cause(case: Case, s: Settings) -> str:
    if compares(case, s) is None:
        return f"mode={case['mode']!r} cannot decide on {s.monitor}"
    values = [value for fit, _, _ in case.fits() for value in monitored(case, fit, s.monitor)]
    return f"{s.monitor} is {values} up to there, compared in {case.dialect['monitor/precision']}"


@clause(
    "reduce-lr-on-plateau/epsilon/is-swallowed",
    level="observed", source="observed: keras 3.15.1", observes=RATE,
    choices={"reduce-lr-on-plateau/epsilon": "swallowed"},
    related=lambda scenario: without(scenario, "epsilon") if "epsilon" in scenario.config else None,
)  # fmt: skip
def epsilon_is_swallowed(case: Case) -> Outcome:
    """The argument epsilon of older releases is accepted and does nothing."""
    return agree(side_by_side(case), EVERYTHING, "epsilon is left out there")


@clause(
    "reduce-lr-on-plateau/epsilon/is-min-delta",
    level="observed", source="observed: tf-keras 2.21.0", observes=RATE,
    choices={"reduce-lr-on-plateau/epsilon": "alias-of-min-delta"}, related=lambda scenario: _epsilon_as_delta(scenario),
)  # fmt: skip
def epsilon_is_min_delta(case: Case) -> Outcome:
    """The argument epsilon takes the place of min_delta."""
    return agree(side_by_side(case), EVERYTHING, f"min_delta is epsilon={case.scenario.config['epsilon']!r} there")


def _epsilon_as_delta(scenario: Scenario) -> Scenario | None:
    epsilon = scenario.config.get("epsilon")
    return configured(without(scenario, "epsilon"), min_delta=float(epsilon)) if is_number(epsilon) else None  # type: ignore[arg-type]


@clause(
    "reduce-lr-on-plateau/arguments/unknown-are-swallowed",
    level="observed",
    source=OBSERVED,
    observes=RATE,
    related=lambda scenario: _another_argument(scenario),
)
def unknown_are_swallowed(case: Case) -> Outcome:
    """Arguments that nobody knows are accepted and do nothing."""
    return agree(side_by_side(case), EVERYTHING, f"only the argument {ANOTHER} differs there")


ANOTHER = "no_such_argument"


def _another_argument(scenario: Scenario) -> Scenario:
    return without(scenario, ANOTHER) if ANOTHER in scenario.config else configured(scenario, **{ANOTHER: 1})


@clause(
    "reduce-lr-on-plateau/arguments/defaults",
    level="documented", source=SIGNATURE, observes=RATE, related=lambda scenario: _all_defaults(scenario),
)  # fmt: skip
def arguments_defaults(case: Case) -> Outcome:
    """Without arguments val_loss is minimized: factor 0.1, patience 10, min_delta 1e-4, cooldown 0, min_lr 0, no lines."""
    beside = other(case)
    rate = float32(beside.scenario.learning_rate)
    for epoch in beside.epochs():
        if epoch.index in _DEFAULT_REDUCTIONS:
            rate = (
                float32(rate * 0.1)
                if case.dialect["reduce-lr-on-plateau/rate-arithmetic"] == "float64"
                else float32(rate * float32(0.1))
            )
        value = epoch.shown.logs["val_loss"]
        if not same(epoch.seen.learning_rate, rate):
            why = f"with the defaults, val_loss={value!r} is number {epoch.index + 1} of 11 times 1.0, 10 times {_BY_HALF!r}, {_BY_TWO!r}"
            return Failed(fit=0, epoch=epoch.index, expected=f"{rate!r}", why=why, got=f"{epoch.seen.learning_rate!r}")
        if epoch.seen.printed:
            return Failed(
                fit=0,
                epoch=epoch.index,
                expected="nothing printed",
                why="verbose is 0 by default",
                got=", ".join(epoch.seen.printed),
            )
    return HELD


_BY_HALF, _BY_TWO = 1.0 - 0.5e-4, 1.0 - 2e-4
_DEFAULT_STREAM = (*(1.0,) * 11, *(_BY_HALF,) * 10, *(_BY_TWO,) * 11)
# The first value and the one that improves by twice min_delta begin the count anew; half of min_delta is no improvement.
_DEFAULT_REDUCTIONS = (10, 20, 31)


def _all_defaults(scenario: Scenario) -> Scenario | None:
    """A scenario in which every default matters; asked for where the patience is left out, which is seldom enough."""
    if "patience" in scenario.config:
        return None
    epochs = tuple(Epoch(logs={"val_loss": value}) for value in _DEFAULT_STREAM)
    return Scenario(callback=CALLBACK, learning_rate=1e-20, fits=(Fit(epochs=epochs),))


# ---------------------------------------------------------------------------------------------- instances and streams


@clause(
    "reduce-lr-on-plateau/reuse/every-fit-starts-anew",
    level="observed", source=OBSERVED, observes=RATE, related=first_fit_twice,
)  # fmt: skip
def every_fit_starts_anew(case: Case) -> Outcome:
    """An instance used for a second fit does what a new one does: best, patience and cooldown begin anew."""
    return agree(second_time(case), EVERYTHING, "the instance is new there, and this is the same fit with it once more")


@clause(
    "reduce-lr-on-plateau/stream/epoch-numbers-do-not-matter",
    level="universal", source=f"{DOCS} (patience: a number of epochs)", observes=RATE,
    related=lambda scenario: later_by(scenario, 7),
)  # fmt: skip
def epoch_numbers_do_not_matter(case: Case) -> Outcome:
    """A higher initial_epoch changes nothing."""
    return agree(side_by_side(case), EVERYTHING, "only the numbers of the epochs are higher there, by 7")
