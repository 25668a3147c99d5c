"""An explanation as one self-contained page, or as the part of a page that a notebook shows. All text is escaped.

The page needs no network and no script; it has a light and a dark look, and prints.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from .explanation import Explanation, Row
from .plot import NoMatplotlib, draw
from .text import COLUMNS, audited, cells, headline, recognised, shown, what_ifs

STYLE = """
.callcheck { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 0 auto; }
.callcheck h1 { font-size: 1.3rem; font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
.callcheck h2 { font-size: 1rem; margin: 1.5rem 0 .3rem; }
.callcheck table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
.callcheck th, .callcheck td { text-align: right; padding: .1rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; }
.callcheck th:last-child, .callcheck td:last-child { text-align: left; }
.callcheck tr.stop td, .callcheck tr.reduced td { font-weight: bold; }
.callcheck .summary { font-size: 1.1rem; }
.callcheck .drawing { overflow-x: auto; }
.callcheck .drawing svg { background: white; max-width: 100%; height: auto; }
.callcheck .scroll { overflow-x: auto; }
"""

PAGE_STYLE = """
:root { color-scheme: light dark; }
body { margin: 1.5rem; }
@media print { .callcheck tr { break-inside: avoid; } }
"""


def page(explanation: Explanation) -> str:
    """The whole page."""
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" '
        f'content="width=device-width">\n<title>{escape(explanation.title)}</title>\n<style>{PAGE_STYLE}</style>\n</head>\n'
        f"<body>\n{fragment(explanation)}\n</body>\n</html>\n"
    )


def fragment(explanation: Explanation) -> str:
    """The explanation as an element."""
    notes = [note for note in (explanation.dialect_note, *explanation.notes) if note]
    several = len(explanation.summaries) > 1
    summaries = [
        f"<p class='summary'><b>{f'Fit {index + 1}' if several else headline(explanation)}:</b> {escape(text)}</p>"
        for index, text in enumerate(explanation.summaries)
    ]
    parts = [
        f"<style>{STYLE}</style>",
        f"<h1>{escape(explanation.title)}</h1>",
        f"<p>Compared with {escape(explanation.compared_with)}. {escape(recognised(explanation))}.</p>",
        _list(notes),
        *summaries,
        _drawing(explanation),
        "<h2>Does the record agree?</h2>",
        *(f"<p>{escape(line)}</p>" for line in audited(explanation)),
        _section("Mind", explanation.traps),
        _section("What if", what_ifs(explanation.what_ifs)),
        "<h2>Epoch by epoch</h2>",
        _table(explanation),
    ]
    return f'<div class="callcheck">\n{chr(10).join(part for part in parts if part)}\n</div>'


def _section(title: str, lines: Iterable[str]) -> str:
    found = list(lines)
    return f"<h2>{title}</h2>\n{_list(found)}" if found else ""


def _list(lines: list[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>" if lines else ""


def _drawing(explanation: Explanation) -> str:
    try:
        drawn = draw(explanation, "svg").decode("utf-8")
    except NoMatplotlib:
        return "<p>(A drawing would stand here if matplotlib were installed.)</p>"
    return f'<div class="drawing">{drawn[drawn.index("<svg") :]}</div>'


def _table(explanation: Explanation) -> str:
    filled = [(cells(explanation, row), row) if isinstance(row, Row) else row for row in shown(explanation.rows())]
    used = [name for name in COLUMNS if any(isinstance(each, tuple) and each[0][name] for each in filled)]
    titles = {**{name: name for name in COLUMNS}, "value": explanation.question.monitor}
    several = len(explanation.summaries) > 1
    head = "".join(f"<th>{escape(titles[name])}</th>" for name in used)
    lines = [f"<tr>{'<th>fit</th>' if several else ''}{head}<th>what was decided, and why</th></tr>"]
    for each in filled:
        if isinstance(each, str):
            lines.append(f'<tr><td colspan="{len(used) + 1 + several}">{escape(each)}</td></tr>')
            continue
        line, row = each
        fit = f"<td>{row.fit + 1}</td>" if several else ""
        numbers = "".join(f"<td>{escape(line[name])}</td>" for name in used)
        rule = f' title="{escape(row.rule)}"' if row.rule else ""
        lines.append(f'<tr class="{" ".join(row.events)}">{fit}{numbers}<td{rule}>{escape(row.sentence)}</td></tr>')
    return '<div class="scroll"><table>\n' + "\n".join(lines) + "\n</table></div>"
