"""Scenarios that are aimed at what random ones seldom come to: arrays, an exact min_delta, a mode that is decided, a first NaN.

Rules
- An aim says what is monitored and what comes, and leaves the rest to chance. Each is there because without it some clause is
  exercised too seldom for a verdict to rest on it.
- They are drawn beside the random scenarios of a callback, in a fixed proportion (`strategies.py`).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ..callbacks import parameters
from ..metrics import Metric
from ..scenario import Configured, Epoch, Fit, Resume, Scenario
from ..values import ArrayNumber, Rate, ScheduledRate, Tensor
from .drawing import ABSENT, below, chance, config_of, weighted
from .fits import VERBOSITY, logs_of

Values = list[Any]
"""What is monitored in the epochs of a fit; None where it is missing. Or the epochs themselves."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Aim:
    """`config`: what the callback is given, if it knows it; or `callbacks`, several. `fits`: the values of each, or the fit
    itself. `later_metrics`: those of the second fit and all after it. `rate`: a schedule of the optimizer's own, or the rates
    of several. `use_ema`: the optimizer keeps an average. `existing`: what lies there before."""

    fits: Sequence[Values | Fit]
    config: dict[str, Any] = field(default_factory=dict)
    callbacks: tuple[Configured, ...] = ()
    metrics: tuple[Metric, ...] = ()
    later_metrics: tuple[Metric, ...] | None = None
    outputs: tuple[str, ...] = ()
    rate: Rate = None
    use_ema: bool = False
    existing: tuple[str, ...] = ()


_MODES = weighted(("min", 1), ("max", 1))
_RATE = weighted((1.0, 3), (0.1, 2), (0.01, 1), (0.7, 1))
_PATIENCE = weighted((1, 3), (2, 3), (3, 1))
_NUMBERS = weighted((1.0, 3), (0.5, 3), (2.0, 2), (0.75, 2), (0.25, 1), (-1.0, 1))
_STEPS = weighted(
    (weighted((1.0, 1)), 3), (weighted((2.0, 2), (3.0, 1)), 3), (weighted((0.5, 2), (0.0, 1)), 1),
    (weighted((1.0, 2), (0.5, 1), (2.0, 1), (0.0, 1), (-1.0, 1)), 2),
)  # fmt: skip
_SCALES = weighted((1.0, 4), (0.5, 1), (4.0, 1), (-2.0, 1))


def _values(draw: DrawFn, low: int = 3, high: int = 6) -> Values:
    return [draw(_NUMBERS) for _ in range(low + draw(below(high - low + 1)))]


def _explicit(draw: DrawFn, **more: Any) -> dict[str, Any]:
    return config_of(monitor=draw(weighted((ABSENT, 1), ("loss", 1), ("my_metric", 1))), mode=draw(_MODES), **more)


# ---------------------------------------------------------------------------------------------- values


def first_array(draw: DrawFn) -> Aim:
    """An array of several elements first, and then numbers or arrays like it."""
    first = (draw(_NUMBERS),) * (2 + draw(below(2)))
    rest: Values = [first if chance(draw, 25) else value for value in _values(draw, 1, 4)]
    return Aim(config=_explicit(draw, patience=draw(_PATIENCE)), fits=[[first, *rest]])


def several_elements(draw: DrawFn) -> Aim:
    """Numbers, and then an array of several elements."""
    values = _values(draw)
    values[1 + draw(below(len(values) - 1))] = (draw(_NUMBERS),) * (2 + draw(below(2)))
    return Aim(config=_explicit(draw, patience=2 + draw(below(2))), fits=[values])


def one_element(draw: DrawFn) -> Aim:
    """Numbers, most of them in arrays of one element."""
    values = [(value,) if chance(draw, 60) else value for value in _values(draw)]
    return Aim(config=_explicit(draw, patience=draw(_PATIENCE)), fits=[values])


def without_dimensions(draw: DrawFn) -> Aim:
    """Numbers, most of them in arrays without dimensions."""
    return Aim(config=_explicit(draw), fits=[[ArrayNumber(v) if chance(draw, 60) else v for v in _values(draw)]])


def tensors(draw: DrawFn) -> Aim:
    values = [Tensor((number, number)) if chance(draw, 50) else number for number in _values(draw)]
    return Aim(config=_explicit(draw, patience=draw(_PATIENCE)), fits=[values])


def nan_first(draw: DrawFn) -> Aim:
    """Nothing that a value could improve on comes first."""
    config = _explicit(draw, patience=draw(_PATIENCE), restore_best_weights=True)
    worst = math.inf if config["mode"] == "min" else -math.inf
    first = draw(weighted((math.nan, 3), (worst, 1)))
    return Aim(config=config, fits=[[first, *_values(draw)]])


def better_after_nan(draw: DrawFn) -> Aim:
    config = _explicit(draw, patience=2 + draw(below(2)), min_delta=draw(weighted((ABSENT, 2), (0.125, 1))))
    sign = -1.0 if config["mode"] == "min" else 1.0
    steps = [draw(weighted((0.5, 2), (1.0, 1))) for _ in range(3 + draw(below(4)))]
    return Aim(config=config, fits=[[math.nan, *(1.0 + sign * sum(steps[:place]) for place in range(len(steps)))]])


def nan_later(draw: DrawFn) -> Aim:
    """A NaN or two behind the first value."""
    values = _values(draw, 4, 7)
    for _ in range(1 + draw(below(2))):
        values[1 + draw(below(len(values) - 1))] = math.nan
    return Aim(config=_explicit(draw, patience=draw(_PATIENCE)), fits=[values])


def missing(draw: DrawFn) -> Aim:
    values = [None if chance(draw, 40) else value for value in _values(draw, 4, 8)]
    return Aim(config=_explicit(draw, patience=draw(_PATIENCE)), fits=[values])


def changes(draw: DrawFn) -> Aim:
    """Steps of half, exactly and twice min_delta, with numbers that float32 has: often all of one kind."""
    scale = draw(_SCALES)
    delta = abs(scale) * draw(weighted((0.5, 2), (0.25, 1)))
    config = _explicit(draw, patience=draw(_PATIENCE), min_delta=delta)
    sign = -1.0 if config["mode"] == "min" else 1.0
    steps = draw(_STEPS)
    fit: Values = [scale]
    best = last = scale
    for _ in range(2 + draw(below(4))):
        step = draw(steps)
        # of the exact ones each is a step from the one before, in the other kinds from the best
        last = (last if step == 1.0 else best) + sign * delta * step
        fit.append(last)
        best = last if step > 1.0 else best
    return Aim(config=config, fits=[fit])


def invisible_changes(draw: DrawFn) -> Aim:
    """Better each time, by less than float32 can tell."""
    config = _explicit(draw, patience=draw(_PATIENCE), min_delta=0.0)
    better = math.inf if config["mode"] == "max" else -math.inf
    fit: Values = [draw(_NUMBERS)]
    for _ in range(3 + draw(below(4))):
        fit.append(math.nextafter(fit[-1], better if chance(draw, 75) else -better))
    return Aim(config=config, fits=[fit])


def forgiven(draw: DrawFn) -> Aim:
    """A negative min_delta, and values that are worse by less than that."""
    config = _explicit(draw, patience=draw(_PATIENCE), min_delta=draw(weighted((-1.0, 1), (-2.0, 1))))
    return Aim(
        config=config, fits=[[1.0 + draw(weighted((0.25, 1), (0.0, 1), (0.5, 1))) for _ in range(4 + draw(below(3)))]]
    )


def beyond_float32(draw: DrawFn) -> Aim:
    """Finite values that float32 does not have."""
    values = _values(draw)
    values[draw(below(len(values)))] = draw(weighted((1e39, 1), (-1e39, 1), (1e300, 1)))
    return Aim(config=_explicit(draw, patience=draw(_PATIENCE)), fits=[values])


def small_steps(draw: DrawFn) -> Aim:
    """Better by less than min_delta, and then by less again: by more than that, together."""
    config = _explicit(draw, patience=draw(_PATIENCE), min_delta=0.5)
    sign = -1.0 if config["mode"] == "min" else 1.0
    value = draw(_NUMBERS)
    fit: Values = [value]
    for step in (0.25, 0.375, *(draw(weighted((0.25, 3), (0.0, 1), (-0.25, 1))) for _ in range(draw(below(5))))):
        value += sign * step
        fit.append(value)
    return Aim(config=config, fits=[fit])


def counts_that_are_none(draw: DrawFn) -> Aim:
    """What is no number, where a number is meant."""
    name = draw(weighted(("patience", 3), ("start_from_epoch", 1), ("verbose", 1)))
    config = {**_explicit(draw, patience=draw(_PATIENCE)), name: draw(weighted(("2", 1), (None, 1)))}
    return Aim(config=config, fits=[_values(draw)])


def unbeaten_baseline(draw: DrawFn) -> Aim:
    config = _explicit(draw, patience=draw(_PATIENCE), restore_best_weights=True)
    config["baseline"] = -100.0 if config["mode"] == "min" else 100.0
    return Aim(config=config, fits=[_values(draw, 4, 7)])


def no_cooldown(draw: DrawFn) -> Aim:
    """A cooldown that is no number, and a plateau."""
    cooldown = draw(weighted((None, 1), ("1", 1)))
    config = _explicit(draw, patience=draw(_PATIENCE), factor=draw(weighted((0.5, 1), (0.1, 1))), cooldown=cooldown)
    return Aim(config=config, fits=[[1.0] * (5 + draw(below(6)))])


def own_schedule(draw: DrawFn) -> Aim:
    """An optimizer with a schedule of its own, which no callback can set, and a plateau."""
    rate = ScheduledRate(draw(weighted((0.1, 2), (1.0, 1), (0.5, 1))))
    config = _explicit(draw, patience=draw(_PATIENCE), factor=draw(weighted((0.5, 2), (0.1, 1), (0.9, 1))))
    config["schedule"] = {"scale": draw(weighted((0.5, 2), (1.0, 1), (2.0, 1)))}
    return Aim(config=config, fits=[_values(draw, 2, 5) for _ in range(1 + draw(below(2)))], rate=rate)


def validations_within(draw: DrawFn) -> Aim:
    """Validations in the middle of epochs, of which what is logged at the end tells nothing."""
    config = _explicit(draw, patience=draw(_PATIENCE))
    monitor = config.get("monitor", "val_loss")
    fit = [
        Epoch(logs={monitor: value}, validations=tuple({monitor: each} for each in _values(draw, 0, 2)))
        for value in _values(draw, 2, 5)
    ]
    return Aim(config=config, fits=[fit])


def in_batches(draw: DrawFn) -> Aim:
    """A metric that batches have, of which several come before the first epoch ends."""
    config = config_of(monitor="loss", mode=draw(_MODES), save_freq=1 + draw(below(2)))
    fit = [
        Epoch(logs={"loss": draw(_NUMBERS)}, batches=tuple({"loss": value} for value in _values(draw, 2, 4)))
        for _ in range(1 + draw(below(2)))
    ]
    return Aim(config=config, fits=[fit])


def resumed(draw: DrawFn) -> Aim:
    """The weights of one of the first fit's epochs, loaded again for a second fit."""
    first = _values(draw, 1, 3)
    load = draw(weighted(("weights", 1), ("weights-unbuilt", 1)))
    resume = Resume(path=f"m-{1 + draw(below(len(first)))}.weights.h5", load=load)
    config = _explicit(draw, filepath="m-{epoch}.weights.h5", save_weights_only=True, save_best_only=ABSENT)
    fits = [
        Fit(epochs=_epochs("val_loss", first), learning_rate=draw(_RATE)),
        Fit(epochs=_epochs("val_loss", _values(draw, 1, 2)), resume=resume),
    ]
    return Aim(config=config, fits=fits)


# ---------------------------------------------------------------------------------------------- modes

_UP, _DOWN, _NEITHER = "AUC", "MeanSquaredError", "TruePositives"
_AUTO = weighted(("auto", 2), (ABSENT, 1))


def _metric(name: str, cls: str) -> tuple[Metric, ...]:
    return (Metric(cls=cls, name=name),)


def decided_once(draw: DrawFn) -> Aim:
    """Mode auto, and a second fit of a model whose metric of that name has the other direction."""
    first, second = (_UP, _DOWN) if chance(draw, 50) else (_DOWN, _UP)
    config = config_of(monitor=draw(weighted(("val_m", 2), ("m", 1))), mode=draw(_AUTO), patience=draw(_PATIENCE))
    fits = [_values(draw, 3, 5) for _ in range(2 + draw(below(2)))]
    return Aim(config=config, fits=fits, metrics=_metric("m", first), later_metrics=_metric("m", second))


def accuracy(draw: DrawFn) -> Aim:
    """An accuracy under its usual names."""
    name = draw(weighted(("accuracy", 2), ("acc", 1)))
    metric = Metric(cls="BinaryAccuracy", name=name, by_name=True)
    config = config_of(monitor=f"val_{name}", mode=draw(_AUTO), patience=draw(_PATIENCE))
    return Aim(config=config, fits=[_values(draw)], metrics=(metric,))


def unknown_mode(draw: DrawFn) -> Aim:
    mode = draw(weighted(("unknown", 1), ("maximum", 1), ("", 1)))
    config = config_of(monitor=draw(weighted(("val_loss", 2), ("val_auc", 1))), mode=mode, patience=draw(_PATIENCE))
    return Aim(config=config, fits=[_values(draw)], metrics=_metric("auc", _UP))


def undecided(draw: DrawFn) -> Aim:
    """Mode auto, and nothing compiled that says which way is better."""
    compiled = draw(weighted(((), 2), (_metric("m", _NEITHER), 1)))
    config = config_of(monitor=draw(weighted(("val_m", 2), ("m", 1))), mode=draw(_AUTO), patience=draw(_PATIENCE))
    return Aim(config=config, fits=[_values(draw, 2, 4)], metrics=compiled)


def of_an_output(draw: DrawFn) -> Aim:
    """One of two outputs' metrics, under the name that `fit` logs for it."""
    outputs: tuple[str, ...] = draw(weighted((("a", "b"), 2), (("b", "a"), 1)))
    name, output = draw(weighted(("accuracy", 2), ("loss", 1))), outputs[draw(below(2))]
    metric = Metric(cls="BinaryAccuracy", name="accuracy", by_name=True, output=output)
    config = config_of(monitor=f"val_{output}_{name}", mode=draw(_AUTO), patience=draw(_PATIENCE))
    return Aim(config=config, fits=[_values(draw)], metrics=(metric,), outputs=outputs)


# ---------------------------------------------------------------------------------------------- scenarios


def _epochs(monitor: str, values: Values) -> tuple[Epoch, ...]:
    return tuple(value if isinstance(value, Epoch) else Epoch(logs=logs_of(monitor, value)) for value in values)


Aiming = Callable[[DrawFn], Aim]
More = Callable[[DrawFn], dict[str, Any]]


def nothing(draw: DrawFn) -> dict[str, Any]:
    """What a callback is given besides, where that is nothing."""
    return {}


@st.composite
def scenarios(draw: DrawFn, callback: str, aiming: Aiming, more: More) -> Scenario:
    """A scenario with that aim; `more` draws what else the callback is given, and does not replace what is aimed at."""
    aim = aiming(draw)
    monitor = aim.config.get("monitor", "val_loss")
    fits = tuple(
        values
        if isinstance(values, Fit)
        else Fit(epochs=_epochs(monitor, values), metrics=aim.later_metrics if index else None)
        for index, values in enumerate(aim.fits)
    )
    if aim.callbacks:
        return Scenario(callbacks=aim.callbacks, fits=fits, metrics=aim.metrics, use_ema=aim.use_ema)
    given = {name: value for name, value in aim.config.items() if name in parameters(callback)}
    said = config_of(verbose=draw(VERBOSITY)) if "verbose" in parameters(callback) else {}
    return Scenario(
        callback=callback,
        config={**said, **more(draw), **given},
        fits=fits,
        metrics=aim.metrics,
        outputs=aim.outputs,
        existing=aim.existing,
        learning_rate=aim.rate or (draw(_RATE) if callback == "ReduceLROnPlateau" else 1.0),
        use_ema=aim.use_ema,
    )
