"""What `check` leaves for people: the page, the summary for a pull request, and the cases for a build server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from callcheck import __version__
from callcheck.spec.version import VERSION

from ..diagnosis import differences
from ..findings import Finding
from ..inference import Inferred
from ..judge import FAILING, NOT_APPLICABLE, NOT_EXERCISED, Judgement
from ..session import Suite
from ..subjects.names import Name
from .constructor import of_constructor
from .counterexample import describe, placed, sentence
from .folder import FAILED, PASSED, SKIPPED, Brief, Case, fenced, folded, ours, plain
from .inference import difference_sentence, difference_told
from .inference import headline as inferred_headline
from .inference_page import difference_parts
from .markup import as_json_block, beside_the_reference, definitions, finding, listed, report, text
from .markup import sentence as as_sentence
from .summary import KNOWN
from .words import anchor, compared_with, counted, told

Findings = Sequence[tuple[Name, Finding]]


def headline(suite: Suite, found: Findings) -> str:
    """The outcome in a sentence."""
    complaints = [f"{each.sentence.rstrip('.')}." for name in suite.started() for each in suite.complaints(name)]
    complaints += [
        f"{each.callback}: {inferred_headline(each) if each.complaint is None else each.complaint.sentence}."
        for name in suite.started()
        for each in suite.diagnosis(name)
        if differences(each) or each.complaint is not None
    ]
    if found:
        count, clauses = len(found), sum(len(each.all) for _, each in found)
        said = f"{count} finding{'s' * (count != 1)}: {clauses} clause{'s do' if clauses != 1 else ' does'} not hold."
        return " ".join([*complaints, said])
    exercised = any(each.exercised for name in suite.started() for each in suite.judgements[name])
    return " ".join([*complaints, "Everything that was exercised conforms." if exercised else "Nothing was exercised."])


def findings(suite: Suite) -> Findings:
    """What fails, of all implementations, in their order."""
    return [(name, each) for name in suite.started() for each in suite.findings(name)]


# ---------------------------------------------------------------------------------------------- the page


def page(suite: Suite) -> str:
    """`index.html`."""
    found = findings(suite)
    names = ", ".join(map(str, suite.started()))
    parts = [
        _implementations(suite),
        *([f"<h2>What fails</h2>{_contents(found)}"] if len(found) > 1 else []),
        *(_finding(suite, name, each, number) for number, (name, each) in enumerate(found, 1)),
        *_known(suite),
        *_all(suite),
    ]
    foot = (
        f"callcheck {text(__version__)}, version {VERSION} of the specification, seed {suite.seed}, {suite.examples} random "
        "scenarios per callback."
    )
    return report("check", names, headline(suite, found), not found, parts, foot)


def _implementations(suite: Suite) -> str:
    lines = []
    for name, hearing in suite.started().items():
        origin = suite.origin(name)
        said = text(hearing.subject.name) + ("" if origin is None else f" ({text(origin)})")
        counts = told(counted(suite.judgements[name]))
        cells = (said, text(compared_with(hearing.dialect.name)), text(counts), str(hearing.results.answered))
        lines.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    head = (
        "<thead><tr><th>implementation</th><th>compared with</th><th>verdicts</th><th>scenarios run</th></tr></thead>"
    )
    constructors = [
        said
        for hearing in suite.started().values()
        for callback in suite.callbacks
        for said in of_constructor(hearing.subject.capabilities, callback)
    ]
    beside = listed(constructors) if constructors else ""
    return f'<div class="scroll"><table>{head}<tbody>{"".join(lines)}</tbody></table></div>{beside}'


def _contents(found: Findings) -> str:
    lines = [
        f'<li><a href="#finding-{number}">{text(_called(each))}</a> ({text(name)})</li>'
        for number, (name, each) in enumerate(found, 1)
    ]
    return f"<ol>{''.join(lines)}</ol>"


def _called(found: Finding) -> str:
    """What a finding is about: a choice, or a clause."""
    return found.difference.choice if isinstance(found.difference, Inferred) else found.lead.clause.id


def _difference(suite: Suite, name: Name, found: Finding, number: int) -> str:
    """A finding whose reason was inferred: the difference, and the clauses that fail by it."""
    each = found.difference
    assert each is not None
    inference = next(one for one in suite.diagnosis(name) if each in differences(one))
    parts = list(difference_parts(suite.hearing(name).subject.name, inference, each))
    own = [one for one in found.all if one not in found.as_keras]
    for title, clauses in (("Fails by it", own), ("Fails too, and Keras does not keep it either", found.as_keras)):
        if clauses:
            parts.append(f"<p>{title}: {', '.join(_row_link(suite, name, one) for one in clauses)}</p>")
    return finding(f"finding-{number}", f"{number}. {text(_called(found))}", parts)


def _finding(suite: Suite, name: Name, found: Finding, number: int) -> str:
    if found.difference is not None:
        return _difference(suite, name, found, number)
    lead = found.lead
    dialect = suite.hearing(name).dialect
    parts = [
        f'<p class="sentence">{as_sentence(lead.clause.sentence)}</p>',
        f'<p class="quiet">{text(lead.implementation)}: {text(lead.verdict)}; {text(lead.clause.level)}, '
        f"{text(lead.clause.source)}</p>",
    ]
    if lead.failure is not None:
        said = {f"expected{placed(lead, lead.failure)}": lead.failure.expected, "because": lead.failure.why}
        said["got"] = lead.failure.got
        parts.append(definitions(said))
    if lead.reason is not None:
        parts.append(f"<p>{text(lead.reason)}</p>")
    if lead.scenario is not None:
        parts.append(beside_the_reference(lead.scenario, lead.implementation, lead.trace, dialect))
        if lead.related is not None and lead.related != lead.scenario:
            parts.append("<p>The run beside it, with which it is compared:</p>")
            parts.append(beside_the_reference(lead.related, lead.implementation, lead.related_trace, dialect))
        parts.append(as_json_block(lead.scenario))
    for title, others in (
        ("Fails for the same reason", found.others),
        ("Fails too, and Keras does not keep it either", found.as_keras),
    ):
        if others:
            parts.append(f"<p>{title}: {', '.join(_row_link(suite, name, each) for each in others)}</p>")
    return finding(f"finding-{number}", f"{number}. {_row_link(suite, name, lead)}", parts)


def _row(suite: Suite, name: Name, judgement: Judgement) -> str:
    """The anchor of a verdict."""
    number = list(suite.started()).index(name) + 1
    return f"v{number}-{judgement.callback}-{anchor(judgement.clause.id)}"


def _row_link(suite: Suite, name: Name, judgement: Judgement) -> str:
    return f'<a href="#{text(_row(suite, name, judgement))}"><code>{text(judgement.clause.id)}</code></a>'


def _known(suite: Suite) -> Iterator[str]:
    for verdict, said in KNOWN.items():
        mine = [each for name in suite.started() for each in suite.judgements[name] if each.verdict == verdict]
        reasons = dict.fromkeys(f"{each.clause.id}: {each.reason}" for each in mine)
        if reasons:
            yield f"<h2>{text(said[0].upper() + said[1:])}</h2>"
            yield f"<details><summary>{len(reasons)} clauses</summary>{listed(list(reasons))}</details>"


def _all(suite: Suite) -> Iterator[str]:
    yield "<h2>Every verdict</h2>"
    for name in suite.started():
        lines = [
            f'<tr id="{text(_row(suite, name, each))}"{" class=failing" if each.verdict in FAILING else ""}>'
            f"<td><code>{text(each.clause.id)}</code><br>{as_sentence(each.clause.sentence)}</td><td>{text(each.callback)}</td>"
            f"<td>{text(each.verdict)}</td><td>{each.exercised or ''}</td></tr>"
            for each in suite.judgements[name]
            if each.verdict != NOT_APPLICABLE
        ]
        left = sum(each.verdict == NOT_APPLICABLE for each in suite.judgements[name])
        more = f"; not applicable, and not listed: {left}" if left else ""
        head = "<thead><tr><th>clause</th><th>callback</th><th>verdict</th><th>scenarios</th></tr></thead>"
        yield (
            f"<h3>{text(name)}</h3><p class='quiet'>{len(lines)} verdicts{more}</p>"
            f'<div class="scroll"><table>{head}<tbody>{"".join(lines)}</tbody></table></div>'
        )


# ---------------------------------------------------------------------------------------------- the summary and the cases


def brief(suite: Suite) -> Brief:
    """`summary.md`."""
    found = findings(suite)
    lines = [f"### callcheck check: {plain(headline(suite, found))}", ""]
    for name, hearing in suite.started().items():
        counts = told(counted(suite.judgements[name]))
        lines.append(
            f"- {plain(hearing.subject.name)}, compared with {plain(compared_with(hearing.dialect.name))}: {plain(counts)}"
        )
    return Brief(
        begin="\n".join(lines),
        parts=[_part(suite, name, each, number) for number, (name, each) in enumerate(found, 1)],
        end=f"callcheck {__version__}, version {VERSION} of the specification, seed {suite.seed}",
    )


def _part(suite: Suite, name: Name, found: Finding, number: int) -> str:
    lead = found.lead
    if found.difference is not None:
        inference = next(one for one in suite.diagnosis(name) if found.difference in differences(one))
        said = plain(difference_sentence(inference, found.difference))
        fails = f"Fails by it: {', '.join(f'`{each.clause.id}`' for each in found.all)}"
        told = fenced("\n".join(difference_told("", inference, found.difference)))
        title = f"**{number}. `{_called(found)}`** ({plain(str(name))})"
        return "\n\n".join([title, said, fails, folded("the counterexample", told)])
    said = sentence(lead) or lead.reason or lead.verdict
    others = [each.clause.id for each in (*found.others, *found.as_keras)]
    fails = f"Fails with it: {', '.join(f'`{id}`' for id in others)}" if others else ""
    title = f"**{number}. `{lead.clause.id}`** ({plain(str(name))})"
    shown = [
        title,
        f"> {ours(lead.clause.sentence)}",
        plain(said),
        fails,
        folded("the counterexample", fenced(describe(lead))),
    ]
    return "\n\n".join(part for part in shown if part)


def cases(suite: Suite) -> list[Case]:
    """The lines of `junit.xml`: one for each verdict."""
    return [_case(name, each) for name in suite.started() for each in suite.judgements[name]]


def _case(name: Name, judgement: Judgement) -> Case:
    outcome, message, said = PASSED, "", ""
    if judgement.verdict in FAILING:
        outcome, message, said = FAILED, sentence(judgement) or judgement.verdict, describe(judgement)
    elif judgement.verdict in (NOT_APPLICABLE, NOT_EXERCISED):
        outcome, message = SKIPPED, f"{judgement.verdict}: {judgement.reason or 'no scenario exercised it'}"
    return Case(
        suite=str(name), group=judgement.callback, name=judgement.clause.id, outcome=outcome, message=message, text=said
    )
