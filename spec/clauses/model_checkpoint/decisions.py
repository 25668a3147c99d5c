"""ModelCheckpoint: when a run saves, whether it does, and what is in the file.

A save is judged several times, so that a failure says what is wrong: whether it comes at a turn, whether it should have
been made (both here), and under which name (`names.py`). Of the metric, its direction and its threshold speaks `monitor.py`, of
what is said and refused `messages.py`, of what raises `errors.py`; `stream.py` computes the turns for all of them.

Where the metric decides, these clauses speak of a known direction: an explicit mode, or the loss, which "auto" minimizes. How
"auto" finds others has its own clauses.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

from ...editing import configured, each_epochs
from ...numbers import FLOAT32_MAX, float32, is_ordinary
from ...scenario import Epoch, Scenario
from ...weights import Weights
from ..clause import Case, Expectations, Phrase, clause
from ..monitoring import is_number, precision
from .shared import in_two_fits, in_words, of_both, same_saves, side_by_side, where_small, whole, with_plain_name
from .stream import (
    DOCUMENTATION,
    KERAS_3,
    OBSERVED,
    Turn,
    arrays,
    has_saved,
    in_epoch,
    looks,
    moment,
    numbers,
    saves_seen,
    turns,
    turns_counted,
    typed,
    way,
    weights_named,
    when,
)

# ---------------------------------------------------------------------------------------------- invariants


@clause(
    "model-checkpoint/logs/adds-nothing",
    level="universal",
    source=f"follows from {DOCUMENTATION}",
    observes=("logged",),
)
def adds_nothing(case: Case) -> Expectations:
    """Saving adds nothing to the logs."""
    for epoch in case.epochs():
        yield epoch.expects_that(
            not epoch.seen.logged, "nothing added to the logs", got=epoch.seen.logged, because="a checkpoint only saves"
        )


@clause(
    "model-checkpoint/weights/are-those-of-the-running-epoch", level="universal",
    source=f"follows from {DOCUMENTATION} (save_freq)", observes=("saved", "weights"),
)  # fmt: skip
def weights_of_the_epoch(case: Case) -> Expectations:
    """A file holds the weights that the model has when it is written: at an epoch's end as the epoch left them, at a batch's end
    as that batch did. (Checked: of which epoch they are, not of which batch.)"""
    for epoch, save in saves_seen(case):
        if save.weights is not None:
            own = Weights(epoch=epoch.number)
            yield epoch.expects_that(
                save.weights == own, f"{save.path} with {weights_named(own)}", got=weights_named(save.weights),
                because="it is written at the end of that epoch or in it",
            )  # fmt: skip


@clause(
    "model-checkpoint/save-weights-only/decides-what-is-in-the-file", level="documented",
    source=f"{DOCUMENTATION} (save_weights_only)", observes=("saved",),
)  # fmt: skip
def weights_or_model(case: Case) -> Expectations:
    """With save_weights_only, a file holds what model.save_weights writes, without the architecture; else it holds the whole
    model, as model.save writes it."""
    expected = "the weights alone" if case["save_weights_only"] else "the whole model"
    for epoch, save in saves_seen(case):
        yield epoch.expects_that(
            save.content is None, f"{save.path} with {expected}",
            got=f"{save.path} with {'the weights alone' if save.content == 'weights' else 'the whole model'}",
            because=f"save_weights_only={case['save_weights_only']!r}",
        )  # fmt: skip


def _clear_values(case: Case) -> list[float] | None:
    """The values of the first fit, if every epoch has one and any precision tells them apart."""
    by_epoch = case["save_freq"] == "epoch" and "period" not in case.scenario.config
    best_only = case["save_best_only"] is True and case["mode"] in ("min", "max")
    if not by_epoch or not best_only or case["initial_value_threshold"] is not None:
        return None
    values = [epoch.shown.logs.get(case["monitor"]) for epoch in case.epochs(0)]
    clear = [value for value in values if isinstance(value, float) and is_ordinary(value)]
    return clear if len(clear) == len(values) == len({float32(value) for value in clear}) else None


@clause(
    "model-checkpoint/save-best-only/saves-a-clear-improvement-and-nothing-worse", level="universal",
    source=f"follows from {DOCUMENTATION} (save_best_only)", observes=("saved",),
)  # fmt: skip
def clear_improvement(case: Case) -> Expectations:
    """In a first fit with save_best_only, mode min or max, save_freq="epoch", neither threshold nor period, and in every epoch
    a finite value, an epoch is saved exactly if no epoch before it was as good or better. (Values in the range of float32, none
    of them subnormal, each pair of which float32 can tell apart.)"""
    values = _clear_values(case)
    if values is not None:
        best = min if case["mode"] == "min" else max
        for epoch in case.epochs(0):
            so_far = values[: epoch.index + 1]
            due, saved = best(so_far) == so_far[-1], epoch.seen.saved or ()
            yield epoch.expects_that(
                due == bool(saved), "a save" if due else "no save", got="none" if due else f"{len(saved)} saves",
                because=partial("the best of {} is {} with mode={!r}".format, so_far, best(so_far), case["mode"]),
            )  # fmt: skip


@clause(
    "model-checkpoint/save-best-only/the-best-is-not-overwritten", level="documented",
    source=f"{DOCUMENTATION} (save_best_only)", observes=("saved",),
)  # fmt: skip
def not_overwritten(case: Case) -> Expectations:
    """With save_best_only, a file that an instance has written with one number of the metric it writes again, at a turn with
    another, only if that is better. (Turns without the metric, and those with an array that has a dimension, have clauses of
    their own.)"""
    best = best_only(case)
    if best is None:
        return
    value_at = {turn.when: value for turn, value in best.numbers}
    written: dict[str, float] = {}
    for epoch, save in saves_seen(case):
        value = value_at.get(when(epoch, save))
        if value is None:
            continue  # a save without a metric is judged by another clause
        before = written.get(save.path)
        if before is not None:
            yield epoch.expects_that(
                better(best.way, value, before), f"{save.path} to keep the model of {before}", got="the file overwritten",
                because=f"{best.monitor}={value} is not better with mode={best.way!r}",
            )  # fmt: skip
        written[save.path] = value


# ---------------------------------------------------------------------------------------------- when


def _turns_in_words(frequency: str, here: list[Turn]) -> str:
    return f"with {frequency} the turns of this epoch are {[turn.place for turn in here] or 'none'}"


def _in_turn(case: Case, planned: tuple[Turn, ...], frequency: str, fit: int | None = None) -> Expectations:
    """Expects no save without a turn, none twice, and without save_best_only one at every turn; in one fit or in all."""
    for epoch in case.epochs(fit):
        here = in_epoch(epoch, planned)
        free = [turn.batch for turn in here]
        for save in epoch.seen.saved or ():
            due = save.batch in free
            yield epoch.expects_that(
                due, f"no save {moment(save)}", got=f"{save.path} saved {moment(save)}",
                because=partial(_turns_in_words, frequency, here),
            )  # fmt: skip
            if due:
                free.remove(save.batch)
        for turn in () if case["save_best_only"] else here:
            yield epoch.expects_that(
                turn.batch not in free, f"a save at {turn.place}", got="none there",
                because=f"it is the turn, with {frequency}",
            )  # fmt: skip


@clause(
    "model-checkpoint/save-freq/epoch-is-after-every-epoch", level="documented",
    source=f"{DOCUMENTATION} (save_freq)", observes=("saved",),
)  # fmt: skip
def every_epoch(case: Case) -> Expectations:
    """With save_freq="epoch", the default, a save is made at the end of every epoch and at no other time; with
    save_best_only, at most one. (Without `period`, an argument of older releases, and in runs that end without an exception.)"""
    planned = turns(case)
    if case["save_freq"] == "epoch" and planned is not None:
        yield from _in_turn(case, planned, 'save_freq="epoch"')


@clause(
    "model-checkpoint/save-freq/an-integer-counts-batches", level="documented",
    source=f"follows from {DOCUMENTATION} (save_freq)", observes=("saved",),
)  # fmt: skip
def counts_batches(case: Case) -> Expectations:
    """With an integer save_freq of 1 or more, in a first fit, a save is made at the end of every save_freq-th batch, counted
    on across epochs, and at no other time; with save_best_only at most one there. The same holds with steps_per_execution=N if
    save_freq and the batches of every epoch are multiples of N. (In runs that end without an exception. That batches are counted
    on across epochs is an inference.)"""
    frequency, steps = case["save_freq"], case.scenario.steps_per_execution
    if frequency == "epoch" or not typed(case) or frequency < 1 or frequency % steps:
        return
    if all(len(epoch.batch_logs()) % steps == 0 for epoch in case.scenario.fits[0].epochs):
        said = f"save_freq={frequency}" + ("" if steps == 1 else f" and steps_per_execution={steps}")
        yield from _in_turn(case, turns_counted(case, frequency), said, fit=0)


@clause(
    "model-checkpoint/save-freq/saves-at-every-turn", level="observed", source=OBSERVED, observes=("saved",),
    choices={
        "model-checkpoint/first-batches": "counted", "training/batch-index": ("the-last-of-a-full-group", "the-last"),
        "training/short-last-group": "told",
    },
)  # fmt: skip
def every_turn(case: Case) -> Expectations:
    """With an integer save_freq, the end of every save_freq-th batch is a turn, and nothing else is, counted on across epochs
    and fits: without save_best_only there is a save at each, with it at most one. With steps_per_execution=N the callback looks
    every N batches; the first look at which the number is reached is a turn, and counting begins at 0 again. A short last group
    counts as N batches; in tf-keras as those that it has, where no epoch has fewer than N. Zero and less make every look a
    turn. (N is the same in all fits.)"""
    frequency, full = case["save_freq"], case.dialect["training/batch-index"] == "the-last-of-a-full-group"
    fewest = min(len(epoch.batch_logs()) for fit in case.scenario.fits for epoch in fit.epochs)
    if frequency != "epoch" and typed(case) and (full or fewest >= case.scenario.steps_per_execution):
        said = f"save_freq={frequency} and steps_per_execution={case.scenario.steps_per_execution}"
        yield from _in_turn(case, looks(case, frequency), said)


def _with_period(scenario: Scenario) -> Scenario:
    return configured(scenario, period=2)


@clause(
    "model-checkpoint/period/saves-every-period-th-epoch", level="observed", source="observed: tf-keras 2.21.0",
    observes=("saved",), related=_with_period, choices={"model-checkpoint/arguments": ("save-freq-and-keywords", "period")},
)  # fmt: skip
def every_period(case: Case) -> Expectations:
    """With save_freq="epoch", the argument period of older releases makes every period-th epoch a turn, counted on across
    fits."""
    return of_both(case, _every_period)


def _every_period(case: Case) -> Expectations:
    period = case.scenario.config.get("period")
    if is_number(period) and case["save_freq"] == "epoch" and typed(case):
        yield from _in_turn(case, turns_counted(case, period), f"period={period}")


# ---------------------------------------------------------------------------------------------- whether


def saved_as_due(case: Case, due: Iterable[tuple[Turn, bool, Phrase]]) -> Expectations:
    """Expects a save, or none, at each of these turns, as it is due, and why; turns of epochs that were not run say
    nothing."""
    seen = {(epoch.fit, epoch.index): epoch for epoch in case.epochs()}
    for turn, saved, because in due:
        epoch = seen.get((turn.fit, turn.epoch))
        if epoch is not None:
            yield epoch.expects_that(
                has_saved(epoch, turn) == saved, f"{'a' if saved else 'no'} save at {turn.place}",
                got="none" if saved else "a save", because=because,
            )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Best:
    """What save_best_only has to decide upon: the turns, those with a number, the direction, the threshold."""

    planned: tuple[Turn, ...]
    numbers: list[tuple[Turn, float]]
    arrays: list[tuple[Turn, tuple[float, ...]]]
    way: str
    threshold: float | None
    monitor: str


def best_only(case: Case) -> Best | None:
    """None if the scenario does not ask for save_best_only, or a choice decides the direction."""
    planned, direction = turns(case), way(case)
    if planned is None or direction is None or not case["save_best_only"]:
        return None
    return Best(
        planned=planned, numbers=numbers(case, planned), arrays=arrays(case, planned), way=direction,
        threshold=case["initial_value_threshold"], monitor=case["monitor"],
    )  # fmt: skip


def better(way: str, value: float, than: float) -> bool:
    """Strictly better as float64, whatever the dialect compares in."""
    return value < than if way == "min" else value > than


WORST = {"min": math.inf, "max": -math.inf}
"""The infinity on which every finite value improves, by mode."""


def _as_seen(case: Case, values: list[float], *, new: bool = False) -> list[float] | None:
    """What comparisons see of these values, as the new one or as ones before; None if there is one that cannot be compared."""
    try:
        return [precision(case, value, new=new)(value) for value in values]
    except ValueError:
        return None


def improvements(case: Case, best: Best, start: list[float]) -> Expectations:
    """Expects a save at exactly the turns whose number is better, in the dialect's precision, than `start` and every number
    before it. NaN is better than nothing; where it is the first that is known, nothing is better than it."""
    values = [value for _, value in best.numbers]
    seen, new = _as_seen(case, [*start, *values]), _as_seen(case, values, new=True)
    if seen is None or new is None:
        return
    hidden = math.isnan(seen[0]) if seen else False
    said = (
        f"{best.monitor}={{!r}} is {{}} improvement with mode={best.way!r} after {{}} and initial_value_threshold={{}}"
    )
    due = []
    for count, (turn, value) in enumerate(best.numbers):
        now, before = new[count], seen[: len(start) + count]
        improved = not hidden and all(better(best.way, now, than) for than in before if than == than)
        because = partial(said.format, value, "an" if improved else "no", values[:count], best.threshold)
        due.append((turn, improved, because))
    yield from saved_as_due(case, due)


def compared_from(case: Case, best: Best) -> list[float] | None:
    """What the first number is compared with: the threshold, or nothing. None where a choice decides whether it improves."""
    if best.threshold is not None:
        return [best.threshold]
    first = _as_seen(case, [value for _, value in best.numbers[:1]])
    return [] if first and better(best.way, first[0], WORST[best.way]) else None


@clause(
    "model-checkpoint/save-best-only/saves-exactly-the-improvements", level="observed", source=OBSERVED, observes=("saved",),
)  # fmt: skip
def exactly_the_improvements(case: Case) -> Expectations:
    """With save_best_only, a turn whose metric is a number saves if it is strictly better, in the dialect's precision, than
    initial_value_threshold and than every number of the instance's turns before it, those of earlier fits included; if it is not,
    it does not save. A NaN is not better than anything, and after the first number hides nothing: what is compared are the
    others. Nothing is better than a threshold that is NaN. (A known direction; no array among the values; without a threshold, a
    first number that is neither NaN nor the worst infinity; in runs that end without an exception.)"""
    best = best_only(case)
    start = None if best is None or best.arrays else compared_from(case, best)
    if best is not None and start is not None:
        yield from improvements(case, best, start)


@clause(
    "model-checkpoint/save-best-only/the-first-value-is-the-best-so-far", level="observed", source=KERAS_3,
    observes=("saved",), choices={"model-checkpoint/first-value": "accepted"},
)  # fmt: skip
def first_is_the_best(case: Case) -> Expectations:
    """With save_best_only, a known direction and no threshold, the first number is saved, even NaN or the worst
    infinity; if it is NaN, no later one is."""
    best = best_only(case)
    if best is None or best.threshold is not None or best.arrays or not best.numbers:
        return
    (turn, first), *later = best.numbers
    yield from saved_as_due(case, [(turn, True, f"{best.monitor}={first} is the first value")])
    if math.isnan(first):
        said = f"{best.monitor}={{}} is no better than the first value, which is NaN"
        yield from saved_as_due(case, ((turn, False, said.format(value)) for turn, value in later))


@clause(
    "model-checkpoint/save-best-only/the-first-value-has-to-beat-the-worst-infinity", level="observed",
    source="observed: tf-keras 2.21.0", observes=("saved",),
    choices={"model-checkpoint/first-value": "compared-with-infinity"},
)  # fmt: skip
def first_beats_infinity(case: Case) -> Expectations:
    """With save_best_only, a known direction and no threshold, numbers are compared from an instance's first on, which has to be
    better than the worst infinity: NaN and that infinity are not saved, and hide nothing."""
    best = best_only(case)
    if best is not None and best.threshold is None and not best.arrays:
        yield from improvements(case, best, [WORST[best.way]])


@clause(
    "model-checkpoint/save-best-only/saves-every-strict-improvement", level="documented",
    source=f"{DOCUMENTATION} (save_best_only)", observes=("saved",),
)  # fmt: skip
def every_strict_improvement(case: Case) -> Expectations:
    """With save_best_only and finite values, a value that is better than initial_value_threshold and every value before it that
    the instance has seen is saved: the documentation names no difference that would be too small. (Without `period`, and in
    runs that end without an exception.)"""
    best = best_only(case)
    if best is None or best.arrays:
        return
    known = [*([] if best.threshold is None else [best.threshold]), *(value for _, value in best.numbers)]
    if not all(math.isfinite(value) for value in known):
        return
    said = f"{best.monitor}={{!r}} is better than all of {{}} with mode={best.way!r}"
    yield from saved_as_due(
        case,
        (
            (turn, True, partial(said.format, value, known[:count]))
            for count, (turn, value) in enumerate(best.numbers, len(known) - len(best.numbers))
            if all(better(best.way, value, before) for before in known[:count])
        ),
    )


@clause(
    "model-checkpoint/save-best-only/a-repeated-value-is-not-saved-again", level="documented",
    source=f"follows from {DOCUMENTATION} (save_best_only: what is considered the best)", observes=("saved",),
)  # fmt: skip
def repeated_value(case: Case) -> Expectations:
    """With save_best_only, a number that the metric had at an earlier turn of the same instance too is not a new best, and not
    saved. (That a tie is no new best is an inference.)"""
    best = best_only(case)
    if best is None:
        return
    yield from saved_as_due(
        case,
        (
            (turn, False, f"{best.monitor}={value!r} was seen before, so it is no better than the best")
            for count, (turn, value) in enumerate(best.numbers)
            if any(value == before for _, before in best.numbers[:count])
        ),
    )


def _after_a_nan(scenario: Scenario) -> Scenario | None:
    """With save_best_only, no threshold, and one epoch more, before the others, in which the metric is NaN."""
    plain = with_plain_name(scenario)
    if plain is None:
        return None
    logs = {plain.config.get("monitor", "val_loss"): math.nan}
    best = configured(plain, save_best_only=True, initial_value_threshold=None)
    return each_epochs(best, lambda epochs: (Epoch(logs=logs), *epochs))


@clause(
    "model-checkpoint/save-best-only/a-nan-does-not-stay-the-best", level="documented",
    source=f"follows from {DOCUMENTATION} (save_best_only)", observes=("saved",), related=where_small(_after_a_nan),
)  # fmt: skip
def nan_is_replaced(case: Case) -> Expectations:
    """With save_best_only and neither threshold nor `period`, a finite value in the range of float32 before which the metric
    was NaN, and nothing but NaN, is saved: it is the best so far. (An inference: no text mentions NaN.)"""
    return of_both(case, _nan_is_replaced)


def _nan_is_replaced(case: Case) -> Expectations:
    best = best_only(case)
    if best is None or best.threshold is not None or best.arrays or not best.numbers:
        return
    first = next(((turn, value) for turn, value in best.numbers if not math.isnan(value)), None)
    if math.isnan(best.numbers[0][1]) and first is not None and abs(first[1]) <= FLOAT32_MAX:
        turn, value = first
        yield from saved_as_due(case, [(turn, True, f"{best.monitor}={value} is the first value that is a number")])


@clause(
    "model-checkpoint/save-best-only/saves-nothing-without-the-metric", level="documented",
    source=f"follows from {DOCUMENTATION} (save_best_only)", observes=("saved",),
)  # fmt: skip
def nothing_without_the_metric(case: Case) -> Expectations:
    """With save_best_only, a model of which the monitored metric is not known, as in an epoch without validation
    (validation_freq), is not the best, and not saved."""
    return saved_without_the_metric(case, False)


def saved_without_the_metric(case: Case, saved: bool) -> Expectations:
    """Expects a save, or none, at every turn without the metric."""
    planned, monitor = turns(case), case["monitor"]
    if planned is not None and case["save_best_only"]:
        why = f"{monitor} is not in the logs"
        yield from saved_as_due(case, ((turn, saved, why) for turn in planned if monitor not in turn.logs))


def _always(scenario: Scenario) -> Scenario | None:
    best_only = scenario.config.get("save_best_only") is True
    return configured(scenario, save_best_only=False) if best_only else None


@clause(
    "model-checkpoint/save-best-only/saves-a-part-of-what-it-saves-without", level="documented",
    source=f"{DOCUMENTATION} (save_best_only)", observes=("saved",), related=_always,
)  # fmt: skip
def a_part(case: Case) -> Expectations:
    """With save_best_only, what is saved is saved without it too: at the same times, under the same names."""
    for epoch, saves, others in side_by_side(case):
        known = [whole(save) for save in others]
        for save in (replace(save, content=None) for save in saves):
            yield epoch.expects_that(
                whole(save) in known, f"at most what is saved without: {in_words(known)}", got=whole(save),
                because="save_best_only saves less, not more",
            )  # fmt: skip


# ---------------------------------------------------------------------------------------------- reuse


@clause(
    "model-checkpoint/reuse/a-second-fit-goes-on", level="observed", source=OBSERVED, observes=("saved",),
    related=in_two_fits,
)  # fmt: skip
def goes_on(case: Case) -> Expectations:
    """An instance that is used again remembers the best value and the batches and epochs counted: two fits, the second
    with initial_epoch where the first ended, save what one fit would. (A new instance does not, be there a file or not.)"""
    return same_saves(case, "the same epochs in two fits, with one instance, have these saves")
