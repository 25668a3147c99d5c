"""What pages of callcheck have in common: one look, light and dark and on paper, and a scenario as a table by epoch.

Rules
- A page is one file: it loads nothing, runs no script of its own, and prints.
- Whatever comes from outside (names of metrics, parameters, messages) passes `text`, and is text.
- The cells of a table hold what `callcheck trace` prints, no more and no less; what a person needs most is told apart by style.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from callcheck.reference.replay import Decision, explain, replay
from callcheck.spec.dialect import Dialect
from callcheck.spec.scenario import Scenario, dumps
from callcheck.spec.trace import NotExpressible, Trace

from .table import Row, begun, heading, in_order, reasons, remembered, rows, whose
from .words import compared_with, one_line

MOST = 120
"""Lines of a table up to which all are shown: more than anybody reads, and of a long one more than a browser likes."""
Place = tuple[int, int | None, str]
"""A line's fit, its place in it, and what was shown there."""


@cache
def look() -> str:
    """The style of every page."""
    return style(__package__, "look.css")


def style(package: str | None, name: str) -> str:
    """A style sheet that lies beside a module, without its comments and indents."""
    found = (files(package or "") / name).read_text(encoding="utf-8")
    return re.sub(r"\n\s+", " ", re.sub(r"/\*.*?\*/\s*", "", found, flags=re.DOTALL))


def text(said: object) -> str:
    """Anything as the text of a page."""
    return html.escape(one_line(str(said)))


def document(title: str, body: str, css: str = "", head: str = "") -> str:
    """A whole page."""
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, '
        f'initial-scale=1">\n<title>{text(title)}</title>\n{head}<style>{look()}{css}</style>\n</head>\n'
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def sentence(said: str) -> str:
    """A sentence of ours as the text of a page: with a capital where a word begins it, and code between backticks."""
    begun = said[:1].upper() + said[1:] if said.split(" ", 1)[0].isalpha() else said
    return re.sub(r"`([^`<]+)`", r"<code>\1</code>", text(begun))


def listed(lines: Sequence[str]) -> str:
    """Sentences as a list; nothing where there are none."""
    return "<ul>" + "".join(f"<li>{sentence(line)}</li>" for line in lines) + "</ul>" if lines else ""


def definitions(said: Mapping[str, str]) -> str:
    """Words, and what each of them means or says."""
    return (
        "<dl>" + "".join(f"<dt>{text(name)}</dt><dd>{text(content)}</dd>" for name, content in said.items()) + "</dl>"
    )


def finding(id: str, title: str, parts: Iterable[str]) -> str:
    """One thing that was found. `title` and `parts` are markup."""
    return f'<article class="finding" id="{text(id)}"><h3>{title}</h3>{"".join(parts)}</article>'


def report(command: str, title: str, outcome: str, good: bool, parts: Iterable[str], foot: str) -> str:
    """The page of a command: about whom it is, the outcome, then all the rest. `parts` and `foot` are markup."""
    whole = [
        f'<p class="brand">callcheck {command}</p>',
        f"<h1>{text(title)}</h1>",
        f'<p class="verdict {"good" if good else "bad"}">{text(outcome)}</p>',
        *(part for part in parts if part),
        f'<p class="quiet">{foot} In tables an epoch counts from 1, its index from 0.</p>',
    ]
    css = style(__package__, "report.css")
    return document(f"callcheck {command} {title}", f"<main>\n{chr(10).join(whole)}\n</main>", css)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What somebody did on a scenario. `trace`: the outcome, or a sentence where there is no trace; `why`: the decisions."""

    name: str
    trace: Trace | NotExpressible | str
    why: Sequence[Decision] = ()

    @property
    def run(self) -> Trace | None:
        return self.trace if isinstance(self.trace, Trace) else None


def refusals(seen: Sequence[Seen]) -> str:
    """Who refuses the configuration, a paragraph each."""
    refused = [
        (each.name, each.run.rejected) for each in seen if each.run is not None and each.run.rejected is not None
    ]
    return "".join(
        f"<p>{text(name)}: the constructor raises <b>{text(each.type)}</b>: {text(each.message)}</p>"
        for name, each in refused
    )


def as_json_block(scenario: Scenario) -> str:
    """A scenario to be copied."""
    said = "as JSON, for <code>callcheck trace -</code>"
    return f"<details><summary>{said}</summary><pre>{text(dumps(scenario))}</pre></details>"


def epochs(scenario: Scenario, seen: Sequence[Seen], rule: Callable[[str], str] | None = None) -> str:
    """A scenario by epoch, with what each did, remembers, and why. `rule`: the address that explains a rule, by its id.

    Of a long one those lines are shown in which something else happens than before.
    """
    columns = [{(row.fit, row.position, row.shown): row for row in rows(scenario, each.run)} for each in seen]
    decided = [reasons(each.why) for each in seen]
    ends = [{row.fit: row for row in column.values() if row.position is None} for column in columns]
    places = dict.fromkeys(place for column in columns for place in column)
    lines, fit = ['<tbody class="fit">'], 0
    width = 2 + (3 if len(seen) == 1 else len(seen))
    for skipped, place in _few(sorted(places, key=in_order), columns):
        if skipped:
            said = f"{skipped} epoch{'s' * (skipped != 1)} more, in which the same is done"
            lines.append(f'<tr class="gap"><td colspan="{width}">{said}</td></tr>')
        found = [column.get(place) for column in columns]
        row = next(each for each in found if each is not None)
        if row.fit != fit or (not fit and row.position == 0 and (len(scenario.fits) > 1 or begun(scenario.fits[0]))):
            fit = row.fit
            said = text(f"Fit {fit + 1}{begun(scenario.fits[fit])}")
            lines.append(f'</tbody><tbody class="fit"><tr><th colspan="{width}">{said}</th></tr>')
        cells = [
            _seen(scenario, each, of, _decided(each, why, end), rule, len(seen) == 1)
            for each, of, why, end in zip(found, seen, decided, ends, strict=True)
        ]
        classes = " ".join(sorted(_classes(found) | _differs(found)))
        shown = text(row.shown) if row.position is not None else ""
        lines.append(f'<tr class="{classes}">{_epoch(row)}<td class="shown">{shown}</td>{"".join(cells)}</tr>')
    return (
        '<div class="scroll"><table class="epochs">\n' + "\n".join([_head(seen), *lines]) + "</tbody>\n</table></div>"
    )


def _few(places: Sequence[Place], columns: Sequence[Mapping[Place, Row]]) -> Iterator[tuple[int, Place]]:
    """The places that are shown, each with how many before it are not."""

    def seen(place: Place) -> list[tuple[str, ...] | None]:
        return [None if (row := column.get(place)) is None else row.seen for column in columns]

    skipped, news = 0, MOST
    for at, place in enumerate(places):
        new = place[1] is None or place[1] == 0 or seen(place) != seen(places[at - 1])
        news -= new
        if len(places) <= MOST or at < 5 or at >= len(places) - 5 or (new and news > 0):
            yield skipped, place
            skipped = 0
        else:
            skipped += 1


def beside_the_reference(scenario: Scenario, name: str, trace: Trace | None, dialect: Dialect) -> str:
    """What somebody did on a scenario, and beside it what the reference does in a dialect, and why."""
    seen = [Seen(name=name, trace=trace or "")]
    predicted = replay(scenario, dialect, internal=True)
    if isinstance(predicted, Trace):
        whose = f"the reference: {compared_with(dialect.name)}"
        seen.append(Seen(name=whose, trace=predicted, why=explain(scenario, dialect)[1]))
    said = "".join(f"<p>{text(each)}</p>" for each in heading(scenario))
    return f"{said}{refusals(seen)}{epochs(scenario, seen)}"


def _decided(
    row: Row | None, why: Mapping[tuple[int, int | None], Sequence[Decision]], ends: Mapping[int, Row]
) -> Sequence[Decision]:
    """What was decided about a line; what was at the end of a fit belongs to the last line there."""
    if row is None or (row.position is None and ends[row.fit] is not row):
        return ()
    return why.get((row.fit, row.number), ())


def _head(seen: Sequence[Seen]) -> str:
    said = "<th>what it does</th><th>remembers</th><th>why</th>"
    if len(seen) > 1:
        said = "".join(f"<th>{text(each.name)}</th>" for each in seen)
    return f"<thead><tr><th>epoch</th><th>the callback sees</th>{said}</tr></thead>"


def _epoch(row: Row) -> str:
    if row.number is None:
        return f'<th scope="row" class="epoch">{text(row.shown or "at the end")}</th>'
    return f'<th scope="row" class="epoch">{row.number + 1} <small>index <span>{row.number}</span></small></th>'


def _classes(found: Sequence[Row | None]) -> set[str]:
    """What a line is about: a stop, the end of a fit, or an epoch that nobody ran."""
    seen = [() if each is None else each.seen or () for each in found]
    kinds = {"not-run"} if all(each == ("(not run)",) for each in seen) else set()
    kinds |= {"stop"} if any("stop" in each for each in seen) else set()
    return kinds | ({"end"} if any(each is not None and each.position is None for each in found) else set())


def _differs(found: Sequence[Row | None]) -> set[str]:
    return {"differs"} if len({None if each is None else each.seen for each in found}) > 1 else set()


def _seen(
    scenario: Scenario,
    row: Row | None,
    of: Seen,
    why: Sequence[Decision],
    rule: Callable[[str], str] | None,
    alone: bool,
) -> str:
    """What was seen of one implementation, what it remembers, and why: a cell each if it is alone, else one for all."""
    parts = () if row is None else row.seen or (("-",) if row.position is not None and row.seen is not None else ())
    trace = of.run
    moved = _moved(row, trace)
    said = "".join(f'<span class="part{_kind(part, moved)}">{text(part)}</span>' for part in parts)
    state = "" if row is None or trace is None or row.position is None else remembered(trace, row.fit, row.at)
    sentences = "".join(f"<p>{whose(scenario, each)}{text(each.sentence)} {_rule(each.rule, rule)}</p>" for each in why)
    cells = {"seen": said, "state": text(state), "why": sentences}
    if alone:
        return "".join(f'<td class="{name}">{content}</td>' for name, content in cells.items())
    return (
        f'<td data-of="{text(of.name)}">'
        + "".join(f'<div class="{name}">{content}</div>' for name, content in cells.items())
        + "</td>"
    )


def _kind(part: str, moved: bool) -> str:
    """What says little: nothing, a learning rate that is that of before, and that it was logged; and what names an epoch by its
    index. `moved`: whether the rate is another one."""
    if "weights of epoch" in part or "average of epoch" in part:
        return " index"
    idle = part in ("-", "(not run)") or part.startswith("logged {'learning_rate'")
    return " idle" if idle or (part.startswith("lr=") and not moved) else ""


def _moved(row: Row | None, trace: Trace | None) -> bool:
    """Whether the learning rate after an epoch is another one than after the epoch before, in the first than in it."""
    if row is None or trace is None or row.position is None or row.fit >= len(trace.fits):
        return False
    if row.position >= len(trace.fits[row.fit].epochs):
        return False
    before, epoch = trace.fits[row.fit].epochs[max(row.position - 1, 0)], trace.fits[row.fit].epochs[row.position]
    then = before.learning_rate if row.position else epoch.learning_rate_in_epoch
    return epoch.learning_rate != then


def _rule(id: str, rule: Callable[[str], str] | None) -> str:
    if rule is None:
        return f'<span class="rule">{text(id)}</span>'
    return f'<a class="rule" href="{text(rule(id))}">{text(id)}</a>'
