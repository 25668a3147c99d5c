"""What `diff` leaves for people: the page, the summary for a pull request, and the cases for a build server."""

from __future__ import annotations

from callcheck import __version__
from callcheck.spec.choices import CHOICES
from callcheck.spec.trace import Result, Trace

from ..diff import SEVERITIES, Difference
from .difference import CLAIMS, Report, changes_between
from .folder import FAILED, Brief, Case, Written, fenced, folded, plain
from .markup import Seen, as_json_block, definitions, epochs, finding, refusals, text
from .markup import report as as_page
from .table import heading


def written(report: Report) -> Written:
    """The report."""
    data = {**report.to_json(), "callcheck": __version__}
    return Written(
        command="diff", page=page(report), brief=brief(report), cases=cases(report), data=data, more=report.tests
    )


def _around(report: Report) -> list[str]:
    """What is to be said of all differences together."""
    return [line.strip() for line in (*report.at_stake, *report.limits)]


def _title(each: Difference) -> str:
    about = ", ".join((f"{SEVERITIES[each.severity]}: {each.callback}", *each.choices))
    return about + (" (yours)" if each.own else "")


def page(report: Report) -> str:
    """`index.html`."""
    found = report.differences
    contents = "".join(
        f'<li><a href="#difference-{number}">{text(_title(each))}</a></li>' for number, each in enumerate(found, 1)
    )
    parts = [
        "<ul>" + "".join(f"<li>{text(line)}</li>" for line in _around(report)) + "</ul>",
        f"<ol>{contents}</ol>" if len(found) > 1 else "",
        *(_one(report, number, each) for number, each in enumerate(found, 1)),
    ]
    foot = f"{text(report.basis)} callcheck {text(__version__)}."
    return as_page("diff", f"{report.a} and {report.b}", f"{report.counted}.", not found, parts, foot)


def _one(report: Report, number: int, each: Difference) -> str:
    parts = []
    for choice, values in each.choices.items():
        parts.append(f'<p class="sentence">{text(CHOICES[choice].question)}</p>')
        said = zip((report.a, report.b), values, strict=True)
        parts.append(definitions({who: CHOICES[choice].values[value] for who, value in said}))
        parts += [
            f"<p>Since {package} {text(change.release)}: {text(change.says)} "
            f"<span class='quiet'>({text(change.source)})</span></p>"
            for package, change in changes_between(*report.dialects, choice)
        ]
    parts.append(f"<p>{text(each.own)}</p>" if each.own else "")
    seen = [_seen(name, result) for name, result in ((report.a, each.a), (report.b, each.b))]
    parts.append(f'<p class="quiet">{text(CLAIMS[each.status])}</p>')
    parts += [f"<p>{text(line)}</p>" for line in heading(each.scenario)]
    parts += [refusals(seen), epochs(each.scenario, seen)]
    witness = report.witnesses.get(number - 1)
    if witness is not None:
        script = "\n".join(witness.told(report.a, report.b))
        parts.append(f"<details><summary>in plain Keras, run with both</summary><pre>{text(script)}</pre></details>")
    parts.append(as_json_block(each.scenario))
    return finding(f"difference-{number}", f"{number}. {text(_title(each))}", parts)


def _seen(name: str, result: Result) -> Seen:
    return Seen(name=name, trace=result if isinstance(result, Trace) else "")


def brief(report: Report) -> Brief:
    """`summary.md`."""
    around = "\n".join(f"- {plain(line)}" for line in _around(report))
    return Brief(
        begin=f"### callcheck diff: {plain(report.a)} and {plain(report.b)}: {plain(report.counted)}\n\n{around}",
        parts=[_part(report, number, each) for number, each in enumerate(report.differences, 1)],
        end=f"{plain(report.basis)} callcheck {__version__}",
    )


def _part(report: Report, number: int, each: Difference) -> str:
    lines = [f"**{number}. {plain(_title(each))}**"]
    for choice, (a, b) in each.choices.items():
        lines.append(
            f"{plain(CHOICES[choice].question)}\n- {plain(report.a)}: {plain(CHOICES[choice].values[a])}\n"
            f"- {plain(report.b)}: {plain(CHOICES[choice].values[b])}"
        )
    lines.append(folded("the smallest example", fenced("\n".join(report.one(number, each)))))
    return "\n\n".join(lines)


def cases(report: Report) -> list[Case]:
    """The lines of `junit.xml`: one for each difference, or one that says that there is none."""
    suite = f"{report.a} and {report.b}"
    if not report.differences:
        return [Case(suite=suite, group="diff", name="no difference")]
    return [
        Case(
            suite=suite, group=each.callback, name=_title(each), outcome=FAILED, message=each.explanation or CLAIMS[each.status],
            text="\n".join(report.one(number, each)),
        )
        for number, each in enumerate(report.differences, 1)
    ]  # fmt: skip
