"""Averages: what a SwapEMAWeights in the list means for the callbacks beside it, and what an interruption makes of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...scenario import Configured, Scenario, acts
from ...trace import Save
from ...weights import Weights
from ..clause import Case, EpochSeen, Expectations, clause
from ..swap_ema_weights.decisions import DOCUMENTATION, OBSERVED, named
from .shared import done, nobody_acts, resumes, saves_epochs, value

SWAP = "SwapEMAWeights"


def _place(scenario: Scenario, by_epoch: bool = True) -> int | None:
    """The place of the one SwapEMAWeights in the list, which exchanges at the end of every epoch, or, not `by_epoch`, does not;
    None if there is none."""
    found = [index for index, each in enumerate(scenario.configured()) if each.callback == SWAP]
    if len(found) != 1 or not scenario.use_ema or resumes(scenario):
        return None
    return found[0] if bool(value(scenario.configured()[found[0]], "swap_on_epoch")) == by_epoch else None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Saved:
    """What a checkpoint has saved at the end of an epoch."""

    epoch: EpochSeen
    save: Save
    behind: bool


def _saved(case: Case, by_epoch: bool = True) -> Iterator[_Saved]:
    """What checkpoints save at the end of epochs in which nobody else acts, in the first fit; but for a first step, in which the
    average is the weights themselves."""
    place = _place(case.scenario, by_epoch)
    if place is None:
        return
    for epoch in case.epochs(0):
        if not nobody_acts(epoch) or not (epoch.index or len(epoch.shown.batch_logs()) > 1):
            continue
        for index, each in enumerate(case.scenario.configured()):
            for save in done(epoch.seen, index).saved or () if _saves_at_ends(each) else ():
                yield _Saved(epoch=epoch, save=save, behind=index > place)


def _saves_at_ends(each: Configured) -> bool:
    """Whether it is a checkpoint that saves at the ends of epochs, of all or of the best ones."""
    plain = replace(each, config={**each.config, "save_best_only": False})
    return saves_epochs(plain)


def _holds(each: _Saved, averaged: bool, because: str) -> Expectations:
    due = Weights(epoch=each.epoch.number, averaged=averaged)
    yield each.epoch.expects_that(
        each.save.weights == due,
        f"{each.save.path} to hold {named(due)}",
        got=named(each.save.weights),
        because=because,
    )


@clause(
    "training/averages/a-checkpoint-behind-it-saves-the-average", level="documented",
    source=f"{DOCUMENTATION} (example and swap_on_epoch)", averaged=True,
)  # fmt: skip
def behind_it(case: Case) -> Expectations:
    """What a ModelCheckpoint that stands behind a SwapEMAWeights with swap_on_epoch saves at the end of an epoch is the
    average."""
    for each in _saved(case):
        if each.behind:
            yield from _holds(each, True, "it stands behind SwapEMAWeights(swap_on_epoch=True)")


@clause("training/averages/a-checkpoint-before-it-saves-the-weights", level="observed", source=OBSERVED, averaged=True)
def before_it(case: Case) -> Expectations:
    """One that stands before it saves the weights there, and no average: the same file is another one. (Of an optimizer that
    puts no average into the model while it trains.)"""
    if case.scenario.ema_overwrite_frequency is None:
        for each in _saved(case):
            if not each.behind:
                yield from _holds(each, False, "it stands before SwapEMAWeights")


def _without_swap_on_epoch(scenario: Scenario) -> Scenario | None:
    """The scenario without swap_on_epoch; itself where it is not set."""
    place = _place(scenario)
    if place is None or not scenario.callbacks:
        return None if _place(scenario, by_epoch=False) is None else replace(scenario)
    listed = list(scenario.callbacks)
    listed[place] = replace(listed[place], config={**listed[place].config, "swap_on_epoch": False})
    return replace(scenario, callbacks=tuple(listed))


@clause(
    "training/averages/without-swap-on-epoch-the-weights-are-saved", level="observed", source=OBSERVED, averaged=True,
    related=_without_swap_on_epoch,
)  # fmt: skip
def without_swap_on_epoch(case: Case) -> Expectations:
    """Without swap_on_epoch a ModelCheckpoint saves the weights, wherever it stands in the list: with save_best_only those of the
    epoch whose average did best in the evaluation, which have not been evaluated themselves. (Of an optimizer that puts no
    average into the model while it trains.)"""
    if case.scenario.ema_overwrite_frequency is None:
        for each in _saved(case.beside(), by_epoch=False):
            yield from _holds(each, False, "without swap_on_epoch the weights are back when the evaluation has ended")


@clause(
    "training/averages/an-interruption-leaves-the-average",
    level="observed",
    source=OBSERVED,
    errors=True,
    averaged=True,
)
def an_interruption_leaves_the_average(case: Case) -> Expectations:
    """A fit that is interrupted between the end of an epoch and the beginning of the next one, with swap_on_epoch, leaves the
    average in the model. A new instance does not know of that, and trains it on as if it was the weights; the weights themselves
    stand for the average then. The same instance puts the weights back first. (One alone, in two fits; not on JAX, where `fit`
    exchanges them after an exception, too.)"""
    if _place(case.scenario) != 0 or len(case.scenario.configured()) > 1 or len(case.trace.fits) != 2:
        return
    first, again = case.trace.fits
    error, done = first.error, [*acts(case.scenario.fits[0])]
    between = error is not None and error.by == "other" and (error.hook, len(done)) == ("epoch_begin", 1)
    if not between or done[0].after is not None or first.epochs_run < 3:
        return
    left = Weights(epoch=case.number(0, first.epochs_run - 2), averaged=True)
    yield case.at(0).expects_that(
        first.weights == left, f"{named(left)} to be left", got=named(first.weights),
        because="the fit was interrupted before it was exchanged for the weights",
    )  # fmt: skip
    if case.scenario.fits[1].instances == "new" and again.epochs and again.epochs[0].held:
        trained = again.epochs[0].held.get("epoch_begin")
        yield case.at(1, 0).expects_that(
            trained == Weights(epoch=-1), "the average that was left to be trained on", got=named(trained),
            because="a new instance takes it for the weights",
        )  # fmt: skip
