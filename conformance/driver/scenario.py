"""A scenario as an adapter sees it: light records with the fields of its JSON form, decoded and with their defaults.

It is not judged here: what the parent sends was read by the specification's own reader, which names every mistake.
"""

from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from .values import logs_from_json, number, rate_from_json

FLOAT_PARAMETERS = frozenset({"min_delta", "baseline", "factor", "min_lr", "initial_value_threshold"})
"""The parameters that are float64 even where written `1`, as in the specification; a test holds the two together."""


class _Record:
    """A record with named fields that is shown as such."""

    __slots__: Tuple[str, ...] = ()

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"{type(self).__name__}({fields})"


class Other(_Record):
    """Somebody else, who acts in `hook` (at `batch`; None: at each) `before` or `after` the callback of that index.

    `stop`, `learning_rate`, `weights` ("zero"), `raises` (the name of an exception): what is done; None or False: not this.
    """

    __slots__ = ("after", "batch", "before", "hook", "learning_rate", "raises", "stop", "weights")

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.hook: str = data["hook"]
        self.batch: Optional[int] = data.get("batch")
        self.after: Optional[int] = data.get("after")
        self.before: Optional[int] = data.get("before", 0 if self.after is None else None)
        self.stop: bool = data.get("stop", False)
        self.learning_rate: Any = rate_from_json(data.get("learning_rate"))
        self.weights: Optional[str] = data.get("weights")
        self.raises: Optional[str] = data.get("raise")


class Epoch(_Record):
    """What one epoch shows to the callbacks. `batches`: None means one batch that shows the logs without the `val_*` ones.
    `validations`: the logs of those in the middle of the epoch; that at its end shows the epoch's.
    `stop` is the short form of somebody else's stopping before the first callback's epoch end."""

    __slots__ = ("batches", "logs", "others", "stop", "validations")

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.logs = logs_from_json(data.get("logs", {}))
        batches = data.get("batches")
        self.batches = None if batches is None else tuple(map(logs_from_json, batches))
        self.validations = tuple(map(logs_from_json, data.get("validations", ())))
        self.stop: bool = data.get("stop", False)
        self.others = tuple(map(Other, data.get("others", ())))

    def acts(self) -> Tuple[Other, ...]:
        """What others do, the short form spelt out."""
        return (Other({"hook": "epoch_end", "stop": True}), *self.others) if self.stop else self.others

    def batch_logs(self) -> Tuple[Dict[str, Any], ...]:
        """The logs of each batch, the default batch spelt out."""
        if self.batches is not None:
            return self.batches
        return ({name: value for name, value in self.logs.items() if not name.startswith("val_")},)

    def evaluation_logs(self) -> Dict[str, Any]:
        """The logs of the evaluation at its end; empty where there is none."""
        return {name[len("val_") :]: value for name, value in self.logs.items() if name.startswith("val_")}


class Resume(_Record):
    """The path that an earlier fit saved to, and what is loaded of it: "model", "weights", or "nothing", and there is no path."""

    __slots__ = ("load", "path")

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.path: str = data.get("from", "")
        self.load: str = data.get("load", "model")


class Fit(_Record):
    """One `fit` call. None: as the scenario says (`initial_epoch`, `metrics`), or as it stands (`learning_rate`). `damaged`: the
    files that are cut to nothing before it begins. `others`: what they do around its epochs."""

    __slots__ = ("damaged", "epochs", "initial_epoch", "instances", "learning_rate", "metrics", "others", "resume")

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.epochs = tuple(map(Epoch, data["epochs"]))
        self.initial_epoch: Optional[int] = data.get("initial_epoch")
        self.metrics: Any = data.get("metrics")
        self.learning_rate: Any = rate_from_json(data.get("learning_rate"))
        self.instances: str = data.get("instances", "same")
        self.resume = Resume(data["resume"]) if "resume" in data else None
        self.damaged = tuple(data.get("damaged", ()))
        self.others = tuple(map(Other, data.get("others", ())))


class Configured(_Record):
    """One of several callbacks: its name and its configuration."""

    __slots__ = ("callback", "config")

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.callback: str = data["callback"]
        self.config = _config(data.get("config", {}))


class Scenario(_Record):
    """`callback` and `config` are those of the only one. Several, and one that is written as a list, are in `callbacks`, and
    `callback` is empty: then the trace has lists too (`several`). `metrics` stay as in JSON."""

    __slots__ = (
        "_configured",
        "callback",
        "callbacks",
        "config",
        "ema_overwrite_frequency",
        "existing",
        "fits",
        "initial_epoch",
        "learning_rate",
        "metrics",
        "outputs",
        "several",
        "steps_per_execution",
        "use_ema",
    )  # fmt: skip

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.several = "callbacks" in data
        self._configured = tuple(map(Configured, data["callbacks"] if self.several else (data,)))
        self.callbacks = self._configured if self.several else ()
        self.callback = "" if self.several else self._configured[0].callback
        self.config: Dict[str, Any] = {} if self.several else self._configured[0].config
        self.fits = tuple(map(Fit, data["fits"]))
        self.learning_rate: Any = rate_from_json(data.get("learning_rate", 1.0))
        self.metrics: Any = data.get("metrics", [])
        self.initial_epoch: int = data.get("initial_epoch", 0)
        self.steps_per_execution: int = data.get("steps_per_execution", 1)
        self.existing = tuple(data.get("existing", ()))
        self.outputs = tuple(data.get("outputs", ()))
        self.use_ema: bool = data.get("use_ema", False)
        self.ema_overwrite_frequency: Optional[int] = data.get("ema_overwrite_frequency")

    @property
    def evaluates(self) -> bool:
        """Whether a real fit evaluates the model where an epoch has metrics of a validation: where it makes a difference."""
        acting = any(act.hook.startswith("test_") for fit in self.fits for epoch in fit.epochs for act in epoch.others)
        needed = any(each.callback in ("SwapEMAWeights", "TensorBoard") for each in self._configured)
        return self.use_ema or needed or acting

    def evaluated(self, fit: int) -> List[int]:
        """The epochs of that fit at whose end the model is evaluated, counted from 1."""
        epochs = enumerate(self.fits[fit].epochs, 1 + self.first_epoch(self.fits[fit]))
        return [number for number, epoch in epochs if epoch.evaluation_logs()]

    def configured(self) -> Tuple[Configured, ...]:
        """The callbacks in their order, be it one or several."""
        return self._configured

    def first_epoch(self, fit: Fit) -> int:
        """The absolute index of the first epoch of `fit`."""
        return self.initial_epoch if fit.initial_epoch is None else fit.initial_epoch

    def compiled_metrics(self, fit: Fit) -> Any:
        """What the model is compiled with during `fit`, as in JSON."""
        return self.metrics if fit.metrics is None else fit.metrics


def _config(data: Mapping[str, Any]) -> Dict[str, Any]:
    config = dict(data)
    for name in FLOAT_PARAMETERS & set(config):
        if config[name] is not None:
            config[name] = number(config[name])
    if "schedule" in config:
        schedule = config["schedule"] = dict(config["schedule"])
        if "table" in schedule:
            schedule["table"] = [number(rate) for rate in schedule["table"]]
        else:
            schedule["scale"] = number(schedule["scale"])
    return config


def index_told(which: str, last: int, group: int, number: int) -> int:
    """The index that the batch hook is told, of a group whose last batch is `last` if it is full, with `group` batches, and has
    `number`: of the "first" of them, of the "last", or of that in a "full" one."""
    return last if which == "full" else last - group + (number if which == "last" else 1)


def logs_of_batch(told: bool, batch: int, logs: Dict[str, Any]) -> Dict[str, Any]:
    """The logs of a batch, with what the training loop itself puts there if they are `told`: the batch's index and the number of
    its samples, which in a scenario is one. A metric of such a name stands in its place."""
    return dict({"batch": batch, "size": 1}, **logs) if told else logs


def groups(batches: Tuple[Dict[str, Any], ...], steps: int) -> Iterable[Tuple[int, Dict[str, Any]]]:
    """The calls of the batch hook: (batch index, logs) once per group of `steps` batches.

    The index is that of the last batch of a full group, for a short last group too; the logs are the last batch's.
    """
    if steps == 1:
        return enumerate(batches)
    ends = range(steps, len(batches) + steps, steps)
    grouped: List[Tuple[int, Dict[str, Any]]] = []
    for end in ends:
        grouped.append((end - 1, batches[min(end, len(batches)) - 1]))
    return grouped
