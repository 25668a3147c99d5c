"""The report of `explain`: the page, the summary for a pull request, the verdict on the record as a case, and the JSON."""

from __future__ import annotations

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
from .text import audited, headline, table, text, what_ifs


def written(explanation: Explanation) -> Written:
    """The report."""
    verdict = {True: PASSED, False: FAILED, None: SKIPPED}[explanation.audit.agrees]
    case = Case(
        suite="explain", group=explanation.question.callback, name=f"the record agrees with {explanation.title}",
        outcome=verdict, message="" if verdict == PASSED else explanation.audit.sentence, text="\n".join(text(explanation)),
    )  # fmt: skip
    data = {**explanation.to_json(), "callcheck": __version__}
    return Written(command="explain", page=page(explanation), brief=_brief(explanation), cases=[case], data=data)


def _brief(explanation: Explanation) -> Brief:
    several = len(explanation.summaries) > 1
    summaries = [
        f"**{f'Fit {number}' if several else headline(explanation)}:** {plain(said)}"
        for number, said in enumerate(explanation.summaries, 1)
    ]
    lines = [
        f"### callcheck explain: {plain(explanation.title)}",
        f"Compared with {plain(explanation.compared_with)}.",
        *summaries,
        plain(" ".join(line.strip() for line in audited(explanation))),
        "\n".join(f"- {ours(trap)}" for trap in explanation.traps),
        "\n".join(f"- What if {plain(line)}" for line in what_ifs(explanation.what_ifs)),
    ]
    return Brief(
        begin="\n\n".join(line for line in lines if line),
        parts=[folded("epoch by epoch", fenced("\n".join(table(explanation))))],
    )
