"""What an implementation is: a thing that turns a scenario into a trace.

There are two ways to be one. `Implementation.build` gives a `Run`, whose hooks the runner (`run.py`) calls like a training
loop; this is all that an adapter for a third party's callback needs. An implementation with a training loop of its own has
`replay`, which answers for a whole scenario. Only `epoch_end` and `observe` of a Run are required.

An adapter for a callback that is not a Keras one is a class of about 15 lines:

    class MyStopping:
        name = "mypackage 1.2 MyStopping"
        capabilities = Capabilities(callbacks=frozenset({"EarlyStopping"}), observables=frozenset({"stop"}))

        def build(self, scenario):
            config = dict(scenario.config)
            stopper = mypackage.Stopper(patience=config.pop("patience", 0))
            if config.keys() - {"monitor", "mode"}:
                raise CannotExpress(next(iter(config.keys() - {"monitor", "mode"})))
            return MyRun(stopper, config.get("monitor", "val_loss"))

One that saves files puts the scenario's `existing` into their directory, and hands over a `filepath` that is an object as it
asks, or raises CannotExpress.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.scenario import Scenario
from callcheck.spec.trace import Origin, Result
from callcheck.spec.values import Logs, Rate, Value

OBSERVABLES = frozenset(
    {"stop", "learning_rate", "learning_rate_in_epoch", "saved", "weights", "warned", "printed", "logged"}
)
"""What can be seen of an implementation. `learning_rate_in_epoch` is the rate observed at the epoch's beginning."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Capabilities:
    """What an implementation can be asked. `parameters`: by callback, the parameters that it has; a callback that is not
    listed has all. `observables`: what can be seen of it. `reusable`: whether one instance serves several fits."""

    callbacks: frozenset[str] = frozenset(CALLBACKS)
    parameters: Mapping[str, frozenset[str]] | None = None
    observables: frozenset[str] = OBSERVABLES
    reusable: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """What can be seen now; None: not observable. `stop`, `learning_rate` and `weights` are states, the others are what
    happened since the last observation. `saved`: relative paths. `logged`: what the last hook added to its logs.

    What is printed and warned of in the usual ways is heard by the runner, if the capabilities name it; `warned` and
    `printed` are for callbacks that say it otherwise.
    """

    stop: bool | None = None
    learning_rate: Rate = None
    saved: tuple[str, ...] | None = None
    weights: Origin | None = None
    warned: tuple[str, ...] | None = None
    printed: tuple[str, ...] | None = None
    logged: Mapping[str, Value] | None = None


class Run(Protocol):
    """One callback instance under way. Epochs are absolute, 0-based; logs are copies that a hook may change.

    Optional, called where they exist: `fit_begin(fit)`, `epoch_begin(epoch)`, `batch_end(batch, logs)`, `fit_end()`;
    `set_stop()`, by which somebody else sets the stop flag; `internal()`, the state by the names that Keras uses.
    """

    def epoch_end(self, epoch: int, logs: Logs) -> None: ...

    def observe(self) -> Observation: ...


class CannotExpress(Exception):
    """The implementation has no such parameter, or cannot be fed this input."""

    def __init__(self, parameter: str) -> None:
        super().__init__(parameter)
        self.parameter = parameter


class ConfigurationRejected(Exception):
    """The constructor of the callback refused the configuration with `error`."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


class Unavailable(Exception):
    """The implementation cannot be started; the message names the package and, where it helps, the install command."""


class Implementation(Protocol):
    """`name` tells package, version and way of driving. One that knows which dialect it is to be held to, as a Keras knows its
    own release, has a `dialect: Resolution` too; any other is held to the newest Keras's."""

    name: str
    capabilities: Capabilities

    def build(self, scenario: Scenario) -> Run: ...  # raises CannotExpress | ConfigurationRejected


@runtime_checkable
class Replaying(Protocol):
    """An implementation with a training loop of its own. `internal` asks for the trace's optional state."""

    name: str
    capabilities: Capabilities

    def replay(self, scenario: Scenario, *, internal: bool = False) -> Result: ...
