"""The arithmetic of monitoring for the clauses: which way is better, by how much, in the dialect's precision.

It restates, for whole streams, what the reference computes step by step; the two share `numbers.py` and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeGuard

from ..callbacks import CALLBACKS, defaults
from ..editing import configured
from ..metrics import DIRECTIONS, class_in_name, class_named
from ..numbers import ARRAY_PRECISIONS, PRECISIONS, SCALAR_PRECISIONS
from ..scenario import Scenario
from ..values import ArrayNumber, Value
from .clause import Case

UNDECIDED = "observed: keras 3.15.1; the docstring of a private class says so (MonitorCallback, Raises)"
"""Where it is said that a mode auto which finds no direction raises."""


def is_number(value: object) -> TypeGuard[float]:
    """Whether a configured or logged value is a plain number (a scalar; NaN and infinities included)."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def chosen(case: Case, decision: str) -> str:
    """What the dialect chose for the case's callback."""
    return case.dialect[f"{CALLBACKS[case.scenario.callback].prefix}/{decision}"]


def compiled_direction(scenario: Scenario, fit: int = 0) -> str | None:
    """The direction in which Keras 3 takes `mode="auto"`, by the metrics compiled in that fit; None if they do not decide."""
    monitor = scenario.config.get("monitor", defaults(scenario.callback)["monitor"])
    if not isinstance(monitor, str):
        return None
    name = monitor.removeprefix("val_")
    found = [
        DIRECTIONS[metric.cls]
        for metric in scenario.compiled_metrics(scenario.fits[fit])
        if metric.name == name and DIRECTIONS[metric.cls] is not None
    ]
    return found[-1] if found else "min" if name == "loss" else None


def direction(case: Case, fit: int = 0) -> str | None:
    """ "min" or "max" as configured, or as the dialect decides for `mode="auto"`, by the compiled metrics of that fit (the first
    fit decides for an instance) or by the name alone. None if that does not decide."""
    mode = case["mode"]
    if mode in ("min", "max"):
        return str(mode)
    monitor = case["monitor"]
    if not isinstance(monitor, str):
        return None
    rule = chosen(case, "direction")
    if rule == "compiled-metric":
        return compiled_direction(case.scenario, fit)
    if rule == "name-ends-with-acc-accuracy-auc":
        return "max" if any(monitor.endswith(end) for end in ("acc", "accuracy", "auc")) else "min"
    if rule == "metric-of-that-name":
        known = class_in_name(monitor[4:] if monitor.startswith("val_") else monitor)
        return "min" if known is None else DIRECTIONS[known] or "min"
    fmeasure = rule == "name-contains-acc-or-starts-with-fmeasure" and monitor[:8] == "fmeasure"
    return "max" if fmeasure or "acc" in monitor else "min"


def with_the_mode_of_an_output(scenario: Scenario) -> Scenario | None:
    """Where mode auto has to find the way of an output's metric, or of its loss, by the name under which `fit` logs it: that mode
    in its place."""
    monitor = scenario.config.get("monitor", "val_loss")
    if not isinstance(monitor, str) or scenario.config.get("mode", "auto") != "auto":
        return None
    name, ways = monitor.removeprefix("val_"), {f"{output}_loss": "min" for output in scenario.outputs}
    for metric in scenario.compiled_metrics(scenario.fits[0]):
        way = DIRECTIONS.get(class_named(metric.name) or "")
        if metric.output is not None and way is not None:
            ways[f"{metric.output}_{metric.name}"] = way
    return configured(scenario, mode=ways[name]) if name in ways else None


def precision(case: Case, value: float, *, new: bool = False) -> Callable[[float], float]:
    """What a comparison sees of that value, and of sums with it: a number in an array keeps the array's precision, if it is not
    the `new` one, from which min_delta was taken."""
    arrays = SCALAR_PRECISIONS if new else ARRAY_PRECISIONS
    precisions = arrays if isinstance(value, ArrayNumber) else PRECISIONS
    return precisions[chosen(case, "precision")]


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """How the case compares values: `better(value, than)` by more than min_delta, in the dialect's arithmetic."""

    better: Callable[[float, float], bool]
    worst: float
    """The infinity on which every finite value improves."""
    accepts_first: bool
    """Whether the first value is an improvement whatever it is."""


def comparison(case: Case, min_delta: float | None = None) -> Comparison | None:
    """The comparison of the case; None if it cannot be known from the configuration (then nothing can be said).

    `min_delta` replaces the configured one. Values that the precision refuses raise ValueError, as in a callback.
    """
    way = direction(case)
    delta = case["min_delta"] if min_delta is None and case.scenario.callback != "ModelCheckpoint" else min_delta or 0.0
    if way is None or not is_number(delta):
        return None
    plateau = case.scenario.callback == "ReduceLROnPlateau"
    if not plateau or case.dialect["reduce-lr-on-plateau/min-delta-sign"] == "absolute":
        delta = abs(delta)
    at_best = plateau and case.dialect["reduce-lr-on-plateau/min-delta-side"] == "best"
    sign = -1.0 if way == "max" else 1.0

    def better(value: float, than: float) -> bool:
        see_a, see_b = precision(case, value), precision(case, than)
        if at_best:
            a, b = see_a(value), see_b(than - sign * delta)
        else:
            a, b = see_a(value + sign * delta), see_b(than)
        return a < b if way == "min" else b < a

    worst = float("inf") if way == "min" else float("-inf")
    return Comparison(better=better, worst=worst, accepts_first=chosen(case, "first-value") == "accepted")


def scalar_stream(values: list[Value | None]) -> bool:
    """Whether every value that is there is a scalar."""
    return all(value is None or not isinstance(value, tuple) for value in values)
