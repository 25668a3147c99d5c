"""Resuming: what a fit that begins with a file brings back, and what a new instance knows."""

from collections.abc import Iterator
from dataclasses import replace

from ...scenario import LOADED, Fit, Scenario, acts
from ...trace import FitTrace, Save
from ...weights import Weights
from ..clause import Case, Expectations, clause, equal_traces
from .shared import BACKUP, OBSERVED, SETS_THE_RATE, names, nobody_acts

CONTINUES = "https://keras.io/api/callbacks/model_checkpoint/ (second paragraph)"


def _saved_before(case: Case, fit: int, path: str) -> tuple[int, int, Save] | None:
    """The last file that was written under that path before a fit: by the index of its fit and of the callback."""
    found = None
    for epoch in case.epochs():
        if epoch.fit >= fit:
            break
        for index in range(len(case.scenario.configured())):
            did = epoch.seen if epoch.seen.callbacks is None else epoch.seen.callbacks[index]
            for save in did.saved or ():
                if save.path == path:
                    found = epoch.fit, index, save
    return found


def _resumed(case: Case, load: str) -> Iterator[tuple[int, Fit, FitTrace, int, Save]]:
    """Every fit that went on from a file loaded in that way, with the index of the fit that wrote it, and the file. Of lists with
    a BackupAndRestore none: it may have the last word."""
    if BACKUP in names(case.scenario):
        return
    for index, fit, seen in case.fits():
        if fit.resume is None or fit.resume.load != load or not seen.epochs:
            continue
        found = _saved_before(case, index, fit.resume.path)
        if found is not None:
            saved_in, _, save = found
            yield index, fit, seen, saved_in, save


def _origin(case: Case, fit: int, save: Save) -> Weights | None:
    """Whose weights are in a file that the fit of that index wrote, counted from the start of the scenario."""
    if save.weights is None:
        return None
    if save.weights.epoch == -1:
        return case.trace.fits[fit].weights_at_begin
    return Weights(epoch=save.weights.epoch, fit=fit if save.weights.fit is None else save.weights.fit)


@clause("training/resume/begins-with-the-saved-weights", level="documented", source=CONTINUES, errors=True)
def begins_with_the_weights(case: Case) -> Expectations:
    """A fit that goes on from a file begins with the weights that were saved there last. (No BackupAndRestore is in the
    list.)"""
    for load in LOADED:
        for index, _, seen, saved_in, save in _resumed(case, load):
            expected = _origin(case, saved_in, save)
            if expected is not None and seen.weights_at_begin is not None:
                yield case.at(index).expects_that(
                    seen.weights_at_begin == expected, _named(expected), got=_named(seen.weights_at_begin),
                    because=f"that is what {save.path} holds",
                )  # fmt: skip


def _named(weights: Weights) -> str:
    return f"the weights of epoch index {weights.epoch}" + ("" if weights.fit is None else f" of fit {weights.fit + 1}")


@clause(
    "training/resume/a-model-brings-back-the-optimizer", level="documented", source=CONTINUES, errors=True,
)  # fmt: skip
def brings_back_the_optimizer(case: Case) -> Expectations:
    """A fit that goes on from a whole model goes on with its optimizer, too: the optimizer's count of steps goes on from what it
    was when the model was saved. (All batches of the fit are trained on: nobody else acts, and no TerminateOnNaN is in the
    list.)"""
    for index, fit, seen, _, save in _resumed(case, "model"):
        if save.optimizer_steps is not None and seen.optimizer_steps is not None and seen.error is None:
            made = _steps(case, fit, seen)
            if made is not None:
                yield case.at(index).expects_that(
                    seen.optimizer_steps == save.optimizer_steps + made,
                    f"{save.optimizer_steps + made} steps of the optimizer", got=f"{seen.optimizer_steps}",
                    because=f"{save.optimizer_steps} had been made when {save.path} was saved, and {made} in this fit",
                )  # fmt: skip


@clause("training/resume/what-was-loaded-is-trained", level="documented", source=CONTINUES, errors=True)
def is_trained(case: Case) -> Expectations:
    """A fit that goes on from a file, be it a whole model or weights, trains: no exception but one of the callbacks ends it once
    it has begun. (Nobody else raises in it.)"""
    for load in LOADED:
        for index, fit, seen, _, save in _resumed(case, load):
            if any(act.raises is not None for act in acts(fit)):
                continue
            error = seen.error
            ended = error is not None and error.by == "other" and error.epoch is not None
            yield case.at(index, len(seen.epochs) - 1).expects_that(
                not ended, "a training", got="an exception" if error is None else error.type,
                because=f"the fit goes on from {save.path}",
            )  # fmt: skip


def _steps(case: Case, fit: Fit, seen: FitTrace) -> int | None:
    """How many batches a fit trained on; None if a stop may have dropped some."""
    run = fit.epochs[: len(seen.epochs)]
    if any(acts(fit)) or "TerminateOnNaN" in names(case.scenario):
        return None
    return sum(len(epoch.batch_logs()) for epoch in run)


@clause(
    "training/resume/a-model-holds-the-rate-at-the-checkpoints-place", level="observed", source=OBSERVED,
    observes=("learning_rate_in_epoch", "learning_rate"),
)  # fmt: skip
def holds_the_rate_of_its_place(case: Case) -> Expectations:
    """A model that is saved at the end of an epoch by a checkpoint before ReduceLROnPlateau in the list holds the rate before a
    reduction, and a fit that resumes from it begins with that rate; one that is saved by a checkpoint behind it holds the rate
    after. (Nobody else sets the rate. In Keras 3 a file of weights holds it, too, and the same is so of that.)"""
    listed = names(case.scenario)
    if listed.count("ReduceLROnPlateau") != 1 or "LearningRateScheduler" in listed:
        return
    reduces = listed.index("ReduceLROnPlateau")
    for index, fit, seen, saved_in, save in _resumed(case, "model"):
        found = _saved_before(case, index, save.path)
        assert found is not None
        _, place, _ = found
        written = [epoch for epoch in case.epochs(saved_in) if save in _saves(epoch.seen, place)]
        if (
            save.batch is not None
            or fit.learning_rate is not None
            or len(written) != 1
            or fit.others
            or fit.epochs[0].others
        ):
            continue
        (epoch,) = written
        before = epoch.seen.learning_rate_in_epoch
        expected = before if place < reduces else epoch.seen.learning_rate
        if nobody_acts(epoch) and seen.epochs[0].learning_rate_in_epoch is not None:
            yield case.at(index, 0).expects_that(
                repr(seen.epochs[0].learning_rate_in_epoch) == repr(expected), f"a learning rate of {expected!r}",
                got=repr(seen.epochs[0].learning_rate_in_epoch),
                because=f"the checkpoint stands {'before' if place < reduces else 'behind'} ReduceLROnPlateau",
            )  # fmt: skip


def _saves(seen: object, place: int) -> tuple[Save, ...]:
    callbacks = getattr(seen, "callbacks", None)
    did = seen if callbacks is None else callbacks[place]
    return getattr(did, "saved", None) or ()


# ---------------------------------------------------------------------------------------------- new instances


def _only_the_last_fit(scenario: Scenario) -> Scenario | None:
    """The last fit, which has new instances, as the only one. None where the fits before matter in another way: for the rate, or
    for what lies in files."""
    last = scenario.fits[-1]
    sets = SETS_THE_RATE & set(names(scenario))
    if len(scenario.fits) < 2 or last.instances != "new" or last.resume is not None or scenario.existing:
        return None
    if {BACKUP, "TensorBoard"} & set(names(scenario)):
        return None
    if any(config.get("append") for config in (scenario.config, *(each.config for each in scenario.callbacks))):
        return None
    if last.learning_rate is None and (sets or any(fit.learning_rate is not None for fit in scenario.fits)):
        return None
    if any(act.learning_rate is not None for fit in scenario.fits for act in acts(fit)):
        return None
    if any(fit.resume is not None for fit in scenario.fits):
        return None
    return replace(scenario, fits=(replace(last, instances="same"),))


@clause(
    "training/resume/a-new-instance-knows-nothing-of-the-fit-before", level="observed", source=OBSERVED,
    related=_only_the_last_fit,
)  # fmt: skip
def knows_nothing(case: Case) -> Expectations:
    """Callbacks that are made anew for a fit do there what they do in a first fit: best values, counts and cooldowns are
    forgotten, and a checkpoint with save_best_only writes over the best file of the fit before. (No CSVLogger appends to its
    file, and neither a BackupAndRestore nor a TensorBoard, whose files stay, is in the list.)"""
    if len(case.trace.fits) != len(case.scenario.fits):
        return
    ours, other = (
        replace(trace, warned=None, callbacks=None, fits=(_plain(trace.fits[-1]),))
        for trace in (case.trace, case.other)
    )
    yield equal_traces(other, ours, "the callbacks of this fit are new")


def _plain(fit: FitTrace) -> FitTrace:
    """The fit without what counts from the start of the scenario."""

    def saves(found: tuple[Save, ...] | None) -> tuple[Save, ...] | None:
        return None if found is None else tuple(replace(save, optimizer_steps=None) for save in found)

    epochs = []
    for epoch in fit.epochs:
        callbacks = epoch.callbacks and tuple(replace(each, saved=saves(each.saved)) for each in epoch.callbacks)
        epochs.append(replace(epoch, saved=saves(epoch.saved), callbacks=callbacks, files=None))
    return replace(fit, epochs=tuple(epochs), files=None, optimizer_steps=None, weights_at_begin=None)
