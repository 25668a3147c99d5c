"""When ModelCheckpoint has its turn, what it does then, and what makes it fail: over the whole scenario, for its
clauses.

A turn is a moment at which a save is decided. Everything here is computed from the scenario and the dialect's choices
as a closed form, never by stepping through a state machine:

- Every hook call sees one group of batches, so that the turns are every n-th call, over all epochs and all fits.
- A value is an improvement if it is better than every value before it and than the threshold.
- What a scenario raises is the earliest of a list of failures, each found for itself.

Where a configured value has no documented type, or the outcome depends on how an array is printed, the answer is None.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, Literal

from ...files import existing_directories, existing_files, path_of
from ...scenario import Epoch, Scenario, groups
from ...trace import Weights
from ...values import Logs, Value
from ..clause import NOT_EXERCISED, Case, EpochSeen, Failed, NotExercised, Outcome
from ..monitoring import comparison, direction, is_number, precision

DOCUMENTATION = "https://keras.io/api/callbacks/model_checkpoint/"
TF_KERAS = "https://www.tensorflow.org/versions/r2.15/api_docs/python/tf/keras/callbacks/ModelCheckpoint"
OBSERVED = "observed: keras 3.15.1, tf-keras 2.21.0"

Deed = Literal["saving", "missing-metric", "array-metric", "improved", "not-improved"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """A moment at which a save is decided. `fit` and `index` count from zero, `index` within the fit; `number` is the
    absolute epoch; `batch` is None at an epoch end; `logs` is what can be seen there."""

    fit: int
    index: int
    number: int
    batch: int | None
    logs: Logs

    @property
    def when(self) -> tuple[int, int, float]:
        """The turns' order in time."""
        return self.fit, self.index, math.inf if self.batch is None else self.batch

    @property
    def hook(self) -> str:
        return "epoch_end" if self.batch is None else "batch_end"

    @property
    def place(self) -> str:
        return "the epoch end" if self.batch is None else f"the end of batch index {self.batch}"


def is_integer(value: object) -> bool:
    """Whether a configured value is an integer as Python sees it: true and false are 1 and 0."""
    return isinstance(value, int)


def _moments(scenario: Scenario, by_batch: bool) -> Iterator[Turn]:
    """Every epoch end, or every call of the batch hook; a fit ends after the epoch in which somebody stops it."""
    for position, fit in enumerate(scenario.fits):
        first = scenario.first_epoch(fit)
        for index, epoch in enumerate(fit.epochs):
            calls: Iterator[tuple[int | None, Logs]] = iter([(None, epoch.logs)])
            if by_batch:
                calls = iter(groups(epoch.batch_logs(), scenario.steps_per_execution))
            for batch, logs in calls:
                yield Turn(fit=position, index=index, number=first + index, batch=batch, logs=logs)
            if epoch.stop:
                break


def turns(case: Case) -> tuple[Turn, ...] | None:
    """The turns of the scenario; None if `save_freq` or `period` is of no documented type."""
    frequency = case["save_freq"]
    if frequency == "epoch":
        legacy = case.dialect["model-checkpoint/arguments"] == "save-freq-and-keywords"
        period = case.scenario.config.get("period", 1) if legacy else 1
        if not is_number(period):
            return None
        every = math.ceil(period)
    elif is_integer(frequency):
        every = -(-frequency // case.scenario.steps_per_execution)
    else:
        return None
    calls = _moments(case.scenario, by_batch=frequency != "epoch")
    return tuple(turn for count, turn in enumerate(calls, 1) if count % max(1, every) == 0)


def typed(case: Case) -> bool:
    """Whether the parameters that decide have the documented types."""
    return (
        "filepath" in case.scenario.config
        and isinstance(case["monitor"], str)
        and isinstance(case["save_best_only"], bool)
        and isinstance(case["verbose"], int)
        and turns(case) is not None
    )


def records(case: Case, values: list[float]) -> list[bool] | None:
    """Whether each value is better than the threshold and every value before it; None if that cannot be known.

    A NaN that is the first to be compared with hides all that follow.
    """
    compare = comparison(case)
    if compare is None:
        return None
    threshold = case["initial_value_threshold"]
    start = [] if compare.accepts_first else [compare.worst]
    known = [*(start if threshold is None else [threshold]), *values]
    hidden = bool(known) and math.isnan(known[0])
    try:
        return [
            count == 0
            or (not hidden and all(compare.better(value, than) for than in known[:count] if not math.isnan(than)))
            for count, value in enumerate(values, len(known) - len(values))
        ]
    except ValueError:  # a value that the precision refuses
        return None


def numbers(case: Case, planned: tuple[Turn, ...]) -> list[tuple[Turn, float]]:
    """The turns at which the metric is there as a number, with its value."""
    seen = ((turn, turn.logs.get(case["monitor"])) for turn in planned)
    return [(turn, value) for turn, value in seen if value is not None and not isinstance(value, tuple)]


def deeds(case: Case) -> list[tuple[Turn, Deed]] | None:
    """What each turn comes to; None if that cannot be known."""
    planned = turns(case)
    return None if planned is None or not typed(case) else _deeds_at(case, planned)


def _deeds_at(case: Case, planned: tuple[Turn, ...]) -> list[tuple[Turn, Deed]] | None:
    """What the first turns come to; None if that cannot be known."""
    if not case["save_best_only"]:
        return [(turn, "saving") for turn in planned]
    monitor = case["monitor"]
    if arrays(case, planned) and case.dialect["model-checkpoint/array-metric"] == "compares":
        return None
    seen = numbers(case, planned)
    improved = records(case, [value for _, value in seen])
    if improved is None:
        return None
    known: dict[tuple[int, int, float], Deed] = {
        turn.when: "improved" if better else "not-improved" for (turn, _), better in zip(seen, improved, strict=True)
    }
    return [
        (turn, known.get(turn.when, "array-metric" if monitor in turn.logs else "missing-metric")) for turn in planned
    ]


def arrays(case: Case, planned: tuple[Turn, ...]) -> list[tuple[Turn, tuple[float, ...]]]:
    """The turns at which the metric is there as an array, with its elements."""
    seen = ((turn, turn.logs.get(case["monitor"])) for turn in planned)
    return [(turn, value) for turn, value in seen if isinstance(value, tuple)]


def saves(case: Case, deed: Deed) -> bool:
    """Whether the dialect writes a file at a turn that comes to this."""
    if deed in ("missing-metric", "array-metric"):
        return case.dialect[f"model-checkpoint/{deed}"] == "saves"
    return deed in ("saving", "improved")


def weights_named(weights: Weights) -> str:
    """Whose weights they are, in words."""
    return f"the weights of epoch index {weights.epoch}" + ("" if weights.fit is None else f" of fit {weights.fit + 1}")


def in_epoch(epoch: EpochSeen, planned: list[tuple[Turn, Deed]]) -> list[tuple[Turn, Deed]]:
    """The turns of one epoch."""
    return [(turn, deed) for turn, deed in planned if (turn.fit, turn.index) == (epoch.fit, epoch.index)]


def has_saved(epoch: EpochSeen, turn: Turn) -> bool:
    """Whether a file was written at that turn."""
    return any(save.batch == turn.batch for save in epoch.seen.saved or ())


def file_name(case: Case, turn: Turn) -> str | Exception | None:
    """The file name at a turn, or what filling it in raises; None if it mentions an array, as its library prints it."""
    filepath = path_of(case["filepath"])
    fields: dict[str, Value | int] = dict(turn.logs)
    if "epoch" in fields:
        return TypeError("two values for the field epoch")
    if any(isinstance(value, tuple) and "{" + name in filepath for name, value in turn.logs.items()):
        return None
    fields["epoch"] = turn.number + 1
    if turn.batch is not None:
        fields.setdefault("batch", turn.batch + 1)
    try:
        return filepath.format(**fields)
    except Exception as error:  # whatever a format raises is what the callback raises
        return error


# ---------------------------------------------------------------------------------------------- what raises


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """An exception that a scenario leads to, if none comes before it."""

    cause: Literal["direction", "file-name", "undecided", "precision", "directory", "no-directory"]
    type: str
    turn: Turn
    why: str


def refused(case: Case, value: float) -> bool:
    """Whether the precision cannot compare that value."""
    try:
        precision(case, value)(value)
    except ValueError:
        return True
    return False


def failures(case: Case) -> list[Failure] | None:
    """What the scenario leads to, in the order of time: the first one is raised. None if that cannot be known."""
    planned = turns(case)
    if planned is None or not typed(case):
        return None
    names = [file_name(case, turn) for turn in planned]
    by_array = case["save_best_only"] and case.dialect["model-checkpoint/array-metric"] == "compares"
    if None in names or (by_array and arrays(case, planned)):
        return None
    found = [
        Failure(
            cause="file-name", type=type(name).__name__, turn=turn,
            why=f"{path_of(case['filepath'])!r} cannot be filled in with the logs {sorted(turn.logs)}: {name}",
        )
        for turn, name in zip(planned, names, strict=True) if isinstance(name, Exception)
    ]  # fmt: skip
    found = _no_direction(case) + found[:1] + (_comparing(case, planned) if case["save_best_only"] else [])
    found.sort(key=lambda failure: failure.turn.when)
    if not case.scenario.existing:
        return found
    # What comes to a turn before it writes has failed already, if it fails.
    before = tuple(turn for turn in planned if not found or turn.when < found[0].turn.when)
    done = _deeds_at(case, before)
    if done is None or case.dialect["model-checkpoint/suffix"] == "free":
        return None
    return _writing(case, [turn for turn, deed in done if saves(case, deed)]) + found


def in_the_way(scenario: Scenario, name: str) -> Literal["directory", "no-directory"] | None:
    """What keeps a file of that name from being written: a directory in its place, or a file in the place of one of its
    directories."""
    place = PurePosixPath(name)
    if any(file in place.parents for file in existing_files(scenario.existing)):
        return "no-directory"
    return "directory" if place in existing_directories(scenario.existing) else None


def _writing(case: Case, saved: list[Turn]) -> list[Failure]:
    """The first save that cannot be written."""
    for turn in saved:
        name = file_name(case, turn)
        cause = in_the_way(case.scenario, name) if isinstance(name, str) else None
        if cause == "directory":
            return [Failure(cause=cause, type="OSError", turn=turn, why=f"{name} is a directory already")]
        if cause == "no-directory":
            why = f"in {list(case.scenario.existing)} a file is where {name} needs a directory"
            return [Failure(cause=cause, type="NotADirectoryError", turn=turn, why=why)]
    return []


def _no_direction(case: Case) -> list[Failure]:
    """The first epoch end, where the direction has to be decided and cannot be."""
    if case.dialect["model-checkpoint/direction"] != "compiled-metric" or direction(case) is not None:
        return []
    first = next(_moments(case.scenario, by_batch=False))
    why = f"no compiled metric says whether {case['monitor']} is better high or low"
    return [Failure(cause="direction", type="ValueError", turn=first, why=why)]


def _comparing(case: Case, planned: tuple[Turn, ...]) -> list[Failure]:
    """The first comparison before the direction is decided, and the first with a value that the precision refuses."""
    threshold = case["initial_value_threshold"]
    accepted = int(case.dialect["model-checkpoint/first-value"] == "accepted" and threshold is None)
    seen = numbers(case, planned)
    found = []
    if case.dialect["model-checkpoint/direction"] == "compiled-metric":
        for turn, value in seen[accepted:]:
            if (turn.fit, turn.index) == (0, 0) and turn.batch is not None:
                why = f"{case['monitor']}={value} is compared before the direction is decided, at the first epoch end"
                found.append(Failure(cause="undecided", type="TypeError", turn=turn, why=why))
                break
    compared = [] if threshold is None else [threshold]
    for position, (turn, value) in enumerate(seen):
        compared.append(value)
        if position >= accepted and any(refused(case, one) for one in compared):
            why = f"{case['monitor']}={value} or the best before it is finite, but beyond the range of float32"
            found.append(Failure(cause="precision", type="ValueError", turn=turn, why=why))
            break
    return found


def was_not_run(case: Case) -> bool:
    """Whether the constructor refused."""
    return case.trace.rejected is not None


def raised(case: Case) -> tuple[str, int, int | None, str, int | None] | None:
    """What the trace says was raised: type, fit, absolute epoch, hook, batch."""
    for fit in case.trace.fits:
        if fit.error is not None:
            return fit.error.type, fit.error.fit, fit.error.epoch, fit.error.hook, fit.error.batch
    return None


def got_instead(case: Case) -> str:
    """What was raised, in words."""
    found = raised(case)
    if found is None:
        return "no exception"
    kind, fit, epoch, hook, batch = found
    place = "" if epoch is None else f", epoch index {epoch}"
    return f"{kind} in {hook} of fit {fit + 1}{place}" + ("" if batch is None else f", batch index {batch}")


def unexpected(case: Case, why: str) -> Failed:
    """The failure of a clause that expects a run to its end."""
    found = raised(case)
    fit = None if found is None else found[1]
    run = () if fit is None else case.trace.fits[fit].epochs
    return Failed(
        fit=fit, epoch=len(run) - 1 if run else None, expected="a run to its end", why=why, got=got_instead(case)
    )


# ---------------------------------------------------------------------------------------------- related scenarios


def of_both(case: Case, check: Callable[[Case], Outcome]) -> Outcome:
    """The check on the scenario and on the related one. A clause that few scenarios exercise relates one that does."""
    assert case.other_scenario is not None
    outcomes = check(case), check(replace(case, scenario=case.other_scenario, trace=case.other))
    failed = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
    held = [outcome for outcome in outcomes if not isinstance(outcome, NotExercised)]
    return next(iter(failed or held), NOT_EXERCISED)


def configured(scenario: Scenario, **changes: Any) -> Scenario:
    """The scenario with other parameters."""
    return replace(scenario, config={**scenario.config, **changes})


def with_logs(scenario: Scenario, change: Callable[[Logs], Logs]) -> Scenario:
    """The scenario with other logs, in epochs and batches alike."""

    def epoch(shown: Epoch) -> Epoch:
        batches = None if shown.batches is None else tuple(change(logs) for logs in shown.batches)
        return replace(shown, logs=change(shown.logs), batches=batches)

    fits = tuple(replace(fit, epochs=tuple(epoch(shown) for shown in fit.epochs)) for fit in scenario.fits)
    return replace(scenario, fits=fits)


def with_plain_name(scenario: Scenario) -> Scenario | None:
    """The scenario with a file name without fields, and no other metrics than the monitored one."""
    monitor, filepath = scenario.config.get("monitor", "val_loss"), scenario.config.get("filepath")
    if filepath is None or not isinstance(monitor, str):
        return None
    suffix = ".weights.h5" if path_of(filepath).endswith(".weights.h5") else ".keras"
    return with_logs(
        configured(scenario, filepath=f"m{suffix}"),
        lambda logs: {name: value for name, value in logs.items() if name == monitor},
    )
