"""BackupAndRestore: what becomes of backup_dir itself, and of what somebody else keeps in it."""

from pathlib import PurePosixPath

from ...files import existing_files
from ..clause import Case, Expectations, clause


@clause(
    "backup-and-restore/delete-checkpoint/deletes-the-whole-directory", level="observed", source="observed: keras 3.15.1",
    errors=True, resumed=True, choices={"backup-and-restore/deletes": "the-directory"},
)  # fmt: skip
def deletes_the_whole_directory(case: Case) -> Expectations:
    """When a fit has come to its end, the whole of backup_dir is deleted, whatever lies there, as files that somebody put there
    before training, and also where no backup was made; unless delete_checkpoint is false. (Of a directory below the working
    directory, not that itself.)"""
    folder = PurePosixPath(str(case.scenario.config.get("backup_dir", "")))
    files = existing_files(case.scenario.existing)
    theirs = sorted(str(file) for file in files if str(folder) != "." and file.is_relative_to(folder))
    ended = (index for index, _, seen in case.fits() if seen.error is None and seen.gone is not None)
    first = next(ended, None)
    if case["delete_checkpoint"] and theirs and first is not None:
        gone = case.trace.fits[first].gone or ()
        yield case.at(first).expects_that(
            set(theirs) <= set(gone), f"{', '.join(theirs)} deleted", got=", ".join(gone) or "nothing deleted",
            because=f"it lies in backup_dir, {str(folder)!r}, and training has come to its end",
        )  # fmt: skip
