"""What the adapters share: a run that keeps the stop flag, and early stopping that is asked once per epoch."""

from typing import Any, Callable, Dict, Mapping, Optional

from ..domain import Domain, bound
from ..protocol import CannotExpress, Capabilities, ConfigurationRejected, Observation, Unavailable
from ..scenario import Scenario

MODES = ("min", "max")


def stopping(**domain: Any) -> Capabilities:
    """Of an early stopping that knows metric, patience, min_delta and direction, and no more."""
    accepts = {"mode": MODES}
    kinds = {"monitor": "text", "patience": "whole", "min_delta": "number"}
    return Capabilities(
        callbacks={"EarlyStopping"},
        parameters={"EarlyStopping": ("monitor", "patience", "min_delta", "mode")},
        observables={"stop"},
        domain=Domain(accepts=accepts, kinds=kinds, numbers=True, **domain),
    )


class Adapter:
    """An implementation made of `make(config, scenario)`, which gives a run; `config` is bound. `dialect`: the one that comes
    with it."""

    def __init__(self, name: str, capabilities: Capabilities, make: Callable[..., Any], dialect: str) -> None:
        self.name = name
        self.capabilities = capabilities
        self.make = make
        self.identity = {"dialect": dialect}

    def build(self, scenario: Scenario) -> Any:
        try:
            return self.make(bound(scenario.callback, scenario.config), scenario)
        except CannotExpress:
            raise
        except Exception as error:
            raise ConfigurationRejected(error) from error


def only_by_hooks(name: str, way: str) -> None:
    """Raises Unavailable for another way."""
    if way != "hooks":
        raise Unavailable(f"{name} has no other way of driving: its parameters mean what Keras's mean")


class Stopping:
    """A run that stops. `ask(value, epoch, logs)` says whether to stop after the epoch; `begin(fit)`, where it is given, is
    called when a fit begins."""

    def __init__(self, monitor: str, ask: Callable[..., bool], begin: Optional[Callable[[int], None]] = None) -> None:
        self.monitor = monitor
        self.ask = ask
        self.begin = begin
        self.stop = False

    def fit_begin(self, fit: int) -> None:
        self.stop = False
        if self.begin is not None:
            self.begin(fit)

    def epoch_end(self, epoch: int, logs: Dict[str, Any]) -> None:
        self.stop = bool(self.ask(logs.get(self.monitor), epoch, logs)) or self.stop

    def set_stop(self) -> None:
        self.stop = True

    def observe(self) -> Observation:
        return Observation(stop=self.stop)


class Checking(Stopping):
    """One that is asked after every validation, be it in the middle of an epoch or at its end."""

    def validation_end(self, epoch: int, logs: Dict[str, Any]) -> None:
        self.epoch_end(epoch, logs)


def as_logs(logs: Mapping[str, Any], convert: Callable[[float], Any]) -> Dict[str, Any]:
    """The plain numbers among the logs, converted."""
    return {name: convert(value) for name, value in logs.items() if type(value) is float}
