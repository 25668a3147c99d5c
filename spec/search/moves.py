"""Moves: what the next value of a metric stream is, relative to what a callback remembers of the values before.

A stream drawn value by value from all floats hardly ever meets a boundary. One drawn move by move (the same again,
exactly min_delta better than the best, one float32 step further) meets little else. `strategies.py` draws the moves.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from ..numbers import FLOAT32_MAX, FLOAT32_SMALLEST, FLOAT32_SMALLEST_NORMAL, next_float32


@dataclass(slots=True)
class Standing:
    """What the next value is drawn relative to.

    `sign` is 1 where more is better, -1 where less is. `unit`: how large an ordinary step is. `mark`: the baseline or
    the threshold, if there is one. `last` and `best` are never NaN or infinite, so that a stream goes on after one.
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


Move = Callable[[Standing], float | None]
"""Makes the next value; None: the metric is missing."""


def by(steps: float) -> Callable[[Standing], float]:
    """So many units better than the best, min_delta apart; negative: worse than the last value."""

    def move(s: Standing) -> float:
        if steps < 0:
            return s.last + s.sign * steps * s.unit
        return s.best + s.sign * (s.delta + steps * s.unit)

    return move


def plateau(s: Standing) -> float:
    return s.last


def tie(s: Standing) -> float:
    return s.best


def _edge(s: Standing) -> float:
    """Exactly min_delta better than the best: not better by more than min_delta."""
    return s.best + s.sign * s.delta


def _inside(s: Standing) -> float:
    """Better than the best, but by half of min_delta."""
    return s.best + s.sign * s.delta / 2


def _edge_float32_beyond(s: Standing) -> float:
    return next_float32(_edge(s), s.better)


def _edge_float32_short(s: Standing) -> float:
    return next_float32(_edge(s), -s.better)


def _edge_float64_beyond(s: Standing) -> float:
    return math.nextafter(_edge(s), s.better)


def _edge_float64_short(s: Standing) -> float:
    return math.nextafter(_edge(s), -s.better)


def _tie_float32_beyond(s: Standing) -> float:
    return next_float32(s.best, s.better)


def _tie_float64_beyond(s: Standing) -> float:
    """Better, but the same as float32 (nearly always)."""
    return math.nextafter(s.best, s.better)


def _mirror(s: Standing) -> float:
    return -s.best


def _at_mark(s: Standing) -> float:
    return s.best if s.mark is None else s.mark


def _mark_edge(s: Standing) -> float:
    return _edge(s) if s.mark is None else s.mark + s.sign * s.delta


def _mark_float32_beyond(s: Standing) -> float:
    return next_float32(_mark_edge(s), s.better)


def _mark_float32_short(s: Standing) -> float:
    return next_float32(_mark_edge(s), -s.better)


def _mark_beyond(s: Standing) -> float:
    return _mark_edge(s) + s.sign * s.unit


def _always(value: float) -> Move:
    return lambda s: value


def _best_infinity(s: Standing) -> float:
    return s.better


def _worst_infinity(s: Standing) -> float:
    return -s.better


_NAN = _always(math.nan)


def missing(s: Standing) -> None:
    return None


Moves = tuple[tuple[Move, int], ...]
"""Moves and how often each is made; the first is the simplest."""

KINDS: dict[str, Moves] = {
    "ordinary": (
        (plateau, 6), (by(0.5), 3), (by(-0.5), 3), (tie, 2), (by(1.0), 1), (by(0.125), 1), (by(-1.0), 1), (_inside, 1),
        (_edge, 1),
    ),
    "flat": ((plateau, 12), (by(-0.5), 3), (_inside, 2), (tie, 1), (by(0.5), 1)),
    "edges": (
        (plateau, 2), (_edge, 3), (tie, 2), (_edge_float32_beyond, 2), (_edge_float32_short, 2),
        (_edge_float64_beyond, 2), (_edge_float64_short, 2), (_tie_float32_beyond, 1), (_tie_float64_beyond, 2),
        (_inside, 1), (by(0.5), 1),
        (by(-0.5), 1),
    ),
    "gaps": ((plateau, 4), (missing, 4), (by(0.5), 3), (by(-0.5), 2), (tie, 1)),
    "specials": (
        (plateau, 3), (_NAN, 3), (_worst_infinity, 2), (_best_infinity, 1), (by(0.5), 3), (by(-0.5), 2), (tie, 1),
        (_always(0.0), 1), (_always(-0.0), 1),
    ),
    "marks": (
        (plateau, 2), (by(0.5), 2), (_at_mark, 2), (_mark_edge, 2), (_mark_float32_beyond, 1), (_mark_float32_short, 1),
        (_mark_beyond, 2), (by(-0.5), 2),
    ),
    "signs": (
        (plateau, 2), (_mirror, 2), (_always(0.0), 3), (_always(-0.0), 3), (by(0.5), 2), (by(-0.5), 1), (by(2.0), 1),
    ),
    "extremes": (
        (plateau, 2), (_always(FLOAT32_SMALLEST), 1), (_always(-FLOAT32_SMALLEST), 1), (_always(1e-40), 1),
        (_always(FLOAT32_SMALLEST_NORMAL), 2), (_always(math.nextafter(FLOAT32_SMALLEST_NORMAL, 0.0)), 1),
        (_always(0.0), 1), (_always(FLOAT32_MAX), 1), (_always(-FLOAT32_MAX), 1), (_always(1e-320), 1),
        (_edge_float32_beyond, 1), (_edge_float32_short, 1), (by(0.5), 1), (by(-0.5), 1),
    ),
    "beyond": ((plateau, 3), (by(0.5), 3), (_always(1e39), 2), (_always(-1e39), 1), (by(-0.5), 1)),
    "arrays": ((plateau, 3), (by(0.5), 2), (by(-0.5), 2), (tie, 1)),
    "NaN throughout": ((_NAN, 1),),
    "infinity throughout": ((_worst_infinity, 1),),
    "missing throughout": ((missing, 1),),
}  # fmt: skip
"""The kinds of streams: which moves one makes. "marks" goes around a baseline or threshold, "flat" waits long."""

FIRST: dict[str, Moves] = {
    "specials": ((plateau, 4), (_NAN, 3), (_best_infinity, 3), (_worst_infinity, 3)),
}
"""The first value, for the kinds in which it is not one like the others."""

MARKS: Moves = (
    (by(0.5), 4),  # reached by one ordinary improvement
    (tie, 2),
    (by(1.5), 2),
    (by(-1.0), 2),  # beaten from the start
    (by(1000.0), 2),  # out of reach
    (lambda s: s.best - s.sign * s.delta, 1),  # missed by the first value, which is exactly min_delta better
    (lambda s: next_float32(s.best - s.sign * s.delta, s.better), 1),
    (lambda s: next_float32(s.best - s.sign * s.delta, -s.better), 1),
    (_best_infinity, 1),
    (_worst_infinity, 1),
)
"""Where a baseline or a threshold lies, relative to the first value."""
