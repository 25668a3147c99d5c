"""ModelCheckpoint: the names of the files, and what is there before."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath

from ...editing import configured
from ...files import PATH_LIKE, RELATIVE, existing_directories, handed_over_as, path_of
from ...scenario import Scenario
from ..clause import Case, Expectations, clause
from .failures import in_the_way, names, raised
from .shared import (
    as_the_other,
    is_small,
    only_the_moment,
    same_run,
    same_saves,
    saves_as_well,
    with_plain_name,
    without_name,
)
from .stream import DOCUMENTATION, OBSERVED, file_name, is_integer, moments, saves_seen, when


@clause(
    "model-checkpoint/filepath/is-filled-in-with-epoch-and-logs", level="documented", source=f"{DOCUMENTATION} (filepath)",
    observes=("saved",),
)  # fmt: skip
def filled_in_with_logs(case: Case) -> Expectations:
    """At an epoch end, the fields of filepath are filled in as by str.format, with the epoch's logs, and epoch with its number,
    counted from zero or from one."""
    filepath = path_of(case.scenario.config.get("filepath"))
    if "{" not in filepath or "{batch" in filepath:
        return
    ends = {turn.when: turn for turn in moments(case.scenario, by_batch=False)}
    for epoch, save in saves_seen(case):
        turn = ends[when(epoch, save)] if save.batch is None else None
        names = [] if turn is None else [file_name(case, turn._replace(number=turn.number - less)) for less in (0, 1)]
        if any(isinstance(name, str) for name in names):
            yield epoch.expects_that(
                save.path in names, f"a file called {names[0]} or {names[1]}", got=save.path,
                because=f"filepath is {filepath!r}, and the epoch's index is {epoch.number}",
            )  # fmt: skip


@clause(
    "model-checkpoint/filepath/is-filled-in", level="observed", source=OBSERVED, observes=("saved",),
    choices={"training/batch-index": ("the-last-of-a-full-group", "the-last")},
)  # fmt: skip
def filled_in(case: Case) -> Expectations:
    """The fields in braces of filepath are filled in as by str.format. {epoch} is the number of the epoch, counted from one and
    with initial_epoch; for a save at a batch's end {batch} is the batch's number in its epoch, counted from one; every other
    field is the metric of that name in the logs of that epoch's or batch's end. If the logs have a metric called batch, {batch}
    is that metric. With steps_per_execution=N a save comes at the end of a group of N batches, and {batch} is the number of the
    group's last batch; of a short last group in Keras 3 the number that it would have if the group was full. (Where the
    hook is told the last batch of a group, not the first.)"""
    if "filepath" not in case.scenario.config:
        return
    known = {turn.when: turn for by_batch in (False, True) for turn in moments(case.scenario, by_batch)}
    for epoch, save in saves_seen(case):
        turn = known.get(when(epoch, save))
        name = None if turn is None else file_name(case, turn)
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
                save.path == filepath,
                f"a file called {filepath}",
                got=save.path,
                because="filepath has no fields",
            )


def _later(scenario: Scenario) -> Scenario:
    fits = tuple(replace(fit, initial_epoch=scenario.first_epoch(fit) + 7) for fit in scenario.fits)
    return replace(scenario, fits=fits)


@clause(
    "model-checkpoint/filepath/the-number-of-the-epoch-decides-nothing", level="observed", source=OBSERVED,
    observes=("saved",), related=_later,
)  # fmt: skip
def number_decides_nothing(case: Case) -> Expectations:
    """As many epochs, begun with a later initial_epoch, have other names of files, and a save at the same ones."""
    return same_saves(case, "an initial_epoch that is later by 7 changes nothing else", only_the_moment)


# ---------------------------------------------------------------------------------------------- filepath


def _with_nothing_there(scenario: Scenario) -> Scenario | None:
    return replace(scenario, existing=()) if scenario.existing else None


def _directory_there(scenario: Scenario, name: str | Exception | None) -> bool:
    """Whether a directory is there in which a file of that name would lie."""
    there = existing_directories(scenario.existing) - {PurePosixPath()}
    return isinstance(name, str) and not there.isdisjoint(PurePosixPath(name).parents)


@clause(
    "model-checkpoint/filepath/what-is-there-is-overwritten-or-left-alone", level="documented",
    source=f"follows from {DOCUMENTATION} (save_best_only: filepath will be overwritten)", observes=("saved",), errors=True,
    related=_with_nothing_there,
)  # fmt: skip
def there_already(case: Case) -> Expectations:
    """What lies there before training decides nothing: a file with the name of a save is overwritten, and a new instance
    knows nothing of the model in it or of how good that was (only initial_value_threshold can tell it). So it is as long as no
    directory lies where a file is to be written, and no file where a directory has to be; a directory that has to be there may
    keep a save from failing. (The documentation says it of a file that was saved before; of any other it is an inference.)"""
    if "filepath" not in case.scenario.config or not (case["save_freq"] == "epoch" or is_integer(case["save_freq"])):
        return
    found = [name for _, name in names(case)]
    if None in found or any(in_the_way(case.scenario, name) for name in found if isinstance(name, str)):
        return
    if raised(case.other) is not None and any(_directory_there(case.scenario, name) for name in found):
        return
    yield from same_run(case, f"what is there, {list(case.scenario.existing)}, stands in no file's way")


def _in_a_directory(scenario: Scenario) -> Scenario | None:
    """With a plain name, in a directory that is not there."""
    plain = with_plain_name(replace(scenario, existing=()))
    return None if plain is None else configured(plain, filepath=f"a/b/{plain.config['filepath']}")


@clause(
    "model-checkpoint/filepath/its-directories-are-made", level="observed", source=OBSERVED, observes=("saved",),
    related=_in_a_directory, errors=True, choices={"model-checkpoint/folder": ("before-a-save", "at-every-turn")},
)  # fmt: skip
def makes_directories(case: Case) -> Expectations:
    """Missing directories of filepath are created; when there is a save does not change."""
    return saves_as_well(case, "the directories a and a/b are not there, and have to be made", only_the_moment)


def _handed_over(kind: str) -> Callable[[Scenario], Scenario | None]:
    """With the plain string, where the scenario hands the path over in that way; and the other way round. What lies there before
    is the affair of other clauses."""

    def related(scenario: Scenario) -> Scenario | None:
        if scenario.existing:
            return None
        if handed_over_as(scenario.config) == kind:
            return configured(scenario, filepath=path_of(scenario.config["filepath"]))
        plain = with_plain_name(scenario) if is_small(scenario) else None
        return None if plain is None else configured(plain, filepath={kind: plain.config["filepath"]})

    return related


def _as_the_string(case: Case, kind: str, why: str) -> Expectations:
    """Expects of the run that is given the path in that way what the string does; with a plain name, the same saves."""
    if handed_over_as(case.scenario.config) == kind:
        return as_the_other(case, why)
    return saves_as_well(case, why, without_name)


@clause(
    "model-checkpoint/filepath/may-be-path-like", level="documented", source=f"{DOCUMENTATION} (filepath)",
    errors=True, related=_handed_over(PATH_LIKE),
)  # fmt: skip
def may_be_path_like(case: Case) -> Expectations:
    """A filepath that is a PathLike does what the string does that it stands for."""
    return _as_the_string(case, PATH_LIKE, "that comes with the same path as a string")


@clause(
    "model-checkpoint/filepath/may-be-relative", level="documented", source=f"follows from {DOCUMENTATION} (filepath)",
    errors=True, related=_handed_over(RELATIVE),
)  # fmt: skip
def may_be_relative(case: Case) -> Expectations:
    """A relative filepath, with or without a directory, does what the absolute one does that it stands for. (An
    inference.)"""
    return _as_the_string(case, RELATIVE, "that comes with the absolute path")
