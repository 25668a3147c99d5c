"""Histories in tables: CSVLogger's file, any table with a header and a row per epoch, and Lightning's metrics.csv.

Rules
- The separator is the one of `,;|`, tab and space that the header has.
- A column is looked at when it is asked for: a text in one that plays no part is no mistake. An array metric is left out.
- `NA`, an empty cell and `None` are "not recorded"; `nan` in any spelling is NaN.
- Epoch numbers that start again begin another fit, as CSVLogger's append=True leaves them. Others have to count up by one.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count, pairwise
from operator import eq
from typing import Any

from .history import LIGHTNING, RATE_KEYS, Column, History, RecordedFit, UnreadableHistory, number

SEPARATORS = ",;\t| "


def table(text: str, source: str) -> History | None:
    """The history in a table; None if the text is none. Raises UnreadableHistory for a table that is broken."""
    text = text.lstrip("\ufeff\r\n ")
    first = text.split("\n", 1)[0]
    separator = next((each for each in SEPARATORS if each in first), None)
    header = [cell.strip().strip('"') for cell in first.split(separator)] if separator else [first.strip()]
    header = [name for name in header if name] if separator == " " else header
    if not _is_header(header):
        return None
    for name in header:
        if name and header.count(name) > 1:
            raise UnreadableHistory(f"{source}: the header has {name} twice")
    text, last = _without_half_a_row(text, separator, len(header))
    cells = _cells(text, separator, len(header), source)
    if not cells.rows:
        raise UnreadableHistory(f"{source}: there is a header and no epoch below it")
    if "epoch" in header and "step" in header and "loss" not in header:
        return _lightning(cells, header, source)
    history = _by_epoch(cells, header, source)
    return history.replace(f"the last line, {last[:40]!r}, is cut off and left out") if last else history


def _without_half_a_row(text: str, separator: str | None, width: int) -> tuple[str, str]:
    """The text without a last line that was cut off while it was written; and that line."""
    end = text.rfind("\n") + 1
    last = text[end:]
    if not last.strip() or separator is None or last.count(separator) >= width - 1 or "\n" not in text[: end - 1]:
        return text, ""
    return text[:end], last


def _is_header(header: list[str]) -> bool:
    """Names, at least two or a known one, and no number among them."""
    if any(re.fullmatch(r"[-+.\d]*|nan|inf", name, re.IGNORECASE) and name for name in header):
        return False
    known = {"epoch", "loss", "val_loss", "accuracy", "val_accuracy"}
    return bool(known & set(header)) and all(len(name) < 200 for name in header)


class _Cells:
    """The rows below the header. `lines`: the number of each in the file."""

    def __init__(
        self, rows: Sequence[Any], lines: Sequence[int], column: Callable[[Sequence[Any], int], list[str]]
    ) -> None:
        self.rows = rows
        self.lines = lines
        self._column = column

    def column(self, index: int, begin: int = 0, end: int | None = None) -> list[str]:
        """The texts in the column of that index, from one row to another."""
        return self._column(self.rows[begin:end], index)


def _cells(text: str, separator: str | None, width: int, source: str) -> _Cells:
    """The cells, each row checked to have as many as the header. A million rows are split only where somebody looks."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.removesuffix("\n").split("\n")  # and at no other character
    if separator is None or separator == " " or '"' in text:
        reader = csv.reader(lines, delimiter=separator or ",", skipinitialspace=True)
        try:
            read = [(reader.line_num, cells) for cells in reader if cells][1:]
        except csv.Error as error:
            raise UnreadableHistory(f"{source}, line {reader.line_num}: {error}") from None
        _check_widths(((line, cells) for line, cells in read), width, source)
        return _Cells([cells for _, cells in read], [line for line, _ in read], _of_lists)
    numbers: Sequence[int] = range(2, len(lines) + 1)
    rows = lines[1:]
    if not all(rows):
        numbers = [number for number, row in zip(numbers, rows, strict=True) if row]
        rows = [row for row in rows if row]
    if {row.count(separator) for row in rows} - {width - 1}:
        _check_widths(zip(numbers, (row.split(separator) for row in rows), strict=True), width, source)
    return _Cells(rows, numbers, lambda rows, index: _of_texts(rows, separator, index, width))


def _of_texts(rows: Sequence[str], separator: str, index: int, width: int) -> list[str]:
    """The cells of a column, each row split from the nearer end, and no further than there."""
    if index < width // 2:
        return [row.split(separator, index + 1)[index] for row in rows]
    behind = width - index
    return [row.rsplit(separator, behind)[-behind] for row in rows]


def _of_lists(rows: Sequence[list[str]], index: int) -> list[str]:
    return [cells[index] for cells in rows]


def _check_widths(rows: Iterable[tuple[int, list[str]]], width: int, source: str) -> None:
    for line, cells in rows:
        if len(cells) < width or any(cell.strip() for cell in cells[width:]):
            raise UnreadableHistory(f"{source}, line {line}: {len(cells)} cells, where the header has {width} columns")


class _Columns(Mapping[str, Column]):
    """The columns of a fit, each turned into numbers when it is asked for: most of a wide table never is.

    Asking raises UnreadableHistory for what is no number. `column`: the index of each name in the table.
    """

    def __init__(self, cells: _Cells, begin: int, end: int, columns: Mapping[str, int], source: str) -> None:
        self._cells, self._begin, self._end, self._columns, self._source = cells, begin, end, columns, source
        self._read: dict[str, Column] = {}

    def __getitem__(self, name: str) -> Column:
        if name not in self._read:
            texts = self._cells.column(self._columns[name], self._begin, self._end)
            try:
                self._read[name] = list(map(float, texts))
            except ValueError:  # a gap, or something wrong: look at each cell
                lines = self._cells.lines[self._begin : self._end]
                self._read[name] = [
                    _number(each, name, at, self._source) for at, each in zip(lines, texts, strict=True)
                ]
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


def _number(text: str, name: str, line: int, source: str) -> float | None:
    try:
        return number(text)
    except ValueError:
        raise UnreadableHistory(f"{source}, line {line}: {name}={text[:40]!r} is no number") from None


def _by_epoch(cells: _Cells, header: list[str], source: str) -> History:
    numbered = "epoch" in header
    begins, first = _fits(cells, header.index("epoch"), source) if numbered else ([0], 0)
    notes = [] if numbered else ["the table has no column `epoch`: its rows are taken as the epochs from 1"]
    if len(begins) > 1:
        notes.append(f"the epoch numbers start again: read as {len(begins)} fits, one after the other")
    if first == 1:
        notes.append(
            "the epochs are numbered from 1: read as the first, second, ... epoch; CSVLogger numbers from 0, and "
            "initial_epoch=1 says that the first epoch is really missing"
        )
    columns = {
        name: index
        for index, name in enumerate(header)
        if name not in ("", "epoch") and not cells.column(index, 0, 1)[0].lstrip('"').startswith("[")  # an array metric
    }
    ends = [*begins[1:], len(cells.rows)]
    return History(
        kind="a CSVLogger file" if numbered else "a table with a row per epoch",
        fits=tuple(
            RecordedFit(
                columns=_Columns(cells, begin, end, columns, source), length=end - begin,
                first_epoch=0 if first == 1 else first,
            )
            for begin, end in zip(begins, ends, strict=True)
        ),
        source=source,
        notes=tuple(notes),
    )  # fmt: skip


def _fits(cells: _Cells, column: int, source: str) -> tuple[list[int], int]:
    """The rows with which fits begin, and the number of the first epoch. Raises UnreadableHistory for a gap."""
    texts = cells.column(column)
    first = _epoch(texts[0], cells.lines[0], source)
    if all(map(eq, texts, map(str, count(first)))):  # by far the most frequent case
        return [0], first
    begins, last = [0], first - 1
    for row, (line, text) in enumerate(zip(cells.lines, texts, strict=True)):
        epoch = _epoch(text, line, source)
        if epoch <= last:
            if epoch != first:
                raise UnreadableHistory(f"{source}, line {line}: epoch {epoch} follows epoch {last}: out of order")
            begins.append(row)
        elif epoch != last + 1:
            later = str(last + 1) in texts[row + 1 :]
            why = "out of order" if later else "the epochs between them are missing"
            raise UnreadableHistory(f"{source}, line {line}: epoch {epoch} follows epoch {last}: {why}")
        last = epoch
    return begins, first


def _epoch(text: str, line: int, source: str) -> int:
    try:
        epoch = float(text)
        if epoch >= 0 and epoch == int(epoch):
            return int(epoch)
    except (ValueError, OverflowError):
        pass
    raise UnreadableHistory(f"{source}, line {line}: the epoch is no whole number from 0")


def _lightning(cells: _Cells, header: list[str], source: str) -> History:
    """Several rows per epoch, one for each time that something was logged: the last of each metric counts. LearningRateMonitor's
    rows name the step and no epoch, and a column for each optimizer: that of the only one is the rate, the first of an epoch."""
    names = [name for name in header if name not in ("", "epoch", "step")]
    columns = _Columns(cells, 0, len(cells.rows), {name: header.index(name) for name in names}, source)
    steps = _Columns(cells, 0, len(cells.rows), {"step": header.index("step")}, source)["step"]
    epochs: dict[int, dict[str, float]] = {}
    ends: dict[int, float] = {}
    monitored = [name for name in names if re.fullmatch(r"lr-\w+", name)]
    rates: list[tuple[float, float]] = []
    for row, text in enumerate(cells.column(header.index("epoch"))):
        values = {name: value for name in names if (value := columns[name][row]) is not None}
        step = steps[row]
        if text.strip():
            epoch = _epoch(text, cells.lines[row], source)
            epochs.setdefault(epoch, {}).update(values)
            ends[epoch] = max(ends.get(epoch, 0.0), step or 0.0)
        elif step is not None and len(monitored) == 1 and monitored[0] in values:
            rates.append((step, values[monitored[0]]))
    if not epochs:
        raise UnreadableHistory(f"{source}: there is a header and no epoch below it")
    for one, next_one in pairwise(epochs):
        if next_one != one + 1:
            raise UnreadableHistory(f"{source}: epoch {next_one} follows epoch {one}: out of order")
    for step, rate in rates:
        epoch = next((each for each, end in ends.items() if step <= end), -1)
        if epoch >= 0:
            epochs[epoch].setdefault(RATE_KEYS[0], rate)
    return History(
        kind=LIGHTNING,
        fits=(RecordedFit.of(list(epochs.values()), first_epoch=next(iter(epochs))),),
        source=source,
        notes=("of several rows of an epoch the last value of each metric counts",),
    )
