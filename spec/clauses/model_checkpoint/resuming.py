"""What training goes on with when the weights that ModelCheckpoint saved are loaded again.

Rules
- The callback saves with the model's own `save_weights`, and the promise is about both: these clauses speak of a real `fit`
  alone, in which there is an optimizer that has made steps.
- A batch is a step of the optimizer.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from ...scenario import acts
from ...trace import Save
from ..clause import Case, EpochSeen, Expectations, clause
from .stream import DOCUMENTATION

SOURCE = f"{DOCUMENTATION} (Resuming training from weight-only checkpoints)"


def _saves(case: Case, until: int) -> Iterator[tuple[EpochSeen, Save]]:
    """What was saved before the fit of that index."""
    for fit in range(until):
        for epoch in case.epochs(fit):
            for save in epoch.seen.saved or ():
                yield epoch, save


def _steps_until(case: Case, epoch: EpochSeen, save: Save) -> int:
    """How many steps the optimizer had made at the save, which lies in the first fit."""
    before = sum(len(each.shown.batch_logs()) for each in case.epochs(0) if each.index < epoch.index)
    return before + (len(epoch.shown.batch_logs()) if save.batch is None else save.batch + 1)


def _goes_on(case: Case, load: str) -> Expectations:
    """The second fit, which resumes with that, goes on with the optimizer as it was at the save."""
    if len(case.trace.fits) < 2 or not case["save_weights_only"]:
        return
    resume, shown, seen = case.scenario.fits[1].resume, case.scenario.fits[1], case.trace.fits[1]
    if resume is None or resume.load != load or any(act for fit in case.scenario.fits for act in acts(fit)):
        return
    path = PurePosixPath(resume.path)
    found = [(epoch, save) for epoch, save in _saves(case, 1) if PurePosixPath(save.path) == path]
    if not found or not resume.path.endswith(".weights.h5"):
        return
    epoch, save = found[-1]
    due = _steps_until(case, epoch, save) + sum(len(each.shown.batch_logs()) for each in case.epochs(1))
    why = f"{resume.path} was saved in epoch {epoch.number} of the first fit, and training goes on from there"
    at = case.at(1, len(seen.epochs) - 1)
    yield at.expects_that(
        seen.optimizer_steps == due, f"{due} steps of the optimizer", got=seen.optimizer_steps, because=why
    )
    if shown.learning_rate is None and seen.epochs:
        rate, held = seen.epochs[0].learning_rate_in_epoch, epoch.seen.learning_rate_in_epoch
        yield case.at(1, 0).expects_that(rate == held, f"learning_rate_in_epoch={held!r}", got=rate, because=why)


@clause(
    "model-checkpoint/resume/weights-bring-the-optimizer-back", level="documented", source=SOURCE,
    observes=("optimizer_steps", "learning_rate_in_epoch"), resumed=True,
)  # fmt: skip
def weights_bring_the_optimizer_back(case: Case) -> Expectations:
    """The file of a save with save_weights_only includes the state of the optimizer: when it is loaded into a fresh model that
    is compiled, and whose optimizer is built, the optimizer goes on from the number of steps and from the learning rate that
    it had at the save. (A first fit that saves, and a second one that resumes.)"""
    return _goes_on(case, "weights")


@clause(
    "model-checkpoint/resume/compiling-the-model-is-enough", level="documented", source=SOURCE,
    observes=("optimizer_steps", "learning_rate_in_epoch"), resumed=True,
)  # fmt: skip
def compiling_is_enough(case: Case) -> Expectations:
    """To have the state of the optimizer restored with the weights, it is enough to compile the fresh model before they are
    loaded, whatever the optimizer keeps for each weight: it goes on from the number of steps and from the learning rate that it
    had at the save. (A first fit that saves, and a second one that resumes.)"""
    return _goes_on(case, "weights-unbuilt")
