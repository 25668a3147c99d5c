"""TerminateOnNaN: stop as soon as a batch's loss is NaN or infinite.

Rules, at every call of the batch hook
1. Only `loss` in the batch's logs is looked at; if it is missing, nothing happens.
2. NaN or an infinity: print and set the stop flag; with `raise_error`, raise RuntimeError in place of both.
3. An array of several numbers has no truth value: ValueError, or for a tensor what the backend's raises (choice
   `terminate-on-nan/tensors`).
"""

import math
from collections.abc import Mapping
from typing import Any

from callcheck.spec.callbacks import TerminateOnNaN as Configuration
from callcheck.spec.callbacks import bind
from callcheck.spec.dialect import Dialect
from callcheck.spec.values import Tensor

from .machine import NOTHING, Effect, Event, Machine, Print, Reason, Stop
from .policy import by

TERMINATED = Reason("terminate-on-nan/loss/stops-at-the-first-invalid-loss", "loss={value} is not finite: stop.")


OF_TENSORS: dict[str, type[Exception]] = {"value-error": ValueError, "runtime-error": RuntimeError}
"""What a tensor of several numbers raises, by the value of `terminate-on-nan/tensors`."""


class TerminateOnNaN(Machine):
    of_tensors = by("terminate-on-nan/tensors", OF_TENSORS)

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        self.dialect = dialect
        self.config: Configuration = bind("TerminateOnNaN", config, dialect.signature("TerminateOnNaN"))

    def batch_end(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        loss = event.logs.get("loss")
        if isinstance(loss, tuple):
            if len(loss) > 1:
                raised = self.of_tensors if isinstance(loss, Tensor) else ValueError
                raise raised("the truth value of an array with more than one element is ambiguous")
            loss = loss[0]
        if loss is None or math.isfinite(loss):
            return state, NOTHING
        if self.config.raise_error:
            raise RuntimeError(f"the loss of batch {event.batch} is {loss}")
        effects.extend((Print("nan"), Stop()))
        return state, TERMINATED
