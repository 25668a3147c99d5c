"""What the clauses on CSVLogger share: the file as it is when a fit has ended, line by line.

It is read as csv with the configured separator, which has to be one character; what another one does has a clause of its own.
Metrics named `epoch` are left aside: that is the epoch's column.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass

from ..clause import Case, EpochSeen

DOCUMENTATION = "https://keras.io/api/callbacks/csv_logger/"
STREAMS = f"{DOCUMENTATION} (first sentence: it streams the results of epochs to a file)"
OBSERVED = "observed: keras 3.15.1, tf-keras 2.21.0"
NA = {"csv-logger/missing-metric": "na"}
SEPARATES = {"csv-logger/separator": "the-given-one"}


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """The file when the fit of that index has ended. `before`: the lines that were there when it began; `header`: whether the
    first line that it wrote is one; `rows`: its rows with the epochs that they are of; `columns`: the names in its header, or in
    the one that is there from before."""

    fit: int
    before: tuple[str, ...]
    lines: tuple[str, ...]
    columns: tuple[str, ...]
    header: bool
    rows: tuple[tuple[EpochSeen, dict[str, str]], ...]


def cells(line: str, separator: str) -> list[str]:
    return next(csv.reader([line], delimiter=separator))


def is_plain(case: Case) -> bool:
    separator = case["separator"]
    named_epoch = any("epoch" in epoch.logs for fit in case.scenario.fits for epoch in fit.epochs)
    return isinstance(separator, str) and len(separator) == 1 and not named_epoch


def lines_of(case: Case) -> Iterator[tuple[int, tuple[str, ...]]]:
    for index, _, seen in case.fits():
        if seen.recorded is not None:
            yield index, tuple(str(piece.get("line")) for piece in seen.recorded)


def files_of(case: Case) -> Iterator[File]:
    if not is_plain(case):
        return
    before: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    for index, lines in lines_of(case):
        kept = before if case["append"] else ()
        new = [cells(line, case["separator"]) for line in lines[len(kept) :]]
        header = bool(new) and new[0][:1] == ["epoch"]
        columns = tuple(new[0]) if header else columns
        rows = zip(case.epochs(index), new[header:], strict=False)
        named = tuple((epoch, dict(zip(columns, row, strict=False))) for epoch, row in rows)
        yield File(fit=index, before=kept, lines=lines, columns=columns, header=header, rows=named)
        before = lines
