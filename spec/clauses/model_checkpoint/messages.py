"""ModelCheckpoint: what it says, accepts and refuses: lines, and arguments with their defaults."""

from functools import partial

from ...callbacks import defaults, parameters
from ...editing import configured
from ...files import PATH_LIKE, handed_over_as, path_of
from ...scenario import Scenario
from ..clause import Case, Expectation, Expectations, clause
from ..monitoring import is_number
from .shared import same_saves
from .stream import DOCUMENTATION, KERAS_3, OBSERVED, Turn, arrays, has_saved, in_epoch, is_integer, numbers, turns

# ---------------------------------------------------------------------------------------------- lines and warnings


@clause(
    "model-checkpoint/verbose/zero-is-silent", level="documented", source=f"{DOCUMENTATION} (verbose)",
    observes=("printed",),
)  # fmt: skip
def silent(case: Case) -> Expectations:
    """With verbose=0, the default, the callback prints nothing. (Saving itself may warn, as of a file that ends with .h5.)"""
    verbose = case["verbose"]
    if isinstance(verbose, int | float) and not verbose > 0:
        for epoch in case.epochs():
            printed = list(epoch.seen.printed or ())
            yield epoch.expects_that(not printed, "nothing printed", got=printed, because=f"verbose={verbose}")


@clause(
    "model-checkpoint/verbose/one-says-what-it-does", level="documented", source=f"{DOCUMENTATION} (verbose)",
    observes=("printed", "saved"),
)  # fmt: skip
def says_something(case: Case) -> Expectations:
    """With verbose=1, something is printed in every epoch in which a file is written. (With save_best_only: if the metric is a
    number at every turn.)"""
    planned = turns(case)
    if case["verbose"] != 1 or planned is None:
        return
    if not case["save_best_only"] or len(numbers(case, planned)) == len(planned):
        for epoch in case.epochs():
            if epoch.seen.saved:
                yield epoch.expects_that(
                    bool(epoch.seen.printed), "something printed", got="nothing",
                    because=partial("verbose=1 and {} is saved".format, epoch.seen.saved[0].path),
                )  # fmt: skip


def _line(case: Case, saved: bool, turn: Turn) -> str | None:
    """What is printed at a turn before anything is saved."""
    if not case["save_best_only"]:
        return "saving"
    if case["monitor"] not in turn.logs or isinstance(turn.logs[case["monitor"]], tuple):
        return None
    return "improved" if saved else "not-improved"


@clause(
    "model-checkpoint/verbose/announces-what-it-does", level="observed", source=OBSERVED, observes=("printed", "saved"),
)  # fmt: skip
def announces(case: Case) -> Expectations:
    """With verbose=1 a turn prints one line: without save_best_only that the model is saved; with it whether the metric improved,
    which it did if and only if there is a save, and no line where the metric is missing. Nothing else is printed, but for a line
    that the save is finished. (With save_best_only no array among the values.)"""
    planned = turns(case)
    if planned is None or not case["verbose"] > 0 or (case["save_best_only"] and arrays(case, planned)):
        return
    for epoch in case.epochs():
        here = in_epoch(epoch, planned)
        lines = [_line(case, has_saved(epoch, turn), turn) for turn in here]
        expected = [line for line in lines if line is not None]
        printed = [line for line in epoch.seen.printed or () if line != "saved"]
        yield epoch.expects_that(
            printed == expected, partial("{} to be printed".format, expected), got=printed,
            because=partial("verbose={} at {}".format, case["verbose"], [turn.place for turn in here] or "no turn"),
        )  # fmt: skip
    for position, _, seen in case.fits():
        yield case.at(position).expects_that(
            not seen.printed, "nothing printed when a fit begins or ends", got=list(seen.printed or ()),
            because="there is no turn",
        )  # fmt: skip


@clause(
    "model-checkpoint/verbose/announces-what-it-has-done", level="observed", source=KERAS_3,
    observes=("printed", "saved"), choices={"model-checkpoint/announces": "before-and-after"},
)  # fmt: skip
def announces_after(case: Case) -> Expectations:
    """With verbose=1, there is a line for every save that is finished, after what was said of it before."""
    if is_number(case["verbose"]) and case["verbose"] > 0:
        for epoch in case.epochs():
            saves, printed = len(epoch.seen.saved or ()), list(epoch.seen.printed or ())
            yield epoch.expects_that(
                printed.count("saved") == saves and (not saves or printed[-1] == "saved" or case["save_freq"] != "epoch"),
                f"the line saved {saves} times, after the others", got=printed, because=f"there are {saves} saves",
            )  # fmt: skip


def _silent(scenario: Scenario) -> Scenario | None:
    verbose = scenario.config.get("verbose", 0)
    return configured(scenario, verbose=0) if is_number(verbose) and verbose > 0 else None


@clause(
    "model-checkpoint/verbose/changes-nothing-that-is-saved", level="documented", source=f"{DOCUMENTATION} (verbose)",
    observes=("saved",), related=_silent,
)  # fmt: skip
def verbose_decides_nothing(case: Case) -> Expectations:
    """What is saved does not depend on verbose. (With save_best_only: no array among the values, for an implementation may fail
    to print one.)"""
    planned = turns(case)
    if case["save_best_only"] and (planned is None or arrays(case, planned)):
        return
    yield from same_saves(case, "verbose decides only what is printed")


# ---------------------------------------------------------------------------------------------- arguments

MODES = ("auto", "min", "max")


def _refusals(case: Case) -> list[tuple[str, str]]:
    """The types of exception that the arguments call for, in the order in which a constructor checks, and why."""
    config = case.scenario.config
    found = []
    unknown = [name for name in config if name not in parameters("ModelCheckpoint")]
    if "filepath" not in config:
        found.append(("TypeError", "filepath is required"))
    if unknown:
        found.append(("TypeError", f"there is no argument {unknown[0]}"))
    if case["save_freq"] != "epoch" and not is_integer(case["save_freq"]):
        found.append(("ValueError", f"save_freq={case['save_freq']!r} is neither 'epoch' nor an integer"))
    if "filepath" in config:
        filepath, suffixes = path_of(config["filepath"]), _suffixes(case)
        if not filepath.endswith(suffixes):
            found.append(("ValueError", f"filepath={filepath!r} does not end with {' or '.join(suffixes)}"))
    return found


def _suffixes(case: Case) -> tuple[str, ...]:
    """What filepath has to end with."""
    return (".weights.h5",) if case["save_weights_only"] else (".keras", ".h5")


def _refused(case: Case, due: bool, because: str) -> Expectation:
    """The expectation that the constructor raises something, or nothing."""
    rejected = case.trace.rejected
    return case.expects_that(
        (rejected is not None) == due, f"{'an' if due else 'no'} exception from the constructor", because=because,
        got="none" if rejected is None else f"{rejected.type}: {rejected.message}",
    )  # fmt: skip


@clause(
    "model-checkpoint/arguments/refuses-what-is-not-documented-and-nothing-else", level="observed", source=KERAS_3, errors=True,
    choices={
        "model-checkpoint/arguments": "save-freq", "model-checkpoint/suffix": "keras-or-h5",
        "model-checkpoint/path-like": ("accepted", "fails-when-saving"),
    },
)  # fmt: skip
def arguments(case: Case) -> Expectations:
    """A missing filepath and an unknown argument raise TypeError; a save_freq that is neither "epoch" nor an integer, and a
    filepath with another suffix than those of its format raise ValueError. True and False pass for integers, and any mode is
    accepted. (Of a filepath that is a string or a PathLike, of a save_freq that is a string, a number or None of Python's, and of
    a mode that is min or max or a monitor that is a string.)"""
    if case["mode"] in ("min", "max") or isinstance(case["monitor"], str):
        rejected = case.trace.rejected
        expected, why = next(iter(_refusals(case)), ("no exception", "the arguments are as they have to be"))
        yield case.expects_that(
            ("no exception" if rejected is None else rejected.type) == expected, f"{expected} from the constructor",
            got="none" if rejected is None else f"{rejected.type}: {rejected.message}", because=why,
        )  # fmt: skip


def _only_the_suffix_decides(case: Case) -> bool:
    """Whether every release takes the other arguments, and filepath is a string."""
    config, always = case.scenario.config, set(parameters("ModelCheckpoint")) - {"save_freq", "initial_value_threshold"}
    return "filepath" in config and set(config) <= always and handed_over_as(config) != PATH_LIKE


def _named_for_a_model(scenario: Scenario) -> Scenario:
    """The closest to a name for weights that is none."""
    return configured(scenario, filepath="weights.h5")


@clause(
    "model-checkpoint/filepath/weights-end-with-weights-h5", level="documented",
    source=f"follows from {DOCUMENTATION} (filepath)", errors=True, related=_named_for_a_model,
)  # fmt: skip
def weights_suffix(case: Case) -> Expectations:
    """With save_weights_only, the constructor refuses, with an exception, a filepath that does not end with .weights.h5, even
    weights.h5, and accepts one that does. (That it refuses one is an inference.)"""
    if case["save_weights_only"] is True and _only_the_suffix_decides(case):
        filepath = path_of(case["filepath"])
        good = filepath.endswith(".weights.h5")
        yield _refused(case, not good, f"filepath={filepath!r} is {'a' if good else 'not a'} name for weights")
        yield _refused(case.beside(), True, "filepath='weights.h5' is not a name for weights")


@clause(
    "model-checkpoint/filepath/models-end-with-keras-or-h5", level="documented",
    source=f"follows from {DOCUMENTATION} (filepath)", errors=True,
)  # fmt: skip
def model_suffix(case: Case) -> Expectations:
    """Without save_weights_only, the constructor refuses, with an exception, a filepath that ends with neither .keras nor .h5,
    and accepts one that ends with one of them. (That it refuses one is an inference.)"""
    if case["save_weights_only"] is False and _only_the_suffix_decides(case):
        filepath = path_of(case["filepath"])
        good = filepath.endswith((".keras", ".h5"))
        yield _refused(case, not good, f"filepath={filepath!r} is {'a' if good else 'not a'} name for a model")


def _spelt_out(scenario: Scenario) -> Scenario | None:
    """The scenario with every default given; what lies there before is the affair of other clauses."""
    given = {**defaults("ModelCheckpoint"), **scenario.config}
    return None if scenario.existing or len(given) == len(scenario.config) else configured(scenario, **given)


@clause(
    "model-checkpoint/arguments/defaults-are-those-documented", level="documented", source=f"{DOCUMENTATION} (arguments)",
    errors=True, related=_spelt_out,
)  # fmt: skip
def documented_defaults(case: Case) -> Expectations:
    """Leaving a parameter out is giving monitor="val_loss", verbose=0, save_best_only=False, save_weights_only=False,
    mode="auto", save_freq="epoch", initial_value_threshold=None."""
    left_out = (name for name in defaults("ModelCheckpoint") if name not in case.scenario.config)
    return case.expects_the_same(f"the defaults are {', '.join(f'{name}={case[name]!r}' for name in left_out)}")


@clause(
    "model-checkpoint/mode/warns-of-an-unknown-mode", level="observed", source=OBSERVED, errors=True, observes=("warned",),
    choices={"training/warnings": "given"},
)  # fmt: skip
def warns_of_unknown_modes(case: Case) -> Expectations:
    """The constructor warns of a mode that is none of "auto", "min", "max" and, where it is given the documented arguments alone,
    of nothing else."""
    if case.trace.rejected is None and all(name in parameters("ModelCheckpoint") for name in case.scenario.config):
        expected = [] if case["mode"] in MODES else ["unknown-mode"]
        warned = list(case.trace.warned or ())
        yield case.expects_that(
            warned == expected, f"the warnings {expected} from the constructor", got=warned,
            because=f"mode={case['mode']!r}",
        )  # fmt: skip
