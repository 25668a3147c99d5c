"""ModelCheckpoint: what a run fails with, and the failures that the documentation rules out.

Every kind of failure has a clause, which speaks of scenarios in which nothing else fails before it; one more says that nothing
else is raised.
"""

import math
from collections.abc import Callable
from dataclasses import replace

from ...editing import configured, each_logs
from ...files import PATH_LIKE, handed_over_as, path_of
from ...scenario import Scenario
from ..clause import HELD, Case, Expectations, clause
from ..monitoring import UNDECIDED, precision
from .failures import (
    compares_only_float32,
    in_the_way,
    nameable,
    names,
    raised,
    raises,
    runs_to_its_end,
    undisturbed,
)
from .monitor import direction_of_compiled
from .shared import of_both, where_small, with_plain_name
from .stream import (
    DOCUMENTATION,
    KERAS_3,
    OBSERVED,
    Turn,
    arrays,
    file_name,
    is_integer,
    moments,
    numbers,
    turns,
    typed,
    way,
)

# ---------------------------------------------------------------------------------------------- what is raised


@clause("model-checkpoint/errors/raises-nothing-else", level="observed", source=OBSERVED, errors=True)
def nothing_else(case: Case) -> Expectations:
    """Nothing raises if every file name can be filled in and every file be written, and if the direction is known (mode min or
    max, or auto with a loss), be there something to compare or not; with save_best_only also only numbers in the range of float32
    are compared, and at epoch ends alone. (A filepath that is a string without directories, nothing there before, and a verbose
    that is a number.)"""
    harmless = not case["save_best_only"] or compares_only_float32(case, turns(case) or ())
    if undisturbed(case) and nameable(case) and harmless:
        yield runs_to_its_end(case, "no turn has a reason to fail")


def _explicit(scenario: Scenario) -> Scenario:
    """The scenario with an explicit mode."""
    return scenario if scenario.config.get("mode") in ("min", "max") else configured(scenario, mode="min")


def _cannot_be_named(case: Case, only: Callable[[Turn], bool]) -> Expectations:
    """Expects what filling in the file name raises, at the first turn at which it does, if it is such a turn."""
    planned = turns(case) or ()
    if undisturbed(case) and compares_only_float32(case, planned):
        for turn in planned:
            name = file_name(case, turn)
            if name is None:  # nobody knows
                return
            if isinstance(name, Exception):
                if only(turn):
                    why = f"{path_of(case['filepath'])!r} cannot be filled in with the logs {sorted(turn.logs)}: {name}"
                    yield raises(case, type(name).__name__, turn, why)
                return


def _with_unknown_field(scenario: Scenario) -> Scenario | None:
    """The scenario with a name that has a field which no logs have, where that is all that can fail."""
    plain = with_plain_name(replace(scenario, existing=()))
    if plain is None:
        return None
    suffix = str(plain.config["filepath"]).removeprefix("m")
    return configured(_explicit(plain), filepath=f"m-{{unknown}}{suffix}")


@clause(
    "model-checkpoint/filepath/an-unknown-field-raises", level="observed", source=OBSERVED, errors=True,
    related=_with_unknown_field,
)  # fmt: skip
def unknown_field(case: Case) -> Expectations:
    """The file name is filled in at every turn, before and whether or not there is anything to save: a field that the
    logs do not have there raises KeyError, and any other mistake in it what str.format raises."""
    return of_both(case, lambda one: _cannot_be_named(one, lambda turn: "epoch" not in turn.logs))


def _with_metric_called_epoch(scenario: Scenario) -> Scenario:
    return each_logs(scenario, lambda logs: {**logs, "epoch": 1.0})


@clause(
    "model-checkpoint/filepath/a-metric-called-epoch-raises", level="observed", source=OBSERVED, errors=True,
    related=_with_metric_called_epoch,
)  # fmt: skip
def metric_called_epoch(case: Case) -> Expectations:
    """A metric called epoch raises TypeError at the first turn that has it in its logs, whatever the filepath."""
    return of_both(case, lambda one: _cannot_be_named(one, lambda turn: "epoch" in turn.logs))


def _cannot_be_written(case: Case, kind: str, type: str, why: str) -> Expectations:
    """Expects this type at the first turn whose file has something of this kind in its way, if it is the first to have any."""
    planned, scenario = turns(case), case.scenario
    if planned is None or case.trace.rejected is not None or way(case) is None or case["save_best_only"]:
        return
    if not scenario.existing or handed_over_as(scenario.config) == PATH_LIKE or not nameable(case):
        return
    for turn in planned:
        name = str(file_name(case, turn))
        found = in_the_way(scenario, name)
        if found is not None:
            if found == kind:
                yield raises(case, type, turn, why.format(name, list(scenario.existing)))
            return


def _with_in_the_way(existing: str, filepath: str) -> Callable[[Scenario], Scenario | None]:
    """The scenario with this there, a plain name, and a save at every turn."""

    def related(scenario: Scenario) -> Scenario | None:
        plain = with_plain_name(scenario)
        if plain is None:
            return None
        suffix = str(plain.config["filepath"]).removeprefix("m")
        return replace(
            configured(_explicit(plain), filepath=filepath + suffix, save_best_only=False),
            existing=(existing.format(suffix),),
        )

    return related


WRITES_FILES = ("keras-or-h5", "keras")
MAKES_FOLDERS = ("before-a-save", "at-every-turn")


@clause(
    "model-checkpoint/filepath/a-directory-in-its-place-raises", level="observed", source=KERAS_3, errors=True,
    related=_with_in_the_way("m{}/", "m"),
    choices={"model-checkpoint/suffix": WRITES_FILES, "model-checkpoint/folder": MAKES_FOLDERS},
)  # fmt: skip
def directory_in_its_place(case: Case) -> Expectations:
    """Without save_best_only, a save under the name of a directory that is there already raises OSError itself, not a subclass
    of it."""
    return of_both(case, lambda one: _cannot_be_written(one, "directory", "OSError", "{} is a directory already"))


@clause(
    "model-checkpoint/filepath/a-file-in-place-of-its-directory-raises", level="observed", source=KERAS_3, errors=True,
    related=_with_in_the_way("a", "a/m"),
    choices={"model-checkpoint/suffix": WRITES_FILES, "model-checkpoint/folder": MAKES_FOLDERS},
)  # fmt: skip
def file_in_place_of_a_directory(case: Case) -> Expectations:
    """Without save_best_only, a save into a directory whose name is that of a file raises NotADirectoryError, whatever the names
    are."""
    why = "in {1} a file is where {0} needs a directory"
    return of_both(case, lambda one: _cannot_be_written(one, "no-directory", "NotADirectoryError", why))


@clause(
    "model-checkpoint/mode/an-undecided-auto-raises", level="observed", source=UNDECIDED, errors=True,
    choices={"model-checkpoint/direction": "compiled-metric"},
)  # fmt: skip
def undecided_auto(case: Case) -> Expectations:
    """With mode="auto" and a metric whose direction the model compiled for the first fit does not tell, the end of the first
    epoch raises ValueError, even where nothing depends on the direction, and with save_freq="epoch" before the file name is
    filled in. (Unless something has raised before: with an integer save_freq the turns of that epoch come first, which save, and
    may raise by themselves.)"""
    by_epoch = case["save_freq"] == "epoch"
    undecided = case["mode"] not in ("min", "max") and direction_of_compiled(case.scenario) is None
    if not undecided or not typed(case) or case.trace.rejected is not None:
        return
    as_string = handed_over_as(case.scenario.config) != PATH_LIKE
    plain = (
        as_string and not case["save_best_only"] and not case.scenario.existing and "/" not in path_of(case["filepath"])
    )
    if by_epoch or (plain and nameable(case)):
        first = next(moments(case.scenario, by_batch=False))
        why = f"no compiled metric says whether {case['monitor']} is better high or low"
        yield raises(case, "ValueError", first, why)


def _best_by_batches(scenario: Scenario) -> Scenario | None:
    """The scenario with save_best_only after every batch."""
    plain = with_plain_name(replace(scenario, existing=()))
    return None if plain is None else configured(_explicit(plain), save_best_only=True, save_freq=1)


@clause(
    "model-checkpoint/save-freq/a-comparison-in-the-first-epoch-raises", level="observed", source=KERAS_3, errors=True,
    related=where_small(_best_by_batches),
    choices={"model-checkpoint/direction": "compiled-metric", "model-checkpoint/first-value": "accepted"},
)  # fmt: skip
def compares_too_early(case: Case) -> Expectations:
    """With save_best_only and an integer save_freq, the first turn of the instance's first epoch that compares raises
    TypeError, with mode min or max too; a first value that is accepted unseen is not compared."""
    return of_both(case, _compares_too_early)


def _compares_too_early(case: Case) -> Expectations:
    planned = turns(case)
    if planned is None or case.trace.rejected is not None or not case["save_best_only"] or case["save_freq"] == "epoch":
        return
    plain = handed_over_as(case.scenario.config) != PATH_LIKE and "/" not in path_of(case["filepath"])
    if case.scenario.existing or not plain or not nameable(case) or arrays(case, planned):
        return
    unseen = 1 if case["initial_value_threshold"] is None else 0
    compared = [(turn, value) for turn, value in numbers(case, planned)[unseen:] if (turn.fit, turn.epoch) == (0, 0)]
    for turn, value in compared[:1]:
        why = f"{case['monitor']}={value} is compared before the direction is decided, at the first epoch end"
        yield raises(case, "TypeError", turn, why)


def _refused(case: Case, value: float) -> bool:
    """Whether the precision cannot compare that value."""
    try:
        precision(case, value)(value)
    except ValueError:
        return True
    return False


def _with_a_threshold_beyond(scenario: Scenario) -> Scenario | None:
    """The scenario with save_best_only and a threshold that float32 does not have."""
    plain = with_plain_name(replace(scenario, existing=()))
    return None if plain is None else configured(_explicit(plain), save_best_only=True, initial_value_threshold=1e39)


@clause(
    "model-checkpoint/save-best-only/a-value-beyond-float32-raises", level="observed",
    source="observed: keras 3.15.1 on TensorFlow", errors=True,
    choices={"model-checkpoint/precision": "float32-tensorflow"}, related=where_small(_with_a_threshold_beyond),
)  # fmt: skip
def beyond_float32(case: Case) -> Expectations:
    """With save_best_only and a known direction, the first comparison in which a finite plain number, or a threshold that is one,
    is out of the range of float32 raises ValueError."""
    return of_both(case, _beyond_float32)


def _beyond_float32(case: Case) -> Expectations:
    if not undisturbed(case) or not case["save_best_only"] or not nameable(case):
        return
    threshold, seen = case["initial_value_threshold"], numbers(case, turns(case) or ())
    if threshold is None and seen and _refused(case, seen[0][1]):
        return  # a choice decides whether the first value is compared
    for turn, value in seen:
        if _refused(case, value) or (threshold is not None and _refused(case, threshold)):
            why = f"{case['monitor']}={value} or the best before it is finite, but beyond the range of float32"
            yield raises(case, "ValueError", turn, why)
            return


@clause(
    "model-checkpoint/save-best-only/compares-all-finite-values", level="observed",
    source="observed: keras 3.15.1 on NumPy and JAX, tf-keras 2.21.0", errors=True,
    choices={"model-checkpoint/precision": ("float32-jax", "float32", "float64")},
)  # fmt: skip
def finite_values(case: Case) -> Expectations:
    """With save_best_only, save_freq="epoch" and a known direction, finite values of the metric can be compared, however large:
    they do not make the run fail."""
    if undisturbed(case) and case["save_best_only"] and nameable(case) and numbers(case, turns(case) or ()):
        yield runs_to_its_end(case, "all values of the metric are numbers")


def _in_arrays(scenario: Scenario) -> Scenario | None:
    """The scenario with arrays for numbers: of one if an improvement is printed, else of two."""
    monitor, verbose = scenario.config.get("monitor", "val_loss"), scenario.config.get("verbose", 0)
    plain = with_plain_name(scenario)
    if plain is None or scenario.config.get("save_best_only") is not True or not is_integer(verbose):
        return None
    length = 1 if verbose > 0 else 2
    return each_logs(
        plain,
        lambda logs: {
            name: (float(value),) * length if name == monitor and not isinstance(value, tuple) else value
            for name, value in logs.items()
        },
    )


@clause(
    "model-checkpoint/monitor/an-array-of-numbers-cannot-be-compared", level="observed", source="observed: tf-keras 2.21.0",
    errors=True, related=_in_arrays,
    choices={
        "model-checkpoint/array-metric": "compares", "model-checkpoint/first-value": "compared-with-infinity",
        "model-checkpoint/precision": "float64",
        "model-checkpoint/direction": "name-contains-acc-or-starts-with-fmeasure",
    },
)  # fmt: skip
def array_raises(case: Case) -> Expectations:
    """With save_best_only and a known direction, a metric that is an array of several numbers raises ValueError; an array of one
    number is compared, and raises TypeError if verbose=1 has to print it as an improvement."""
    return of_both(case, _array_raises)


def _array_raises(case: Case) -> Expectations:
    planned, direction = turns(case), way(case)
    if planned is None or not case["save_best_only"] or case.trace.rejected is not None or direction is None:
        return
    found = arrays(case, planned)
    if not found or not nameable(case):
        return
    turn, value = found[0]
    before = [number for earlier, number in numbers(case, planned) if earlier.when < turn.when]
    threshold = case["initial_value_threshold"]
    known = [(math.inf if direction == "min" else -math.inf) if threshold is None else threshold, *before]
    numbered = [one for one in known if one == one]
    better = known[0] == known[0] and all(value[0] < one if direction == "min" else value[0] > one for one in numbered)
    due = "ValueError" if len(value) > 1 else "TypeError" if better and case["verbose"] > 0 else None
    if due is not None:
        yield raises(case, due, turn, f"{case['monitor']}={value} is an array, with verbose={case['verbose']}")


# ---------------------------------------------------------------------------------------------- what is promised


def _can_be_saved(case: Case) -> bool:
    """Whether every file name can be filled in with what is promised and written to, in no directory and from a string, and no
    turn of a save_best_only sees an array or a value beyond what float32 has."""
    planned = turns(case)
    if planned is None or case.trace.rejected is not None:
        return False
    template = path_of(case["filepath"])
    if "/" in template or "{batch" in template or handed_over_as(case.scenario.config) == PATH_LIKE:
        return False
    if not all(isinstance(name, str) and in_the_way(case.scenario, name) is None for _, name in names(case)):
        return False
    return compares_only_float32(case, planned) and not (case["save_best_only"] and arrays(case, planned))


@clause(
    "model-checkpoint/save-freq/save-best-only-works-by-batches", level="documented",
    source=f"{DOCUMENTATION} (save_freq, save_best_only)", errors=True, related=where_small(_best_by_batches),
)  # fmt: skip
def best_by_batches(case: Case) -> Expectations:
    """save_best_only goes with an integer save_freq: values of the metric in the batches' logs do not make the run
    fail."""
    return of_both(case, _works_by_batches)


def _works_by_batches(case: Case) -> Expectations:
    if (
        case["save_freq"] != "epoch"
        and case["save_best_only"]
        and _can_be_saved(case)
        and numbers(case, turns(case) or ())
    ):
        found = raised(case.trace)
        why = f"{case['monitor']} is a number in the batches' logs and save_best_only compares numbers"
        yield HELD if found is not None and found[3] != "batch_end" else runs_to_its_end(case, why)


@clause(
    "model-checkpoint/mode/auto-finds-a-direction-for-every-name", level="documented",
    source=f"follows from {DOCUMENTATION} (mode: inferred from the name)",
    errors=True,
)  # fmt: skip
def auto_for_every_name(case: Case) -> Expectations:
    """With save_best_only and mode="auto" the direction follows from the metric's name: no name makes the run fail. (That there
    is one for every name is an inference.)"""
    if case["mode"] == "auto" and case["save_best_only"] and case["save_freq"] == "epoch" and _can_be_saved(case):
        yield runs_to_its_end(case, f"a direction follows from the name {case['monitor']}")
