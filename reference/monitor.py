"""Direction and improvement: what EarlyStopping, ReduceLROnPlateau and ModelCheckpoint share.

Rules
1. The direction is "min" or "max". An unknown `mode` warns and counts as "auto".
2. With `auto`, the dialect's `direction` decides: by the compiled metric (at the first epoch end, once for an instance; an
   undecided one raises ValueError) or by the name alone (at construction; the table `BETTER_HIGH`).
3. A value improves on a reference value r if it is better than r by more than min_delta:
       min: P(value + min_delta) < P(r)        max: P(value - min_delta) > P(r)
   The sum is float64 arithmetic; P is the dialect's `precision`. NaN improves on nothing and nothing on it.
   `min-delta-sign` says which min_delta that is (the table `SIGNS`), `min-delta-side` and `threshold` where it stands (the table
   `SIDES`); by `exact-change` an equal value may improve, too (`EXACT_CHANGES`), and by `nonfinite` a NaN.
4. With `first-value` "accepted" or "not-kept", no reference yet (None) means that any value improves; with
   "compared-with-infinity" the first reference is the worst infinity.
5. An array of one element or without dimensions compares as its number (`ARRAY_PRECISIONS`); a longer one, or a tensor, has no
   truth value, and arrays of different lengths do not compare at all (the table `ARRAY_ERRORS`).
"""

import math
from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

from callcheck.spec.dialect import Dialect
from callcheck.spec.metrics import DIRECTIONS, Metric, class_in_name
from callcheck.spec.numbers import ADDENDS, ARRAY_PRECISIONS, FLOAT32_MAX, PRECISIONS, SCALAR_PRECISIONS
from callcheck.spec.values import ArrayNumber, Value

from .policy import by, when

_LOW, _HIGH = -FLOAT32_MAX, FLOAT32_MAX
MODES = ("auto", "min", "max")
_ARRAYS = (tuple, ArrayNumber)


class InvalidArgumentError(ValueError):
    """What TensorFlow raises for operands whose shapes do not fit."""


ARRAY_ERRORS: dict[str, tuple[type[Exception], type[Exception]]] = {
    "float32-tensorflow": (ValueError, InvalidArgumentError),
    "float32-jax": (ValueError, TypeError),
    "float32": (RuntimeError, RuntimeError),
    "float32-arithmetic": (RuntimeError, RuntimeError),
    "float64": (ValueError, ValueError),
}
"""What an array of several elements raises, and arrays of different lengths, by the value of `precision`."""


def _better_high_as_that_metric(monitor: str) -> bool:
    known = class_in_name(monitor.removeprefix("val_"))
    return known is not None and DIRECTIONS[known] == "max"


BETTER_HIGH: dict[str, Callable[[str], bool] | None] = {
    "compiled-metric": None,
    "name-ends-with-acc-accuracy-auc": lambda monitor: monitor.endswith(("acc", "accuracy", "auc")),
    "name-contains-acc": lambda monitor: "acc" in monitor,
    "name-contains-acc-or-starts-with-fmeasure": lambda monitor: "acc" in monitor or monitor.startswith("fmeasure"),
    "metric-of-that-name": _better_high_as_that_metric,
    "always-minimum": lambda monitor: False,
}
"""Whether a metric of that name is better high, by the value of `direction`; None where the name alone does not say."""


def _refuse(min_delta: float) -> float:
    """Raises ValueError for a negative one."""
    if min_delta < 0:
        raise ValueError(f"min_delta must not be negative, got {min_delta}")
    return min_delta


SIGNS: dict[str, Callable[[float], float]] = {
    "absolute": abs,
    "as-given": lambda min_delta: min_delta,
    "as-zero": lambda min_delta: max(min_delta, 0.0),
    "turned": lambda min_delta: -abs(min_delta),
    "refused": _refuse,
    "refused-at-the-first-epoch": lambda min_delta: min_delta,
}
"""The min_delta that counts, by the value of `min-delta-sign`."""

Side = Callable[[float, float, float, bool], tuple[float, float]]
"""From a value, the reference value, min_delta and whether the mode is min, the two numbers of which the first has to be less
(mode min) or greater (mode max) than the second."""


def _current(value: float, reference: float, delta: float, lower: bool) -> tuple[float, float]:
    return (value + delta if lower else value - delta), reference


def _best(value: float, reference: float, delta: float, lower: bool) -> tuple[float, float]:
    return value, (reference - delta if lower else reference + delta)


def _the_larger(value: float, reference: float, delta: float, lower: bool) -> tuple[float, float]:
    return (value, reference - delta) if lower else (value - delta, reference)


def _the_difference(value: float, reference: float, delta: float, lower: bool) -> tuple[float, float]:
    if value == reference:  # also of two infinities, which have no difference
        return 0.0, 0.0
    return (delta, reference - value) if lower else (value - reference, delta)


def _relative(value: float, reference: float, delta: float, lower: bool) -> tuple[float, float]:
    return value, reference * (1.0 - delta if lower else 1.0 + delta)


SIDES: dict[str, Side] = {
    "current": _current,
    "best": _best,
    "the-larger": _the_larger,
    "the-difference": _the_difference,
}
"""Where min_delta stands, by the value of `min-delta-side`, if it is an absolute change."""


class Exact(NamedTuple):
    """Whether a value that is better by exactly min_delta improves, where that is not 0, and where it is 0."""

    change: bool = False
    same: bool = False


EXACT_CHANGES = {
    "is-none": Exact(),
    "is-one": Exact(change=True),
    "always-is-one": Exact(change=True, same=True),
}
"""By the value of `exact-change`."""


def surely_finite(value: Any) -> bool:
    """Whether the value is a number that is finite with any precision."""
    return type(value) is float and _LOW < value < _HIGH


class Monitor:
    """How one instance monitors. `prefix`: that of the callback's choices. Not every callback has all of them."""

    sign = by("/min-delta-sign", SIGNS, plain="absolute")
    better_high = by("/direction", BETTER_HIGH)
    waits = when("/direction", "compiled-metric")
    array_errors = by("/precision", ARRAY_ERRORS)
    round = by("/precision", PRECISIONS)
    addend = by("/precision", ADDENDS)
    round_element = by("/precision", ARRAY_PRECISIONS)
    round_scalar = by("/precision", SCALAR_PRECISIONS)
    is_double = when("/precision", "float64")
    adds_singles = when("/precision", "float32-arithmetic")
    starts_at_infinity = when("/first-value", "compared-with-infinity", plain="accepted")
    skips_the_first = when("/first-value", "not-kept", plain="accepted")
    is_relative = when("/threshold", "relative", plain="absolute")
    is_difference = when("/min-delta-side", "the-difference", plain="current")
    absolute_side = by("/min-delta-side", SIDES, plain="current")
    nan_improves = when("/nonfinite", "nan-improves", plain="compared")
    exact = by("/exact-change", EXACT_CHANGES, plain="is-none")
    needs_more = when("/exact-change", "is-none", plain="is-none")
    best_value_anchors = when("/anchor", "best-value", plain="last-significant-improvement")

    def __init__(self, prefix: str, dialect: Dialect, monitor: Any, mode: Any, min_delta: float = 0.0) -> None:
        self.prefix = prefix
        self.dialect = dialect
        self.monitor = monitor
        self.unknown_mode = mode not in MODES
        self.mode = "auto" if self.unknown_mode else mode
        self.min_delta = self.sign(min_delta) if min_delta != 0 else 0.0

    @cached_property
    def side(self) -> Side:
        """Where min_delta stands."""
        return _relative if self.is_relative else self.absolute_side

    def direction_at_construction(self) -> str | None:
        """The direction, where the dialect knows it from the start; None where it waits for the first epoch end."""
        if self.waits:
            return None
        if self.mode != "auto":
            return str(self.mode)
        return "max" if self.better_high is not None and self.better_high(self.monitor) else "min"

    def resolve(self, metrics: tuple[Metric, ...]) -> str:
        """The direction by rule 2. Raises ValueError where the compiled metrics do not decide."""
        if self.mode != "auto":
            return str(self.mode)
        name = self.monitor.removeprefix("val_")
        direction = "min" if name == "loss" else None
        for metric in metrics:
            if metric.name == name:
                # The last one wins; one without a direction decides nothing.
                direction = DIRECTIONS.get(metric.cls) or direction
        if direction is None:
            raise ValueError(f"mode='auto' cannot decide whether {self.monitor} should be minimized or maximized")
        return direction

    def start(self, direction: str | None) -> float | None:
        """The reference value before any was seen; None where the first value is accepted, or the direction is still open."""
        if direction is None or not self.starts_at_infinity:
            return None
        return math.inf if direction == "min" else -math.inf

    def improves(
        self, value: Value, reference: Value | None, direction: str | None, delta: float | None = None
    ) -> bool:
        """Rule 3; `delta` in place of min_delta. Raises what the comparison raises."""
        if reference is None and not self.starts_at_infinity:
            return True
        if direction is None:
            raise TypeError("compared before the direction was decided: 'NoneType' object is not callable")
        if reference is None:
            reference = math.inf if direction == "min" else -math.inf
        if delta is None:
            delta = self.min_delta
        lower = direction == "min"
        if (type(value) is not float or type(reference) is not float) and (  # asked first: they nearly always are
            isinstance(value, _ARRAYS) or isinstance(reference, _ARRAYS)
        ):
            a, b = self._only_elements(value, reference, delta, lower)
        else:
            if self.adds_singles:
                value, reference, delta = self.addend(value), self.addend(reference), self.addend(delta)
            if delta == 0.0 and not self.is_difference:
                a, b = value, reference
            else:
                a, b = self.side(value, reference, delta, lower)
            worse = _LOW < b < a < _HIGH if lower else _LOW < a < b < _HIGH
            if worse and (self.is_double or self.needs_more):
                return False  # rounding keeps the order, or makes them equal
            seen = self.round
            a, b = seen(a), seen(b)
        if a < b if lower else a > b:
            return True
        if a != b:
            return (a != a or b != b) and self.nan_improves
        if self.needs_more:
            return False
        if self.exact.same:
            return True
        # A min_delta that is lost in the sum makes no improvement of the same value.
        return self.exact.change and delta != 0.0 and self.improves(value, reference, direction, 0.0)

    def is_finite(self, value: Value) -> bool:
        """Whether all of the value is finite, as it is added and compared."""
        return all(math.isfinite(self.addend(each)) for each in (value if isinstance(value, tuple) else (value,)))

    def kept(self, value: Value, reference: Value | None, direction: str | None) -> Value | None:
        """The best from now on, after a value that improved on the reference."""
        if reference is not None or not self.skips_the_first:
            return value
        worst = math.inf if direction == "min" else -math.inf
        return value if self.improves(value, worst, direction, 0.0) else worst

    def _only_elements(self, value: Value, reference: Value, delta: float, lower: bool) -> tuple[float, float]:
        """The two numbers to compare, by rule 5."""
        lengths = {len(side) for side in (value, reference) if isinstance(side, tuple) and len(side) > 1}
        if len(lengths) > 1:
            raise self.array_errors[1]("arrays of different lengths cannot be compared")
        if lengths:
            raise self.array_errors[0]("the truth value of an array with more than one element is ambiguous")
        a = value[0] if isinstance(value, tuple) else value
        b = reference[0] if isinstance(reference, tuple) else reference
        a, b = self.side(a, b, delta, lower)
        see_a = self.round_scalar if isinstance(value, ArrayNumber) else self.round_element
        see_a = see_a if isinstance(value, _ARRAYS) else self.round
        see_b = self.round_element if isinstance(reference, _ARRAYS) else self.round
        return see_a(a), see_b(b)

    def anchor(self, value: Value, best: Value | None, direction: str | None) -> Value | None:
        """What the next value is compared with after one that was no improvement by more than min_delta."""
        if self.min_delta and self.best_value_anchors and self.improves(value, best, direction, 0.0):
            return value
        return best
