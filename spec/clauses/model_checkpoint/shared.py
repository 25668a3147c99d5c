"""What the clauses on ModelCheckpoint share: scenarios made from scenarios, and the comparison of two runs. No clauses in here.

Two runs are compared by their saves, epoch by epoch: each save as a phrase of its file name, its moment and its weights.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from ...editing import configured, each_logs
from ...files import path_of
from ...scenario import Fit, Scenario
from ...trace import Save
from ..clause import Case, EpochSeen, Expectations
from .failures import raised, raised_in_words, runs_to_its_end
from .stream import moment, weights_named

Relation = Callable[[Scenario], Scenario | None]

# ---------------------------------------------------------------------------------------------- scenarios


def with_plain_name(scenario: Scenario) -> Scenario | None:
    """The scenario with a file name without fields, and no other metrics than the monitored one."""
    monitor, filepath = scenario.config.get("monitor", "val_loss"), scenario.config.get("filepath")
    if filepath is None or not isinstance(monitor, str):
        return None
    suffix = ".weights.h5" if path_of(filepath).endswith(".weights.h5") else ".keras"
    return each_logs(
        configured(scenario, filepath=f"m{suffix}"),
        lambda logs: {name: value for name, value in logs.items() if name == monitor},
    )


def is_small(scenario: Scenario) -> bool:
    """Whether the scenario costs little to run once more."""
    return len(scenario.fits) == 1 and len(scenario.fits[0].epochs) <= 3


def where_small(related: Relation) -> Relation:
    """The relation, which only serves to exercise a clause, for small scenarios; others stand beside themselves."""
    return lambda scenario: related(scenario) if is_small(scenario) else replace(scenario)


def in_two_fits(scenario: Scenario) -> Scenario | None:
    """The epochs of its one fit in two."""
    if len(scenario.fits) != 1 or len(scenario.fits[0].epochs) < 2 or any(e.stop for e in scenario.fits[0].epochs):
        return None
    fit = scenario.fits[0]
    half = len(fit.epochs) // 2
    later = Fit(epochs=fit.epochs[half:], initial_epoch=scenario.first_epoch(fit) + half, metrics=fit.metrics)
    return replace(scenario, fits=(replace(fit, epochs=fit.epochs[:half]), later))


# ---------------------------------------------------------------------------------------------- two runs


def the_other_way_round(case: Case) -> Case:
    """The related run as the one that is judged, with the case's own beside it."""
    return replace(case.beside(), other=case.trace, other_scenario=case.scenario)


def of_both(case: Case, check: Callable[[Case], Expectations]) -> Expectations:
    """The check on the scenario and on the related one. A clause that few scenarios exercise relates one that does."""
    yield from check(case)
    yield from check(case.beside())


def _weights(save: Save) -> str:
    return "" if save.weights is None else f" with {weights_named(save.weights)}"


def whole(save: Save) -> str:
    return f"{save.path} {moment(save)}{_weights(save)}"


def without_name(save: Save) -> str:
    return f"a save {moment(save)}{_weights(save)}"


def only_the_moment(save: Save) -> str:
    return f"a save {moment(save)}"


def in_words(saves: list[str]) -> str:
    return "; ".join(saves) or "no save"


def side_by_side(case: Case) -> Iterator[tuple[EpochSeen, tuple[Save, ...], tuple[Save, ...]]]:
    """The epochs of both runs, matched in order over all fits: an epoch, its saves, and those of the one beside it."""
    beside = (epoch for fit in case.other.fits for epoch in fit.epochs)
    for epoch, other in zip(case.epochs(), beside, strict=False):
        yield epoch, epoch.seen.saved or (), other.saved or ()


def same_saves(case: Case, because: str, said: Callable[[Save], str] = whole) -> Expectations:
    """Expects the saves of the other run in every epoch that both have."""
    for epoch, saves, others in side_by_side(case):
        got, expected = [said(save) for save in saves], [said(save) for save in others]
        yield epoch.expects_that(got == expected, in_words(expected), got=in_words(got), because=because)


def same_run(case: Case, because: str) -> Expectations:
    """Expects the saves of the other run, and that the same is raised, or nothing."""
    if case.trace.rejected is not None or case.other.rejected is not None:
        return
    # The run that raises ends first, or in the same epoch as the other; before its first epoch there is none to name.
    fit, index = min((len(trace.fits) - 1, len(trace.fits[-1].epochs) - 1) for trace in (case.trace, case.other))
    yield case.at(fit, None if index < 0 else index).expects_that(
        raised(case.trace) == raised(case.other), raised_in_words(case.other), got=raised_in_words(case.trace),
        because=because,
    )  # fmt: skip
    yield from same_saves(case, because)


def saves_as_well(case: Case, because: str, said: Callable[[Save], str]) -> Expectations:
    """Expects of the related run, beside one that was run to its end, the same."""
    if case.clean:
        rejected = case.other.rejected
        yield case.expects_that(
            rejected is None, "no exception from the constructor", got=rejected and rejected.type, because=because
        )
        yield runs_to_its_end(case.beside(), because)
        yield from same_saves(the_other_way_round(case), because, said)


def as_the_other(case: Case, because: str) -> Expectations:
    """Expects everything that the other run has."""
    yield from same_run(case, because)
    yield from case.expects_the_same(because)
