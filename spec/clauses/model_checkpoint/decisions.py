"""ModelCheckpoint: when a run saves, whether it does, and what is in the file.

A save is judged several times, so that a failure says what is wrong: whether it comes at a turn, whether it should have
been made (both here), and under which name (`names.py`, which also has what is said about it). What
holds between two runs stands in `relations.py`, what is refused and what raises in
`messages.py`; `stream.py` computes the turns for all of them.

Not observable, hence not specified: whether a file holds the whole model or its weights alone, the optimizer's state in
it, and directories made on the way.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ...numbers import FLOAT32_MAX, FLOAT32_SMALLEST_NORMAL, float32
from ...scenario import Scenario
from ...trace import Weights
from ...values import Tensor
from ..clause import HELD, NOT_EXERCISED, Case, Failed, Outcome, clause
from ..monitoring import direction
from .stream import (
    DOCUMENTATION,
    TF_KERAS,
    Deed,
    Turn,
    arrays,
    configured,
    deeds,
    has_saved,
    in_epoch,
    numbers,
    of_both,
    turns,
    typed,
    weights_named,
)

# ---------------------------------------------------------------------------------------------- invariants


@clause("model-checkpoint/logs/adds-nothing", level="universal", source=DOCUMENTATION, observes=("logged",))
def adds_nothing(case: Case) -> Outcome:
    """Saving adds nothing to the logs."""
    for epoch in case.epochs():
        if epoch.seen.logged:
            return Failed(
                fit=epoch.fit, epoch=epoch.index, expected="nothing added to the logs", why="a checkpoint only saves",
                got=f"{epoch.seen.logged}",
            )  # fmt: skip
    return HELD


@clause(
    "model-checkpoint/weights/are-those-of-the-running-epoch", level="universal",
    source=f"{DOCUMENTATION} (save_freq)", observes=("saved", "weights"),
)  # fmt: skip
def weights_of_the_epoch(case: Case) -> Outcome:
    """A file holds the weights as the epoch left them in which it is written."""
    outcome: Outcome = NOT_EXERCISED
    for epoch in case.epochs():
        for save in epoch.seen.saved or ():
            if save.weights is None:
                continue
            outcome = HELD
            if save.weights != Weights(epoch=epoch.number):
                own = weights_named(Weights(epoch=epoch.number))
                return Failed(
                    fit=epoch.fit, epoch=epoch.index, expected=f"{save.path} with {own}",
                    why="it is written at the end of that epoch or in it", got=weights_named(save.weights),
                )  # fmt: skip
    return outcome


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
def clear_improvement(case: Case) -> Outcome:
    """In a first fit with save_best_only, an explicit mode and values in every epoch that float32 can tell apart, an
    epoch is saved exactly if no epoch before it was as good."""
    values = _clear_values(case)
    if values is None:
        return NOT_EXERCISED
    best = min if case["mode"] == "min" else max
    for epoch in case.epochs(0):
        so_far = values[: epoch.index + 1]
        due = best(so_far) == so_far[-1]
        if due != bool(epoch.seen.saved):
            return Failed(
                fit=0, epoch=epoch.index, expected="a save" if due else "no save",
                why=f"the best of {so_far} is {best(so_far)} with mode={case['mode']!r}",
                got="none" if due else f"{len(epoch.seen.saved or ())} saves",
            )  # fmt: skip
    return HELD


@clause(
    "model-checkpoint/save-best-only/the-best-is-not-overwritten", level="documented",
    source=f"{DOCUMENTATION} (save_best_only)", observes=("saved",),
)  # fmt: skip
def not_overwritten(case: Case) -> Outcome:
    """With save_best_only, a file that was written with one value of the metric is written again only with a better
    one."""
    way = direction(case)
    planned = turns(case)
    if not typed(case) or not case["save_best_only"] or planned is None or way is None:
        return NOT_EXERCISED
    value_at = {turn.when: value for turn, value in numbers(case, planned)}
    written: dict[str, float] = {}
    outcome: Outcome = NOT_EXERCISED
    for epoch in case.epochs():
        for save in epoch.seen.saved or ():
            batch = math.inf if save.batch is None else save.batch
            value = value_at.get((epoch.fit, epoch.index, batch))
            if value is None:
                continue  # a save without a metric is judged by another clause
            before = written.get(save.path)
            if before is not None:
                outcome = HELD
                if not (value < before if way == "min" else before < value):
                    return Failed(
                        fit=epoch.fit, epoch=epoch.index, expected=f"{save.path} to keep the model of {before}",
                        why=f"{case['monitor']}={value} is not better with mode={way!r}", got="the file overwritten",
                    )  # fmt: skip
            written[save.path] = value
    return outcome


# ---------------------------------------------------------------------------------------------- when


def _wrong_times(case: Case, planned: list[tuple[Turn, Deed]], frequency: str) -> Outcome:
    """Failed where a save comes without a turn, or twice, or where a turn that always saves is left out."""
    outcome: Outcome = NOT_EXERCISED
    for epoch in case.epochs():
        here = in_epoch(epoch, planned)
        free = [turn.batch for turn, _ in here]
        for save in epoch.seen.saved or ():
            outcome = HELD
            if save.batch not in free:
                moment = "at the epoch end" if save.batch is None else f"at batch index {save.batch}"
                return Failed(
                    fit=epoch.fit, epoch=epoch.index, expected=f"no save {moment}",
                    why=f"with {frequency} the turns of this epoch are {[turn.place for turn, _ in here] or 'none'}",
                    got=f"{save.path} saved {moment}",
                )  # fmt: skip
            free.remove(save.batch)
        for turn, deed in here:
            if deed == "saving":
                outcome = HELD
                if turn.batch in free:
                    return Failed(
                        fit=epoch.fit, epoch=epoch.index, expected=f"a save at {turn.place}",
                        why=f"it is the turn, with {frequency}", got="none there",
                    )  # fmt: skip
    return outcome


@clause(
    "model-checkpoint/save-freq/epoch-is-after-every-epoch", level="documented",
    source=f"{DOCUMENTATION} (save_freq)", observes=("saved",),
)  # fmt: skip
def every_epoch(case: Case) -> Outcome:
    """With save_freq="epoch", the default, a save is made at the end of every epoch and at no other time; with
    save_best_only, at most one."""
    planned = deeds(case)
    if case["save_freq"] != "epoch" or "period" in case.scenario.config or planned is None:
        return NOT_EXERCISED
    return _wrong_times(case, planned, 'save_freq="epoch"')


@clause(
    "model-checkpoint/save-freq/saves-at-every-turn", level="documented",
    source=f"{DOCUMENTATION} (save_freq)", observes=("saved",),
)  # fmt: skip
def every_turn(case: Case) -> Outcome:
    """With an integer save_freq, a save is made at the end of that many batches and at no other time, counted on across
    epochs and fits; with steps_per_execution=N, where that is asked every N batches, after the call that completes the
    number, and what is beyond it is not carried over. A short last group counts as N batches. Zero and less mean every
    call."""
    planned = deeds(case)
    if case["save_freq"] == "epoch" or planned is None:
        return NOT_EXERCISED
    return _wrong_times(
        case, planned, f"save_freq={case['save_freq']} and steps_per_execution={case.scenario.steps_per_execution}"
    )


def _with_period(scenario: Scenario) -> Scenario:
    return configured(scenario, period=2)


@clause(
    "model-checkpoint/period/saves-every-period-th-epoch", level="documented",
    source=f"{TF_KERAS} (kwargs)", observes=("saved",), related=_with_period,
    choices={"model-checkpoint/arguments": "save-freq-and-keywords"},
)  # fmt: skip
def every_period(case: Case) -> Outcome:
    """The legacy argument period makes every period-th epoch a turn, counted on across fits; an integer save_freq
    ignores it."""
    return of_both(case, _every_period)


def _every_period(case: Case) -> Outcome:
    planned = deeds(case)
    if "period" not in case.scenario.config or planned is None:
        return NOT_EXERCISED
    return _wrong_times(case, planned, f"save_freq={case['save_freq']!r} and period={case.scenario.config['period']}")


# ---------------------------------------------------------------------------------------------- whether


def _judge(case: Case, due: Iterable[tuple[Turn, bool, str]]) -> Outcome:
    """HELD if each of these turns is saved, or not, as it is due, and why; turns of epochs that were not run say
    nothing."""
    seen = {(epoch.fit, epoch.index): epoch for epoch in case.epochs()}
    outcome: Outcome = NOT_EXERCISED
    for turn, saved, why in due:
        epoch = seen.get((turn.fit, turn.index))
        if epoch is None:
            continue
        outcome = HELD
        if has_saved(epoch, turn) != saved:
            return Failed(
                fit=turn.fit, epoch=turn.index, expected=f"{'a' if saved else 'no'} save at {turn.place}",
                why=why, got="none" if saved else "a save",
            )  # fmt: skip
    return outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class _Best:
    """What save_best_only has to decide upon: the turns, those with a number, the direction, the threshold."""

    planned: tuple[Turn, ...]
    numbers: list[tuple[Turn, float]]
    arrays: list[tuple[Turn, tuple[float, ...]]]
    way: str
    threshold: float | None
    monitor: str


def _best_only(case: Case) -> _Best | None:
    """None if the scenario does not ask for save_best_only, or its direction is not known."""
    planned, way = turns(case), direction(case)
    if planned is None or way is None or not typed(case) or not case["save_best_only"]:
        return None
    return _Best(
        planned=planned, numbers=numbers(case, planned), arrays=arrays(case, planned), way=way,
        threshold=case["initial_value_threshold"], monitor=case["monitor"],
    )  # fmt: skip


def _better(way: str, value: float, than: float) -> bool:
    """Strictly better as float64, whatever the dialect compares in."""
    return value < than if way == "min" else value > than


@clause(
    "model-checkpoint/save-best-only/saves-exactly-the-improvements", level="observed",
    source=f"{DOCUMENTATION} (save_best_only, initial_value_threshold, mode); the precision is observed",
    observes=("saved",),
)  # fmt: skip
def exactly_the_improvements(case: Case) -> Outcome:
    """With save_best_only, a turn whose metric is a number saves exactly if it is strictly better, in the dialect's
    precision, than initial_value_threshold and every value of the turns before it, those of earlier fits included.
    Without a threshold the first value counts as the dialect says; one that is NaN, or a threshold that is NaN, is
    never improved on."""
    best, planned = _best_only(case), deeds(case)
    if best is None or planned is None:
        return NOT_EXERCISED
    verdicts = {turn.when: deed == "improved" for turn, deed in planned}
    values = [value for _, value in best.numbers]
    due = []
    for count, (turn, value) in enumerate(best.numbers):
        improved = verdicts[turn.when]
        why = f"{best.monitor}={value!r} is {'an' if improved else 'no'} improvement with mode={best.way!r} after "
        due.append((turn, improved, f"{why}{values[:count]} and initial_value_threshold={best.threshold}"))
    return _judge(case, due)


@clause(
    "model-checkpoint/save-best-only/saves-every-strict-improvement", level="documented",
    source=f"{DOCUMENTATION} (save_best_only)", observes=("saved",),
)  # fmt: skip
def every_strict_improvement(case: Case) -> Outcome:
    """With save_best_only and finite values, a value that is better than initial_value_threshold and every value before
    it is saved, however small the difference."""
    best = _best_only(case)
    if best is None or best.arrays:
        return NOT_EXERCISED
    known = [*([] if best.threshold is None else [best.threshold]), *(value for _, value in best.numbers)]
    if not all(math.isfinite(value) for value in known):
        return NOT_EXERCISED
    due = []
    for count, (turn, value) in enumerate(best.numbers, len(known) - len(best.numbers)):
        if all(_better(best.way, value, before) for before in known[:count]):
            why = f"{best.monitor}={value!r} is better than all of {known[:count]} with mode={best.way!r}"
            due.append((turn, True, why))
    return _judge(case, due)


@clause(
    "model-checkpoint/initial-value-threshold/saves-nothing-that-is-not-better", level="documented",
    source=f"{DOCUMENTATION} (initial_value_threshold)", observes=("saved",),
)  # fmt: skip
def better_than_the_threshold(case: Case) -> Outcome:
    """With save_best_only and initial_value_threshold, a value that is not strictly better than the threshold is not
    saved."""
    best = _best_only(case)
    if best is None or best.threshold is None:
        return NOT_EXERCISED
    why = f"is not better than initial_value_threshold={best.threshold} with mode={best.way!r}"
    return _judge(
        case,
        (
            (turn, False, f"{best.monitor}={value!r} {why}")
            for turn, value in best.numbers if not _better(best.way, value, best.threshold)
        ),
    )  # fmt: skip


@clause(
    "model-checkpoint/save-best-only/a-repeated-value-is-not-saved-again", level="documented",
    source=f"{DOCUMENTATION} (save_best_only)", observes=("saved",),
)  # fmt: skip
def repeated_value(case: Case) -> Outcome:
    """With save_best_only, a value of the metric that an earlier turn had too, a number or an array, is not a new best,
    and not saved."""
    best = _best_only(case)
    if best is None:
        return NOT_EXERCISED
    seen = [(turn, turn.logs[best.monitor]) for turn in best.planned if best.monitor in turn.logs]
    return _judge(
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
def nan_is_replaced(case: Case) -> Outcome:
    """With save_best_only and no threshold, the first finite value of the metric is saved, even if NaN came before
    it."""
    best = _best_only(case)
    if best is None or best.threshold is not None or best.arrays or not best.numbers:
        return NOT_EXERCISED
    first = next(((turn, value) for turn, value in best.numbers if not math.isnan(value)), None)
    if not math.isnan(best.numbers[0][1]) or first is None or not abs(first[1]) <= FLOAT32_MAX:
        return NOT_EXERCISED
    return _judge(case, [(first[0], True, f"{best.monitor}={first[1]} is the first value that is a number")])


@clause(
    "model-checkpoint/save-best-only/saves-nothing-without-the-metric", level="documented",
    source=f"{DOCUMENTATION} (save_best_only)", observes=("saved",),
)  # fmt: skip
def nothing_without_the_metric(case: Case) -> Outcome:
    """With save_best_only, a model of which the monitored metric is not known is not the best, and not saved."""
    return _judge_missing(case, False)


@clause(
    "model-checkpoint/monitor/a-missing-metric-is-saved", level="observed", source="observed: keras 3.15.1",
    observes=("saved",), choices={"model-checkpoint/missing-metric": "saves"},
)  # fmt: skip
def missing_is_saved(case: Case) -> Outcome:
    """With save_best_only, a turn whose logs lack the monitored metric saves, whatever the best is."""
    return _judge_missing(case, True)


def _judge_missing(case: Case, saved: bool) -> Outcome:
    best = _best_only(case)
    if best is None:
        return NOT_EXERCISED
    why = f"{best.monitor} is not in the logs"
    return _judge(case, ((turn, saved, why) for turn in best.planned if best.monitor not in turn.logs))


@clause(
    "model-checkpoint/monitor/an-array-is-saved", level="observed", source="observed: keras 3.15.1",
    observes=("saved",), choices={"model-checkpoint/array-metric": "saves"},
)  # fmt: skip
def array_is_saved(case: Case) -> Outcome:
    """With save_best_only, a turn whose monitored metric is an array saves, even an array of one number, whatever the
    best is."""
    best = _best_only(case)
    if best is None:
        return NOT_EXERCISED
    return _judge(case, ((turn, True, f"{best.monitor}={value} is an array") for turn, value in best.arrays))


@clause(
    "model-checkpoint/monitor/a-tensor-is-an-array", level="observed", source="observed: keras 3.15.1",
    observes=("saved", "warned"), choices={"model-checkpoint/array-metric": "saves"},
)  # fmt: skip
def tensor_is_an_array(case: Case) -> Outcome:
    """With save_best_only, a turn whose monitored metric is a tensor of several numbers warns and saves, as with an
    array."""
    best = _best_only(case)
    if best is None:
        return NOT_EXERCISED
    tensors = [(turn, value) for turn, value in best.arrays if isinstance(value, Tensor)]
    outcome = _judge(case, ((turn, True, f"{best.monitor} is a tensor of {list(value)}") for turn, value in tensors))
    if isinstance(outcome, Failed):
        return outcome
    for epoch in case.epochs():
        due = [turn for turn, _ in tensors if (turn.fit, turn.index) == (epoch.fit, epoch.index)]
        warned = (epoch.seen.warned or ()).count("array-metric")
        if warned < len(due):
            return Failed(
                fit=epoch.fit, epoch=epoch.index, expected=f"{len(due)} warnings of an array",
                why=f"{best.monitor} is a tensor at {[turn.place for turn in due]}", got=f"{list(epoch.seen.warned or ())}",
            )  # fmt: skip
    return outcome
