"""What a drawing of an explanation shows: the metric, its best values, the learning rate, and what the callback did at which
epoch. How it is drawn is the affair of `svg` (text, nothing needed) and `plot` (matplotlib).

Rules
- Places count from 1, one for each epoch; several fits stand one after the other.
- It can be read in black and white: shapes, line styles and words carry the meaning, colour carries none.
- What has no finite value has no place in a line: None.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from callcheck.spec.numbers import shortest_float32

from .explanation import Explanation, Row
from .question import RATE_CALLBACKS

MOST_MARKERS = 400
"""With more epochs than this, single points would be a smear: only the lines are drawn."""

MARKS = {"improved": "improvement", "saved": "saved", "reduced": "learning rate changed"}
"""The events that have a mark of their own, and how it is called."""

Numbers = tuple[float | None, ...]
Span = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """`epochs`: the number of each place, from 1. `waiting`, `cooling`: stretches of places. `marks`: places by event; `missing`:
    those without a value. `fits`: where a later fit begins. `stops`: after which epoch training was stopped; `kept`: the epochs
    whose weights remain. `rates`: None where they are not known or tell nothing."""

    title: str
    metric: str
    epochs: tuple[int, ...]
    values: Numbers
    best: Numbers
    rates: Numbers | None
    waiting: tuple[Span, ...]
    cooling: tuple[Span, ...]
    marks: dict[str, tuple[int, ...]]
    missing: tuple[int, ...]
    fits: tuple[float, ...]
    stops: tuple[int, ...]
    kept: tuple[int, ...]

    @property
    def many(self) -> bool:
        """Whether there are too many epochs for single points."""
        return len(self.epochs) > MOST_MARKERS

    def value(self, place: int) -> float | None:
        return self.values[place - 1]

    def lines(self, numbers: Numbers) -> Iterator[list[tuple[int, float]]]:
        """The places and numbers that a line connects: none over a gap, none from one fit to the next."""
        line: list[tuple[int, float]] = []
        for at, number in enumerate((*numbers, None), 1):
            if line and (number is None or at - 0.5 in self.fits):
                yield line
                line = []
            if number is not None:
                line.append((at, number))


def figure(*parts: Explanation) -> Figure:
    """What there is to draw. Of several callbacks in one fit it is the metric, the best values and the waiting of the first, and
    what any of them did."""
    drawn = [_figure(part) for part in parts]
    first = drawn[0]
    if len(drawn) == 1:
        return first
    marks = {
        "improved": first.marks["improved"],
        **{event: tuple(sorted({at for each in drawn for at in each.marks[event]})) for event in ("saved", "reduced")},
    }
    return replace(
        first, title=" + ".join(part.title for part in parts) + _differs(parts[0]), marks=marks,
        rates=next((each.rates for each in drawn if each.rates is not None), None),
        cooling=next((each.cooling for each in drawn if each.cooling), ()),
        kept=next((each.kept for each in drawn if each.kept), ()),
    )  # fmt: skip


def _figure(explanation: Explanation) -> Figure:
    rows = list(explanation.rows())
    values = tuple(_finite(row.value) for row in rows)
    rates = tuple(_finite(None if row.rate is None else float(shortest_float32(row.rate))) for row in rows)
    stops, kept, fits = _ends(explanation, rows)
    return Figure(
        title=explanation.title + _differs(explanation),
        metric=explanation.question.monitor,
        epochs=tuple(row.epoch + 1 for row in rows),
        values=values,
        best=tuple(_finite(row.best) for row in rows),
        rates=rates if _tells(explanation, rates) else None,
        waiting=_stretches(bool(row.wait) or "stop" in row.events or "reduced" in row.events for row in rows),
        cooling=_stretches("cooling" in row.events for row in rows),
        marks={
            event: tuple(at for at, row in enumerate(rows, 1) if event in row.events and values[at - 1] is not None)
            for event in MARKS
        },
        missing=tuple(at for at, row in enumerate(rows, 1) if "missing" in row.events),
        fits=fits,
        stops=stops,
        kept=tuple(at for at in kept if values[at - 1] is not None),
    )


def _differs(explanation: Explanation) -> str:
    return "" if explanation.audit.agrees is not False else "\n(predicted, and not what the record shows)"


def logarithmic(numbers: Iterable[float | None], ratio: float) -> bool:
    """Whether numbers that span more than this ratio are better drawn by their logarithm: all of them above 0."""
    known = [number for number in numbers if number is not None]
    return bool(known) and min(known) > 0 and max(known) / min(known) > ratio


def _tells(explanation: Explanation, rates: Numbers) -> bool:
    """Whether the learning rate is worth a drawing: it changes, or the callback might have changed it."""
    known = {rate for rate in rates if rate is not None}
    return len(known) > 1 or bool(known and explanation.question.callback in RATE_CALLBACKS)


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _stretches(inside: Iterable[bool]) -> tuple[Span, ...]:
    """Where something holds, from the left edge of the first epoch to the right edge of the last."""
    found, start = [], 0
    for within, run in groupby(inside):
        end = start + len(list(run))
        if within:
            found.append((start + 0.5, end + 0.5))
        start = end
    return tuple(found)


def _ends(explanation: Explanation, rows: Sequence[Row]) -> tuple[tuple[int, ...], tuple[int, ...], tuple[float, ...]]:
    """Where fits were stopped, whose weights they left, and where later ones begin."""
    stops, kept, begins, base = [], [], [], 0
    for index in range(len(explanation.story.trace.fits)):
        mine = [row for row in rows if row.fit == index]
        if not mine:
            continue
        if base:
            begins.append(base + 0.5)
        stopped, weights = explanation.story.stopped(index), explanation.story.holds(index)
        if stopped is not None:
            stops.append(base + stopped - mine[0].epoch + 1)
        stopping = explanation.question.callback == "EarlyStopping"
        if stopping and weights is not None and mine[0].epoch <= weights <= mine[-1].epoch:
            kept.append(base + weights - mine[0].epoch + 1)
        base += len(mine)
    return tuple(stops), tuple(kept), tuple(begins)
