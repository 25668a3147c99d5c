"""A clause as Markdown: its sentence, level and source, who breaks it and why, and its example; and a choice with its answers.

Rules
- Nothing is said here that is not said elsewhere once: sentences are the clauses', examples the stored vectors', what a dialect
  does is the reference's answer.
- Headings are those of a page of its own.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.choice import Choice
from callcheck.spec.choices import CHOICES
from callcheck.spec.clauses.clause import CLAUSES, Clause
from callcheck.spec.dialect import DOCUMENTED, promises, shipped, third_party
from callcheck.spec.scenario import dumps

from ..site.state import State, address, command, of_scenario, on_whose
from .example import Example, example
from .example_table import tables
from .form import Form
from .standing import BREAKS, KEEPS, Standing, looked_at, plainest, standings
from .table import heading
from .words import anchor, one_line


def tied(clause: Clause) -> Mapping[str, tuple[str, ...]]:
    """The choices that a clause is tied to: those of which it leaves some value out."""
    return {choice: values for choice, values in clause.choices.items() if {*values} < CHOICES[choice].values.keys()}


def clause_text(clause: Clause, form: Form) -> Iterator[str]:
    yield from (f'### <a id="{anchor(clause.id)}"></a>`{clause.id}`', "", f"**{sentence_text(clause.sentence)}**", "")
    source = clause.origin.removeprefix(f"{clause.level}: ")
    yield from (f"*{clause.level}*; {_linked(source)}.", "")
    for choice, values in tied(clause).items():
        said = "; or ".join(f"`{value}` {_meaning(choice, value)}" for value in values)
        yield from (f"Holds where {form.link(choice)} is {said}.", "")
    yield from _standings(clause, standings(clause.id), form)
    shown = example(clause.id)
    if shown is not None:
        yield from _example(shown, form)
    else:
        scenario = plainest(clause)
        yield from (f"Example: `{one_line(heading(scenario)[0])}`.", "")
        yield from _tried([of_scenario(scenario)], form)


def sentence_text(sentence: str) -> str:
    """A sentence with what Markdown would act on written so that it does not."""
    parts = sentence.split("`")
    return "`".join(
        part if code % 2 else part.replace("*", "\\*").replace("<", "&lt;") for code, part in enumerate(parts)
    )


def _linked(source: str) -> str:
    """A source with its addresses as links."""
    return re.sub(r"https://[^\s,;()]+", r"<\g<0>>", source)


def _meaning(choice: str, value: str) -> str:
    """What a value of a choice means, in parentheses."""
    return f"({CHOICES[choice].values[value].removesuffix('.')})"


def _standings(clause: Clause, found: Sequence[Standing], form: Form) -> Iterator[str]:
    """Who breaks a clause, and why; where nobody does there is nothing to say."""
    broken: dict[tuple[tuple[str, str], ...], list[Standing]] = {}
    for each in found:
        if each.verdict == BREAKS:
            broken.setdefault(tuple((choice, each.dialect[choice]) for choice, _ in each.causes), []).append(each)
    if not broken:
        return
    kept = [each.dialect.name for each in found if each.verdict == KEEPS]
    yield f"Kept by {', '.join(kept)}." if kept else "Kept by none of these dialects."
    yield from _of_others(clause, {each.dialect.name for each in found})
    for causes, members in broken.items():
        whys = [f"{form.link(choice)} is `{value}` {_meaning(choice, value)}" for choice, value in causes]
        yield f"**Broken by {', '.join(each.dialect.name for each in members)}**: {'; '.join(whys) or 'no choice explains it'}."
    yield ""


def _of_others(clause: Clause, named: Collection[str]) -> Iterator[str]:
    """Of which dialects the clause says nothing."""
    others = [each for each in looked_at() if each.name not in named]
    names = [name for name in clause.callbacks if name in CALLBACKS]
    without = [each for each in others if names and not any(map(each.has, names))]
    for dialects, why in (
        (without, ", where there is no such callback"),
        ([each for each in others if each not in without], ""),
    ):
        if dialects:
            yield f"It says nothing of {', '.join(each.name for each in dialects)}{why}."


def _example(shown: Example, form: Form) -> Iterator[str]:
    kept, wrong = shown.kept, shown.wrong
    against = "" if wrong is None or shown.mistake is not None else wrong.dialect.name
    if shown.mistake is not None:
        yield from (f"The mistake that it catches here: {shown.mistake}", "")
    yield from tables(shown)
    asked = [of_scenario(each, kept.dialect.name, against) for each in shown.runs.values()]
    yield from _tried(asked, form)
    if all(map(command, asked)):
        yield from ("<details><summary>as JSON</summary>", "")
    else:
        yield from (f"<details><summary>as JSON, for <code>callcheck trace -{on_whose(asked[0])}</code></summary>", "")
    for each in shown.runs.values():
        yield from ("```json", dumps(each), "```", "")
    yield from ("</details>", "")


def _tried(asked: Sequence[State], form: Form) -> Iterator[str]:
    """How to try an example, and of two runs the other one: where the page answers, and on the command line if that is short."""
    for state, what in zip(asked, ("Try it", "The other run"), strict=False):
        short = command(state)
        ways = [f"[{what}]({address(state, form.site)})"] if form.site else []
        ways += [f"`{short}`"] if short else []
        if ways:
            yield from ("; or ".join(ways) if form.site else f"{what}: {ways[0]}", "")


def choice_text(choice: Choice, form: Form) -> Iterator[str]:
    """A question, its answers, and who gives them."""
    yield from (f'### <a id="{anchor(choice.id)}"></a>`{choice.id}`', "", choice.question)
    promise = promises()[choice.id]
    yield "The documentation is silent." if promise.place is None else f"Promised: {promise.place}."
    yield ""
    for value, meaning in choice.values.items():
        yield f"- `{value}`: {meaning} *({_whose(choice, value)})*"
    yield from ("", *_decides(choice, form))


def _whose(choice: Choice, value: str) -> str:
    """Who answers so: the dialects that are looked at, else an older release, another library, or nobody."""
    callback = next((name for name, each in CALLBACKS.items() if choice.id.startswith(f"{each.prefix}/")), None)
    has = (each for each in looked_at() if callback is None or each.has(callback) or choice.id.endswith("/arguments"))
    who = [dialect.name for dialect in has if dialect[choice.id] == value]
    if who and who != [DOCUMENTED]:
        return ", ".join(who)
    older = [each for each in shipped().values() if each.name != DOCUMENTED and each[choice.id] == value]
    if older:
        return ", ".join((*who, f"elsewhere, as {older[-1].name}"))
    if who:
        return DOCUMENTED
    libraries = [name for name, each in third_party().items() if each[choice.id] == value]
    return (
        f"another library: {', '.join(libraries)}"
        if libraries
        else "nobody's answer that is known: a fault that one can make"
    )


def _decides(choice: Choice, form: Form) -> Iterator[str]:
    """The clauses that are tied to a choice, and those that one of the dialects breaks by it."""
    holding = [clause.id for clause in CLAUSES.values() if choice.id in tied(clause)]
    broken = [
        clause.id for clause in CLAUSES.values()
        if any(choice.id == cause for each in standings(clause.id) for cause, _ in each.causes)
    ]  # fmt: skip
    for begin, ids in (("Clauses tied to it", holding), ("Clauses that are broken by it", broken)):
        if ids:
            yield from (f"{begin}: {', '.join(form.link(id, id) for id in ids)}.", "")
