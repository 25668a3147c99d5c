"""An explanation drawn into a file: SVG as text, PNG and PDF by matplotlib, which is imported when it is needed."""

from __future__ import annotations

import io
from pathlib import Path
from textwrap import wrap
from typing import Any

from ..report.document import write
from . import svg
from .arguments import WrongArgument
from .explanation import Explanation
from .figure import MARKS, Figure, Numbers, Span, figure, logarithmic

WIDEST = 110
"""Characters of a title that stand beside each other above a drawing of this size."""
FORMATS = (".png", ".svg", ".pdf")
SHAPES: dict[str, dict[str, Any]] = {
    "improved": {"marker": "o", "facecolors": "black", "s": 28},
    "saved": {"marker": "s", "facecolors": "none", "edgecolors": "black", "s": 70},
    "reduced": {"marker": "v", "facecolors": "white", "edgecolors": "black", "s": 60},
}


class NoMatplotlib(WrongArgument):
    """There is nothing to draw with."""


def save(path: Path, *parts: Explanation) -> None:
    """Write the drawing; the suffix says in which format. Raises Refused."""
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise WrongArgument(f"--plot {path}: the name has to end with {', '.join(FORMATS)}")
    drawn = figure(*parts)
    write(svg.document(drawn) if suffix == ".svg" else draw(drawn, suffix[1:]), path, "--plot")


def draw(drawn: Figure, format: str) -> bytes:
    """The drawing as a file of that format. Raises NoMatplotlib where matplotlib is not installed."""
    try:
        import matplotlib
        from matplotlib.figure import Figure as Canvas
    except ImportError:
        raise NoMatplotlib(
            "a PNG or a PDF is drawn with a package that is not installed: pip install matplotlib (an SVG needs nothing)"
        ) from None
    with matplotlib.rc_context({"font.size": 9}):
        canvas = Canvas(figsize=(9, 5), layout="constrained")
        if drawn.rates is not None:
            above, bottom = canvas.subplots(2, 1, sharex=True, height_ratios=(3, 1))
            _rates(bottom, drawn, drawn.rates)
        else:
            above = bottom = canvas.subplots()
        _metric(above, drawn)
        bottom.set_xlabel("epoch, one fit after the other" if drawn.fits else "epoch")
        title = [piece for line in drawn.title.split("\n") for piece in wrap(line, WIDEST)]
        canvas.suptitle("\n".join(title), fontsize=10)
        file = io.BytesIO()
        canvas.savefig(file, format=format, dpi=120)
    return file.getvalue()


def _metric(axes: Any, drawn: Figure) -> None:
    _band(axes, drawn.waiting, label="waiting", color="0.88")
    _band(axes, drawn.cooling, label="cooldown", facecolor="none", edgecolor="0.6", hatch="///", linewidth=0)
    marker = None if drawn.many else "."
    for number, line in enumerate(drawn.lines(drawn.values)):
        label = "_" if number else drawn.metric
        axes.plot(*zip(*line, strict=True), color="black", linewidth=1.2, marker=marker, label=label)
    for number, line in enumerate(drawn.lines(drawn.best)):
        label = "_" if number else "best so far"
        axes.step(*zip(*line, strict=True), where="post", color="black", linewidth=0.8, linestyle=":", label=label)
    for event, label in MARKS.items():
        if drawn.marks[event] and not (drawn.many and event != "reduced"):
            found = drawn.marks[event]
            axes.scatter(found, [drawn.value(at) for at in found], label=label, zorder=3, **SHAPES[event])
    if drawn.missing and not drawn.many:
        low = [0.02] * len(drawn.missing)
        axes.plot(drawn.missing, low, "x", color="black", transform=axes.get_xaxis_transform(), label="no value")
    for at in drawn.fits:
        axes.axvline(at, color="black", linewidth=0.6)
    for at in drawn.stops:
        axes.axvline(at, color="black", linewidth=1.5, linestyle="--")
        axes.annotate("stop", (at, 1.0), xycoords=("data", "axes fraction"), xytext=(-4, -4), textcoords="offset points",
                      ha="right", va="top", rotation=90)  # fmt: skip
    if drawn.kept:
        axes.scatter(drawn.kept, [drawn.value(at) for at in drawn.kept], marker="*", s=180, facecolors="white",
                     edgecolors="black", zorder=4, label="whose weights remain")  # fmt: skip
    axes.set_ylabel(drawn.metric)
    axes.margins(x=0.03)
    axes.legend(loc="best", fontsize=8, framealpha=0.9)


def _band(axes: Any, spans: tuple[Span, ...], label: str, **style: Any) -> None:
    for number, (start, end) in enumerate(spans):  # one entry in the legend is enough
        axes.axvspan(start, end, label="_" if number else label, zorder=0, **style)


def _rates(axes: Any, drawn: Figure, rates: Numbers) -> None:
    for line in drawn.lines(rates):
        axes.step(*zip(*line, strict=True), where="mid", color="black", linewidth=1.2)
    axes.ticklabel_format(axis="y", useOffset=False)
    if logarithmic(rates, 5):
        axes.set_yscale("log")
    axes.set_ylabel("learning rate")
