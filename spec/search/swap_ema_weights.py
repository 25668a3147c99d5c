"""Scenarios for SwapEMAWeights, and the boundaries that they promise to reach."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ..scenario import Epoch, Scenario
from .aimed import Aim, Aiming
from .conditions import BATCHED, EVERY, Condition, any_epoch, left_out, parameter_is
from .drawing import ABSENT, below, chance, config_of, weighted
from .fits import LOSS, drawn_epoch, drawn_scenario, drawn_shape

_SWAP_ON_EPOCH = weighted((ABSENT, 4), (True, 7), (False, 1), (1, 1), (None, 1))
_FREQUENCY = weighted((None, 9), (1, 1), (2, 2), (3, 2), (4, 1))
_EVALUATED = weighted((0, 3), (50, 4), (100, 5))
"""In how many percent of the epochs there is a validation."""
_RATE = weighted((1.0, 5), (0.1, 2), (0.0, 1), (0.001, 1))
_OTHER = weighted((None, 2), ({"head": 0.1, "body": 0.01}, 2), (0.5, 5))


@st.composite
def scenarios(draw: DrawFn) -> Scenario:
    config = config_of(swap_on_epoch=draw(_SWAP_ON_EPOCH))
    if chance(draw, 5):
        config["unknown"] = 1
    shape = drawn_shape(draw, decoy="accuracy", decoys=10, batches=50)
    evaluated = draw(_EVALUATED)

    def epoch() -> Epoch:
        logs: dict[str, Any] = {"loss": draw(LOSS)}
        if chance(draw, evaluated):
            logs["val_loss"] = draw(LOSS)
        return drawn_epoch(draw, shape, logs, lambda: {"loss": draw(LOSS)})

    scenario = drawn_scenario(draw, "SwapEMAWeights", config, shape, epoch, rate=draw(_RATE))
    if chance(draw, 12):
        return replace(scenario, learning_rate=draw(_OTHER))
    return replace(scenario, use_ema=True, ema_overwrite_frequency=draw(_FREQUENCY))


# ---------------------------------------------------------------------------------------------- aims


def stopped_before_the_end(draw: DrawFn) -> Aim:
    """The average stands in the model, and somebody stops the fit before the last epoch that it was told."""
    number = 2 + draw(below(3))
    at = 1 + draw(below(number - 1))
    epochs = [Epoch(logs={"val_loss": 1.0}, stop=index == at) for index in range(number + 1)]
    later = [Epoch(logs={"val_loss": 1.0}) for _ in range(1 + draw(below(2)))]
    return Aim(config={"swap_on_epoch": True}, fits=[epochs, later] if chance(draw, 40) else [epochs], use_ema=True)


def never_evaluated(draw: DrawFn) -> Aim:
    """Nothing is evaluated, so that without swap_on_epoch nothing is exchanged."""
    return Aim(fits=[[Epoch(logs={"loss": draw(LOSS)}) for _ in range(1 + draw(below(4)))]], use_ema=chance(draw, 20))


AIMS: dict[Aiming, int] = {stopped_before_the_end: 20, never_evaluated: 26}
"""How many scenarios with each aim go with the default number of random ones."""


# ---------------------------------------------------------------------------------------------- boundaries


def _evaluated(epoch: Epoch) -> bool:
    return any(name.startswith("val_") for name in epoch.logs)


def _stopped_early(scenario: Scenario) -> bool:
    return any(epoch.stop for fit in scenario.fits for epoch in fit.epochs[:-1])


BOUNDARIES: dict[str, Condition] = {
    **EVERY,
    **BATCHED,
    "swap_on_epoch": parameter_is("swap_on_epoch", bool),
    "without swap_on_epoch": left_out("swap_on_epoch"),
    "an epoch that is evaluated": any_epoch(_evaluated),
    "an epoch that is not evaluated": any_epoch(lambda epoch: not _evaluated(epoch)),
    "never evaluated": lambda s: not any_epoch(_evaluated)(s),
    "stopped early with swap_on_epoch": lambda s: bool(s.config.get("swap_on_epoch")) and _stopped_early(s),
    "an optimizer that keeps an average": lambda s: s.use_ema,
    "one that keeps none": lambda s: not s.use_ema,
    "the average becomes the weights in training": lambda s: s.ema_overwrite_frequency is not None,
    "the first step is an epoch": lambda s: len(s.fits[0].epochs[0].batch_logs()) == 1,
    "rate zero": lambda s: s.learning_rate == 0,
}
