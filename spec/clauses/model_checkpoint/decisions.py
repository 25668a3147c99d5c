"""ModelCheckpoint: when a run saves, whether it does, and what is in the file.

A save is judged several times, so that a failure says what is wrong: whether it comes at a turn, whether it should have
been made (both here), and under which name (`names.py`). Of the metric and its direction speaks `monitor.py`, of what is
said and refused `messages.py`, of what raises `errors.py`; `stream.py` computes the turns for all of them.

Not observable, hence not specified: whether a file holds the whole model or its weights alone, the optimizer's state in
it, and directories made on the way.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from ...editing import configured
from ...numbers import FLOAT32_MAX, FLOAT32_SMALLEST_NORMAL, float32
from ...scenario import Scenario
from ...trace import Weights
from ..clause import Case, Expectations, Phrase, clause
from ..monitoring import direction
from .shared import in_two_fits, in_words, of_both, same_saves, side_by_side, whole
from .stream import (
    DOCUMENTATION,
    OBSERVED,
    TF_KERAS,
    Deed,
    Turn,
    arrays,
    deeds,
    has_saved,
    in_epoch,
    moment,
    numbers,
    saves_seen,
    turns,
    weights_named,
    when,
)

# ---------------------------------------------------------------------------------------------- invariants


@clause("model-checkpoint/logs/adds-nothing", level="universal", source=DOCUMENTATION, observes=("logged",))
def adds_nothing(case: Case) -> Expectations:
    """Saving adds nothing to the logs."""
    for epoch in case.epochs():
        yield epoch.expects_that(
            not epoch.seen.logged, "nothing added to the logs", got=epoch.seen.logged, because="a checkpoint only saves"
        )


@clause(
    "model-checkpoint/weights/are-those-of-the-running-epoch", level="universal",
    source=f"{DOCUMENTATION} (save_freq)", observes=("saved", "weights"),
)  # fmt: skip
def weights_of_the_epoch(case: Case) -> Expectations:
    """A file holds the weights as the epoch left them in which it is written."""
    for epoch, save in saves_seen(case):
        if save.weights is not None:
            own = Weights(epoch=epoch.number)
            yield epoch.expects_that(
                save.weights == own, f"{save.path} with {weights_named(own)}", got=weights_named(save.weights),
                because="it is written at the end of that epoch or in it",
            )  # fmt: skip


def _clear_values(case: Case) -> list[float] | None:
    """The values of the first fit, if every epoch has one and any precision tells them apart."""
    by_epoch = case["save_freq"] == "epoch" and "period" not in case.scenario.config
    best_only = case["save_best_only"] is True and case["mode"] in ("min", "max")
    if not by_epoch or not best_only or case["initial_value_threshold"] is not None:
        return None
    values = [epoch.shown.logs.get(case["monitor"]) for epoch in case.epochs(0)]
    clear = [
        value
        for value in values
        if isinstance(value, float) and (value == 0.0 or FLOAT32_SMALLEST_NORMAL <= abs(value) <= FLOAT32_MAX)
    ]
    return clear if len(clear) == len(values) == len({float32(value) for value in clear}) else None


@clause(
    "model-checkpoint/save-best-only/saves-a-clear-improvement-and-nothing-worse", level="universal",
    source=f"{DOCUMENTATION} (save_best_only)", observes=("saved",),
)  # fmt: skip
def clear_improvement(case: Case) -> Expectations:
    """In a first fit with save_best_only, an explicit mode and values in every epoch that float32 can tell apart, an
    epoch is saved exactly if no epoch before it was as good."""
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
    """With save_best_only, a file that was written with one value of the metric is written again only with a better
    one."""
    way = direction(case)
    planned = turns(case)
    if not case["save_best_only"] or planned is None or way is None:
        return
    value_at = {turn.when: value for turn, value in numbers(case, planned)}
    written: dict[str, float] = {}
    for epoch, save in saves_seen(case):
        value = value_at.get(when(epoch, save))
        if value is None:
            continue  # a save without a metric is judged by another clause
        before = written.get(save.path)
        if before is not None:
            yield epoch.expects_that(
                better(way, value, before), f"{save.path} to keep the model of {before}", got="the file overwritten",
                because=f"{case['monitor']}={value} is not better with mode={way!r}",
            )  # fmt: skip
        written[save.path] = value


# ---------------------------------------------------------------------------------------------- when


def _turns_in_words(frequency: str, here: list[tuple[Turn, Deed]]) -> str:
    return f"with {frequency} the turns of this epoch are {[turn.place for turn, _ in here] or 'none'}"


def _in_turn(case: Case, planned: list[tuple[Turn, Deed]], frequency: str) -> Expectations:
    """Expects no save without a turn, none twice, and one at every turn that always saves."""
    for epoch in case.epochs():
        here = in_epoch(epoch, planned)
        free = [turn.batch for turn, _ in here]
        for save in epoch.seen.saved or ():
            due = save.batch in free
            yield epoch.expects_that(
                due, f"no save {moment(save)}", got=f"{save.path} saved {moment(save)}",
                because=partial(_turns_in_words, frequency, here),
            )  # fmt: skip
            if due:
                free.remove(save.batch)
        for turn, deed in here:
            if deed == "saving":
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
    save_best_only, at most one."""
    planned = deeds(case)
    if case["save_freq"] == "epoch" and "period" not in case.scenario.config and planned is not None:
        yield from _in_turn(case, planned, 'save_freq="epoch"')


@clause(
    "model-checkpoint/save-freq/saves-at-every-turn", level="documented",
    source=f"{DOCUMENTATION} (save_freq)", observes=("saved",),
)  # fmt: skip
def every_turn(case: Case) -> Expectations:
    """With an integer save_freq, a save is made at the end of that many batches and at no other time, counted on across
    epochs and fits; with steps_per_execution=N, where that is asked every N batches, after the call that completes the
    number, and what is beyond it is not carried over. A short last group counts as N batches. Zero and less mean every
    call."""
    planned = deeds(case)
    if case["save_freq"] != "epoch" and planned is not None:
        frequency = f"save_freq={case['save_freq']} and steps_per_execution={case.scenario.steps_per_execution}"
        yield from _in_turn(case, planned, frequency)


def _with_period(scenario: Scenario) -> Scenario:
    return configured(scenario, period=2)


@clause(
    "model-checkpoint/period/saves-every-period-th-epoch", level="documented",
    source=f"{TF_KERAS} (kwargs)", observes=("saved",), related=_with_period,
    choices={"model-checkpoint/arguments": "save-freq-and-keywords"},
)  # fmt: skip
def every_period(case: Case) -> Expectations:
    """The legacy argument period makes every period-th epoch a turn, counted on across fits; an integer save_freq
    ignores it."""
    return of_both(case, _every_period)


def _every_period(case: Case) -> Expectations:
    planned = deeds(case)
    if "period" in case.scenario.config and planned is not None:
        yield from _in_turn(
            case, planned, f"save_freq={case['save_freq']!r} and period={case.scenario.config['period']}"
        )


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
    """None if the scenario does not ask for save_best_only, or its direction is not known."""
    planned, way = turns(case), direction(case)
    if planned is None or way is None or not case["save_best_only"]:
        return None
    return Best(
        planned=planned, numbers=numbers(case, planned), arrays=arrays(case, planned), way=way,
        threshold=case["initial_value_threshold"], monitor=case["monitor"],
    )  # fmt: skip


def better(way: str, value: float, than: float) -> bool:
    """Strictly better as float64, whatever the dialect compares in."""
    return value < than if way == "min" else value > than


@clause(
    "model-checkpoint/save-best-only/saves-exactly-the-improvements", level="observed",
    source=f"{DOCUMENTATION} (save_best_only, initial_value_threshold, mode); the precision is observed",
    observes=("saved",),
)  # fmt: skip
def exactly_the_improvements(case: Case) -> Expectations:
    """With save_best_only, a turn whose metric is a number saves exactly if it is strictly better, in the dialect's
    precision, than initial_value_threshold and every value of the turns before it, those of earlier fits included.
    Without a threshold the first value counts as the dialect says; one that is NaN, or a threshold that is NaN, is
    never improved on."""
    best, planned = best_only(case), deeds(case)
    if best is None or planned is None:
        return
    improved = {turn.when for turn, deed in planned if deed == "improved"}
    values = [value for _, value in best.numbers]
    said = (
        f"{best.monitor}={{!r}} is {{}} improvement with mode={best.way!r} after {{}} and initial_value_threshold={{}}"
    )
    yield from saved_as_due(
        case,
        (
            (turn, saved, partial(said.format, value, "an" if saved else "no", values[:count], best.threshold))
            for count, (turn, value) in enumerate(best.numbers) for saved in [turn.when in improved]
        ),
    )  # fmt: skip


@clause(
    "model-checkpoint/save-best-only/saves-every-strict-improvement", level="documented",
    source=f"{DOCUMENTATION} (save_best_only)", observes=("saved",),
)  # fmt: skip
def every_strict_improvement(case: Case) -> Expectations:
    """With save_best_only and finite values, a value that is better than initial_value_threshold and every value before
    it is saved, however small the difference."""
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
    source=f"{DOCUMENTATION} (save_best_only)", observes=("saved",),
)  # fmt: skip
def repeated_value(case: Case) -> Expectations:
    """With save_best_only, a value of the metric that an earlier turn had too, a number or an array, is not a new best,
    and not saved."""
    best = best_only(case)
    if best is None:
        return
    seen = [(turn, turn.logs[best.monitor]) for turn in best.planned if best.monitor in turn.logs]
    yield from saved_as_due(
        case,
        (
            (turn, False, f"{best.monitor}={value!r} was seen before, so it is no better than the best")
            for count, (turn, value) in enumerate(seen) if any(value == before for _, before in seen[:count])
        ),
    )  # fmt: skip


@clause(
    "model-checkpoint/save-best-only/a-nan-does-not-stay-the-best", level="documented",
    source=f"{DOCUMENTATION} (save_best_only)", observes=("saved",),
)  # fmt: skip
def nan_is_replaced(case: Case) -> Expectations:
    """With save_best_only and no threshold, the first finite value of the metric is saved, even if NaN came before
    it."""
    best = best_only(case)
    if best is None or best.threshold is not None or best.arrays or not best.numbers:
        return
    first = next(((turn, value) for turn, value in best.numbers if not math.isnan(value)), None)
    if math.isnan(best.numbers[0][1]) and first is not None and abs(first[1]) <= FLOAT32_MAX:
        turn, value = first
        yield from saved_as_due(case, [(turn, True, f"{best.monitor}={value} is the first value that is a number")])


@clause(
    "model-checkpoint/save-best-only/saves-nothing-without-the-metric", level="documented",
    source=f"{DOCUMENTATION} (save_best_only)", observes=("saved",),
)  # fmt: skip
def nothing_without_the_metric(case: Case) -> Expectations:
    """With save_best_only, a model of which the monitored metric is not known is not the best, and not saved."""
    return saved_without_the_metric(case, False)


def saved_without_the_metric(case: Case, saved: bool) -> Expectations:
    """Expects a save, or none, at every turn without the metric."""
    best = best_only(case)
    if best is not None:
        why = f"{best.monitor} is not in the logs"
        yield from saved_as_due(case, ((turn, saved, why) for turn in best.planned if best.monitor not in turn.logs))


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
        for save in saves:
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
    with initial_epoch where the first ended, save what one fit would."""
    return same_saves(case, "the same epochs in two fits, with one instance, have these saves")
