"""What EarlyStopping and ReduceLROnPlateau, which wait for an improvement, have in common: how they are drawn, and boundaries."""

import math
from collections.abc import Callable
from typing import Any

from hypothesis.strategies import DrawFn

from ..numbers import next_float32
from ..scenario import Epoch, Scenario
from ..values import Rate
from .conditions import Condition, left_out, number
from .drawing import ABSENT, chance, weighted
from .fits import ALL_OR_A_FEW, LOSS, drawn_epoch, drawn_scenario, drawn_shape, dressed, logs_of
from .monitoring import Shown, any_shown, shown
from .streams import Monitored, Stream

MIN_DELTA = weighted(
    (ABSENT, 6), (0.0, 2), (0.5, 5), (0.1, 4), (0.25, 1), (1.0, 2), (1e-4, 1), (1e-9, 1), (-0.1, 2), (-0.5, 1)
)


def drawn_waiting(
    draw: DrawFn, callback: str, config: dict[str, Any], monitored: Monitored, stream: Stream, *, long: bool,
    rate: Rate = 1.0, rates: int,
) -> Scenario:  # fmt: skip
    """A scenario around a stream, for a callback that looks at epoch ends only."""
    decoy = "val_loss" if monitored.monitor == "loss" else "loss"
    shape = drawn_shape(draw, decoy=decoy, decoys=25, batches=7)

    def epoch() -> Epoch:
        return drawn_epoch(draw, shape, logs_of(monitored.monitor, stream.next()), lambda: {"loss": draw(LOSS)})

    scenario = drawn_scenario(
        draw, callback, config, shape, epoch, monitored=monitored, begin_fit=stream.begin_fit, long=long, rate=rate,
        rates=rates,
    )  # fmt: skip
    return dressed(draw, scenario, monitored.monitor, ALL_OR_A_FEW) if chance(draw, 3) else scenario


# ---------------------------------------------------------------------------------------------- boundaries


def _near(step: Callable[[float, float], float], beyond: bool) -> Condition:
    """A value one `step` beyond, or short of, what is exactly min_delta better than the best (min_delta not 0)."""

    def condition(s: Shown) -> bool:
        value, best = s.turned
        edge = best - s.delta
        return s.delta > 0 and value == step(edge, -math.inf if beyond else math.inf) and value != edge

    return any_shown(condition)


def _is_exactly_min_delta_better(s: Shown) -> bool:
    value, best = s.turned
    return s.delta > 0 and (value + s.delta == best or value == best - s.delta)


def _inside_min_delta(s: Shown) -> bool:
    value, best = s.turned
    return s.delta > 0 and best - s.delta < value < best


def longest_wait(scenario: Scenario) -> int:
    """The most epochs in a row, in one fit, without a value better than the best."""
    longest = wait = 0
    for s in shown(scenario):
        if s.epoch == 0 or s.best is None:
            wait = 0
        if s.best is not None:
            value, best = s.turned
            wait = 0 if value + s.delta < best else wait + 1
        longest = max(longest, wait)
    return longest


def patience_is(condition: Callable[[float], bool]) -> Condition:
    return lambda scenario: condition(number(scenario, "patience"))


def _odd(*names: str) -> Condition:
    """A parameter that is no integer where one is meant."""
    return lambda scenario: any(type(value) is not int for name, value in scenario.config.items() if name in names)


WAITING: dict[str, Condition] = {
    "exactly min_delta better than the best": any_shown(_is_exactly_min_delta_better),
    "one float32 step beyond min_delta": _near(next_float32, beyond=True),
    "one float32 step short of min_delta": _near(next_float32, beyond=False),
    "one float64 step beyond min_delta": _near(math.nextafter, beyond=True),
    "one float64 step short of min_delta": _near(math.nextafter, beyond=False),
    "better than the best, by less than min_delta": any_shown(_inside_min_delta),
    "negative min_delta": lambda s: number(s, "min_delta") < 0,
    "min_delta zero": lambda s: number(s, "min_delta") == 0,
    "min_delta left out": left_out("min_delta"),
    "patience zero": patience_is(lambda patience: patience == 0),
    "patience one": patience_is(lambda patience: patience == 1),
    "patience two or three": patience_is(lambda patience: patience in (2, 3)),
    "negative patience": patience_is(lambda patience: patience < 0),
    "patience left out": left_out("patience"),
    "patience is reached": lambda s: patience_is(lambda patience: 1 <= patience <= longest_wait(s))(s),
    "patience of at least four is reached": lambda s: patience_is(lambda patience: 4 <= patience <= longest_wait(s))(s),
    "patience is not reached": lambda s: patience_is(lambda patience: patience > longest_wait(s) > 0)(s),
    "patience is no integer": _odd("patience"),
}
