"""ModelCheckpoint: which arguments are refused, what a run fails with, and the failures that the documentation rules
out.

What a scenario raises is the first of the failures that `stream.failures` finds. Each kind has a clause
here, and one more says that nothing else is raised.
"""

import math
from collections.abc import Callable
from dataclasses import replace

from ...callbacks import parameters
from ...files import PATH_LIKE, handed_over_as, path_of
from ...numbers import FLOAT32_MAX
from ...scenario import Scenario
from ..clause import HELD, NOT_EXERCISED, Case, Failed, Outcome, clause
from ..monitoring import direction
from .stream import (
    DOCUMENTATION,
    OBSERVED,
    Failure,
    arrays,
    configured,
    failures,
    file_name,
    got_instead,
    in_the_way,
    is_integer,
    numbers,
    of_both,
    raised,
    turns,
    typed,
    unexpected,
    was_not_run,
    with_logs,
    with_plain_name,
)

# ---------------------------------------------------------------------------------------------- arguments

MODES = ("auto", "min", "max")


def _refusals(case: Case) -> list[tuple[str, str]]:
    """The types of exception that the arguments call for, in the order in which a constructor checks, and why."""
    config = case.scenario.config
    legacy = case.dialect["model-checkpoint/arguments"] == "save-freq-and-keywords"
    found = []
    unknown = [name for name in config if name not in parameters("ModelCheckpoint")]
    if "filepath" not in config:
        found.append(("TypeError", "filepath is required"))
    if unknown and not legacy:
        found.append(("TypeError", f"there is no argument {unknown[0]}"))
    if _refuses_a_path(case):
        found.append(("AttributeError", "filepath is a PathLike, and a whole model is to be saved"))
    if legacy and config.get("options") is not None:
        native = not case["save_weights_only"] and path_of(config.get("filepath")).endswith(".keras")
        kind = "ValueError" if native else "TypeError"
        found.append((kind, f"options={config['options']!r} is no object of TensorFlow's for this format"))
    if case["save_freq"] != "epoch" and not is_integer(case["save_freq"]):
        found.append(("ValueError", f"save_freq={case['save_freq']!r} is neither 'epoch' nor an integer"))
    if case.dialect["model-checkpoint/suffix"] == "keras-or-h5" and "filepath" in config:
        suffixes = (".weights.h5",) if case["save_weights_only"] else (".keras", ".h5")
        if not path_of(config["filepath"]).endswith(suffixes):
            found.append(
                ("ValueError", f"filepath={path_of(config['filepath'])!r} does not end with {' or '.join(suffixes)}")
            )
    return found


def _refuses_a_path(case: Case) -> bool:
    """Whether the dialect refuses a PathLike in this configuration."""
    only_for_weights = case.dialect["model-checkpoint/path-like"] == "only-for-weights"
    return only_for_weights and handed_over_as(case.scenario.config) == PATH_LIKE and not case["save_weights_only"]


def _refused(case: Case, due: tuple[str, str] | None) -> Outcome:
    rejected = case.trace.rejected
    got = None if rejected is None else rejected.type
    if got == (None if due is None else due[0]):
        return HELD
    expected, why = ("no exception", "the arguments are as they have to be") if due is None else due
    return Failed(
        fit=None, epoch=None, expected=f"{expected} from the constructor", why=why,
        got="none" if rejected is None else f"{rejected.type}: {rejected.message}",
    )  # fmt: skip


@clause(
    "model-checkpoint/arguments/refuses-what-is-not-documented-and-nothing-else", level="observed",
    source=f"{DOCUMENTATION} (arguments); the types of the exceptions are observed", errors=True,
)  # fmt: skip
def arguments(case: Case) -> Outcome:
    """A missing filepath raises TypeError, and so does an unknown argument where the dialect takes none; a save_freq
    that is neither "epoch" nor an integer, and a filepath with another suffix than the dialect's formats raise
    ValueError; a PathLike for a whole model raises AttributeError where the dialect does not take it; the legacy
    argument options, as plain data, raises TypeError, or ValueError for a .keras model. All else is accepted, any mode
    too."""
    if case["mode"] not in ("min", "max") and not isinstance(case["monitor"], str):
        return NOT_EXERCISED
    refusals = _refusals(case)
    return _refused(case, refusals[0] if refusals else None)


def _documented_but_for_the_suffix(case: Case) -> bool:
    config = case.scenario.config
    known = "filepath" in config and all(name in parameters("ModelCheckpoint") for name in config)
    return known and not _refuses_a_path(case) and (case["save_freq"] == "epoch" or is_integer(case["save_freq"]))


def _named_for_a_model(scenario: Scenario) -> Scenario:
    """The closest to a name for weights that is none."""
    return configured(scenario, filepath="weights.h5")


@clause(
    "model-checkpoint/filepath/weights-end-with-weights-h5", level="documented", source=f"{DOCUMENTATION} (filepath)",
    errors=True, related=_named_for_a_model, choices={"model-checkpoint/suffix": "keras-or-h5"},
)  # fmt: skip
def weights_suffix(case: Case) -> Outcome:
    """With save_weights_only, a filepath that does not end with .weights.h5 is refused, even weights.h5, and one that
    does is not."""
    if case["save_weights_only"] is not True or not _documented_but_for_the_suffix(case):
        return NOT_EXERCISED
    filepath = path_of(case["filepath"])
    wrong = "ValueError", f"filepath={filepath!r} is not a name for weights"
    outcome = _refused(case, None if filepath.endswith(".weights.h5") else wrong)
    if isinstance(outcome, Failed):
        return outcome
    return _refused(replace(case, trace=case.other), ("ValueError", "filepath='weights.h5' is not a name for weights"))


@clause(
    "model-checkpoint/filepath/models-end-with-keras-or-h5", level="documented", source=f"{DOCUMENTATION} (filepath)",
    errors=True, choices={"model-checkpoint/suffix": "keras-or-h5"},
)  # fmt: skip
def model_suffix(case: Case) -> Outcome:
    """Without save_weights_only, a filepath that ends with neither .keras nor .h5 is refused, and one that does is
    not."""
    if case["save_weights_only"] is not False or not _documented_but_for_the_suffix(case):
        return NOT_EXERCISED
    filepath = path_of(case["filepath"])
    wrong = ("ValueError", f"filepath={filepath!r} is not a name for a model")
    return _refused(case, None if filepath.endswith((".keras", ".h5")) else wrong)


@clause(
    "model-checkpoint/arguments/warns-of-unknown-modes-and-legacy-arguments", level="observed", source=OBSERVED,
    errors=True, observes=("warned",),
)  # fmt: skip
def argument_warnings(case: Case) -> Outcome:
    """The constructor warns of a mode that is none of "auto", "min", "max" and counts as "auto", and, where the dialect
    takes them, of the legacy arguments period and load_weights_on_restart; of nothing else."""
    if was_not_run(case):
        return NOT_EXERCISED
    legacy = case.dialect["model-checkpoint/arguments"] == "save-freq-and-keywords"
    outdated = [name for name in ("load_weights_on_restart", "period") if legacy and name in case.scenario.config]
    expected = (*("other" for _ in outdated), *(() if case["mode"] in MODES else ("unknown-mode",)))
    if case.trace.warned == expected:
        return HELD
    return Failed(
        fit=None, epoch=None, expected=f"the warnings {list(expected)} from the constructor",
        why=f"mode={case['mode']!r} and the legacy arguments are {outdated}", got=f"{list(case.trace.warned or ())}",
    )  # fmt: skip


# ---------------------------------------------------------------------------------------------- what is raised


def _raises(case: Case, *causes: str, only: Callable[[Failure], bool] = lambda failure: True) -> Outcome:
    """HELD if the first failure is of one of these causes, and is what is raised, where and as it is due."""
    found = failures(case)
    if not found or was_not_run(case) or found[0].cause not in causes or not only(found[0]):
        return NOT_EXERCISED
    due = found[0]
    turn = due.turn
    if raised(case) == (due.type, turn.fit, turn.number, turn.hook, turn.batch):
        return HELD
    return Failed(
        fit=turn.fit, epoch=turn.index, expected=f"{due.type} at {turn.place}", why=due.why, got=got_instead(case)
    )


@clause(
    "model-checkpoint/errors/raises-nothing-else", level="observed", source=OBSERVED, errors=True,
)  # fmt: skip
def nothing_else(case: Case) -> Outcome:
    """A run whose file names can be filled in and written to, and that compares nothing that cannot be compared, raises
    nothing."""
    if was_not_run(case) or failures(case) != []:
        return NOT_EXERCISED
    return HELD if raised(case) is None else unexpected(case, "no turn has a reason to fail")


@clause("model-checkpoint/filepath/an-unknown-field-raises", level="observed", source=OBSERVED, errors=True)
def unknown_field(case: Case) -> Outcome:
    """The file name is filled in at every turn, before and whether or not there is anything to save: a field that the
    logs do not have there raises KeyError, and any other mistake in it what str.format raises."""
    return _raises(case, "file-name", only=lambda failure: "epoch" not in failure.turn.logs)


def _with_metric_called_epoch(scenario: Scenario) -> Scenario:
    return with_logs(scenario, lambda logs: {**logs, "epoch": 1.0})


@clause(
    "model-checkpoint/filepath/a-metric-called-epoch-raises", level="observed", source=OBSERVED, errors=True,
    related=_with_metric_called_epoch,
)  # fmt: skip
def metric_called_epoch(case: Case) -> Outcome:
    """A metric called epoch raises TypeError at the first turn that has it in its logs, whatever the filepath."""
    return of_both(case, lambda one: _raises(one, "file-name", only=lambda failure: "epoch" in failure.turn.logs))


@clause(
    "model-checkpoint/filepath/a-directory-in-its-place-raises", level="observed", source="observed: keras 3.15.1", errors=True,
    choices={"model-checkpoint/suffix": "keras-or-h5"},
)  # fmt: skip
def directory_in_its_place(case: Case) -> Outcome:
    """A save under the name of a directory that is there already raises OSError, and none of the types made from it."""
    return _raises(case, "directory")


@clause(
    "model-checkpoint/filepath/a-file-in-place-of-its-directory-raises", level="observed", source="observed: keras 3.15.1",
    errors=True, choices={"model-checkpoint/suffix": "keras-or-h5"},
)  # fmt: skip
def file_in_place_of_a_directory(case: Case) -> Outcome:
    """A save into a directory whose name is that of a file raises NotADirectoryError, whatever the names are."""
    return _raises(case, "no-directory")


@clause(
    "model-checkpoint/mode/an-undecided-auto-raises", level="observed", source="observed: keras 3.15.1", errors=True,
    choices={"model-checkpoint/direction": "compiled-metric"},
)  # fmt: skip
def undecided_auto(case: Case) -> Outcome:
    """With mode="auto" and a metric whose direction the model compiled for the first fit does not tell, the first epoch
    end raises ValueError, whatever is saved and when, and before the file name is filled in."""
    return _raises(case, "direction")


@clause(
    "model-checkpoint/save-freq/a-comparison-in-the-first-epoch-raises", level="observed",
    source="observed: keras 3.15.1", errors=True, choices={"model-checkpoint/direction": "compiled-metric"},
)  # fmt: skip
def compares_too_early(case: Case) -> Outcome:
    """With save_best_only and an integer save_freq, the first turn of the instance's first epoch that compares raises
    TypeError, with an explicit mode too; a first value that is accepted unseen is not compared."""
    return _raises(case, "undecided")


@clause(
    "model-checkpoint/save-best-only/a-value-beyond-float32-raises", level="observed",
    source="observed: keras 3.15.1 on TensorFlow", errors=True, choices={"model-checkpoint/precision": "float32-tensorflow"},
)  # fmt: skip
def beyond_float32(case: Case) -> Outcome:
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
    return with_logs(
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
def array_raises(case: Case) -> Outcome:
    """With save_best_only, a metric that is an array of several numbers raises ValueError; an array of one number is
    compared, and raises TypeError if verbose=1 has to print it as an improvement."""
    return of_both(case, _array_raises)


def _array_raises(case: Case) -> Outcome:
    planned = turns(case)
    if planned is None or not typed(case) or not case["save_best_only"] or was_not_run(case):
        return NOT_EXERCISED
    way, found = direction(case), arrays(case, planned)
    if way is None or not found or not all(isinstance(file_name(case, turn), str) for turn in planned):
        return NOT_EXERCISED
    turn, value = found[0]
    before = [number for earlier, number in numbers(case, planned) if earlier.when < turn.when]
    threshold = case["initial_value_threshold"]
    known = [(math.inf if way == "min" else -math.inf) if threshold is None else threshold, *before]
    numbered = [one for one in known if one == one]
    better = known[0] == known[0] and all(value[0] < one if way == "min" else value[0] > one for one in numbered)
    due = "ValueError" if len(value) > 1 else "TypeError" if better and case["verbose"] > 0 else None
    if due is None:
        return NOT_EXERCISED
    if raised(case) == (due, turn.fit, turn.number, turn.hook, turn.batch):
        return HELD
    return Failed(
        fit=turn.fit, epoch=turn.index, expected=f"{due} at {turn.place}",
        why=f"{case['monitor']}={value} is an array, with verbose={case['verbose']}", got=got_instead(case),
    )  # fmt: skip


# ---------------------------------------------------------------------------------------------- what is promised


def _can_be_saved(case: Case) -> bool:
    """Whether every file name can be filled in and written to, and no turn of a save_best_only sees an array."""
    planned = turns(case)
    if planned is None or not typed(case) or was_not_run(case):
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
def best_by_batches(case: Case) -> Outcome:
    """save_best_only goes with an integer save_freq: values of the metric in the batches' logs do not make the run
    fail."""
    planned = turns(case)
    if case["save_freq"] == "epoch" or not case["save_best_only"] or not _can_be_saved(case) or planned is None:
        return NOT_EXERCISED
    if not numbers(case, planned) or not _compares_only_float32(case):
        return NOT_EXERCISED
    found = raised(case)
    if found is None or found[3] != "batch_end":
        return HELD
    return unexpected(case, f"{case['monitor']} is a number in the batches' logs and save_best_only compares numbers")


@clause(
    "model-checkpoint/mode/auto-finds-a-direction-for-every-name", level="documented", source=f"{DOCUMENTATION} (mode)",
    errors=True,
)  # fmt: skip
def auto_for_every_name(case: Case) -> Outcome:
    """With save_best_only and mode="auto" the direction follows from the metric's name: no name makes the run fail."""
    if case["mode"] != "auto" or not case["save_best_only"] or case["save_freq"] != "epoch" or not _can_be_saved(case):
        return NOT_EXERCISED
    if not _compares_only_float32(case):
        return NOT_EXERCISED
    return HELD if raised(case) is None else unexpected(case, f"a direction follows from the name {case['monitor']}")


@clause(
    "model-checkpoint/save-best-only/compares-all-finite-values", level="documented",
    source=f"{DOCUMENTATION} (save_best_only)", errors=True,
)  # fmt: skip
def finite_values(case: Case) -> Outcome:
    """With save_best_only, finite values of the metric can be compared, however large: they do not make the run
    fail."""
    planned = turns(case)
    if planned is None or not case["save_best_only"] or case["save_freq"] != "epoch" or not _can_be_saved(case):
        return NOT_EXERCISED
    if direction(case) is None or not numbers(case, planned):
        return NOT_EXERCISED
    return HELD if raised(case) is None else unexpected(case, "all values of the metric are numbers")
