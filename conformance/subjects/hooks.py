"""A callback that follows the Keras callback protocol, driven hook by hook on a stand-in model."""

from collections.abc import Callable, Mapping
from typing import Any

from callcheck.spec.scenario import Scenario
from callcheck.spec.trace import Origin, added_to_logs
from callcheck.spec.values import Logs, Rate

from .protocol import CannotExpress, Capabilities, ConfigurationRejected, Observation
from .standin import (
    Model,
    Optimizer,
    WithoutRate,
    arguments,
    as_logged,
    as_recorded,
    as_recorded_before,
    new_directory,
    numpy_tensor,
)


class PlainStandin:
    """The stand-in for callbacks that need no framework: a plain optimizer, no compiled metrics."""

    writes_files = True
    """Whether a save is one file, so that what stands in its way can be told."""

    def model(self, scenario: Scenario) -> Model:
        if isinstance(scenario.learning_rate, Mapping):
            raise CannotExpress("learning_rate")
        return Model(WithoutRate() if scenario.learning_rate is None else Optimizer())

    def tensor(self, values: tuple[float, ...]) -> Any:
        """What a tensor in the logs is."""
        return numpy_tensor(values)

    def set_rate(self, model: Model, rate: Rate) -> None:
        model.optimizer.learning_rate = rate

    def rate(self, model: Model) -> Rate:
        return float(model.optimizer.learning_rate) if isinstance(model.optimizer, Optimizer) else None

    def compile(self, model: Model, scenario: Scenario, fit: int) -> None:
        """Make `model.metrics` what the model is compiled with in that fit."""


class HooksRun:
    """One instance under way."""

    def __init__(self, scenario: Scenario, implementation: "Hooks") -> None:
        self.scenario = scenario
        self.directory = new_directory(scenario)
        try:
            self.callback = implementation.make(scenario.callback, **arguments(scenario.config, self.directory))
        except Exception as error:
            raise ConfigurationRejected(error) from error
        standin = self.standin = implementation.standin_for(self.callback)
        if scenario.existing and not standin.writes_files:
            raise CannotExpress("existing")
        self.model: Model = standin.model(scenario)
        self.model.touches = bool(scenario.existing)
        if scenario.learning_rate is not None:
            standin.set_rate(self.model, scenario.learning_rate)
        self.fit = -1
        self.ended: tuple[Logs, dict[str, Any]] = ({}, {})

    def fit_begin(self, fit: int) -> None:
        self.fit = fit
        content = self.scenario.fits[fit]
        self.standin.compile(self.model, self.scenario, fit)
        if content.learning_rate is not None:
            self.standin.set_rate(self.model, content.learning_rate)
        self.model.stop_training = False
        first = self.scenario.first_epoch(content)
        self.callback.set_params({"verbose": 0, "epochs": first + len(content.epochs), "steps": None})
        self.callback.set_model(self.model)
        self.callback.on_train_begin()

    def epoch_begin(self, epoch: int) -> None:
        self.callback.on_epoch_begin(epoch)
        self.weights = Origin(self.fit, epoch)

    def batch_end(self, batch: int, logs: Logs) -> None:
        self.callback.on_train_batch_begin(batch)
        self.model.weights_of = self.weights
        self.callback.on_train_batch_end(batch, as_logged(logs, self.standin.tensor))

    def epoch_end(self, epoch: int, logs: Logs) -> None:
        given = as_logged(logs, self.standin.tensor)
        self.ended = (logs, given)
        self.callback.on_epoch_end(epoch, given)

    def set_stop(self) -> None:
        """Somebody else sets the stop flag."""
        self.model.stop_training = True

    def fit_end(self) -> None:
        self.callback.on_train_end()

    def observe(self) -> Observation:
        model = self.model
        saved: tuple[str, ...] = ()
        if model.saved:
            saved = tuple(self._as_asked(path.removeprefix(self.directory), only) for path, only in model.saved)
            model.saved.clear()
        return Observation(
            stop=bool(model.stop_training),
            learning_rate=self.standin.rate(model),
            saved=saved,
            weights=model.weights_of,
            logged=self._logged(),
        )

    def _as_asked(self, path: str, weights_only: bool) -> str:
        """The path; with a remark, which no clause expects there, if not what was asked for was written to it."""
        if weights_only == bool(self.scenario.config.get("save_weights_only")):
            return path
        return f"{path} ({'weights only' if weights_only else 'whole model'})"

    def _logged(self) -> dict[str, Any]:
        """What the epoch's hooks changed in the logs that they were given, once."""
        (logs, given), self.ended = self.ended, ({}, {})
        return changed_in_logs(logs, given)

    def internal(self) -> dict[str, Any]:
        return internal_state(self.callback)


def changed_in_logs(logs: Logs, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a hook changed in `given`, which was `as_logged(logs)`."""
    changed = {name: as_recorded(value) for name, value in given.items() if name not in logs or value is not logs[name]}
    if not changed:
        return changed
    return added_to_logs({name: as_recorded_before(value) for name, value in logs.items()}, changed)


def internal_state(callback: Any) -> dict[str, Any]:
    """A Keras callback's state, as far as it has one, by the names that Keras uses."""
    names = ("wait", "best", "cooldown_counter", "stopped_epoch")
    return {name: _plain(getattr(callback, name)) for name in names if hasattr(callback, name)}


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int | float | str) else as_recorded(value)


class Hooks:
    """An implementation made of a constructor `make(callback, **config)` and a stand-in for the model."""

    def __init__(
        self, name: str, make: Callable[..., Any], standin: Any, capabilities: Capabilities | None = None
    ) -> None:
        self.name = name
        self.make = make
        self.standin = standin
        self.capabilities = capabilities or Capabilities()

    def standin_for(self, callback: Any) -> Any:
        """The stand-in on which this instance is driven."""
        return self.standin

    def build(self, scenario: Scenario) -> HooksRun:
        return HooksRun(scenario, self)
