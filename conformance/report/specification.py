"""The specification as a document: every clause with its example, the choices, the glossary. Its examples are its tests.

Rules
- As Markdown it is a front, in which every sentence stands, and a page for each part, with the examples: no file is longer than
  a host of repositories renders.
- The page of HTML is the whole of it in one document, rendered from the same Markdown: self-contained, without scripts, with a
  light and a dark look.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import PurePath

from callcheck.spec.callbacks import CALLBACKS, TRAINING
from callcheck.spec.choices import CHOICES
from callcheck.spec.clauses.clause import CLAUSES, Clause
from callcheck.spec.dialect import NEWEST
from callcheck.spec.documentation import sentences
from callcheck.spec.version import VERSION

from .clause_text import choice_text, clause_text, sentence_text, tied
from .example_table import cell
from .form import APPENDIX, CHOICES_PART, EVERY, FOR_HARNESSES, PARTS, Form, part_of
from .introduction import LEVELS, introduction
from .markup import document, style
from .standing import BREAKS, Standing, standings
from .words import anchor, compared_with

TITLE = "What training callbacks do: the specification"
FRONT = "SPECIFICATION.md"


@cache
def documents(front: str = FRONT) -> Mapping[str, str]:
    """The Markdown by file, the front first and its pages in a folder beside it, which is called like it."""
    form = Form(front=front, folder=PurePath(front).stem.lower())
    files = {front: [*_front(form), *introduction(form), *_breaks_of_all(form), *_index_of_all(form)]}
    for part in PARTS:
        files[f"{form.folder}/{part}.md"] = list(_page(part, form.at(part)))
    return {name: "\n".join(lines).rstrip("\n") + "\n" for name, lines in files.items()}


@cache
def markdown(site: str = "") -> str:
    """The whole in one document. `site`: where the page lies that answers, if there is one beside it."""
    form = Form(site=site)
    lines = [*_front(form), *introduction(form)]
    for part in PARTS:
        lines += (f"#{line}" if line.startswith("#") else line for line in _part(part, form))
    return "\n".join(lines) + "\n"


def page(site: str = "") -> str:
    """The document as a page. `site`: where the page lies that answers, if there is one beside it."""
    from markdown_it import MarkdownIt

    body = MarkdownIt("commonmark").enable("table").render(markdown(site))
    return document(TITLE, f"<main>\n{body}</main>", style(__package__, "specification.css"))


# ---------------------------------------------------------------------------------------------- the front


def _front(form: Form) -> Iterator[str]:
    yield from (f"# {TITLE}", "")
    what = f"{len(CLAUSES)} clauses on {', '.join(CALLBACKS)}"
    yield f"Version {VERSION}: {what}. Made by `callcheck clauses --markdown {FRONT}`; do not edit."
    yield ""
    if not form.site:
        yield (
            "Each example has a command that runs it again. `python -m callcheck.conformance.site` builds this document as "
            "`site/specification.html`, where each leads to a page that answers in the browser, without a server or a network."
        )
        yield ""
    contents = [("reading", "how to read it"), ("words", "words"), ("version", "version")]
    if form.paged:
        contents += [("breaks", f"where {compared_with(NEWEST)} breaks its documentation"), (EVERY, "all clauses")]
    yield f"Contents: {', '.join(f'[{said}](#{target})' for target, said in contents)}, and its parts:"
    yield from ("", "| part | clauses | " + " | ".join(LEVELS) + " |", "|---|---" + "|---" * len(LEVELS) + "|")
    for part, title in PARTS.items():
        levels: list[str] = [clause.level for group in _groups(part).values() for clause in group]
        counts = [len(levels), *(levels.count(level) for level in LEVELS)]
        shown = [f"{len(CHOICES)} choices", *[""] * len(LEVELS)] if part == CHOICES_PART else counts
        yield f"| [{title}]({form.part(part)}) | " + " | ".join(str(each or "") for each in shown) + " |"
    yield ""


def _breaks_of_all(form: Form) -> Iterator[str]:
    yield from (f'## <a id="breaks"></a>Where {compared_with(NEWEST)} breaks its documentation', "")
    for part, title in PARTS.items():
        if broken := list(_broken(part, form)):
            yield from (f"**{title}**", "", *broken, "")
    yield from ("What it breaks and no scenario can show stands in the tables of promises, under *Not held*.", "")


def _index_of_all(form: Form) -> Iterator[str]:
    """Every clause with its sentence, and every choice with its question: each under its anchor, with a link to its page."""
    for part, title in PARTS.items():
        yield from (f'## <a id="{part}"></a>[{title}]({form.part(part)})', "")
        if part == CHOICES_PART:
            for choice in CHOICES.values():
                yield f'- <a id="{anchor(choice.id)}"></a>{form.link(choice.id)}: {choice.question}'
        for members in _groups(part).values():
            for clause in members:
                broken = any(each.verdict == BREAKS for each in _of_newest(clause))
                level = clause.level + (f", broken by {compared_with(NEWEST)}" if broken else "")
                decided = ", ".join(f"`{choice}` is {' or '.join(each)}" for choice, each in tied(clause).items())
                where = f"*{level}*; where {decided}" if decided else f"*{level}*"
                said = sentence_text(clause.sentence)
                yield f'- <a id="{anchor(clause.id)}"></a>{form.link(clause.id)} ({where}): {said}'
        yield ""


# ---------------------------------------------------------------------------------------------- a part


def _page(part: str, form: Form) -> Iterator[str]:
    """A part as a page of its own."""
    lines = _part(part, form)
    yield from (next(lines), "")
    where = ", ".join(
        f"[{said}]({form.to_front(target)})"
        for target, said in (("reading", "how to read it"), ("words", "words"), (part, "all clauses"))
    )
    yield f"A part of [the specification]({form.to_front()}), version {VERSION}: {where}."
    yield from lines


def _part(part: str, form: Form) -> Iterator[str]:
    title, groups = PARTS[part], _groups(part)
    yield f'# <a id="{part}"></a>{title}'
    yield from ("", _about(part, form), "")
    if part == CHOICES_PART:
        for choice in CHOICES.values():
            yield from choice_text(choice, form)
        return
    if part == EVERY:
        ids = " and ".join(f"`{start}...`" if start.endswith("/") else f"`{start}`" for start in FOR_HARNESSES)
        yield from (f"The clauses called {ids} stand in the [appendix]({form.part(APPENDIX)}).", "")
    yield from _index(groups)
    if broken := list(_broken(part, form)):
        yield from (f"## {title}: where {compared_with(NEWEST)} breaks its documentation", "", *broken, "")
    yield from _promises(title, form)
    for group, members in groups.items():
        if part != APPENDIX:
            yield from (f"## {title}: {group.split('/')[1].replace('-', ' ')}", "")
        for clause in members:
            yield from clause_text(clause, form)


def _about(part: str, form: Form) -> str:
    """What all sentences of a part are about."""
    if part == CHOICES_PART:
        return (
            "What implementations decide differently: a question, its answers, and which dialects give them. `callcheck dialects "
            "NAME` prints a dialect; `callcheck history` says which release changed what."
        )
    if part == APPENDIX:
        return "What is required of whatever answers the suite, beside what a callback does."
    if part == TRAINING:
        return (
            "What several callbacks of one list do together, and what becomes of one when training is resumed or interrupted, or "
            "somebody else touches it."
        )
    which = "the callback that is spoken of" if part == EVERY else PARTS[part]
    return (
        f"Unless a clause says otherwise, {which} is the only callback in the list that `fit` is given; those that `fit` adds "
        f"itself do not count. What several do together is said [elsewhere]({form.part(TRAINING)})."
    )


@cache
def _groups(part: str) -> Mapping[str, Sequence[Clause]]:
    """The clauses of a part, by group."""
    groups: dict[str, list[Clause]] = {}
    for clause in CLAUSES.values():
        if part_of(clause.id) == part:
            groups.setdefault(clause.group, []).append(clause)
    return groups


def _index(groups: Mapping[str, Sequence[Clause]]) -> Iterator[str]:
    """The clauses of a part, by group."""
    for group, members in groups.items():
        links = ", ".join(f"[{clause.id.split('/')[2]}](#{anchor(clause.id)})" for clause in members)
        yield f"- *{group.split('/')[1]}*: {links}"
    yield ""


def _of_newest(clause: Clause) -> list[Standing]:
    """How the newest Keras stands to a documented clause."""
    found = standings(clause.id) if clause.level == "documented" else ()
    return [each for each in found if each.dialect.name == NEWEST]


def _broken(part: str, form: Form) -> Iterator[str]:
    """Which documented clauses the newest Keras breaks."""
    for members in _groups(part).values():
        for clause in members:
            for each in _of_newest(clause):
                if each.verdict == BREAKS:
                    why = ", ".join(f"{form.link(choice)} is `{each.dialect[choice]}`" for choice, _ in each.causes)
                    yield f"- {form.link(clause.id, clause.id.partition('/')[2])}: {why}"


def _promises(callback: str, form: Form) -> Iterator[str]:
    """What the documentation says of a callback, as a table."""
    if callback not in sentences():
        return
    yield from (
        f"## {callback}: what the documentation promises",
        "",
        "| place | promise | clauses |",
        "|---|---|---|",
    )
    for row in sentences()[callback]:
        said = cell(row.says) + ("" if row.missing is None else f"<br>*Not held: {cell(row.missing)}*")
        held = "<br>".join(form.link(id, id.partition("/")[2]) for id in row.clauses) or "none"
        yield f"| {cell(row.place)} | {said} | {held} |"
    yield ""
