"""The tables of an example in Markdown: a scenario by epoch, with what is right and what is wrong in columns."""

import html
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.clauses.clause import Case
from callcheck.spec.scenario import Scenario, key
from callcheck.spec.trace import Trace
from callcheck.spec.weights import Weights

from .example import Example
from .table import Row, begun, heading, in_order, rows, show_side_effects, ways_to_begin
from .words import one_line

Place = tuple[int, int | None, str]
BEFORE = -1
"""The place in a fit of what is seen before its first epoch."""
WHEN_IT_BEGINS = "when the fit begins"
Column = dict[Place, Row]
"""What is seen, by where it stands."""
SHARED = 4
"""So many epochs after each other in which the same is seen share a line."""


def cell(text: str) -> str:
    """A text as a cell of a Markdown table."""
    return html.escape(one_line(text), quote=False).replace("*", "\\*").replace("|", "\\|")


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A scenario of an example, how it is introduced, and by the head of each column what is seen in it."""

    begin: str
    scenario: Scenario
    columns: Mapping[str, Column]


def shown_of(example: Example) -> list[Shown]:
    """An example's scenarios: that which is judged, and where there is one that beside it. What was added to the logs is shown
    where nothing else tells right from wrong, in any of them, and what attributes hold where this does not either."""
    traces: dict[str, dict[str, Trace]] = {}
    for begin, scenario in example.runs.items():
        traces[begin] = {f"seen in {example.kept.dialect.name}": _trace(example.kept, scenario)}
        if example.wrong is not None:
            name = f"seen in {example.wrong.dialect.name}" if example.mistake is None else "with the mistake"
            traces[begin][name] = _trace(example.wrong, scenario)
    made: list[list[Column]] = []
    for hide, attributes in (({"logged"}, False), (set[str](), False), ({"logged"}, True)):
        made = [_columns(scenario, traces[begin], hide, attributes) for begin, scenario in example.runs.items()]
        if any(column != each[0] for each in made for column in each):
            break
    return [
        Shown(begin=begin, scenario=scenario, columns=dict(zip(traces[begin], columns, strict=True)))
        for (begin, scenario), columns in zip(example.runs.items(), made, strict=True)
    ]


def tables(example: Example) -> Iterator[str]:
    """A table for each of an example's scenarios."""
    for shown in shown_of(example):
        yield from _table(shown)


def _trace(case: Case, scenario: Scenario) -> Trace:
    return case.trace if key(scenario) == key(case.scenario) else case.other


def _table(shown: Shown) -> Iterator[str]:
    """A scenario by epoch, and what is seen of it in each column. Epochs in which nothing differs share a line."""
    scenario, seen = shown.scenario, list(shown.columns.values())
    several = len(scenario.fits) > 1
    ways = [] if several else list(ways_to_begin(scenario.fits[0]))
    said = "; ".join(f"`{one_line(line)}`" for line in (*heading(scenario), *ways))
    yield f"{shown.begin}: {said}"
    yield ""
    yield "| " + " | ".join([*(["fit"] if several else []), "epoch", "logs", *shown.columns]) + " |"
    yield "|---" * (several + 2 + len(seen)) + "|"
    places = dict.fromkeys(place for column in seen for place in column)
    lines = []
    for place in sorted(places, key=in_order):
        there = next(column[place] for column in seen if place in column)
        fit = [f"{there.fit + 1}{begun(scenario.fits[there.fit])}"] if several else []
        happened = [_happened(column[place]) if place in column else "-" for column in seen]
        lines.append((there.number, fit, [there.shown, *happened]))
    for (_, fit, cells), same in groupby(lines, key=lambda line: (line[0] is None, *line[1:])):
        numbers = ["" if number is None else str(number) for number, _, _ in same]
        if len(numbers) >= SHARED:
            numbers = [f"{numbers[0]} to {numbers[-1]}"]
        for number in numbers:
            yield "| " + " | ".join(cell(each) for each in (*fit, number, *cells)) + " |"
    yield ""


def _columns(scenario: Scenario, traces: Mapping[str, Trace], hide: Collection[str], attributes: bool) -> list[Column]:
    """What is seen in each trace, less what is to be hidden, and what tells nothing: a rate that nobody sets, and the weights
    where they are those that one expects."""
    schedules = any("learning_rate" in CALLBACKS[each.callback].jobs for each in scenario.configured())
    resumes = any(fit.resume is not None for fit in scenario.fits)
    begins = any(fit.learning_rate is not None for fit in scenario.fits)
    moved = any(epoch.learning_rate != 1.0 for trace in traces.values() for fit in trace.fits for epoch in fit.epochs)
    if not (schedules or resumes or begins or moved or scenario.learning_rate != 1.0):
        hide = {*hide, "rates"}
    restores = any(each.config.get("restore_best_weights") for each in scenario.configured())
    hide = {*hide, "messages", *(() if restores else ("last",))}
    told: dict[str, Any] = {"hide": hide, "steps": resumes, "attributes": attributes}
    made = [_column(trace, list(rows(scenario, trace, **told))) for trace in traces.values()]
    for index, fit in enumerate(scenario.fits):
        begun = [trace.fits[index].weights_at_begin if index < len(trace.fits) else None for trace in traces.values()]
        if (fit.resume is not None or begun != [begun[0]] * len(begun)) and None not in begun:
            for column, weights in zip(made, begun, strict=True):
                column[index, BEFORE, WHEN_IT_BEGINS] = _begins_with(index, weights)
    return made


def _happened(row: Row) -> str:
    return "(not run)" if row.seen is None else ", ".join(row.seen) or "-"


def _begins_with(fit: int, weights: Weights | None) -> Row:
    """The row that says with which weights a fit begins, counted from the start of the scenario."""
    which = "average" if weights is not None and weights.averaged else "weights"
    whose = "untrained weights" if weights is None or weights.epoch == -1 else f"the {which} of epoch {weights.epoch}"
    of = f" of fit {weights.fit + 1}" if weights is not None and weights.fit is not None else ""
    return Row(fit=fit, shown=WHEN_IT_BEGINS, seen=(f"the model holds {whose}{of}",))


def _column(trace: Trace, found: list[Row]) -> Column:
    """The rows by place: what an epoch's hook raised stands in the row of the epoch, what the constructor says in one of its
    own."""
    column: dict[Place, Row] = {}
    said = [f"warned {kind}" for kind in trace.warned or ()]
    said += show_side_effects(trace.side_effects)
    if trace.rejected is not None:
        said.append(f"raised {trace.rejected.type}")
    if said:
        column[0, BEFORE, "the constructor"] = Row(fit=0, shown="the constructor", seen=tuple(said))
    if trace.rejected is not None:
        found = [replace(row, seen=("(not run)",)) for row in found]
    for row in found:
        place = row.fit, row.position, row.shown
        if row.position is None and not row.shown:
            ran = len(trace.fits[row.fit].epochs)
            error = trace.fits[row.fit].error
            if ran and error is not None and error.hook not in ("fit_begin", "fit_end"):
                epoch = next(key for key, each in column.items() if (each.fit, each.at) == (row.fit, ran - 1))
                last = column[epoch]
                merged = (*(last.seen or ()), *(row.seen or ()))
                column[epoch] = replace(last, seen=merged)
                continue
            if error is not None and error.hook == "fit_begin":
                column[row.fit, BEFORE, WHEN_IT_BEGINS] = replace(row, shown=WHEN_IT_BEGINS)
                continue
        column[place] = row
    return column
