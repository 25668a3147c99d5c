"""The callbacks of a training script as a list that is tried: streams of metrics for them, and what the reference does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from callcheck.reference.replay import replay
from callcheck.spec.callbacks import defaults
from callcheck.spec.dialect import Dialect
from callcheck.spec.metrics import DIRECTIONS, class_named
from callcheck.spec.scenario import Epoch, Fit, Scenario
from callcheck.spec.script import ScriptCallback, ScriptFit
from callcheck.spec.trace import CallbackInEpoch, EpochTrace, FitTrace, Save, Trace

LONGEST = 300
"""Epochs in a scenario; what takes longer to show is not looked for."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A callback of the list, at its place."""

    place: int
    own: ScriptCallback

    def __getitem__(self, parameter: str) -> Any:
        config = self.own.config
        return config[parameter] if parameter in config else defaults(self.own.callback).get(parameter)

    @property
    def monitor(self) -> str:
        return str(self["monitor"])

    def named(self, *parameters: str) -> str:
        """The callback as it is written, with these parameters."""
        given = ", ".join(f"{name}={self[name]!r}" for name in parameters)
        return f"{self.own.callback}({given})"


def every(fit: ScriptFit, name: str) -> list[Listed]:
    """The callbacks of that name, in their order."""
    return [Listed(place, each) for place, each in enumerate(fit.callbacks) if each.callback == name]


def watched(fit: ScriptFit) -> list[str]:
    """Every metric that one of the callbacks looks at; the loss too."""
    names = {str(each.config.get("monitor", defaults(each.callback).get("monitor", "loss"))) for each in fit.callbacks}
    return sorted({"loss", *names} - {"learning_rate", "lr"})


def stream(fit: ScriptFit, values: Sequence[float], **more: Any) -> Fit:
    """A fit in which all metrics that are looked at have the same value in an epoch."""
    return Fit(epochs=tuple(Epoch(logs=dict.fromkeys(watched(fit), value), **more) for value in values))


def worse(each: Listed, steps: int) -> list[float]:
    """A first value, and as many after it that are worse and worse in the direction that the callback looks in."""
    known = class_named(each.monitor.removeprefix("val_"))
    up = each["mode"] == "max" or (each["mode"] == "auto" and known is not None and DIRECTIONS[known] == "max")
    return [1.0, *(1.0 + (-0.25 if up else 0.25) * step for step in range(1, steps + 1))]


def outcome(scenario: Scenario, dialect: Dialect) -> Trace | None:
    """What the reference does; None where it does not say, or the callbacks are refused."""
    trace = replay(scenario, dialect)
    return trace if isinstance(trace, Trace) and trace.rejected is None and trace.fits else None


def at_place(seen: EpochTrace, place: int) -> EpochTrace | CallbackInEpoch:
    """What the callback at that place of the list did in an epoch."""
    return seen if seen.callbacks is None else seen.callbacks[place]


def saves_of(fit: FitTrace, place: int) -> list[Save]:
    """What the callback at that place saved at the ends of epochs and batches."""
    return [save for epoch in fit.epochs for save in at_place(epoch, place).saved or ()]


def countable(value: Any) -> int | None:
    """A patience or a cooldown as a number of epochs, where it is a whole number that a scenario can show."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LONGEST // 3 else None
