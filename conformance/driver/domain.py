"""The domain of an adapter: which of a scenario's values its callback can be given at all.

What lies outside cannot be expressed, and is held against nobody. What a callback refuses is not outside: a constructor that
raises for a negative patience was asked, and has answered.

Rules
- A parameter that the configuration leaves out counts with Keras's default: that is what an adapter hands over.
- `outside` names the first thing that lies outside, in words that a report can print.
"""

import json
import math
import os
from typing import Any, Dict, Mapping, Optional, Sequence

_KINDS = {
    "whole": lambda value: type(value) is int,
    "number": lambda value: type(value) in (int, float),
    "text": lambda value: type(value) is str,
}
"""What a parameter can be, by name."""
RATE_KEYS = ("learning_rate", "lr")
"""Under which Keras logs the rate: to monitor one of them is to monitor the rate, in Keras alone."""


def of_the_specification(file: str) -> Any:
    """What a file says that is made of the specification, which is not there where the driver runs, by
    `python -m callcheck.conformance.vectors`."""
    loader: Any = globals()["__loader__"]  # out of a zip too; pkgutil.get_data does not find it there before Python 3.8
    data: bytes = loader.get_data(os.path.join(os.path.dirname(__file__), file))
    return json.loads(data.decode("utf-8"))


DEFAULTS: Dict[str, Dict[str, Any]] = of_the_specification("defaults.json")
"""Keras's defaults, by callback."""


def bound(callback: str, config: Mapping[str, Any]) -> Dict[str, Any]:
    """The configuration with Keras's defaults filled in."""
    return dict(DEFAULTS[callback], **config)


def renamed(config: Mapping[str, Any], *same: str, **other: str) -> Dict[str, Any]:
    """The arguments of another library: those that have the same name there, and others by Keras's name with the one there, as in
    `renamed(config, "patience", min_delta="threshold")`. What is not named is left out."""
    names = dict({name: name for name in same}, **other)
    return {there: config[name] for name, there in names.items()}


class Domain:
    """`accepts`: by parameter, the only values that it can have. `kinds`: by parameter, "whole", "number" or "text".
    `every_epoch`: the monitored metric has to stand in the logs of every epoch. `numbers`: it has to be a plain number, no array.
    `finite`: and a finite one. `stored_as`: as what the rate is stored, "float32" or "float64"; None: it has none."""

    __slots__ = ("accepts", "every_epoch", "finite", "kinds", "numbers", "stored_as")

    def __init__(
        self,
        *,
        accepts: Optional[Mapping[str, Sequence[Any]]] = None,
        kinds: Optional[Mapping[str, str]] = None,
        every_epoch: bool = False,
        numbers: bool = False,
        finite: bool = False,
        stored_as: Optional[str] = None,
    ) -> None:
        self.accepts = {name: tuple(values) for name, values in (accepts or {}).items()}
        self.kinds = dict(kinds or {})
        self.every_epoch = every_epoch
        self.numbers = numbers
        self.finite = finite
        self.stored_as = stored_as

    def to_json(self) -> Dict[str, Any]:
        """As the greeting of a worker carries it."""
        return {
            "accepts": {name: list(values) for name, values in self.accepts.items()}, "kinds": self.kinds,
            "every_epoch": self.every_epoch, "numbers": self.numbers, "finite": self.finite, "stored_as": self.stored_as,
        }  # fmt: skip

    def takes(self, name: str, value: Any) -> bool:
        """Whether the parameter can have that value."""
        if name in self.accepts and value not in self.accepts[name]:
            return False
        return name not in self.kinds or _KINDS[self.kinds[name]](value)

    def takes_metric(self, value: Any) -> bool:
        """Whether the monitored metric can have that value; None: it is missing."""
        if value is None:
            return not self.every_epoch
        if self.numbers and type(value) is not float:
            return False
        return not self.finite or (type(value) is float and math.isfinite(value))

    def outside(self, scenario: Any) -> Optional[str]:
        """The first thing in the scenario, the driver's or the specification's, that lies outside; None if nothing does."""
        config = bound(scenario.callback, scenario.config)
        for name in (*self.accepts, *self.kinds):
            if name in config and not self.takes(name, config[name]):
                return f"{name}={config[name]}"
        if config.get("monitor") in RATE_KEYS:
            return "the rate as a metric"
        if type(scenario.learning_rate) is not float or any(
            fit.learning_rate is not None and type(fit.learning_rate) is not float for fit in scenario.fits
        ):
            return "several optimizers, or a schedule"
        for fit in scenario.fits if config.get("monitor") is not None else ():
            for logs in (logs for epoch in fit.epochs for logs in (*epoch.validations, epoch.logs)):
                value = logs.get(config.get("monitor"))
                if not self.takes_metric(value):
                    if value is None:
                        return "a missing metric"
                    return "a metric that is no finite number" if type(value) is float else "a metric that is no number"
        return None
