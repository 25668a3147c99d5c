"""Training loops that treat one callback wrongly: as one does that meddles with the loop, or sees another training than the one
that there is."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from callcheck.spec.editing import each_epoch, each_epochs, each_fit
from callcheck.spec.scenario import Epoch, Fit, Scenario

from .wrong import Wrong

Around = TypeVar("Around", Epoch, Fit)
Epochs = tuple[Epoch, ...]


def clears_the_stop(scenario: Scenario) -> Scenario:
    return each_epoch(scenario, lambda epoch: replace(epoch, stop=False))


def clears_the_stop_in(hook: str, scenario: Scenario) -> Scenario:
    def without(around: Around) -> Around:
        return replace(around, others=tuple(act for act in around.others if act.hook != hook))

    return each_fit(each_epoch(scenario, without), without)


def fills_gaps_backwards(scenario: Scenario) -> Scenario:
    def fill(epochs: Epochs) -> Iterable[Epoch]:
        filled = list(epochs)
        for index in reversed(range(len(filled) - 1)):
            filled[index] = replace(filled[index], logs={**filled[index + 1].logs, **filled[index].logs})
        return filled

    return each_epochs(scenario, fill)


def hides_the_last_logs(scenario: Scenario) -> Scenario:
    return each_epoch(scenario, lambda epoch: replace(epoch, logs={}) if epoch.stop else epoch)


def leaves_out_the_last_epoch(scenario: Scenario) -> Scenario:
    return each_epochs(scenario, lambda epochs: epochs[: max(len(epochs) - 1, 1)])


def runs_the_first_fit_only(scenario: Scenario) -> Scenario:
    return replace(scenario, fits=scenario.fits[:1])


WRONG: tuple[Wrong, ...] = (
    Wrong(
        name="clears-the-stop",
        says="The stop flag is assigned at every epoch end, True or False.",
        callback="EarlyStopping",
        make=None,
        shown=clears_the_stop,
    ),
    Wrong(
        name="clears-the-stop-at-batches",
        says="The stop flag is cleared at every batch's end.",
        callback="EarlyStopping",
        make=None,
        shown=partial(clears_the_stop_in, "batch_end"),
    ),
    Wrong(
        name="clears-the-stop-when-fits-begin",
        says="The stop flag is cleared when a fit begins.",
        callback="EarlyStopping",
        make=None,
        shown=partial(clears_the_stop_in, "fit_begin"),
    ),
    Wrong(
        name="clears-the-stop-when-epochs-begin",
        says="The stop flag is cleared when an epoch begins.",
        callback="EarlyStopping",
        make=None,
        shown=partial(clears_the_stop_in, "epoch_begin"),
    ),
    Wrong(
        name="fills-gaps-backwards",
        says="The history is read in one go, and a missing metric is filled with its next value.",
        callback="EarlyStopping",
        make=None,
        shown=fills_gaps_backwards,
    ),
    Wrong(
        name="hides-the-last-logs",
        says="An epoch in which somebody has set the stop flag gets no logs.",
        callback="ReduceLROnPlateau",
        make=None,
        shown=hides_the_last_logs,
    ),
    Wrong(
        name="leaves-out-the-last-epoch",
        says="The loop over the epochs ends one too early.",
        callback="LearningRateScheduler",
        make=None,
        shown=leaves_out_the_last_epoch,
    ),
    Wrong(
        name="runs-the-first-fit-only",
        says="An instance is used for one fit, and no more.",
        callback="TerminateOnNaN",
        make=None,
        shown=runs_the_first_fit_only,
    ),
)
