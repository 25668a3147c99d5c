"""Scenarios for TensorBoard, and the boundaries that they promise to reach."""

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ..scenario import Epoch, Fit, Other, Scenario, acts
from ..values import Value
from .aimed import Aim, Aiming
from .conditions import BATCHED, Condition, any_epoch, left_out, parameter_is
from .drawing import ABSENT, below, chance, config_of, weighted
from .fits import LOSS, drawn_rates, drawn_scenario
from .history import RECORDED, recorded

_LOG_DIR = weighted((ABSENT, 5), ("logs", 1), ("runs/first", 2))
_UPDATE_FREQ = weighted((ABSENT, 6), ("batch", 2), (1, 2), (2, 4), (3, 3), (5, 1), ("epoch", 1))
_SWITCH = weighted((ABSENT, 8), (True, 2), (False, 1))
_RATE = weighted((1.0, 4), (0.1, 3), (0.001, 1), (0.0, 1))
LONGEST = 4
"""Epochs of a fit: its files are slow to write, and nothing waits for so long as a patience does."""
_RAISED_IN = weighted(("epoch_begin", 1), ("batch_end", 3), ("epoch_end", 2))


@st.composite
def scenarios(draw: DrawFn) -> Scenario:
    config = config_of(
        log_dir=draw(_LOG_DIR),
        update_freq=draw(_UPDATE_FREQ),
        write_graph=draw(_SWITCH),
        write_steps_per_second=draw(_SWITCH),
    )
    if chance(draw, 3):
        config[draw(weighted(("unknown", 2), ("write_grads", 1)))] = 1
    shape, epoch = recorded(draw)
    rate = draw(_RATE)
    several = chance(draw, 8)
    if config.get("update_freq", "epoch") != "epoch" and chance(draw, 90):
        shape = replace(shape, batches=True)
    scenario = drawn_scenario(
        draw, "TensorBoard", config, shape, epoch, rate=drawn_rates(draw, rate) if several else rate, rates=25
    )
    fits = tuple(replace(fit, epochs=fit.epochs[:LONGEST]) for fit in scenario.fits)
    if len(fits) > 1 and chance(draw, 12):
        fits = (_interrupted(draw, fits[0]), *fits[1:])
    return replace(scenario, fits=fits)


def _interrupted(draw: DrawFn, fit: Fit) -> Fit:
    """Somebody raises an exception in one of its epochs."""
    at = draw(below(len(fit.epochs)))
    behind = chance(draw, 50)
    raises = Other(
        hook=draw(_RAISED_IN), raises="KeyboardInterrupt", after=0 if behind else None, before=None if behind else 0
    )
    epochs = (*fit.epochs[:at], replace(fit.epochs[at], others=(raises,)), *fit.epochs[at + 1 :])
    return replace(fit, epochs=epochs)


# ---------------------------------------------------------------------------------------------- aims


def _epochs(draw: DrawFn) -> list[Epoch]:
    def logs() -> dict[str, Value]:
        both: dict[str, Value] = {"loss": draw(LOSS), "val_loss": draw(LOSS)}
        rate: dict[str, Value] = {"learning_rate": 0.5} if chance(draw, 20) else {}
        return {**both, **rate} if chance(draw, 60) else {**rate, "loss": both["loss"]}

    return [Epoch(logs=logs()) for _ in range(2 + draw(below(2)))]


def several_optimizers(draw: DrawFn) -> Aim:
    """Several in one, each with a rate of its own."""
    rates = {"head": draw(_RATE), "body": 0.25}
    return Aim(fits=[_epochs(draw)], rate=rates)


def interrupted(draw: DrawFn) -> Aim:
    """Somebody raises an exception when epochs have ended, all of which are written."""
    *before, last = _epochs(draw)
    at = Other(hook=draw(_RAISED_IN), raises="KeyboardInterrupt", before=0)
    return Aim(fits=[Fit(epochs=(*before, replace(last, others=(at,))))])


def measured(draw: DrawFn) -> Aim:
    """The steps per second are wanted."""
    given = config_of(write_steps_per_second=True, update_freq=draw(weighted((ABSENT, 1), (1, 1), (2, 1))))
    return Aim(config=given, fits=[_epochs(draw)])


def stopped(draw: DrawFn) -> Aim:
    """Somebody else stops training."""
    first, *others = _epochs(draw)
    given = config_of(update_freq=draw(weighted((ABSENT, 2), ("batch", 1), (2, 1))))
    return Aim(
        config=given, fits=[[replace(first, stop=chance(draw, 60)), *(replace(each, stop=True) for each in others)]]
    )


AIMS: dict[Aiming, int] = {several_optimizers: 22, interrupted: 22, measured: 20, stopped: 30}
"""How many scenarios with each aim go with the default number of random ones."""


# ---------------------------------------------------------------------------------------------- boundaries


def _validated(epoch: Epoch) -> bool:
    return any(name.startswith("val_") for name in epoch.logs)


def _often(scenario: Scenario) -> bool:
    return bool(scenario.config.get("update_freq", "epoch") != "epoch")


BOUNDARIES: dict[str, Condition] = {
    **RECORDED,
    **BATCHED,
    "every epoch": lambda s: not _often(s),
    "every batch": parameter_is("update_freq", lambda given: given in ("batch", 1)),
    "some batches": parameter_is("update_freq", lambda given: isinstance(given, int) and given > 1),
    "another folder": parameter_is("log_dir", lambda folder: "/" in folder),
    "the usual folder": left_out("log_dir"),
    "steps per second": parameter_is("write_steps_per_second", bool),
    "without the graph": parameter_is("write_graph", lambda given: not given),
    "an epoch that is evaluated": any_epoch(_validated),
    "an epoch that is not evaluated": any_epoch(lambda epoch: not _validated(epoch)),
    "interrupted": lambda s: any(act for fit in s.fits for act in acts(fit)),
    "several optimizers": lambda s: isinstance(s.learning_rate, dict),
    "a later fit sets the rate": lambda s: any(fit.learning_rate is not None for fit in s.fits[1:]),
}
