"""What an implementation is: a thing that turns a scenario into a trace.

An adapter for a callback that is not a Keras one is a class of about 15 lines. `build` gives a `Run`, whose hooks the driver
calls like a training loop; only `epoch_end` and `observe` are required:

    from callcheck.conformance.driver.protocol import CannotExpress, Capabilities, Observation

    class MyStopping:
        name = "mypackage 1.2 MyStopping"
        capabilities = Capabilities(callbacks={"EarlyStopping"}, observables={"stop"})

        def build(self, scenario):
            config = dict(scenario.config)
            stopper = mypackage.Stopper(patience=config.pop("patience", 0))
            if config.keys() - {"monitor", "mode"}:
                raise CannotExpress(next(iter(config.keys() - {"monitor", "mode"})))
            return MyRun(stopper, config.get("monitor", "val_loss"))

`bound` and `renamed` (`domain.py`) fill Keras's defaults in, and hand arguments over under other names; a Domain says which
values there are, and with `every_epoch` that the metric is never missing, so that nothing else is asked.

One that saves files finds the scenario's `existing` in its working directory, which is the scenario's own, and hands over a
`filepath` that is an object as it asks, or raises CannotExpress. The driver runs on Python 3.6, and so does this module.
"""

from typing import Any, Dict, Iterable, Mapping, NamedTuple, Optional, Tuple

try:
    from typing import Protocol  # novm - only a type checker needs it
except ImportError:
    Protocol = object  # type: ignore[assignment]

from .domain import DEFAULTS, Domain
from .scenario import Scenario
from .values import Origin

CALLBACKS = tuple(DEFAULTS)
"""The callbacks that an adapter stands for if it does not say which."""

OBSERVABLES = frozenset(
    {"stop", "learning_rate", "learning_rate_in_epoch", "saved", "weights", "warned", "printed", "logged"}
)
"""What can be seen of an implementation. `learning_rate_in_epoch` is the rate observed at the epoch's beginning."""


def _known(what: str, given: Iterable[str], known: Iterable[str]) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ValueError("there is no {} {!r}; known are {}".format(what, unknown[0], ", ".join(sorted(known))))


class Capabilities:
    """What an implementation can be asked. `parameters`: by callback, the parameters that it has; a callback that is not
    listed has all. `observables`: what can be seen of it. `reusable`: whether one instance serves several fits. `domain`:
    the values that it can be given (`domain.py`); None: all. `defaults`: by callback and parameter, its own default as text,
    where that is not Keras's; it is told, and the parameter is given wherever the callback is judged. Raises ValueError for a
    callback or an observable that there is not."""

    __slots__ = ("callbacks", "defaults", "domain", "observables", "parameters", "reusable")

    def __init__(
        self,
        *,
        callbacks: Iterable[str] = CALLBACKS,
        parameters: Optional[Mapping[str, Iterable[str]]] = None,
        observables: Iterable[str] = OBSERVABLES,
        reusable: bool = True,
        domain: Optional[Domain] = None,
        defaults: Optional[Mapping[str, Mapping[str, str]]] = None,
    ) -> None:
        self.callbacks = frozenset(callbacks)
        self.defaults = {
            callback: {str(name): str(value) for name, value in each.items()}
            for callback, each in (defaults or {}).items()
        }
        self.parameters = None if parameters is None else {name: frozenset(each) for name, each in parameters.items()}
        self.observables = frozenset(observables)
        self.reusable = reusable
        self.domain = domain
        _known("callback", [*self.callbacks, *(self.parameters or {}), *self.defaults], CALLBACKS)
        _known("observable", self.observables, {*OBSERVABLES, "optimizer_steps"})

    def to_json(self) -> Dict[str, Any]:
        """As the greeting of a worker carries them."""
        parameters = self.parameters
        return {
            "callbacks": sorted(self.callbacks),
            "parameters": parameters and {name: sorted(each) for name, each in parameters.items()},
            "observables": sorted(self.observables),
            "reusable": self.reusable,
            "domain": self.domain and self.domain.to_json(),
            "defaults": self.defaults,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Capabilities":
        """What `to_json` wrote; what is left out has its default. Raises TypeError for another field."""
        domain = data.get("domain")
        return cls(**dict(data, domain=domain and Domain(**domain)))


class Saved(str):
    """The path of a save to which not what was asked for was written; `content`: "model" or "weights"."""

    content: Optional[str] = None

    def __new__(cls, path: str, content: Optional[str] = None) -> "Saved":
        self = super().__new__(cls, path)
        self.content = content
        return self


class Observation(NamedTuple):
    """What can be seen now; None: not observable. `stop`, `learning_rate` and `weights` are states, the others are what
    happened since the last observation. `saved`: relative paths. `logged`: what the last hook added to its logs. `removed` and
    `changed`: keys of the logs that it was given.

    What is printed and warned of in the usual ways is heard by the driver, if the capabilities name it; `warned` and
    `printed` are for callbacks that say it otherwise.
    """

    stop: Optional[bool] = None
    learning_rate: Any = None
    saved: Optional[Tuple[str, ...]] = None
    weights: Optional[Origin] = None
    warned: Optional[Tuple[str, ...]] = None
    printed: Optional[Tuple[str, ...]] = None
    logged: Optional[Mapping[str, Any]] = None
    changed: Optional[Tuple[str, ...]] = None
    removed: Optional[Tuple[str, ...]] = None


class Run(Protocol):
    """One callback instance under way. Epochs are absolute, 0-based; logs are copies that a hook may change.

    Optional, called where they exist: `fit_begin(fit)`, `epoch_begin(epoch)`, `batch_end(batch, logs)`, `fit_end()`;
    `validation_end(epoch, logs)`, after a validation in the middle of an epoch;
    `set_stop()` and `set_rate(rate)`, by which somebody else sets the stop flag and the learning rate; `internal()`, the state
    by the names that Keras uses, which is what its attributes are taken to be when a fit has ended.
    """

    def epoch_end(self, epoch: int, logs: Dict[str, Any]) -> None: ...

    def observe(self) -> Observation: ...


class Implementation(Protocol):
    """`name` tells package, version and way of driving."""

    name: str
    capabilities: Capabilities

    def build(self, scenario: Scenario) -> Run: ...  # raises CannotExpress | ConfigurationRejected


class CannotExpress(Exception):
    """The implementation has no such parameter, or cannot be fed this input."""

    def __init__(self, parameter: str) -> None:
        super().__init__(parameter)
        self.parameter = parameter


class ConfigurationRejected(Exception):
    """The constructor of the callback refused the configuration with `error`; `callback` is its index among several."""

    def __init__(self, error: BaseException, callback: int = 0) -> None:
        super().__init__(str(error))
        self.error = error
        self.callback = callback


class Unavailable(Exception):
    """The implementation cannot be started; the message names the package and, where it helps, the install command."""


class Nonsense(Exception):
    """An observation is not of the type that it has to be, or a loop does not do what a training loop does."""
