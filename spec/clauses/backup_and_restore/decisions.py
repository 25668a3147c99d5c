"""BackupAndRestore: it keeps what training needs to go on, and a fit that finds that goes on from there.

What is judged is which backups were made, what they hold, and where later fits begin. A fit ends in one of two ways here: it
comes to its end, or somebody else's exception interrupts it; what a callback itself raises ends the scenario.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ...callbacks import defaults, parameters
from ...editing import configured
from ...scenario import Fit, Scenario
from ...trace import FitTrace, Save
from ...values import Rate
from ...weights import Weights
from ..clause import Case, EpochSeen, Expectations, clause
from ..recording import changes_nothing, never_fails

DOCUMENTATION = "https://keras.io/api/callbacks/backup_and_restore/"
OVERVIEW = f"{DOCUMENTATION} (first two paragraphs)"
OBSERVED = "observed: keras 3.15.1, tf-keras 2.21.0"
KERAS_3, KERAS_2 = "observed: keras 3.15.1", "observed: tf-keras 2.21.0"

FILES = ("latest.weights.h5", "training_metadata.json")

judged = partial(clause, errors=True, resumed=True)
"""A clause on interrupted fits, and on those that go on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Backup:
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
class _Run:
    """A fit that began: `before` are the backups that it found, the latest last; `made` those that it made."""

    index: int
    fit: Fit
    seen: FitTrace
    before: tuple[_Backup, ...]
    made: tuple[_Backup, ...]

    @property
    def found(self) -> _Backup | None:
        return self.before[-1] if self.before else None

    @property
    def interrupted(self) -> bool:
        return self.seen.error is not None


def _runs(case: Case) -> Iterator[_Run]:
    """The fits whose hooks were called, up to the first that a callback's own exception ended."""
    before: tuple[_Backup, ...] = ()
    if case.scenario.existing:
        return
    for index, fit, seen in case.fits():
        error = seen.error
        if error is not None and (error.by != "other" or error.hook == "fit_begin"):
            return
        made = tuple(_backup(case, epoch, save) for epoch in case.epochs(index) for save in epoch.seen.saved or ())
        yield _Run(index=index, fit=fit, seen=seen, before=before, made=made)
        before = () if error is None and case["delete_checkpoint"] else before + made


def _backup(case: Case, epoch: EpochSeen, save: Save) -> _Backup:
    whose = save.weights
    if whose is not None and whose.epoch == -1:
        whose = case.trace.fits[epoch.fit].weights_at_begin
    elif whose is not None and whose.fit is None:
        whose = Weights(epoch=whose.epoch, fit=epoch.fit)
    steady = not any(act.learning_rate is not None and act.hook != "epoch_begin" for act in epoch.shown.others)
    return _Backup(
        epoch=epoch.number, batch=save.batch, weights=whose, rate=epoch.seen.learning_rate if steady else None,
        steps=save.optimizer_steps,
    )  # fmt: skip


def _by_epochs(case: Case) -> bool:
    return bool(case["save_freq"] == "epoch")


def _is_number_of_batches(save_freq: object) -> bool:
    return isinstance(save_freq, int) and not isinstance(save_freq, bool) and save_freq > 0


def _whole_epochs(case: Case, run: _Run) -> Iterator[EpochSeen]:
    """The epochs of a fit that came to their end: all of whose batches were trained on, and whose backup was due."""
    epochs = list(case.epochs(run.index))
    cut = run.seen.error is not None and bool(epochs)
    for epoch in epochs[:-1] if cut else epochs:
        if not any(act.stop and act.hook != "epoch_end" for act in epoch.shown.others):
            yield epoch


# ---------------------------------------------------------------------------------------------- backups


@judged("backup-and-restore/save-freq/after-every-epoch", level="documented", source=OVERVIEW)
def after_every_epoch(case: Case) -> Expectations:
    """With save_freq="epoch" a backup is made at the end of every epoch, and at no other time; it holds the weights of that
    epoch's training."""
    if not _by_epochs(case):
        return
    for run in _runs(case):
        for epoch in _whole_epochs(case, run):
            zeroed = any(act.weights for act in epoch.shown.others)
            made = [
                (each.batch, each.weights and each.weights.epoch) for each in run.made if each.epoch == epoch.number
            ]
            yield epoch.expects_that(
                len(made) == 1 and made[0][0] is None and (zeroed or made[0][1] in (None, epoch.number)),
                f"one backup, of the weights of epoch index {epoch.number}",
                got=f"{len(made)} backups" + "".join(f", of the weights of epoch index {each[1]}" for each in made),
                because="save_freq is 'epoch'",
            )  # fmt: skip


@judged(
    "backup-and-restore/save-freq/after-every-n-batches",
    level="documented",
    source=f"{DOCUMENTATION} (save_freq)",
)
def after_every_n_batches(case: Case) -> Expectations:
    """With an integer n above 0 a backup is made after every n-th batch of a fit with a new instance, counted across its epochs,
    and at no other time. The same holds with steps_per_execution=N if n and the batches of every epoch are multiples of N. (As
    long as nobody stops in the middle of an epoch.)"""
    every, steps = case["save_freq"], case.scenario.steps_per_execution
    if not _is_number_of_batches(every) or every % steps:
        return
    for run in _runs(case):
        if run.index and run.fit.instances != "new":
            continue
        if any(len(epoch.batch_logs()) % steps for epoch in run.fit.epochs):
            continue
        seen = 0
        for epoch in _whole_epochs(case, run):
            first = run.seen.initial_batch or 0 if epoch.index == 0 else 0
            due = []
            for batch in range(first, len(epoch.shown.batch_logs())):
                seen += 1
                due += [batch] if seen % every == 0 else []
            made = [each.batch for each in run.made if each.epoch == epoch.number]
            yield epoch.expects_that(
                made == due, f"backups after the batches {due}", got=f"after {made}",
                because=f"save_freq is {case['save_freq']}, and {seen} batches were seen by the end of the epoch",
            )  # fmt: skip
            if made != due:
                return


@judged("backup-and-restore/save-freq/false-backs-up-nothing", level="documented",
        source=f"follows from {DOCUMENTATION} (save_freq: False is for backups before a preemption alone)")  # fmt: skip
def false_backs_up_nothing(case: Case) -> Expectations:
    """With save_freq=False nothing is backed up."""
    for run in _runs(case) if case["save_freq"] is False else ():
        if run.seen.epochs:
            yield case.at(run.index).expects_that(
                not run.made, "no backup", got=f"{len(run.made)} backups", because="save_freq is False"
            )


@judged("backup-and-restore/save-freq/false-is-every-batch", level="observed", source=KERAS_3,
        choices={"backup-and-restore/save-freq": ("integers", "anything")})  # fmt: skip
def false_is_every_batch(case: Case) -> Expectations:
    """With save_freq=False, which is taken for 0, a backup is made after every batch. (Of one batch in each batch hook, and as
    long as nobody stops in the middle of an epoch.)"""
    for run in _runs(case) if case["save_freq"] is False and case.scenario.steps_per_execution == 1 else ():
        for epoch in _whole_epochs(case, run):
            first = run.seen.initial_batch or 0 if epoch.index == 0 else 0
            due = list(range(first, len(epoch.shown.batch_logs())))
            made = [each.batch for each in run.made if each.epoch == epoch.number]
            yield epoch.expects_that(
                made == due, f"backups after the batches {due}", got=f"after {made}", because="False is 0"
            )


@judged(
    "backup-and-restore/save-freq/anything-else-is-refused",
    level="observed",
    source=KERAS_3,
    choices={"backup-and-restore/save-freq": ("off", "integers")},
)
def anything_else_is_refused(case: Case) -> Expectations:
    """The constructor refuses, with an exception, a save_freq that is neither "epoch" nor an integer (False is one). (Of the
    arguments of this release, and a backup_dir that is not empty.)"""
    every = case["save_freq"]
    if not case.knows(*case.scenario.config) or not case.scenario.config.get("backup_dir"):
        return
    if every != "epoch" and not isinstance(every, int):
        yield case.expects_that(
            case.trace.rejected is not None, "an exception from the constructor", got="nothing raised",
            because=f"save_freq is {every!r}",
        )  # fmt: skip


@judged("backup-and-restore/save-freq/what-is-refused-raises-value-error", level="observed", source=OBSERVED,
        choices={"backup-and-restore/save-freq": ("off", "integers", "not-nothing")})  # fmt: skip
def refused_with_value_error(case: Case) -> Expectations:
    """A save_freq that is neither "epoch" nor an integer is refused with ValueError. (Of the arguments of this release, and a
    backup_dir that is not empty.)"""
    every, rejected = case["save_freq"], case.trace.rejected
    knows = case.knows(*case.scenario.config) and case.scenario.config.get("backup_dir")
    if rejected is not None and knows and every != "epoch" and not isinstance(every, int):
        yield case.expects_that(
            rejected.type == "ValueError", "ValueError", got=rejected.type, because=f"save_freq is {every!r}"
        )


@judged("backup-and-restore/save-freq/nothing-is-refused", level="observed", source=KERAS_2,
        choices={"backup-and-restore/save-freq": "not-nothing"})  # fmt: skip
def nothing_is_refused(case: Case) -> Expectations:
    """A save_freq of False or 0 raises ValueError, unless save_before_preemption is true."""
    if (
        case.knows(*case.scenario.config)
        and not case["save_freq"]
        and not case.scenario.config.get("save_before_preemption")
    ):
        got = "nothing raised" if case.trace.rejected is None else case.trace.rejected.type
        yield case.expects_that(
            got == "ValueError", "ValueError", got=got, because=f"save_freq is {case['save_freq']!r}"
        )


@judged("backup-and-restore/backup-dir/an-empty-one-is-refused", level="observed", source=KERAS_3,
        choices={"backup-and-restore/empty-dir": "refused"})  # fmt: skip
def empty_is_refused(case: Case) -> Expectations:
    """An empty backup_dir raises ValueError."""
    if case.knows(*case.scenario.config) and case.scenario.config.get("backup_dir") == "":
        got = "nothing raised" if case.trace.rejected is None else case.trace.rejected.type
        yield case.expects_that(got == "ValueError", "ValueError", got=got, because="backup_dir is empty")


# ---------------------------------------------------------------------------------------------- restoring


@judged(
    "backup-and-restore/restore/begins-with-the-backed-up-weights",
    level="documented",
    source=OVERVIEW,
)
def begins_with_the_weights(case: Case) -> Expectations:
    """A fit that finds a backup begins with the weights that were backed up last."""
    for run in _runs(case):
        begun = run.seen.weights_at_begin
        if run.found is not None and run.found.weights is not None and begun is not None:
            yield case.at(run.index).expects_that(
                begun == run.found.weights, f"the weights of {run.found.named}", got=f"those of epoch index {begun.epoch}"
                + ("" if begun.fit is None else f" of fit {begun.fit + 1}"),
                because="they were backed up last",
            )  # fmt: skip


@judged(
    "backup-and-restore/restore/goes-on-with-the-next-epoch",
    level="documented",
    source=OVERVIEW,
)
def goes_on(case: Case) -> Expectations:
    """With save_freq="epoch" a fit that finds a backup begins with the epoch after the one that was backed up last; where fit is
    to end before that, no epoch is run."""
    for run in _runs(case):
        if (
            run.found is not None
            and run.found.batch is None
            and run.found.epoch + 1 >= case.scenario.first_epoch(run.fit)
        ):
            due = run.found.epoch + 1
            got = case.number(run.index, 0)
            yield case.at(run.index).expects_that(
                got == due, f"training to begin with epoch index {due}", got=f"{got}",
                because=f"epoch index {run.found.epoch} was backed up last",
            )  # fmt: skip


@judged("backup-and-restore/restore/brings-back-the-optimizer", level="observed", source=OBSERVED,
        observes=("learning_rate_in_epoch",))  # fmt: skip
def brings_back_the_optimizer(case: Case) -> Expectations:
    """A fit that finds a backup begins with the optimizer as it was when the backup was made, its learning rate, count of steps
    and momenta, whatever the rate is set to before fit is called. (Checked of the rate; of the steps where the backup is one of
    an epoch, by training/backup/goes-on-as-if-nothing-had-happened.)"""
    for run in _runs(case):
        epochs = list(case.epochs(run.index))
        if run.found is None or run.found.rate is None or not epochs or epochs[0].seen.learning_rate_in_epoch is None:
            continue
        if not any(act.learning_rate is not None for act in epochs[0].shown.others):
            rate = epochs[0].seen.learning_rate_in_epoch
            yield epochs[0].expects_that(
                rate == run.found.rate, f"a learning rate of {run.found.rate!r}", got=repr(rate),
                because=f"that is what it was when {run.found.named} was backed up",
            )  # fmt: skip


@judged("backup-and-restore/restore/an-epoch-begins-again", level="observed", source=KERAS_3,
        choices={"backup-and-restore/restores": "the-epoch", "backup-and-restore/epoch-of-a-batch": "ended-epochs"})  # fmt: skip
def an_epoch_begins_again(case: Case) -> Expectations:
    """A backup in the middle of an epoch, or behind its last batch, has the epoch begun again from its first batch, with weights
    that have seen a part of it. (Of an instance that has seen the epoch before come to its end.)"""
    for run in _runs(case):
        found = run.found
        if found is None or found.batch is None or not run.seen.epochs:
            continue
        if _ended_before(case, run.index, found.epoch) and found.epoch > case.scenario.first_epoch(run.fit):
            begun = case.number(run.index, 0), run.seen.initial_batch or 0
            yield case.at(run.index).expects_that(
                begun == (found.epoch, 0), f"training to begin with epoch index {found.epoch}, batch 0",
                got=f"epoch index {begun[0]}, batch {begun[1]}", because=f"{found.named} was backed up last",
            )  # fmt: skip


def _ended_before(case: Case, fit: int, epoch: int) -> bool:
    """Whether the fit before the one of that index has seen the epoch before `epoch` come to its end."""
    return any(each.number == epoch - 1 for each in case.epochs(fit - 1))


@judged(
    "backup-and-restore/restore/goes-on-behind-the-batch", level="observed", source=KERAS_2,
    choices={"backup-and-restore/restores": "the-batch", "backup-and-restore/epoch-of-a-batch": "the-running-one"},
)  # fmt: skip
def goes_on_behind_the_batch(case: Case) -> Expectations:
    """A backup behind a batch has training go on behind that batch: in the same epoch, or with the next one if it was the epoch's
    last. (Every epoch of the fit has as many batches, of which there is one in each batch hook.)"""
    by_batches = _is_number_of_batches(case["save_freq"]) and case.scenario.steps_per_execution == 1
    for run in _runs(case) if by_batches else ():
        found = run.found
        numbers = {len(epoch.batch_logs()) for epoch in run.fit.epochs}
        if found is None or found.batch is None or len(numbers) != 1:
            continue
        last = found.batch == max(numbers) - 1
        due = (found.epoch + 1, 0) if last else (found.epoch, found.batch + 1)
        begun = case.number(run.index, 0), run.seen.initial_batch or 0
        yield case.at(run.index).expects_that(
            begun == due, f"training to begin with epoch index {due[0]}, batch {due[1]}",
            got=f"epoch index {begun[0]}, batch {begun[1]}", because=f"{found.named} was backed up last",
        )  # fmt: skip


@judged(
    "backup-and-restore/restore/a-backup-names-the-running-epoch",
    level="documented",
    source=OVERVIEW,
)
def names_the_running_epoch(case: Case) -> Expectations:
    """A backup that is made after a batch names the epoch that is under way, for the fit that goes on from it."""
    for run in _runs(case):
        last = run.made[-1] if run.made else run.found
        if last is None or last.batch is None or not run.seen.recorded or not isinstance(case["save_freq"], int):
            continue
        named = run.seen.recorded[0].get("epoch")
        if run.interrupted or not case["delete_checkpoint"]:
            yield case.at(run.index).expects_that(
                named == last.epoch, f"a backup that names epoch index {last.epoch}", got=f"one that names {named}",
                because=f"it was made in {last.named}",
            )  # fmt: skip


# ---------------------------------------------------------------------------------------------- without a backup


@judged("backup-and-restore/no-backup/begins-as-told", level="documented", source=OVERVIEW)
def begins_as_told(case: Case) -> Expectations:
    """A fit that finds no backup begins with the epoch that it is told; so also one after a fit that came to its end."""
    for run in _runs(case):
        if run.found is None:
            told = case.scenario.first_epoch(run.fit)
            begun = case.number(run.index, 0)
            yield case.at(run.index).expects_that(
                begun == told and not run.seen.initial_batch, f"training to begin with epoch index {told}", got=f"{begun}",
                because="there is no backup, and that is what fit was told",
            )  # fmt: skip


@judged("backup-and-restore/no-backup/begins-there-again", level="observed", source=KERAS_3,
        choices={"backup-and-restore/next-fit": "there-again"})  # fmt: skip
def begins_there_again(case: Case) -> Expectations:
    """A fit that finds no backup begins, if the model was restored in a fit before, with the epoch that the backup named there,
    unless that is 0, whatever it is told: the model keeps it, also for a fit that has no such callback. (Checked of fits that
    have it.)"""
    restored: int | None = None
    recorded: Sequence[Mapping[str, Any]] | None = None
    for run in _runs(case):
        restored = restored if run.fit.resume is None else None
        if run.found is not None:
            restored = recorded[0].get("epoch") if recorded else None
        elif restored:
            begun = case.number(run.index, 0)
            yield case.at(run.index).expects_that(
                begun == restored, f"training to begin with epoch index {restored}", got=f"{begun}",
                because="the model was restored there before",
            )  # fmt: skip
        recorded = run.seen.recorded


# ---------------------------------------------------------------------------------------------- what stays


@judged(
    "backup-and-restore/delete-checkpoint/deletes-the-backup",
    level="documented",
    source=OVERVIEW,
)
def deletes_the_backup(case: Case) -> Expectations:
    """When a fit has come to its end there is no backup any more, unless delete_checkpoint is false."""
    for run in _runs(case):
        if case["delete_checkpoint"] and not run.interrupted and run.seen.recorded is not None:
            yield case.at(run.index).expects_that(
                not run.seen.recorded, "no backup", got=f"{len(run.seen.recorded)}", because="training came to its end"
            )


@judged("backup-and-restore/delete-checkpoint/keeps-the-backup", level="documented",
        source=f"{DOCUMENTATION} (delete_checkpoint)")  # fmt: skip
def keeps_the_backup(case: Case) -> Expectations:
    """With delete_checkpoint=False the last backup stays when a fit has come to its end."""
    for run in _runs(case):
        kept = not case["delete_checkpoint"] and not run.interrupted and bool(run.before or run.made)
        if kept and run.seen.recorded is not None:
            yield case.at(run.index).expects_that(
                bool(run.seen.recorded), "a backup", got="none", because="delete_checkpoint is false"
            )


@judged("backup-and-restore/interruption/leaves-the-backup", level="documented", source=OVERVIEW)
def interruption_leaves_it(case: Case) -> Expectations:
    """When a fit was interrupted the last backup is there, be it one that the fit made or one that it found."""
    for run in _runs(case):
        if run.interrupted and run.seen.recorded is not None:
            due = bool(run.before or run.made)
            yield case.at(run.index).expects_that(
                bool(run.seen.recorded) == due, "a backup" if due else "no backup", got=f"{len(run.seen.recorded)}",
                because=(run.made or run.before)[-1].named + " was backed up" if due else "nothing was backed up",
            )  # fmt: skip


@judged("backup-and-restore/files/are-weights-and-metadata", level="observed", source=KERAS_3,
        choices={"backup-and-restore/restores": "the-epoch"})  # fmt: skip
def weights_and_metadata(case: Case) -> Expectations:
    """A backup is two files in backup_dir, latest.weights.h5 and training_metadata.json; with double_checkpoint those of the
    backup before it end with .bkp. Nothing else appears."""
    for run in _runs(case):
        number = len(run.before)
        for epoch in case.epochs(run.index):
            number += len([each for each in run.made if each.epoch == epoch.number])
            if epoch.seen.files is None or not number:
                continue
            due = {f"{case['backup_dir']}/{name}" for name in FILES}
            due |= {f"{path}.bkp" for path in due} if case["double_checkpoint"] and number > 1 else set()
            other = sorted({*epoch.seen.files} - due)
            yield epoch.expects_that(
                not other, f"no files but {', '.join(sorted(due))}", got=f"{', '.join(other)}",
                because=f"{'one backup was' if number == 1 else f'{number} backups were'} made",
            )  # fmt: skip


@judged("backup-and-restore/double-checkpoint/otherwise-one", level="documented", source=OVERVIEW)
def otherwise_one(case: Case) -> Expectations:
    """Without double_checkpoint there is at most one backup."""
    for run in _runs(case) if not case["double_checkpoint"] else ():
        if run.seen.recorded is not None and len(run.before + run.made) > 1:
            yield case.at(run.index).expects_that(
                len(run.seen.recorded) <= 1, "at most one backup", got=f"{len(run.seen.recorded)}",
                because="each takes the place of the one before",
            )  # fmt: skip


@judged("backup-and-restore/double-checkpoint/keeps-the-one-before", level="documented",
        source=f"{DOCUMENTATION} (double_checkpoint)")  # fmt: skip
def keeps_the_one_before(case: Case) -> Expectations:
    """With double_checkpoint the backup before the last is there, too, as long as there is a backup at all."""
    if not case["double_checkpoint"] or not case.knows("double_checkpoint"):
        return
    for run in _runs(case):
        if run.seen.recorded and len(run.made) > 1 and _by_epochs(case):
            due = [each.epoch + 1 for each in reversed(run.made[-2:])]
            got = [row.get("epoch") for row in run.seen.recorded]
            yield case.at(run.index).expects_that(
                got == due,
                f"backups that go on with the epochs {due}",
                got=f"{got}",
                because="double_checkpoint is true",
            )


# ---------------------------------------------------------------------------------------------- arguments


def _spelt_out(scenario: Scenario) -> Scenario | None:
    given = {
        name: value for name, value in defaults("BackupAndRestore").items() if name in parameters("BackupAndRestore")
    }
    missing = {name: value for name, value in given.items() if name not in scenario.config}
    return (
        configured(scenario, **missing)
        if missing and "backup_dir" in scenario.config and not scenario.existing
        else None
    )


@judged("backup-and-restore/arguments/defaults-are-those-documented", level="documented",
        source=f"{DOCUMENTATION} (Args; that of save_freq in the first paragraph)", related=_spelt_out)  # fmt: skip
def documented_defaults(case: Case) -> Expectations:
    """Leaving an argument out is giving save_freq="epoch", double_checkpoint=False, delete_checkpoint=True. (Nothing of somebody
    else's was there before.)"""
    left_out = (name for name in parameters("BackupAndRestore") if name not in case.scenario.config)
    yield from case.expects_the_same(f"the defaults are {', '.join(f'{name}={case[name]!r}' for name in left_out)}")


@judged("backup-and-restore/errors/ordinary-input-never-fails", level="universal", source=f"follows from {OVERVIEW}")
def ordinary_input(case: Case) -> Expectations:
    """Nothing is refused and nothing raises with a backup_dir that has a name, in which nothing of somebody else's is, and
    save_freq="epoch" or a whole number above 0, whether there is a backup or not. (Of arguments that the release has, and
    instances that are neither pickled nor copied.)"""
    freely = not case.scenario.existing and case.scenario.config.get("backup_dir") and case.knows(*case.scenario.config)
    moved = any(fit.instances not in ("same", "new") or fit.resume is not None for fit in case.scenario.fits)
    if freely and not moved and (_by_epochs(case) or _is_number_of_batches(case["save_freq"])):
        rejected, why = case.trace.rejected, f"config={dict(case.scenario.config)} is an ordinary one"
        got = "" if rejected is None else f"{rejected.type} from the constructor"
        yield case.expects_that(rejected is None, "no error", got=got, because=why)
        yield from never_fails(case, why)


# ---------------------------------------------------------------------------------------------- effects


@judged(
    "backup-and-restore/effects/only-backs-up",
    level="universal",
    source=f"follows from {OVERVIEW}",
    observes=("stop",),
)
def only_backs_up(case: Case) -> Expectations:
    """It stops nothing, prints nothing, warns of nothing, and leaves the logs as they are. (Nobody else stops.)"""
    if not any(act.stop for fit in case.scenario.fits for epoch in fit.epochs for act in epoch.others):
        yield from changes_nothing(case, "BackupAndRestore only makes backups and restores them")
