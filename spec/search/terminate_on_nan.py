"""Scenarios for TerminateOnNaN, and the boundaries that they promise to reach."""

import math
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ..numbers import FLOAT32_MAX
from ..scenario import Epoch, Scenario, groups
from ..values import ArrayNumber, Logs, Tensor, Value
from .conditions import BATCHED, EVERY, Condition, any_epoch, parameter_is
from .drawing import ABSENT, below, chance, config_of, weighted
from .fits import ALL_OR_A_FEW, BATCHES, LOSS, drawn_scenario, drawn_shape, dressed, logs_of
from .monitoring import is_nan

_RAISE_ERROR = weighted((ABSENT, 20), (True, 4), (False, 1))
_NOT_FINITE = weighted((math.nan, 4), (math.inf, 3), (-math.inf, 2))
_UNUSUAL_LOSS = weighted(
    (-1.0, 1), (-0.0, 1), (FLOAT32_MAX, 1), (-FLOAT32_MAX, 1), (1e39, 1), (1e300, 1), (1e-320, 1), (None, 7)
)
_ARRAY_LOSS = weighted(((math.nan,), 2), ((1.0,), 1), ((1.0, math.nan), 1))
_EPOCH_KIND = weighted(("finite", 22), ("not finite", 8), ("unusual", 5), ("array", 3))
_PLACE = weighted(("last", 1), ("first", 1), ("middle", 1))


def _drawn_losses(draw: DrawFn, number: int) -> list[Value | None]:
    """The losses of an epoch's batches; None where one is missing."""
    losses: list[Value | None] = [draw(LOSS) for _ in range(number)]
    kind = draw(_EPOCH_KIND)
    if kind != "finite":
        place = {"last": number - 1, "first": 0, "middle": number // 2}[draw(_PLACE)]
        losses[place] = draw({"not finite": _NOT_FINITE, "unusual": _UNUSUAL_LOSS, "array": _ARRAY_LOSS}[kind])
    return losses


@st.composite
def scenarios(draw: DrawFn) -> Scenario:
    config = config_of(raise_error=draw(_RAISE_ERROR))
    if chance(draw, 3):
        config["unknown"] = 1
    shape = drawn_shape(draw, decoy="val_loss", decoys=15, batches=80)

    def epoch() -> Epoch:
        losses = _drawn_losses(draw, draw(BATCHES) if shape.batches else 1)
        # the epoch's own loss is not looked at
        logs = logs_of("loss", losses[-1] if not shape.batches or draw(below(6)) else math.nan)
        if shape.decoy is not None:
            logs[shape.decoy] = draw(_NOT_FINITE)
        return Epoch(
            logs=logs,
            batches=tuple(logs_of("loss", loss) for loss in losses) if shape.batches else None,
            stop=shape.stops and draw(below(4)) == 3,
        )

    scenario = drawn_scenario(draw, "TerminateOnNaN", config, shape, epoch)
    return dressed(draw, scenario, "loss", ALL_OR_A_FEW) if chance(draw, 3) else scenario


# ---------------------------------------------------------------------------------------------- boundaries


def _losses(epoch: Any) -> list[Value | None]:
    return [logs.get("loss") for logs in epoch.batch_logs()]


def _not_finite(value: Value | None) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _several(condition: Callable[[list[Value | None]], bool]) -> Condition:
    """On the losses of an epoch of at least three batches, in which exactly one is not finite."""
    return any_epoch(
        lambda epoch: (
            len(_losses(epoch)) > 2
            and sum(_not_finite(loss) for loss in _losses(epoch)) == 1
            and condition(_losses(epoch))
        )
    )


def _hidden_in_a_group(scenario: Scenario) -> bool:
    """A loss that is not finite, which no call of the batch hook shows."""

    def hidden(batches: tuple[Logs, ...]) -> bool:
        seen = [logs.get("loss") for _, logs in groups(batches, scenario.steps_per_execution)]
        return any(_not_finite(logs.get("loss")) for logs in batches) and not any(_not_finite(loss) for loss in seen)

    return any(hidden(epoch.batch_logs()) for fit in scenario.fits for epoch in fit.epochs)


BOUNDARIES: dict[str, Condition] = {
    **EVERY,
    **BATCHED,
    "loss NaN": any_epoch(lambda epoch: any(is_nan(loss) for loss in _losses(epoch))),
    "loss infinite": any_epoch(lambda epoch: math.inf in _losses(epoch)),
    "loss negative infinity": any_epoch(lambda epoch: -math.inf in _losses(epoch)),
    "not finite in the first batch": _several(lambda losses: _not_finite(losses[0])),
    "not finite in a middle batch": _several(lambda losses: any(map(_not_finite, losses[1:-1]))),
    "not finite in the last batch": _several(lambda losses: _not_finite(losses[-1])),
    "not finite in an only batch": any_epoch(lambda epoch: len(_losses(epoch)) == 1 and _not_finite(_losses(epoch)[0])),
    "finite throughout": lambda s: not any_epoch(lambda epoch: any(map(_not_finite, _losses(epoch))))(s),
    "not finite, and hidden in a group of batches": _hidden_in_a_group,
    "not finite in the epoch's logs only": any_epoch(
        lambda epoch: _not_finite(epoch.logs.get("loss")) and all(not _not_finite(loss) for loss in _losses(epoch))
    ),
    "not finite in another metric": any_epoch(lambda epoch: _not_finite(epoch.logs.get("val_loss"))),
    "loss beyond float32": any_epoch(
        lambda epoch: any(isinstance(v, float) and FLOAT32_MAX < abs(v) < math.inf for v in _losses(epoch))
    ),
    "missing loss": any_epoch(lambda epoch: None in _losses(epoch)),
    "array loss": any_epoch(lambda epoch: any(isinstance(loss, tuple) for loss in _losses(epoch))),
    "loss in an array without dimensions": any_epoch(
        lambda epoch: any(isinstance(loss, ArrayNumber) for loss in _losses(epoch))
    ),
    "loss in a tensor": any_epoch(lambda epoch: any(isinstance(loss, Tensor) for loss in _losses(epoch))),
    "raise_error": parameter_is("raise_error", bool),
    "raise_error false": lambda s: s.config.get("raise_error") is False,
    "a fit after a loss that is not finite": lambda s: any(
        _not_finite(loss) for fit in s.fits[:-1] for epoch in fit.epochs for loss in _losses(epoch)
    ),
}
