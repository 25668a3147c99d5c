"""The learning rate and the logs: what ReduceLROnPlateau and LearningRateScheduler share.

Rules
1. The optimizer's rate is logged under the dialect's key. Of several optimizers in one each has a rate of its own, which is
   logged under that key, an underscore and its name.
2. Logs that are empty stay empty.
"""

from collections.abc import Mapping

from callcheck.spec.dialect import Dialect
from callcheck.spec.scenario import Rate

from .machine import Effect, Event, Log


def log_key(dialect: Dialect) -> str:
    """The key under which the rate of a single optimizer is logged."""
    return dialect["learning-rate/log-key"].replace("-", "_")


def by_key(key: str, rate: Rate) -> Mapping[str, float]:
    """The rates by the keys under which they are logged. Raises AttributeError for an optimizer that has none."""
    if isinstance(rate, Mapping):
        return {f"{key}_{name}": each for name, each in rate.items()}
    if rate is None:
        raise AttributeError("the optimizer has no learning rate")
    return {key: rate}


def log(event: Event, rates: Mapping[str, float], effects: list[Effect]) -> None:
    """Add the rates to the logs of the event, by rule 2."""
    if event.logs:
        effects.extend(Log(key, rate) for key, rate in rates.items())
