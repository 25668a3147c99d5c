"""Several callbacks in one fit: one stop for all, what is seen of the logs, who commutes, who has the last word on the rate."""

import math
from dataclasses import replace

from ...numbers import float32, is_ordinary
from ...scenario import HOOKS_OF_EVALUATIONS, Configured, Scenario
from ...trace import CallbackInEpoch, EpochTrace
from ..clause import Case, EpochSeen, Expectation, Expectations, clause, equal_to
from .shared import (
    BACKUP,
    OBSERVED,
    RATE_KEYS,
    SETS_THE_RATE,
    acted_on,
    done,
    ended,
    is_named,
    names,
    nobody_acts,
    resumes,
    same_epochs,
    saves_epochs,
    value,
    write_apart,
)

LISTED = "follows from https://keras.io/api/models/model_training_apis/ (fit, callbacks: a list of them)"
RESTORES = "https://keras.io/api/callbacks/early_stopping/ (restore_best_weights)"
SCHEDULES = "https://keras.io/api/callbacks/learning_rate_scheduler/ (first sentence)"


# ---------------------------------------------------------------------------------------------- one stop for all


@clause("training/stop/all-see-the-end-of-the-epoch", level="universal", source=LISTED, observes=("stop",))
def all_see_the_end(case: Case) -> Expectations:
    """In an epoch in which the stop flag is set, by whomever, all callbacks still do their work at the epoch's end: a checkpoint
    of every epoch is written, and the learning rate is logged unless the logs are empty."""
    for epoch in case.epochs():
        if not epoch.seen.stop:
            continue
        for index, each in enumerate(case.scenario.configured()):
            because = f"{each.callback}, number {index + 1} of the list, has its turn in the stopping epoch, too"
            did = done(epoch.seen, index)
            if saves_epochs(each) and did.saved is not None:
                yield epoch.expects_that(bool(did.saved), "a file", got="none", because=because)
            if each.callback in SETS_THE_RATE and epoch.shown.logs and did.logged is not None:
                seen = set(RATE_KEYS) & {*did.logged, *epoch.shown.logs, *_logged_before(epoch.seen, index)}
                yield epoch.expects_that(bool(seen), "the learning rate logged", got="nothing", because=because)


def _logged_before(seen: EpochTrace, index: int) -> set[str]:
    """What the callbacks before that one added to the logs."""
    return {key for place in (seen.callbacks or ())[:index] for key in place.logged or ()}


@clause(
    "training/stop/the-rest-of-the-epoch-is-left-out", level="observed", source=OBSERVED, errors=True,
    choices={"training/stop-in-an-epoch": "after-the-batch"},
)  # fmt: skip
def rest_is_left_out(case: Case) -> Expectations:
    """Where the stop flag is set at a batch's end, as TerminateOnNaN sets it, the rest of the epoch's batches are left out: no
    callback sees them, and nothing is trained on them. The epoch's end is held, with its validation, and is the last. (Checked by
    the backups and checkpoints that are made after batches, and by the optimizer's steps in a first fit.)"""
    for index, _, seen in case.fits():
        made, last, known = 0, None, not index and not resumes(case.scenario) and BACKUP not in names(case.scenario)
        for epoch in case.epochs(index):
            last = _stopped_behind(case, epoch)
            if last is None:
                made += len(epoch.shown.batch_logs())
                continue
            made += last + 1
            for place in range(len(case.scenario.configured())):
                later = [save.batch for save in done(epoch.seen, place).saved or () if (save.batch or 0) > last]
                yield epoch.expects_that(
                    not later, f"nothing saved behind batch {last}", got=f"a save at the end of batch {later and later[0]}",
                    because="the stop flag is set at its end",
                )  # fmt: skip
        if last is not None and known and seen.error is None and seen.optimizer_steps is not None:
            yield case.at(index).expects_that(
                seen.optimizer_steps == made, f"{made} steps of the optimizer", got=f"{seen.optimizer_steps}",
                because="training ends with the batch at whose end the stop flag is set",
            )  # fmt: skip


def _stopped_behind(case: Case, epoch: EpochSeen) -> int | None:
    """The batch at whose end the stop flag is set; None if it is not, or nobody knows."""
    done = [act for act in epoch.shown.others if act.stop and act.hook not in ("epoch_end", *HOOKS_OF_EVALUATIONS)]
    stops = [act.batch or 0 for act in done]
    if any(act.hook != "batch_end" for act in done):
        return None
    if "TerminateOnNaN" in names(case.scenario):
        losses = enumerate(batch.get("loss") for batch in epoch.shown.batch_logs())
        stops += [batch for batch, loss in losses if isinstance(loss, float) and not math.isfinite(loss)]
    return min(stops) if stops and case.scenario.steps_per_execution == 1 else None


@clause("training/stop/the-best-weights-come-back-whoever-stopped", level="documented", source=RESTORES)
def restores_whoever_stopped(case: Case) -> Expectations:
    """With restore_best_weights the model holds the weights of the best epoch when training has ended, whoever set the stop flag.
    (In a first fit in which nobody else acts but by setting the stop flag before all callbacks, with one such callback, mode min
    or max, and no min_delta, baseline and start_from_epoch; its metric is not the rate, and in every epoch a finite plain number
    in the range of float32, none of them subnormal; float32 can tell the numbers apart.)"""
    listed = [each for each in case.scenario.configured() if value(each, "restore_best_weights")]
    if len(listed) != 1 or not case.trace.fits or acted_on(case.scenario):
        return
    (only,) = listed
    metric, mode = value(only, "monitor"), value(only, "mode")
    plain = (
        not any(only.config.get(name) for name in ("min_delta", "start_from_epoch")) and "baseline" not in only.config
    )
    epochs = list(case.epochs(0))
    values = [epoch.shown.logs.get(metric) for epoch in epochs]
    if mode not in ("min", "max") or not plain or not epochs or metric in RATE_KEYS:
        return
    numbers = [float32(each) for each in values if type(each) is float and is_ordinary(each)]
    if len(numbers) != len(values) or len(set(numbers)) != len(set(values)):
        return  # what float32 does not tell apart is another clause's matter
    best = numbers.index(min(numbers) if mode == "min" else max(numbers))
    weights = case.trace.fits[0].weights
    if weights is not None:
        yield case.at(0).expects_that(
            weights.epoch == epochs[best].number, f"the weights of epoch index {epochs[best].number}",
            got=lambda: f"those of epoch index {weights.epoch}",
            because=f"{metric}={values[best]!r} is the first best value",
        )  # fmt: skip


# ---------------------------------------------------------------------------------------------- the logs


@clause(
    "training/logs/later-callbacks-see-what-earlier-ones-logged",
    level="observed",
    source=OBSERVED,
    observes=("warned",),
    choices={"training/warnings": "given"},
)
def later_ones_see(case: Case) -> Expectations:
    """The callbacks share the logs of a hook: the rate that ReduceLROnPlateau or LearningRateScheduler logs is there for
    EarlyStopping and ModelCheckpoint further down in the list, and is missing for those further up. (The logs are not empty, and
    no metric has the name of the rate. Checked by their warnings of a metric that is missing, and so only where warnings are
    given.)"""
    listed = case.scenario.configured()
    for epoch in case.epochs():
        if not epoch.shown.logs or set(RATE_KEYS) & set(epoch.shown.logs):
            continue
        for index, each in enumerate(listed):
            warned = done(epoch.seen, index).warned
            before = {key for key in RATE_KEYS if key in _logged_before(epoch.seen, index)}
            monitored = value(each, "monitor")
            if monitored not in RATE_KEYS or warned is None or not _looks(each, epoch):
                continue
            there = monitored in before
            yield epoch.expects_that(
                ("missing-metric" in warned) != there,
                f"{each.callback} to find {monitored}" if there else f"{each.callback} to miss {monitored}",
                got="it was missing" if there else "it was found",
                because=f"a callback {'before' if there else 'at most behind'} it logs the rate",
            )


@clause(
    "training/logs/a-scheduler-logs-the-rate-at-its-place", level="observed", source=OBSERVED,
    observes=("learning_rate", "learning_rate_in_epoch"),
)  # fmt: skip
def logs_the_rate_at_its_place(case: Case) -> Expectations:
    """After a reduction, a LearningRateScheduler behind ReduceLROnPlateau in the list leaves the reduced rate in the logs, though
    it was not yet in force in the epoch; one before it the rate of the epoch. (One of each; the logs are not empty, and nobody
    else acts.)"""
    listed = names(case.scenario)
    if listed.count("ReduceLROnPlateau") != 1 or listed.count("LearningRateScheduler") != 1:
        return
    scheduler = listed.index("LearningRateScheduler")
    is_behind = listed.index("ReduceLROnPlateau") < scheduler
    for epoch in case.epochs():
        due = epoch.seen.learning_rate if is_behind else epoch.seen.learning_rate_in_epoch
        if not epoch.shown.logs or not nobody_acts(epoch) or type(due) is not float:
            continue
        logs = dict(epoch.shown.logs)
        for index in range(scheduler + 1):
            logs |= done(epoch.seen, index).logged or {}
        seen = [logs[key] for key in RATE_KEYS if key in logs]
        yield epoch.expects_that(
            any(map(equal_to(due).accepts, seen)), f"a rate of {due!r} in the logs", got=lambda seen=seen: str(seen),
            because=f"the scheduler stands {'behind' if is_behind else 'before'} ReduceLROnPlateau",
        )  # fmt: skip


def _looks(each: Configured, epoch: EpochSeen) -> bool:
    """Whether it looks for its metric at that epoch's end."""
    if each.callback == "ModelCheckpoint":
        return (
            bool(value(each, "save_best_only")) and value(each, "save_freq") == "epoch" and "period" not in each.config
        )
    return each.callback == "EarlyStopping"


# ---------------------------------------------------------------------------------------------- independence


OBSERVERS = ("ModelCheckpoint", "TerminateOnNaN", "History", "CSVLogger", "TensorBoard")
"""Who looks on: saves, writes down, or waits for what should not happen."""


def _without_an_observer(scenario: Scenario) -> Scenario | None:
    """Without the first of the observers, of several callbacks; None where others act, or files matter."""
    observers = [index for index, name in enumerate(names(scenario)) if name in OBSERVERS]
    if len(scenario.callbacks) < 2 or not observers or resumes(scenario) or acted_on(scenario):
        return None
    if not write_apart(scenario.callbacks):
        return None
    index = observers[0]
    return replace(scenario, callbacks=scenario.callbacks[:index] + scenario.callbacks[index + 1 :])


def _compared(ours: EpochSeen, theirs: EpochSeen, order: list[int], because: str) -> Expectations:
    """The expectation that an epoch is that of the run beside it, whose callbacks are ours in that `order`."""
    a, b = ours.seen, theirs.seen
    for what, mine, other in (
        ("the stop flag", a.stop, b.stop),
        ("the learning rate", a.learning_rate, b.learning_rate),
        ("the learning rate in the epoch", a.learning_rate_in_epoch, b.learning_rate_in_epoch),
    ):
        if mine is not None and other is not None:
            yield ours.expects_that(repr(mine) == repr(other), f"{what} {other!r}", got=repr(mine), because=because)
    for place, index in enumerate(order):
        did, beside = _core(done(a, index)), _core(done(b, place))
        yield ours.expects_that(
            repr(did) == repr(beside), f"callback number {index + 1} to do {beside}", got=str(did), because=because
        )


def _core(did: EpochTrace | CallbackInEpoch) -> tuple[object, ...]:
    return did.saved, did.warned, did.printed, did.logged


def _the_same_run(case: Case, order: list[int], because: str) -> Expectations:
    for ours, theirs in same_epochs(case):
        yield from _compared(ours, theirs, order, because)
    for index, _, fit in case.fits():
        if index < len(case.other.fits):
            yield _same_end(case, index, len(fit.epochs), because)
            yield from _same_records(case, index, order, because)


def _same_end(case: Case, fit: int, epochs: int, because: str) -> Expectation:
    """The expectation that a fit has as many epochs as beside, and ends with the same weights."""
    ours, other = case.trace.fits[fit], case.other.fits[fit]
    same = epochs == len(other.epochs) and (ours.weights == other.weights or None in (ours.weights, other.weights))
    return case.at(fit).expects_that(
        same, f"{len(other.epochs)} epochs and the weights of epoch index {other.weights and other.weights.epoch}",
        got=lambda: f"{epochs} epochs and the weights of epoch index {ours.weights and ours.weights.epoch}",
        because=because,
    )  # fmt: skip


@clause(
    "training/observers/change-nothing-for-the-others", level="universal", source=LISTED, related=_without_an_observer
)
def observers_change_nothing(case: Case) -> Expectations:
    """A ModelCheckpoint, a History, a CSVLogger, a TensorBoard, or a TerminateOnNaN that finds nothing, anywhere in the list,
    changes nothing for the others, as long as it raises nothing: not when training stops, not the rate, not the weights, not what
    they do. (No fit is resumed, and nobody else acts but by setting the stop flag before all callbacks; with the progress bar. No
    two write to one file or folder; and of several TensorBoards none has a number as update_freq: they would write into each
    other's records.)"""
    listed = names(case.scenario)
    gone = next(index for index, name in enumerate(listed) if name in OBSERVERS)
    if any("nan" in (done(epoch.seen, gone).printed or ()) for epoch in case.epochs()):
        return
    order = [index for index in range(len(listed)) if index != gone]
    yield from _the_same_run(case, order, f"{listed[gone]}, number {gone + 1} of the list, only looks on")


def _same_records(case: Case, fit: int, order: list[int], because: str) -> Expectations:
    """The expectation that what was written down by the end of a fit is what was written down beside."""
    ours, other = case.trace.fits[fit], case.other.fits[fit]
    for place, index in enumerate(order):
        mine, beside = (ended(each, at).recorded for each, at in ((ours, index), (other, place)))
        if mine is not None and beside is not None:
            yield case.at(fit).expects_that(
                repr(mine) == repr(beside), f"callback number {index + 1} to have written down {beside}", got=str(mine),
                because=because,
            )  # fmt: skip


_APART = {
    frozenset(pair)
    for pair in (
        ("EarlyStopping", "ReduceLROnPlateau"), ("EarlyStopping", "LearningRateScheduler"),
        ("EarlyStopping", "ModelCheckpoint"), ("EarlyStopping", "TerminateOnNaN"),
        ("ReduceLROnPlateau", "ModelCheckpoint"), ("ReduceLROnPlateau", "TerminateOnNaN"),
        ("LearningRateScheduler", "ModelCheckpoint"), ("LearningRateScheduler", "TerminateOnNaN"),
        ("ModelCheckpoint", "TerminateOnNaN"), ("History", "EarlyStopping"), ("History", "ModelCheckpoint"),
        ("History", "TerminateOnNaN"), ("CSVLogger", "EarlyStopping"), ("CSVLogger", "ModelCheckpoint"),
        ("CSVLogger", "TerminateOnNaN"), ("CSVLogger", "History"), ("TensorBoard", "EarlyStopping"),
        ("TensorBoard", "ModelCheckpoint"), ("TensorBoard", "TerminateOnNaN"), ("TensorBoard", "History"),
        ("TensorBoard", "CSVLogger"),
    )
}  # fmt: skip
"""The pairs of callbacks that share nothing, as long as neither looks at the rate in the logs."""


def _swapped_at(scenario: Scenario) -> int | None:
    """The index of the first of two neighbours that share nothing."""
    listed = scenario.callbacks
    if resumes(scenario) or acted_on(scenario):
        return None
    for index in range(len(listed) - 1):
        pair = listed[index : index + 2]
        apart = frozenset(each.callback for each in pair) in _APART
        if apart and write_apart(pair) and not any(is_named(each, RATE_KEYS) for each in pair):
            return index
    return None


def _swapped(scenario: Scenario) -> Scenario | None:
    """With the first two neighbours that share nothing in the other order."""
    index = _swapped_at(scenario)
    if index is None:
        return None
    listed = scenario.callbacks
    return replace(scenario, callbacks=(*listed[:index], listed[index + 1], listed[index], *listed[index + 2 :]))


@clause(
    "training/order/callbacks-that-share-nothing-commute", level="universal", source=LISTED, related=_swapped,
    choices={"early-stopping/restored-when": "training-ends"},
)  # fmt: skip
def commute(case: Case) -> Expectations:
    """Two callbacks of different kinds that stand next to each other and share nothing do the same in either order: of
    EarlyStopping, ModelCheckpoint, TerminateOnNaN, and one that sets the rate, any two; of History, CSVLogger and TensorBoard
    any two, and each with any of the first three. (They share no file, neither looks at the rate in the logs, no fit is resumed,
    and nobody else acts but by setting the stop flag before all callbacks. Except the rate that a saved file holds: it is the
    one at the checkpoint's place.)"""
    index = _swapped_at(case.scenario)
    assert index is not None
    order = list(range(len(case.scenario.callbacks)))
    order[index : index + 2] = order[index + 1], order[index]
    first, second = names(case.scenario)[index : index + 2]
    yield from _the_same_run(case, order, f"{first} and {second} share nothing")


@clause(
    "training/order/a-checkpoint-behind-a-restore-saves-the-best-weights", level="observed", source="observed: keras 2.3.1",
    choices={"early-stopping/restored-when": "it-stops", "model-checkpoint/batch-in-name": ("from-one", "from-zero", "unknown")},
)  # fmt: skip
def saves_what_was_restored(case: Case) -> Expectations:
    """Where EarlyStopping puts the best weights back in the epoch in which it stops training, a ModelCheckpoint behind it in the
    list saves these at that epoch's end, and one before it those of the epoch. (Of one EarlyStopping and no other callback that
    changes the weights, and nobody else acts.)"""
    listed = names(case.scenario)
    if listed.count("EarlyStopping") != 1:
        return
    place = listed.index("EarlyStopping")
    for index, shown, fit in case.fits():
        epochs = list(case.epochs(index))
        if not epochs or shown.others or not nobody_acts(epochs[-1]):
            continue
        if fit.weights is None or fit.weights.epoch == epochs[-1].number:
            continue  # nothing was put back
        last = epochs[-1]
        for saving, each in enumerate(case.scenario.configured()):
            for save in done(last.seen, saving).saved or () if each.callback == "ModelCheckpoint" else ():
                due = fit.weights.epoch if saving > place else last.number
                if save.batch is None and save.weights is not None:
                    yield last.expects_that(
                        save.weights.epoch == due, f"{save.path} with the weights of epoch index {due}",
                        got=f"those of epoch index {save.weights.epoch}",
                        because=f"the checkpoint stands {'behind' if saving > place else 'before'} EarlyStopping, which puts "
                        f"back those of epoch index {fit.weights.epoch}",
                    )  # fmt: skip


# ---------------------------------------------------------------------------------------------- the learning rate


@clause(
    "training/learning-rate/a-table-has-the-last-word", level="documented", source=SCHEDULES,
    observes=("learning_rate_in_epoch",),
)  # fmt: skip
def a_table_has_the_last_word(case: Case) -> Expectations:
    """With a LearningRateScheduler whose schedule does not look at the rate, the rate in an epoch is that of the schedule,
    whatever ReduceLROnPlateau has made of it at an epoch's end before. (Nobody else acts, and of several schedulers it is the
    last one; of rates in the range of float32, none of them subnormal.)"""
    schedulers = [each for each in case.scenario.configured() if each.callback == "LearningRateScheduler"]
    if len(case.scenario.callbacks) < 2 or not schedulers:
        return
    schedule = schedulers[-1].config["schedule"]
    for epoch in case.epochs():
        rate = epoch.seen.learning_rate_in_epoch
        if "table" not in schedule or not 0 <= epoch.number < len(schedule["table"]) or not nobody_acts(epoch):
            continue
        expected = schedule["table"][epoch.number]
        if type(rate) is float and is_ordinary(expected):
            yield epoch.expects_that(
                rate in (expected, float32(expected)), f"a rate of {expected!r}", got=repr(rate),
                because=f"the schedule says so of epoch index {epoch.number}",
            )  # fmt: skip
