"""BackupAndRestore: the backups that a trace tells of, fit by fit, and where it is said what they are.

A fit ends in one of two ways here: it comes to its end, or somebody else's exception interrupts it; what a callback itself raises
ends the scenario.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from ...scenario import Fit
from ...trace import FitTrace, Save
from ...values import Rate
from ...weights import Weights
from ..clause import Case, EpochSeen, clause

DOCUMENTATION = "https://keras.io/api/callbacks/backup_and_restore/"
OVERVIEW = f"{DOCUMENTATION} (first two paragraphs)"
STATE = f"{DOCUMENTATION} (second paragraph: the training state is restored)"
FIT = "https://keras.io/api/models/model_training_apis/"
OBSERVED = "observed: keras 3.15.1, tf-keras 2.21.0"
KERAS_3, KERAS_2 = "observed: keras 3.15.1", "observed: tf-keras 2.21.0"

FILES = ("latest.weights.h5", "training_metadata.json")

judged = partial(clause, errors=True, resumed=True)
"""A clause on interrupted fits, and on those that go on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Backup:
    """A backup that was made. `epoch`: the epoch in which; `batch`: behind which batch of it, None: at its end. `weights`: whose,
    counted from the start of the scenario; None: not known. `rate`: the optimizer's, where it did not change meanwhile."""

    epoch: int
    batch: int | None
    weights: Weights | None
    rate: Rate
    steps: int | None

    @property
    def named(self) -> str:
        return f"epoch index {self.epoch}" + ("" if self.batch is None else f", batch {self.batch}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A fit that began: `before` are the backups that it found, the latest last; `made` those that it made."""

    index: int
    fit: Fit
    seen: FitTrace
    before: tuple[Backup, ...]
    made: tuple[Backup, ...]

    @property
    def found(self) -> Backup | None:
        return self.before[-1] if self.before else None

    @property
    def interrupted(self) -> bool:
        return self.seen.error is not None


def runs(case: Case) -> Iterator[Run]:
    """The fits whose hooks were called, up to the first that a callback's own exception ended."""
    before: tuple[Backup, ...] = ()
    if case.scenario.existing:
        return
    for index, fit, seen in case.fits():
        error = seen.error
        if error is not None and (error.by != "other" or error.hook == "fit_begin"):
            return
        made = tuple(_backup(case, epoch, save) for epoch in case.epochs(index) for save in epoch.seen.saved or ())
        yield Run(index=index, fit=fit, seen=seen, before=before, made=made)
        before = () if error is None and case["delete_checkpoint"] else before + made


def _backup(case: Case, epoch: EpochSeen, save: Save) -> Backup:
    whose = save.weights
    if whose is not None and whose.epoch == -1:
        whose = case.trace.fits[epoch.fit].weights_at_begin
    elif whose is not None and whose.fit is None:
        whose = Weights(epoch=whose.epoch, fit=epoch.fit)
    steady = not any(act.learning_rate is not None and act.hook != "epoch_begin" for act in epoch.shown.others)
    return Backup(
        epoch=epoch.number, batch=save.batch, weights=whose, rate=epoch.seen.learning_rate if steady else None,
        steps=save.optimizer_steps,
    )  # fmt: skip


def by_epochs(case: Case) -> bool:
    return bool(case["save_freq"] == "epoch")


def is_number_of_batches(save_freq: object) -> bool:
    return isinstance(save_freq, int) and not isinstance(save_freq, bool) and save_freq > 0


def whole_epochs(case: Case, run: Run) -> Iterator[EpochSeen]:
    """The epochs of a fit that came to their end: all of whose batches were trained on, and whose backup was due."""
    epochs = list(case.epochs(run.index))
    cut = run.seen.error is not None and bool(epochs)
    for epoch in epochs[:-1] if cut else epochs:
        if not any(act.stop and act.hook != "epoch_end" for act in epoch.shown.others):
            yield epoch
