"""The learning rate and the logs: what ReduceLROnPlateau and LearningRateScheduler share.

Rules
1. The optimizer's rate is logged under the dialect's key. Of several optimizers in one each has a rate of its own, which is
   logged under that key, an underscore and its name.
2. Logs that are empty stay empty (choice `learning-rate/empty-logs`).
3. What is logged is a Python float, or a numpy number (choice `learning-rate/logged-as`).
4. The optimizer stores a rate as float32, or as it is (choice `learning-rate/stored-as`).
5. In Keras 3 a rate that is a schedule of the optimizer's own can be read, and setting it raises TypeError.
"""

from collections.abc import Callable, Mapping

from callcheck.spec.dialect import Dialect
from callcheck.spec.numbers import float32
from callcheck.spec.values import ArrayNumber

from .machine import Effect, Event, Log, SetRate, made
from .policy import by, when

STORED: dict[str, Callable[[float], float]] = {"float32": float32, "float64": lambda rate: rate}
"""As what a rate is stored, by the value of `learning-rate/stored-as`."""


class RateLog:
    """How a dialect logs the rate. `key`: that of a single optimizer."""

    key = by("learning-rate/log-key", {"lr": "lr", "learning-rate": "learning_rate"})
    fills_empty_logs = when("learning-rate/empty-logs", "get-the-rate")
    as_numpy = when("learning-rate/logged-as", "numpy")

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect

    def log(self, event: Event, effects: list[Effect]) -> Mapping[str, float]:
        """Log the rate, and return it, or every one of several, by the key under which that happens.

        Raises AttributeError for an optimizer that has none.
        """
        rate = event.rate
        if rate is None:
            raise AttributeError("the optimizer has no learning rate")
        rates = {self.key: rate} if isinstance(rate, float) else {f"{self.key}_{name}": rate[name] for name in rate}
        if event.logs or self.fills_empty_logs:
            for key, each in rates.items():
                effects.append(made(Log, (key, ArrayNumber(each) if self.as_numpy else each)))
        return rates


def keep_the_rate(effects: list[Effect]) -> None:
    """Where the rate is a schedule of the optimizer's own: nothing sets it, and who tries gets no further. Raises TypeError."""
    for place, effect in enumerate(effects):
        if isinstance(effect, SetRate):
            del effects[place:]
            raise TypeError("the optimizer has a schedule of its own, and its learning rate cannot be set")
