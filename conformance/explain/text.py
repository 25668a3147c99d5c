"""An explanation as text. Long records are told in part: what happened, and how many epochs lie between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from textwrap import wrap

from callcheck.spec.numbers import shortest_float32
from callcheck.spec.reading import printable

from ..report.words import wrapped
from .explanation import Explanation, Row
from .history import RATE_KEYS, Rounded
from .whatif import WhatIf

WIDTH = 118
NARROWEST = 40
"""A column that is narrower is not worth the lines that it takes."""
MOST_ROWS = 60
"""About a screen; of a longer record the first and the last things that happened are shown, and `--json` has every epoch."""


def text(*parts: Explanation) -> Iterator[str]:
    """The lines of an explanation, or of those of several callbacks in one fit, as they can be printed."""
    for line in _lines(parts):
        yield from wrapped(line, hanging="    ")


def _lines(parts: Sequence[Explanation]) -> Iterator[str]:
    first = parts[0]
    yield f"{title(parts)}, compared with {first.compared_with}"
    yield recognised(first)
    for note in (first.dialect_note, *first.notes):
        if note:
            yield from _item(note)
    for part in parts:
        yield ""
        if len(parts) > 1:
            yield f"{part.title}:"
        yield from table(part)
        for paragraph in paragraphs(part):
            yield ""
            yield from wrap(paragraph, WIDTH)
    traps = all_traps(parts)
    if traps:
        yield ""
        yield "Mind:"
        for trap in traps:
            yield from _item(trap)
    yield ""
    for line in audited(first):
        yield from wrap(line, WIDTH)
    for explanation in first.audit.explanations:
        yield from _item(explanation)
    found = [line for part in parts for line in what_ifs(part.what_ifs)]
    if found:
        yield ""
        yield "What if:"
        for line in found:
            yield from _wrapped(line)


def title(parts: Sequence[Explanation]) -> str:
    """The callbacks as they would be written, in their order."""
    return " + ".join(part.title for part in parts)


def paragraphs(explanation: Explanation) -> Iterator[str]:
    """What happened in each fit, with a word in front that says what the paragraph is."""
    several = len(explanation.summaries) > 1
    for index, paragraph in enumerate(explanation.summaries):
        yield (f"Fit {index + 1}: " if several else f"{headline(explanation)}: ") + paragraph


def all_traps(parts: Sequence[Explanation]) -> list[str]:
    """The traps of all callbacks, each once; with the callback's name where not all of several have it."""
    found: list[str] = []
    for trap in dict.fromkeys(trap for part in parts for trap in part.traps):
        having = [part.question.callback for part in parts if trap in part.traps]
        named = len(parts) > 1 and len(having) == 1 and not trap.startswith(having[0])
        found.append(f"{having[0]}: {trap}" if named else trap)
    return found


def headline(explanation: Explanation) -> str:
    """What the paragraph is: what happened, or what should have happened if the record shows something else."""
    return (
        "In short"
        if explanation.audit.agrees is not False
        else "What should have happened (the record differs, see below)"
    )


def recognised(explanation: Explanation) -> str:
    """What the record was taken for."""
    history = explanation.question.history
    metrics = [name for name in history.names() if name not in RATE_KEYS]
    count = sum(fit.length for fit in history.fits)
    epochs = f"{count} epoch{'s' * (count != 1)}" + (f" in {len(history.fits)} fits" if len(history.fits) > 1 else "")
    rate = ", with the learning rate" if history.fits[0].rate_key() else ""
    source = "" if history.source == history.kind else f"{history.source}: "
    return f"{source}{history.kind}, {epochs}, metrics {', '.join(map(printable, metrics)) or 'none'}{rate}"


def _item(line: str) -> list[str]:
    word = line.split(" ", 1)[0]
    return _wrapped(line[0].upper() + line[1:] if word.isalpha() else line)


def _wrapped(line: str) -> list[str]:
    return wrap(line, WIDTH, initial_indent="  - ", subsequent_indent="    ", break_on_hyphens=False)


def audited(explanation: Explanation) -> Iterator[str]:
    """The verdict on the record, in sentences; what would explain it is listed behind them."""
    audit = explanation.audit
    disagrees = "The record does not agree: " if audit.agrees is False else ""
    yield disagrees + (audit.sentence if disagrees else audit.sentence[0].upper() + audit.sentence[1:]) + "."
    if audit.explanations:
        yield "Each of these alone would explain it" + (
            "; the record does not tell which:" if len(audit.explanations) > 1 else ":"
        )
    elif audit.agrees is False and "looked for" not in audit.sentence:
        yield "No shipped dialect and no change among those tried, of one parameter or of patience with one more, explains it."


def what_ifs(found: Iterable[WhatIf]) -> Iterator[str]:
    """One line for each; neighbours of a range that do the same are one."""
    groups: list[list[WhatIf]] = []
    for each in found:
        if groups and groups[-1][-1].sentence == each.sentence and list(each.change) == list(groups[-1][-1].change):
            groups[-1].append(each)
        else:
            groups.append([each])
    for group in groups:
        title = group[0].title if len(group) == 1 else f"{group[0].title} to {group[-1].title}"
        yield f"{title}: {group[0].sentence}"


def number(value: float | None) -> str:
    if value is None:
        return ""
    return value.text if isinstance(value, Rounded) else f"{float(value):.6g}"


def rate(value: float | None) -> str:
    if value is None:
        return ""
    return value.text if isinstance(value, Rounded) else shortest_float32(value)


COLUMNS = ("epoch", "index", "value", "best", "wait", "cooldown", "rate")


def cells(explanation: Explanation, row: Row) -> dict[str, str]:
    """What stands in each column of an epoch's line."""
    return {
        "epoch": str(row.epoch + 1),
        "index": str(row.epoch),
        "value": number(row.value),
        "best": number(row.best),
        "wait": "" if row.wait is None else str(row.wait),
        "cooldown": "" if row.cooldown is None else str(row.cooldown),
        "rate": rate(row.rate),
    }


def table(explanation: Explanation) -> Iterator[str]:
    """The epochs, a line each, with what was decided and why below or beside it."""
    rows = shown(explanation)
    filled = [(cells(explanation, row), row) if isinstance(row, Row) else row for row in rows]
    used = [name for name in COLUMNS if any(not isinstance(each, str) and each[0][name] for each in filled)]
    titles = {**{name: name for name in COLUMNS}, "value": printable(explanation.question.monitor)}
    lines = [each[0] for each in filled if isinstance(each, tuple)]
    widths = {name: max(len(titles[name]), *(len(line[name]) for line in lines)) for name in used}
    yield "  ".join(titles[name].rjust(widths[name]) for name in used) + "  what was decided, and why"
    fit = 0
    for each in filled:
        if isinstance(each, str):
            yield f"  {each}"
            continue
        line, row = each
        if row.fit != fit:
            fit = row.fit
            yield f"fit {fit + 1}"
        told = "  ".join(line[name].rjust(widths[name]) for name in used) + "  "
        yield from _beside(told, row.sentence)


def _beside(numbers: str, sentence: str) -> Iterator[str]:
    """A line of a table: a sentence that is too long goes on in its column."""
    room = WIDTH - len(numbers)
    first, *more = wrap(sentence, room, break_on_hyphens=False) if room >= NARROWEST else [sentence]
    yield numbers + first
    yield from (" " * len(numbers) + line for line in more)


def shown(explanation: Explanation) -> list[Row | str]:
    """The rows, or of many those in which something happened, with how many epochs lie between."""
    story = explanation.story
    lengths = [len(fit.epochs) for fit in story.trace.fits]
    before = [sum(lengths[:index]) for index in range(len(lengths))]
    many = sum(lengths) > MOST_ROWS
    rows = explanation.telling_rows()
    kept: list[Row | str] = []
    next_place = 0
    for row in _ends_of(rows) if many else rows:
        place = before[row.fit] + row.epoch - story.first_epoch(row.fit)
        if skipped := place - next_place:
            kept.append(f"... {skipped} epoch{'s' * (skipped != 1)} ...")
        kept.append(row)
        next_place = place + 1
    return kept


def _ends_of(rows: Sequence[Row]) -> list[Row]:
    """The first row and the last, and of those between in which something happened the first few and the last ones."""

    def telling(places: Iterable[int]) -> Iterator[int]:
        return (at for at in places if (events := rows[at].events) and events != ("cooling",))

    few, inner = MOST_ROWS // 4, range(1, len(rows) - 1)
    first = list(islice(telling(inner), few))
    behind = inner[first[-1] :] if first else inner[:0]
    last = list(islice(telling(reversed(behind)), MOST_ROWS - few - 2))
    return [rows[at] for at in dict.fromkeys((0, *first, *reversed(last), len(rows) - 1))]
