"""ModelCheckpoint: the names of the files, and what is there before."""

from collections.abc import Callable
from dataclasses import replace

from ...editing import configured
from ...files import PATH_LIKE, RELATIVE, handed_over_as, path_of
from ...scenario import Scenario
from ..clause import Case, Expectations, clause
from .failures import in_the_way
from .shared import as_the_other, only_the_moment, same_run, same_saves
from .stream import DOCUMENTATION, OBSERVED, file_name, saves_seen, turns, when


@clause(
    "model-checkpoint/filepath/is-filled-in", level="documented",
    source=f"{DOCUMENTATION} (filepath); counting from one and the field batch are observed", observes=("saved",),
)  # fmt: skip
def filled_in(case: Case) -> Expectations:
    """The fields of filepath are filled in as by str.format: epoch is the absolute epoch and, at a batch end, batch is
    the batch's index, both counted from one; all others are the logs of the epoch or the batch. A metric called batch
    goes first."""
    names = {turn.when: file_name(case, turn) for turn in turns(case) or ()}
    for epoch, save in saves_seen(case):
        name = names.get(when(epoch, save))
        if isinstance(name, str):
            batch = "" if save.batch is None else f", the batch's index is {save.batch}"
            yield epoch.expects_that(
                save.path == name, f"a file called {name}", got=save.path,
                because=f"filepath is {path_of(case['filepath'])!r}, the epoch's index is {epoch.number}{batch}",
            )  # fmt: skip


@clause(
    "model-checkpoint/filepath/without-fields-is-overwritten", level="documented",
    source=f"{DOCUMENTATION} (save_best_only)", observes=("saved",),
)  # fmt: skip
def one_file(case: Case) -> Expectations:
    """A filepath without fields is the name of every save."""
    filepath = path_of(case.scenario.config.get("filepath"))
    if "{" not in filepath and "}" not in filepath:
        for epoch, save in saves_seen(case):
            yield epoch.expects_that(
                save.path == filepath, f"a file called {filepath}", got=save.path, because="filepath has no fields"
            )


def _later(scenario: Scenario) -> Scenario:
    fits = tuple(replace(fit, initial_epoch=scenario.first_epoch(fit) + 7) for fit in scenario.fits)
    return replace(scenario, fits=fits)


@clause(
    "model-checkpoint/filepath/the-number-of-the-epoch-decides-nothing", level="observed", source=OBSERVED,
    observes=("saved",), related=_later,
)  # fmt: skip
def number_decides_nothing(case: Case) -> Expectations:
    """Starting at a later initial_epoch changes names, not when there is a save."""
    return same_saves(case, "an initial_epoch that is later by 7 changes nothing else", only_the_moment)


# ---------------------------------------------------------------------------------------------- filepath


def _with_nothing_there(scenario: Scenario) -> Scenario | None:
    return replace(scenario, existing=()) if scenario.existing else None


@clause(
    "model-checkpoint/filepath/what-is-there-is-overwritten-or-left-alone", level="documented",
    source=f"{DOCUMENTATION} (save_best_only: filepath will be overwritten)", observes=("saved",), errors=True,
    related=_with_nothing_there, choices={"model-checkpoint/suffix": "keras-or-h5"},
)  # fmt: skip
def there_already(case: Case) -> Expectations:
    """A file that is there already is overwritten, and other files and directories change nothing, as long as none is a
    directory where a file is to be written, or a file where a directory has to be."""
    planned = turns(case)
    names = [file_name(case, turn) for turn in planned or ()]
    if (
        planned is None
        or None in names
        or any(in_the_way(case.scenario, name) for name in names if isinstance(name, str))
    ):
        return
    yield from same_run(case, f"what is there, {list(case.scenario.existing)}, stands in no file's way")


def _as_a_string(kind: str) -> Callable[[Scenario], Scenario | None]:
    """With the plain string, where the scenario hands the path over in that way."""

    def related(scenario: Scenario) -> Scenario | None:
        if handed_over_as(scenario.config) != kind:
            return None
        return configured(scenario, filepath=path_of(scenario.config["filepath"]))

    return related


@clause(
    "model-checkpoint/filepath/may-be-path-like", level="documented", source=f"{DOCUMENTATION} (filepath)",
    errors=True, related=_as_a_string(PATH_LIKE),
)  # fmt: skip
def may_be_path_like(case: Case) -> Expectations:
    """A filepath that is a PathLike does what the string does that it stands for."""
    return as_the_other(case, "that comes with the same path as a string")


@clause(
    "model-checkpoint/filepath/may-be-relative", level="documented", source=f"{DOCUMENTATION} (filepath)",
    errors=True, related=_as_a_string(RELATIVE),
)  # fmt: skip
def may_be_relative(case: Case) -> Expectations:
    """A relative filepath, with or without a directory, does what the absolute one does that it stands for."""
    return as_the_other(case, "that comes with the absolute path")
