"""The numbers of scenarios and traces, to and from JSON, and as a hook gets them.

Rules
- "NaN", "Infinity" and "-Infinity" are numbers; every number is a float64, also one written `1`; -0.0 is kept.
- A metric is a number, an array (a tuple here), an array without dimensions (`ArrayNumber`), a tensor (`Tensor`), a bool or None.
- A rate of zero has no sign in a trace: TensorFlow keeps one constant for 0.0 and -0.0.
"""

import ctypes
import math
from typing import Any, Callable, Dict, Mapping, NamedTuple, Tuple

from .domain import RATE_KEYS

_SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_c_float = ctypes.c_float


class Origin(NamedTuple):
    """Where weights come from, counted from the start of the scenario: the training of `epoch` in `fit`; `averaged`: as the
    optimizer's average of them."""

    fit: int
    epoch: int
    averaged: bool = False


UNTRAINED = Origin(-1, -1)
"""The weights with which the scenario begins."""
ZERO = Origin(-2, -2)
"""Weights that somebody set to zero, and an average before the first step: no epoch's."""


class ArrayNumber(float):
    """A number that reaches the hook in an array of float64 without dimensions."""

    __slots__ = ()


class Tensor(tuple):  # type: ignore[type-arg]  # subscripts of tuple need a newer Python than this has to run on
    """Numbers that reach the hook in a tensor of float32 with one dimension."""

    __slots__ = ()


def float32(value: float) -> float:
    """The nearest float32, widened back to float64: how Keras stores a learning rate."""
    return _c_float(value).value


def unsigned_zero(rate: float) -> float:
    """The rate, a zero without its sign."""
    return rate + 0.0


# ---------------------------------------------------------------------------------------------- from JSON


def number(data: Any) -> float:
    """A float64 from a JSON number, or from one of the three texts."""
    return _SPECIAL[data] if isinstance(data, str) else float(data)


def metric_value(data: Any) -> Any:
    """The value of a metric, as a scenario has it in memory."""
    if type(data) is float or isinstance(data, bool):
        return data
    if isinstance(data, list):
        return tuple(map(number, data))
    if not isinstance(data, dict):
        return number(data)
    if "tensor" in data:
        return Tensor(map(number, data["tensor"]))
    return ArrayNumber(number(data["array"])) if "array" in data else None


def logs_from_json(data: Mapping[str, Any]) -> Dict[str, Any]:
    """Metric values by name."""
    return {name: value if type(value) is float else metric_value(value) for name, value in data.items()}


def rate_from_json(data: Any) -> Any:
    """A learning rate: a number, one for each of several optimizers by its name, a `ScheduledRate`, or None for none."""
    if not isinstance(data, dict):
        return None if data is None else number(data)
    if set(data) == {"schedule"}:
        return ScheduledRate(number(data["schedule"]))
    return {name: number(rate) for name, rate in data.items()}


class ScheduledRate(float):
    """A rate that is the optimizer's own schedule (Keras: LearningRateSchedule): it can be read, and not be set."""

    __slots__ = ()


# ---------------------------------------------------------------------------------------------- to JSON


def number_to_json(value: float) -> Any:
    """A float64 as JSON: itself, or "NaN", "Infinity", "-Infinity"."""
    if value - value == 0.0:
        return value
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


def value_to_json(value: Any) -> Any:
    """The value of a metric."""
    if value is None:
        return {"none": True}
    if isinstance(value, bool):
        return value
    if isinstance(value, tuple):
        items = [number_to_json(item) for item in value]
        return {"tensor": items} if isinstance(value, Tensor) else items
    if isinstance(value, ArrayNumber):
        return {"array": number_to_json(float(value))}
    return number_to_json(float(value))


def rate_to_json(rate: Any) -> Any:
    if type(rate) is float:  # by far the most frequent
        return number_to_json(rate)
    if isinstance(rate, Mapping):
        return {name: number_to_json(float(each)) for name, each in rate.items()}
    return None if rate is None else number_to_json(rate)


def state_to_json(value: Any) -> Any:
    """A piece of a callback's inner state; arrays are lists, and what is no data is told by its text."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return number_to_json(float(value))
    try:
        recorded = as_recorded(value)
    except (TypeError, ValueError):
        return repr(value)
    return [number_to_json(item) for item in recorded] if isinstance(recorded, tuple) else number_to_json(recorded)


# ---------------------------------------------------------------------------------------------- what hooks get, and put


def numpy_for(what: str) -> Any:
    """The module, of which something in a scenario is made. Raises CannotExpress with that where it is not installed."""
    try:
        import numpy
    except ImportError:
        from .protocol import CannotExpress

        raise CannotExpress(f"{what} (without numpy)") from None
    return numpy


def numpy_tensor(values: Tuple[float, ...]) -> Any:
    """The tensor of a callback that needs no framework."""
    return numpy_for("a tensor").array(values, dtype="float32")


_AS_THEY_ARE = frozenset({float, int, bool, type(None)})


def as_logged(logs: Mapping[str, Any], tensor: Callable[[Tuple[float, ...]], Any] = numpy_tensor) -> Dict[str, Any]:
    """The logs as a hook gets them: Python floats, numpy arrays for array metrics, and what `tensor` makes for tensors."""
    logged = dict(logs)
    for name, value in logs.items():
        if type(value) not in _AS_THEY_ARE:
            if isinstance(value, Tensor):
                logged[name] = tensor(tuple(value))
            else:
                logged[name] = numpy_for("an array as a metric").array(value)
    return logged


def as_recorded(value: Any) -> Any:
    """A value that a hook put into the logs, as a trace records it: of numbers that are not Python's own it says so.

    Raises TypeError or ValueError for what is no number.
    """
    if value is None or isinstance(value, bool):
        return value
    if getattr(value, "ndim", 0):
        return tuple(float(item) for item in value)
    recorded = unsigned_zero(float(value))
    return recorded if isinstance(value, (int, float)) else ArrayNumber(recorded)


def as_recorded_before(value: Any) -> Any:
    """What a trace would record of a value of the logs, if a hook had put it there."""
    if isinstance(value, Tensor):
        return tuple(map(float32, value))
    return unsigned_zero(float(value)) if isinstance(value, ArrayNumber) else value


class Changes(NamedTuple):
    """What a hook did to the logs that it was given. `added`: what is new there or has another value; `changed` and
    `removed`: keys that were given."""

    added: Dict[str, Any]
    changed: Tuple[str, ...]
    removed: Tuple[str, ...]


NOTHING_CHANGED = Changes({}, (), ())
_MISSING = object()


def _form(name: str, value: Any) -> str:
    """By what a value is compared with another one; of a learning rate of zero traces have no sign."""
    rate_of_zero = type(value) is float and not value and type(name) is str and name in RATE_KEYS
    return "0.0" if rate_of_zero else repr(value)


class Given:
    """The logs that the callbacks of one hook share, and what each does to them."""

    def __init__(self, logs: Mapping[str, Any], given: Dict[str, Any]) -> None:
        self.logs = given
        self._before = self._fed = dict(given)
        self._befores: Dict[int, Dict[str, Any]] = {}
        self._recorded = {
            name: repr(as_recorded_before(value)) for name, value in logs.items() if type(value) not in _AS_THEY_ARE
        }

    def look_at(self, logs: Dict[str, Any]) -> None:
        """These are the logs of whoever is asked about next: the same, or others with the same content at first."""
        if logs is not self.logs:
            self._befores[id(self.logs)] = self._before
            self.logs, self._before = logs, self._befores.get(id(logs), self._fed)

    def changes(self) -> Changes:
        """What was done since the last time of asking."""
        before, now = self._before, self.logs
        touched = {
            name: as_recorded(value)
            for name, value in now.items()
            if name in self._recorded or before.get(name, _MISSING) is not value
        }
        removed = () if len(now) >= len(before) and not touched else tuple(name for name in before if name not in now)
        if not touched and not removed:
            return NOTHING_CHANGED
        added: Dict[str, Any] = {}
        for name, value in touched.items():
            form = _form(name, value)
            if name not in before or form != self._recorded.get(name, _form(name, before[name])):
                added[name] = value
                if not isinstance(value, (float, bool)) or isinstance(value, ArrayNumber):
                    self._recorded[name] = form
        self._before = dict(now)
        return Changes(added, tuple(name for name in added if name in before), removed)
