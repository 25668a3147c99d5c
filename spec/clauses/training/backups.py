"""Backups: what a script that was interrupted, and is started again, does with a BackupAndRestore in its list.

Such a scenario has two fits: one that somebody else's exception ends, and the same one again, with new callbacks and mostly in a
fresh model, as a new process has them. Nobody else is at work.
"""

from collections.abc import Iterator
from dataclasses import replace

from ...callbacks import parameters
from ...scenario import Configured, Epoch, Fit, Scenario
from ..clause import Case, EpochSeen, Expectations, clause
from .shared import BACKUP, OBSERVED, SETS_THE_RATE, done, value

GOES_ON = "follows from https://keras.io/api/callbacks/backup_and_restore/ (first two paragraphs: the training state)"


def _remembers(each: Configured) -> bool:
    """Whether what a callback does depends on what it saw in epochs before; what it writes down aside."""
    if each.callback == "ModelCheckpoint":
        return bool(value(each, "save_best_only")) or value(each, "save_freq") != "epoch" or "period" in each.config
    return each.callback in ("EarlyStopping", "ReduceLROnPlateau")


def _place(scenario: Scenario) -> int | None:
    """The place of the one BackupAndRestore in the list, which makes a backup after every epoch; None if there is none."""
    found = [index for index, each in enumerate(scenario.configured()) if each.callback == BACKUP]
    if len(found) != 1:
        return None
    (place,) = found
    given = scenario.configured()[place]
    known = given.config.keys() <= set(parameters(BACKUP)) and bool(given.config.get("backup_dir"))
    return place if known and value(given, "save_freq") == "epoch" else None


def _interrupted(scenario: Scenario) -> tuple[Fit, int] | None:
    """The fit as it would be if it was not interrupted, and the index of its epoch with which it goes on; None for any other
    scenario than the one that this file is about."""
    place = _place(scenario)
    if place is None or len(scenario.fits) != 2 or scenario.existing or not isinstance(scenario.learning_rate, float):
        return None
    first, again = scenario.fits
    done = [(index, act) for index, epoch in enumerate(first.epochs) for act in epoch.others]
    if len(done) != 1 or done[0][1].raises is None or first.others or any(epoch.stop for epoch in first.epochs):
        return None
    ((index, act),) = done
    whole = replace(first, epochs=tuple(_undisturbed(epoch) for epoch in first.epochs))
    same = replace(again, instances="same", resume=None) == whole
    if not same or again.instances != "new" or again.learning_rate is not None or scenario.first_epoch(first) < 0:
        return None
    backed_up = act.hook == "epoch_end" and (
        (act.after is not None and act.after >= place) or (act.before is not None and act.before > place)
    )
    goes_on = index + 1 if backed_up else index
    fresh = again.resume is not None and again.resume.load == "nothing"
    return (whole, goes_on) if goes_on or fresh else None


def _ran(case: Case) -> bool:
    """Whether the first fit was interrupted, the second came to its end, and so did the one beside them."""
    if case.trace.rejected is not None or case.other.rejected is not None or len(case.trace.fits) != 2:
        return False
    first, again = case.trace.fits
    interrupted = first.error is not None and first.error.by == "other"
    return interrupted and again.error is None and case.other.fits[0].error is None


def _undisturbed(epoch: Epoch) -> Epoch:
    return replace(epoch, others=())


def _uninterrupted(scenario: Scenario) -> Scenario | None:
    """One fit that nobody interrupts; of callbacks that remember nothing."""
    found = _interrupted(scenario)
    if found is None or any(map(_remembers, scenario.configured())):
        return None
    return replace(scenario, fits=(found[0],))


@clause("training/backup/goes-on-as-if-nothing-had-happened", level="documented", source=GOES_ON, errors=True,
        related=_uninterrupted)  # fmt: skip
def as_if_nothing_had_happened(case: Case) -> Expectations:
    """A script that was interrupted, and is started again, does in the epochs that are left what it would have done without the
    interruption: the same epochs, rates and saves, of weights that were trained in the same epochs, in as many steps of the
    optimizer. What draws random numbers, as Dropout and a shuffled dataset do, draws others: the numbers in the weights are not
    promised. (With save_freq="epoch" of BackupAndRestore, and as long as the callbacks beside it remember nothing of the epochs
    before: no EarlyStopping, no ReduceLROnPlateau, no ModelCheckpoint with save_best_only or an integer save_freq, no
    SwapEMAWeights with swap_on_epoch above it in the list, of which the backup holds the average as the weights; nor is it about
    what a CSVLogger has written.)"""
    if not _ran(case):
        return
    because = "that is what it does if nobody interrupts it"
    theirs = {epoch.number: epoch for epoch in case.beside().epochs(0)}
    found = _interrupted(case.scenario)
    assert found is not None
    due = case.scenario.first_epoch(found[0]) + found[1]
    left = [number for number in theirs if number >= due]
    ours = list(case.epochs(1))
    yield case.at(1).expects_that(
        [epoch.number for epoch in ours] == left, f"the epochs {left}", got=f"{[epoch.number for epoch in ours]}",
        because=because,
    )  # fmt: skip
    for epoch in ours:
        if epoch.number in theirs:
            seen, other = _of(case, epoch), _of(case, theirs[epoch.number])
            yield epoch.expects_that(seen == other, _in_words(other), got=_in_words(seen), because=because)


Seen = tuple[tuple[object, ...], tuple[tuple[object, ...], ...]]


def _of(case: Case, epoch: EpochSeen) -> Seen:
    """The rates of an epoch, and what was saved in it."""
    rates = epoch.seen.learning_rate_in_epoch, epoch.seen.learning_rate
    return rates, tuple(_saves(case, epoch))


def _saves(case: Case, epoch: EpochSeen) -> Iterator[tuple[object, ...]]:
    for index in range(len(case.scenario.configured())):
        for save in done(epoch.seen, index).saved or ():
            yield save.path, save.weights and save.weights.epoch, save.optimizer_steps


def _in_words(seen: Seen) -> str:
    rates, saves = seen
    saved = ", ".join(f"{path} (epoch index {epoch}, {steps} steps)" for path, epoch, steps in saves)
    return f"learning rates of {rates[0]} and {rates[1]}, and saves of {saved or 'nothing'}"


# ---------------------------------------------------------------------------------------------- what is lost


def _begun_there(scenario: Scenario) -> Scenario | None:
    """One fit of new callbacks that is told to begin with the epoch with which the interrupted one goes on."""
    found = _interrupted(scenario)
    if found is None or any(each.callback in SETS_THE_RATE for each in scenario.configured()):
        return None
    whole, goes_on = found
    if goes_on == len(whole.epochs) or not any(map(_remembers, scenario.configured())):
        return None
    first = scenario.first_epoch(whole) + goes_on
    return replace(scenario, fits=(replace(whole, epochs=whole.epochs[goes_on:], initial_epoch=first),))


@clause("training/backup/brings-back-no-callback", level="observed", source=OBSERVED, errors=True, related=_begun_there,
        choices={"backup-and-restore/restores": ("the-epoch", "the-batch")})  # fmt: skip
def brings_back_no_callback(case: Case) -> Expectations:
    """What the other callbacks remembered is lost: when an interrupted script is started again they stop and save as in a first
    fit that begins with that epoch. EarlyStopping has forgotten its best value and its count, and a checkpoint with
    save_best_only writes over the best file with whatever comes first. (Of lists in which nobody sets the rate, and with
    save_freq="epoch" of BackupAndRestore.)"""
    if not _ran(case):
        return
    because = "a new callback knows nothing of the epochs before"
    ours, theirs = list(case.epochs(1)), list(case.beside().epochs(0))
    yield case.at(1).expects_that(
        len(ours) == len(theirs), f"{len(theirs)} epochs", got=f"{len(ours)}", because=because
    )
    for epoch, other in zip(ours, theirs, strict=False):
        mine = [path for path, *_ in _saves(case, epoch)]
        due = [path for path, *_ in _saves(case, other)]
        yield epoch.expects_that(
            (epoch.seen.stop, mine) == (other.seen.stop, due), f"stop={other.seen.stop}, saved {due}",
            got=f"stop={epoch.seen.stop}, saved {mine}", because=because,
        )  # fmt: skip
