"""Boundaries of a monitored metric, for the three callbacks that monitor, and the words in which they are said.

"The best" is the best so far in plain float64 arithmetic, in the direction of the newest Keras: a value is better if it is so
by more than |min_delta|. ModelCheckpoint's best goes on from fit to fit and begins at its threshold.
"""

import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

from ..metrics import DIRECTIONS
from ..numbers import FLOAT32_MAX, FLOAT32_SMALLEST_NORMAL, float32, next_float32
from ..scenario import Fit, Scenario
from ..values import ArrayNumber, Tensor, Value
from .conditions import Condition, any_epoch, left_out, number, parameter, parameter_is


def monitor_name(scenario: Scenario) -> str:
    """The monitored metric. Raises nothing: what is not a text names no metric."""
    return str(parameter(scenario, "monitor"))


def sign_of_better(scenario: Scenario) -> float | None:
    """1 where more is better, -1 where less is, as the newest Keras decides; None where it does not."""
    mode = parameter(scenario, "mode")
    if mode in ("min", "max"):
        return 1.0 if mode == "max" else -1.0
    name = monitor_name(scenario).removeprefix("val_")
    decided = [found for found in _compiled_directions(scenario, scenario.fits[0], name) if found is not None]
    if decided:
        return 1.0 if decided[-1] == "max" else -1.0
    return -1.0 if name == "loss" else None


def _compiled_directions(scenario: Scenario, fit: Fit, name: str) -> list[str | None]:
    return [DIRECTIONS[metric.cls] for metric in scenario.compiled_metrics(fit) if metric.name == name]


class Shown(NamedTuple):
    """One value of the monitored metric: in which fit and epoch (counted in the fit), and the best so far, if any.

    `turned`: best and value turned so that less is better; `delta`: |min_delta|.
    """

    fit: int
    epoch: int
    value: float
    best: float | None
    delta: float
    sign: float

    @property
    def turned(self) -> tuple[float, float]:
        assert self.best is not None
        return -self.sign * self.value, -self.sign * self.best


def shown(scenario: Scenario) -> Iterator[Shown]:
    """The scalar values of the monitored metric at epoch ends, in order; none where it is not known which is better."""
    sign, monitor = sign_of_better(scenario), monitor_name(scenario)
    if sign is None:
        return
    checkpoint = scenario.callback == "ModelCheckpoint"
    delta = 0.0 if checkpoint else abs(number(scenario, "min_delta"))
    best = mark_of(scenario) if checkpoint else None
    for position, fit in enumerate(scenario.fits):
        if not checkpoint:
            best = None
        for index, epoch in enumerate(fit.epochs):
            value = epoch.logs.get(monitor)
            if value is None or isinstance(value, tuple):
                continue
            yield Shown(position, index, value, best, delta, sign)
            if best is None or sign * (value - best) > delta:
                best = value


def any_shown(condition: Callable[[Shown], bool]) -> Condition:
    return lambda scenario: any(condition(step) for step in shown(scenario) if step.best is not None)


def _precisions_disagree(s: Shown) -> bool:
    value, best = s.turned
    return (value + s.delta < best) != (float32(value + s.delta) < float32(best))


def _is_tie(s: Shown) -> bool:
    return s.value == s.best


def _tie_after_a_worse_value(scenario: Scenario) -> bool:
    steps = list(shown(scenario))
    return any(_is_tie(b) and a.fit == b.fit and a.best is not None and a.value != b.value for a, b in pairwise(steps))


def _is_step_better(step: Callable[[float, float], float]) -> Callable[[Shown], bool]:
    def condition(s: Shown) -> bool:
        value, best = s.turned
        return value == step(best, -math.inf) and value != best

    return condition


def _same_as_float32(s: Shown) -> bool:
    value, best = s.turned
    return value < best and float32(value) == float32(best)


def columns(scenario: Scenario) -> Iterator[list[Value | None]]:
    """The monitored metric at the epoch ends of each fit; None where it is missing."""
    monitor = monitor_name(scenario)
    for fit in scenario.fits:
        yield [epoch.logs.get(monitor) for epoch in fit.epochs]


def _any_value(condition: Callable[[float], bool]) -> Condition:
    return lambda scenario: any(
        value is not None and not isinstance(value, tuple) and condition(value)
        for column in columns(scenario)
        for value in column
    )


def _first(condition: Callable[[float], bool]) -> Condition:
    """The first value of a fit, others after it."""

    def reached(scenario: Scenario) -> bool:
        for column in columns(scenario):
            values = [value for value in column if isinstance(value, float)]
            if len(values) > 1 and condition(values[0]) and not condition(values[-1]):
                return True
        return False

    return reached


def _middle(condition: Callable[[float], bool]) -> Condition:
    """A value with finite ones before and after it in the same fit."""

    def reached(scenario: Scenario) -> bool:
        for column in columns(scenario):
            values = [value for value in column if isinstance(value, float)]
            finite = [index for index, value in enumerate(values) if math.isfinite(value)]
            if finite and any(condition(value) for value in values[finite[0] : finite[-1]]):
                return True
        return False

    return reached


def _throughout(condition: Callable[[Value | None], bool]) -> Condition:
    """All values of a fit of at least two epochs."""
    return lambda scenario: any(
        len(column) > 1 and all(condition(value) for value in column) for column in columns(scenario)
    )


def is_nan(value: Value | None) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _is_infinite(value: Value | None) -> bool:
    return isinstance(value, float) and math.isinf(value)


def _is_negative_zero(value: float) -> bool:
    return value == 0.0 and math.copysign(1.0, value) < 0


def _first_is_infinity(better: bool) -> Condition:
    def reached(scenario: Scenario) -> bool:
        sign = sign_of_better(scenario)
        return sign is not None and _first(lambda value: value == (sign if better else -sign) * math.inf)(scenario)

    return reached


def _plateau(scenario: Scenario) -> bool:
    return any(
        isinstance(a, float) and a == b == c
        for column in columns(scenario)
        for a, b, c in zip(column, column[1:], column[2:], strict=False)
    )


def _compiled(condition: Callable[[list[str | None]], bool]) -> Condition:
    """On the directions of the compiled metrics of the monitored name, under an automatic mode; `loss` aside."""

    def reached(scenario: Scenario) -> bool:
        name = monitor_name(scenario).removeprefix("val_")
        return (
            parameter(scenario, "mode") not in ("min", "max")
            and name != "loss"
            and condition(_compiled_directions(scenario, scenario.fits[0], name))
        )

    return reached


def _contradicts(scenario: Scenario) -> bool:
    mode = parameter(scenario, "mode")
    directions = _compiled_directions(scenario, scenario.fits[0], monitor_name(scenario).removeprefix("val_"))
    return (mode == "min" and "max" in directions) or (mode == "max" and "min" in directions)


def _begins(scenario: Scenario, condition: Callable[[float, float], bool]) -> bool:
    """Whether a later fit's first value stands so to the best of the fit before; turned so that less is better."""
    best: dict[int, float] = {}
    for s in shown(scenario):
        turned = -s.sign * s.value
        if s.fit not in best and s.fit - 1 in best and condition(turned, best[s.fit - 1]):
            return True
        best[s.fit] = min(best.get(s.fit, turned), turned)
    return False


MONITORING: dict[str, Condition] = {
    "plateau of three epochs": _plateau,
    "tie with the best": any_shown(_is_tie),
    "tie with the best after a worse value": _tie_after_a_worse_value,
    "one float32 step better than the best": any_shown(_is_step_better(next_float32)),
    "one float64 step better than the best": any_shown(_is_step_better(math.nextafter)),
    "better than the best, the same as float32": any_shown(_same_as_float32),
    "float32 and float64 disagree about an improvement": any_shown(_precisions_disagree),
    "NaN first": _first(math.isnan),
    "NaN in the middle": _middle(math.isnan),
    "NaN throughout": _throughout(is_nan),
    "best infinity first": _first_is_infinity(better=True),
    "worst infinity first": _first_is_infinity(better=False),
    "infinity in the middle": _middle(math.isinf),
    "infinity throughout": _throughout(_is_infinite),
    "zero": _any_value(lambda value: value == 0.0 and not _is_negative_zero(value)),
    "negative zero": _any_value(_is_negative_zero),
    "negative zero against zero": any_shown(lambda s: s.value == s.best == 0.0 and str(s.value) != str(s.best)),
    "negative value": _any_value(lambda value: value < 0),
    "float32 subnormal": _any_value(lambda value: 0 < abs(float32(value)) < FLOAT32_SMALLEST_NORMAL),
    "smallest normal float32": _any_value(lambda value: value == FLOAT32_SMALLEST_NORMAL),
    "largest float32": _any_value(lambda value: abs(value) == FLOAT32_MAX),
    "beyond float32": _any_value(lambda value: FLOAT32_MAX * 1.1 < abs(value) < math.inf),
    "missing metric": lambda s: any(
        None in column and any(value is not None for value in column) for column in columns(s)
    ),
    "missing metric first": lambda s: any(
        column[0] is None and any(value is not None for value in column) for column in columns(s)
    ),
    "missing metric throughout": _throughout(lambda value: value is None),
    "array metric": lambda s: any(
        isinstance(value, tuple) and len(value) > 1 for column in columns(s) for value in column
    ),
    "array metric of one element": lambda s: any(
        isinstance(value, tuple) and len(value) == 1 for column in columns(s) for value in column
    ),
    "a number in an array without dimensions": lambda s: any(
        isinstance(value, ArrayNumber) for column in columns(s) for value in column
    ),
    "a tensor": lambda s: any(isinstance(value, Tensor) for column in columns(s) for value in column),
    "a second metric": any_epoch(lambda epoch: len(epoch.logs) > 1),
    "a later fit that begins worse than the best before": lambda s: _begins(s, lambda value, best: value > best),
    "a later fit that begins at the best before": lambda s: _begins(s, lambda value, best: value == best),
    "a later fit that begins better than the best before": lambda s: _begins(s, lambda value, best: value < best),
    "monitor left out": left_out("monitor"),
    "monitor is a training metric": parameter_is("monitor", lambda monitor: monitor == "loss"),
    "monitor is not a loss": lambda s: "loss" not in monitor_name(s),
    "mode min": parameter_is("mode", lambda mode: mode == "min"),
    "mode max": parameter_is("mode", lambda mode: mode == "max"),
    "mode auto": lambda s: s.config.get("mode") == "auto",
    "mode left out": left_out("mode"),
    "unknown mode": parameter_is("mode", lambda mode: mode not in ("min", "max", "auto")),
    "mode auto, compiled metric goes up": _compiled(lambda found: found == ["max"]),
    "mode auto, compiled metric goes down": _compiled(lambda found: found == ["min"]),
    "mode auto, compiled metric has no direction": _compiled(lambda found: found == [None]),
    "mode auto, no such metric compiled": _compiled(lambda found: not found),
    "mode auto, two compiled metrics of that name": _compiled(lambda found: len(found) > 1),
    "mode auto, a metric of an output": lambda s: (
        parameter(s, "mode") == "auto"
        and monitor_name(s).removeprefix("val_").startswith(tuple(f"{o}_" for o in s.outputs))
    ),
    "mode auto, metrics differ between fits": lambda s: (
        parameter(s, "mode") not in ("min", "max")
        and any(fit.metrics is not None and fit.metrics != s.metrics for fit in s.fits[1:])
    ),
    "mode contradicts the compiled metric": _contradicts,
}


# ---------------------------------------------------------------------------------------------- baseline, threshold


def mark_of(scenario: Scenario) -> float | None:
    name = "initial_value_threshold" if scenario.callback == "ModelCheckpoint" else "baseline"
    return None if parameter(scenario, name) is None else number(scenario, name)


def _against_mark(condition: Callable[[list[float], float, float], bool]) -> Condition:
    """On a fit's values, the baseline or threshold, and |min_delta|; turned so that less is better."""

    def reached(scenario: Scenario) -> bool:
        mark, sign = mark_of(scenario), sign_of_better(scenario)
        if mark is None or sign is None:
            return False
        for position in range(len(scenario.fits)):
            steps = [s for s in shown(scenario) if s.fit == position]
            if steps and condition([-sign * s.value for s in steps], -sign * mark, steps[0].delta):
                return True
        return False

    return reached


_MARKS: dict[str, Callable[[list[float], float, float], bool]] = {
    "is never beaten": lambda values, mark, delta: len(values) > 1 and all(not v + delta < mark for v in values),
    "is beaten by the first value": lambda values, mark, delta: values[0] + delta < mark,
    "is beaten by a later value": lambda values, mark, delta: (
        not values[0] + delta < mark and any(v + delta < mark for v in values)
    ),
    "is reached exactly": lambda values, mark, delta: any(v == mark for v in values),
    "is passed by one float32 step": lambda values, mark, delta: any(
        v == next_float32(mark - delta, -math.inf) != mark - delta for v in values
    ),
    "is missed by one float32 step": lambda values, mark, delta: any(
        v == next_float32(mark - delta, math.inf) != mark - delta for v in values
    ),
    "is infinite": lambda values, mark, delta: math.isinf(mark),
}


def around_the_mark(name: str) -> dict[str, Condition]:
    """The boundaries of a parameter against which the first values are compared."""
    return {f"{name} {what}": _against_mark(condition) for what, condition in _MARKS.items()}
