"""The specification as one document: every clause with its example, the choices, the glossary. Its examples are its tests.

Rules
- Nothing is said here that is not said elsewhere once: sentences are the clauses', examples the stored vectors', meanings the
  glossary's, what a dialect does is the reference's answer.
- An anchor is the id of a clause or a choice with dashes for slashes, and stays.
- The page is the Markdown, rendered: one self-contained file without scripts, with a light and a dark look.
"""

import html
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import groupby

from callcheck.spec.callbacks import CALLBACKS, TRAINING
from callcheck.spec.choices import CHOICES
from callcheck.spec.clauses.clause import CLAUSES, Clause
from callcheck.spec.dialect import Dialect, edition, promises
from callcheck.spec.documentation import sentences
from callcheck.spec.scenario import Scenario, dumps
from callcheck.spec.trace import Trace
from callcheck.spec.version import VERSION

from ..site.state import SITE, link
from .markup import document, style
from .standing import BREAKS, KEEPS, Example, Standing, example, looked_at, plainest, standings
from .table import begun, heading, in_order, rows
from .words import anchor, one_line

LEVELS = {
    "universal": "no training callback of this kind may break it, whatever else it chooses.",
    "documented": f"the documentation of {edition()} promises it.",
    "observed": "the documentation is silent or says otherwise; the releases that the source names do it.",
}


@cache
def glossary() -> Mapping[str, str]:
    """What the sentences mean by their words, by term."""
    return dict(tomllib.loads((files("callcheck.spec") / "glossary.toml").read_text(encoding="utf-8"))["terms"])


@cache
def markdown(site: str = SITE) -> str:
    """The whole document. `site`: where it finds the page that answers."""
    return "\n".join([*_preface(), *_clauses(site), *_choices()]) + "\n"


def _preface() -> Iterator[str]:
    counts = {level: sum(clause.level == level for clause in CLAUSES.values()) for level in LEVELS}
    yield from ("# What training callbacks do: the specification", "")
    yield (
        f"Version {VERSION}: {len(CLAUSES)} clauses on {', '.join(CALLBACKS)}. Made by `callcheck clauses --markdown "
        "SPECIFICATION.md`; do not edit."
    )
    parts = ["every-callback", *(callback.prefix for callback in CALLBACKS.values()), TRAINING]
    links = [*(f"[{_title(part)}](#{part})" for part in parts), "[the choices](#choices)"]
    yield from ("", "Contents: [words](#words), " + ", ".join(links) + ".", "", "## How to read it", "")
    yield (
        "A clause is one sentence with an id that never changes its meaning, a source, and a level. What stands in parentheses "
        "behind a sentence says where it does not speak."
    )
    yield ""
    yield from (f"- **{level}** ({counts[level]}): {says}" for level, says in LEVELS.items())
    yield ""
    yield (
        "An observed clause may be tied to a [choice](#choices): it holds for implementations that decide so. A *dialect* has "
        "one value for each choice; `documented` is the one that keeps every promise of the documentation, the others are "
        "releases, on TensorFlow unless another backend is named behind a +."
    )
    yield ""
    yield (
        "Where one of the dialects documented, keras-3.15.1, keras-3.15.1+numpy and tf-keras-2.21.0 breaks a clause, it is said "
        "which, and by which choice: as the reference does it on the stored scenarios."
    )
    yield ""
    yield (
        "An example is a small scenario on which an implementation that breaks the clause is found out. Its table says what the "
        "callback was shown in each epoch and what has to be seen when the epoch has ended, in a dialect that keeps the clause; "
        "where one breaks it, what is seen in that one stands beside it. Left out are the learning rate where "
        "the callback has nothing to do with it, and the weights at the end where they are those of the last epoch. Where two "
        "runs are compared, the second table is the other one. `callcheck trace -` takes the JSON under *as JSON*."
    )
    yield from ("", '## <a id="words"></a>Words', "")
    yield from (f"- **{term}**: {meaning}" for term, meaning in glossary().items())
    yield ""


def _title(part: str) -> str:
    if part == TRAINING:
        return "Training"
    return next((name for name, callback in CALLBACKS.items() if callback.prefix == part), "Every callback")


def _part(clause: Clause) -> str:
    return clause.id.split("/")[0]


def _clauses(site: str) -> Iterator[str]:
    for part, clauses in groupby(CLAUSES.values(), key=_part):
        yield from (f'## <a id="{part}"></a>{_title(part)}', "")
        yield from _promises(_title(part))
        groups: dict[str, list[Clause]] = {}
        for clause in clauses:
            groups.setdefault(clause.group, []).append(clause)
        for group, members in groups.items():
            yield from (f"### {_title(part)}: {group.split('/')[1].replace('-', ' ')}", "")
            for clause in members:
                yield from _clause(clause, site)


def _promises(callback: str) -> Iterator[str]:
    """What the documentation says of a callback, as a table."""
    if callback not in sentences():
        return
    yield from (
        f"### {callback}: what the documentation promises",
        "",
        "| place | promise | clauses |",
        "|---|---|---|",
    )
    for row in sentences()[callback]:
        said = _cell(row.says) + ("" if row.missing is None else f"<br>*Not held: {_cell(row.missing)}*")
        held = "<br>".join(f"[{id.partition('/')[2]}](#{anchor(id)})" for id in row.clauses) or "none"
        yield f"| {_cell(row.place)} | {said} | {held} |"
    yield ""


def _clause(clause: Clause, site: str) -> Iterator[str]:
    yield from (f'#### <a id="{anchor(clause.id)}"></a>`{clause.id}`', "", f"**{_text(clause.sentence)}**", "")
    about = f"*{clause.level}*; {clause.origin}"
    for choice, values in clause.choices.items():
        about += f". Where {_link(choice)} is {' or '.join(f'`{value}`' for value in values)}"
    yield from (about + ".", "")
    found = tuple(standings(clause))
    yield from _standings(found)
    shown = example(clause, found)
    if shown is not None:
        yield from _example(shown, site)
    else:
        scenario = plainest(clause)
        yield from (f"Example: `{one_line(heading(scenario)[0])}`. [Try it]({link(scenario, base=site)})", "")


def _text(sentence: str) -> str:
    """A sentence with what Markdown would act on written so that it does not."""
    return sentence.replace("*", "\\*").replace("<", "&lt;")


def _link(choice: str) -> str:
    return f"[`{choice}`](#{anchor(choice)})"


def _standings(found: Sequence[Standing]) -> Iterator[str]:
    """Who breaks a clause, and why; where nobody does there is nothing to say."""
    broken: dict[tuple[str, ...], list[Dialect]] = {}
    for each in found:
        if each.verdict == BREAKS:
            broken.setdefault(each.choices, []).append(each.dialect)
    if not broken:
        return
    kept = [each.dialect.name for each in found if each.verdict == KEEPS]
    yield f"Kept by {', '.join(kept)}." if kept else "Kept by none of these dialects."
    for choices, dialects in broken.items():
        yield f"**Broken by {', '.join(each.name for each in dialects)}**: " + " ".join(
            f"{_link(choice)} is `{dialects[0][choice]}`: {CHOICES[choice].values[dialects[0][choice]]}"
            for choice in choices
        )
    yield ""


def _example(shown: Example, site: str) -> Iterator[str]:
    kept, broken = shown.kept, shown.broken
    columns = {kept.dialect.name: kept.trace} | ({} if broken is None else {broken.dialect.name: broken.trace})
    yield from _table(kept.scenario, columns, "Example")
    if kept.other_scenario is not None:
        columns = {kept.dialect.name: kept.other} | ({} if broken is None else {broken.dialect.name: broken.other})
        yield from _table(kept.other_scenario, columns, "Compared with")
    other = "" if broken is None else broken.dialect.name
    yield from (f"[Try it]({link(kept.scenario, kept.dialect.name, other, site)})", "")
    yield from (
        "<details><summary>as JSON</summary>", "", "```json", dumps(kept.scenario), "```", "", "</details>", "",
    )  # fmt: skip


def _table(scenario: Scenario, traces: Mapping[str, Trace], begin: str) -> Iterator[str]:
    """A scenario by epoch, and what is seen of it in each dialect."""
    schedules = any("learning_rate" in CALLBACKS[each.callback].jobs for each in scenario.configured())
    scheduled = schedules or scenario.learning_rate != 1.0
    hide = {"messages", "last", *(() if scheduled else ("rates",))}
    yield f"{begin}: {'; '.join(f'`{one_line(line)}`' for line in heading(scenario))}"
    yield ""
    several = len(scenario.fits) > 1
    yield (
        "| "
        + " | ".join([*(["fit"] if several else []), "epoch", "logs", *(f"seen in {name}" for name in traces)])
        + " |"
    )
    yield "|---" * (several + 2 + len(traces)) + "|"
    seen = [
        {(row.fit, row.position, row.shown): row for row in rows(scenario, trace, hide=hide)}
        for trace in traces.values()
    ]
    places = dict.fromkeys(place for column in seen for place in column)
    for place in sorted(places, key=in_order):
        there = next(column[place] for column in seen if place in column)
        cells = [
            *([f"{there.fit + 1}{begun(scenario.fits[there.fit])}"] if several else []),
            "" if there.number is None else str(there.number),
            there.shown,
        ]
        happened = [
            _refused(trace) or (", ".join(column[place].seen or ()) if place in column else "") or "-"
            for column, trace in zip(seen, traces.values(), strict=True)
        ]
        yield "| " + " | ".join(_cell(cell) for cell in (*cells, *happened)) + " |"
    yield ""


def _refused(trace: Trace) -> str:
    """What is seen of epochs that a refused configuration does not reach."""
    return "" if trace.rejected is None else f"(the constructor raises {trace.rejected.type})"


def _cell(text: str) -> str:
    return html.escape(one_line(text), quote=False).replace("*", "\\*").replace("|", "\\|")


def _choices() -> Iterator[str]:
    yield from ('## <a id="choices"></a>The choices', "")
    yield (
        "What implementations decide differently: a question, its answers, and which dialects give them. `callcheck dialects "
        "NAME` prints a dialect; `callcheck history` says which release changed what."
    )
    yield ""
    for choice in CHOICES.values():
        yield from (f'### <a id="{anchor(choice.id)}"></a>`{choice.id}`', "", choice.question)
        promise = promises()[choice.id]
        yield "The documentation is silent." if promise.place is None else f"Promised: {promise.place}."
        yield ""
        for value, meaning in choice.values.items():
            who = [dialect.name for dialect in looked_at() if dialect[choice.id] == value]
            yield f"- `{value}`: {meaning}" + (f" *({', '.join(who)})*" if who else "")
        yield ""


# ---------------------------------------------------------------------------------------------- the page


def page(site: str = SITE) -> str:
    """The document as a page. `site`: where it finds the page that answers."""
    from markdown_it import MarkdownIt

    body = MarkdownIt("commonmark").enable("table").render(markdown(site))
    css = style(__package__, "specification.css")
    return document("What training callbacks do: the specification", f"<main>\n{body}</main>", css)
