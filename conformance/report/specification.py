"""The specification as one document: every clause with its example, the choices, the glossary. Its examples are its tests.

Rules
- Nothing is said here that is not said elsewhere once: sentences are the clauses', examples the stored vectors', meanings the
  glossary's, what a dialect does is the reference's answer.
- An anchor is the id of a clause or a choice with dashes for slashes, and stays.
- The page is the Markdown, rendered: one self-contained file without scripts, with a light and a dark look.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files

from callcheck.spec.callbacks import CALLBACKS, TRAINING
from callcheck.spec.choice import Choice
from callcheck.spec.choices import CHOICES
from callcheck.spec.clauses.clause import CLAUSES, Clause
from callcheck.spec.dialect import DOCUMENTED, NEWEST, edition, promises, shipped, third_party
from callcheck.spec.documentation import sentences
from callcheck.spec.scenario import dumps
from callcheck.spec.version import VERSION

from ..site.state import SITE, link
from .example import Example, example
from .example_table import cell, tables
from .markup import document, style
from .standing import BREAKS, KEEPS, Standing, looked_at, plainest, standings
from .table import heading
from .words import anchor, compared_with, one_line

LEVELS = {
    "universal": "no training callback of this kind may break it, whatever else it chooses: it follows from what a callback is, "
    "and from what this one is for. Hardly a text says so.",
    "documented": f"the documentation of {edition()} promises it.",
    "observed": "the documentation is silent or says otherwise; the releases that the source names do it. Who decides otherwise "
    "breaks no promise.",
}
FOR_HARNESSES = ("every-callback/outcome/", "every-callback/training/ends-with-an-error")
"""Clauses on how a suite asks an implementation rather than on what it does: they stand in the appendix."""
LEGEND = {
    "`-`": "nothing was seen at the end of that epoch.",
    "`stop`": "the stop flag is set: this epoch was the last of the fit.",
    "`(not run)`": "the fit had ended before.",
    "`(empty)`": "the epoch's logs have no metric; `1.0` and the like are what `logs` holds, as Python writes it.",
    "`lr=0.1`": "the learning rate after the epoch's end. The initial one is 1.0 if none is shown.",
    "`logged {...}`": "what the callback added to the logs.",
    "`saved m.keras (weights of epoch 2)`": "a file was written, at the epoch's end unless a batch is named.",
    "`warned ...`, `printed ...`": "a warning, or a line on the screen, by what it says.",
    "`raised ...`": "the hook that raised, and the type of the exception, which ends training.",
    "`batches: ...`": "the logs of the epoch's batches. An epoch without them has one batch, whose logs are the epoch's "
    "without those that begin with val_.",
    "`(stop set)`, `somebody ...`": "what is done by someone else than the callback.",
    "`there before: ...`": "files and directories that lie there when the first fit begins.",
}


@cache
def glossary() -> Mapping[str, str]:
    """What the sentences mean by their words, by term."""
    return dict(tomllib.loads((files("callcheck.spec") / "glossary.toml").read_text(encoding="utf-8"))["terms"])


@cache
def markdown(site: str = SITE) -> str:
    """The whole document. `site`: where it finds the page that answers."""
    return "\n".join([*_preface(), *_parts(site), *_choices(), *_appendix(site)]) + "\n"


def _preface() -> Iterator[str]:
    counts = {level: sum(clause.level == level for clause in CLAUSES.values()) for level in LEVELS}
    yield from ("# What training callbacks do: the specification", "")
    yield (
        f"Version {VERSION}: {len(CLAUSES)} clauses on {', '.join(CALLBACKS)}. Made by `callcheck clauses --markdown "
        "SPECIFICATION.md`; do not edit."
    )
    parts = ["every-callback", *(callback.prefix for callback in CALLBACKS.values()), TRAINING]
    links = [*(f"[{_title(part)}](#{part})" for part in parts), "[the choices](#choices)", "[appendix](#appendix)"]
    yield from ("", "Contents: [words](#words), " + ", ".join(links) + ".", "", "## How to read it", "")
    yield (
        "A clause is one statement, of a sentence or two, with an id that never changes its meaning, a source, and a level. What "
        "stands in parentheses behind a sentence limits it: it holds only there; an exception begins with *except*. Unless a "
        "sentence speaks of errors, it is about training that is run to its end without one."
    )
    yield ""
    yield from (f"- **{level}** ({counts[level]}): {says}" for level, says in LEVELS.items())
    yield ""
    yield (
        "A source is a text that says it, or, where it begins with *follows from*, one from which it follows though it does not "
        "say it. The documentation is what is published at keras.io and the docstrings of what Keras exports; the docstring of "
        "a private class and a comment in the code are none, and what only they say is observed. What no training shows is "
        "left out, such as the attributes of a callback: `stopped_epoch`, `best_epoch`."
    )
    yield ""
    yield (
        "An observed clause may be tied to a [choice](#choices): it holds for implementations that decide so. A *dialect* has "
        "one value for each choice. The dialect `documented`, called like the level, is that of no release: it keeps every "
        "clause of that level, and where the documentation leaves a choice open does what Keras does. The others are "
        "releases, on TensorFlow unless another backend is named behind a +."
    )
    yield ""
    yield (
        "Where one of the dialects documented, keras-3.15.1, keras-3.15.1+numpy and tf-keras-2.21.0 breaks a clause, it is said "
        "which, and by which choices: as the *reference* does it, callcheck's own implementation, which is held to the real "
        "releases, on the *stored scenarios*, a few hundred that come with callcheck."
    )
    yield ""
    yield (
        "An example is a small scenario that tells right from wrong. Its table says what the callback was shown in each epoch, "
        "what has to be seen when the epoch has ended, in a dialect that keeps the clause, and beside it what a dialect does "
        "that breaks it, or else somebody's mistake. Left out are the learning rate where the callback has nothing to do with "
        "it, what is logged where that tells nothing apart, and the weights at the end where they are those of the last epoch. "
        "Where two runs are compared, the second table "
        "is the other one. `callcheck trace -` takes the JSON under *as JSON*. In the tables:"
    )
    yield ""
    yield from (f"- {sign}: {meaning}" for sign, meaning in LEGEND.items())
    yield from ("", '## <a id="words"></a>Words', "")
    yield from (f"- **{term}**: {meaning}" for term, meaning in glossary().items())
    yield ""


def _title(part: str) -> str:
    if part == TRAINING:
        return "Training"
    return next((name for name, callback in CALLBACKS.items() if callback.prefix == part), "Every callback")


def _by_part() -> dict[str, dict[str, list[Clause]]]:
    """The clauses by part and group, but for those of the appendix."""
    parts: dict[str, dict[str, list[Clause]]] = {}
    for clause in CLAUSES.values():
        if not clause.id.startswith(FOR_HARNESSES):
            parts.setdefault(clause.id.split("/")[0], {}).setdefault(clause.group, []).append(clause)
    return parts


def _parts(site: str) -> Iterator[str]:
    for part, groups in _by_part().items():
        yield from (f'## <a id="{part}"></a>{_title(part)}', "")
        yield from _index(groups)
        yield from _breaks(_title(part), [clause for members in groups.values() for clause in members])
        yield from _promises(_title(part))
        for group, members in groups.items():
            yield from (f"### {_title(part)}: {group.split('/')[1].replace('-', ' ')}", "")
            for clause in members:
                yield from _clause(clause, site)


def _index(groups: Mapping[str, Sequence[Clause]]) -> Iterator[str]:
    """The clauses of a part, by group."""
    for group, members in groups.items():
        links = ", ".join(f"[{clause.id.split('/')[2]}](#{anchor(clause.id)})" for clause in members)
        yield f"- *{group.split('/')[1]}*: {links}"
    yield ""


def _breaks(title: str, clauses: Sequence[Clause]) -> Iterator[str]:
    """Which documented clauses the newest Keras breaks."""
    broken = [
        (clause, each) for clause in clauses if clause.level == "documented"
        for each in standings(clause.id) if each.dialect.name == NEWEST and each.verdict == BREAKS
    ]  # fmt: skip
    if not broken:
        return
    yield from (f"### {title}: where {compared_with(NEWEST)} breaks its documentation", "")
    for clause, each in broken:
        why = ", ".join(f"{_link(choice)} is `{each.dialect[choice]}`" for choice, _ in each.causes)
        yield f"- [{clause.id.partition('/')[2]}](#{anchor(clause.id)}): {why}"
    yield ""


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
        said = cell(row.says) + ("" if row.missing is None else f"<br>*Not held: {cell(row.missing)}*")
        held = "<br>".join(f"[{id.partition('/')[2]}](#{anchor(id)})" for id in row.clauses) or "none"
        yield f"| {cell(row.place)} | {said} | {held} |"
    yield ""


def _clause(clause: Clause, site: str) -> Iterator[str]:
    yield from (f'#### <a id="{anchor(clause.id)}"></a>`{clause.id}`', "", f"**{_text(clause.sentence)}**", "")
    source = clause.origin.removeprefix(f"{clause.level}: ")
    yield from (f"*{clause.level}*; {_linked(source)}.", "")
    for choice, values in clause.choices.items():
        said = "; or ".join(f"`{value}` ({_half(CHOICES[choice].values[value])})" for value in values)
        yield from (f"Holds where {_link(choice)} is {said}.", "")
    yield from _standings(standings(clause.id))
    shown = example(clause.id)
    if shown is not None:
        yield from _example(shown, site)
    else:
        scenario = plainest(clause)
        yield from (f"Example: `{one_line(heading(scenario)[0])}`. [Try it]({link(scenario, base=site)})", "")


def _text(sentence: str) -> str:
    """A sentence with what Markdown would act on written so that it does not."""
    return sentence.replace("*", "\\*").replace("<", "&lt;")


def _linked(source: str) -> str:
    """A source with its addresses as links."""
    return re.sub(r"https://[^\s,;]+", r"<\g<0>>", source)


def _link(choice: str) -> str:
    return f"[`{choice}`](#{anchor(choice)})"


def _half(meaning: str, shown: str = "") -> str:
    """Of what a value of a choice means the part that names what was `shown`, else the first."""
    parts = [part.rstrip(";. ") for part in re.split(r"(?<=[;.:])\s+", meaning)]
    return next((part for part in parts if shown and shown in part), parts[0]).rstrip(":")


def _standings(found: Sequence[Standing]) -> Iterator[str]:
    """Who breaks a clause, and why; where nobody does there is nothing to say."""
    broken: dict[tuple[str, ...], list[Standing]] = {}
    for each in found:
        if each.verdict == BREAKS:
            broken.setdefault(tuple(choice for choice, _ in each.causes), []).append(each)
    if not broken:
        return
    kept = [each.dialect.name for each in found if each.verdict == KEEPS]
    yield f"Kept by {', '.join(kept)}." if kept else "Kept by none of these dialects."
    for members in broken.values():
        first = members[0]
        whys = []
        for choice, case in first.causes:
            errors = [
                fit.error.type for trace in (case.trace, case.other) for fit in trace.fits if fit.error is not None
            ]
            value = first.dialect[choice]
            whys.append(f"{_link(choice)} is `{value}` ({_half(CHOICES[choice].values[value], *errors[:1])})")
        yield f"**Broken by {', '.join(each.dialect.name for each in members)}**: {'; '.join(whys) or 'no choice explains it'}."
    yield ""


def _example(shown: Example, site: str) -> Iterator[str]:
    kept, wrong = shown.kept, shown.wrong
    against = "" if wrong is None or shown.mistake is not None else wrong.dialect.name
    if shown.mistake is not None:
        yield from (f"The mistake that it catches here: {shown.mistake}", "")
    scenarios = {"Example": kept.scenario}
    if kept.other_scenario is not None and kept.other_scenario != kept.scenario:
        scenarios["Compared with"] = kept.other_scenario
    yield from tables(shown, scenarios)
    tries = [f"[Try it]({link(each, kept.dialect.name, against, site)})" for each in scenarios.values()]
    yield from (" and ".join([tries[0], *(each.replace("Try it", "the other run") for each in tries[1:])]), "")
    jsons = [dumps(each) for each in scenarios.values()]
    yield from ("<details><summary>as JSON</summary>", "")
    for each in jsons:
        yield from ("```json", each, "```", "")
    yield from ("</details>", "")


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
            yield f"- `{value}`: {meaning} *({_whose(choice, value)})*"
        yield from ("", *_decides(choice))


def _whose(choice: Choice, value: str) -> str:
    """Who answers so: the dialects that are looked at, else an older release, another library, or nobody."""
    who = [dialect.name for dialect in looked_at() if dialect[choice.id] == value]
    if who:
        return ", ".join(who)
    older = [each for each in shipped().values() if each.name != DOCUMENTED and each[choice.id] == value]
    if older:
        return f"elsewhere, as {older[-1].name}"
    libraries = [name for name, each in third_party().items() if each[choice.id] == value]
    return (
        f"another library: {', '.join(libraries)}"
        if libraries
        else "nobody's answer that is known: a fault that one can make"
    )


def _decides(choice: Choice) -> Iterator[str]:
    """The clauses that are tied to a choice, and those that one of the dialects breaks by it."""
    tied = [clause.id for clause in CLAUSES.values() if choice.id in clause.choices]
    broken = [
        clause.id for clause in CLAUSES.values()
        if any(choice.id == cause for each in standings(clause.id) for cause, _ in each.causes)
    ]  # fmt: skip
    for begin, ids in (("Clauses tied to it", tied), ("Clauses that are broken by it", broken)):
        if ids:
            yield from (f"{begin}: {', '.join(f'[{id}](#{anchor(id)})' for id in ids)}.", "")


def _appendix(site: str) -> Iterator[str]:
    yield from ('## <a id="appendix"></a>Appendix: for implementers', "")
    yield "What is required of whatever answers the suite, beside what a callback does."
    yield ""
    for clause in CLAUSES.values():
        if clause.id.startswith(FOR_HARNESSES):
            yield from _clause(clause, site)


# ---------------------------------------------------------------------------------------------- the page


def page(site: str = SITE) -> str:
    """The document as a page. `site`: where it finds the page that answers."""
    from markdown_it import MarkdownIt

    body = MarkdownIt("commonmark").enable("table").render(markdown(site))
    css = style(__package__, "specification.css")
    return document("What training callbacks do: the specification", f"<main>\n{body}</main>", css)
