"""Hypothesis strategies: configurations, and metric streams that go where the bugs of callbacks are.

Rules
- A stream is drawn relative to what its callback remembers: each value is a *move* from the best value so far (a tie, exactly
  min_delta away, one float32 step further, not a number, ...), so that plateaus and ties are frequent and most scenarios
  make their callback act.
- Simple things come first in every choice: a scenario shrinks towards one fit, one epoch, a plateau and the defaults.
- Every draw chooses among fewer than 100 alternatives, never from Hypothesis's own floats, texts or large integers: into
  those it mixes constants of the source files that happen to be imported, and one seed would no longer mean one pool.
- Most scenarios are valid: about one in ten is rejected or raises.
- What the strategies promise to reach is listed, and counted, in `boundaries.py`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from .metrics import Metric
from .numbers import FLOAT32_MAX, FLOAT32_SMALLEST, FLOAT32_SMALLEST_NORMAL, float32, next_float32
from .scenario import Epoch, Fit, Logs, Scenario, Value, key

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

    def __repr__(self) -> str:
        return "ABSENT"


_ABSENT = _Absent()


def _configured(**parameters: Any) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not _ABSENT}


# ---------------------------------------------------------------------------------------------- moves


@dataclass(slots=True)
class _Standing:
    """What the next value is drawn relative to.

    `sign` is 1 where more is better, -1 where less is. `unit`: how large an ordinary step is. `mark`: the baseline or the
    threshold, if there is one. `best` is never NaN or infinite here, so that a stream goes on after one.
    """

    sign: float
    delta: float
    unit: float
    last: float
    best: float
    mark: float | None = None
    seen: bool = False
    """Whether there was a value in this fit; the first is the best whatever it is."""

    def see(self, value: float) -> None:
        if not math.isfinite(value):
            return
        self.last = value
        if not self.seen or self.sign * (value - self.best) > self.delta:
            self.best, self.seen = value, True

    @property
    def better(self) -> float:
        """The infinity in the direction of better values."""
        return self.sign * math.inf


_Move = Callable[[_Standing], float]


def _by(steps: float) -> _Move:
    """So many units better than the best, min_delta apart; negative: worse than the last value."""

    def move(s: _Standing) -> float:
        if steps < 0:
            return s.last + s.sign * steps * s.unit
        return s.best + s.sign * (s.delta + steps * s.unit)

    return move


def _plateau(s: _Standing) -> float:
    return s.last


def _tie(s: _Standing) -> float:
    return s.best


def _edge(s: _Standing) -> float:
    """Exactly min_delta better than the best: not better by more than min_delta."""
    return s.best + s.sign * s.delta


def _inside(s: _Standing) -> float:
    """Better than the best, but by half of min_delta."""
    return s.best + s.sign * s.delta / 2


def _edge_float32_beyond(s: _Standing) -> float:
    return next_float32(_edge(s), s.better)


def _edge_float32_short(s: _Standing) -> float:
    return next_float32(_edge(s), -s.better)


def _edge_float64_beyond(s: _Standing) -> float:
    return math.nextafter(_edge(s), s.better)


def _edge_float64_short(s: _Standing) -> float:
    return math.nextafter(_edge(s), -s.better)


def _tie_float32_beyond(s: _Standing) -> float:
    return next_float32(s.best, s.better)


def _tie_float64_beyond(s: _Standing) -> float:
    """Better, but the same as float32 (nearly always)."""
    return math.nextafter(s.best, s.better)


def _mirror(s: _Standing) -> float:
    return -s.best


def _at_mark(s: _Standing) -> float:
    return s.best if s.mark is None else s.mark


def _mark_edge(s: _Standing) -> float:
    return _edge(s) if s.mark is None else s.mark + s.sign * s.delta


def _mark_float32_beyond(s: _Standing) -> float:
    return next_float32(_mark_edge(s), s.better)


def _mark_float32_short(s: _Standing) -> float:
    return next_float32(_mark_edge(s), -s.better)


def _mark_beyond(s: _Standing) -> float:
    return _mark_edge(s) + s.sign * s.unit


def _always(value: float) -> _Move:
    return lambda s: value


_NAN = _always(math.nan)
_BEST_INFINITY: _Move = lambda s: s.better  # noqa: E731 - a move like the others
_WORST_INFINITY: _Move = lambda s: -s.better  # noqa: E731


def _missing(s: _Standing) -> float:
    raise NotImplementedError("a missing value has no number; the stream leaves the key out")


_ORDINARY = (
    (_plateau, 5), (_by(0.5), 3), (_by(-0.5), 3), (_tie, 2), (_by(1.0), 1), (_by(0.125), 1), (_by(-1.0), 1), (_inside, 1),
    (_edge, 1),
)  # fmt: skip
_EDGES = (
    (_plateau, 2), (_edge, 3), (_tie, 2), (_edge_float32_beyond, 2), (_edge_float32_short, 2), (_edge_float64_beyond, 2),
    (_edge_float64_short, 2), (_tie_float32_beyond, 1), (_tie_float64_beyond, 2), (_inside, 1), (_by(0.5), 1),
    (_by(-0.5), 1),
)  # fmt: skip
_SPECIALS = (
    (_plateau, 3), (_NAN, 3), (_WORST_INFINITY, 2), (_BEST_INFINITY, 1), (_by(0.5), 3), (_by(-0.5), 2), (_tie, 1),
    (_always(0.0), 1), (_always(-0.0), 1),
)  # fmt: skip
_MARKS = (
    (_plateau, 2), (_by(0.5), 2), (_at_mark, 2), (_mark_edge, 2), (_mark_float32_beyond, 1), (_mark_float32_short, 1),
    (_mark_beyond, 2), (_by(-0.5), 2),
)  # fmt: skip
_SIGNS = (
    (_plateau, 2), (_mirror, 2), (_always(0.0), 2), (_always(-0.0), 2), (_by(0.5), 2), (_by(-0.5), 1), (_by(2.0), 1),
)  # fmt: skip
_EXTREMES = (
    (_plateau, 2), (_always(FLOAT32_SMALLEST), 1), (_always(-FLOAT32_SMALLEST), 1), (_always(1e-40), 1),
    (_always(FLOAT32_SMALLEST_NORMAL), 1), (_always(math.nextafter(FLOAT32_SMALLEST_NORMAL, 0.0)), 1),
    (_always(0.0), 1), (_always(FLOAT32_MAX), 1), (_always(-FLOAT32_MAX), 1), (_always(1e-320), 1),
    (_edge_float32_beyond, 1), (_edge_float32_short, 1), (_by(0.5), 1), (_by(-0.5), 1),
)  # fmt: skip
_BEYOND = ((_plateau, 3), (_by(0.5), 3), (_always(1e39), 2), (_always(-1e39), 1), (_by(-0.5), 1))
_GAPS = ((_plateau, 4), (_missing, 4), (_by(0.5), 3), (_by(-0.5), 2), (_tie, 1))

_KINDS: dict[str, SearchStrategy[_Move]] = {
    "ordinary": _weighted(*_ORDINARY),
    "edges": _weighted(*_EDGES),
    "gaps": _weighted(*_GAPS),
    "specials": _weighted(*_SPECIALS),
    "marks": _weighted(*_MARKS),
    "signs": _weighted(*_SIGNS),
    "extremes": _weighted(*_EXTREMES),
    "beyond": _weighted(*_BEYOND),
    "arrays": _weighted(*_ORDINARY),
    "NaN throughout": st.just(_NAN),
    "infinity throughout": st.just(_WORST_INFINITY),
    "missing throughout": st.just(_missing),
}
_KIND = _weighted(
    ("ordinary", 30), ("edges", 22), ("gaps", 10), ("specials", 14), ("signs", 6), ("extremes", 7), ("beyond", 1),
    ("arrays", 3), ("NaN throughout", 2), ("infinity throughout", 2), ("missing throughout", 2),
)  # fmt: skip
_FIRST = _weighted((1.0, 6), (0.5, 3), (2.0, 1), (0.0, 1), (0.1, 2), (-1.0, 2), (100.0, 1), (-0.0, 1), (0.3, 1))
_ELEMENTS = _weighted((2, 8), (3, 4), (1, 3))


@dataclass(slots=True)
class _Stream:
    """Draws the values of the monitored metric, one after the other."""

    draw: DrawFn
    standing: _Standing
    kind: str
    started: bool = field(default=False)

    def begin_fit(self, forget: bool) -> None:
        """A new fit: moves stay relative to the old best, and the first value becomes the best if the callback forgets."""
        if forget:
            self.standing.seen = False

    def next(self) -> Value | None:
        """The next value; None: the metric is missing."""
        standing = self.standing
        move = self.draw(_KINDS[self.kind])
        if move is _missing:
            return None
        if not self.started and move in (_plateau, _tie):
            value = standing.last
        else:
            value = move(standing)
        self.started = True
        standing.see(value)
        if self.kind == "arrays" and self.draw(_below(3)):
            return (value,) * self.draw(_ELEMENTS)
        return value


# ---------------------------------------------------------------------------------------------- what is monitored

_MONITOR = _weighted(("val_loss", 7), ("loss", 2), ("val_accuracy", 3), ("val_auc", 2), ("my_metric", 2))
_MODE = _weighted(("min", 9), ("max", 8), ("auto", 4), (_ABSENT, 2), ("unknown", 1))
_DIRECTIONS = _weighted(
    ((1.0,), 5), ((-1.0,), 4), ((-1.0, 1.0), 1), ((1.0, -1.0), 1), ((0.0, 1.0), 1), ((1.0, 0.0), 1), ((0.0,), 1), ((), 1)
)
_CLASSES = {1.0: "AUC", -1.0: "MeanSquaredError", 0.0: "Mean"}
_ACCURACY = Metric(cls="BinaryAccuracy", name="accuracy", by_name=True)
_AUC = Metric(cls="AUC", name="auc", by_name=True)


def _compiled(name: str, directions: tuple[float, ...]) -> tuple[Metric, ...]:
    """Metrics called `name`, with these directions in this order."""
    if directions == (1.0,) and name in ("accuracy", "auc"):
        return (_ACCURACY,) if name == "accuracy" else (_AUC,)
    return tuple(Metric(cls=_CLASSES[direction], name=name) for direction in directions)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Monitored:
    """What is monitored and how: parameters, the compiled metrics, and those of later fits where they differ."""

    monitor: str
    mode: Any
    sign: float
    metrics: tuple[Metric, ...]
    later_metrics: tuple[Metric, ...] | None


def _monitored(draw: DrawFn) -> _Monitored:
    monitor, mode = draw(_MONITOR), draw(_MODE)
    name = monitor.removeprefix("val_")
    if mode in ("min", "max"):
        metrics: tuple[Metric, ...] = ()
        if name in ("accuracy", "auc") and _chance(draw, 30):
            metrics = _compiled(name, (1.0,))  # with mode "min" the two contradict each other: the mode decides
        return _Monitored(
            monitor=monitor, mode=mode, sign=1.0 if mode == "max" else -1.0, metrics=metrics, later_metrics=None
        )
    if name == "loss":
        metrics = (_ACCURACY,) if _chance(draw, 20) else ()
        return _Monitored(monitor=monitor, mode=mode, sign=-1.0, metrics=metrics, later_metrics=None)
    directions = draw(_DIRECTIONS)
    decided = [direction for direction in directions if direction]
    later = _compiled(name, draw(_DIRECTIONS)) if _chance(draw, 25) else None
    return _Monitored(
        monitor=monitor, mode=mode, sign=decided[-1] if decided else -1.0, metrics=_compiled(name, directions),
        later_metrics=later,
    )  # fmt: skip


# ---------------------------------------------------------------------------------------------- fits and epochs

_FITS = _weighted((1, 6), (2, 3), (3, 1))
_EPOCHS = _weighted((1, 1), (2, 1), (3, 2), (4, 3), (5, 4), (6, 3), (7, 2), (8, 2), (9, 1), (10, 1), (12, 1))
_LATER_EPOCHS = _weighted((1, 2), (2, 3), (3, 3), (4, 2), (6, 1))
_INITIAL_EPOCH = _weighted((0, 12), (1, 1), (2, 1), (5, 1))
_FIT_INITIAL_EPOCH = _weighted((None, 8), (0, 1), (1, 1), (3, 1))
_BATCHES = _weighted((1, 2), (2, 3), (3, 3), (4, 1), (5, 1))
_LOSS = _weighted((1.0, 3), (0.5, 2), (2.0, 1), (0.25, 1), (0.0, 1))
_RATE = _weighted(
    (1.0, 10), (0.1, 5), (0.5, 2), (0.01, 2), (0.001, 3), (0.7, 1), (0.0, 1), (1e-40, 1), (FLOAT32_SMALLEST_NORMAL, 1),
    (FLOAT32_MAX, 1), (math.inf, 1),
)  # fmt: skip
_LATER_RATE = _weighted((1.0, 2), (0.1, 2), (0.5, 2), (0.001, 1), (1e-40, 1))


def _default_logs(logs: Logs) -> Logs:
    return {name: value for name, value in logs.items() if not name.startswith("val_")}


@dataclass(slots=True)
class _Shape:
    """What an epoch holds besides the monitored value: drawn once for a scenario."""

    decoy: str | None
    """Another metric, with values of its own, that the callback is not to look at."""
    batches: bool
    stops: bool


def _shape(draw: DrawFn, monitor: str, batches: int, decoy: int = 25) -> _Shape:
    """`batches`, `decoy`: in how many percent of the scenarios epochs have several batches, and a second metric."""
    other = "val_loss" if monitor == "loss" else "loss"
    return _Shape(
        decoy=other if _chance(draw, decoy) else None, batches=_chance(draw, batches), stops=_chance(draw, 7)
    )


def _epoch(draw: DrawFn, shape: _Shape, monitor: str, stream: _Stream, monitored_batches: bool) -> Epoch:
    """One epoch; with `monitored_batches` the batches show the stream too, if it is not one of validation."""
    batches: tuple[Logs, ...] | None = None
    in_batches = monitored_batches and not monitor.startswith("val_")
    if shape.batches:
        batches = tuple(
            _logs(monitor, stream.next()) if in_batches else {"loss": draw(_LOSS)} for _ in range(draw(_BATCHES))
        )
    logs = _logs(monitor, stream.next())
    if shape.decoy is not None:
        logs = {**logs, shape.decoy: draw(_LOSS)}
    return Epoch(logs=logs, batches=batches, stop=shape.stops and draw(_below(4)) == 3)


def _logs(monitor: str, value: Value | None) -> dict[str, Value]:
    return {} if value is None else {monitor: value}


def _fits(
    draw: DrawFn, epoch: Callable[[], Epoch], *, begin: Callable[[int], None], later_metrics: tuple[Metric, ...] | None,
    rates: int,
) -> tuple[Fit, ...]:  # fmt: skip
    """One to three fits. `begin` is told the index of each; `rates`: percent of fits that set the rate."""
    fits = []
    for index in range(draw(_FITS)):
        begin(index)
        number = draw(_LATER_EPOCHS if index else _EPOCHS)
        fits.append(
            Fit(
                epochs=tuple(epoch() for _ in range(number)),
                initial_epoch=draw(_FIT_INITIAL_EPOCH),
                metrics=later_metrics if index else None,
                learning_rate=draw(_LATER_RATE) if rates and _chance(draw, rates) else None,
            )
        )
    return tuple(fits)


# ---------------------------------------------------------------------------------------------- the callbacks

_MIN_DELTA = _weighted(
    (_ABSENT, 6), (0.0, 2), (0.5, 3), (0.1, 4), (0.25, 1), (1.0, 1), (1e-4, 1), (1e-9, 1), (-0.1, 2), (-0.5, 1)
)
_PATIENCE = _weighted((0, 3), (1, 6), (2, 6), (3, 3), (_ABSENT, 1), (4, 1), (-1, 2), (10, 1))
_VERBOSE = _weighted((_ABSENT, 6), (0, 1), (1, 5))

_MARKS_AT: tuple[tuple[Callable[[_Standing], float], int], ...] = (
    (_by(0.5), 4),  # reached by one ordinary improvement
    (lambda s: s.best, 2),
    (lambda s: s.best + s.sign * 1.5 * s.unit, 2),
    (lambda s: s.best - s.sign * s.unit, 2),  # beaten from the start
    (lambda s: s.best + s.sign * 1000.0, 2),  # out of reach
    (lambda s: s.best - s.sign * s.delta, 1),  # beaten by the first value, exactly by min_delta
    (lambda s: next_float32(s.best - s.sign * s.delta, s.better), 1),
    (lambda s: next_float32(s.best - s.sign * s.delta, -s.better), 1),
    (lambda s: s.sign * math.inf, 1),
    (lambda s: -s.sign * math.inf, 1),
)
_MARK = _weighted(*_MARKS_AT)


def _stream(draw: DrawFn, sign: float, delta: Any, mark_percent: int) -> tuple[_Stream, float | None]:
    """The stream, and the baseline (or threshold) that it is drawn around."""
    kind = draw(_KIND)
    first = 1e-38 if kind == "extremes" else draw(_FIRST)
    unit = 1e-38 if kind == "extremes" else 1.0
    usable = abs(delta) if isinstance(delta, float) and math.isfinite(delta) else 0.0
    standing = _Standing(sign=sign, delta=usable, unit=unit, last=first, best=first)
    mark = None
    if _chance(draw, mark_percent):
        mark = draw(_MARK)(standing)
        if math.isfinite(mark):
            standing.mark = mark
            if kind in ("edges", "ordinary"):
                kind = "marks"
    return _Stream(draw, standing, kind), mark


_WEIRD_EARLY_STOPPING = _weighted(
    (("patience", 1.5), 3), (("patience", "2"), 2), (("patience", None), 2), (("verbose", True), 1),
    (("start_from_epoch", 1.5), 1), (("unknown", 1), 2), (("min_delta", math.nan), 1), (("min_delta", math.inf), 1),
    (("baseline", math.nan), 2),
)  # fmt: skip
_START_FROM_EPOCH = _weighted((_ABSENT, 12), (1, 2), (2, 2), (3, 1), (0, 1), (20, 2))


@st.composite
def _early_stopping(draw: DrawFn) -> Scenario:
    monitored = _monitored(draw)
    min_delta = draw(_MIN_DELTA)
    patience = draw(_PATIENCE)
    verbose = draw(_VERBOSE)
    stream, baseline = _stream(draw, monitored.sign, 0.0 if min_delta is _ABSENT else min_delta, 22)
    restore = draw(_RESTORE)
    start = draw(_START_FROM_EPOCH)
    config = _configured(
        monitor=monitored.monitor, min_delta=min_delta, patience=patience, verbose=verbose, mode=monitored.mode,
        baseline=_ABSENT if baseline is None else baseline, restore_best_weights=restore, start_from_epoch=start,
    )  # fmt: skip
    if _chance(draw, 4):
        name, value = draw(_WEIRD_EARLY_STOPPING)
        config[name] = value
    return _monitoring(draw, "EarlyStopping", config, monitored, stream, batches=8, rates=4)


_RESTORE = _weighted((_ABSENT, 5), (True, 6), (False, 1))


def _monitoring(
    draw: DrawFn, callback: str, config: dict[str, Any], monitored: _Monitored, stream: _Stream, *, batches: int,
    rates: int, rate: float = 1.0, forget: bool = True,
) -> Scenario:  # fmt: skip
    """A scenario around a stream, for the callbacks that look at epoch ends only."""
    monitor = monitored.monitor
    shape = _shape(draw, monitor, batches)
    fits = _fits(
        draw, lambda: _epoch(draw, shape, monitor, stream, False), begin=lambda index: stream.begin_fit(forget),
        later_metrics=monitored.later_metrics, rates=rates,
    )  # fmt: skip
    return Scenario(
        callback=callback, config=config, learning_rate=rate, metrics=monitored.metrics,
        initial_epoch=draw(_INITIAL_EPOCH), fits=fits,
    )  # fmt: skip


_FACTOR = _weighted(
    (0.5, 6), (0.1, 3), (_ABSENT, 3), (0.9, 2), (0.25, 1), (0.3, 1), (0.0, 1), (-0.5, 1), (math.nextafter(1.0, 0.0), 1)
)
_BAD_FACTOR = _weighted((1.0, 2), (1.5, 1), (math.nan, 2), (math.inf, 1), (-1.0, 1))
_RL_PATIENCE = _weighted((1, 6), (0, 2), (2, 6), (3, 2), (_ABSENT, 1), (-1, 1), (10, 1))
_COOLDOWN = _weighted((_ABSENT, 6), (0, 1), (1, 3), (2, 3), (3, 2), (5, 1), (-1, 1))

# min_lr around the rate and what factor makes of it: (rate as stored, factor) -> min_lr
_MIN_LR = _weighted(
    (None, 10),
    (lambda rate, factor: 0.0, 2),
    (lambda rate, factor: rate * factor, 3),
    (lambda rate, factor: rate * factor * factor, 2),
    (lambda rate, factor: rate * factor * 1.5, 2),
    (lambda rate, factor: next_float32(rate * factor, math.inf), 2),
    (lambda rate, factor: next_float32(rate * factor, 0.0), 1),
    (lambda rate, factor: math.nextafter(rate * factor, math.inf), 1),
    (lambda rate, factor: rate, 2),
    (lambda rate, factor: next_float32(rate, 0.0), 1),
    (lambda rate, factor: next_float32(rate, math.inf), 1),
    (lambda rate, factor: math.nextafter(rate, 0.0), 1),
    (lambda rate, factor: math.nextafter(rate, math.inf), 1),
    (lambda rate, factor: rate * 10.0, 1),
    (lambda rate, factor: -0.1, 1),
)
_WEIRD_REDUCE_LR = _weighted(
    (("patience", 1.5), 2), (("patience", "2"), 2), (("patience", None), 2), (("min_lr", None), 3),
    (("cooldown", 1.5), 2), (("cooldown", None), 1), (("min_delta", math.nan), 1), (("min_lr", math.nan), 1),
    (("min_delta", math.inf), 1),
)  # fmt: skip


@st.composite
def _reduce_lr_on_plateau(draw: DrawFn) -> Scenario:
    monitored = _monitored(draw)
    rate = draw(_RATE)
    factor = draw(_FACTOR)
    min_delta = draw(_MIN_DELTA)
    patience = draw(_RL_PATIENCE)
    cooldown = draw(_COOLDOWN)
    verbose = draw(_VERBOSE)
    around = draw(_MIN_LR)
    # a finite rate of the size of float32, times a factor below 10: min_lr stays near the range of float32
    min_lr = _ABSENT if around is None else around(float32(rate), 0.1 if factor is _ABSENT else factor)
    stream, _ = _stream(draw, monitored.sign, 1e-4 if min_delta is _ABSENT else min_delta, 0)
    config = _configured(
        monitor=monitored.monitor, factor=factor, patience=patience, verbose=verbose, mode=monitored.mode,
        min_delta=min_delta, cooldown=cooldown, min_lr=min_lr,
    )  # fmt: skip
    odd = draw(_below(100))
    if odd >= 96:
        name, value = draw(_WEIRD_REDUCE_LR)
        config[name] = value
    elif odd >= 92:
        config["factor"] = draw(_BAD_FACTOR)
    elif odd >= 87:
        config.update(draw(_UNKNOWN_REDUCE_LR))
    elif odd >= 84 and config.get("mode") in ("min", "max"):
        config["monitor"] = "learning_rate"
    return _monitoring(draw, "ReduceLROnPlateau", config, monitored, stream, batches=5, rates=12, rate=rate)


_UNKNOWN_REDUCE_LR = _weighted(({"epsilon": 0.5}, 3), ({"epsilon": 0.1}, 2), ({"unknown": 1}, 2), ({"epsilon": -0.5}, 1))

_FILEPATH = _weighted(
    ("m-{epoch}", 6), ("m-{epoch:02d}", 5), ("m", 4), ("{epoch}/m", 2), ("a/b/m-{epoch:02d}", 1),
    ("m-{epoch:02d}-{monitored:.2f}", 4), ("m-{epoch}-{batch}", 1), ("m-{missing}", 1), ("m-{epoch}-{loss:.3f}", 1),
)  # fmt: skip
_BATCH_FILEPATH = _weighted(
    ("m-{epoch}-{batch}", 8), ("m-{epoch:02d}-{batch:03d}", 3), ("m", 2), ("m-{epoch}", 3), ("m-{batch}-{loss:.2f}", 2),
    ("m-{epoch}-{monitored:.2f}", 1), ("{epoch}/{batch}", 1),
)  # fmt: skip
_MODEL_SUFFIX = _weighted((".keras", 8), (".h5", 2))
_BAD_SUFFIX = _weighted((".ckpt", 2), ("", 1), (".hdf5", 1))
_SAVE_FREQ = _weighted((2, 5), (1, 3), (3, 4), (5, 2), (4, 1), (7, 1))
_WEIRD_SAVE_FREQ = _weighted((True, 2), (0, 2), (-1, 1), (1.5, 2), (False, 1), (None, 1), ("batch", 1))
_STEPS = _weighted((1, 5), (2, 3), (3, 1))
_SHADOW = _weighted(("batch", 3), ("epoch", 2))
_LEGACY = _weighted(({"period": 2}, 3), ({"period": 1}, 1), ({"load_weights_on_restart": False}, 1), ({"unknown": 1}, 1))


@st.composite
def _model_checkpoint(draw: DrawFn) -> Scenario:
    monitored = _monitored(draw)
    in_batches = _chance(draw, 28)
    best_only = draw(_BEST_ONLY)
    stream, threshold = _stream(draw, monitored.sign, 0.0, 25 if best_only is True else 4)
    weights_only = draw(_WEIGHTS_ONLY)
    template = draw(_BATCH_FILEPATH if in_batches else _FILEPATH)
    odd = draw(_below(100))
    if odd >= 98:
        suffix = draw(_BAD_SUFFIX)
    elif odd >= 96:
        suffix = ".keras" if weights_only is True else ".weights.h5"  # the other one's; for a model .h5 is enough
    else:
        suffix = ".weights.h5" if weights_only is True else draw(_MODEL_SUFFIX)
    config = _configured(
        filepath=template.replace("monitored", monitored.monitor) + suffix, monitor=monitored.monitor,
        verbose=draw(_VERBOSE), save_best_only=best_only, save_weights_only=weights_only, mode=monitored.mode,
        save_freq=draw(_SAVE_FREQ) if in_batches else draw(_EPOCH), initial_value_threshold=_ABSENT if threshold is None else threshold,
    )  # fmt: skip
    if 92 <= odd < 94:
        config["save_freq"] = draw(_WEIRD_SAVE_FREQ)
    elif odd == 91:
        config.update(draw(_LEGACY))
    shape = _shape(draw, monitored.monitor, 90 if in_batches else 8)
    shadow = draw(_SHADOW) if 94 <= odd < 96 else None

    def epoch() -> Epoch:
        made = _epoch(draw, shape, monitored.monitor, stream, in_batches)
        if shadow is None:
            return made
        batches = made.batches and tuple({**logs, shadow: 7.0} for logs in made.batches)
        return Epoch(logs={**made.logs, shadow: 7.0}, batches=batches, stop=made.stop)

    fits = _fits(
        draw, epoch, begin=lambda index: stream.begin_fit(index == 0), later_metrics=monitored.later_metrics, rates=0
    )
    return Scenario(
        callback="ModelCheckpoint", config=config, metrics=monitored.metrics, initial_epoch=draw(_INITIAL_EPOCH),
        steps_per_execution=draw(_STEPS) if shape.batches else 1, fits=fits,
    )  # fmt: skip


_BEST_ONLY = _weighted((True, 6), (_ABSENT, 2), (False, 1))
_WEIGHTS_ONLY = _weighted((_ABSENT, 4), (True, 3), (False, 1))
_EPOCH = _weighted((_ABSENT, 3), ("epoch", 1))

_TABLE_RATE = _weighted(
    (1.0, 3), (0.5, 3), (0.1, 3), (0.01, 2), (0.001, 1), (0.0, 1), (1e-40, 1), (0.7, 1), (-0.1, 1), (math.inf, 1)
)
_SCALE = _weighted((0.5, 4), (0.1, 3), (1.0, 2), (0.9, 2), (2.0, 1), (0.0, 1), (-1.0, 1), (math.nan, 1))
_RETURNS = _weighted((_ABSENT, 24), ("float32", 5), ("int", 1), ("array", 1), ("none", 1))


@st.composite
def _learning_rate_scheduler(draw: DrawFn) -> Scenario:
    scaled = _chance(draw, 35)
    rate = draw(_RATE)
    shape = _shape(draw, "loss", 10, decoy=10)
    fits = _fits(
        draw, lambda: _plain_epoch(draw, shape), begin=lambda index: None, later_metrics=None, rates=12
    )
    initial_epoch = draw(_INITIAL_EPOCH)
    if scaled:
        schedule: dict[str, Any] = {"scale": draw(_SCALE)}
    else:
        length = max((initial_epoch if f.initial_epoch is None else f.initial_epoch) + len(f.epochs) for f in fits)
        length += draw(_TABLE_LENGTH)
        schedule = {"table": [draw(_TABLE_RATE) for _ in range(max(length, 1))]}
        if _chance(draw, 30):
            schedule["accepts"] = "epoch"
    returns = draw(_RETURNS)
    if returns is not _ABSENT:
        schedule["returns"] = returns
    config = _configured(schedule=schedule, verbose=draw(_VERBOSE))
    if _chance(draw, 1):
        config["unknown"] = 1
    return Scenario(
        callback="LearningRateScheduler", config=config, learning_rate=rate, initial_epoch=initial_epoch,
        steps_per_execution=draw(_STEPS) if shape.batches else 1, fits=fits,
    )  # fmt: skip


_TABLE_LENGTH = _weighted((0, 12), (1, 3), (3, 1), (-1, 2))


def _plain_epoch(draw: DrawFn, shape: _Shape) -> Epoch:
    logs: dict[str, Value] = {"loss": draw(_LOSS)}
    if shape.decoy is not None:
        logs[shape.decoy] = draw(_LOSS)
    batches = tuple({"loss": draw(_LOSS)} for _ in range(draw(_BATCHES))) if shape.batches else None
    return Epoch(logs=logs, batches=batches, stop=shape.stops and draw(_below(4)) == 3)


_BAD_LOSS = _weighted((math.nan, 4), (math.inf, 3), (-math.inf, 2))
_BAD_PLACE = _weighted(("last", 2), ("first", 2), ("middle", 2))
_ODD_LOSS = _weighted(
    (FLOAT32_MAX, 1), (1e39, 1), (-1.0, 1), (0.0, 1), (-0.0, 1), (1e300, 1), (1e-320, 1), (-FLOAT32_MAX, 1)
)


@st.composite
def _terminate_on_nan(draw: DrawFn) -> Scenario:
    config = _configured(raise_error=draw(_RAISE_ERROR))
    if _chance(draw, 1):
        config["unknown"] = 1
    shape = _shape(draw, "loss", 80, decoy=15)
    fits = _fits(draw, lambda: _loss_epoch(draw, shape), begin=lambda index: None, later_metrics=None, rates=0)
    return Scenario(
        callback="TerminateOnNaN", config=config, initial_epoch=draw(_INITIAL_EPOCH),
        steps_per_execution=draw(_STEPS) if shape.batches else 1, fits=fits,
    )  # fmt: skip


_RAISE_ERROR = _weighted((_ABSENT, 10), (True, 1), (False, 1))


def _loss_epoch(draw: DrawFn, shape: _Shape) -> Epoch:
    """An epoch of losses: in one of four something is not finite, in some a loss is missing or an array."""
    losses: list[Value | None] = [draw(_LOSS) for _ in range(draw(_BATCHES) if shape.batches else 1)]
    odd = draw(_below(20))
    if odd >= 15:
        place = {"last": -1, "first": 0, "middle": len(losses) // 2}[draw(_BAD_PLACE)]
        losses[place] = draw(_BAD_LOSS)
    elif odd >= 13:
        losses[draw(_below(len(losses)))] = draw(_ODD_LOSS)
    elif odd == 12:
        losses[draw(_below(len(losses)))] = None
    elif odd == 11 and not draw(_below(4)):
        losses[draw(_below(len(losses)))] = (draw(_BAD_LOSS),) if draw(_below(2)) else (1.0, math.nan)
    logs: dict[str, Value] = _logs("loss", losses[-1] if draw(_below(6)) else math.nan)
    if shape.decoy is not None:
        logs[shape.decoy] = draw(_BAD_LOSS)
    batches = tuple(_logs("loss", loss) for loss in losses) if shape.batches else None
    return Epoch(logs=logs, batches=batches, stop=shape.stops and draw(_below(4)) == 3)


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
"""Examples in one run of Hypothesis. After ten valid ones it begins to mutate, and most of what follows are near-copies of
one another, as a search for one failure wants it; a pool wants different scenarios."""


def sample(callback: str, n: int, seed: int) -> list[Scenario]:
    """`n` different scenarios for one callback: always the same for the same seed (and version of Hypothesis).

    No database, no deadline, no shrinking, nothing printed. Fewer come back only where new ones hardly turn up any more.
    """
    found: dict[str, Scenario] = {}
    runs = 2 * n // _RUN + 10
    for run in range(runs):
        if len(found) >= n:
            break
        for scenario in _generate(callback, f"{seed}/{run}"):
            found.setdefault(key(scenario), scenario)
    return list(found.values())[:n]


def _generate(callback: str, number: str) -> list[Scenario]:
    collected: list[Scenario] = []

    @seed(number)
    @settings(
        database=None, deadline=None, max_examples=_RUN, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(scenarios(callback))
    def collect(scenario: Scenario) -> None:
        collected.append(scenario)

    collect()
    return collected


__all__ = ["sample", "scenarios"]

