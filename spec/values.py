"""The numbers of scenarios and traces: metric values, logs and learning rates, and their JSON forms.

Rules
- Numbers are float64 even where written `1`; the strings "NaN", "Infinity" and "-Infinity" are numbers, and -0.0 is kept.
- A metric may be an array of float64 with one dimension, a list of numbers; {"array": number} is one without dimensions,
  and {"tensor": list} the backend's own, of float32. In memory the three are a tuple, an `ArrayNumber` and a `Tensor`. It may
  also be true or false, and {"none": true} is None.
- A learning rate is a number, or an object of numbers by the names of several optimizers in one, or null for none;
  {"schedule": number} is that of a schedule of the optimizer's own, in memory a `ScheduledRate`.
- Two numbers are the same if they are written the same: NaN is NaN, and -0.0 is not 0.0.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from .fields import Kind, ListOf, MapOf
from .reading import InvalidScenario, describe, object_from_json

Value = float | tuple[float, ...]
"""What a metric can be; a boolean is a float to a type checker. None is not named, though a metric can be that too: whoever looks
for a metric takes None for one that is missing."""
Logs = Mapping[str, Value]
Rate = float | Mapping[str, float] | None
"""The learning rate: the optimizer's; of several optimizers in one, each one's by its name; None for one that has none."""


class ArrayNumber(float):
    """A number that reaches the hook in an array of float64 without dimensions."""

    __slots__ = ()


class Tensor(tuple[float, ...]):
    """Numbers, two or more, that reach the hook in a tensor of float32 with one dimension."""

    __slots__ = ()


class ScheduledRate(float):
    """A rate that is a schedule of the optimizer's own (Keras: LearningRateSchedule): it can be read and not be set. It is never
    equal to one that is a number."""

    __slots__ = ()
    __hash__ = float.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ScheduledRate) and float(self) == float(other)

    def __ne__(self, other: object) -> bool:
        return not self == other


def each_number(value: Value, change: Callable[[float], float]) -> Value:
    """The value with its numbers changed, of the same kind as before."""
    if isinstance(value, tuple):
        return type(value)(map(change, value))
    if value is None or isinstance(value, bool):
        return value
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


# ---------------------------------------------------------------------------------------------- numbers

_WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def number_from_json(value: Any) -> float:
    """A float64 from a JSON number or one of "NaN", "Infinity", "-Infinity"."""
    if type(value) is float:
        return value
    if isinstance(value, str) and value in _WORDS:
        return _WORDS[value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidScenario(f'expected a number or one of "NaN", "Infinity", "-Infinity", got {describe(value)}')
    try:
        return float(value)
    except OverflowError:
        raise InvalidScenario("the integer is out of the range of float64") from None


def number_to_json(value: float) -> float | str:
    """A float64 as JSON: itself, or "NaN", "Infinity", "-Infinity"."""
    if value - value == 0.0:
        return value
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


def same_number(a: float, b: float) -> bool:
    """Whether they are written the same."""
    return (a == b and (a != 0.0 or math.copysign(1.0, a) == math.copysign(1.0, b))) or (a != a and b != b)


NUMBER = Kind(number_from_json, number_to_json, same_number)


# ---------------------------------------------------------------------------------------------- metric values

_NUMBERS = ListOf(NUMBER, "number")


def value_from_json(value: Any) -> Value:
    """A number, an array of one dimension or of none, a tensor, a boolean, or none at all."""
    if isinstance(value, list):
        return _NUMBERS.read(value)
    if isinstance(value, dict):
        read: Value = _object_from_json(value)
        return read
    return value if isinstance(value, bool) else number_from_json(value)


def _object_from_json(value: dict[str, Any]) -> Any:
    object_from_json(value, ("array", "tensor", "none"))
    if len(value) != 1:
        raise InvalidScenario('a metric value that is an object has either "array" or "tensor" or "none"')
    ((kind, content),) = value.items()
    try:
        if kind == "array":
            return ArrayNumber(number_from_json(content))
        if kind == "tensor":
            numbers = _NUMBERS.read(content)
            if len(numbers) < 2:
                raise InvalidScenario("a tensor has at least two numbers")
            return Tensor(numbers)
    except InvalidScenario as error:
        raise error.within(kind) from None
    if content is not True:
        raise InvalidScenario("expected true", kind)
    return None


def value_to_json(value: Value) -> Any:
    if value is None:
        return {"none": True}
    if isinstance(value, bool):
        return value
    if isinstance(value, tuple):
        items = [number_to_json(item) for item in value]
        return {"tensor": items} if isinstance(value, Tensor) else items
    return {"array": number_to_json(float(value))} if isinstance(value, ArrayNumber) else number_to_json(value)


def same_value(a: Value, b: Value) -> bool:
    """Whether they are of one kind, and written the same."""
    if type(a) is not type(b):
        return False
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(same_number, a, b))
    return a == b if a is None or b is None else same_number(a, b)  # type: ignore[arg-type]  # tuples are above


def logs_from_json(value: Any) -> dict[str, Value]:
    """Metric values by name; a metric that is missing is left out."""
    if not isinstance(value, dict):
        raise InvalidScenario(f"expected an object of metric values, got {describe(value)}")
    read: dict[str, Value] = {}
    for name, content in value.items():
        if type(content) is float:
            read[name] = content
        elif content is None:
            raise InvalidScenario(
                'null is not a metric value; leave the key out when the metric is missing, or write {"none": true}',
                name,
            )
        else:
            try:
                read[name] = value_from_json(content)
            except InvalidScenario as error:
                raise error.within(name) from None
    return read


def logs_to_json(logs: Logs) -> dict[str, Any]:
    return {
        # a finite float, which most are, at once
        name: value if type(value) is float and value - value == 0.0 else value_to_json(value)
        for name, value in logs.items()
    }


def same_logs(a: Logs, b: Logs) -> bool:
    return a.keys() == b.keys() and all(same_value(value, b[name]) for name, value in a.items())


LOGS = Kind(logs_from_json, logs_to_json, same_logs)


# ---------------------------------------------------------------------------------------------- what is written down


def _cell_from_json(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_cell_from_json, value))
    if value is None or (isinstance(value, int | str) and value not in _WORDS):
        return value
    return value_from_json(value)


def _cell_to_json(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_cell_to_json(each) for each in value]
    return value if value is None or isinstance(value, int | str) else value_to_json(value)


CELL = Kind(_cell_from_json, _cell_to_json, lambda a, b: repr(_cell_to_json(a)) == repr(_cell_to_json(b)))
CELLS = MapOf(CELL)
"""A piece of what a callback has written down: by name a metric's value, a text, a whole number, None, or a list of such."""


# ---------------------------------------------------------------------------------------------- learning rates


def rate_from_json(value: Any) -> Rate:
    """A learning rate, or one for each of several optimizers by its name."""
    if type(value) is float:
        return value
    if not isinstance(value, dict):
        return number_from_json(value)
    if not value:
        raise InvalidScenario("the object is empty; at least one optimizer is needed")
    rates: dict[str, float] = {}
    for name, rate in value.items():
        if not name.isidentifier():
            raise InvalidScenario("the name of an optimizer is made of letters, digits and underscores", name)
        try:
            rates[name] = number_from_json(rate)
        except InvalidScenario as error:
            raise error.within(name) from None
    return ScheduledRate(rates["schedule"]) if rates.keys() == {"schedule"} else rates


def rate_to_json(rate: Rate) -> Any:
    if type(rate) is float:
        return number_to_json(rate)
    if isinstance(rate, Mapping):
        return {name: number_to_json(each) for name, each in rate.items()}
    if isinstance(rate, ScheduledRate):
        return {"schedule": number_to_json(float(rate))}
    return None if rate is None else number_to_json(rate)


def _state_to_json(value: Any) -> Any:
    if isinstance(value, float | tuple):
        return value_to_json(tuple(value) if isinstance(value, tuple) else float(value))
    return value if value is None or isinstance(value, int | str) else repr(value)


def _state_from_json(value: Any) -> Any:
    if isinstance(value, list) or value in ("NaN", "Infinity", "-Infinity"):
        return value_from_json(value)
    if isinstance(value, dict):
        raise InvalidScenario(f"expected a number, a text, a list of numbers or null, got {describe(value)}")
    return value


STATE = Kind(_state_from_json, _state_to_json, lambda a, b: repr(a) == repr(b))
"""A value of a callback's own; numbers keep the form that JSON gives them."""


def same_rate(a: Rate, b: Rate) -> bool:
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return same_logs(a, b)
    return same_value(a, b)  # type: ignore[arg-type]  # of different types it says that they are not the same


RATE = Kind(rate_from_json, rate_to_json, same_rate)


def _later_from_json(value: Any) -> Rate:
    if value is None:
        raise InvalidScenario("null is no learning rate; leave the field out where the rate stays as it is")
    return rate_from_json(value)


LATER_RATE = Kind(_later_from_json, rate_to_json, same_rate)
"""A rate that is set while the optimizer is there."""


def check_later_rate(rate: Rate, optimizers: Rate) -> None:
    """Raises InvalidScenario unless this can be set as the rate of the scenario's optimizer, or of each of its several."""
    if optimizers is None:
        raise InvalidScenario("an optimizer that has no learning rate gets none; leave the field out")
    if isinstance(optimizers, ScheduledRate) or isinstance(rate, ScheduledRate):
        raise InvalidScenario("a learning rate that is a schedule stays what it is; leave the field out")
    here, there = (set(each) if isinstance(each, Mapping) else None for each in (rate, optimizers))
    if here != there:
        expected = "a number" if there is None else f"a rate for each of {', '.join(sorted(there))}"
        raise InvalidScenario(f"expected {expected}, as in the scenario's learning_rate")
