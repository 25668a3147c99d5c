"""A scenario: a callback's configuration and the stream of logs that it sees, over one or more `fit` calls.

Rules
- Records are frozen; `from_json` refuses what the format does not allow with one sentence that names the field.
- `config` is passed on as given, nothing filled in. Defaults belong to the callback (`configuration.py`).
- Metric values, rates and the parameters in `FLOAT_PARAMETERS` are float64 even where written `1`; there, and nowhere
  else, the strings "NaN", "Infinity" and "-Infinity" are numbers.
- A metric may be an array of float64 with one dimension, a list of numbers; {"array": number} is one without dimensions,
  and {"tensor": list} the backend's own, of float32. In memory the three are a tuple, an `ArrayNumber` and a `Tensor`.
- `existing` is what lies in the directory of the files before the first fit: relative paths, with a slash at the end for
  a directory, otherwise an empty file. Only ModelCheckpoint looks at it.
- `filepath` is a relative path, which the callback is given with a temporary directory in front. As {"path_like": path} it
  is given that as a `pathlib.Path`; as {"relative": path} the path as it is, in that directory as the working directory.
- `to_json(from_json(x))` loses nothing, and `key` tells apart what `==` on floats cannot (NaN, -0.0).
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from .configuration import CALLBACKS, FLOAT_PARAMETERS
from .metrics import Metric, UnknownMetric, metric_from_json, metric_to_json

type_names = {bool: "a boolean", str: "a string", list: "a list", dict: "an object", int: "a number", float: "a number"}

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


class InvalidScenario(ValueError):
    """The JSON is not a scenario. `field` names the place, `message` says what is wrong there, in one sentence."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field
        self.message = message


@dataclass(frozen=True, kw_only=True, slots=True)
class Epoch:
    """What one epoch shows to the callbacks.

    `logs`: the epoch's metrics, by name. `batches`: the logs of each training batch; None means one batch that shows the
    epoch's metrics without the `val_*` ones. `stop`: somebody else sets the stop flag before the subject's epoch end.
    """

    logs: Logs = field(default_factory=dict)
    batches: tuple[Logs, ...] | None = None
    stop: bool = False

    def batch_logs(self) -> tuple[Logs, ...]:
        """The logs of each batch, the default batch spelt out."""
        if self.batches is not None:
            return self.batches
        return ({name: value for name, value in self.logs.items() if not name.startswith("val_")},)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """One `fit` call. None means: as the scenario says (`initial_epoch`, `metrics`), or as it stands (`learning_rate`)."""

    epochs: tuple[Epoch, ...]
    initial_epoch: int | None = None
    metrics: tuple[Metric, ...] | None = None
    learning_rate: float | Mapping[str, float] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """One callback instance, one model and one optimizer, over successive fits.

    `learning_rate` is set before the first fit; weights and rate carry over from fit to fit, the stop flag is cleared. With
    rates by name the optimizer is several in one (Keras calls it MultiOptimizer). `metrics` is what the model was compiled
    with. The batch hook is called once per `steps_per_execution` batches. `existing`: the files and directories that are
    there before.
    """

    callback: str
    fits: tuple[Fit, ...]
    config: Mapping[str, Any] = field(default_factory=dict)
    learning_rate: Rate = 1.0
    metrics: tuple[Metric, ...] = ()
    initial_epoch: int = 0
    steps_per_execution: int = 1
    existing: tuple[str, ...] = ()

    def first_epoch(self, fit: Fit) -> int:
        """The absolute index of the first epoch of `fit`."""
        return self.initial_epoch if fit.initial_epoch is None else fit.initial_epoch

    def rate_given(self, fit: int) -> Rate:
        """The learning rate that is set before the fit of that index; None where it stays as it is."""
        own = self.fits[fit].learning_rate
        return self.learning_rate if fit == 0 and own is None else own

    def compiled_metrics(self, fit: Fit) -> tuple[Metric, ...]:
        """What the model is compiled with during `fit`."""
        return self.metrics if fit.metrics is None else fit.metrics


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


def groups(batches: tuple[Logs, ...], steps_per_execution: int) -> Iterable[tuple[int, Logs]]:
    """The calls of the batch hook: (batch index, logs) once per group of `steps_per_execution` batches.

    The index is that of the last batch of a full group, for a short last group too; the logs are the last batch's.
    """
    if steps_per_execution == 1:
        return enumerate(batches)
    ends = range(steps_per_execution, len(batches) + steps_per_execution, steps_per_execution)
    return [(end - 1, batches[min(end, len(batches)) - 1]) for end in ends]


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


def rate_to_json(rate: Rate) -> Any:
    if isinstance(rate, Mapping):
        return {name: number_to_json(each) for name, each in rate.items()}
    return None if rate is None else number_to_json(rate)


def logs_to_json(logs: Logs) -> dict[str, Any]:
    return {name: value_to_json(value) for name, value in logs.items()}


def _config_to_json(config: Mapping[str, Any]) -> dict[str, Any]:
    written = {}
    for name, value in config.items():
        if name in FLOAT_PARAMETERS and isinstance(value, float):
            value = number_to_json(value)
        elif name == "schedule":
            value = {part: _schedule_part_to_json(part, content) for part, content in value.items()}
        written[name] = value
    return written


def _schedule_part_to_json(part: str, content: Any) -> Any:
    if part == "table":
        return [number_to_json(rate) for rate in content]
    return number_to_json(content) if part == "scale" else content


def to_json(scenario: Scenario) -> dict[str, Any]:
    """The scenario as JSON data; what has its default value is left out."""
    written: dict[str, Any] = {"callback": scenario.callback}
    if scenario.config:
        written["config"] = _config_to_json(scenario.config)
    if scenario.learning_rate != 1.0:
        written["learning_rate"] = rate_to_json(scenario.learning_rate)
    if scenario.metrics:
        written["metrics"] = [metric_to_json(metric) for metric in scenario.metrics]
    if scenario.initial_epoch:
        written["initial_epoch"] = scenario.initial_epoch
    if scenario.steps_per_execution != 1:
        written["steps_per_execution"] = scenario.steps_per_execution
    if scenario.existing:
        written["existing"] = list(scenario.existing)
    written["fits"] = [_fit_to_json(fit) for fit in scenario.fits]
    return written


def _fit_to_json(fit: Fit) -> dict[str, Any]:
    written: dict[str, Any] = {}
    if fit.initial_epoch is not None:
        written["initial_epoch"] = fit.initial_epoch
    if fit.metrics is not None:
        written["metrics"] = [metric_to_json(metric) for metric in fit.metrics]
    if fit.learning_rate is not None:
        written["learning_rate"] = rate_to_json(fit.learning_rate)
    written["epochs"] = [_epoch_to_json(epoch) for epoch in fit.epochs]
    return written


def _epoch_to_json(epoch: Epoch) -> dict[str, Any]:
    written: dict[str, Any] = {"logs": logs_to_json(epoch.logs)}
    if epoch.batches is not None:
        written["batches"] = [logs_to_json(logs) for logs in epoch.batches]
    if epoch.stop:
        written["stop"] = True
    return written


def dumps(scenario: Scenario) -> str:
    """The scenario on one line of JSON."""
    return json.dumps(to_json(scenario), allow_nan=False)


def key(scenario: Scenario) -> str:
    """Identity: two scenarios are the same exactly if their keys are equal."""
    return json.dumps(to_json(scenario), allow_nan=False, sort_keys=True)


# ---------------------------------------------------------------------------------------------- from JSON


def _describe(value: Any) -> str:
    return "null" if value is None else type_names.get(type(value), type(value).__name__)


def _object(value: Any, field: str, allowed: Iterable[str], required: Iterable[str] = ()) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidScenario(field, f"expected an object, got {_describe(value)}")
    allowed = tuple(allowed)
    for name in value:
        if name not in allowed:
            place = f"{field}.{name}" if field else name
            raise InvalidScenario(place, f"unknown field; the fields here are {', '.join(allowed)}")
    for name in required:
        if name not in value:
            raise InvalidScenario(f"{field}.{name}" if field else name, "this field is required")
    return value


def _list(value: Any, field: str) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidScenario(field, f"expected a list, got {_describe(value)}")
    return value


def _filled_list(value: Any, field: str, what: str) -> list[Any]:
    if not _list(value, field):
        raise InvalidScenario(field, f"the list is empty; at least one {what} is needed")
    return list(value)


def number_from_json(value: Any, field: str) -> float:
    """A float64 from a JSON number or one of "NaN", "Infinity", "-Infinity"."""
    if isinstance(value, str) and value in ("NaN", "Infinity", "-Infinity"):
        return float(value.replace("Infinity", "inf"))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidScenario(
            field, f'expected a number or one of "NaN", "Infinity", "-Infinity", got {_describe(value)}'
        )
    try:
        return float(value)
    except OverflowError:
        raise InvalidScenario(field, "the integer is out of the range of float64") from None


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


def _later_rate(value: Any, field: str, optimizers: Rate) -> float | Mapping[str, float]:
    """The rates that a fit sets; of the optimizers that the scenario has."""
    rate = rate_from_json(value, field)
    if rate is None or optimizers is None:
        raise InvalidScenario(field, "an optimizer that has no learning rate gets none; leave the field out")
    here, there = (set(each) if isinstance(each, Mapping) else None for each in (rate, optimizers))
    if here != there:
        expected = "a number" if there is None else f"a rate for each of {', '.join(sorted(there))}"
        raise InvalidScenario(field, f"expected {expected}, as in the scenario's learning_rate")
    return rate


def _count(value: Any, field: str, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidScenario(field, f"expected an integer, got {_describe(value)}")
    if value < least:
        raise InvalidScenario(field, f"expected at least {least}, got {value}")
    return value


def _logs(value: Any, field: str) -> dict[str, Value]:
    if not isinstance(value, dict):
        raise InvalidScenario(field, f"expected an object of metric values, got {_describe(value)}")
    read: dict[str, Value] = {}
    for name, content in value.items():
        place = f"{field}.{name}"
        if content is None:
            raise InvalidScenario(place, "null is not a metric value; leave the key out when the metric is missing")
        read[name] = value_from_json(content, place)
    return read


def value_from_json(value: Any, field: str) -> Value:
    """A number, an array of one dimension or of none, or a tensor."""
    if isinstance(value, list):
        return _numbers(value, field)
    return _array_or_tensor(value, field) if isinstance(value, dict) else number_from_json(value, field)


def _numbers(value: Any, field: str) -> tuple[float, ...]:
    items = _filled_list(value, field, "number")
    return tuple(number_from_json(item, f"{field}[{index}]") for index, item in enumerate(items))


def _array_or_tensor(value: dict[str, Any], field: str) -> Value:
    _object(value, field, ("array", "tensor"))
    if len(value) != 1:
        raise InvalidScenario(field, 'a metric value that is an object has either "array" or "tensor"')
    if "array" in value:
        return ArrayNumber(number_from_json(value["array"], f"{field}.array"))
    numbers = _numbers(value["tensor"], f"{field}.tensor")
    if len(numbers) < 2:
        raise InvalidScenario(f"{field}.tensor", "a tensor has at least two numbers")
    return Tensor(numbers)


def _metrics(value: Any, field: str) -> tuple[Metric, ...]:
    read = []
    for index, item in enumerate(_list(value, field)):
        try:
            read.append(metric_from_json(item))
        except UnknownMetric as error:
            raise InvalidScenario(f"{field}[{index}]", str(error)) from None
    return tuple(read)


def _schedule(value: Any, field: str) -> dict[str, Any]:
    schedule = dict(_object(value, field, ("table", "scale", "accepts", "returns")))
    if ("table" in schedule) == ("scale" in schedule):
        raise InvalidScenario(field, 'a schedule has either "table" or "scale"')
    if "table" in schedule:
        items = _filled_list(schedule["table"], f"{field}.table", "rate")
        schedule["table"] = [number_from_json(rate, f"{field}.table[{index}]") for index, rate in enumerate(items)]
    else:
        schedule["scale"] = number_from_json(schedule["scale"], f"{field}.scale")
    _one_of(schedule.get("accepts", "epoch"), f"{field}.accepts", ("epoch",))
    _one_of(schedule.get("returns", "int"), f"{field}.returns", ("int", "float32", "array", "none"))
    if "scale" in schedule and "accepts" in schedule:
        raise InvalidScenario(f"{field}.accepts", 'a schedule with "scale" needs the rate; "accepts" goes with "table"')
    return schedule


def _one_of(value: Any, field: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InvalidScenario(field, f"expected one of {', '.join(allowed)}, got {value!r}")


PATH_LIKE, RELATIVE = "path_like", "relative"


def path_of(filepath: Any) -> str:
    """The path in a configured `filepath`, in whichever way it is handed over."""
    return str(next(iter(filepath.values())) if isinstance(filepath, Mapping) else filepath)


def handed_over_as(scenario: Scenario) -> str | None:
    """PATH_LIKE, RELATIVE, or None: as a string with a directory in front, or not at all."""
    filepath = scenario.config.get("filepath")
    return next(iter(filepath)) if isinstance(filepath, Mapping) else None


def _filepath(value: Any, field: str) -> str | dict[str, str]:
    if isinstance(value, dict):
        return _filepath_object(value, field)
    if not isinstance(value, str):
        raise InvalidScenario(field, f"expected a relative path, got {_describe(value)}")
    if value.startswith("/") or ".." in value.split("/") or "\0" in value:
        raise InvalidScenario(field, f"expected a relative path without '..', got {value!r}")
    return value


def _filepath_object(value: dict[str, Any], field: str) -> dict[str, str]:
    given = _object(value, field, (PATH_LIKE, RELATIVE))
    if len(given) != 1:
        raise InvalidScenario(field, f'a filepath that is an object has either "{PATH_LIKE}" or "{RELATIVE}"')
    ((kind, path),) = given.items()
    if not isinstance(path, str):
        raise InvalidScenario(f"{field}.{kind}", f"expected a relative path, got {_describe(path)}")
    if not _PLAIN_PATH.fullmatch(path):
        # pathlib would write it otherwise
        raise InvalidScenario(
            f"{field}.{kind}", f"expected a relative path without '.', '..' and empty parts, got {path!r}"
        )
    return {kind: path}


_PLAIN_PATH = re.compile(r"(?!(.*/)?\.\.?(/|$))[^/\0]+(/[^/\0]+)*", re.DOTALL)


def _existing(value: Any, field: str) -> tuple[str, ...]:
    for index, item in enumerate(_list(value, field)):
        place = f"{field}[{index}]"
        if not isinstance(item, str):
            raise InvalidScenario(place, f"expected a relative path, got {_describe(item)}")
        if not _PLAIN_PATH.fullmatch(item.removesuffix("/")):
            raise InvalidScenario(place, f"expected a relative path without '.', '..' and empty parts, got {item!r}")
    found = existing_files(value), existing_directories(value)
    for index, item in enumerate(value):
        if PurePosixPath(item) in found[0] & found[1]:
            raise InvalidScenario(f"{field}[{index}]", f"{item!r} would have to be a file and a directory")
    return tuple(value)


def existing_files(existing: Iterable[str]) -> frozenset[PurePosixPath]:
    """The files among what is there."""
    return frozenset(PurePosixPath(path) for path in existing if not path.endswith("/"))


def existing_directories(existing: Iterable[str]) -> frozenset[PurePosixPath]:
    """The directories among what is there, and those in which it lies."""
    named = (PurePosixPath(path) for path in existing if path.endswith("/"))
    return frozenset((*named, *(parent for path in existing for parent in PurePosixPath(path).parents)))


def _config(value: Any, field: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidScenario(field, f"expected an object of parameters, got {_describe(value)}")
    read: dict[str, Any] = {}
    for name, content in value.items():
        place = f"{field}.{name}"
        if name in FLOAT_PARAMETERS and content is not None:
            content = number_from_json(content, place)
        elif name == "schedule":
            content = _schedule(content, place)
        elif name == "filepath":
            content = _filepath(content, place)
        read[name] = content
    return read


def _epoch(value: Any, field: str) -> Epoch:
    epoch = _object(value, field, ("logs", "batches", "stop"))
    batches = None
    if "batches" in epoch:
        items = _filled_list(epoch["batches"], f"{field}.batches", "batch")
        batches = tuple(_logs(item, f"{field}.batches[{index}]") for index, item in enumerate(items))
    stop = epoch.get("stop", False)
    if not isinstance(stop, bool):
        raise InvalidScenario(f"{field}.stop", f"expected true or false, got {_describe(stop)}")
    return Epoch(logs=_logs(epoch.get("logs", {}), f"{field}.logs"), batches=batches, stop=stop)


def _fit(value: Any, field: str, rate: Rate) -> Fit:
    fit = _object(value, field, ("epochs", "initial_epoch", "metrics", "learning_rate"), required=("epochs",))
    epochs = _filled_list(fit["epochs"], f"{field}.epochs", "epoch")

    def optional(name: str, read: Callable[[Any, str], Any]) -> Any:
        return read(fit[name], f"{field}.{name}") if name in fit else None

    return Fit(
        epochs=tuple(_epoch(item, f"{field}.epochs[{index}]") for index, item in enumerate(epochs)),
        initial_epoch=optional("initial_epoch", lambda content, place: _count(content, place, 0)),
        metrics=optional("metrics", _metrics),
        learning_rate=optional("learning_rate", lambda content, place: _later_rate(content, place, rate)),
    )


def from_json(data: Any) -> Scenario:
    """The scenario that JSON data describes. Raises InvalidScenario, which names the field."""
    fields = (
        "callback", "config", "learning_rate", "metrics", "initial_epoch", "steps_per_execution", "existing", "fits",
    )  # fmt: skip
    scenario = _object(data, "", fields, required=("callback", "fits"))
    callback = scenario["callback"]
    if callback not in CALLBACKS:
        raise InvalidScenario("callback", f"unknown callback {callback!r}; known are {', '.join(CALLBACKS)}")
    fits = _filled_list(scenario["fits"], "fits", "fit")
    rate = rate_from_json(scenario.get("learning_rate", 1.0), "learning_rate")
    return Scenario(
        callback=callback,
        config=_config(scenario.get("config", {}), "config"),
        learning_rate=rate,
        metrics=_metrics(scenario.get("metrics", []), "metrics"),
        initial_epoch=_count(scenario.get("initial_epoch", 0), "initial_epoch", 0),
        steps_per_execution=_count(scenario.get("steps_per_execution", 1), "steps_per_execution", 1),
        existing=_existing(scenario.get("existing", []), "existing"),
        fits=tuple(_fit(item, f"fits[{index}]", rate) for index, item in enumerate(fits)),
    )


def loads(text: str) -> Scenario:
    """The scenario in a JSON text. Raises InvalidScenario; the literals NaN and Infinity are not JSON and refused."""
    return from_json(parse_json(text))


def parse_json(text: str) -> Any:
    """JSON data from text. Raises InvalidScenario with the place for what is not JSON."""

    def refuse(literal: str) -> Any:
        raise InvalidScenario("", f'{literal} is not JSON; write the string "{literal}"')

    try:
        return json.loads(text, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise InvalidScenario("", f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise InvalidScenario("", "not a scenario: nested too deeply") from None
