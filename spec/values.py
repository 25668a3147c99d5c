"""The numbers of scenarios and traces: metric values, logs and learning rates, and their JSON forms.

Rules
- Numbers are float64 even where written `1`; the strings "NaN", "Infinity" and "-Infinity" are numbers, and -0.0 is kept.
- A metric may be an array of float64 with one dimension, a list of numbers; {"array": number} is one without dimensions,
  and {"tensor": list} the backend's own, of float32. In memory the three are a tuple, an `ArrayNumber` and a `Tensor`.
- A learning rate is a number, or an object of numbers by the names of several optimizers in one, or null for none.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from .reading import InvalidScenario, describe, filled_list_from_json, object_from_json

Value = float | tuple[float, ...]
Logs = Mapping[str, Value]
Rate = float | Mapping[str, float] | None
"""The learning rate: the optimizer's; of several optimizers in one, each one's by its name; None for one that has none."""


class ArrayNumber(float):
    """A number that reaches the hook in an array of float64 without dimensions."""

    __slots__ = ()


class Tensor(tuple[float, ...]):
    """Numbers, two or more, that reach the hook in a tensor of float32 with one dimension."""

    __slots__ = ()


def each_number(value: Value, change: Callable[[float], float]) -> Value:
    """The value with its numbers changed, of the same kind as before."""
    if isinstance(value, tuple):
        return type(value)(map(change, value))
    return ArrayNumber(change(value)) if isinstance(value, ArrayNumber) else change(value)


def only(rate: Rate) -> float:
    """The rate of the one optimizer. Raises TypeError where there are several, or it has none."""
    if rate is None or isinstance(rate, Mapping):
        raise TypeError(f"the rate of one optimizer is asked for, and there is {rate}")
    return rate


def map_rate(rate: Rate, change: Callable[[float], float]) -> Rate:
    """The rate, or every one of several, changed."""
    if isinstance(rate, float):
        return change(rate)
    return None if rate is None else {name: change(each) for name, each in rate.items()}


# ---------------------------------------------------------------------------------------------- to JSON


def number_to_json(value: float) -> float | str:
    """A float64 as JSON: itself, or "NaN", "Infinity", "-Infinity"."""
    if value != value:
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def value_to_json(value: Value) -> Any:
    if isinstance(value, tuple):
        items = [number_to_json(item) for item in value]
        return {"tensor": items} if isinstance(value, Tensor) else items
    return {"array": number_to_json(float(value))} if isinstance(value, ArrayNumber) else number_to_json(value)


def logs_to_json(logs: Logs) -> dict[str, Any]:
    return {name: value_to_json(value) for name, value in logs.items()}


def rate_to_json(rate: Rate) -> Any:
    if isinstance(rate, Mapping):
        return {name: number_to_json(each) for name, each in rate.items()}
    return None if rate is None else number_to_json(rate)


# ---------------------------------------------------------------------------------------------- from JSON


def number_from_json(value: Any, field: str) -> float:
    """A float64 from a JSON number or one of "NaN", "Infinity", "-Infinity"."""
    if isinstance(value, str) and value in ("NaN", "Infinity", "-Infinity"):
        return float(value.replace("Infinity", "inf"))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidScenario(
            field, f'expected a number or one of "NaN", "Infinity", "-Infinity", got {describe(value)}'
        )
    try:
        return float(value)
    except OverflowError:
        raise InvalidScenario(field, "the integer is out of the range of float64") from None


def value_from_json(value: Any, field: str) -> Value:
    """A number, an array of one dimension or of none, or a tensor."""
    if isinstance(value, list):
        return _numbers(value, field)
    return _array_or_tensor(value, field) if isinstance(value, dict) else number_from_json(value, field)


def _numbers(value: Any, field: str) -> tuple[float, ...]:
    items = filled_list_from_json(value, field, "number")
    return tuple(number_from_json(item, f"{field}[{index}]") for index, item in enumerate(items))


def _array_or_tensor(value: dict[str, Any], field: str) -> Value:
    object_from_json(value, field, ("array", "tensor"))
    if len(value) != 1:
        raise InvalidScenario(field, 'a metric value that is an object has either "array" or "tensor"')
    if "array" in value:
        return ArrayNumber(number_from_json(value["array"], f"{field}.array"))
    numbers = _numbers(value["tensor"], f"{field}.tensor")
    if len(numbers) < 2:
        raise InvalidScenario(f"{field}.tensor", "a tensor has at least two numbers")
    return Tensor(numbers)


def logs_from_json(value: Any, field: str) -> dict[str, Value]:
    """Metric values by name; a metric that is missing is left out."""
    if not isinstance(value, dict):
        raise InvalidScenario(field, f"expected an object of metric values, got {describe(value)}")
    read: dict[str, Value] = {}
    for name, content in value.items():
        place = f"{field}.{name}"
        if content is None:
            raise InvalidScenario(place, "null is not a metric value; leave the key out when the metric is missing")
        read[name] = value_from_json(content, place)
    return read


def rate_from_json(value: Any, field: str) -> Rate:
    """A learning rate, or one for each of several optimizers by its name; null is that of an optimizer that has none."""
    if not isinstance(value, dict):
        return None if value is None else number_from_json(value, field)
    if not value:
        raise InvalidScenario(field, "the object is empty; at least one optimizer is needed")
    for name in value:
        if not name.isidentifier():
            raise InvalidScenario(
                f"{field}.{name}", "the name of an optimizer is made of letters, digits and underscores"
            )
    return {name: number_from_json(rate, f"{field}.{name}") for name, rate in value.items()}


def later_rate_from_json(value: Any, field: str, optimizers: Rate) -> float | Mapping[str, float]:
    """The rate that a fit sets, or one for each of the several optimizers that the scenario has."""
    rate = rate_from_json(value, field)
    if rate is None:
        raise InvalidScenario(field, "null is no learning rate; leave the field out where the rate stays as it is")
    if optimizers is None:
        raise InvalidScenario(field, "an optimizer that has no learning rate gets none; leave the field out")
    here, there = (set(each) if isinstance(each, Mapping) else None for each in (rate, optimizers))
    if here != there:
        expected = "a number" if there is None else f"a rate for each of {', '.join(sorted(there))}"
        raise InvalidScenario(field, f"expected {expected}, as in the scenario's learning_rate")
    return rate
