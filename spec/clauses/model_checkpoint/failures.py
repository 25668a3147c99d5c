"""What makes ModelCheckpoint fail, and what was raised. No clauses in here.

A clause that expects a failure, or none, speaks of scenarios in which nothing else can fail, whatever is chosen: `undisturbed`.
"""

import math
from pathlib import PurePosixPath
from typing import Literal

from ...files import PATH_LIKE, existing_directories, existing_files, handed_over_as, path_of
from ...numbers import FLOAT32_MAX
from ...scenario import Scenario
from ...trace import Trace
from ..clause import Case, Expectation
from .stream import Turn, arrays, file_name, moments, numbers, turns, way

# ---------------------------------------------------------------------------------------------- what can fail


def names(case: Case) -> list[tuple[Turn, str | Exception | None]]:
    """The file name at every moment that may be a turn."""
    return [(turn, file_name(case, turn)) for turn in moments(case.scenario, by_batch=case["save_freq"] != "epoch")]


def nameable(case: Case) -> bool:
    """Whether the file name can be filled in at every moment that may be a turn."""
    return all(isinstance(name, str) for _, name in names(case))


def in_the_way(scenario: Scenario, name: str) -> Literal["directory", "no-directory"] | None:
    """What keeps a file of that name from being written: a directory in its place, or a file in the place of one of its
    directories."""
    place = PurePosixPath(name)
    if any(file in place.parents for file in existing_files(scenario.existing)):
        return "no-directory"
    return "directory" if place in existing_directories(scenario.existing) else None


def compares_only_float32(case: Case, planned: tuple[Turn, ...]) -> bool:
    """Whether every precision can compare all that there is to compare."""
    threshold = case["initial_value_threshold"]
    values = [value for _, value in numbers(case, planned)] + ([] if threshold is None else [threshold])
    return all(not math.isfinite(value) or abs(value) <= FLOAT32_MAX for value in values)


def undisturbed(case: Case) -> bool:
    """Whether neither the path and what is there, nor the direction, nor a comparison in the first epoch can fail, whatever is
    chosen; file names and values may."""
    planned = turns(case)
    if planned is None or case.trace.rejected is not None or way(case) is None:
        return False
    if case.scenario.existing or handed_over_as(case.scenario.config) == PATH_LIKE or "/" in path_of(case["filepath"]):
        return False
    return not case["save_best_only"] or (case["save_freq"] == "epoch" and not arrays(case, planned))


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


def raises(case: Case, type: str, turn: Turn, because: str) -> Expectation:
    """The expectation that an exception of this type is raised at the turn."""
    return case.at(turn.fit, turn.epoch).expects_that(
        raised(case.trace) == (type, turn.fit, turn.number, turn.hook, turn.batch),
        f"{type} at {turn.place}", got=lambda: raised_in_words(case.trace), because=because,
    )  # fmt: skip


def runs_to_its_end(case: Case, because: str) -> Expectation:
    """The expectation that nothing is raised."""
    found = raised(case.trace)
    fit = None if found is None else found[1]
    run = () if fit is None else case.trace.fits[fit].epochs
    place = case.at(fit, len(run) - 1 if run else None)
    return place.expects_that(
        found is None, "a run to its end", got=lambda: raised_in_words(case.trace), because=because
    )
