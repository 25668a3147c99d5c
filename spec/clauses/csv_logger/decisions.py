"""CSVLogger: it streams what every epoch logged to a file, a row for each."""

import math
from pathlib import PurePosixPath
from typing import TypeGuard

from ...editing import configured
from ...files import existing_directories
from ...scenario import Scenario
from ...values import Tensor, Value
from ..clause import Case, Expectations, clause
from ..recording import changes_nothing, never_fails
from .shared import DOCUMENTATION, NA, OBSERVED, SEPARATES, STREAMS, cells, files_of, is_plain, lines_of

# ---------------------------------------------------------------------------------------------- rows


@clause("csv-logger/rows/are-there-when-the-epoch-ends", level="observed", source=OBSERVED)
def there_when_the_epoch_ends(case: Case) -> Expectations:
    """When an epoch has ended its row is in the file, to be read by everybody: a training that is interrupted later has it.
    (Checked in fits that come to their end, of names and values without line breaks.)"""
    lines = dict(lines_of(case))
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
    for file in files_of(case):
        run = [str(epoch.number) for epoch in case.epochs(file.fit)]
        new = [cells(line, case["separator"])[:1] for line in file.lines[len(file.before) + file.header :]]
        yield case.at(file.fit).expects_that(
            new == [[each] for each in run], f"a row for each of the epochs {', '.join(run)}",
            got=f"rows that begin with {[cell for row in new for cell in row]}", because="these epochs were run",
        )  # fmt: skip


@clause(
    "csv-logger/header/names-the-columns", level="observed", source=OBSERVED,
    choices={"csv-logger/header": ("at-the-top", "always"), **SEPARATES},
)  # fmt: skip
def names_the_columns(case: Case) -> Expectations:
    """In a first fit, the first line of a new file names the columns: `epoch`, then, sorted by name, what the fit's first epoch
    logged; others, for a validation, may follow."""
    first = next(files_of(case), None)
    if first is not None and first.rows:
        due = ["epoch", *sorted(first.rows[0][0].shown.logs)]
        got = cells(first.lines[0], case["separator"])
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
    """Under the name of a metric stands the number that the epoch logged, in full: it reads back as the same float64. (A
    number of NumPy's that is a float32 stands there with the digits that float32 needs. Checked where the file has a header of
    that fit.)"""
    for file in files_of(case):
        for epoch, row in file.rows if file.header else ():
            for name, value in epoch.shown.logs.items():
                if name in file.columns and _is_number(value):
                    yield epoch.expects_that(
                        _is(row.get(name), float(value)), f"{name}={float(value)!r}", got=f"{row.get(name)}",
                        because="that is what the epoch logged",
                    )  # fmt: skip


@clause("csv-logger/values/arrays-stand-in-brackets", level="observed", source=OBSERVED)
def arrays_in_brackets(case: Case) -> Expectations:
    """An array of NumPy's of one dimension is written as all of its numbers, in brackets and quotation marks that belong to the
    cell: who reads the file with Python's csv gets `"[1.0, 2.0]"`, quotation marks included. (Of a tensor the parts stand there
    as its backend writes them.)"""
    for file in files_of(case):
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
    for file in files_of(case):
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
    for file in files_of(case):
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
    for file in files_of(case):
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
    for file in files_of(case):
        first = len(file.before) + file.header
        for epoch, line in zip(case.epochs(file.fit), file.lines[first:], strict=False):
            new = sorted(epoch.shown.logs.keys() - set(file.columns))
            if file.header and new:
                count = len(cells(line, case["separator"]))
                yield epoch.expects_that(
                    count == len(file.columns), f"{len(file.columns)} cells", got=f"{count}",
                    because=f"there is no column for {', '.join(new)}",
                )  # fmt: skip


@clause("csv-logger/missing-metric/raises", level="observed", source="observed: keras 2.3.1", errors=True,
        choices={"csv-logger/missing-metric": "raises"})  # fmt: skip
def missing_raises(case: Case) -> Expectations:
    """In a first fit, the first epoch that lacks a metric of the first epoch raises KeyError at its end, unless training is
    stopped in it."""
    if not is_plain(case) or case.trace.rejected is not None or not case.trace.fits or "/" in case["filename"]:
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
    same. (A separator that is neither a quotation mark nor a line break.)"""
    theirs = dict(lines_of(case.beside()))
    for index, lines in lines_of(case):
        if index in theirs:
            ours = [cells(line, case["separator"]) for line in lines]
            other = [cells(line, case.beside()["separator"]) for line in theirs[index]]
            yield case.at(index).expects_that(
                ours == other, f"the cells {other}", got=f"{ours}", because="only the separator is another one"
            )


@clause("csv-logger/separator/is-one-character", level="observed", source=OBSERVED, errors=True, choices=SEPARATES)
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
    the file, its NotFoundError at the end of the first epoch. (Where nothing else is in the folder's place.)"""
    if case.trace.rejected is not None or "/" not in case["filename"] or case.scenario.existing or not is_plain(case):
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
    if is_plain(case) and _can_be_opened(case) and len(names) == 1 and not moved:
        yield from never_fails(case, "everything that is logged here has a text, and the file can be opened")


def _can_be_opened(case: Case) -> bool:
    path, directories = PurePosixPath(case["filename"]), existing_directories(case.scenario.existing)
    return path not in directories and path.parent in (*directories, PurePosixPath("."))


@clause("csv-logger/effects/only-looks-on", level="universal", source=f"follows from {STREAMS}", observes=("stop",))
def only_looks_on(case: Case) -> Expectations:
    """It stops nothing, prints nothing, warns of nothing and leaves the logs as they are."""
    return changes_nothing(case, "CSVLogger only writes to its file")
