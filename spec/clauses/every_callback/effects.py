"""What a callback does beside its work: to the logs that it is given, to files, to the weights, and in what it says.

Rules
- The sentences hold for a callback that somebody else wrote, too; what only says which lines and which logs are Keras's own is
  `observed`.
- They judge what was looked at: where an implementation cannot show it, they are not exercised.
"""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any

from ...files import existing_files
from ...trace import BatchTrace, EpochTrace, FitTrace, SideEffects
from ...weights import Weights
from ..clause import Case, EpochSeen, Expectations, clause
from .decisions import JOBS, LOOP, SOURCE, rate_names

OBSERVED = "observed: keras 3.15.1, tf-keras 2.21.0"
ALL_PARTS = ("", ".index", ".data-", "/")
"""How the names of the files go on of which one save consists, after the path to which it goes."""

DIRECTORY = "working directory"
FILES = "files"
OF_TRAINING = ("model.", "optimizer.", "params")
"""How the names of what belongs to one training begin."""


def _batches(case: Case) -> Iterator[tuple[EpochSeen, BatchTrace | None]]:
    """The batches to whose logs something was done, with their epoch; None once for an epoch in which there were none."""
    for epoch in case.epochs():
        if epoch.seen.batches is not None:
            yield from ((epoch, batch) for batch in epoch.seen.batches or (None,))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"


def _side_effects(case: Case) -> Iterator[tuple[Any, SideEffects]]:
    """What was left changed, by the epoch, the fit or the whole in which it was."""
    if case.trace.side_effects is not None:
        yield case, case.trace.side_effects
    for fit, _, seen in case.fits():
        for epoch in case.epochs(fit):
            if epoch.seen.side_effects is not None:
                yield epoch, epoch.seen.side_effects
        if seen.side_effects is not None:
            yield case.at(fit), seen.side_effects


def _changed(effects: SideEffects) -> str:
    return "; ".join(f"{name} changed at {', '.join(hooks)}" for name, hooks in effects.items())


# ---------------------------------------------------------------------------------------------- logs


@clause("every-callback/logs/nothing-is-removed", level="universal", source=SOURCE)
def nothing_is_removed(case: Case) -> Expectations:
    """A callback removes nothing from the logs that it is given at the end of an epoch or of a batch: callbacks that come after
    it read them, too."""
    why = "the callbacks that come later read the same logs"
    for epoch in case.epochs():
        if epoch.seen.removed is not None and epoch.shown.logs:
            removed = epoch.seen.removed
            yield epoch.expects_that(
                not removed,
                "all that was logged",
                got=lambda removed=removed: f"{_listed(removed)} removed",
                because=why,
            )
    for epoch, batch in _batches(case):
        removed = () if batch is None else batch.removed or ()
        yield epoch.expects_that(
            not removed, "all that the batch logged",
            got=lambda removed=removed, batch=batch: f"{_listed(removed)} removed at the end of batch index {batch.batch}",
            because=why,
        )  # fmt: skip


@clause("every-callback/logs/batch-metrics-are-not-changed", level="universal", source=SOURCE)
def batch_metrics_are_not_changed(case: Case) -> Expectations:
    """A callback leaves the values in a batch's logs as they are."""
    for epoch, batch in _batches(case):
        changed = () if batch is None else batch.changed or ()
        yield epoch.expects_that(
            not changed, "the logs of every batch as they were",
            got=lambda changed=changed, batch=batch: f"another {_listed(changed)} at the end of batch index {batch.batch}",
            because="that is what the training logged",
        )  # fmt: skip


@clause("every-callback/logs/only-the-rate-is-added", level="observed", source=OBSERVED, observes=("logged",))
def only_the_rate_is_added(case: Case) -> Expectations:
    """A callback adds nothing to the logs of an epoch, except the learning rate if that is what it sets, and nothing at all to
    those of a batch."""
    allowed = rate_names(case.scenario) if case.scenario.callback in JOBS["learning_rate"] else ()
    for epoch in case.epochs():
        logged = epoch.seen.logged or {}
        added = [name for name in logged if name not in epoch.shown.logs and name not in allowed]
        yield epoch.expects_that(
            not added, "nothing new in the logs" + (" but the learning rate" if allowed else ""), got=_listed(added),
            because=f"{case.scenario.callback} has nothing else to log",
        )  # fmt: skip
    for epoch, batch in _batches(case):
        added = [] if batch is None else [name for name in batch.logged or {} if name not in (batch.changed or ())]
        yield epoch.expects_that(
            not added, "nothing new in the logs of a batch", got=_listed(added),
            because=f"{case.scenario.callback} has nothing to log there",
        )  # fmt: skip


# ---------------------------------------------------------------------------------------------- files


@clause("every-callback/saved/no-other-file-appears", level="universal", source=SOURCE)
def no_other_file_appears(case: Case) -> Expectations:
    """A callback leaves no file in the working directory but those that it is its job to write."""
    saves = case.scenario.callback in JOBS["saved"]
    why = "nothing else was saved" if saves else f"{case.scenario.callback} writes no other files"
    for fit, _, seen in case.fits():
        for epoch in case.epochs(fit):
            if epoch.seen.files is not None:
                other = [file for file in _not_saved(epoch.seen) if not _is_own(case, file)]
                yield epoch.expects_that(not other, "no file but what is saved", got=_listed(other), because=why)
        if seen.files is not None:
            files = [file for file in seen.files if not _is_own(case, file)]
            yield case.at(fit).expects_that(
                not files, "no file from the hooks around the epochs", got=_listed(files), because=why
            )


def _is_own(case: Case, file: str) -> bool:
    """Whether it is the one file that the callback writes, or lies in its own directory."""
    if case.scenario.callback == "TensorBoard":
        return PurePosixPath(file).is_relative_to(case["log_dir"])
    return file == case.scenario.config.get("filename") or _is_in_backups(case, file)


def _is_in_backups(case: Case, file: str) -> bool:
    folder = case.scenario.config.get("backup_dir")
    return folder is not None and file.startswith(f"{folder}/" if folder else "")


def _not_saved(seen: EpochTrace) -> list[str]:
    """The new files that are no part of a save."""
    parts = tuple(save.path + part for save in seen.saved or () for part in ALL_PARTS[1:])
    whole = {save.path for save in seen.saved or ()}
    return [file for file in seen.files or () if file not in whole and not file.startswith(parts)]


@clause("every-callback/saved/no-file-disappears", level="universal", source=SOURCE)
def no_file_disappears(case: Case) -> Expectations:
    """A callback removes and renames no file in the working directory: neither one that was there before it, nor one that was
    saved. One that is saved anew under its name stays there. (Except that BackupAndRestore deletes its backups, and may delete
    everything in backup_dir with them.)"""
    there = bool(existing_files(case.scenario.existing))
    for fit, _, seen in case.fits():
        for epoch in case.epochs(fit):
            there = there or bool(epoch.seen.saved or epoch.seen.files)
            if there and epoch.seen.gone is not None:
                gone = [file for file in epoch.seen.gone if not _is_in_backups(case, file)]
                yield epoch.expects_that(
                    not gone, "every file still there", got=lambda gone=gone: f"{_listed(gone)} gone", because=WHOSE
                )
        there = there or bool(seen.files)
        if there and seen.gone is not None:
            gone = [file for file in seen.gone if not _is_in_backups(case, file)]
            yield case.at(fit).expects_that(
                not gone, "every file still there after the hooks around the epochs",
                got=lambda gone=gone: f"{_listed(gone)} gone", because=WHOSE,
            )  # fmt: skip


WHOSE = "whoever wrote a file, or had it saved, counts on it"


@clause("every-callback/files/none-before-training", level="universal", source=SOURCE)
def none_before_training(case: Case) -> Expectations:
    """A constructor makes no file in the working directory, and removes none: a script that fails before it trains has lost
    nothing."""
    effects = case.trace.side_effects
    if effects is not None:
        hooks = effects.get(FILES, ())
        yield case.expects_that(
            not hooks, "no change of files by the constructor", got=lambda: _changed({FILES: hooks}),
            because="nothing was trained yet",
        )  # fmt: skip


# ---------------------------------------------------------------------------------------------- the process


@clause("every-callback/process/the-working-directory-stays", level="universal", source=SOURCE)
def the_working_directory_stays(case: Case) -> Expectations:
    """The hooks of a callback leave the working directory of the process as it was before them."""
    why = "a relative path means another file to everybody else from then on"
    for place, effects in _side_effects(case):
        hooks = effects.get(DIRECTORY, ())
        yield place.expects_that(
            not hooks, "the working directory as it was", got=lambda hooks=hooks: f"another one after {_listed(hooks)}",
            because=why,
        )  # fmt: skip


@clause("every-callback/process/is-left-alone", level="universal", source=SOURCE)
def is_left_alone(case: Case) -> Expectations:
    """Neither the constructor nor a hook of a callback changes what the whole process shares: the variables of the environment,
    the random generators of Python and NumPy, from which it does not draw either, the filters of warnings, logging, NumPy's
    treatment of floating-point errors, the garbage collector, and Keras's own configuration. No thread of it is left running.
    (Except what saving itself does: where Keras 3 warns of the format .h5, absl gives the root logger a handler.)"""
    for place, effects in _side_effects(case):
        left = {
            name: hooks
            for name, hooks in effects.items()
            if name not in (DIRECTORY, FILES) and not name.startswith(OF_TRAINING)
        }
        yield place.expects_that(
            not left, "all that the process shares as it was", got=lambda left=left: _changed(left),
            because="it belongs to everybody in the process",
        )  # fmt: skip


# ---------------------------------------------------------------------------------------------- the model


@clause("every-callback/model/nothing-else-is-set", level="universal", source=SOURCE)
def nothing_else_is_set(case: Case) -> Expectations:
    """On the model and its optimizer a callback sets nothing beside what is a callback's work to set: the stop flag, the
    learning rate, and the weights; with BackupAndRestore also the optimizer's variables and the epoch with which training goes
    on, with SwapEMAWeights the averages among them, and with History the model's `history`. All other public attributes stay
    as they are, such as `trainable` and `momentum`, and none is added; so do the optimizer's variables, its steps and momenta
    also where restore_best_weights puts weights back, and what all callbacks of a fit are told of it as `params`."""
    for place, effects in _side_effects(case):
        left = {name: hooks for name, hooks in effects.items() if name.startswith(OF_TRAINING)}
        yield place.expects_that(
            not left, "nothing else of the model set", got=lambda left=left: _changed(left),
            because="whoever made the model has set it as it is to be trained",
        )  # fmt: skip


# ---------------------------------------------------------------------------------------------- weights


@clause(
    "every-callback/weights/are-left-alone-in-training", level="universal", source=SOURCE, except_for=JOBS["averages"]
)
def left_alone_in_training(case: Case) -> Expectations:
    """While epochs are run, no callback puts other weights into the model. Those whose job it is do so before the first one, as a
    BackupAndRestore that finds a backup, or, as an EarlyStopping with restore_best_weights, at the end of the last one that is
    run, or after it. (Except SwapEMAWeights, which exchanges them for their average, and back.)"""
    restores = case.scenario.callback in JOBS["weights"] and case["restore_best_weights"]
    for fit, _, seen in case.fits():
        for epoch in case.epochs(fit):
            hooks = epoch.seen.weights_set
            if hooks is None:
                continue
            if restores and epoch.index == seen.epochs_run - 1:
                hooks = tuple(hook for hook in hooks if hook != "epoch_end")
            yield epoch.expects_that(
                not hooks, "the weights that were trained", got=f"others, put there at {_listed(hooks)}",
                because="training goes on with them",
            )  # fmt: skip


@clause("every-callback/weights/a-fit-begins-with-those-of-the-one-before", level="universal", source=LOOP,
        observes=("weights",), except_for=JOBS["restored"])  # fmt: skip
def begins_with_those_before(case: Case) -> Expectations:
    """The first fit begins with the model's own weights, every later one with those that the model held when the fit before it
    had ended. (Except with BackupAndRestore, which brings those of a backup.)"""
    held: Weights | None = Weights(epoch=-1)
    for fit, _, seen in case.fits():
        if seen.weights_at_begin is not None and held is not None:
            yield case.at(fit).expects_that(
                seen.weights_at_begin == held, f"training to begin with {_whose(held)}", got=_whose(seen.weights_at_begin),
                because="that is what the model held" + (" when the fit before had ended" if fit else ""),
            )  # fmt: skip
        held = _at_the_end(seen, fit)


def _at_the_end(seen: FitTrace, fit: int) -> Weights | None:
    """What the model holds when the fit has ended, counted from the start of the scenario; None where it is not known."""
    held = seen.weights
    if held is None:
        return None
    if held.epoch == -1 and held.fit is None:
        return seen.weights_at_begin
    if held.fit == -1:
        return Weights(epoch=-1)
    return Weights(epoch=held.epoch, fit=fit if held.fit is None else held.fit, averaged=held.averaged)


def _whose(weights: Weights) -> str:
    if weights.fit is None:
        return "untrained weights"
    return f"the {'average' if weights.averaged else 'weights'} of epoch index {weights.epoch} of fit {weights.fit + 1}"


# ---------------------------------------------------------------------------------------------- messages


@clause("every-callback/printed/only-lines-that-are-known", level="observed", source=OBSERVED, observes=("printed",))
def only_known_lines(case: Case) -> Expectations:
    """A callback prints no line but those that say what it does: that it stops, restores, reduces, sets, saves or does not;
    and what stands in them is true: the epoch, the batch as the hook is told it, the path, a value with five decimals, and a
    new rate, as it is before float32 stores it. To standard error it writes nothing but its warnings, and what saving itself
    says there, as of the format .h5, or TensorFlow of a profile."""
    why = "every line says what the callback does, and that truly"
    for fit, _, seen in case.fits():
        for epoch in case.epochs(fit):
            yield epoch.expects_that("other" not in (epoch.seen.printed or ()), "no other line", got="one", because=why)
        yield case.at(fit).expects_that("other" not in (seen.printed or ()), "no other line", got="one", because=why)


@clause("every-callback/warned/only-of-the-metric", level="observed", source=OBSERVED, observes=("warned",))
def only_of_the_metric(case: Case) -> Expectations:
    """In its hooks a callback warns of nothing, nor logs a warning, but of a metric that is missing, or is an array; except
    where saving itself warns, as of the format .h5, and TensorBoard, of a model that cannot be written as JSON, or a profile
    that cannot be made."""
    why = "nothing else is to be warned of"
    for fit, _, seen in case.fits():
        for epoch in case.epochs(fit):
            others = [kind for kind in epoch.seen.warned or () if kind not in ("missing-metric", "array-metric")]
            yield epoch.expects_that(not others, "no other warning", got=_listed(others), because=why)
        yield case.at(fit).expects_that(
            not seen.warned, "no warning from the hooks around the epochs", got=_listed(seen.warned or ()), because=why
        )
