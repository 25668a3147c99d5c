"""Scenarios around the epochs that a callback's strategy draws: fits, batches, rates, and what else is logged."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis.strategies import DrawFn, SearchStrategy

from ..editing import each_logs
from ..numbers import FLOAT32_MAX, FLOAT32_SMALLEST_NORMAL
from ..scenario import Epoch, Fit, Scenario
from ..values import ArrayNumber, Logs, Rate, Tensor, Value, map_rate
from .drawing import ABSENT, below, chance, weighted
from .streams import Monitored

VERBOSITY = weighted((ABSENT, 6), (0, 1), (1, 4), (-1, 1))
_FITS = weighted((1, 13), (2, 5), (3, 2))
_EPOCHS = weighted((1, 1), (2, 1), (3, 2), (4, 3), (5, 4), (6, 3), (7, 2), (8, 2), (9, 1), (10, 1), (12, 1))
_LONG_EPOCHS = weighted((6, 1), (8, 1), (11, 1), (12, 2), (13, 2), (14, 1))
_LATER_EPOCHS = weighted((1, 2), (2, 3), (3, 3), (4, 2), (6, 1))
_INITIAL_EPOCH = weighted((0, 12), (1, 1), (2, 1), (5, 1))
_FIT_INITIAL_EPOCH = weighted((None, 8), (0, 1), (1, 1), (3, 1))
BATCHES = weighted((1, 2), (2, 3), (3, 3), (4, 1), (5, 1))
_STEPS = weighted((1, 5), (2, 3), (3, 1))
LOSS = weighted((1.0, 3), (0.5, 2), (2.0, 1), (0.25, 1), (0.0, 1))
RATE = weighted(
    (1.0, 10), (0.1, 6), (0.5, 3), (0.01, 3), (0.001, 3), (0.7, 1), (0.0, 1), (1e-40, 1), (FLOAT32_SMALLEST_NORMAL, 1),
    (FLOAT32_MAX, 1), (math.inf, 1),
)  # fmt: skip
_LATER_RATE = weighted((1.0, 2), (0.1, 2), (0.5, 2), (0.001, 1), (1e-40, 1))
_OPTIMIZERS = weighted((("head", "body"), 4), (("head", "body", "tail"), 2), (("head",), 1))


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """What an epoch holds besides what the callback looks at: drawn once for a scenario.

    `decoy`: another metric, with values of its own. `batches`: epochs have several. `stops`: somebody else may stop.
    """

    decoy: str | None
    batches: bool
    stops: bool


def drawn_shape(draw: DrawFn, *, decoy: str, decoys: int, batches: int) -> Shape:
    """`decoys`, `batches`: in how many percent of the scenarios."""
    return Shape(decoy=decoy if chance(draw, decoys) else None, batches=chance(draw, batches), stops=chance(draw, 18))


def logs_of(name: str, value: Value | None) -> dict[str, Value]:
    return {} if value is None else {name: value}


def drawn_epoch(draw: DrawFn, shape: Shape, logs: dict[str, Value], batch: Callable[[], Logs]) -> Epoch:
    if shape.decoy is not None:
        logs[shape.decoy] = draw(LOSS)
    return Epoch(
        logs=logs,
        batches=tuple(batch() for _ in range(draw(BATCHES))) if shape.batches else None,
        stop=shape.stops and draw(below(4)) == 3,
    )


def drawn_rates(draw: DrawFn, rate: float) -> Rate:
    """Mostly one optimizer with this rate; now and then several in one, this rate among theirs, or one without a rate."""
    if not chance(draw, 22):
        return rate
    if chance(draw, 38):
        return None
    first, *others = draw(_OPTIMIZERS)
    rates = {first: rate, **{name: draw(RATE) for name in others}}
    return dict(reversed(rates.items())) if chance(draw, 30) else rates


def drawn_scenario(
    draw: DrawFn, callback: str, config: dict[str, Any], shape: Shape, epoch: Callable[[], Epoch], *,
    monitored: Monitored | None = None, begin_fit: Callable[[int], None] = lambda fit: None, long: bool = False,
    rate: Rate = 1.0, rates: int = 0,
) -> Scenario:  # fmt: skip
    """One to three fits of epochs that `epoch` draws. `rates`: in how many percent of the fits the rate is set anew."""
    fits = []
    rates = 0 if rate is None else rates
    for index in range(draw(_FITS)):
        begin_fit(index)
        number = draw(_LATER_EPOCHS if index else _LONG_EPOCHS if long else _EPOCHS)
        fits.append(
            Fit(
                epochs=tuple(epoch() for _ in range(number)),
                initial_epoch=draw(_FIT_INITIAL_EPOCH),
                metrics=monitored.later_metrics if index and monitored else None,
                learning_rate=map_rate(rate, lambda _: draw(_LATER_RATE)) if rates and chance(draw, rates) else None,
            )
        )
    return Scenario(
        callback=callback,
        config=config,
        learning_rate=rate,
        metrics=monitored.metrics if monitored else (),
        outputs=monitored.outputs if monitored else (),
        initial_epoch=draw(_INITIAL_EPOCH),
        steps_per_execution=draw(_STEPS) if shape.batches else 1,
        fits=tuple(fits),
    )


# of how many values of the metric in a hundred is an array without dimensions, and of how many a tensor
ALL_OR_A_FEW = weighted(((100, 0), 3), ((0, 20), 2))
MIXED = weighted(((100, 0), 3), ((40, 0), 2), ((0, 100), 1), ((20, 30), 2))


def dressed(draw: DrawFn, scenario: Scenario, name: str, ways: SearchStrategy[Any]) -> Scenario:
    """The scenario with numbers of that metric as arrays without dimensions, or in tensors."""
    numbers, tensors = draw(ways)

    def dressed(value: Value) -> Value:
        drawn = draw(below(100))
        if isinstance(value, tuple) or drawn >= numbers + tensors:
            return value
        return Tensor((value, value)) if drawn < tensors else ArrayNumber(value)

    return each_logs(
        scenario, lambda logs: {key: dressed(value) if key == name else value for key, value in logs.items()}
    )
