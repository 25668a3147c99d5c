"""LearningRateScheduler: at the beginning of every epoch the schedule says what the learning rate is.

Rules
1. At every epoch begin: rate = schedule(epoch, rate), or schedule(epoch) if that raises TypeError; epoch is absolute, 0-based.
2. A result that is not a float raises ValueError; np.float32 is a float, an int is not, a tensor in some dialects.
3. The rate is stored as float32. At every epoch end it is logged; logs that are empty stay empty.
4. Of several optimizers in one, each is asked for and logged alone. One that has no rate raises ValueError.
"""

from collections.abc import Mapping
from typing import Any

from callcheck.spec.callbacks import LearningRateScheduler as Configuration
from callcheck.spec.callbacks import bind
from callcheck.spec.dialect import Dialect
from callcheck.spec.numbers import float32
from callcheck.spec.values import map_rate

from .machine import Effect, Event, Machine, Print, Reason, SetRate
from .rate import RateLog

SCHEDULED = Reason(
    "learning-rate-scheduler/schedule/sets-the-rate",
    "The schedule sets the learning rate of epoch index {epoch}: from {before_rate} to {rate}.",
)
LOGGED = Reason("learning-rate-scheduler/logs/logs-the-rate", "The learning rate, {rate}, is logged.")

NO_FLOATS = frozenset({"int", "array", "none"})
"""What a schedule may return, as scenarios call it, and is refused everywhere."""


class LearningRateScheduler(Machine):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        self.config: Configuration = bind("LearningRateScheduler", config)
        self.rate_log = RateLog(dialect)
        refused = dialect["learning-rate-scheduler/tensors"] == "refused"
        self.no_floats = NO_FLOATS | {"tensor"} if refused else NO_FLOATS

    def epoch_begin(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        if event.rate is None:
            raise ValueError("the optimizer has no learning rate")
        effects.append(SetRate(map_rate(event.rate, lambda old: self.scheduled(event.epoch, old))))
        if self.config.verbose > 0:
            effects += [Print("scheduled")] * (1 if isinstance(event.rate, float) else len(event.rate))
        return state, SCHEDULED

    def epoch_end(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        self.rate_log.log(event, effects)
        return state, LOGGED

    def scheduled(self, epoch: int, rate: float) -> float:
        """Rules 1 and 2. Raises IndexError past the end of a table, ValueError for what is not a float."""
        schedule = self.config.schedule
        result: float = schedule["table"][epoch] if "table" in schedule else rate * schedule["scale"]
        returns = schedule.get("returns")
        if returns == "int":
            int(result)  # the schedule itself fails on NaN and infinities
        if returns in self.no_floats:
            raise ValueError("the schedule did not return a float")
        return float32(result) if returns in ("float32", "tensor") else result
