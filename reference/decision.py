"""Why a hook did what it did: a decision of one callback's machine, put into words when asked."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

from callcheck.spec.numbers import float32, shortest_float32
from callcheck.spec.values import Rate, Value

from .machine import Effect, Event, Log, Reason


class Decision(NamedTuple):
    """Why a hook did what it did. `before` and `after` are the machine's states, `rate` what the optimizer has afterwards.
    `callback`: whose hook, of several. `effects`: what it did.

    It is put into words when asked, as most decisions of a long run never are.
    """

    fit: int
    hook: str
    event: Event
    reason: Reason
    config: Any
    before: Any
    after: Any
    rate: Rate
    callback: int = 0
    effects: Sequence[Effect] = ()

    @property
    def epoch(self) -> int:
        """The absolute epoch, from 0."""
        return self.event.epoch

    @property
    def value(self) -> Value | None:
        """What the logs have under the monitored name (`loss`, for a callback that monitors no other), be it what the hook itself
        has logged, as ReduceLROnPlateau logs the rate."""
        monitor = getattr(self.config, "monitor", "loss")
        if not isinstance(monitor, str):
            return None
        own = [effect.value for effect in self.effects if isinstance(effect, Log) and effect.key == monitor]
        return own[-1] if own else self.event.logs.get(monitor)

    @property
    def rule(self) -> str:
        """The id of the clause or the choice that decided."""
        return self.reason.rule

    @property
    def sentence(self) -> str:
        """The reason, with the values in it."""
        names = {field.name: getattr(self.config, field.name) for field in fields(self.config)}
        names.update(epoch=self.epoch, value=self.value, rate=_said(self.rate), before_rate=_said(self.event.rate))
        names["margin"] = f" by more than min_delta={names['min_delta']}" if names.get("min_delta") else ""
        if self.before is not None:
            names.update({f"before_{name}": value for name, value in self.before._asdict().items()})
            names.update(self.after._asdict())
        return self.reason.sentence.format(**{name: _shortest(value) for name, value in names.items()})


def _shortest(value: Any) -> Any:
    """What is a float32 as short as float32 tells it: metrics and rates come from there. Everything else as it is."""
    return shortest_float32(value) if type(value) is float and float32(value) == value else value


def _said(rate: Rate) -> str:
    """The rate in words, as short as float32 tells it."""
    if isinstance(rate, Mapping):
        return ", ".join(f"{name}: {shortest_float32(each)}" for name, each in rate.items())
    return "none" if rate is None else shortest_float32(rate)
