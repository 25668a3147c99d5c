"""Scenarios for ReduceLROnPlateau, and the boundaries that they promise to reach."""

import math
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ..numbers import float32, next_float32
from ..scenario import Scenario
from . import aimed as aims
from .conditions import EVERY, RATED, VERBOSE, Condition, left_out, number, parameter, parameter_is, several_rates
from .drawing import ABSENT, chance, config_of, weighted
from .fits import RATE, VERBOSITY, drawn_rates
from .monitoring import MONITORING, Shown, any_shown, is_nan
from .streams import drawn_monitored, drawn_stream
from .waiting import MIN_DELTA, WAITING, drawn_waiting, longest_wait

_FACTOR = weighted(
    (0.5, 12), (0.1, 6), (ABSENT, 6), (0.9, 3), (0.25, 2), (0.3, 2), (0.0, 2), (-0.5, 1), (math.nextafter(1.0, 0.0), 2)
)
_PATIENCE = weighted((1, 7), (2, 6), (0, 2), (3, 2), (-1, 2), (ABSENT, 2), (4, 1))
_COOLDOWN = weighted((ABSENT, 6), (0, 1), (1, 3), (2, 3), (3, 2), (5, 1), (-1, 1))
# min_lr, from the rate as it is stored and the factor
_MIN_LR = weighted(
    (lambda rate, factor: ABSENT, 22),
    (lambda rate, factor: 0.0, 2),
    (lambda rate, factor: rate * factor, 4),
    (lambda rate, factor: rate * factor * factor, 3),
    (lambda rate, factor: rate * factor * 1.5, 3),
    (lambda rate, factor: next_float32(rate * factor, math.inf), 3),
    (lambda rate, factor: next_float32(rate * factor, 0.0), 2),
    (lambda rate, factor: math.nextafter(rate * factor, math.inf), 2),
    (lambda rate, factor: next_float32(rate, -math.inf), 2),
    (lambda rate, factor: math.nextafter(rate, -math.inf), 2),
    (lambda rate, factor: rate, 2),
    (lambda rate, factor: next_float32(rate, math.inf), 2),
    (lambda rate, factor: math.nextafter(rate, math.inf), 2),
    (lambda rate, factor: rate * 3.0, 1),
    (lambda rate, factor: -0.1, 2),
)
_ODD = weighted(
    ({"patience": 1.5}, 4), ({"patience": "2"}, 2), ({"patience": None}, 1), ({"min_lr": None}, 6),
    ({"min_lr": math.nan}, 1), ({"cooldown": 1.5}, 1), ({"cooldown": None}, 4), ({"min_delta": math.nan}, 1),
    ({"min_delta": math.inf}, 1), ({"factor": 1.0}, 3), ({"factor": 1.5}, 1), ({"factor": math.inf}, 1),
    ({"factor": math.nan}, 6), ({"factor": -1.0}, 1), ({"epsilon": 0.5}, 12), ({"epsilon": 0.1}, 5),
    ({"epsilon": -0.5}, 2), ({"unknown": 1}, 3),
)  # fmt: skip


@st.composite
def scenarios(draw: DrawFn) -> Scenario:
    monitored = drawn_monitored(draw)
    rate = draw(RATE)
    factor = draw(_FACTOR)
    min_delta = draw(MIN_DELTA)
    patience = draw(_PATIENCE)
    long = patience in (ABSENT, 4)
    stream, _ = drawn_stream(draw, monitored.sign, delta=1e-4 if min_delta is ABSENT else min_delta, long=long)
    config = config_of(
        **monitored.parameters, factor=factor, patience=patience, verbose=draw(VERBOSITY), min_delta=min_delta,
        cooldown=draw(_COOLDOWN), min_lr=draw(_MIN_LR)(float32(rate), 0.1 if factor is ABSENT else factor),
    )  # fmt: skip
    if chance(draw, 18):
        config.update(draw(_ODD))
    elif chance(draw, 5) and config.get("mode") in ("min", "max"):
        config["monitor"] = "learning_rate"
    rates = drawn_rates(draw, rate)
    return drawn_waiting(draw, "ReduceLROnPlateau", config, monitored, stream, long=long, rate=rates, rates=10)


AIMS: dict[aims.Aiming, int] = {
    aims.first_array: 18, aims.several_elements: 22, aims.one_element: 26, aims.changes: 34, aims.invisible_changes: 26,
    aims.no_cooldown: 18,
    aims.forgiven: 18, aims.beyond_float32: 14,
    aims.decided_once: 16, aims.accuracy: 10, aims.unknown_mode: 12, aims.undecided: 6, aims.of_an_output: 18,
    aims.own_schedule: 24, aims.nan_later: 24,
}  # fmt: skip
"""How many scenarios with each aim go with the default number of random ones."""


def more(draw: DrawFn) -> dict[str, Any]:
    """What an aimed scenario is given besides."""
    return config_of(factor=draw(_FACTOR))


# ---------------------------------------------------------------------------------------------- boundaries


def _side_matters(s: Shown) -> bool:
    value, best = s.turned
    return (value + s.delta < best) != (value < best - s.delta)


def _min_lr(condition: Callable[[float, float, float], bool]) -> Condition:
    """On the first rate as stored, factor, and min_lr as configured."""

    def reached(scenario: Scenario) -> bool:
        rate = scenario.learning_rate
        if "min_lr" not in scenario.config or not isinstance(rate, float):
            return False
        return condition(float32(rate), number(scenario, "factor"), number(scenario, "min_lr"))

    return reached


def _some_at_min_lr(scenario: Scenario, rates: list[float]) -> bool:
    bound = float32(number(scenario, "min_lr"))
    return any(rate > bound for rate in rates) and any(rate <= bound for rate in rates)


BOUNDARIES: dict[str, Condition] = {
    **EVERY,
    **VERBOSE,
    **MONITORING,
    **WAITING,
    **RATED,
    "adding min_delta to the value or taking it from the best makes a difference": any_shown(_side_matters),
    "cooldown zero": lambda s: s.config.get("cooldown") == 0,
    "cooldown one": parameter_is("cooldown", lambda cooldown: cooldown == 1),
    "cooldown of two or more": lambda s: number(s, "cooldown") >= 2,
    "negative cooldown": lambda s: number(s, "cooldown") < 0,
    "cooldown left out": left_out("cooldown"),
    "a plateau longer than patience and cooldown": lambda s: (
        number(s, "cooldown") > 0 and longest_wait(s) > number(s, "patience") + number(s, "cooldown")
    ),
    "factor left out": left_out("factor"),
    "factor of one or more": lambda s: number(s, "factor") >= 1,
    "factor just below one": lambda s: number(s, "factor") == math.nextafter(1.0, 0.0),
    "factor of zero or less": lambda s: number(s, "factor") <= 0,
    "factor NaN": parameter_is("factor", is_nan),
    "min_lr left out": left_out("min_lr"),
    "rate at min_lr": _min_lr(lambda rate, factor, min_lr: rate == min_lr),
    "rate one float32 step above min_lr": _min_lr(
        lambda rate, factor, min_lr: next_float32(rate, -math.inf) == min_lr < rate
    ),
    "rate one float32 step below min_lr": _min_lr(
        lambda rate, factor, min_lr: next_float32(rate, math.inf) == min_lr > rate
    ),
    "rate above min_lr, the same as float32": _min_lr(
        lambda rate, factor, min_lr: rate > min_lr and rate == float32(min_lr)
    ),
    "rate below min_lr, the same as float32": _min_lr(
        lambda rate, factor, min_lr: rate < min_lr and rate == float32(min_lr)
    ),
    "rate far below min_lr": _min_lr(lambda rate, factor, min_lr: 0 < 2 * rate < min_lr),
    "a reduction that lands on min_lr": _min_lr(lambda rate, factor, min_lr: 0 < rate * factor == min_lr < rate),
    "a second reduction that lands on min_lr": _min_lr(
        lambda rate, factor, min_lr: 0 < rate * factor * factor == min_lr < rate
    ),
    "a reduction that min_lr cuts short": _min_lr(lambda rate, factor, min_lr: rate * factor < min_lr < rate),
    "a reduction to one float32 step below min_lr": _min_lr(
        lambda rate, factor, min_lr: next_float32(rate * factor, math.inf) == min_lr < rate
    ),
    "a reduction to one float32 step above min_lr": _min_lr(
        lambda rate, factor, min_lr: 0 < next_float32(rate * factor, 0.0) == min_lr < rate
    ),
    "negative min_lr": _min_lr(lambda rate, factor, min_lr: min_lr < 0),
    "cooldown null": lambda s: parameter(s, "cooldown") is None,
    "min_lr null": lambda s: parameter(s, "min_lr") is None,
    "epsilon": lambda s: "epsilon" in s.config,
    "monitor learning_rate": parameter_is("monitor", lambda monitor: monitor == "learning_rate"),
    "several optimizers, some at min_lr": several_rates(_some_at_min_lr),
}
