"""BackupAndRestore: what becomes of a fit that finds its backup damaged, as a process leaves it that ends while it writes.

The fits before that one find their files as they were left, and what they left is known from their saves.
"""

from functools import partial
from pathlib import PurePosixPath
from typing import NamedTuple

from ...trace import FitTrace
from ..clause import Case, Expectations, clause
from .shared import DOCUMENTATION, FILES, KERAS_3, Backup, by_epochs, runs

WEIGHTS, METADATA = FILES

damaged = partial(clause, errors=True, resumed=True, damaged=True)


class _Found(NamedTuple):
    """What a fit finds: `cut` are the files that are cut to nothing, by their names in the directory."""

    fit: int
    seen: FitTrace
    latest: Backup
    before: Backup | None
    cut: frozenset[str]

    @property
    def raised(self) -> str | None:
        """The type of the callback's own exception when the fit began."""
        error = self.seen.error
        return None if error is None or error.by == "other" or error.hook != "fit_begin" else error.type


def _found(case: Case) -> _Found | None:
    """The first fit that finds damaged files, if all of them are those of a backup."""
    index = next((index for index, fit in enumerate(case.scenario.fits) if fit.damaged), 0)
    earlier = [run for run in runs(case) if run.index < index]
    if not index or len(earlier) < index or index >= len(case.trace.fits):
        return None
    left = earlier[-1].before + earlier[-1].made
    deleted = not earlier[-1].interrupted and case["delete_checkpoint"]
    directory = PurePosixPath(str(case["backup_dir"]))
    paths = [PurePosixPath(path) for path in case.scenario.fits[index].damaged]
    if not left or deleted or any(path.parent != directory for path in paths):
        return None
    before = left[-2] if case["double_checkpoint"] and len(left) > 1 else None
    return _Found(index, case.trace.fits[index], left[-1], before, frozenset(path.name for path in paths))


def _gives_way(case: Case, found: _Found, what: str) -> Expectations:
    """The expectations that the fit begins with the backup before the latest."""
    before, begun = found.before, found.seen.weights_at_begin
    assert before is not None
    because = f"{what} of the backup of {found.latest.named} was cut to nothing, and that one is kept beside it"
    due = f"training to begin with the weights of {before.named}"
    if found.raised is not None:
        yield case.at(found.fit).expects_that(False, due, got=f"{found.raised} raised", because=because)
    elif begun is not None and before.weights is not None:
        yield case.at(found.fit).expects_that(
            begun == before.weights, due, got=lambda: f"those of epoch index {begun.epoch}", because=because
        )
    if found.raised is None and by_epochs(case) and found.seen.epochs:
        number = case.number(found.fit, 0)
        yield case.at(found.fit).expects_that(
            number == before.epoch + 1, f"training to begin with epoch index {before.epoch + 1}", got=f"{number}",
            because=because,
        )  # fmt: skip


PROMISED = f"{DOCUMENTATION} (double_checkpoint)"


@damaged("backup-and-restore/double-checkpoint/damaged-weights-give-way", level="documented", source=PROMISED)
def damaged_weights_give_way(case: Case) -> Expectations:
    """With double_checkpoint, a fit that finds the weights of the latest backup (latest.weights.h5) cut to nothing, as a process
    leaves them that ends while it writes, begins with the weights of the backup before it; with save_freq="epoch" also with the
    epoch after that."""
    found = _found(case)
    if found is not None and found.before is not None and WEIGHTS in found.cut <= set(FILES):
        yield from _gives_way(case, found, WEIGHTS)


@damaged("backup-and-restore/double-checkpoint/a-damaged-epoch-gives-way", level="documented", source=PROMISED)
def a_damaged_epoch_gives_way(case: Case) -> Expectations:
    """With double_checkpoint, a fit that finds the epoch's number of the latest backup (training_metadata.json) cut to nothing
    begins with the weights of the backup before it; with save_freq="epoch" also with the epoch after that."""
    found = _found(case)
    if found is not None and found.before is not None and found.cut == {METADATA}:
        yield from _gives_way(case, found, METADATA)


@damaged("backup-and-restore/restore/damaged-weights-raise", level="observed", source=KERAS_3,
         choices={"backup-and-restore/restores": "the-epoch"})  # fmt: skip
def damaged_weights_raise(case: Case) -> Expectations:
    """A fit that finds the weights of a backup cut to nothing, and no backup before it, raises OSError when it begins."""
    found = _found(case)
    if found is not None and found.before is None and WEIGHTS in found.cut:
        yield case.at(found.fit).expects_that(
            found.raised == "OSError", "OSError", got=found.raised or "nothing raised",
            because=f"the weights of {found.latest.named} were cut to nothing",
        )  # fmt: skip


@damaged("backup-and-restore/restore/a-damaged-epoch-raises", level="observed", source=KERAS_3,
         choices={"backup-and-restore/restores": "the-epoch", "backup-and-restore/damaged-metadata": "raises"})  # fmt: skip
def a_damaged_epoch_raises(case: Case) -> Expectations:
    """A fit that finds the epoch's number of the latest backup cut to nothing raises JSONDecodeError when it begins, with
    double_checkpoint, too."""
    found = _found(case)
    if found is not None and found.cut == {METADATA}:
        yield case.at(found.fit).expects_that(
            found.raised == "JSONDecodeError", "JSONDecodeError", got=found.raised or "nothing raised",
            because=f"the epoch's number of {found.latest.named} was cut to nothing",
        )  # fmt: skip
