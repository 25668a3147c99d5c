"""Hypothesis strategies: configurations, and metric streams that go where the bugs of callbacks are.

Rules
- A stream is drawn relative to what its callback remembers: each value is a move from the best one so far (`moves.py`).
  So plateaus and ties are frequent, and most scenarios make their callback act.
- Simple things come first in every choice: a scenario shrinks towards one fit, one epoch, a plateau and the defaults.
- Every draw chooses among at most 100 alternatives, never from Hypothesis's own floats, texts or large integers: into
  those it mixes constants of the source files that happen to be imported, and a seed would no longer mean one pool.
- Most scenarios are valid: about one in ten is rejected or raises.
- What the strategies promise to reach is listed, and counted, in `boundaries.py`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from ..files import PATH_LIKE, RELATIVE
from ..metrics import Metric
from ..numbers import FLOAT32_MAX, FLOAT32_SMALLEST_NORMAL, float32, next_float32
from ..scenario import Epoch, Fit, Scenario, key
from ..values import ArrayNumber, Logs, Rate, Tensor, Value, map_rate
from .moves import FIRST, KINDS, MARKS, Move, Standing

# ---------------------------------------------------------------------------------------------- drawing


def _weighted(*alternatives: tuple[Any, int]) -> SearchStrategy[Any]:
    """One of the values, each as often as its weight says; the first is the simplest."""
    return st.sampled_from([value for value, weight in alternatives for _ in range(weight)])


@cache
def _below(limit: int) -> SearchStrategy[int]:
    return st.integers(0, limit - 1)


def _chance(draw: DrawFn, percent: int) -> bool:
    """True in so many percent of the cases; False is simpler."""
    return draw(_below(100)) >= 100 - percent


class _Absent:
    """The parameter is left out of the configuration."""


_ABSENT = _Absent()


def _configured(**parameters: Any) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not _ABSENT}


# ---------------------------------------------------------------------------------------------- streams

_MOVES: dict[str, SearchStrategy[Move]] = {kind: _weighted(*moves) for kind, moves in KINDS.items()}
_FIRST_MOVES: dict[str, SearchStrategy[Move]] = {kind: _weighted(*moves) for kind, moves in FIRST.items()}
_KIND = _weighted(
    ("ordinary", 28), ("edges", 22), ("gaps", 10), ("specials", 14), ("signs", 8), ("extremes", 7), ("beyond", 3),
    ("arrays", 4), ("NaN throughout", 3), ("infinity throughout", 3), ("missing throughout", 3),
)  # fmt: skip
_START = _weighted(
    (1.0, 6), (0.5, 3), (2.0, 1), (0.0, 1), (0.1, 2), (-1.0, 3), (100.0, 1), (-0.0, 1), (0.3, 2), (0.7, 1)
)
_MARK = _weighted(*MARKS)
_ELEMENTS = _weighted((2, 5), (1, 5), (3, 3))


@dataclass(slots=True)
class _Stream:
    """Draws the values of the monitored metric, one after the other."""

    draw: DrawFn
    standing: Standing
    kind: str
    forgets: bool
    """Whether a fit's first value is its best. Moves stay relative to the old best, so that it shows who forgets."""
    started: bool = False

    def begin_fit(self, fit: int) -> None:
        if self.forgets:
            self.standing.seen = False

    def next(self) -> Value | None:
        """The next value; None: the metric is missing."""
        moves = _MOVES[self.kind] if self.started else _FIRST_MOVES.get(self.kind, _MOVES[self.kind])
        self.started = True
        value: float | None = self.draw(moves)(self.standing)
        if value is None:
            return None
        self.standing.see(value)
        if self.kind == "arrays" and self.draw(_below(3)):
            return (value,) * int(self.draw(_ELEMENTS))
        return value


def _stream(
    draw: DrawFn, sign: float, *, delta: float = 0.0, marked: int = 0, long: bool = False, forgets: bool = True
) -> tuple[_Stream, Any]:
    """A stream, and the baseline or threshold that it is drawn around: in `marked` percent of the cases there is one.

    `long`: mostly one of few improvements, for a long patience.
    """
    kind = "flat" if long and draw(_below(4)) < 3 else draw(_KIND)
    # around the smallest normal float32, or around 1
    start, unit = (1e-38, 1e-38) if kind == "extremes" else (draw(_START), 1.0)
    standing = Standing(sign=sign, delta=abs(delta), unit=unit, last=start, best=start)
    mark = _ABSENT
    if marked and _chance(draw, marked):
        mark = draw(_MARK)(standing)
        if math.isfinite(mark):
            standing.mark = mark
            kind = "marks" if kind in ("edges", "ordinary") else kind
    return _Stream(draw, standing, kind, forgets), mark


# ---------------------------------------------------------------------------------------------- what is monitored

_MONITOR = _weighted(
    ("val_loss", 6),
    (_ABSENT, 2),
    ("loss", 2),
    ("val_accuracy", 4),
    ("val_auc", 2),
    ("val_precision", 1),
    ("my_metric", 2),
)
_MODE = _weighted(("min", 9), ("max", 8), ("auto", 5), (_ABSENT, 3), ("unknown", 1))
_DIRECTIONS = _weighted(
    (("up",), 4), (("down",), 4), (("down", "up"), 1), (("up", "down"), 1), (("none", "up"), 1), (("up", "none"), 1),
    (("none",), 2), ((), 2),
)  # fmt: skip
_CLASSES = {"up": "AUC", "down": "MeanSquaredError", "none": "TruePositives"}
_SHORT = {"accuracy": "BinaryAccuracy", "auc": "AUC"}


def _compiled(name: str, directions: tuple[str, ...]) -> tuple[Metric, ...]:
    """Metrics called `name`, with these directions in this order."""
    if directions == ("up",) and name in _SHORT:
        return (Metric(cls=_SHORT[name], name=name, by_name=True),)
    return tuple(Metric(cls=_CLASSES[direction], name=name) for direction in directions)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Monitored:
    """What is monitored and how. `sign`: 1 where more is better, -1 where less is, as the newest Keras decides."""

    monitor: str
    parameters: dict[str, Any]
    """`monitor` and `mode`, or what is configured of them."""
    sign: float
    metrics: tuple[Metric, ...] = ()
    later_metrics: tuple[Metric, ...] | None = None
    """What the model is compiled with from the second fit on, where that differs."""


def _monitored(draw: DrawFn) -> _Monitored:
    configured, mode = draw(_MONITOR), draw(_MODE)
    monitor = "val_loss" if configured is _ABSENT else configured
    parameters = {"monitor": configured, "mode": mode}
    name = monitor.removeprefix("val_")
    if mode in ("min", "max"):
        # with mode "min" the two contradict each other, and the mode decides
        metrics = _compiled(name, ("up",)) if name in _SHORT and _chance(draw, 30) else ()
        return _Monitored(monitor=monitor, parameters=parameters, sign=1.0 if mode == "max" else -1.0, metrics=metrics)
    if name == "loss":
        metrics = _compiled("accuracy", ("up",)) if _chance(draw, 20) else ()
        return _Monitored(monitor=monitor, parameters=parameters, sign=-1.0, metrics=metrics)
    directions = draw(_DIRECTIONS)
    decided = [direction for direction in directions if direction != "none"]
    return _Monitored(
        monitor=monitor,
        parameters=parameters,
        sign=1.0 if decided and decided[-1] == "up" else -1.0,
        metrics=_compiled(name, directions),
        later_metrics=_compiled(name, draw(_DIRECTIONS)) if _chance(draw, 40) else None,
    )


# ---------------------------------------------------------------------------------------------- fits and epochs

_FITS = _weighted((1, 13), (2, 5), (3, 2))
_EPOCHS = _weighted((1, 1), (2, 1), (3, 2), (4, 3), (5, 4), (6, 3), (7, 2), (8, 2), (9, 1), (10, 1), (12, 1))
_LONG_EPOCHS = _weighted((6, 1), (8, 1), (11, 1), (12, 2), (13, 2), (14, 1))
_LATER_EPOCHS = _weighted((1, 2), (2, 3), (3, 3), (4, 2), (6, 1))
_INITIAL_EPOCH = _weighted((0, 12), (1, 1), (2, 1), (5, 1))
_FIT_INITIAL_EPOCH = _weighted((None, 8), (0, 1), (1, 1), (3, 1))
_BATCHES = _weighted((1, 2), (2, 3), (3, 3), (4, 1), (5, 1))
_STEPS = _weighted((1, 5), (2, 3), (3, 1))
_LOSS = _weighted((1.0, 3), (0.5, 2), (2.0, 1), (0.25, 1), (0.0, 1))
_RATE = _weighted(
    (1.0, 10), (0.1, 6), (0.5, 3), (0.01, 3), (0.001, 3), (0.7, 1), (0.0, 1), (1e-40, 1), (FLOAT32_SMALLEST_NORMAL, 1),
    (FLOAT32_MAX, 1), (math.inf, 1),
)  # fmt: skip
_LATER_RATE = _weighted((1.0, 2), (0.1, 2), (0.5, 2), (0.001, 1), (1e-40, 1))
_OPTIMIZERS = _weighted((("head", "body"), 4), (("head", "body", "tail"), 2), (("head",), 1))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Shape:
    """What an epoch holds besides what the callback looks at: drawn once for a scenario.

    `decoy`: another metric, with values of its own. `batches`: epochs have several. `stops`: somebody else may stop.
    """

    decoy: str | None
    batches: bool
    stops: bool


def _shape(draw: DrawFn, *, decoy: str, decoys: int, batches: int) -> _Shape:
    """`decoys`, `batches`: in how many percent of the scenarios."""
    return _Shape(
        decoy=decoy if _chance(draw, decoys) else None, batches=_chance(draw, batches), stops=_chance(draw, 9)
    )


def _logs(name: str, value: Value | None) -> dict[str, Value]:
    return {} if value is None else {name: value}


def _epoch(draw: DrawFn, shape: _Shape, logs: dict[str, Value], batch: Callable[[], Logs]) -> Epoch:
    if shape.decoy is not None:
        logs[shape.decoy] = draw(_LOSS)
    return Epoch(
        logs=logs,
        batches=tuple(batch() for _ in range(draw(_BATCHES))) if shape.batches else None,
        stop=shape.stops and draw(_below(4)) == 3,
    )


def _optimizers(draw: DrawFn, rate: float) -> Rate:
    """Mostly one optimizer with this rate; now and then several in one, this rate among theirs, or one without a rate."""
    if not _chance(draw, 9):
        return rate
    if _chance(draw, 12):
        return None
    first, *others = draw(_OPTIMIZERS)
    rates = {first: rate, **{name: draw(_RATE) for name in others}}
    return dict(reversed(rates.items())) if _chance(draw, 30) else rates


def _scenario(
    draw: DrawFn, callback: str, config: dict[str, Any], shape: _Shape, epoch: Callable[[], Epoch], *,
    monitored: _Monitored | None = None, begin_fit: Callable[[int], None] = lambda fit: None, long: bool = False,
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
                learning_rate=map_rate(rate, lambda _: draw(_LATER_RATE)) if rates and _chance(draw, rates) else None,
            )
        )
    return Scenario(
        callback=callback,
        config=config,
        learning_rate=rate,
        metrics=monitored.metrics if monitored else (),
        initial_epoch=draw(_INITIAL_EPOCH),
        steps_per_execution=draw(_STEPS) if shape.batches else 1,
        fits=tuple(fits),
    )


# of how many values of the metric in a hundred is an array without dimensions, and of how many a tensor
_ALL_OR_A_FEW = _weighted(((100, 0), 3), ((0, 20), 2))
_MIXED = _weighted(((100, 0), 3), ((40, 0), 2), ((0, 100), 1), ((20, 30), 2))


def _dressed(draw: DrawFn, scenario: Scenario, name: str, ways: SearchStrategy[Any]) -> Scenario:
    """The scenario with numbers of that metric as arrays without dimensions, or in tensors."""
    numbers, tensors = draw(ways)

    def dressed(value: Value) -> Value:
        drawn = draw(_below(100))
        if isinstance(value, tuple) or drawn >= numbers + tensors:
            return value
        return Tensor((value, value)) if drawn < tensors else ArrayNumber(value)

    def change(logs: Logs) -> Logs:
        return {key: dressed(value) if key == name else value for key, value in logs.items()}

    def epoch(shown: Epoch) -> Epoch:
        batches = None if shown.batches is None else tuple(map(change, shown.batches))
        return replace(shown, logs=change(shown.logs), batches=batches)

    fits = tuple(replace(fit, epochs=tuple(map(epoch, fit.epochs))) for fit in scenario.fits)
    return replace(scenario, fits=fits)


# ---------------------------------------------------------------------------------------------- the waiting callbacks

_MIN_DELTA = _weighted(
    (_ABSENT, 6), (0.0, 2), (0.5, 5), (0.1, 4), (0.25, 1), (1.0, 2), (1e-4, 1), (1e-9, 1), (-0.1, 2), (-0.5, 1)
)
_PATIENCE = _weighted((1, 6), (2, 6), (0, 3), (3, 3), (-1, 2), (4, 1), (_ABSENT, 1), (10, 1))
_VERBOSE = _weighted((_ABSENT, 6), (0, 1), (1, 4), (-1, 1))
_RESTORE = _weighted((_ABSENT, 5), (True, 6), (False, 1))
_START_FROM_EPOCH = _weighted((_ABSENT, 12), (1, 2), (2, 2), (3, 1), (0, 1), (20, 2))
_ODD_EARLY_STOPPING = _weighted(
    ({"patience": 1.5}, 4), ({"patience": "2"}, 2), ({"patience": None}, 2), ({"unknown": 1}, 6),
    ({"verbose": True}, 1), ({"start_from_epoch": 1.5}, 1), ({"min_delta": math.nan}, 1), ({"min_delta": math.inf}, 1),
    ({"baseline": math.nan}, 2),
)  # fmt: skip


def _waiting(
    draw: DrawFn, callback: str, config: dict[str, Any], monitored: _Monitored, stream: _Stream, *, long: bool,
    rate: Rate = 1.0, rates: int,
) -> Scenario:  # fmt: skip
    """A scenario around a stream, for a callback that looks at epoch ends only."""
    decoy = "val_loss" if monitored.monitor == "loss" else "loss"
    shape = _shape(draw, decoy=decoy, decoys=25, batches=7)

    def epoch() -> Epoch:
        return _epoch(draw, shape, _logs(monitored.monitor, stream.next()), lambda: {"loss": draw(_LOSS)})

    scenario = _scenario(
        draw, callback, config, shape, epoch, monitored=monitored, begin_fit=stream.begin_fit, long=long, rate=rate,
        rates=rates,
    )  # fmt: skip
    return _dressed(draw, scenario, monitored.monitor, _ALL_OR_A_FEW) if _chance(draw, 3) else scenario


@st.composite
def _early_stopping(draw: DrawFn) -> Scenario:
    monitored = _monitored(draw)
    min_delta = draw(_MIN_DELTA)
    patience = draw(_PATIENCE)
    long = patience in (4, 10)
    delta = 0.0 if min_delta is _ABSENT else min_delta
    stream, baseline = _stream(draw, monitored.sign, delta=delta, marked=24, long=long)
    config = _configured(
        **monitored.parameters, min_delta=min_delta, patience=patience, verbose=draw(_VERBOSE), baseline=baseline,
        restore_best_weights=draw(_RESTORE), start_from_epoch=draw(_START_FROM_EPOCH),
    )  # fmt: skip
    if _chance(draw, 7):
        config.update(draw(_ODD_EARLY_STOPPING))
    return _waiting(draw, "EarlyStopping", config, monitored, stream, long=long, rates=3)


_FACTOR = _weighted(
    (0.5, 12), (0.1, 6), (_ABSENT, 6), (0.9, 3), (0.25, 2), (0.3, 2), (0.0, 2), (-0.5, 1), (math.nextafter(1.0, 0.0), 2)
)
_PLATEAU_PATIENCE = _weighted((1, 7), (2, 6), (0, 2), (3, 2), (-1, 2), (_ABSENT, 2), (4, 1))
_COOLDOWN = _weighted((_ABSENT, 6), (0, 1), (1, 3), (2, 3), (3, 2), (5, 1), (-1, 1))
# min_lr, from the rate as it is stored and the factor
_MIN_LR = _weighted(
    (lambda rate, factor: _ABSENT, 22),
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
_ODD_PLATEAU = _weighted(
    ({"patience": 1.5}, 4), ({"patience": "2"}, 2), ({"patience": None}, 1), ({"min_lr": None}, 6),
    ({"min_lr": math.nan}, 1), ({"cooldown": 1.5}, 1), ({"cooldown": None}, 4), ({"min_delta": math.nan}, 1),
    ({"min_delta": math.inf}, 1), ({"factor": 1.0}, 3), ({"factor": 1.5}, 1), ({"factor": math.inf}, 1),
    ({"factor": math.nan}, 6), ({"factor": -1.0}, 1), ({"epsilon": 0.5}, 6), ({"epsilon": 0.1}, 3),
    ({"epsilon": -0.5}, 2), ({"unknown": 1}, 3),
)  # fmt: skip


@st.composite
def _reduce_lr_on_plateau(draw: DrawFn) -> Scenario:
    monitored = _monitored(draw)
    rate = draw(_RATE)
    factor = draw(_FACTOR)
    min_delta = draw(_MIN_DELTA)
    patience = draw(_PLATEAU_PATIENCE)
    long = patience in (_ABSENT, 4)
    stream, _ = _stream(draw, monitored.sign, delta=1e-4 if min_delta is _ABSENT else min_delta, long=long)
    config = _configured(
        **monitored.parameters, factor=factor, patience=patience, verbose=draw(_VERBOSE), min_delta=min_delta,
        cooldown=draw(_COOLDOWN), min_lr=draw(_MIN_LR)(float32(rate), 0.1 if factor is _ABSENT else factor),
    )  # fmt: skip
    if _chance(draw, 14):
        config.update(draw(_ODD_PLATEAU))
    elif _chance(draw, 5) and config.get("mode") in ("min", "max"):
        config["monitor"] = "learning_rate"
    rates = _optimizers(draw, rate)
    return _waiting(draw, "ReduceLROnPlateau", config, monitored, stream, long=long, rate=rates, rates=10)


# ---------------------------------------------------------------------------------------------- ModelCheckpoint

# {monitored} and {other} stand for the names of the metrics
_FILEPATH = _weighted(
    ("m-{epoch}", 18), ("m-{epoch:02d}", 15), ("m", 12), ("{epoch}/m", 6), ("a/b/m-{epoch:02d}", 4),
    ("m-{epoch:02d}-{monitored:.2f}", 8), ("m-{epoch}-{other:.2f}", 4), ("m-{epoch}-{batch}", 1), ("m-{missing}", 1),
)  # fmt: skip
_BATCH_FILEPATH = _weighted(
    ("m-{epoch}-{batch}", 16), ("m-{epoch:02d}-{batch:03d}", 6), ("m", 4), ("m-{epoch}", 6), ("{epoch}/{batch}", 2),
    ("m-{batch}-{loss:.2f}", 4), ("m-{epoch}-{monitored:.2f}", 1),
)  # fmt: skip
_SUFFIX = _weighted((".keras", 8), (".h5", 2))
_WRONG_SUFFIX = _weighted((".ckpt", 2), ("", 1), (".hdf5", 1), (".weights.keras.txt", 1))
_SAVE_FREQ = _weighted((2, 5), (1, 3), (3, 4), (5, 2), (4, 1), (7, 1))
_EPOCH_FREQ = _weighted((_ABSENT, 3), ("epoch", 1))
_BEST_ONLY = _weighted((True, 6), (_ABSENT, 2), (False, 1))
_WEIGHTS_ONLY = _weighted((_ABSENT, 4), (True, 3), (False, 1))
_ODD_CHECKPOINT = _weighted(
    ({"save_freq": True}, 3), ({"save_freq": 0}, 3), ({"save_freq": -1}, 2), ({"save_freq": False}, 1),
    ({"save_freq": 1.5}, 2), ({"save_freq": None}, 1), ({"save_freq": "batch"}, 1), ({"verbose": 2}, 1),
    ({"period": 2}, 5), ({"period": 1}, 1), ({"load_weights_on_restart": False}, 1), ({"unknown": 1}, 1),
)  # fmt: skip
_SHADOW = _weighted(("batch", 1), ("epoch", 1))
# what is there already: the file itself, a directory in its place, a file in the place of its directory, its directory
_EXISTING = _weighted(("file", 2), ("directory", 3), ("parent", 3), ("folder", 1))
_HANDED_OVER = _weighted((PATH_LIKE, 1), (RELATIVE, 1))
_EXISTING_EPOCH = _weighted((1, 2), (2, 3), (3, 1))


def _filepath(draw: DrawFn, monitor: str, other: str, *, template: str, weights_only: bool) -> str:
    suffix = ".weights.h5" if weights_only else draw(_SUFFIX)
    if _chance(draw, 3):
        suffix = draw(_WRONG_SUFFIX)
    elif weights_only and _chance(draw, 4):
        suffix = ".keras"
    return template.replace("monitored", monitor).replace("other", other) + suffix


def _existing(draw: DrawFn, filepath: str) -> tuple[str, ...]:
    """What is there already, around the name of an early file; what is no field of an epoch or a batch stays as it is."""
    number = draw(_EXISTING_EPOCH)
    name = filepath
    for field in ("epoch", "batch"):
        name = name.replace(f"{{{field}}}", f"{number}").replace(f"{{{field}:02d}}", f"{number:02d}")
    parent = name.rpartition("/")[0] or "a"
    what = {"file": name, "directory": f"{name}/", "parent": parent, "folder": f"{parent}/"}
    return (what[draw(_EXISTING)],)


@st.composite
def _model_checkpoint(draw: DrawFn) -> Scenario:
    monitored = _monitored(draw)
    monitor = monitored.monitor
    by_batches = _chance(draw, 28)
    best_only, weights_only = draw(_BEST_ONLY), draw(_WEIGHTS_ONLY)
    stream, threshold = _stream(draw, monitored.sign, marked=28 if best_only is True else 4, forgets=False)
    template = draw(_BATCH_FILEPATH if by_batches else _FILEPATH)
    if stream.kind == "arrays" and _chance(draw, 50):
        # with a format specification: the text of an array without one is numpy's affair
        template = "m-{epoch}-{monitored:.2f}"
    other = "val_loss" if monitor == "loss" else "loss"
    config = _configured(
        filepath=_filepath(draw, monitor, other, template=template, weights_only=weights_only is True),
        **monitored.parameters, verbose=draw(_VERBOSE), save_best_only=best_only, save_weights_only=weights_only,
        save_freq=draw(_SAVE_FREQ if by_batches else _EPOCH_FREQ), initial_value_threshold=threshold,
    )  # fmt: skip
    if _chance(draw, 8):
        config.update(draw(_ODD_CHECKPOINT))
    shape = _shape(draw, decoy=other, decoys=97 if "{other" in template else 20, batches=88 if by_batches else 8)
    shadow = {draw(_SHADOW): 7.0} if _chance(draw, 4) else {}
    in_batches = by_batches and not monitor.startswith("val_")

    def batch() -> Logs:
        # a batch shows the stream too, but for what is known after validation only
        return {**(_logs(monitor, stream.next()) if in_batches else {"loss": draw(_LOSS)}), **shadow}

    def epoch() -> Epoch:
        return _epoch(draw, shape, {**_logs(monitor, stream.next()), **shadow}, batch)

    scenario = _scenario(draw, "ModelCheckpoint", config, shape, epoch, monitored=monitored, begin_fit=stream.begin_fit)
    if _chance(draw, 6):
        scenario = replace(scenario, existing=_existing(draw, config["filepath"]))
    if _chance(draw, 6):
        scenario = replace(scenario, config={**config, "filepath": {draw(_HANDED_OVER): config["filepath"]}})
    return _dressed(draw, scenario, monitor, _MIXED) if _chance(draw, 7) else scenario


# ---------------------------------------------------------------------------------------------- LearningRateScheduler

_TABLE_RATE = _weighted(
    (1.0, 3), (0.5, 3), (0.1, 3), (0.01, 2), (0.001, 1), (0.0, 1), (1e-40, 1), (0.7, 1), (-0.1, 1), (math.inf, 1)
)
_TABLE_LENGTH = _weighted((0, 12), (1, 3), (3, 1), (-1, 1))
_SCALE = _weighted((0.5, 4), (0.1, 3), (1.0, 2), (0.9, 2), (2.0, 1), (0.0, 1), (-1.0, 1), (math.nan, 2))
_ACCEPTS = _weighted((_ABSENT, 6), ("epoch", 3), ("int-and-float", 1))
_RETURNS = _weighted((_ABSENT, 35), ("float32", 6), ("int", 1), ("array", 1), ("none", 1))


@st.composite
def _learning_rate_scheduler(draw: DrawFn) -> Scenario:
    schedule: dict[str, Any] = {"scale": draw(_SCALE)} if _chance(draw, 35) else {"table": []}
    if "table" in schedule:
        schedule.update(_configured(accepts=draw(_ACCEPTS)))
    schedule.update(_configured(returns=draw(_RETURNS)))
    config = _configured(schedule=schedule, verbose=draw(_VERBOSE))
    if _chance(draw, 3):
        config["unknown"] = 1
    shape = _shape(draw, decoy="val_loss", decoys=10, batches=10)

    def epoch() -> Epoch:
        logs = {} if _chance(draw, 8) else {"loss": draw(_LOSS)}
        return _epoch(draw, shape, logs, lambda: {"loss": draw(_LOSS)})

    scenario = _scenario(
        draw, "LearningRateScheduler", config, shape, epoch, rate=_optimizers(draw, draw(_RATE)), rates=12
    )
    if "table" in schedule:
        asked = max(scenario.first_epoch(fit) + len(fit.epochs) for fit in scenario.fits)
        schedule["table"] = [draw(_TABLE_RATE) for _ in range(max(1, asked + draw(_TABLE_LENGTH)))]
    return scenario


# ---------------------------------------------------------------------------------------------- TerminateOnNaN

_RAISE_ERROR = _weighted((_ABSENT, 20), (True, 2), (False, 1))
_NOT_FINITE = _weighted((math.nan, 4), (math.inf, 3), (-math.inf, 2))
_UNUSUAL_LOSS = _weighted(
    (-1.0, 1), (-0.0, 1), (FLOAT32_MAX, 1), (-FLOAT32_MAX, 1), (1e39, 1), (1e300, 1), (1e-320, 1), (None, 7)
)
_ARRAY_LOSS = _weighted(((math.nan,), 2), ((1.0,), 1), ((1.0, math.nan), 1))
_EPOCH_KIND = _weighted(("finite", 22), ("not finite", 8), ("unusual", 5), ("array", 1))
_PLACE = _weighted(("last", 1), ("first", 1), ("middle", 1))


def _losses(draw: DrawFn, number: int) -> list[Value | None]:
    """The losses of an epoch's batches; None where one is missing."""
    losses: list[Value | None] = [draw(_LOSS) for _ in range(number)]
    kind = draw(_EPOCH_KIND)
    if kind != "finite":
        place = {"last": number - 1, "first": 0, "middle": number // 2}[draw(_PLACE)]
        losses[place] = draw({"not finite": _NOT_FINITE, "unusual": _UNUSUAL_LOSS, "array": _ARRAY_LOSS}[kind])
    return losses


@st.composite
def _terminate_on_nan(draw: DrawFn) -> Scenario:
    config = _configured(raise_error=draw(_RAISE_ERROR))
    if _chance(draw, 3):
        config["unknown"] = 1
    shape = _shape(draw, decoy="val_loss", decoys=15, batches=80)

    def epoch() -> Epoch:
        losses = _losses(draw, draw(_BATCHES) if shape.batches else 1)
        # the epoch's own loss is not looked at
        logs = _logs("loss", losses[-1] if not shape.batches or draw(_below(6)) else math.nan)
        if shape.decoy is not None:
            logs[shape.decoy] = draw(_NOT_FINITE)
        return Epoch(
            logs=logs,
            batches=tuple(_logs("loss", loss) for loss in losses) if shape.batches else None,
            stop=shape.stops and draw(_below(4)) == 3,
        )

    scenario = _scenario(draw, "TerminateOnNaN", config, shape, epoch)
    return _dressed(draw, scenario, "loss", _ALL_OR_A_FEW) if _chance(draw, 3) else scenario


_STRATEGIES: dict[str, SearchStrategy[Scenario]] = {
    "EarlyStopping": _early_stopping(),
    "ReduceLROnPlateau": _reduce_lr_on_plateau(),
    "ModelCheckpoint": _model_checkpoint(),
    "LearningRateScheduler": _learning_rate_scheduler(),
    "TerminateOnNaN": _terminate_on_nan(),
}


def scenarios(callback: str) -> SearchStrategy[Scenario]:
    """Scenarios for one callback, most of them valid. Raises KeyError for a name that is not one of `CALLBACKS`."""
    return _STRATEGIES[callback]


# ---------------------------------------------------------------------------------------------- pools

_RUN = 10
"""Examples in one run of Hypothesis. After ten valid ones it begins to mutate, and most of what follows are near-copies
of one another, as a search for one failure wants it; a pool wants different scenarios."""


def sample(callback: str, n: int, seed: int) -> list[Scenario]:
    """`n` different scenarios for one callback: always the same for the same seed (and version of Hypothesis).

    No database, no deadline, no shrinking, nothing printed. A larger `n` begins with the scenarios of a smaller one.
    Fewer than `n` come back only where new ones hardly turn up any more.
    """
    found: dict[str, Scenario] = {}
    for run in range(2 * n // _RUN + 10):
        if len(found) >= n:
            break
        for scenario in _generate(callback, f"{seed}/{run}"):
            found.setdefault(key(scenario), scenario)
    return list(found.values())[:n]


def _generate(callback: str, seed: str) -> list[Scenario]:
    """The scenarios of one run of Hypothesis."""
    collected: list[Scenario] = []

    @seeded(seed)
    @settings(
        database=None, deadline=None, max_examples=_RUN, phases=[Phase.generate], verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck), backend="hypothesis",
    )  # fmt: skip
    @given(scenarios(callback))
    def collect(scenario: Scenario) -> None:
        collected.append(scenario)

    collect()
    return collected
