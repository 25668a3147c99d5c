"""Conditions on scenarios: the words in which boundaries are said, and the boundaries that do not look at a metric."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from ..callbacks import defaults, parameters
from ..numbers import FLOAT32_SMALLEST_NORMAL, float32
from ..scenario import Fit, Scenario

Condition = Callable[[Scenario], bool]


def parameter(scenario: Scenario, name: str) -> Any:
    """The value of a parameter: as configured, or Keras's default; None where there is neither."""
    return scenario.config[name] if name in scenario.config else defaults(scenario.callback).get(name)


def number(scenario: Scenario, name: str) -> float:
    """The value of a parameter that is meant to be a number; NaN, which reaches no boundary, where it is none."""
    value = parameter(scenario, name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan


def parameter_is(name: str, condition: Callable[[Any], bool]) -> Condition:
    return lambda scenario: condition(parameter(scenario, name))


def left_out(name: str) -> Condition:
    return lambda scenario: name not in scenario.config


def _unknown_argument(scenario: Scenario) -> bool:
    return any(name not in parameters(scenario.callback) for name in scenario.config)


def any_later_fit(condition: Callable[[Fit], bool]) -> Condition:
    return lambda scenario: any(condition(fit) for fit in scenario.fits[1:])


def any_epoch(condition: Callable[[Any], bool]) -> Condition:
    return lambda scenario: any(condition(epoch) for fit in scenario.fits for epoch in fit.epochs)


def _rates(scenario: Scenario) -> list[float]:
    """The rates that are set, of a single optimizer."""
    given = (scenario.learning_rate, *(fit.learning_rate for fit in scenario.fits))
    return [rate for rate in given if isinstance(rate, float)]


def several_rates(condition: Callable[[Scenario, list[float]], bool]) -> Condition:
    """On the rates with which several optimizers in one begin, as stored."""

    def reached(scenario: Scenario) -> bool:
        rates = scenario.learning_rate
        return isinstance(rates, Mapping) and condition(scenario, [float32(rate) for rate in rates.values()])

    return reached


def _any_rate(condition: Callable[[float], bool]) -> Condition:
    return lambda scenario: any(condition(rate) for rate in _rates(scenario))


def _short_group(scenario: Scenario) -> bool:
    steps = scenario.steps_per_execution
    return steps > 1 and any(len(epoch.batch_logs()) % steps for fit in scenario.fits for epoch in fit.epochs)


def last_epoch(scenario: Scenario) -> int:
    return max(scenario.first_epoch(fit) + len(fit.epochs) for fit in scenario.fits)


EVERY: dict[str, Condition] = {
    "one fit": lambda s: len(s.fits) == 1,
    "two fits": lambda s: len(s.fits) == 2,
    "three fits": lambda s: len(s.fits) == 3,
    "a fit of one epoch": lambda s: any(len(fit.epochs) == 1 for fit in s.fits),
    "initial epoch above zero": lambda s: s.initial_epoch > 0,
    "a later fit with an initial epoch of its own": any_later_fit(lambda fit: fit.initial_epoch is not None),
    "somebody else stops": any_epoch(lambda epoch: epoch.stop),
    "unknown argument": _unknown_argument,
}
"""For every callback."""

VERBOSE: dict[str, Condition] = {
    "verbose": parameter_is("verbose", bool),
    "not verbose": parameter_is("verbose", lambda verbose: not verbose),
}
"""For those that print."""

RATED: dict[str, Condition] = {
    "rate that float32 does not have": _any_rate(lambda rate: float32(rate) != rate),
    "rate zero": _any_rate(lambda rate: rate == 0),
    "rate float32 subnormal": _any_rate(lambda rate: 0 < rate < FLOAT32_SMALLEST_NORMAL),
    "rate infinite": _any_rate(math.isinf),
    "a later fit sets the rate": any_later_fit(lambda fit: fit.learning_rate is not None),
    "several optimizers of different rates": several_rates(lambda scenario, rates: len(set(rates)) > 1),
    "several optimizers of the same rate": several_rates(lambda scenario, rates: len(set(rates)) < len(rates)),
    "an optimizer without a rate": lambda s: s.learning_rate is None,
}
"""For those that look at the rate."""

BATCHED: dict[str, Condition] = {
    "several batches": any_epoch(lambda epoch: len(epoch.batch_logs()) > 1),
    "several batches at a time": lambda s: s.steps_per_execution > 1,
    "short last group of batches": _short_group,
}
"""For those that look at batches."""
