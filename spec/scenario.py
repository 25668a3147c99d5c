"""A scenario: a callback's configuration and the stream of logs that it sees, over one or more `fit` calls.

Rules
- Records are frozen; `from_json` refuses what the format does not allow with one sentence that names the field.
- `config` is passed on as given, nothing filled in. Defaults belong to the callback (`configuration.py`).
- Metric values, rates and the parameters in `FLOAT_PARAMETERS` are numbers as in `values.py`; nothing else is.
- `existing` and a `filepath` in the configuration are as in `files.py`.
- `to_json(from_json(x))` loses nothing, and `key` tells apart what `==` on floats cannot (NaN, -0.0).
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .callbacks import CALLBACKS, FLOAT_PARAMETERS
from .files import existing_from_json, filepath_from_json
from .metrics import Metric, UnknownMetric, metric_from_json, metric_to_json
from .reading import (
    InvalidScenario,
    describe,
    filled_list_from_json,
    integer_from_json,
    list_from_json,
    object_from_json,
    one_of,
    parse_json,
)
from .values import (
    Logs,
    Rate,
    later_rate_from_json,
    logs_from_json,
    logs_to_json,
    number_from_json,
    number_to_json,
    rate_from_json,
    rate_to_json,
)


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


def groups(batches: tuple[Logs, ...], steps_per_execution: int) -> Iterable[tuple[int, Logs]]:
    """The calls of the batch hook: (batch index, logs) once per group of `steps_per_execution` batches.

    The index is that of the last batch of a full group, for a short last group too; the logs are the last batch's.
    """
    if steps_per_execution == 1:
        return enumerate(batches)
    ends = range(steps_per_execution, len(batches) + steps_per_execution, steps_per_execution)
    return [(end - 1, batches[min(end, len(batches)) - 1]) for end in ends]


# ---------------------------------------------------------------------------------------------- to JSON


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


def _metrics(value: Any, field: str) -> tuple[Metric, ...]:
    read = []
    for index, item in enumerate(list_from_json(value, field)):
        try:
            read.append(metric_from_json(item))
        except UnknownMetric as error:
            raise InvalidScenario(f"{field}[{index}]", str(error)) from None
    return tuple(read)


def _schedule(value: Any, field: str) -> dict[str, Any]:
    schedule = dict(object_from_json(value, field, ("table", "scale", "accepts", "returns")))
    if ("table" in schedule) == ("scale" in schedule):
        raise InvalidScenario(field, 'a schedule has either "table" or "scale"')
    if "table" in schedule:
        items = filled_list_from_json(schedule["table"], f"{field}.table", "rate")
        schedule["table"] = [number_from_json(rate, f"{field}.table[{index}]") for index, rate in enumerate(items)]
    else:
        schedule["scale"] = number_from_json(schedule["scale"], f"{field}.scale")
    one_of(schedule.get("accepts", "epoch"), f"{field}.accepts", ("epoch",))
    one_of(schedule.get("returns", "int"), f"{field}.returns", ("int", "float32", "array", "none"))
    if "scale" in schedule and "accepts" in schedule:
        raise InvalidScenario(f"{field}.accepts", 'a schedule with "scale" needs the rate; "accepts" goes with "table"')
    return schedule


def _config(value: Any, field: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidScenario(field, f"expected an object of parameters, got {describe(value)}")
    read: dict[str, Any] = {}
    for name, content in value.items():
        place = f"{field}.{name}"
        if name in FLOAT_PARAMETERS and content is not None:
            content = number_from_json(content, place)
        elif name == "schedule":
            content = _schedule(content, place)
        elif name == "filepath":
            content = filepath_from_json(content, place)
        read[name] = content
    return read


def _epoch(value: Any, field: str) -> Epoch:
    epoch = object_from_json(value, field, ("logs", "batches", "stop"))
    batches = None
    if "batches" in epoch:
        items = filled_list_from_json(epoch["batches"], f"{field}.batches", "batch")
        batches = tuple(logs_from_json(item, f"{field}.batches[{index}]") for index, item in enumerate(items))
    stop = epoch.get("stop", False)
    if not isinstance(stop, bool):
        raise InvalidScenario(f"{field}.stop", f"expected true or false, got {describe(stop)}")
    return Epoch(logs=logs_from_json(epoch.get("logs", {}), f"{field}.logs"), batches=batches, stop=stop)


def _fit(value: Any, field: str, rate: Rate) -> Fit:
    fit = object_from_json(value, field, ("epochs", "initial_epoch", "metrics", "learning_rate"), required=("epochs",))
    epochs = filled_list_from_json(fit["epochs"], f"{field}.epochs", "epoch")

    def optional(name: str, read: Callable[[Any, str], Any]) -> Any:
        return read(fit[name], f"{field}.{name}") if name in fit else None

    return Fit(
        epochs=tuple(_epoch(item, f"{field}.epochs[{index}]") for index, item in enumerate(epochs)),
        initial_epoch=optional("initial_epoch", integer_from_json),
        metrics=optional("metrics", _metrics),
        learning_rate=optional("learning_rate", lambda content, place: later_rate_from_json(content, place, rate)),
    )


def from_json(data: Any) -> Scenario:
    """The scenario that JSON data describes. Raises InvalidScenario, which names the field."""
    fields = (
        "callback", "config", "learning_rate", "metrics", "initial_epoch", "steps_per_execution", "existing", "fits",
    )  # fmt: skip
    scenario = object_from_json(data, "", fields, required=("callback", "fits"))
    callback = scenario["callback"]
    if not isinstance(callback, str) or callback not in CALLBACKS:
        raise InvalidScenario("callback", f"unknown callback {callback!r}; known are {', '.join(CALLBACKS)}")
    fits = filled_list_from_json(scenario["fits"], "fits", "fit")
    rate = rate_from_json(scenario.get("learning_rate", 1.0), "learning_rate")
    return Scenario(
        callback=callback,
        config=_config(scenario.get("config", {}), "config"),
        learning_rate=rate,
        metrics=_metrics(scenario.get("metrics", []), "metrics"),
        initial_epoch=integer_from_json(scenario.get("initial_epoch", 0), "initial_epoch"),
        steps_per_execution=integer_from_json(scenario.get("steps_per_execution", 1), "steps_per_execution", 1),
        existing=existing_from_json(scenario.get("existing", []), "existing"),
        fits=tuple(_fit(item, f"fits[{index}]", rate) for index, item in enumerate(fits)),
    )


def loads(text: str) -> Scenario:
    """The scenario in a JSON text. Raises InvalidScenario; the literals NaN and Infinity are not JSON and refused."""
    return from_json(parse_json(text))
