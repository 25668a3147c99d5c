"""LearningRateScheduler: at the beginning of every epoch the schedule says what the learning rate is.

Rules
1. At every epoch begin: rate = schedule(epoch, rate), or schedule(epoch) if that raises TypeError (the
   table `ASKED`); epoch is absolute, 0-based.
2. A result that is not a float raises ValueError; np.float32 is a float, an int is not, a tensor in some dialects (the table
   `REFUSALS`).
3. The rate is stored as float32. At every epoch end it is logged; logs that are empty stay empty.
4. Of several optimizers in one, each is asked for and logged alone. One that has no rate raises ValueError (`REFUSALS`).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from callcheck.spec.callbacks import LearningRateScheduler as Configuration
from callcheck.spec.callbacks import bind
from callcheck.spec.dialect import Dialect
from callcheck.spec.numbers import float32
from callcheck.spec.values import map_rate

from .machine import NOTHING, Call, Effect, Event, Machine, Print, Reason, SetRate
from .rate import RateLog

SCHEDULED = Reason(
    "learning-rate-scheduler/schedule/sets-the-rate",
    "The schedule sets the learning rate of epoch index {epoch}: from {before_rate} to {rate}.",
)
LOGGED = Reason("learning-rate-scheduler/logs/logs-the-rate", "The learning rate, {rate}, is logged.")

NO_FLOATS = frozenset({"int", "array", "array-0d", "none"})
"""What a schedule may return, as scenarios call it, and is refused everywhere."""


ASKED = {
    "epoch-and-rate": frozenset({None, "epoch", "int-and-float"}),
    "epoch-and-lr": frozenset({None, "epoch"}),
    "epoch": frozenset({"epoch"}),
}
"""Which schedules are given all that they need, by what a scenario says that they accept, by the value of
`learning-rate-scheduler/schedule`. The second argument is called `lr`, but by one that accepts an int and a float."""


class Refusal(NamedTuple):
    """What is raised for a result that is no float, and for an optimizer without a rate; `numpy`: a number of NumPy's is none."""

    result: type[Exception] = ValueError
    optimizer: type[Exception] = ValueError
    numpy: bool = False


REFUSALS = {
    "value-error": Refusal(),
    "assertion-for-the-optimizer": Refusal(optimizer=AssertionError),
    "assertion-error": Refusal(AssertionError, AssertionError, numpy=True),
}
"""By the value of `learning-rate-scheduler/refusal`."""


class LearningRateScheduler(Machine):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        self.config: Configuration = bind("LearningRateScheduler", config, dialect.signature("LearningRateScheduler"))
        self.rate_log = RateLog(dialect)
        self.logs = dialect["learning-rate-scheduler/logs"] == "the-rate"
        self.served = ASKED[dialect["learning-rate-scheduler/schedule"]]
        self.refusal = REFUSALS[dialect["learning-rate-scheduler/refusal"]]
        refused = dialect["learning-rate-scheduler/tensors"] == "refused"
        self.no_floats = NO_FLOATS | {"tensor"} if refused else NO_FLOATS
        if self.refusal.numpy:
            self.no_floats |= {"float32"}

    def epoch_begin(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        if event.rate is None:
            raise self.refusal.optimizer("the optimizer has no learning rate")
        if self.config.schedule.get("accepts") not in self.served:
            raise TypeError("the schedule needs the rate")

        def ask(old: float) -> float:
            effects.append(Call())
            return self.scheduled(event.epoch, old)

        effects.append(SetRate(map_rate(event.rate, ask)))
        if self.config.verbose > 0:
            effects += [Print("scheduled")] * (1 if isinstance(event.rate, float) else len(event.rate))
        return state, SCHEDULED

    def epoch_end(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        if not self.logs:
            return state, NOTHING
        self.rate_log.log(event, effects)
        return state, LOGGED

    def tally(self, calls: int, texts: Mapping[str, str]) -> dict[str, int]:
        return {"schedule calls": calls}

    def scheduled(self, epoch: int, rate: float) -> float:
        """Rules 1 and 2. Raises IndexError past the end of a table, and
        what is raised for what is not a float."""
        schedule = self.config.schedule
        result: float = schedule["table"][epoch] if "table" in schedule else rate * schedule["scale"]
        returns = schedule.get("returns")
        if returns == "int":
            int(result)  # the schedule itself fails on NaN and infinities
        if returns in self.no_floats:
            raise self.refusal.result("the schedule did not return a float")
        return float32(result) if returns in ("float32", "tensor") else result
