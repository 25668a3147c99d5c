"""ModelCheckpoint: what it says, accepts and refuses: lines, warnings, arguments."""

from functools import partial

from ...callbacks import parameters
from ...editing import configured
from ...files import PATH_LIKE, handed_over_as, path_of
from ...scenario import Scenario
from ..clause import Case, Expectation, Expectations, clause
from ..monitoring import is_number
from .shared import same_saves
from .stream import DOCUMENTATION, OBSERVED, Deed, Turn, deeds, in_epoch, is_integer, saves

# ---------------------------------------------------------------------------------------------- lines and warnings


@clause(
    "model-checkpoint/verbose/zero-is-silent", level="documented", source=f"{DOCUMENTATION} (verbose)",
    observes=("printed",),
)  # fmt: skip
def silent(case: Case) -> Expectations:
    """With verbose=0, the default, nothing is printed."""
    verbose = case["verbose"]
    if isinstance(verbose, int | float) and not verbose > 0:
        for epoch in case.epochs():
            printed = list(epoch.seen.printed or ())
            yield epoch.expects_that(not printed, "nothing printed", got=printed, because=f"verbose={verbose}")


def _deeds_in_words(said: str, here: list[tuple[Turn, Deed]]) -> str:
    return said.format([deed for _, deed in here])


@clause(
    "model-checkpoint/verbose/announces-what-it-does", level="observed",
    source=f"{DOCUMENTATION} (verbose); which lines there are is observed", observes=("printed",),
)  # fmt: skip
def announces(case: Case) -> Expectations:
    """With verbose=1, every turn that compares says whether the metric improved, every turn without save_best_only says
    that it saves, and a finished save is announced too where the dialect does so; nothing else is printed."""
    planned = deeds(case)
    if planned is None or not case["verbose"] > 0:
        return
    after = case.dialect["model-checkpoint/announces"] == "before-and-after"
    for epoch in case.epochs():
        here = in_epoch(epoch, planned)
        expected: list[str] = []
        for _, deed in here:
            expected += [deed] if deed in ("saving", "improved", "not-improved") else []
            expected += ["saved"] if after and saves(case, deed) else []
        printed = list(epoch.seen.printed or ())
        yield epoch.expects_that(
            printed == expected, f"{expected} to be printed", got=printed,
            because=partial(_deeds_in_words, f"verbose={case['verbose']} and the turns come to {{}}", here),
        )  # fmt: skip
    for position, _, seen in case.fits():
        yield case.at(position).expects_that(
            not seen.printed, "nothing printed when a fit begins or ends", got=list(seen.printed or ()),
            because="there is no turn",
        )  # fmt: skip


def _silent(scenario: Scenario) -> Scenario | None:
    verbose = scenario.config.get("verbose", 0)
    return configured(scenario, verbose=0) if is_number(verbose) and verbose > 0 else None


@clause(
    "model-checkpoint/verbose/changes-nothing-that-is-saved", level="documented", source=f"{DOCUMENTATION} (verbose)",
    observes=("saved",), related=_silent,
)  # fmt: skip
def verbose_decides_nothing(case: Case) -> Expectations:
    """What is saved does not depend on verbose."""
    return same_saves(case, "verbose decides only what is printed")


@clause(
    "model-checkpoint/monitor/warns-of-what-it-cannot-compare", level="observed", source=OBSERVED,
    observes=("warned",),
)  # fmt: skip
def warns(case: Case) -> Expectations:
    """With save_best_only, every turn whose metric is missing warns, and so does one whose metric is an array that the
    dialect does not compare; nothing else warns."""
    planned = deeds(case)
    for epoch in case.epochs() if planned is not None else ():
        here = in_epoch(epoch, planned or [])
        expected = [deed for _, deed in here if deed in ("missing-metric", "array-metric")]
        warned = list(epoch.seen.warned or ())
        yield epoch.expects_that(
            warned == expected, f"the warnings {expected}", got=warned,
            because=partial(
                _deeds_in_words, f"the turns come to {{}} with save_best_only={case['save_best_only']}", here
            ),
        )  # fmt: skip


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


def _refused(case: Case, due: tuple[str, str] | None) -> Expectation:
    """The expectation that the constructor raises an exception of this type, and why; None: nothing."""
    rejected = case.trace.rejected
    expected, why = ("no exception", "the arguments are as they have to be") if due is None else due
    return case.expects_that(
        (None if rejected is None else rejected.type) == (None if due is None else due[0]),
        f"{expected} from the constructor", because=why,
        got="none" if rejected is None else f"{rejected.type}: {rejected.message}",
    )  # fmt: skip


@clause(
    "model-checkpoint/arguments/refuses-what-is-not-documented-and-nothing-else", level="observed",
    source=f"{DOCUMENTATION} (arguments); the types of the exceptions are observed", errors=True,
)  # fmt: skip
def arguments(case: Case) -> Expectations:
    """A missing filepath raises TypeError, and so does an unknown argument where the dialect takes none; a save_freq
    that is neither "epoch" nor an integer, and a filepath with another suffix than the dialect's formats raise
    ValueError; a PathLike for a whole model raises AttributeError where the dialect does not take it; the legacy
    argument options, as plain data, raises TypeError, or ValueError for a .keras model. All else is accepted, any mode
    too."""
    if case["mode"] in ("min", "max") or isinstance(case["monitor"], str):
        refusals = _refusals(case)
        yield _refused(case, refusals[0] if refusals else None)


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
def weights_suffix(case: Case) -> Expectations:
    """With save_weights_only, a filepath that does not end with .weights.h5 is refused, even weights.h5, and one that
    does is not."""
    if case["save_weights_only"] is True and _documented_but_for_the_suffix(case):
        filepath = path_of(case["filepath"])
        wrong = "ValueError", f"filepath={filepath!r} is not a name for weights"
        yield _refused(case, None if filepath.endswith(".weights.h5") else wrong)
        yield _refused(case.beside(), ("ValueError", "filepath='weights.h5' is not a name for weights"))


@clause(
    "model-checkpoint/filepath/models-end-with-keras-or-h5", level="documented", source=f"{DOCUMENTATION} (filepath)",
    errors=True, choices={"model-checkpoint/suffix": "keras-or-h5"},
)  # fmt: skip
def model_suffix(case: Case) -> Expectations:
    """Without save_weights_only, a filepath that ends with neither .keras nor .h5 is refused, and one that does is
    not."""
    if case["save_weights_only"] is False and _documented_but_for_the_suffix(case):
        filepath = path_of(case["filepath"])
        wrong = ("ValueError", f"filepath={filepath!r} is not a name for a model")
        yield _refused(case, None if filepath.endswith((".keras", ".h5")) else wrong)


@clause(
    "model-checkpoint/arguments/warns-of-unknown-modes-and-legacy-arguments", level="observed", source=OBSERVED,
    errors=True, observes=("warned",),
)  # fmt: skip
def argument_warnings(case: Case) -> Expectations:
    """The constructor warns of a mode that is none of "auto", "min", "max" and counts as "auto", and, where the dialect
    takes them, of the legacy arguments period and load_weights_on_restart; of nothing else."""
    if case.trace.rejected is None:
        legacy = case.dialect["model-checkpoint/arguments"] == "save-freq-and-keywords"
        outdated = [name for name in ("load_weights_on_restart", "period") if legacy and name in case.scenario.config]
        expected = ["other" for _ in outdated] + ([] if case["mode"] in MODES else ["unknown-mode"])
        warned = list(case.trace.warned or ())
        yield case.expects_that(
            warned == expected, f"the warnings {expected} from the constructor", got=warned,
            because=f"mode={case['mode']!r} and the legacy arguments are {outdated}",
        )  # fmt: skip
