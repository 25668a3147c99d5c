"""A figure as SVG, made of text alone: for pages, for the browser, and as a file of its own.

Rules
- Colours are the page's (`--ink`, `--paper`, `--accent`, `--quiet`), with values of their own where no page gives any.
- What is written into it is escaped. Numbers in coordinates are rounded to a tenth of a unit.
- Every point says its epoch and value when it is pointed at.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import groupby
from operator import itemgetter
from textwrap import wrap

from callcheck.conformance.report.markup import style as stylesheet

from .figure import MARKS, Figure, Numbers, logarithmic

WIDTH, LEFT, RIGHT, TOP = 720.0, 62.0, 14.0, 40.0
METRIC_HEIGHT, RATE_HEIGHT, GAP, BOTTOM = 220.0, 70.0, 16.0, 38.0
LETTER = 7.2
"""The width of a letter of the title, on the wide side."""
NARROWEST = 300.0
CHARACTER = 6.2
"""About how wide a character of the legend is, to set its entries one after the other."""


@cache
def style() -> str:
    """What a page needs that has figures in it."""
    return stylesheet(__package__, "figure.css")


ALONE = """svg { background: var(--paper, #fff); }
@media (prefers-color-scheme: dark) {
  svg { --paper: #12161b; --ink: #e4e8ec; --quiet: #9aa6b2; --accent: #6cb0ff; --stop: #ff8078; }
}"""
"""What a file of its own needs too."""


def document(drawn: Figure) -> str:
    """A file of its own, with the title in it."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{svg(drawn, title=True, css=style() + ALONE)}\n'


def svg(drawn: Figure, *, title: bool = False, css: str = "", width: float = WIDTH) -> str:
    """The figure as an element, made for so many units of width; `style()` has to be in the page around it, or is given."""
    width = max(width, NARROWEST)
    room = int((width - LEFT - RIGHT) / LETTER)
    lines = [piece for line in drawn.title.split("\n") for piece in wrap(line, room)] if title else []
    legend = list(_legend(drawn, width))
    top = TOP + 18.0 * len(lines) + 16.0 * (max((row for row, *_ in legend), default=0))
    height = top + METRIC_HEIGHT + (0.0 if drawn.rates is None else RATE_HEIGHT + GAP) + BOTTOM
    parts = [
        f'<svg class="figure" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{_text(_said(drawn))}">',
        f"<style>{css}</style>" if css else "",
        f'<defs><pattern id="{_hatch(width)}" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<line class="hatch" x1="0" y1="0" x2="0" y2="7" stroke-width="2"/></pattern></defs>',
        *(f'<text x="{LEFT:g}" y="{18 + 18 * at:g}" font-size="13">{_text(line)}</text>' for at, line in enumerate(lines)),
        *(
            f'<g transform="translate({x:.1f} {18.0 * len(lines) + 16.0 * row + 16.0:.1f})">{entry}</g>'
            for row, x, entry in legend
        ),
        *_metric(drawn, top, width),
    ]  # fmt: skip
    bottom = top + METRIC_HEIGHT
    if drawn.rates is not None:
        parts += _rates(drawn, drawn.rates, bottom + GAP, width)
        bottom += GAP + RATE_HEIGHT
    return "\n".join(part for part in (*parts, *_epochs(drawn, bottom, width), "</svg>") if part)


def _hatch(width: float) -> str:
    """The name of the pattern of a drawing: of two widths on one page each has its own, as one may be hidden."""
    return f"cooling-{width:g}"


def _text(text: str) -> str:
    """Escaped; what XML cannot hold at all is left out."""
    return escape("".join(char for char in text if char.isprintable() or char in "\n\t"))


def _said(drawn: Figure) -> str:
    """The figure for who cannot see it."""
    stops = "".join(f"; training stops after epoch {drawn.epochs[at - 1]}" for at in drawn.stops)
    return f"{drawn.metric} by epoch, {len(drawn.epochs)} epochs{stops}"


# ---------------------------------------------------------------------------------------------- scales


@dataclass(frozen=True, kw_only=True)
class _Scale:
    """From a number to a coordinate, and the numbers at which there is a line."""

    place: Callable[[float], float]
    ticks: tuple[float, ...]


def _x(drawn: Figure, width: float) -> Callable[[float], float]:
    count = len(drawn.epochs)
    inner = width - LEFT - RIGHT
    return lambda place: LEFT + inner * (place - 0.5) / max(count, 1)


def _scale(numbers: Iterable[float | None], top: float, height: float, ratio: float, wanted: int) -> _Scale:
    known = [number for number in numbers if number is not None] or [0.0, 1.0]
    if logarithmic(known, ratio):
        low, high = math.log10(min(known)), math.log10(max(known))
        room = 0.06 * (high - low)
        low, high = low - room, high + room
        every = max(1, math.ceil((high - low) / wanted))
        ticks = tuple(10.0**power for power in range(math.ceil(low), math.floor(high) + 1, every))
        if len(ticks) < 2:  # less than two decades
            between = (
                float(f"{part}e{power}") for power in range(math.floor(low), math.floor(high) + 1) for part in (1, 2, 5)
            )
            ticks = tuple(tick for tick in between if low <= math.log10(tick) <= high)
        return _Scale(place=lambda value: top + height * (high - math.log10(value)) / (high - low), ticks=ticks)
    least, most = min(known), max(known)
    half, middle = (
        most / 2 - least / 2,
        least / 2 + most / 2,
    )  # halves, as the difference of two numbers may be infinite
    half = half * 1.14 if half else abs(middle) * 0.1 or 1.0
    step = _step(half / wanted * 2)
    first, last = math.ceil((middle - half) / step), math.floor((middle + half) / step)
    ticks = tuple(at * step for at in range(first, last + 1)) if last - first < 50 else ()
    return _Scale(place=lambda value: top + height * (0.5 - (value / half - middle / half) / 2), ticks=ticks)


def _step(rough: float) -> float:
    """A round number near it."""
    power = 10.0 ** math.floor(math.log10(rough)) if rough > 1e-300 else 1e-300
    return next((power * nice for nice in (1.0, 2.0, 5.0) if power * nice >= rough), power * 10.0)


# ---------------------------------------------------------------------------------------------- parts


def _metric(drawn: Figure, top: float, width: float) -> Iterator[str]:
    x = _x(drawn, width)
    scale = _scale((*drawn.values, *drawn.best), top, METRIC_HEIGHT, 100.0, 5)
    bottom = top + METRIC_HEIGHT
    for name, spans, fill in (
        ("waiting", drawn.waiting, ""),
        ("cooling", drawn.cooling, f' fill="url(#{_hatch(width)})"'),
    ):
        for start, end in spans:
            yield (
                f'<rect class="{name}"{fill} x="{x(start):.1f}" y="{top:.1f}" width="{x(end) - x(start):.1f}" '
                f'height="{METRIC_HEIGHT:g}"/>'
            )
    yield from _grid(scale, drawn.metric, top, METRIC_HEIGHT, width)
    yield from (f'<line class="fit" {_upright(x(at), top, bottom)}/>' for at in drawn.fits)
    yield from _paths(drawn, "best", drawn.best, x, scale.place, steps=True)
    yield from _paths(drawn, "metric", drawn.values, x, scale.place)
    for at in drawn.stops:
        yield f'<line class="stop" {_upright(x(at), top, bottom)}/>'
        side = "end" if x(at) > width / 2 else "start"
        shift = -6 if side == "end" else 6
        yield f'<text class="stops" x="{x(at) + shift:.1f}" y="{top + 12:.1f}" text-anchor="{side}">stop</text>'
    if not drawn.many:
        yield from (f'<path class="saved" d="{_cross(x(at), bottom - 8)}"/>' for at in drawn.missing)
        for at, value in enumerate(drawn.values, 1):
            if value is not None:
                yield from _point(drawn, at, x(at), scale.place(value))
    yield from (
        f'<path class="kept" d="{_star(x(at), scale.place(value))}"><title>epoch {drawn.epochs[at - 1]}: its weights '
        "remain</title></path>"
        for at in drawn.kept
        if (value := drawn.value(at)) is not None
    )


def _point(drawn: Figure, at: int, x: float, y: float) -> Iterator[str]:
    events = [event for event in MARKS if at in drawn.marks[event]]
    shapes = [_shape(event, x, y) for event in events] or [f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="2.2"/>']
    said = ", ".join((f"epoch {drawn.epochs[at - 1]}: {drawn.values[at - 1]:.6g}", *(MARKS[event] for event in events)))
    near = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" fill="transparent"/>'
    yield f"<g><title>{said}</title>{near}{''.join(shapes)}</g>"


def _shape(event: str, x: float, y: float) -> str:
    if event == "improved":
        return f'<circle class="improved" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'
    if event == "saved":
        return f'<rect class="saved" x="{x - 6.5:.1f}" y="{y - 6.5:.1f}" width="13" height="13"/>'
    return f'<path class="reduced" d="M{x - 6:.1f} {y - 5:.1f}h12l-6 10z"/>'


def _cross(x: float, y: float) -> str:
    return f"M{x - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8"


def _star(x: float, y: float) -> str:
    points = []
    for corner in range(10):
        radius, angle = (10.0, 4.2)[corner % 2], math.pi * corner / 5
        points.append(f"{x + radius * math.sin(angle):.1f} {y - radius * math.cos(angle):.1f}")
    return f"M{' L'.join(points)}Z"


def _upright(x: float, top: float, bottom: float) -> str:
    return f'x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}"'


def _grid(scale: _Scale, name: str, top: float, height: float, width: float) -> Iterator[str]:
    for tick in scale.ticks:
        y = scale.place(tick)
        yield f'<line class="grid" x1="{LEFT:g}" x2="{width - RIGHT:g}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="quiet" x="{LEFT - 6:g}" y="{y + 4:.1f}" text-anchor="end">{tick + 0.0:.4g}</text>'
    yield f'<line class="axis" x1="{LEFT:g}" x2="{width - RIGHT:g}" y1="{top + height:.1f}" y2="{top + height:.1f}"/>'
    middle = top + height / 2
    short = name if len(name) <= 34 else f"{name[:33]}…"
    yield f'<text x="12" y="{middle:.1f}" text-anchor="middle" transform="rotate(-90 12 {middle:.1f})">{_text(short)}</text>'


def _paths(
    drawn: Figure,
    name: str,
    numbers: Numbers,
    x: Callable[[float], float],
    y: Callable[[float], float],
    steps: bool = False,
) -> Iterator[str]:
    """Lines through the numbers; with steps, each number holds until the next."""
    for line in drawn.lines(numbers):
        (first, value), *rest = _thinned(line, x)
        path = f"M{x(first):.1f} {y(value):.1f}"
        path += "".join(f"H{x(at):.1f}V{y(v):.1f}" if steps else f"L{x(at):.1f} {y(v):.1f}" for at, v in rest)
        yield f'<path class="{name}" d="{path}"/>'


def _thinned(line: list[tuple[int, float]], x: Callable[[float], float]) -> Iterator[tuple[int, float]]:
    """The line with, of many places within one unit of the drawing, the first, the lowest, the highest and the last: what is left
    out lies on the same stroke."""
    for _, near in groupby(line, lambda each: int(x(each[0]))):
        points = list(near)
        if len(points) > 4:
            ends = (points[0], min(points, key=itemgetter(1)), max(points, key=itemgetter(1)), points[-1])
            points = sorted(set(ends))
        yield from points


def _rates(drawn: Figure, rates: Numbers, top: float, width: float) -> Iterator[str]:
    x = _x(drawn, width)
    scale = _scale(rates, top, RATE_HEIGHT, 5.0, 3)
    yield from _grid(scale, "rate", top, RATE_HEIGHT, width)
    for line in drawn.lines(rates):  # an epoch's rate is that of the whole epoch: from edge to edge
        (first, value), *_ = line
        path = f"M{x(first - 0.5):.1f} {scale.place(value):.1f}"
        path += "".join(f"V{scale.place(rate):.1f}H{x(at + 0.5):.1f}" for at, rate in _thinned(line, x))
        yield f'<path class="rate" d="{path}"/>'


def _epochs(drawn: Figure, bottom: float, width: float) -> Iterator[str]:
    x = _x(drawn, width)
    room = max(4, int((width - LEFT - RIGHT) / 42))
    every = max(1, int(_step(len(drawn.epochs) / room))) if len(drawn.epochs) > room else 1
    for at, epoch in enumerate(drawn.epochs, 1):
        if epoch % every == 0:
            yield f'<text class="quiet" x="{x(at):.1f}" y="{bottom + 15:.1f}" text-anchor="middle">{epoch}</text>'
    said = "epoch, one fit after the other" if drawn.fits else "epoch"
    yield f'<text x="{(LEFT + width - RIGHT) / 2:.1f}" y="{bottom + 31:.1f}" text-anchor="middle">{said}</text>'


def _legend(drawn: Figure, width: float) -> Iterator[tuple[int, float, str]]:
    """What occurs in the figure, each with its row and its place in it."""
    row, x = 0, LEFT
    for sample, label in _entries(drawn, width):
        wide = 24.0 + CHARACTER * len(label)
        if x + wide > width - RIGHT and x > LEFT:
            row, x = row + 1, LEFT
        yield row, x, f'{sample}<text x="23" y="4">{_text(label)}</text>'
        x += wide + 14.0


def _entries(drawn: Figure, width: float) -> Iterator[tuple[str, str]]:
    yield '<path class="metric" d="M0 0h18"/>', drawn.metric if len(drawn.metric) <= 34 else f"{drawn.metric[:33]}…"
    if any(value is not None for value in drawn.best):
        yield '<path class="best" d="M0 0h18"/>', "best so far"
    for event, label in MARKS.items():
        if drawn.marks[event] and not drawn.many:
            yield _shape(event, 9.0, 0.0), label
    if drawn.waiting:
        yield '<rect class="waiting" x="0" y="-7" width="18" height="14"/>', "waiting"
    if drawn.cooling:
        yield f'<rect fill="url(#{_hatch(width)})" x="0" y="-7" width="18" height="14"/>', "cooldown"
    if drawn.missing and not drawn.many:
        yield f'<path class="saved" d="{_cross(9.0, 0.0)}"/>', "no value"
    if drawn.kept:
        yield f'<path class="kept" d="{_star(9.0, 0.0)}"/>', "whose weights remain"
