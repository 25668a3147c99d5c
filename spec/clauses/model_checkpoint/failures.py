"""What makes ModelCheckpoint fail: the failures that a scenario leads to, each found for itself. No clauses in here.

What a scenario raises is the earliest of them.
"""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from ...files import existing_directories, existing_files, path_of
from ...scenario import Scenario
from ...trace import Trace
from ..clause import Case, Expectation
from ..monitoring import direction, precision
from .stream import Turn, arrays, deeds_at, file_name, moments, numbers, saves, turns


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
    if planned is None:
        return None
    names = [file_name(case, turn) for turn in planned]
    by_array = case["save_best_only"] and case.dialect["model-checkpoint/array-metric"].startswith("compares")
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
    done = deeds_at(case, before)
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
    first = next(moments(case.scenario, by_batch=False))
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
            if (turn.fit, turn.epoch) == (0, 0) and turn.batch is not None:
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


# ---------------------------------------------------------------------------------------------- what was raised

Raising = tuple[str, int, int | None, str, int | None]
"""Of an exception its type and where it was raised: fit, absolute epoch, hook, batch."""


def raised(trace: Trace) -> Raising | None:
    """What the trace says was raised."""
    for fit in trace.fits:
        if fit.error is not None:
            return fit.error.type, fit.error.fit, fit.error.epoch, fit.error.hook, fit.error.batch
    return None


def raised_in_words(trace: Trace) -> str:
    found = raised(trace)
    if found is None:
        return "no exception"
    kind, fit, epoch, hook, batch = found
    place = "" if epoch is None else f", epoch index {epoch}"
    return f"{kind} in {hook} of fit {fit + 1}{place}" + ("" if batch is None else f", batch index {batch}")


def runs_to_its_end(case: Case, because: str) -> Expectation:
    """The expectation that nothing is raised."""
    found = raised(case.trace)
    fit = None if found is None else found[1]
    run = () if fit is None else case.trace.fits[fit].epochs
    place = case.at(fit, len(run) - 1 if run else None)
    return place.expects_that(found is None, "a run to its end", got=raised_in_words(case.trace), because=because)
