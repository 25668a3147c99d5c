"""Histories in tables: CSVLogger's file, any table with a header and a row per epoch, and Lightning's metrics.csv.

Rules
- The separator is the one of `,;|`, tab and space that the header has.
- `NA`, an empty cell and `None` are "not recorded"; `nan` in any spelling is NaN.
- Epoch numbers that start again begin another fit, as CSVLogger's append=True leaves them. Others have to count up by one.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from .history import History, RecordedFit, UnreadableHistory, number

SEPARATORS = ",;\t| "


def table(text: str, source: str) -> History | None:
    """The history in a table; None if the text is none. Raises UnreadableHistory for a table that is broken."""
    first = text.lstrip("\ufeff\r\n ").split("\n", 1)[0]
    separator = next((each for each in SEPARATORS if each in first), None)
    header = [cell.strip().strip('"') for cell in first.split(separator)] if separator else [first.strip()]
    header = [name for name in header if name] if separator == " " else header
    if not _is_header(header):
        return None
    reader = csv.reader(text.lstrip("\ufeff\r\n ").splitlines(), delimiter=separator or ",", skipinitialspace=True)
    rows = _rows(reader, header, source)
    if "epoch" in header and "step" in header and "loss" not in header:
        return _lightning(list(rows), header, source)
    return _by_epoch(rows, header, source)


def _is_header(header: list[str]) -> bool:
    """Names, at least two or a known one, and no number among them."""
    if any(re.fullmatch(r"[-+.\d]*|nan|inf", name, re.IGNORECASE) and name for name in header):
        return False
    known = {"epoch", "loss", "val_loss", "accuracy", "val_accuracy"}
    return bool(known & set(header)) and all(len(name) < 200 for name in header)


def _rows(reader: Iterator[list[str]], header: list[str], source: str) -> Iterator[tuple[int, dict[str, float]]]:
    """The line number and the numbers of each row. Columns that hold no numbers are left out."""
    next(reader)
    kept = [(column, name) for column, name in enumerate(header) if name]
    width = len(header)
    names = [name or "" for name in header]
    for line, cells in enumerate(reader, 2):
        if not cells:
            continue
        if len(cells) != width and any(cell.strip() for cell in cells[width:]):
            raise UnreadableHistory(f"{source}, line {line}: {len(cells)} cells, where the header has {width} columns")
        try:
            yield line, dict(zip(names, map(float, cells), strict=True))
            continue
        except ValueError:  # a gap, or something wrong: look at each cell
            pass
        values = {}
        for column, name in kept:
            if column >= len(cells):
                raise UnreadableHistory(
                    f"{source}, line {line}: {len(cells)} cells, where the header has {width} columns"
                )
            text = cells[column]
            try:
                values[name] = float(text)
            except ValueError:
                try:
                    value = number(text)
                except ValueError:
                    if text.startswith("["):  # an array metric, as CSVLogger writes it
                        continue
                    raise UnreadableHistory(f"{source}, line {line}: {name}={text[:40]!r} is no number") from None
                if value is not None:
                    values[name] = value
        yield line, values


def _by_epoch(rows: Iterator[tuple[int, dict[str, float]]], header: list[str], source: str) -> History:
    numbered = "epoch" in header
    fits: list[tuple[int, list[Mapping[str, float]]]] = []
    last = -1
    for line, values in rows:
        epoch = int(_epoch(values, line, source)) if numbered else last + 1
        if not fits or epoch <= last:
            if fits and epoch != fits[0][0]:
                raise UnreadableHistory(f"{source}, line {line}: epoch {epoch} follows epoch {last}: out of order")
            fits.append((epoch, []))
        elif epoch != last + 1:
            raise UnreadableHistory(
                f"{source}, line {line}: epoch {epoch} follows epoch {last}: the epochs between them are missing"
            )
        fits[-1][1].append(values)
        last = epoch
    if not fits:
        raise UnreadableHistory(f"{source}: there is a header and no epoch below it")
    notes = [] if numbered else ["the table has no column `epoch`: its rows are taken as the epochs from 1"]
    if len(fits) > 1:
        notes.append(f"the epoch numbers start again: read as {len(fits)} fits, one after the other")
    start = fits[0][0]
    if start == 1:
        notes.append(
            "the epochs are numbered from 1: read as the first, second, ... epoch; CSVLogger numbers from 0, and "
            "initial_epoch=1 says that the first epoch is really missing"
        )
    return History(
        kind="a CSVLogger file" if numbered else "a table with a row per epoch",
        fits=tuple(
            RecordedFit(first_epoch=0 if start == 1 else start, logs=tuple(_without(logs, "epoch") for logs in found))
            for start, found in fits
        ),
        source=source,
        notes=tuple(notes),
    )


def _epoch(values: Mapping[str, float], line: int, source: str) -> float:
    epoch = values.get("epoch")
    if epoch is None or epoch != epoch or epoch != int(epoch) or epoch < 0:
        raise UnreadableHistory(f"{source}, line {line}: the epoch is no whole number from 0")
    return epoch


def _without(values: Mapping[str, float], *names: str) -> Mapping[str, float]:
    return {name: value for name, value in values.items() if name not in names}


def _lightning(rows: list[tuple[int, dict[str, float]]], header: list[str], source: str) -> History:
    """Several rows per epoch, one for each time that something was logged: the last of each metric counts."""
    epochs: dict[int, dict[str, float]] = {}
    for line, values in rows:
        if "epoch" in values:
            epochs.setdefault(int(_epoch(values, line, source)), {}).update(_without(values, "epoch", "step"))
    if not epochs:
        raise UnreadableHistory(f"{source}: there is a header and no epoch below it")
    for one, next_one in pairwise(epochs):
        if next_one != one + 1:
            raise UnreadableHistory(f"{source}: epoch {next_one} follows epoch {one}: out of order")
    return History(
        kind="Lightning's metrics.csv",
        fits=(RecordedFit(first_epoch=next(iter(epochs)), logs=tuple(epochs.values())),),
        source=source,
        notes=("of several rows of an epoch the last value of each metric counts",),
    )
