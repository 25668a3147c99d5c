"""The tables of an example in Markdown: a scenario by epoch, with what is right and what is wrong in columns."""

import html
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.clauses.clause import Case
from callcheck.spec.scenario import Scenario
from callcheck.spec.trace import Trace

from .example import Example
from .table import Row, begun, heading, in_order, rows
from .words import one_line

Place = tuple[int, int | None, str]
BEFORE = -1
"""The place in a fit of what is seen before its first epoch."""


def cell(text: str) -> str:
    """A text as a cell of a Markdown table."""
    return html.escape(one_line(text), quote=False).replace("*", "\\*").replace("|", "\\|")


def tables(shown: Example, scenarios: Mapping[str, Scenario]) -> Iterator[str]:
    """A table for each of an example's scenarios, by how it begins: that which is judged, and where there is one that beside
    it."""
    for begin, scenario in scenarios.items():
        columns = {f"seen in {shown.kept.dialect.name}": _trace(shown.kept, scenario)}
        if shown.wrong is not None:
            name = f"seen in {shown.wrong.dialect.name}" if shown.mistake is None else "with the mistake"
            columns[name] = _trace(shown.wrong, scenario)
        yield from _table(scenario, columns, begin)


def _trace(case: Case, scenario: Scenario) -> Trace:
    return case.trace if scenario == case.scenario else case.other


def _table(scenario: Scenario, traces: Mapping[str, Trace], begin: str) -> Iterator[str]:
    """A scenario by epoch, and what is seen of it in each column."""
    schedules = any("learning_rate" in CALLBACKS[each.callback].jobs for each in scenario.configured())
    resumes = any(fit.resume is not None for fit in scenario.fits)
    begins = any(fit.learning_rate is not None for fit in scenario.fits)
    moved = any(epoch.learning_rate != 1.0 for trace in traces.values() for fit in trace.fits for epoch in fit.epochs)
    scheduled = schedules or resumes or begins or moved or scenario.learning_rate != 1.0
    hide = {"messages", "last", *(() if scheduled else ("rates",))}
    around = f" starting at initial_epoch={scenario.initial_epoch}" if scenario.initial_epoch else ""
    yield f"{begin}: {'; '.join(f'`{one_line(line)}`' for line in heading(scenario))}{around}"
    yield ""
    several = len(scenario.fits) > 1
    yield "| " + " | ".join([*(["fit"] if several else []), "epoch", "logs", *traces]) + " |"
    yield "|---" * (several + 2 + len(traces)) + "|"
    seen = _columns(scenario, traces, {*hide, "logged"}, resumes)
    if all(column == seen[0] for column in seen[1:]) or not any(row.seen for row in seen[0].values()):
        seen = _columns(
            scenario, traces, hide, resumes
        )  # what tells them apart, or all that is to be seen, are the logs
    places = dict.fromkeys(place for column in seen for place in column)
    for place in sorted(places, key=in_order):
        there = next(column[place] for column in seen if place in column)
        cells = [
            *([f"{there.fit + 1}{begun(scenario.fits[there.fit])}"] if several else []),
            "" if there.number is None else str(there.number),
            there.shown,
        ]
        happened = [(", ".join(column[place].seen or ()) if place in column else "") or "-" for column in seen]
        yield "| " + " | ".join(cell(each) for each in (*cells, *happened)) + " |"
    yield ""


def _columns(
    scenario: Scenario, traces: Mapping[str, Trace], hide: Collection[str], steps: bool
) -> list[dict[Place, Row]]:
    return [_column(trace, list(rows(scenario, trace, hide=hide, steps=steps))) for trace in traces.values()]


def _column(trace: Trace, found: list[Row]) -> dict[Place, Row]:
    """The rows by place: what an epoch's hook raised stands in the row of the epoch, what the constructor says in one of its
    own."""
    column: dict[Place, Row] = {}
    said = [f"warned {kind}" for kind in trace.warned or ()]
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
                epoch = next(key for key in column if key[:2] == (row.fit, ran - 1))
                last = column[epoch]
                merged = (*(last.seen or ()), *(row.seen or ()))
                column[epoch] = replace(last, seen=merged)
                continue
        column[place] = row
    return column
