"""Shrinking of what makes a scenario one of training: fewer callbacks, the same instances, nobody else at work, nothing resumed.

The steps come before those of `shrink.py`, by the same rules: each makes the scenario simpler, and some may not be valid.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial

from ..editing import change_epoch, change_fit, configs, each_epoch, each_fit, places, with_config
from ..files import path_of
from ..scenario import Other, Scenario, acts

_SUFFIXES = (".weights.h5", ".keras", ".h5")


def complexity_of_training(scenario: Scenario) -> tuple[float, ...]:
    """What is simpler: no list of callbacks at all, few of them, little done by others, the same instances, nothing resumed."""
    done = [act for fit in scenario.fits for act in acts(fit)]
    resumes = [fit.resume for fit in scenario.fits if fit.resume is not None]
    return (
        len(scenario.callbacks),
        len(resumes) + sum(fit.instances != "same" for fit in scenario.fits),
        len(done),
        sum(fit.instances in ("copied", "pickled") for fit in scenario.fits),
        sum((act.batch is not None) + (act.after is not None) + (act.before is not None) for act in done),
        sum(len(resume.path) for resume in resumes),
    )


def _without_callback(others: tuple[Other, ...], index: int) -> tuple[Other, ...]:
    """What others do when the callback of that index is no longer there."""

    def moved(place: int | None) -> int | None:
        return place if place is None or place < index else place - 1

    return tuple(
        replace(act, before=moved(act.before), after=moved(act.after))
        for act in others
        if index not in (act.before, act.after)
    )


def _each_others(scenario: Scenario, change: Callable[[tuple[Other, ...]], tuple[Other, ...]]) -> Scenario:
    """With other acts in every epoch, and around them."""
    changed = each_epoch(scenario, lambda epoch: replace(epoch, others=change(epoch.others)))
    return each_fit(changed, lambda fit: replace(fit, others=change(fit.others)))


def _drop_callbacks(scenario: Scenario) -> Iterator[Scenario]:
    if len(scenario.callbacks) == 1:
        (only,) = scenario.callbacks
        yield replace(scenario, callback=only.callback, config=only.config, callbacks=())
    for index in reversed(range(len(scenario.callbacks))):
        if len(scenario.callbacks) > 1:
            rest = scenario.callbacks[:index] + scenario.callbacks[index + 1 :]
            fewer = replace(scenario, callbacks=rest)
            yield _each_others(fewer, partial(_without_callback, index=index))


def _others_one_by_one(
    scenario: Scenario, change: Callable[[Other], Iterable[tuple[Other, ...]]]
) -> Iterator[Scenario]:
    """With one act in each of the ways that `change` knows."""

    def changed(others: tuple[Other, ...]) -> Iterator[tuple[Other, ...]]:
        for place, act in enumerate(others):
            for instead in change(act):
                yield (*others[:place], *instead, *others[place + 1 :])

    for number, fit in enumerate(scenario.fits):
        for others in changed(fit.others):
            yield change_fit(scenario, number, others=others)
    for number, index, epoch in places(scenario):
        for others in changed(epoch.others):
            yield change_epoch(scenario, number, index, others=others)


def _drop_others(scenario: Scenario) -> Iterator[Scenario]:
    yield _each_others(scenario, lambda others: ())
    yield from _others_one_by_one(scenario, lambda act: [()])


def _simplify_others(scenario: Scenario) -> Iterator[Scenario]:
    yield from _others_one_by_one(scenario, lambda act: ((simpler,) for simpler in _simpler_acts(act)))


def _simpler_acts(act: Other) -> Iterator[Other]:
    if act.batch is not None:
        yield replace(act, batch=None)
    if act.before is not None or act.after is not None:
        yield replace(act, before=None, after=None)


def _drop_instances(scenario: Scenario) -> Iterator[Scenario]:
    yield each_fit(scenario, lambda fit: replace(fit, instances="same"))
    for number, fit in enumerate(scenario.fits):
        for simpler in ("same", "new"):
            if fit.instances not in ("same", simpler):
                yield change_fit(scenario, number, instances=simpler)
    yield each_fit(scenario, lambda fit: replace(fit, resume=None))
    for number, fit in enumerate(scenario.fits):
        if fit.resume is not None:
            yield change_fit(scenario, number, resume=None)
        for place in range(len(fit.damaged)):
            yield change_fit(scenario, number, damaged=(*fit.damaged[:place], *fit.damaged[place + 1 :]))


def _simplify_resume(scenario: Scenario) -> Iterator[Scenario]:
    """A plain file name, in the configuration and where it is read again."""
    for index, config in enumerate(configs(scenario)):
        path = path_of(config.get("filepath", ""))
        suffix = next((end for end in _SUFFIXES if path.endswith(end)), None)
        if suffix is not None:
            renamed = with_config(scenario, index, {**config, "filepath": f"m{suffix}"})
            yield each_fit(
                renamed,
                lambda fit, name=f"m{suffix}": (  # type: ignore[misc]  # mypy cannot infer a default
                    fit
                    if fit.resume is None or not fit.resume.path
                    else replace(fit, resume=replace(fit.resume, path=name))
                ),
            )


STEPS_OF_TRAINING = (_drop_callbacks, _drop_instances, _drop_others, _simplify_others, _simplify_resume)
"""The steps, in the order in which they are tried."""
