"""ModelCheckpoint: what a run fails with, and the failures that the documentation rules out.

What a scenario raises is the first of the failures that `failures.py` finds. Each kind has a clause here, and one more says
that nothing else is raised.
"""

import math
from collections.abc import Callable

from ...editing import each_logs
from ...numbers import FLOAT32_MAX
from ...scenario import Scenario
from ..clause import HELD, Case, Expectations, clause
from ..monitoring import direction
from .failures import Failure, failures, in_the_way, raised, raised_in_words, runs_to_its_end
from .shared import of_both, with_plain_name
from .stream import DOCUMENTATION, OBSERVED, arrays, file_name, is_integer, numbers, turns

# ---------------------------------------------------------------------------------------------- what is raised


def _raises(case: Case, *causes: str, only: Callable[[Failure], bool] = lambda failure: True) -> Expectations:
    """Expects the first failure, if it is of one of these causes, to be what is raised, where and as it is due."""
    due = next(iter(failures(case) or ()), None)
    if due is not None and case.trace.rejected is None and due.cause in causes and only(due):
        turn = due.turn
        yield case.at(turn.fit, turn.epoch).expects_that(
            raised(case.trace) == (due.type, turn.fit, turn.number, turn.hook, turn.batch),
            f"{due.type} at {turn.place}", got=raised_in_words(case.trace), because=due.why,
        )  # fmt: skip


@clause(
    "model-checkpoint/errors/raises-nothing-else", level="observed", source=OBSERVED, errors=True,
)  # fmt: skip
def nothing_else(case: Case) -> Expectations:
    """A run whose file names can be filled in and written to, and that compares nothing that cannot be compared, raises
    nothing."""
    if case.trace.rejected is None and failures(case) == []:
        yield runs_to_its_end(case, "no turn has a reason to fail")


@clause("model-checkpoint/filepath/an-unknown-field-raises", level="observed", source=OBSERVED, errors=True)
def unknown_field(case: Case) -> Expectations:
    """The file name is filled in at every turn, before and whether or not there is anything to save: a field that the
    logs do not have there raises KeyError, and any other mistake in it what str.format raises."""
    return _raises(case, "file-name", only=lambda failure: "epoch" not in failure.turn.logs)


def _with_metric_called_epoch(scenario: Scenario) -> Scenario:
    return each_logs(scenario, lambda logs: {**logs, "epoch": 1.0})


@clause(
    "model-checkpoint/filepath/a-metric-called-epoch-raises", level="observed", source=OBSERVED, errors=True,
    related=_with_metric_called_epoch,
)  # fmt: skip
def metric_called_epoch(case: Case) -> Expectations:
    """A metric called epoch raises TypeError at the first turn that has it in its logs, whatever the filepath."""
    return of_both(case, lambda one: _raises(one, "file-name", only=lambda failure: "epoch" in failure.turn.logs))


@clause(
    "model-checkpoint/filepath/a-directory-in-its-place-raises", level="observed", source="observed: keras 3.15.1", errors=True,
    choices={"model-checkpoint/suffix": "keras-or-h5"},
)  # fmt: skip
def directory_in_its_place(case: Case) -> Expectations:
    """A save under the name of a directory that is there already raises OSError, and none of the types made from it."""
    return _raises(case, "directory")


@clause(
    "model-checkpoint/filepath/a-file-in-place-of-its-directory-raises", level="observed", source="observed: keras 3.15.1",
    errors=True, choices={"model-checkpoint/suffix": "keras-or-h5"},
)  # fmt: skip
def file_in_place_of_a_directory(case: Case) -> Expectations:
    """A save into a directory whose name is that of a file raises NotADirectoryError, whatever the names are."""
    return _raises(case, "no-directory")


@clause(
    "model-checkpoint/mode/an-undecided-auto-raises", level="observed", source="observed: keras 3.15.1", errors=True,
    choices={"model-checkpoint/direction": "compiled-metric"},
)  # fmt: skip
def undecided_auto(case: Case) -> Expectations:
    """With mode="auto" and a metric whose direction the model compiled for the first fit does not tell, the first epoch
    end raises ValueError, whatever is saved and when, and before the file name is filled in."""
    return _raises(case, "direction")


@clause(
    "model-checkpoint/save-freq/a-comparison-in-the-first-epoch-raises", level="observed",
    source="observed: keras 3.15.1", errors=True, choices={"model-checkpoint/direction": "compiled-metric"},
)  # fmt: skip
def compares_too_early(case: Case) -> Expectations:
    """With save_best_only and an integer save_freq, the first turn of the instance's first epoch that compares raises
    TypeError, with an explicit mode too; a first value that is accepted unseen is not compared."""
    return _raises(case, "undecided")


@clause(
    "model-checkpoint/save-best-only/a-value-beyond-float32-raises", level="observed",
    source="observed: keras 3.15.1 on TensorFlow", errors=True, choices={"model-checkpoint/precision": "float32-tensorflow"},
)  # fmt: skip
def beyond_float32(case: Case) -> Expectations:
    """With save_best_only, the first comparison with a finite value or threshold that float32 cannot hold raises
    ValueError."""
    return _raises(case, "precision")


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
    "model-checkpoint/monitor/an-array-of-numbers-cannot-be-compared", level="observed",
    source="observed: tf-keras 2.21.0", errors=True, related=_in_arrays,
    choices={
        "model-checkpoint/array-metric": "compares", "model-checkpoint/first-value": "compared-with-infinity",
        "model-checkpoint/precision": "float64",
        "model-checkpoint/direction": "name-contains-acc-or-starts-with-fmeasure",
    },
)  # fmt: skip
def array_raises(case: Case) -> Expectations:
    """With save_best_only, a metric that is an array of several numbers raises ValueError; an array of one number is
    compared, and raises TypeError if verbose=1 has to print it as an improvement."""
    return of_both(case, _array_raises)


def _array_raises(case: Case) -> Expectations:
    planned = turns(case)
    if planned is None or not case["save_best_only"] or case.trace.rejected is not None:
        return
    way, found = direction(case), arrays(case, planned)
    if way is None or not found or not all(isinstance(file_name(case, turn), str) for turn in planned):
        return
    turn, value = found[0]
    before = [number for earlier, number in numbers(case, planned) if earlier.when < turn.when]
    threshold = case["initial_value_threshold"]
    known = [(math.inf if way == "min" else -math.inf) if threshold is None else threshold, *before]
    numbered = [one for one in known if one == one]
    better = known[0] == known[0] and all(value[0] < one if way == "min" else value[0] > one for one in numbered)
    due = "ValueError" if len(value) > 1 else "TypeError" if better and case["verbose"] > 0 else None
    if due is not None:
        yield case.at(turn.fit, turn.epoch).expects_that(
            raised(case.trace) == (due, turn.fit, turn.number, turn.hook, turn.batch), f"{due} at {turn.place}",
            got=raised_in_words(case.trace), because=f"{case['monitor']}={value} is an array, with verbose={case['verbose']}",
        )  # fmt: skip


# ---------------------------------------------------------------------------------------------- what is promised


def _can_be_saved(case: Case) -> bool:
    """Whether every file name can be filled in and written to, and no turn of a save_best_only sees an array."""
    planned = turns(case)
    if planned is None or case.trace.rejected is not None:
        return False
    names = [file_name(case, turn) for turn in planned]
    writable = all(isinstance(name, str) and in_the_way(case.scenario, name) is None for name in names)
    return writable and not (case["save_best_only"] and arrays(case, planned))


def _compares_only_float32(case: Case) -> bool:
    """Whether every precision can compare all that there is to compare."""
    threshold = case["initial_value_threshold"]
    values = [value for _, value in numbers(case, turns(case) or ())] + ([] if threshold is None else [threshold])
    return all(not math.isfinite(value) or abs(value) <= FLOAT32_MAX for value in values)


@clause(
    "model-checkpoint/save-freq/save-best-only-works-by-batches", level="documented",
    source=f"{DOCUMENTATION} (save_freq, save_best_only)", errors=True,
)  # fmt: skip
def best_by_batches(case: Case) -> Expectations:
    """save_best_only goes with an integer save_freq: values of the metric in the batches' logs do not make the run
    fail."""
    planned = turns(case)
    if case["save_freq"] == "epoch" or not case["save_best_only"] or planned is None or not _can_be_saved(case):
        return
    if numbers(case, planned) and _compares_only_float32(case):
        found = raised(case.trace)
        why = f"{case['monitor']} is a number in the batches' logs and save_best_only compares numbers"
        yield HELD if found is not None and found[3] != "batch_end" else runs_to_its_end(case, why)


@clause(
    "model-checkpoint/mode/auto-finds-a-direction-for-every-name", level="documented", source=f"{DOCUMENTATION} (mode)",
    errors=True,
)  # fmt: skip
def auto_for_every_name(case: Case) -> Expectations:
    """With save_best_only and mode="auto" the direction follows from the metric's name: no name makes the run fail."""
    if case["mode"] != "auto" or not case["save_best_only"] or case["save_freq"] != "epoch" or not _can_be_saved(case):
        return
    if _compares_only_float32(case):
        yield runs_to_its_end(case, f"a direction follows from the name {case['monitor']}")


@clause(
    "model-checkpoint/save-best-only/compares-all-finite-values", level="documented",
    source=f"{DOCUMENTATION} (save_best_only)", errors=True,
)  # fmt: skip
def finite_values(case: Case) -> Expectations:
    """With save_best_only, finite values of the metric can be compared, however large: they do not make the run
    fail."""
    planned = turns(case)
    if planned is None or not case["save_best_only"] or case["save_freq"] != "epoch" or not _can_be_saved(case):
        return
    if direction(case) is not None and numbers(case, planned):
        yield runs_to_its_end(case, "all values of the metric are numbers")
