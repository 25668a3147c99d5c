"""How things are said wherever callcheck prints: within a width, without control characters, cut, and counted in one way."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from callcheck.spec.reading import printable

if TYPE_CHECKING:
    from ..judge import Judgement

WIDTH = 120
"""Columns. A line is broken at a space; a word that is longer stays whole."""

LONGEST = 1000
"""Characters of a line, before it is broken: of one that is longer the beginning and the end are printed."""
MOST_LINES = 40
"""Lines of a message from outside: a screen."""


_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if code not in (0x09, 0x0A)}
_CONTROLS |= {code: f"\\u{code:04x}" for code in (*range(0xD800, 0xE000), 0x2028, 0x2029, *range(0x202A, 0x202F))}


def escaped(text: str) -> str:
    """Lines of text, as they are, with what would act on a terminal, or could not be encoded, written as an escape."""
    return text.translate(_CONTROLS)


def one_line(text: str) -> str:
    """The text in one line without what acts on a terminal or could not be encoded, which is escaped; cut in its middle where it
    is very long."""
    if len(text) <= LONGEST:
        return printable(text, LONGEST)
    end = LONGEST // 5
    return f"{printable(text[: LONGEST - end], LONGEST)} ... {printable(text[-end:], LONGEST)} ({len(text)} characters)"


def wrapped(text: str, indent: str = "", hanging: str = "  ") -> list[str]:
    """The text in lines of at most WIDTH columns, the later ones indented further."""
    given = text.split("\n", MOST_LINES)
    if len(given) > MOST_LINES:
        given[-1] = f"... ({given[-1].count(chr(10)) + 1} more lines)"
    lines: list[str] = []
    for each in map(one_line, given):
        if len(indent + each) <= WIDTH:
            lines.append(indent + each)
            continue
        inner = indent + each[: len(each) - len(each.lstrip())]
        lines += textwrap.wrap(
            each.strip(), WIDTH, initial_indent=inner, subsequent_indent=inner + hanging, break_long_words=False,
            break_on_hyphens=False,
        )  # fmt: skip
    return lines


def anchor(id: str) -> str:
    """The anchor of a clause or a choice in the specification."""
    return id.replace("/", "-")


def compared_with(dialect: str) -> str:
    """A dialect as people call it: `keras-3.15.1+jax` is Keras 3.15.1 on jax."""
    release, _, overlay = dialect.partition("+")
    if dialect == "documented":
        return "the documentation of Keras"
    for package, name in (("tf-keras-", "tf-keras "), ("keras-", "Keras "), ("tensorflow-", "TensorFlow ")):
        if release.startswith(package):
            return name + release.removeprefix(package) + (f" on {overlay.replace('+', ', ')}" if overlay else "")
    return f"the dialect {dialect}"


def many_of(count: int, word: str) -> str:
    """So many of something, as a phrase."""
    return f"{count} {word}" + ("" if count == 1 else "s")


def counted(judgements: Iterable[Judgement]) -> Counter[str]:
    """How many of them have which verdict."""
    return Counter(each.verdict for each in judgements)


def told(counts: Mapping[str, int]) -> str:
    """Counts of verdicts as a phrase, the most frequent first."""
    return ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items(), key=lambda item: -item[1]))
