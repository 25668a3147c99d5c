"""Scenarios for LearningRateScheduler, and the boundaries that they promise to reach."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ..numbers import float32
from ..scenario import Epoch, Scenario
from . import aimed as aims
from .conditions import EVERY, RATED, VERBOSE, Condition, last_epoch
from .drawing import ABSENT, chance, config_of, weighted
from .fits import LOSS, RATE, VERBOSITY, drawn_epoch, drawn_rates, drawn_scenario, drawn_shape

_TABLE_RATE = weighted(
    (1.0, 3), (0.5, 3), (0.1, 3), (0.01, 2), (0.001, 1), (0.0, 1), (1e-40, 1), (0.7, 1), (-0.1, 1), (math.inf, 1)
)
_TABLE_LENGTH = weighted((0, 12), (1, 3), (3, 1), (-1, 1))
_SCALE = weighted((0.5, 4), (0.1, 3), (1.0, 2), (0.9, 2), (2.0, 1), (0.0, 1), (-1.0, 1), (math.nan, 2))
_ACCEPTS = weighted((ABSENT, 6), ("epoch", 3), ("int-and-float", 2))
_RETURNS = weighted((ABSENT, 35), ("float32", 6), ("tensor", 4), ("int", 3), ("array", 2), ("array-0d", 1), ("none", 2))


@st.composite
def scenarios(draw: DrawFn) -> Scenario:
    schedule: dict[str, Any] = {"scale": draw(_SCALE)} if chance(draw, 35) else {"table": []}
    if "table" in schedule:
        schedule.update(config_of(accepts=draw(_ACCEPTS)))
    schedule.update(config_of(returns=draw(_RETURNS)))
    config = config_of(schedule=schedule, verbose=draw(VERBOSITY))
    if chance(draw, 3):
        config["unknown"] = 1
    shape = drawn_shape(draw, decoy="val_loss", decoys=10, batches=10)

    def epoch() -> Epoch:
        logs = {} if chance(draw, 8) else {"loss": draw(LOSS)}
        return drawn_epoch(draw, shape, logs, lambda: {"loss": draw(LOSS)})

    scenario = drawn_scenario(
        draw, "LearningRateScheduler", config, shape, epoch, rate=drawn_rates(draw, draw(RATE)), rates=12
    )
    if "table" in schedule:
        asked = max(scenario.first_epoch(fit) + len(fit.epochs) for fit in scenario.fits)
        schedule["table"] = [draw(_TABLE_RATE) for _ in range(max(1, asked + draw(_TABLE_LENGTH)))]
    return scenario


AIMS: dict[aims.Aiming, int] = {aims.own_schedule: 24}
"""How many scenarios with each aim go with the default number of random ones."""


# ---------------------------------------------------------------------------------------------- boundaries


def _described(scenario: Scenario) -> Mapping[str, Any]:
    schedule: Mapping[str, Any] = scenario.config.get("schedule", {})
    return schedule


def _schedule(condition: Callable[[Mapping[str, Any]], bool]) -> Condition:
    return lambda scenario: condition(_described(scenario))


def _table(condition: Callable[[int, int], bool]) -> Condition:
    """On the length of the table and the number of epochs that it is asked about."""

    def reached(scenario: Scenario) -> bool:
        schedule = _described(scenario)
        return "table" in schedule and condition(len(schedule["table"]), last_epoch(scenario))

    return reached


def _scheduled_rate(condition: Callable[[float], bool]) -> Condition:
    return _schedule(lambda schedule: any(condition(rate) for rate in schedule.get("table", ())))


BOUNDARIES: dict[str, Condition] = {
    **EVERY,
    **VERBOSE,
    **RATED,
    "table as long as the epochs": _table(lambda length, epochs: length == epochs),
    "table longer than the epochs": _table(lambda length, epochs: length > epochs),
    "table shorter than the epochs": _table(lambda length, epochs: length < epochs),
    "schedule of the epoch alone": _schedule(lambda schedule: schedule.get("accepts") == "epoch"),
    "schedule of an int and a float": _schedule(lambda schedule: schedule.get("accepts") == "int-and-float"),
    "schedule of the rate": _schedule(lambda schedule: "scale" in schedule),
    "schedule of the rate over several fits": lambda s: len(s.fits) > 1 and "scale" in _described(s),
    "schedule returns float32": _schedule(lambda schedule: schedule.get("returns") == "float32"),
    "schedule returns a tensor": _schedule(lambda schedule: schedule.get("returns") == "tensor"),
    "schedule returns an integer": _schedule(lambda schedule: schedule.get("returns") == "int"),
    "schedule returns an array": _schedule(lambda schedule: schedule.get("returns") == "array"),
    "schedule returns an array without dimensions": _schedule(lambda schedule: schedule.get("returns") == "array-0d"),
    "schedule returns nothing": _schedule(lambda schedule: schedule.get("returns") == "none"),
    "scheduled rate that float32 does not have": _scheduled_rate(lambda rate: float32(rate) != rate),
    "scheduled rate zero": _scheduled_rate(lambda rate: rate == 0),
    "scheduled rate negative": _scheduled_rate(lambda rate: rate < 0),
    "scheduled rate infinite": _scheduled_rate(math.isinf),
    "scale NaN": _schedule(lambda schedule: math.isnan(schedule.get("scale", 0.0))),
}
