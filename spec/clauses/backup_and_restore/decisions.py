"""BackupAndRestore: it keeps what training needs to go on, and a fit that finds that goes on from there.

What is judged is which backups were made, what they hold, and where later fits begin.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ..clause import Case, Expectations
from ..recording import changes_nothing
from .shared import (
    DOCUMENTATION,
    FILES,
    FIT,
    KERAS_2,
    KERAS_3,
    OVERVIEW,
    STATE,
    Run,
    by_epochs,
    is_number_of_batches,
    judged,
    runs,
    whole_epochs,
)

# ---------------------------------------------------------------------------------------------- backups


@judged("backup-and-restore/save-freq/after-every-epoch", level="documented", source=OVERVIEW)
def after_every_epoch(case: Case) -> Expectations:
    """With save_freq="epoch" a backup is made at the end of every epoch, and at no other time; it holds the weights of that
    epoch's training."""
    if not by_epochs(case):
        return
    for run in runs(case):
        for epoch in whole_epochs(case, run):
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
    source=f"follows from {DOCUMENTATION} (save_freq)",
)
def after_every_n_batches(case: Case) -> Expectations:
    """With an integer n above 0 a backup is made after every n-th batch of a fit with a new instance, counted across its epochs,
    and at no other time. The same holds with steps_per_execution=N if n and the batches of every epoch are multiples of N. (As
    long as nobody stops in the middle of an epoch. That batches are counted on across epochs is an inference.)"""
    every, steps = case["save_freq"], case.scenario.steps_per_execution
    if not is_number_of_batches(every) or every % steps:
        return
    for run in runs(case):
        if run.index and run.fit.instances != "new":
            continue
        if any(len(epoch.batch_logs()) % steps for epoch in run.fit.epochs):
            continue
        seen = 0
        for epoch in whole_epochs(case, run):
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
    for run in runs(case) if case["save_freq"] is False else ():
        if run.seen.epochs:
            yield case.at(run.index).expects_that(
                not run.made, "no backup", got=f"{len(run.made)} backups", because="save_freq is False"
            )


@judged("backup-and-restore/save-freq/false-is-every-batch", level="observed", source=KERAS_3,
        choices={"backup-and-restore/save-freq": ("integers", "anything")})  # fmt: skip
def false_is_every_batch(case: Case) -> Expectations:
    """With save_freq=False, which is taken for 0, a backup is made after every batch. (Of one batch in each batch hook, and as
    long as nobody stops in the middle of an epoch.)"""
    for run in runs(case) if case["save_freq"] is False and case.scenario.steps_per_execution == 1 else ():
        for epoch in whole_epochs(case, run):
            first = run.seen.initial_batch or 0 if epoch.index == 0 else 0
            due = list(range(first, len(epoch.shown.batch_logs())))
            made = [each.batch for each in run.made if each.epoch == epoch.number]
            yield epoch.expects_that(
                made == due, f"backups after the batches {due}", got=f"after {made}", because="False is 0"
            )


# ---------------------------------------------------------------------------------------------- restoring


@judged(
    "backup-and-restore/restore/begins-with-the-backed-up-weights",
    level="documented",
    source=OVERVIEW,
)
def begins_with_the_weights(case: Case) -> Expectations:
    """A fit that finds a backup begins with the weights that were backed up last."""
    for run in runs(case):
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
    """With save_freq="epoch" a fit that finds a backup begins with the epoch after the one that was backed up last, whatever
    initial_epoch it is told; where fit is to end before that, no epoch is run."""
    for run in runs(case):
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


@judged("backup-and-restore/restore/brings-back-the-optimizer", level="documented", source=f"follows from {STATE}",
        observes=("learning_rate_in_epoch",))  # fmt: skip
def brings_back_the_optimizer(case: Case) -> Expectations:
    """A fit that finds a backup begins with the optimizer as it was when the backup was made, its learning rate, count of steps
    and momenta, whatever the rate is set to before fit is called. (That the optimizer belongs to the training state is an
    inference. Checked of the rate; of the steps where the backup is one of an epoch, by
    training/backup/goes-on-as-if-nothing-had-happened.)"""
    for run in runs(case):
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
    for run in runs(case):
        found = run.found
        if found is None or found.batch is None or not run.seen.epochs:
            continue
        if _ended_before(case, run.index, found.epoch) and found.epoch > case.scenario.first_epoch(run.fit):
            begun = case.number(run.index, 0), run.seen.initial_batch or 0
            yield case.at(run.index).expects_that(
                begun == (found.epoch, 0), f"training to begin with epoch index {found.epoch}, batch 0",
                got=f"epoch index {begun[0]}, batch {begun[1]}", because=f"{found.named} was backed up last",
            )  # fmt: skip


@judged("backup-and-restore/restore/a-second-interruption-loses-the-epoch", level="observed", source=KERAS_3,
        choices={"backup-and-restore/restores": "the-epoch", "backup-and-restore/epoch-of-a-batch": "ended-epochs"})  # fmt: skip
def a_second_interruption(case: Case) -> Expectations:
    """A backup that is made after a batch, by a new instance that has not seen an epoch end yet, names epoch 0, whatever epoch is
    under way: a fit that finds it has its weights, and begins with the epoch that it is told. So a script that went on from a
    backup, and is interrupted again in the epoch with which it went on, goes back to where it once began."""
    maker: Run | None = None
    for run in runs(case):
        found = run.found
        new = maker is not None and (maker.index == 0 or maker.fit.instances == "new")
        if maker and new and found and found.batch is not None and found.epoch == case.number(maker.index, 0):
            told = case.scenario.first_epoch(run.fit)
            begun = case.number(run.index, 0), run.seen.initial_batch or 0
            yield case.at(run.index).expects_that(
                begun == (told, 0), f"training to begin with epoch index {told}, as fit is told",
                got=f"epoch index {begun[0]}, batch {begun[1]}",
                because=f"{found.named} was backed up last, in the instance's first epoch",
            )  # fmt: skip
        maker = run if run.made else maker


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
    by_batches = is_number_of_batches(case["save_freq"]) and case.scenario.steps_per_execution == 1
    for run in runs(case) if by_batches else ():
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
    source=f"follows from {STATE}, and its save_freq",
)
def names_the_running_epoch(case: Case) -> Expectations:
    """A backup that is made after a batch names the epoch that is under way, for the fit that goes on from it. (An inference: the
    state that is restored is the one that was saved last, epoch number included.)"""
    for run in runs(case):
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


@judged(
    "backup-and-restore/no-backup/begins-as-told", level="documented",
    source=f"follows from {FIT} (initial_epoch) and {DOCUMENTATION} (second paragraph: at completion it is deleted)",
)  # fmt: skip
def begins_as_told(case: Case) -> Expectations:
    """A fit that finds no backup begins with the epoch that it is told; so also one after a fit that came to its end. (An
    inference: where there is nothing to restore, the arguments of fit decide.)"""
    for run in runs(case):
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
    for run in runs(case):
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
    for run in runs(case):
        if case["delete_checkpoint"] and not run.interrupted and run.seen.recorded is not None:
            yield case.at(run.index).expects_that(
                not run.seen.recorded, "no backup", got=f"{len(run.seen.recorded)}", because="training came to its end"
            )


@judged("backup-and-restore/delete-checkpoint/keeps-the-backup", level="documented",
        source=f"{DOCUMENTATION} (delete_checkpoint)")  # fmt: skip
def keeps_the_backup(case: Case) -> Expectations:
    """With delete_checkpoint=False the last backup stays when a fit has come to its end."""
    for run in runs(case):
        kept = not case["delete_checkpoint"] and not run.interrupted and bool(run.before or run.made)
        if kept and run.seen.recorded is not None:
            yield case.at(run.index).expects_that(
                bool(run.seen.recorded), "a backup", got="none", because="delete_checkpoint is false"
            )


@judged("backup-and-restore/interruption/leaves-the-backup", level="documented", source=OVERVIEW)
def interruption_leaves_it(case: Case) -> Expectations:
    """When a fit was interrupted the last backup is there, be it one that the fit made or one that it found."""
    for run in runs(case):
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
    for run in runs(case) if case.scenario.config.get("backup_dir") else ():
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
    for run in runs(case) if not case["double_checkpoint"] else ():
        if run.seen.recorded is not None and len(run.before + run.made) > 1:
            yield case.at(run.index).expects_that(
                len(run.seen.recorded) <= 1, "at most one backup", got=f"{len(run.seen.recorded)}",
                because="each takes the place of the one before",
            )  # fmt: skip


@judged("backup-and-restore/double-checkpoint/keeps-the-one-before", level="documented",
        source=f"{DOCUMENTATION} (double_checkpoint)")  # fmt: skip
def keeps_the_one_before(case: Case) -> Expectations:
    """With double_checkpoint the backup before the last is there, too, from the second one on and as long as there is any."""
    if not case["double_checkpoint"] or not case.knows("double_checkpoint"):
        return
    for run in runs(case):
        if run.seen.recorded and len(run.made) > 1 and by_epochs(case):
            due = [each.epoch + 1 for each in reversed(run.made[-2:])]
            got = [row.get("epoch") for row in run.seen.recorded]
            yield case.at(run.index).expects_that(
                got == due,
                f"backups that go on with the epochs {due}",
                got=f"{got}",
                because="double_checkpoint is true",
            )


# ---------------------------------------------------------------------------------------------- effects


@judged(
    "backup-and-restore/effects/only-backs-up",
    level="universal",
    source=f"follows from {OVERVIEW}",
    observes=("stop",),
)
def only_backs_up(case: Case) -> Expectations:
    """It stops nothing, prints nothing, warns of nothing, and leaves the logs as they are. (Nobody else stops, and the model is
    built before the fit.)"""
    if not any(act.stop for fit in case.scenario.fits for epoch in fit.epochs for act in epoch.others):
        yield from changes_nothing(case, "BackupAndRestore only makes backups and restores them")
