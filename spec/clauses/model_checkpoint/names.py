"""ModelCheckpoint: the names of the files, and what is printed and warned of."""

import math

from ...files import path_of
from ..clause import HELD, NOT_EXERCISED, Case, Failed, Outcome, clause
from .stream import DOCUMENTATION, OBSERVED, deeds, file_name, in_epoch, saves, turns, typed


@clause(
    "model-checkpoint/filepath/is-filled-in", level="documented",
    source=f"{DOCUMENTATION} (filepath); counting from one and the field batch are observed", observes=("saved",),
)  # fmt: skip
def filled_in(case: Case) -> Outcome:
    """The fields of filepath are filled in as by str.format: epoch is the absolute epoch and, at a batch end, batch is
    the batch's index, both counted from one; all others are the logs of the epoch or the batch. A metric called batch
    goes first."""
    planned = turns(case)
    if planned is None or not typed(case):
        return NOT_EXERCISED
    names = {turn.when: file_name(case, turn) for turn in planned}
    outcome: Outcome = NOT_EXERCISED
    for epoch in case.epochs():
        for save in epoch.seen.saved or ():
            name = names.get((epoch.fit, epoch.index, math.inf if save.batch is None else save.batch))
            if not isinstance(name, str):
                continue
            outcome = HELD
            if save.path != name:
                return Failed(
                    fit=epoch.fit, epoch=epoch.index, expected=f"a file called {name}",
                    why=f"filepath is {path_of(case['filepath'])!r}, the epoch's index is {epoch.number}"
                    + ("" if save.batch is None else f", the batch's index is {save.batch}"), got=save.path,
                )  # fmt: skip
    return outcome


@clause(
    "model-checkpoint/filepath/without-fields-is-overwritten", level="documented",
    source=f"{DOCUMENTATION} (save_best_only)", observes=("saved",),
)  # fmt: skip
def one_file(case: Case) -> Outcome:
    """A filepath without fields is the name of every save."""
    if "filepath" not in case.scenario.config:
        return NOT_EXERCISED
    filepath = path_of(case["filepath"])
    if "{" in filepath or "}" in filepath:
        return NOT_EXERCISED
    outcome: Outcome = NOT_EXERCISED
    for epoch in case.epochs():
        for save in epoch.seen.saved or ():
            outcome = HELD
            if save.path != filepath:
                return Failed(
                    fit=epoch.fit, epoch=epoch.index, expected=f"a file called {filepath}",
                    why="filepath has no fields", got=save.path,
                )  # fmt: skip
    return outcome


@clause(
    "model-checkpoint/verbose/zero-is-silent", level="documented", source=f"{DOCUMENTATION} (verbose)",
    observes=("printed",),
)  # fmt: skip
def silent(case: Case) -> Outcome:
    """With verbose=0, the default, nothing is printed."""
    verbose = case["verbose"]
    if not isinstance(verbose, int | float) or verbose > 0:
        return NOT_EXERCISED
    for epoch in case.epochs():
        if epoch.seen.printed:
            return Failed(
                fit=epoch.fit, epoch=epoch.index, expected="nothing printed", why=f"verbose={verbose}",
                got=f"{list(epoch.seen.printed)}",
            )  # fmt: skip
    return HELD


@clause(
    "model-checkpoint/verbose/announces-what-it-does", level="observed",
    source=f"{DOCUMENTATION} (verbose); which lines there are is observed", observes=("printed",),
)  # fmt: skip
def announces(case: Case) -> Outcome:
    """With verbose=1, every turn that compares says whether the metric improved, every turn without save_best_only says
    that it saves, and a finished save is announced too where the dialect does so; nothing else is printed."""
    planned = deeds(case)
    if planned is None or not case["verbose"] > 0:
        return NOT_EXERCISED
    after = case.dialect["model-checkpoint/announces"] == "before-and-after"
    for epoch in case.epochs():
        expected: list[str] = []
        for _, deed in in_epoch(epoch, planned):
            expected += [deed] if deed in ("saving", "improved", "not-improved") else []
            expected += ["saved"] if after and saves(case, deed) else []
        if epoch.seen.printed != tuple(expected):
            return Failed(
                fit=epoch.fit, epoch=epoch.index, expected=f"{expected} to be printed",
                why=f"verbose={case['verbose']} and the turns come to {[deed for _, deed in in_epoch(epoch, planned)]}",
                got=f"{list(epoch.seen.printed or ())}",
            )  # fmt: skip
    for position, _, seen in case.fits():
        if seen.printed:
            return Failed(
                fit=position, epoch=None, expected="nothing printed when a fit begins or ends",
                why="there is no turn", got=f"{list(seen.printed)}",
            )  # fmt: skip
    return HELD


@clause(
    "model-checkpoint/monitor/warns-of-what-it-cannot-compare", level="observed", source=OBSERVED,
    observes=("warned",),
)  # fmt: skip
def warns(case: Case) -> Outcome:
    """With save_best_only, every turn whose metric is missing warns, and so does one whose metric is an array that the
    dialect does not compare; nothing else warns."""
    planned = deeds(case)
    if planned is None:
        return NOT_EXERCISED
    for epoch in case.epochs():
        here = in_epoch(epoch, planned)
        expected = tuple(deed for _, deed in here if deed in ("missing-metric", "array-metric"))
        if epoch.seen.warned != expected:
            return Failed(
                fit=epoch.fit, epoch=epoch.index, expected=f"the warnings {list(expected)}",
                why=f"the turns come to {[deed for _, deed in here]} with save_best_only={case['save_best_only']}",
                got=f"{list(epoch.seen.warned or ())}",
            )  # fmt: skip
    return HELD
