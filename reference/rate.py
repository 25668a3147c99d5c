"""The learning rate and the logs: what ReduceLROnPlateau and LearningRateScheduler share.

Rules
1. The optimizer's rate is logged under the dialect's key. Of several optimizers in one each has a rate of its own, which is
   logged under that key, an underscore and its name.
2. Logs that are empty stay empty.
"""

from collections.abc import Mapping

from callcheck.spec.dialect import Dialect

from .machine import Effect, Event, Log


def log_key(dialect: Dialect) -> str:
    """The key under which the rate of a single optimizer is logged."""
    return dialect["learning-rate/log-key"].replace("-", "_")


def log(key: str, event: Event, effects: list[Effect]) -> Mapping[str, float]:
    """Log the rate, and return it, or every one of several, by the key under which that happens.

    Raises AttributeError for an optimizer that has none.
    """
    rate = event.rate
    if rate is None:
        raise AttributeError("the optimizer has no learning rate")
    rates = {key: rate} if isinstance(rate, float) else {f"{key}_{name}": each for name, each in rate.items()}
    if event.logs:
        for shown, each in rates.items():
            effects.append(Log(shown, each))
    return rates
