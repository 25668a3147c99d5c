"""The report of `explain`: the page, the summary for a pull request, the verdict on the record as a case, and the JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from callcheck import __version__
from callcheck.conformance.report.folder import (
    FAILED,
    PASSED,
    SKIPPED,
    Brief,
    Case,
    Written,
    fenced,
    folded,
    ours,
    plain,
)

from .explanation import Explanation
from .page import page
from .text import all_traps, audited, paragraphs, table, text, title, what_ifs
from .together import Together


def written(*parts: Explanation) -> Written:
    """The report on one callback, or several of one fit."""
    audit = parts[0].audit
    verdict = {True: PASSED, False: FAILED, None: SKIPPED}[audit.agrees]
    case = Case(
        suite="explain", group=" + ".join(part.question.callback for part in parts),
        name=f"the record agrees with {title(parts)}", outcome=verdict,
        message="" if verdict == PASSED else audit.sentence, text="\n".join(text(*parts)),
    )  # fmt: skip
    answer = parts[0] if len(parts) == 1 else Together(parts=parts)
    data = {**answer.to_json(), "callcheck": __version__}
    return Written(command="explain", page=page(*parts), brief=_brief(parts), cases=[case], data=data)


def _below(title: str, lines: Iterable[str]) -> str:
    """Lines as a list with a title; nothing where there are none."""
    listed = "\n".join(f"- {line}" for line in lines)
    return f"**{title}:**\n\n{listed}" if listed else ""


def _brief(parts: Sequence[Explanation]) -> Brief:
    said = [(part, *paragraph.partition(": ")) for part in parts for paragraph in paragraphs(part)]
    lines = [
        f"### callcheck explain: {plain(title(parts))}",
        f"Compared with {plain(parts[0].compared_with)}.",
        *(
            f"**{plain(part.title) if len(parts) > 1 and len(part.summaries) == 1 else begin}:** {plain(paragraph)}"
            for part, begin, _, paragraph in said
        ),
        plain(" ".join(audited(parts[0]))),
        "\n".join(f"- {ours(each)}" for each in parts[0].audit.explanations),
        _below("Mind", map(ours, all_traps(parts))),
        _below("What if", (plain(line) for part in parts for line in what_ifs(part.what_ifs))),
    ]
    tables = ["\n".join(([f"{part.title}:"] if len(parts) > 1 else []) + list(table(part))) for part in parts]
    return Brief(
        begin="\n\n".join(line for line in lines if line),
        parts=[folded("epoch by epoch", fenced("\n\n".join(tables)))],
    )
