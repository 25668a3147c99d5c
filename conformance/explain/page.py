"""An explanation as one self-contained page, or as the part of a page that a notebook shows. All text is escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from callcheck.conformance.report.markup import document, listed, sentence, text

from . import svg
from .explanation import Explanation, Row
from .figure import figure
from .text import COLUMNS, all_traps, audited, cells, paragraphs, recognised, shown, title, what_ifs

STYLE = """
.callcheck h1 { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 1.25rem; overflow-wrap: anywhere; }
.callcheck .summary { font-size: 1.12rem; max-width: 50rem; }
.callcheck figure { margin: 1.5rem 0; max-width: 60rem; } .callcheck figure.narrow { display: none; }
.callcheck td:last-child { min-width: 18rem; }
.callcheck td:not(:last-child), .callcheck th:not(:last-child) { text-align: right; }
.callcheck tr.stop td { font-weight: 700; } .callcheck tr.stop td:last-child { color: var(--stop, #c62433); }
.callcheck tr.reduced td { font-weight: 600; } .callcheck .scroll { overflow-x: auto; }
@media screen and (max-width: 40rem) {
  .callcheck figure.wide { display: none; } .callcheck figure.narrow { display: block; }
  .callcheck .scroll table, .callcheck tbody { display: block; } .callcheck thead { display: none; }
  .callcheck .scroll tr { display: flex; flex-wrap: wrap; column-gap: .9rem; border-bottom: 1px solid var(--line, #d9dfe5); }
  .callcheck .scroll td { padding: .1rem 0; border: 0; min-width: 0; } .callcheck .scroll td:empty { display: none; }
  .callcheck .scroll td:last-child { flex-basis: 100%; padding-bottom: .5rem; }
  .callcheck .scroll td[data-of]::before { content: attr(data-of) " "; color: var(--quiet, #5b6672); font-weight: 400; }
}
"""
PHONE = 340.0
"""The width of the drawing on a narrow screen, in pixels: what is drawn for a wide one could not be read there."""
NOTEBOOK = """
.callcheck table { border-collapse: collapse; } .callcheck td, .callcheck th { padding: .1rem .6rem; vertical-align: top; }
"""
"""What a page of callcheck says once for all tables, said again where there is none around the explanation."""


def page(*parts: Explanation) -> str:
    """The whole page, about one callback or several of one fit."""
    return document(title(parts), f"<main>{element(parts)}</main>", svg.style() + STYLE)


def fragment(*parts: Explanation) -> str:
    """The explanation as an element that brings its style with it."""
    return element(parts, f"<style>{svg.style()}{NOTEBOOK}{STYLE}</style>")


def element(parts: Sequence[Explanation], style: str = "") -> str:
    """The explanation, for a page that has the style, or with it."""
    first = parts[0]
    notes = [note for note in (first.dialect_note, *first.notes) if note]
    several = len(parts) > 1
    changes = tuple(line for part in parts for line in what_ifs(part.what_ifs))
    whole = [
        style,
        f"<h1>{text(title(parts))}</h1>",
        f"<p>Compared with {text(first.compared_with)}. The record: {sentence(recognised(first))}.</p>",
        listed(notes),
        *(said for part in parts for said in _summaries(part, several)),
        f'<figure class="wide">{svg.svg(figure(*parts))}</figure>',
        f'<figure class="narrow">{svg.svg(figure(*parts), width=PHONE)}</figure>',
        "<h2>Does the record agree?</h2>",
        *(f"<p>{text(line)}</p>" for line in audited(first)),
        listed(first.audit.explanations),
        _section("Mind", tuple(all_traps(parts))),
        _section("What if", changes),
        *(
            f"<h2>{f'{text(part.title)}: epoch' if several else 'Epoch'} by epoch</h2>\n{_table(part)}"
            for part in parts
        ),
    ]
    return f'<div class="callcheck">\n{chr(10).join(part for part in whole if part)}\n</div>'


def _summaries(part: Explanation, several: bool) -> Iterator[str]:
    if several:
        yield f"<h2>{text(part.title)}</h2>"
    for paragraph in paragraphs(part):
        begin, _, said = paragraph.partition(": ")
        yield f"<p class='summary'><b>{text(begin)}:</b> {text(said)}</p>"


def _section(title: str, lines: tuple[str, ...]) -> str:
    return f"<h2>{title}</h2>\n{listed(lines)}" if lines else ""


def _table(explanation: Explanation) -> str:
    filled = [(cells(explanation, row), row) if isinstance(row, Row) else row for row in shown(explanation)]
    used = [name for name in COLUMNS if any(isinstance(each, tuple) and each[0][name] for each in filled)]
    titles = {**{name: name for name in COLUMNS}, "value": explanation.question.monitor}
    several = len(explanation.summaries) > 1
    head = "".join(f"<th>{text(titles[name])}</th>" for name in used)
    lines = [f"<thead><tr>{'<th>fit</th>' if several else ''}{head}<th>what was decided, and why</th></tr></thead>"]
    for each in filled:
        if isinstance(each, str):
            lines.append(f'<tr><td colspan="{len(used) + 1 + several}">{text(each)}</td></tr>')
            continue
        line, row = each
        fit = f'<td data-of="fit">{row.fit + 1}</td>' if several else ""
        numbers = "".join(f'<td data-of="{text(titles[name])}">{text(line[name])}</td>' for name in used)
        rule = f' title="{text(row.rule)}"' if row.rule else ""
        lines.append(f'<tr class="{" ".join(row.events)}">{fit}{numbers}<td{rule}>{text(row.sentence)}</td></tr>')
    return '<div class="scroll"><table>\n' + "\n".join(lines) + "\n</table></div>"
