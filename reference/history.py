"""History: it writes down what every epoch logged.

Rules
1. At every epoch end: the epoch's index, absolute, goes to `epoch`, and every value in the logs to the list of its name in
   `history`, as it is. Logs that lack a metric leave no gap.
2. When a fit begins, `epoch` begins anew; what becomes of `history` is a choice.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from callcheck.spec.callbacks import History as Configuration
from callcheck.spec.callbacks import bind
from callcheck.spec.dialect import Dialect
from callcheck.spec.numbers import float32, unsigned_zero
from callcheck.spec.values import ArrayNumber, Tensor, Value

from .growing import Growing
from .machine import Effect, Event, Machine, Reason

BEGUN = Reason("history/epochs/are-those-of-the-fit", "A fit begins: epoch is empty.")
RECORDED = Reason("history/metrics/every-value-in-its-order", "What epoch index {epoch} logged is written down.")

NOTHING_YET: Growing[Any] = Growing()


class State(NamedTuple):
    """`epochs` and `metrics` are what Keras calls `epoch` and `history`."""

    epochs: Growing[int] = NOTHING_YET
    metrics: Mapping[str, Growing[Value]] = {}


class History(Machine):
    initial = State()

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        self.config: Configuration = bind("History", config)
        self.forgets = dialect["history/reuse"] == "nothing"

    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        return State(metrics={} if self.forgets else state.metrics), BEGUN

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        metrics = dict(state.metrics)
        for name, value in event.logs.items():
            metrics[name] = metrics.get(name, NOTHING_YET).and_then(as_seen(value))
        return State(state.epochs.and_then(event.epoch), metrics), RECORDED

    def recorded(
        self, state: State, texts: Mapping[str, str], backups: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], ...]:
        return {"epoch": tuple(state.epochs)}, {name: tuple(values) for name, values in state.metrics.items()}


def as_seen(value: Value) -> Value:
    """A value as one sees it again: a tensor is an array of float32, and a zero has no sign."""
    if isinstance(value, tuple):
        return tuple(map(float32, value)) if isinstance(value, Tensor) else tuple(value)
    if value is None or isinstance(value, bool):
        return value
    return ArrayNumber(unsigned_zero(value)) if isinstance(value, ArrayNumber) else unsigned_zero(value)
