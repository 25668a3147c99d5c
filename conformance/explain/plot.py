"""An explanation as a drawing: the metric above, the learning rate below, and what the callback did at which epoch.

Rules
- It can be read in black and white: shapes, line styles and words carry the meaning, colour carries none.
- Epochs count from 1; several fits stand one after the other.
- matplotlib is asked for when something is drawn, and not before.
"""

from __future__ import annotations

import io
import math
from itertools import groupby
from pathlib import Path
from typing import Any

from callcheck.spec.numbers import shortest_float32

from .arguments import WrongArgument
from .explanation import Explanation, Row

FORMATS = (".png", ".svg", ".pdf")
MOST_MARKERS = 400
"""With more epochs than this, single points would be a smear: only the lines are drawn."""


class NoMatplotlib(WrongArgument):
    """There is nothing to draw with."""


def save(explanation: Explanation, path: Path) -> None:
    """Write the drawing; the suffix says in which format. Raises WrongArgument."""
    if path.suffix.lower() not in FORMATS:
        raise WrongArgument(f"--plot {path}: the name has to end with {', '.join(FORMATS)}")
    content = draw(explanation, path.suffix[1:].lower())
    try:
        path.write_bytes(content)
    except OSError as error:
        raise WrongArgument(f"--plot {path}: cannot be written ({error.strerror})") from None


def draw(explanation: Explanation, format: str) -> bytes:
    """The drawing as a file of that format. Raises NoMatplotlib where matplotlib is not installed."""
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise NoMatplotlib("a drawing is made with a package that is not installed: pip install matplotlib") from None
    rows = list(explanation.rows())
    with matplotlib.rc_context({"svg.hashsalt": "callcheck", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(9, 5), layout="constrained")
        rates = [row.rate for row in rows]
        if any(rate is not None for rate in rates):
            above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
            _rates(below, rows)
            bottom = below
        else:
            above = bottom = figure.subplots()
        _metric(above, explanation, rows)
        several = len(explanation.summaries) > 1
        bottom.set_xlabel("epoch" if not several else "epoch, one fit after the other")
        differs = "" if explanation.audit.agrees is not False else "\n(predicted, and not what the record shows)"
        figure.suptitle(explanation.title + differs, fontsize=10)
        file = io.BytesIO()
        metadata = {"Date": None} if format == "svg" else None
        figure.savefig(file, format=format, dpi=120, metadata=metadata)
    return file.getvalue()


def _metric(axes: Any, explanation: Explanation, rows: list[Row]) -> None:
    places = [at + 1 for at in range(len(rows))]
    values = [math.nan if row.value is None else float(row.value) for row in rows]
    many = len(rows) > MOST_MARKERS
    _bands(axes, rows)
    axes.plot(
        places, values, color="black", linewidth=1.2, marker=None if many else ".", label=explanation.question.monitor
    )
    best = [math.nan if row.best is None or not math.isfinite(row.best) else row.best for row in rows]
    axes.step(places, best, where="post", color="black", linewidth=0.8, linestyle=":", label="best so far")
    if not many:
        _points(axes, rows, values, "improved", "improvement", marker="o", facecolors="black", s=28)
        _points(axes, rows, values, "saved", "saved", marker="s", facecolors="none", edgecolors="black", s=70)
    _points(
        axes, rows, values, "reduced", "learning rate changed", marker="v", facecolors="white", edgecolors="black", s=60
    )
    missing = [at for at, row in zip(places, rows, strict=True) if "missing" in row.events]
    if missing and not many:
        axes.plot(
            missing, [0.02] * len(missing), "x", color="black", transform=axes.get_xaxis_transform(), label="no value"
        )
    _ends(axes, explanation, rows, values)
    axes.set_ylabel(explanation.question.monitor)
    axes.margins(x=0.03)
    axes.legend(loc="best", fontsize=8, framealpha=0.9)


def _bands(axes: Any, rows: list[Row]) -> None:
    """Epochs that count towards patience are grey; those of a cooldown are hatched."""
    waiting = [bool(row.wait) or "stop" in row.events or "reduced" in row.events for row in rows]
    cooling = ["cooling" in row.events for row in rows]
    _band(axes, waiting, label="waiting", color="0.88")
    _band(axes, cooling, label="cooldown", facecolor="none", edgecolor="0.6", hatch="///", linewidth=0)


def _band(axes: Any, inside: list[bool], label: str, **style: Any) -> None:
    start = 0
    for within, run in groupby(inside):
        end = start + len(list(run))
        if within:
            axes.axvspan(start + 0.5, end + 0.5, label=label, zorder=0, **style)
            label = "_"  # one entry in the legend is enough
        start = end


def _points(axes: Any, rows: list[Row], values: list[float], event: str, label: str, **style: Any) -> None:
    found = [at for at, row in enumerate(rows) if event in row.events and math.isfinite(values[at])]
    if found:
        axes.scatter([at + 1 for at in found], [values[at] for at in found], label=label, zorder=3, **style)


def _ends(axes: Any, explanation: Explanation, rows: list[Row], values: list[float]) -> None:
    """Where each fit was stopped, and whose weights it left."""
    base = 0
    for index in range(len(explanation.summaries)):
        mine = [at for at, row in enumerate(rows) if row.fit == index]
        if not mine:
            continue
        first = rows[mine[0]].epoch
        if base:
            axes.axvline(base + 0.5, color="black", linewidth=0.6)
        stopped = explanation.story.stopped(index)
        if stopped is not None:
            at = base + stopped - first + 1
            axes.axvline(at, color="black", linewidth=1.5, linestyle="--")
            axes.annotate("stop", (at, 1.0), xycoords=("data", "axes fraction"), xytext=(-4, -4), textcoords="offset points",
                          ha="right", va="top", rotation=90)  # fmt: skip
        weights = explanation.story.holds(index)
        kept = explanation.question.callback == "EarlyStopping" and weights is not None and weights >= first
        if kept and weights is not None and math.isfinite(values[base + weights - first]):
            at = base + weights - first
            axes.scatter([at + 1], [values[at]], marker="*", s=180, facecolors="white", edgecolors="black", zorder=4,
                         label="whose weights remain" if not base else "_")  # fmt: skip
        base += len(mine)


def _rates(axes: Any, rows: list[Row]) -> None:
    places = [at + 1 for at in range(len(rows))]
    rates = [math.nan if row.rate is None else float(shortest_float32(row.rate)) for row in rows]
    axes.step(places, rates, where="mid", color="black", linewidth=1.2)
    axes.ticklabel_format(axis="y", useOffset=False)
    positive = [rate for rate in rates if rate > 0]
    if positive and max(positive) / min(positive) > 5 and len(positive) == sum(not math.isnan(rate) for rate in rates):
        axes.set_yscale("log")
    axes.set_ylabel("learning rate")
