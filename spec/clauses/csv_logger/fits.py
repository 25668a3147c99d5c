"""CSVLogger: what becomes of its file, and of its columns, in the fits that follow."""

from dataclasses import replace
from pathlib import PurePosixPath

from ...files import existing_files
from ...scenario import Scenario
from ..clause import Case, EpochSeen, Expectations, clause
from .shared import DOCUMENTATION, OBSERVED, cells, files_of, is_plain, lines_of

# ---------------------------------------------------------------------------------------------- several fits


@clause(
    "csv-logger/append/overwrites-unless-told-to-append",
    level="documented",
    source=f"follows from {DOCUMENTATION} (append)",
)
def overwrites(case: Case) -> Expectations:
    """Without append the file is written anew in every fit: a header, and as many rows as this fit has epochs. (Of a fit with an
    epoch: the header comes with the first row.)"""
    if case["append"]:
        return
    for file in files_of(case):
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
    """With append what earlier fits wrote stays, and a later fit writes behind it. (Where its last line has ended.)"""
    before: tuple[str, ...] = ()
    for index, lines in lines_of(case) if case["append"] and is_plain(case) else ():
        if index:
            yield case.at(index).expects_that(
                lines[: len(before)] == before, f"the {len(before)} lines that were there, first", got=f"{list(lines)}",
                because="append is True",
            )  # fmt: skip
        before = lines


@clause(
    "csv-logger/append/writes-no-second-header", level="observed", source=OBSERVED,
    choices={"csv-logger/header": "at-the-top"},
)  # fmt: skip
def no_second_header(case: Case) -> Expectations:
    """With append a fit that finds lines in the file writes no header, also if its columns are others: one row for each of its
    epochs is all that it writes. (Where the last of those has ended.)"""
    for file in files_of(case):
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
    """Without append an instance that is used for another fit writes what a new one would write: the columns of that fit."""
    ours, theirs = dict(lines_of(case)), dict(lines_of(case.beside()))
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
    for file in files_of(case):
        if first is not None and file.header:
            yield case.at(file.fit).expects_that(
                file.columns == first, f"the columns {list(first)}", got=f"{list(file.columns)}",
                because="these are the columns of the first fit",
            )  # fmt: skip
        first = first or (file.columns if file.header else None)


def _after_an_interruption(case: Case) -> tuple[tuple[str, ...], tuple[str, ...], list[EpochSeen]] | None:
    """Of an instance whose first fit somebody interrupted behind its first row, and whose second came to its end: the lines after
    the one and after the other, and the epochs of the second. None where there is none, or something was there before."""
    lines = dict(lines_of(case))
    if len(lines) < 2 or case.scenario.existing or not is_plain(case) or case.scenario.fits[1].instances != "same":
        return None
    first, second = case.trace.fits[:2]
    run = list(case.epochs(1))
    if first.error is None or second.error is not None or len(lines[0]) < 2 or not run:
        return None
    return lines[0], lines[1], run


@clause(
    "csv-logger/reuse/after-an-interruption-its-own-file", level="observed", source="observed: keras 3.15.1",
    choices={"csv-logger/after-an-interruption": "to-its-file", "csv-logger/header": "at-the-top"}, errors=True, resumed=True,
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
    new = [cells(line.lstrip("\0"), case["separator"])[0] for line in after[-len(run) :]]
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
