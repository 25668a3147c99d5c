"""CSVLogger: it streams what every epoch logged to a file, a row for each.

What is judged is the file as it is when a fit has ended, line by line. It is read as csv with the configured separator, which
has to be one character; what another one does has a clause of its own. Metrics named `epoch` are left aside: that is the epoch's
column.
"""

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TypeGuard

from ...editing import configured
from ...files import existing_directories, existing_files
from ...scenario import Scenario
from ...values import Tensor, Value
from ..clause import Case, EpochSeen, Expectations, clause
from ..recording import changes_nothing, never_fails

DOCUMENTATION = "https://keras.io/api/callbacks/csv_logger/"
STREAMS = f"{DOCUMENTATION} (first sentence: it streams the results of epochs to a file)"
OBSERVED = "observed: keras 3.15.1, tf-keras 2.21.0"
NA = {"csv-logger/missing-metric": "na"}


@dataclass(frozen=True, kw_only=True, slots=True)
class _File:
    """The file when the fit of that index has ended. `before`: the lines that were there when it began; `header`: whether the
    first line that it wrote is one; `rows`: its rows with the epochs that they are of; `columns`: the names in its header, or in
    the one that is there from before."""

    fit: int
    before: tuple[str, ...]
    lines: tuple[str, ...]
    columns: tuple[str, ...]
    header: bool
    rows: tuple[tuple[EpochSeen, dict[str, str]], ...]


def _cells(line: str, separator: str) -> list[str]:
    return next(csv.reader([line], delimiter=separator))


def _is_plain(case: Case) -> bool:
    separator = case["separator"]
    named_epoch = any("epoch" in epoch.logs for fit in case.scenario.fits for epoch in fit.epochs)
    return isinstance(separator, str) and len(separator) == 1 and not named_epoch


def _lines(case: Case) -> Iterator[tuple[int, tuple[str, ...]]]:
    for index, _, seen in case.fits():
        if seen.recorded is not None:
            yield index, tuple(str(piece.get("line")) for piece in seen.recorded)


def _files(case: Case) -> Iterator[_File]:
    if not _is_plain(case):
        return
    before: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    for index, lines in _lines(case):
        kept = before if case["append"] else ()
        new = [_cells(line, case["separator"]) for line in lines[len(kept) :]]
        header = bool(new) and new[0][:1] == ["epoch"]
        columns = tuple(new[0]) if header else columns
        rows = zip(case.epochs(index), new[header:], strict=False)
        named = tuple((epoch, dict(zip(columns, row, strict=False))) for epoch, row in rows)
        yield _File(fit=index, before=kept, lines=lines, columns=columns, header=header, rows=named)
        before = lines


# ---------------------------------------------------------------------------------------------- rows


@clause("csv-logger/rows/are-there-when-the-epoch-ends", level="observed", source=OBSERVED)
def there_when_the_epoch_ends(case: Case) -> Expectations:
    """When an epoch has ended its row is in the file, to be read by everybody: a training that is interrupted later has it.
    (Checked in fits that come to their end, of names and values without line breaks.)"""
    lines = dict(_lines(case))
    for index, _, seen in case.fits():
        if seen.error is not None or index not in lines or any("\n" in line for line in lines[index]):
            continue
        for later, epoch in enumerate(reversed(list(case.epochs(index)))):
            if epoch.seen.counts is not None:
                wanted, there = len(lines[index]) - later, epoch.seen.counts.get("lines")
                yield epoch.expects_that(
                    there == wanted, f"{wanted} lines in the file", got=there,
                    because=f"it has {len(lines[index])} in the end, and one is written in each epoch",
                )  # fmt: skip


@clause("csv-logger/rows/one-for-each-epoch", level="documented", source=f"follows from {STREAMS}")
def one_for_each_epoch(case: Case) -> Expectations:
    """A fit writes one row for every epoch that is run, the one in which training is stopped included, in their order; its first
    cell is the epoch's index, as the callbacks are told it. (That this is the first cell is an inference; and no metric is
    called epoch: its value would stand there, and in a column of its own.)"""
    for file in _files(case):
        run = [str(epoch.number) for epoch in case.epochs(file.fit)]
        new = [_cells(line, case["separator"])[:1] for line in file.lines[len(file.before) + file.header :]]
        yield case.at(file.fit).expects_that(
            new == [[each] for each in run], f"a row for each of the epochs {', '.join(run)}",
            got=f"rows that begin with {[cell for row in new for cell in row]}", because="these epochs were run",
        )  # fmt: skip


@clause("csv-logger/header/names-the-columns", level="observed", source=OBSERVED)
def names_the_columns(case: Case) -> Expectations:
    """In a first fit, the first line of a new file names the columns: `epoch`, then, sorted by name, what the fit's first epoch
    logged; others, for a validation, may follow."""
    first = next(_files(case), None)
    if first is not None and first.rows:
        due = ["epoch", *sorted(first.rows[0][0].shown.logs)]
        got = _cells(first.lines[0], case["separator"])
        yield case.at(0, 0).expects_that(
            got[: len(due)] == due, f"the header {due}", got=f"{got}", because="that is what the first epoch logged"
        )


def _is_number(value: Value) -> TypeGuard[float]:
    return isinstance(value, float) and not isinstance(value, bool)


def _is(cell: str | None, value: float) -> bool:
    try:
        number = float(cell or "no")
    except ValueError:
        return False
    return number == value or (math.isnan(number) and math.isnan(value))


@clause("csv-logger/values/are-those-logged", level="documented", source=f"follows from {STREAMS}")
def values_are_those_logged(case: Case) -> Expectations:
    """Under the name of a metric stands the number that the epoch logged, in full: it reads back as the same float64. (Checked
    where the file has a header of that fit.)"""
    for file in _files(case):
        for epoch, row in file.rows if file.header else ():
            for name, value in epoch.shown.logs.items():
                if name in file.columns and _is_number(value):
                    yield epoch.expects_that(
                        _is(row.get(name), float(value)), f"{name}={float(value)!r}", got=f"{row.get(name)}",
                        because="that is what the epoch logged",
                    )  # fmt: skip


@clause("csv-logger/values/arrays-stand-in-brackets", level="observed", source=OBSERVED)
def arrays_in_brackets(case: Case) -> Expectations:
    """An array of one dimension is written as all of its numbers, in brackets and quotation marks that belong to the cell: who
    reads the file with Python's csv gets `"[1.0, 2.0]"`, quotation marks included."""
    for file in _files(case):
        for epoch, row in file.rows if file.header else ():
            for name, value in epoch.shown.logs.items():
                if isinstance(value, tuple) and not isinstance(value, Tensor) and name in row:
                    text = row[name]
                    numbers = text[2:-2].split(", ") if text[:2] == '"[' and text[-2:] == ']"' else []
                    yield epoch.expects_that(
                        len(numbers) == len(value) and all(map(_is, numbers, value)), f"{name}={list(value)}", got=row[name],
                        because="that is what the epoch logged",
                    )  # fmt: skip


@clause("csv-logger/values/none-is-an-empty-cell", level="observed", source=OBSERVED)
def none_is_empty(case: Case) -> Expectations:
    """A metric that is None has an empty cell, and a boolean reads True or False."""
    for file in _files(case):
        for epoch, row in file.rows if file.header else ():
            for name, value in epoch.shown.logs.items():
                if name in row and (value is None or isinstance(value, bool)):
                    due = "" if value is None else str(value)
                    yield epoch.expects_that(
                        row[name] == due, f"{name}={due!r}", got=f"{row[name]!r}", because=f"the epoch logged {value}"
                    )


# ---------------------------------------------------------------------------------------------- metrics that come and go


@clause("csv-logger/missing-metric/is-na", level="observed", source=OBSERVED, choices=NA)
def missing_is_na(case: Case) -> Expectations:
    """A metric that has a column, and that an epoch does not log, is NA in its row."""
    for file in _files(case):
        for epoch, row in file.rows if file.header else ():
            for name in file.columns[1:]:
                if name not in epoch.shown.logs:
                    yield epoch.expects_that(
                        row.get(name) == "NA", f"{name}=NA", got=f"{row.get(name)}", because="the epoch did not log it"
                    )


@clause("csv-logger/missing-metric/a-validation-is-foreseen", level="observed", source=OBSERVED, choices=NA)
def validation_is_foreseen(case: Case) -> Expectations:
    """Where the first epoch of a fit logs nothing whose name begins with val_, every metric has a second column, with val_ in
    front of its name: for a validation that comes only every few epochs. Otherwise there are no other columns than those of the
    first epoch. (A first fit, where an instance keeps its columns.)"""
    for file in _files(case):
        if file.header and file.rows:
            names = sorted(file.rows[0][0].shown.logs)
            later = [] if any(name.startswith("val_") for name in names) else [f"val_{name}" for name in names]
            due = ("epoch", *names, *later)
            if not (case.dialect["csv-logger/reuse"] == "columns" and file.fit):
                yield case.at(file.fit, 0).expects_that(
                    file.columns == due, f"the columns {list(due)}", got=f"{list(file.columns)}",
                    because=f"the first epoch logs {names}",
                )  # fmt: skip


@clause("csv-logger/missing-metric/a-later-one-is-not-written", level="observed", source=OBSERVED)
def a_later_one_is_not_written(case: Case) -> Expectations:
    """A metric that comes later, and has no column, is not written: the row has the columns that there are, and nothing is said
    of it. So a learning rate that is logged from the second epoch on is lost. (Of a fit that writes a header.)"""
    for file in _files(case):
        first = len(file.before) + file.header
        for epoch, line in zip(case.epochs(file.fit), file.lines[first:], strict=False):
            new = sorted(epoch.shown.logs.keys() - set(file.columns))
            if file.header and new:
                cells = len(_cells(line, case["separator"]))
                yield epoch.expects_that(
                    cells == len(file.columns), f"{len(file.columns)} cells", got=f"{cells}",
                    because=f"there is no column for {', '.join(new)}",
                )  # fmt: skip


@clause("csv-logger/missing-metric/raises", level="observed", source="observed: keras 2.3.1", errors=True,
        choices={"csv-logger/missing-metric": "raises"})  # fmt: skip
def missing_raises(case: Case) -> Expectations:
    """In a first fit, the first epoch that lacks a metric of the first epoch raises KeyError at its end, unless training is
    stopped in it."""
    if not _is_plain(case) or case.trace.rejected is not None or not case.trace.fits or "/" in case["filename"]:
        return
    names = set(case.scenario.fits[0].epochs[0].logs)
    error = case.trace.fits[0].error
    for epoch in list(case.epochs(0))[1:]:
        if names - set(epoch.shown.logs):
            raised = error is not None and error.type == "KeyError" and error.epoch == epoch.number
            yield epoch.expects_that(
                raised != epoch.shown.stop, "NA" if epoch.shown.stop else "KeyError",
                got="nothing raised" if error is None else error.type,
                because=f"{sorted(names - set(epoch.shown.logs))} is missing" + (" where it stops" if epoch.shown.stop else ""),
            )  # fmt: skip
            return


# ---------------------------------------------------------------------------------------------- several fits


@clause(
    "csv-logger/append/overwrites-unless-told-to-append",
    level="documented",
    source=f"follows from {DOCUMENTATION} (append)",
)
def overwrites(case: Case) -> Expectations:
    """Without append the file is written anew in every fit: a header, and as many rows as this fit has epochs."""
    if case["append"]:
        return
    for file in _files(case):
        due = 1 + len(list(case.epochs(file.fit)))
        yield case.at(file.fit).expects_that(
            len(file.lines) == due and file.header, f"a header and {due - 1} rows",
            got=f"{len(file.lines)} lines{'' if file.header else ', no header'}", because="append is False",
        )  # fmt: skip


@clause(
    "csv-logger/append/empties-the-file-when-a-fit-begins", level="observed", source="observed: keras 3.15.1", errors=True,
    resumed=True, choices={"csv-logger/opens": "with-the-fit"},
)  # fmt: skip
def empties_the_file(case: Case) -> Expectations:
    """Without append, an empty file takes the place of the one before when a fit begins, before any epoch has ended: the rows of
    a fit before are lost, even if this one is interrupted at once, as are those of a script that is started again with a
    BackupAndRestore beside it."""
    name = case["filename"]
    there = PurePosixPath(name) in existing_files(case.scenario.existing) if isinstance(name, str) else False
    for index, _, seen in case.fits() if not case["append"] and isinstance(name, str) else ():
        if seen.error is not None and seen.error.by != "other":
            return
        if (
            seen.error is not None
            and seen.epochs_run <= 1
            and seen.error.hook != "epoch_end"
            and seen.recorded is not None
        ):
            yield case.at(index).expects_that(
                not seen.recorded,
                "an empty file",
                got=f"{len(seen.recorded)} lines",
                because="no epoch of this fit has ended",
            )
        if not there and seen.files is not None:
            yield case.at(index).expects_that(
                name in seen.files, f"{name} to be there when the fit begins", got=f"{list(seen.files)}",
                because="the file is made then",
            )  # fmt: skip
        there = True


@clause("csv-logger/append/keeps-what-is-there", level="documented", source=f"{DOCUMENTATION} (append)")
def keeps_what_is_there(case: Case) -> Expectations:
    """With append what earlier fits wrote stays, and a later fit writes behind it."""
    before: tuple[str, ...] = ()
    for index, lines in _lines(case) if case["append"] and _is_plain(case) else ():
        if index:
            yield case.at(index).expects_that(
                lines[: len(before)] == before, f"the {len(before)} lines that were there, first", got=f"{list(lines)}",
                because="append is True",
            )  # fmt: skip
        before = lines


@clause("csv-logger/append/writes-no-second-header", level="observed", source=OBSERVED)
def no_second_header(case: Case) -> Expectations:
    """With append a fit that finds lines in the file writes no header, also if its columns are others: one row for each of its
    epochs is all that it writes."""
    for file in _files(case):
        if file.before:
            new = len(file.lines) - len(file.before)
            due = len(list(case.epochs(file.fit)))
            yield case.at(file.fit).expects_that(
                new == due and not file.header, f"{due} lines more, no header among them",
                got=f"{new}{', with a header' if file.header else ''}", because="there are lines in the file already",
            )  # fmt: skip


def _later_fits(scenario: Scenario) -> Scenario | None:
    if len(scenario.fits) < 2 or scenario.config.get("append") or scenario.existing:
        return None
    return replace(scenario, fits=scenario.fits[1:])


@clause(
    "csv-logger/reuse/an-instance-used-again-behaves-as-a-new-one", level="observed", source="observed: keras 3.15.1",
    choices={"csv-logger/reuse": "nothing", "csv-logger/stop-in-the-first-epoch": "its-row"}, related=_later_fits,
    errors=True,
)  # fmt: skip
def as_a_new_one(case: Case) -> Expectations:
    """Without append an instance that is used for another fit writes what a new one would write: the columns of that fit. So it
    does where the fit before was interrupted."""
    ours, theirs = dict(_lines(case)), dict(_lines(case.beside()))
    for index, lines in theirs.items():
        if index + 1 in ours and case.trace.fits[index + 1].error is None:
            yield case.at(index + 1).expects_that(
                ours[index + 1] == lines, f"{list(lines)}", got=f"{list(ours[index + 1])}",
                because="a new instance writes that",
            )  # fmt: skip


@clause(
    "csv-logger/reuse/the-first-fit-decides-the-columns", level="observed", source="observed: tf-keras 2.21.0",
    choices={"csv-logger/reuse": "columns"},
)  # fmt: skip
def first_fit_decides(case: Case) -> Expectations:
    """The columns of an instance are those of its first fit: in a later one a metric that is new has no column."""
    first = None
    for file in _files(case):
        if first is not None and file.header:
            yield case.at(file.fit).expects_that(
                file.columns == first, f"the columns {list(first)}", got=f"{list(file.columns)}",
                because="these are the columns of the first fit",
            )  # fmt: skip
        first = first or (file.columns if file.header else None)


def _after_an_interruption(case: Case) -> tuple[tuple[str, ...], tuple[str, ...], list[EpochSeen]] | None:
    """Of an instance whose first fit somebody interrupted behind its first row, and whose second came to its end: the lines after
    the one and after the other, and the epochs of the second. None where there is none, or something was there before."""
    lines = dict(_lines(case))
    if len(lines) < 2 or case.scenario.existing or not _is_plain(case) or case.scenario.fits[1].instances != "same":
        return None
    first, second = case.trace.fits[:2]
    run = list(case.epochs(1))
    if first.error is None or second.error is not None or len(lines[0]) < 2 or not run:
        return None
    return lines[0], lines[1], run


@clause(
    "csv-logger/reuse/after-an-interruption-its-own-file", level="observed", source="observed: keras 3.15.1",
    choices={"csv-logger/after-an-interruption": "to-its-file"}, errors=True, resumed=True,
)  # fmt: skip
def its_own_file(case: Case) -> Expectations:
    """An instance whose first fit somebody interrupted behind its first row, and that is used again, writes the second fit as any
    other: with append behind what is there, else a header and the rows, each there when its epoch has ended. (Checked where the
    second fit comes to its end, and no file was there before the first.)"""
    if (found := _after_an_interruption(case)) is None:
        return
    before, _, run = found
    there = len(before) if case["append"] else 1
    for count, epoch in enumerate(run, there + 1):
        if epoch.seen.counts is not None:
            yield epoch.expects_that(
                epoch.seen.counts.get("lines") == count, f"{count} lines in the file", got=epoch.seen.counts.get("lines"),
                because=f"its first row comes behind line {there}, and each epoch writes one",
            )  # fmt: skip


@clause(
    "csv-logger/reuse/after-an-interruption-the-file-before", level="observed", source="observed: tf-keras 2.21.0",
    choices={"csv-logger/after-an-interruption": "to-the-file-before"}, errors=True, resumed=True,
)  # fmt: skip
def the_file_before(case: Case) -> Expectations:
    """An instance whose first fit somebody interrupted behind its first row, and that is used again, goes on in the file that the
    first fit had opened: without a header, and so that the rows can be read only when training has ended. (Checked where the
    second fit comes to its end, and no file was there before the first.)"""
    if (found := _after_an_interruption(case)) is None:
        return
    before, after, run = found
    new = [_cells(line.lstrip("\0"), case["separator"])[0] for line in after[-len(run) :]]
    wanted = [str(epoch.number) for epoch in run]
    yield case.at(1).expects_that(
        new == wanted, f"at the end of the file the rows of the epochs {', '.join(wanted)}", got=f"lines that begin with {new}",
        because="these were run after the interruption",
    )  # fmt: skip
    for epoch in run:
        if epoch.seen.counts is not None:
            there = epoch.seen.counts.get("lines")
            yield epoch.expects_that(
                there in (0, len(before)), f"no more than the {len(before)} lines of the fit before", got=there,
                because="the rows are there when training has ended",
            )  # fmt: skip


# ---------------------------------------------------------------------------------------------- separator and file


def _as_semicolons(scenario: Scenario) -> Scenario | None:
    separator = scenario.config.get("separator", ",")
    if not isinstance(separator, str) or len(separator) != 1:
        return None
    return configured(scenario, separator="," if separator == ";" else ";")


@clause(
    "csv-logger/separator/separates", level="documented", source=f"{DOCUMENTATION} (separator)", related=_as_semicolons
)
def separates(case: Case) -> Expectations:
    """The separator stands between the cells of a line, and nothing else is changed by it: with another one, the cells are the
    same."""
    theirs = dict(_lines(case.beside()))
    for index, lines in _lines(case):
        if index in theirs:
            ours = [_cells(line, case["separator"]) for line in lines]
            other = [_cells(line, case.beside()["separator"]) for line in theirs[index]]
            yield case.at(index).expects_that(
                ours == other, f"the cells {other}", got=f"{ours}", because="only the separator is another one"
            )


@clause("csv-logger/separator/is-one-character", level="observed", source=OBSERVED, errors=True)
def one_character(case: Case) -> Expectations:
    """A separator that is not one character raises TypeError at the end of the first epoch."""
    separator = case["separator"]
    if case.trace.rejected is not None or not case.trace.fits or "/" in case["filename"]:
        return
    if isinstance(separator, str) and len(separator) == 1:
        return
    error = case.trace.fits[0].error
    if error is None or error.hook != "fit_begin":  # the file itself may be in the way
        yield case.at(0, 0).expects_that(
            error is not None and (error.type, error.hook) == ("TypeError", "epoch_end"), "TypeError at the end of the epoch",
            got="none" if error is None else f"{error.type} in {error.hook}", because=f"separator={separator!r}",
        )  # fmt: skip


@clause("csv-logger/file/a-missing-folder-is-not-made", level="observed", source=OBSERVED, errors=True)
def folder_is_not_made(case: Case) -> Expectations:
    """The folder of the file has to be there: otherwise FileNotFoundError is raised when the fit begins; where TensorFlow opens
    the file, its NotFoundError at the end of the first epoch."""
    if case.trace.rejected is not None or "/" not in case["filename"] or case.scenario.existing or not _is_plain(case):
        return
    late = case.dialect["csv-logger/opens"] == "with-the-first-row"
    due = ("NotFoundError", "epoch_end") if late else ("FileNotFoundError", "fit_begin")
    error = case.trace.fits[0].error if case.trace.fits else None
    got = None if error is None else (error.type, error.hook)
    yield case.at(0).expects_that(
        got == due, f"{due[0]} in {due[1]}", got="none" if got is None else f"{got[0]} in {got[1]}",
        because=f"nobody makes the folder of {case['filename']}",
    )  # fmt: skip


@clause(
    "csv-logger/errors/what-can-be-written-never-fails", level="documented", errors=True,
    source=f"{DOCUMENTATION} (second sentence: whatever can be represented as a string)",
)  # fmt: skip
def never_raises(case: Case) -> Expectations:
    """No hook of a CSVLogger raises, whatever is logged, numbers, arrays, None or nothing at all, and whether the file is there
    already or not. Its separator is one character, its folder is there, no directory has its name, every epoch logs the metrics
    of the first one, and the instance is neither pickled nor copied. (Not checked of a tensor without dimensions, which the text
    means as well: Keras takes it for a list, and raises TypeError.)"""
    names = {frozenset(epoch.logs) for fit in case.scenario.fits for epoch in fit.epochs}
    moved = any(fit.instances not in ("same", "new") for fit in case.scenario.fits)
    if _is_plain(case) and _can_be_opened(case) and len(names) == 1 and not moved:
        yield from never_fails(case, "everything that is logged here has a text, and the file can be opened")


def _can_be_opened(case: Case) -> bool:
    path, directories = PurePosixPath(case["filename"]), existing_directories(case.scenario.existing)
    return path not in directories and path.parent in (*directories, PurePosixPath("."))


@clause("csv-logger/effects/only-looks-on", level="universal", source=f"follows from {STREAMS}", observes=("stop",))
def only_looks_on(case: Case) -> Expectations:
    """It stops nothing, prints nothing, warns of nothing and leaves the logs as they are."""
    return changes_nothing(case, "CSVLogger only writes to its file")
