"""Scenarios for History, and the boundaries that they promise to reach."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ..scenario import Epoch, Scenario
from ..values import ArrayNumber, Tensor, Value
from .conditions import EVERY, Condition, any_epoch
from .drawing import chance, config_of, weighted
from .fits import LOSS, drawn_epoch, drawn_scenario, drawn_shape

_NAMES = ("accuracy", "loss", "val_accuracy", "val_loss")
_UNUSUAL: Any = weighted(
    ((0.5, 1.0), 2), (ArrayNumber(0.1), 3), (Tensor((0.1, 0.5)), 2), (None, 3), (True, 2), (-0.0, 1), (float("nan"), 2),
    (float("inf"), 1), (1e300, 1), (0.1, 2),
)  # fmt: skip
_MISSING = weighted((0, 3), (25, 2), (60, 1))
"""In how many percent of the epochs a metric is missing: each of them comes and goes alone."""


@st.composite
def scenarios(draw: DrawFn) -> Scenario:
    config = config_of()
    if chance(draw, 10):
        config["unknown"] = 1
    return drawn_scenario(draw, "History", config, *recorded(draw))


def recorded(draw: DrawFn, tensors: bool = True) -> tuple[Any, Callable[[], Epoch]]:
    """The shape of a scenario whose metrics are written down, and what draws its epochs; `tensors`: with tensors among them."""
    shape = drawn_shape(draw, decoy="my_metric", decoys=15, batches=25)
    names = [name for name in _NAMES if not chance(draw, 40)]
    missing, unusual = draw(_MISSING), chance(draw, 35)

    def drawn() -> Value:
        value: Value = draw(_UNUSUAL)
        return tuple(value) if isinstance(value, Tensor) and not tensors else value

    def epoch() -> Epoch:
        logs: dict[str, Value] = {
            name: drawn() if unusual and chance(draw, 30) else draw(LOSS) for name in names if not chance(draw, missing)
        }
        return drawn_epoch(draw, shape, logs, lambda: {"loss": draw(LOSS), "batch_metric": draw(LOSS)})

    return shape, epoch


# ---------------------------------------------------------------------------------------------- boundaries


def _comes_and_goes(scenario: Scenario) -> bool:
    """A metric that a fit logs, then does not, then does again."""

    def gone(epochs: tuple[Epoch, ...], name: str) -> bool:
        there = [name in epoch.logs for epoch in epochs]
        first = there.index(True) if True in there else len(there)
        return False in there[first:] and True in there[first:][there[first:].index(False) :]

    return any(
        gone(fit.epochs, name)
        for fit in scenario.fits
        for name in {name for epoch in fit.epochs for name in epoch.logs}
    )


def _holds(kind: type) -> Condition:
    return any_epoch(lambda epoch: any(type(value) is kind for value in epoch.logs.values()))


RECORDED: dict[str, Condition] = {
    **EVERY,
    "logs that are empty": any_epoch(lambda epoch: not epoch.logs),
    "several metrics": any_epoch(lambda epoch: len(epoch.logs) > 2),
    "a metric comes and goes": _comes_and_goes,
    "a metric that the first epoch lacks": lambda s: any(
        set().union(*(epoch.logs for epoch in fit.epochs[1:])) - set(fit.epochs[0].logs) for fit in s.fits
    ),
    "an array": _holds(tuple),
    "an array without dimensions": _holds(ArrayNumber),
    "a tensor": _holds(Tensor),
    "a metric that is None": _holds(type(None)),
    "a metric that is a boolean": _holds(bool),
    "a metric that is NaN": any_epoch(lambda epoch: any(value != value for value in epoch.logs.values())),
    "several batches": any_epoch(lambda epoch: len(epoch.batch_logs()) > 1),
}
"""For those that write down what is logged."""

BOUNDARIES: dict[str, Condition] = RECORDED
