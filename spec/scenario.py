"""A scenario: callbacks with their configurations and the stream of logs that they see, over one or more `fit` calls.

Rules
- Records are frozen; `from_json` refuses what the format does not allow with one sentence that names the field.
- `config` is passed on as given, nothing filled in. Defaults belong to the callback (`callbacks.py`).
- Metric values, rates and the parameters in `FLOAT_PARAMETERS` are numbers as in `values.py`; nothing else is.
- `existing`, and a `filepath`, `filename`, `backup_dir` or `log_dir` in the configuration, are as in `files.py`.
- `to_json(from_json(x))` loses nothing, and `key` tells apart what `==` on floats cannot (NaN, -0.0).
"""

import json
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from itertools import chain, repeat
from typing import Any, TypeVar

from .callbacks import CALLBACKS, FLOAT_PARAMETERS, TRAINING
from .fields import BOOLEAN, INDEX, INTEGER, TEXT, Field, Kind, ListOf, Table, choice, nullable
from .files import EXISTING, directory_from_json, filepath_from_json, plain_path_from_json
from .metrics import METRICS, Metric
from .reading import (
    InvalidScenario,
    describe,
    free_from_json,
    integer_from_json,
    object_from_json,
    parse_json,
    printable,
    shown,
)
from .values import (
    LATER_RATE,
    LOGS,
    NUMBER,
    RATE,
    Logs,
    Rate,
    check_later_rate,
    number_from_json,
    number_to_json,
)

T = TypeVar("T")

HOOKS_OF_BATCHES = ("batch_begin", "batch_end")
HOOKS_OF_EVALUATIONS = ("test_begin", "test_end")
HOOKS_OF_EPOCHS = ("epoch_begin", *HOOKS_OF_BATCHES, *HOOKS_OF_EVALUATIONS, "epoch_end")
HOOKS_OF_FITS = ("fit_begin", "fit_end")
"""The hooks in which others can act, in an epoch and around all of them."""
RAISED = ("KeyboardInterrupt", "SystemExit", "MemoryError", "OSError", "RuntimeError", "ValueError")
"""The exceptions that others can raise: an interruption, and what happens to programs."""
INSTANCES = ("same", "new", "copied", "pickled")
"""The callbacks of a fit: those of the fit before, new ones of the same configuration, deep copies, or once pickled and read."""
LOADED = ("model", "weights", "weights-unbuilt", "nothing")


@dataclass(frozen=True, kw_only=True, slots=True)
class Configured:
    """A callback and its configuration."""

    callback: str
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Other:
    """Somebody else who acts in a hook, before or after the callback of that index; neither: before all of them.

    `batch`: at which batch hook, by the index of the last batch of its group, if that is full; None: at each. `stop`,
    `learning_rate`, `weights` ("zero") are set, `raises` names an exception; False or None: not this.
    """

    hook: str
    batch: int | None = None
    before: int | None = None
    after: int | None = None
    stop: bool = False
    learning_rate: Rate = None
    weights: str | None = None
    raises: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Resume:
    """A fit begins in a fresh model with what an earlier fit saved under `path`: the "model" with its optimizer, or its
    "weights", into a model that was compiled and whose optimizer was built ("weights-unbuilt": not built yet); or with "nothing",
    and no path, as a new process does."""

    path: str = ""
    load: str = "model"


def is_of_evaluation(metric: str) -> bool:
    """Whether a metric of an epoch is one of the evaluation at its end."""
    return metric.startswith("val_")


@dataclass(frozen=True, kw_only=True, slots=True)
class Epoch:
    """What one epoch shows to the callbacks.

    `logs`: the epoch's metrics, by name. `batches`: the logs of each training batch; None means one batch that shows the
    epoch's metrics without the `val_*` ones. `validations`: the logs of each validation in the middle of the epoch; that at its
    end shows the epoch's. `stop`: somebody else sets the stop flag before the first callback's epoch end. `others`: what else
    somebody else does.
    """

    logs: Logs = field(default_factory=dict)
    batches: tuple[Logs, ...] | None = None
    validations: tuple[Logs, ...] = ()
    stop: bool = False
    others: tuple[Other, ...] = ()

    def batch_logs(self) -> tuple[Logs, ...]:
        """The logs of each batch, the default batch spelt out."""
        if self.batches is not None:
            return self.batches
        return ({name: value for name, value in self.logs.items() if not is_of_evaluation(name)},)


def acts(fit: "Fit") -> Iterable[Other]:
    """Whatever others do in a fit, but for the short form of a stop."""
    return chain(fit.others, *(epoch.others for epoch in fit.epochs))


def plain_epochs(metric: str, values: Iterable[float | None]) -> tuple[Epoch, ...]:
    """Epochs that show this metric and nothing else; None: they do not have it. A million of them are made field by field, in a
    quarter of the time that as many calls of a frozen dataclass take."""
    seen = [{} if value is None else {metric: value} for value in values]
    made = tuple(map(object.__new__, repeat(Epoch, len(seen))))
    usual = Epoch()
    for each in fields(Epoch):
        contents = seen if each.name == "logs" else repeat(getattr(usual, each.name))
        deque(map(vars(Epoch)[each.name].__set__, made, contents), maxlen=0)
    return made


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """One `fit` call. None means: as the scenario says (`initial_epoch`, `metrics`), or as it stands (`learning_rate`).

    `instances`: which callbacks it is given, one of INSTANCES. `resume`: where the model comes from, if not from the fit before.
    `damaged`: the files that, before it begins, are cut to nothing, as a process leaves one that ends while it writes. `others`:
    what somebody else does around the epochs.
    """

    epochs: tuple[Epoch, ...]
    initial_epoch: int | None = None
    metrics: tuple[Metric, ...] | None = None
    learning_rate: float | Mapping[str, float] | None = None
    instances: str = "same"
    resume: Resume | None = None
    damaged: tuple[str, ...] = ()
    others: tuple[Other, ...] = ()


class _Remembering:
    """A record that keeps what was made of it, beside its fields: see `remembered`."""

    __slots__ = ("_memory",)
    _memory: dict[Hashable, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario(_Remembering):
    """One callback, or several in order, one model and one optimizer, over successive fits.

    `callback` and `config` are those of the only one. Several, and one that is written as a list, are in `callbacks`, and
    `callback` is empty. `learning_rate` is set before the first fit; weights and rate carry over from fit to fit, the stop flag
    is cleared. With rates by name the optimizer is several in one (Keras calls it MultiOptimizer). `metrics` is what the model
    was compiled with. The batch hook is called once per `steps_per_execution` batches. `existing`: the files and directories
    that are there before. `outputs`: the names of the model's outputs, where they are several. `use_ema`: the optimizer keeps an
    average of the weights, and puts it into the model every `ema_overwrite_frequency` steps (None: when training has ended).
    """

    callback: str = ""
    fits: tuple[Fit, ...]
    config: Mapping[str, Any] = field(default_factory=dict)
    callbacks: tuple[Configured, ...] = ()
    learning_rate: Rate = 1.0
    metrics: tuple[Metric, ...] = ()
    initial_epoch: int = 0
    steps_per_execution: int = 1
    existing: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    use_ema: bool = False
    ema_overwrite_frequency: int | None = None

    def averaging(self) -> "Scenario":
        """The same with an optimizer that keeps an average, if a callback is there that needs one, and the optimizer can."""
        needed = any("averages" in CALLBACKS[each.callback].jobs for each in self.configured())
        return replace(self, use_ema=True) if needed and _can_average(self) else self

    @property
    def about(self) -> str:
        """The callback that it is about: one alone in fits that follow each other, with nobody else at work but for a stop;
        TRAINING for everything else."""
        plain = self.callback and all(
            fit.instances == "same" and not (fit.resume or fit.damaged or any(acts(fit))) for fit in self.fits
        )
        return self.callback if plain else TRAINING

    def configured(self) -> tuple[Configured, ...]:
        """The callbacks in their order, be it one or several."""
        return self.callbacks or (Configured(callback=self.callback, config=self.config),)

    def first_epoch(self, fit: Fit) -> int:
        """The absolute index of the first epoch of `fit`."""
        return self.initial_epoch if fit.initial_epoch is None else fit.initial_epoch

    def rate_given(self, fit: int) -> Rate:
        """The learning rate that is set before the fit of that index; None where it stays as it is."""
        own = self.fits[fit].learning_rate
        return self.learning_rate if fit == 0 and own is None else own

    def compiled_metrics(self, fit: Fit) -> tuple[Metric, ...]:
        """What the model is compiled with during `fit`, in the order of the outputs where there are several."""
        metrics = self.metrics if fit.metrics is None else fit.metrics
        if not self.outputs:
            return metrics
        places = {output: place for place, output in enumerate(self.outputs)}
        return tuple(sorted(metrics, key=lambda metric: places.get(str(metric.output), 0)))


def groups(batches: tuple[Logs, ...], steps_per_execution: int) -> Iterable[tuple[int, Logs]]:
    """The calls of the batch hook: (batch index, logs) once per group of `steps_per_execution` batches.

    The index is that of the last batch of a full group, for a short last group too; the logs are the last batch's.
    """
    if steps_per_execution == 1:
        return enumerate(batches)
    ends = range(steps_per_execution, len(batches) + steps_per_execution, steps_per_execution)
    return [(end - 1, batches[min(end, len(batches)) - 1]) for end in ends]


# ---------------------------------------------------------------------------------------------- configurations


def _callback(value: Any) -> str:
    if not isinstance(value, str) or value not in CALLBACKS:
        raise InvalidScenario(f"unknown callback {shown(value)}; known are {', '.join(CALLBACKS)}")
    return value


def _schedule(value: Any) -> dict[str, Any]:
    schedule = dict(object_from_json(value, ("table", "scale", "accepts", "returns")))
    if ("table" in schedule) == ("scale" in schedule):
        raise InvalidScenario('a schedule has either "table" or "scale"')
    for part, content in schedule.items():
        try:
            schedule[part] = _SCHEDULE_PARTS[part].read(content)
        except InvalidScenario as error:
            raise error.within(part) from None
    if "scale" in schedule and "accepts" in schedule:
        raise InvalidScenario('a schedule with "scale" needs the rate; "accepts" goes with "table"', "accepts")
    return schedule


_RATES = ListOf(NUMBER, "rate")
_SCHEDULE_PARTS: dict[str, Kind[Any]] = {
    "table": Kind(lambda value: list(_RATES.read(value)), _RATES.write),
    "scale": NUMBER,
    "accepts": choice("epoch", "int-and-float"),
    "returns": choice("int", "float32", "array", "array-0d", "tensor", "none"),
}


def _parameter(name: str, value: Any) -> Any:
    if name in FLOAT_PARAMETERS:
        return None if value is None else number_from_json(value)
    if name == "schedule":
        return _schedule(value)
    if name in ("filename", "log_dir"):
        return plain_path_from_json(value)
    if name == "backup_dir":
        return directory_from_json(value)
    return filepath_from_json(value) if name == "filepath" else free_from_json(value)


def _config(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidScenario(f"expected an object of parameters, got {describe(value)}")
    read: dict[str, Any] = {}
    for name, content in value.items():
        try:
            read[name] = _parameter(name, content)
        except InvalidScenario as error:
            raise error.within(name) from None
    return read


def _config_to_json(config: Mapping[str, Any]) -> dict[str, Any]:
    written = dict(config)
    for name in FLOAT_PARAMETERS.intersection(written):
        if isinstance(written[name], float):
            written[name] = number_to_json(written[name])
    if "schedule" in written:
        written["schedule"] = {
            part: _SCHEDULE_PARTS[part].write(content) for part, content in written["schedule"].items()
        }
    return written


# ---------------------------------------------------------------------------------------------- the fields of the records


def _can_average(scenario: Scenario) -> bool:
    return type(scenario.learning_rate) is float and not scenario.outputs


def _check_other(other: Other) -> None:
    if other.before is not None and other.after is not None:
        raise InvalidScenario('somebody else acts either "before" or "after" a callback', "after")
    if other.batch is not None and other.hook not in HOOKS_OF_BATCHES:
        raise InvalidScenario("only in the hooks of batches there is a batch", "batch")
    if other.stop and other.hook == "fit_end":
        raise InvalidScenario("a fit that has ended is not stopped", "stop")
    if not other.stop and other.learning_rate is None and other.weights is None and other.raises is None:
        raise InvalidScenario('nothing is done; an act is "stop", "learning_rate", "weights" or "raise"')


def _check_act(act: Other, epoch: Epoch | None, scenario: Scenario) -> None:
    if act.hook not in (HOOKS_OF_FITS if epoch is None else HOOKS_OF_EPOCHS):
        raise InvalidScenario("what is done around the epochs stands in the fit, and in an epoch the rest", "hook")
    for step, index in (("before", act.before), ("after", act.after)):
        if index is not None and index >= len(scenario.configured()):
            raise InvalidScenario(f"there is no callback of the index {index}", step)
    if epoch is not None and act.hook in HOOKS_OF_EVALUATIONS and not any(map(is_of_evaluation, epoch.logs)):
        raise InvalidScenario("an epoch without a val_ metric is not evaluated", "hook")
    if epoch is not None and act.batch is not None:
        called = [batch for batch, _ in groups(epoch.batch_logs(), scenario.steps_per_execution)]
        if act.batch not in called:
            raise InvalidScenario(f"the batch hook is called with {', '.join(map(str, called))}", "batch")
    if act.learning_rate is not None:
        _check_rate(act, scenario)


def _check_rate(act: Fit | Other, scenario: Scenario) -> None:
    try:
        check_later_rate(act.learning_rate, scenario.learning_rate)
    except InvalidScenario as error:
        raise error.within("learning_rate") from None


def _check_metrics(metrics: tuple[Metric, ...] | None, scenario: Scenario) -> None:
    for metric in metrics or ():
        if metric.output is not None and metric.output not in scenario.outputs:
            known = ", ".join(map(printable, scenario.outputs)) or "not named"
            raise InvalidScenario(f"unknown output; the outputs are {known}", "metrics", metric.output)


def _check_fit(index: int, scenario: Scenario) -> None:
    fit = scenario.fits[index]
    if fit.learning_rate is not None:
        _check_rate(fit, scenario)
    if fit.resume is not None and index == 0:
        raise InvalidScenario("no fit before it could have saved what it begins with", "resume")
    if fit.damaged and index == 0:
        raise InvalidScenario("no fit before it could have written what is damaged", "damaged")
    if fit.resume is not None and bool(fit.resume.path) == (fit.resume.load == "nothing"):
        raise InvalidScenario("a file is named unless nothing is loaded", "resume", "from")
    _check_metrics(fit.metrics, scenario)
    _check_acts(fit.others, None, scenario)
    for number, epoch in enumerate(fit.epochs):
        try:
            _check_acts(epoch.others, epoch, scenario)
        except InvalidScenario as error:
            raise InvalidScenario(error.message, "epochs", number, *error.path) from None


def _check_acts(others: tuple[Other, ...], epoch: Epoch | None, scenario: Scenario) -> None:
    for place, act in enumerate(others):
        try:
            _check_act(act, epoch, scenario)
        except InvalidScenario as error:
            raise InvalidScenario(error.message, "others", place, *error.path) from None


def check(scenario: Scenario) -> None:
    """Raises InvalidScenario for fields that do not go together."""
    if scenario.callbacks and (scenario.callback or scenario.config):
        raise InvalidScenario('"callbacks" stands in its place', "callback" if scenario.callback else "config")
    if not scenario.callbacks and not scenario.callback:
        raise InvalidScenario("this field is required", "callback")
    for index, name in enumerate(scenario.outputs):
        if not name.isidentifier() or name in scenario.outputs[:index]:
            raise InvalidScenario(
                "the name of an output is made of letters, digits and underscores, once", "outputs", index
            )
    _check_metrics(scenario.metrics, scenario)
    if scenario.use_ema and not _can_average(scenario):
        raise InvalidScenario(
            "one optimizer, with a learning rate of its own, keeps an average of one output", "use_ema"
        )
    if scenario.ema_overwrite_frequency is not None and not scenario.use_ema:
        raise InvalidScenario("there is no average without use_ema", "ema_overwrite_frequency")
    for index in range(len(scenario.fits)):
        try:
            _check_fit(index, scenario)
        except InvalidScenario as error:
            raise InvalidScenario(error.message, "fits", index, *error.path) from None


CALLBACK = Kind(_callback)
CONFIG = Kind(_config, _config_to_json)

CONFIGURED = Table(Configured, Field("callback", CALLBACK), Field("config", CONFIG))
OTHER = Table(
    Other,
    Field("hook", choice(*HOOKS_OF_EPOCHS, *HOOKS_OF_FITS)),
    Field("batch", INDEX),
    Field("before", INDEX),
    Field("after", INDEX),
    Field("stop", BOOLEAN),
    Field("learning_rate", LATER_RATE),
    Field("weights", choice("zero")),
    Field("raises", choice(*RAISED), json="raise"),
    check=_check_other,
)
EPOCH = Table(
    Epoch,
    Field("logs", LOGS, written=True),
    Field("batches", ListOf(LOGS, "batch")),
    Field("validations", ListOf(LOGS)),
    Field("stop", BOOLEAN),
    Field("others", ListOf(OTHER)),
)
RESUME = Table(Resume, Field("path", Kind(plain_path_from_json), json="from"), Field("load", choice(*LOADED)))
FIT = Table(
    Fit,
    Field("initial_epoch", INTEGER),
    Field("metrics", METRICS),
    Field("learning_rate", LATER_RATE),
    Field("instances", choice(*INSTANCES)),
    Field("resume", RESUME),
    Field("damaged", ListOf(Kind(plain_path_from_json))),
    Field("others", ListOf(OTHER)),
    Field("epochs", ListOf(EPOCH, "epoch")),
)
SCENARIO = Table(
    Scenario,
    Field("callback", CALLBACK),
    Field("config", CONFIG),
    Field("callbacks", ListOf(CONFIGURED, "callback")),
    Field("learning_rate", nullable(RATE)),
    Field("metrics", METRICS),
    Field("initial_epoch", INTEGER),
    Field("steps_per_execution", Kind(lambda value: integer_from_json(value, 1))),
    Field("existing", EXISTING),
    Field("outputs", ListOf(TEXT)),
    Field("use_ema", BOOLEAN),
    Field("ema_overwrite_frequency", Kind(lambda value: integer_from_json(value, 1))),
    Field("fits", ListOf(FIT, "fit")),
    check=check,
)


# ---------------------------------------------------------------------------------------------- JSON


def to_json(scenario: Scenario) -> dict[str, Any]:
    """The scenario as JSON data; what has its default value is left out."""
    return SCENARIO.write(scenario)


def dumps(scenario: Scenario) -> str:
    """The scenario on one line of JSON."""
    return json.dumps(SCENARIO.write(scenario), allow_nan=False)


_SORTED = json.JSONEncoder(allow_nan=False, sort_keys=True)


def key(scenario: Scenario) -> str:
    """Identity: two scenarios are the same exactly if their keys are equal."""
    return remembered(scenario, "key", lambda each: _SORTED.encode(SCENARIO.write(each)))


def remembered(scenario: Scenario, what: Hashable, make: Callable[[Scenario], T]) -> T:
    """What `make` makes of a scenario, made once for each: it is asked of the same ones for every clause and dialect."""
    try:
        memory = scenario._memory
    except AttributeError:
        memory = {}
        object.__setattr__(scenario, "_memory", memory)
    if what not in memory:
        memory[what] = make(scenario)
    found: T = memory[what]
    return found


def from_json(data: Any) -> Scenario:
    """The scenario that JSON data describes. Raises InvalidScenario, which names the field."""
    return SCENARIO.read(data)


def loads(text: str) -> Scenario:
    """The scenario in a JSON text. Raises InvalidScenario; the literals NaN and Infinity are not JSON and refused."""
    return from_json(parse_json(text))
