"""Streams of the monitored metric, and what is monitored: drawn for the three callbacks that monitor.

A stream is drawn relative to what its callback remembers: each value is a move from the best one so far (`moves.py`). So
plateaus and ties are frequent, and most scenarios make their callback act.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

from hypothesis.strategies import DrawFn, SearchStrategy

from ..metrics import Metric
from ..values import Value
from .drawing import ABSENT, below, chance, config_of, weighted
from .moves import FIRST, KINDS, MARKS, Move, Standing

_MOVES: dict[str, SearchStrategy[Move]] = {kind: weighted(*moves) for kind, moves in KINDS.items()}
_FIRST_MOVES: dict[str, SearchStrategy[Move]] = {kind: weighted(*moves) for kind, moves in FIRST.items()}
_KIND = weighted(
    ("ordinary", 25), ("edges", 20), ("gaps", 10), ("specials", 14), ("signs", 8), ("extremes", 7), ("beyond", 3),
    ("arrays", 4), ("NaN throughout", 3), ("infinity throughout", 3), ("missing throughout", 3),
)  # fmt: skip
_START = weighted(
    (1.0, 6), (0.5, 3), (2.0, 1), (0.0, 1), (0.1, 2), (-1.0, 3), (100.0, 1), (-0.0, 1), (0.3, 2), (0.7, 1)
)
_MARK = weighted(*MARKS)
_ELEMENTS = weighted((2, 5), (1, 5), (3, 3))


@dataclass(slots=True)
class Stream:
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
        if self.kind == "arrays" and self.draw(below(3)):
            return (value,) * int(self.draw(_ELEMENTS))
        return value


def drawn_stream(
    draw: DrawFn, sign: float, *, delta: float = 0.0, marked: int = 0, long: bool = False, forgets: bool = True
) -> tuple[Stream, Any]:
    """A stream, and the baseline or threshold that it is drawn around: in `marked` percent of the cases there is one.

    `long`: mostly one of few improvements, for a long patience.
    """
    kind = "flat" if long and draw(below(4)) < 3 else draw(_KIND)
    # around the smallest normal float32, or around 1
    start, unit = (1e-38, 1e-38) if kind == "extremes" else (draw(_START), 1.0)
    standing = Standing(sign=sign, delta=abs(delta), unit=unit, last=start, best=start)
    mark = ABSENT
    if marked and chance(draw, marked):
        mark = draw(_MARK)(standing)
        if math.isfinite(mark):
            standing.mark = mark
            kind = "marks" if kind in ("edges", "ordinary") else kind
    return Stream(draw, standing, kind, forgets), mark


# ---------------------------------------------------------------------------------------------- what is monitored

_MONITOR = weighted(
    ("val_loss", 6),
    (ABSENT, 2),
    ("loss", 2),
    ("val_accuracy", 4),
    ("val_auc", 2),
    ("val_precision", 1),
    ("my_metric", 2),
)
_MODE = weighted(("min", 9), ("max", 8), ("auto", 5), (ABSENT, 3), ("unknown", 1))
_DIRECTIONS = weighted(
    (("up",), 4), (("down",), 4), (("down", "up"), 1), (("up", "down"), 1), (("none", "up"), 1), (("up", "none"), 1),
    (("none",), 2), ((), 2),
)  # fmt: skip
_OUTPUTS = weighted((("a", "b"), 2), (("b", "a"), 1))
_OF_AN_OUTPUT = weighted(("accuracy", 3), ("auc", 1))
_CLASSES = {"up": "AUC", "down": "MeanSquaredError", "none": "TruePositives"}
_SHORT = {"accuracy": "BinaryAccuracy", "auc": "AUC"}


def _compiled(name: str, directions: tuple[str, ...]) -> tuple[Metric, ...]:
    """Metrics called `name`, with these directions in this order."""
    if directions == ("up",) and name in _SHORT:
        return (Metric(cls=_SHORT[name], name=name, by_name=True),)
    return tuple(Metric(cls=_CLASSES[direction], name=name) for direction in directions)


@dataclass(frozen=True, kw_only=True, slots=True)
class Monitored:
    """What is monitored and how. `sign`: 1 where more is better, -1 where less is, as the newest Keras decides."""

    monitor: str
    parameters: dict[str, Any]
    """`monitor` and `mode`, or what is configured of them."""
    sign: float
    metrics: tuple[Metric, ...] = ()
    later_metrics: tuple[Metric, ...] | None = None
    """What the model is compiled with from the second fit on, where that differs."""
    outputs: tuple[str, ...] = ()


def _of_two_outputs(draw: DrawFn) -> Monitored:
    """A metric of one of two outputs, under the name that `fit` logs for it or under its own."""
    outputs: tuple[str, ...] = draw(_OUTPUTS)
    name, mode = draw(_OF_AN_OUTPUT), draw(_MODE)
    both = draw(below(2)) == 1
    compiled = tuple(replace(m, output=each) for each in outputs[both:] for m in _compiled(name, ("up",)))
    monitor = f"val_{outputs[-1]}_{'loss' if chance(draw, 25) else name}" if chance(draw, 75) else f"val_{name}"
    sign = -1.0 if mode == "min" or (mode != "max" and monitor.endswith("loss")) else 1.0
    return Monitored(
        monitor=monitor, parameters=config_of(monitor=monitor, mode=mode), sign=sign, metrics=compiled, outputs=outputs
    )


def drawn_monitored(draw: DrawFn) -> Monitored:
    if chance(draw, 7):
        return _of_two_outputs(draw)
    configured, mode = draw(_MONITOR), draw(_MODE)
    monitor = "val_loss" if configured is ABSENT else configured
    parameters = {"monitor": configured, "mode": mode}
    name = monitor.removeprefix("val_")
    if mode in ("min", "max"):
        # with mode "min" the two contradict each other, and the mode decides
        metrics = _compiled(name, ("up",)) if name in _SHORT and chance(draw, 30) else ()
        return Monitored(monitor=monitor, parameters=parameters, sign=1.0 if mode == "max" else -1.0, metrics=metrics)
    if name == "loss":
        metrics = _compiled("accuracy", ("up",)) if chance(draw, 20) else ()
        return Monitored(monitor=monitor, parameters=parameters, sign=-1.0, metrics=metrics)
    directions = draw(_DIRECTIONS)
    decided = [direction for direction in directions if direction != "none"]
    return Monitored(
        monitor=monitor,
        parameters=parameters,
        sign=1.0 if decided and decided[-1] == "up" else -1.0,
        metrics=_compiled(name, directions),
        later_metrics=_compiled(name, draw(_DIRECTIONS)) if chance(draw, 40) else None,
    )
