"""SwapEMAWeights: the model is evaluated, and with swap_on_epoch saved, with the optimizer's average of the weights.

What is judged is whose weights the model holds: when training on an epoch begins, while it is evaluated, when the epoch has
ended, and when the fit has. It is evaluated in the epochs that have metrics of a validation. After the optimizer's first step the
average is the weights themselves, which is told as no average.
"""

from collections.abc import Iterator
from dataclasses import replace

from ...editing import configured
from ...scenario import Scenario
from ...weights import Weights
from ..clause import Case, EpochSeen, Expectation, Expectations, clause
from ..recording import changes_nothing

DOCUMENTATION = "https://keras.io/api/callbacks/swap_ema_weights/"
FIRST = f"{DOCUMENTATION} (first paragraph)"
SWAP_ON_EPOCH = f"{DOCUMENTATION} (swap_on_epoch)"
OPTIMIZER = "https://keras.io/api/optimizers/ (ema_overwrite_frequency)"
OBSERVED = "observed: keras 3.15.1"


def _epochs(case: Case) -> Iterator[EpochSeen]:
    """The epochs of which it is told whose weights the model held."""
    if case.scenario.use_ema:
        yield from (epoch for epoch in case.epochs() if epoch.seen.held)


def _averaged(case: Case) -> Iterator[EpochSeen]:
    """Those of them in which the average is not the weights themselves."""
    for epoch in _epochs(case):
        if epoch.fit or epoch.index or len(epoch.shown.batch_logs()) > 1:
            yield epoch


def _is_evaluated(epoch: EpochSeen) -> bool:
    return any(name.startswith("val_") for name in epoch.shown.logs)


def _keeps_weights(case: Case) -> bool:
    """Whether training leaves the weights and their average two different things."""
    return case.scenario.ema_overwrite_frequency is None


def _holds(epoch: EpochSeen, moment: str, due: Weights, because: str) -> Expectation:
    """The expectation that the model holds these weights at that moment of the epoch."""
    got = (epoch.seen.held or {}).get(moment)
    return epoch.expects_that(got == due, f"{named(due)} {_WHEN[moment]}", got=named(got), because=because)


_WHEN = {"epoch_begin": "to be trained on", "evaluation": "in the evaluation", "epoch_end": "at the end of the epoch"}


def named(weights: Weights | None) -> str:
    """Weights in words."""
    if weights is None:
        return "weights of no epoch"
    whose = "with which the fit began" if weights.epoch == -1 else f"of epoch index {weights.epoch}"
    return f"the {'average' if weights.averaged else 'weights'} {whose}"


# ---------------------------------------------------------------------------------------------- evaluations


@clause("swap-ema-weights/evaluation/is-of-the-average", level="documented", source=FIRST)
def evaluates_the_average(case: Case) -> Expectations:
    """Every evaluation sees the model with the average, up to the epoch that has just been trained; with swap_on_epoch, too. (Up
    to rounding, as it is exchanged.)"""
    for epoch in _averaged(case):
        if _is_evaluated(epoch):
            yield _holds(
                epoch, "evaluation", Weights(epoch=epoch.number, averaged=True), "the average is to be evaluated"
            )


@clause("swap-ema-weights/evaluation/puts-the-weights-back", level="documented", source=FIRST)
def puts_the_weights_back(case: Case) -> Expectations:
    """Without swap_on_epoch the weights are in the model again when an evaluation has ended: the epoch ends with them, and the
    next one goes on with them. (Up to rounding: on TensorFlow Keras exchanges the two by adding and subtracting in float32. Of an
    optimizer that puts no average into the model while it trains.)"""
    if case["swap_on_epoch"] or not _keeps_weights(case):
        return
    before: EpochSeen | None = None
    for epoch in _epochs(case):
        if _is_evaluated(epoch):
            yield _holds(epoch, "epoch_end", Weights(epoch=epoch.number), "the evaluation has ended")
        if before is not None and before.fit == epoch.fit and _is_evaluated(before):
            yield _holds(epoch, "epoch_begin", Weights(epoch=before.number), "training goes on with the weights")
        before = epoch


@clause("swap-ema-weights/evaluation/without-one-nothing-is-exchanged", level="documented", source=FIRST)
def without_one_nothing_is_exchanged(case: Case) -> Expectations:
    """Without swap_on_epoch nothing is put into the model in an epoch that is not evaluated."""
    if case["swap_on_epoch"]:
        return
    for epoch in _epochs(case):
        hooks = epoch.seen.weights_set
        if hooks is not None and not _is_evaluated(epoch):
            yield epoch.expects_that(
                not hooks, "the weights left alone", got=f"others, put there at {', '.join(hooks)}",
                because="there is no evaluation in this epoch",
            )  # fmt: skip


# ---------------------------------------------------------------------------------------------- swap_on_epoch


@clause("swap-ema-weights/swap-on-epoch/an-epoch-ends-with-the-average", level="documented", source=SWAP_ON_EPOCH)
def an_epoch_ends_with_the_average(case: Case) -> Expectations:
    """With swap_on_epoch every epoch ends with the average in the model, evaluated or not. (Up to rounding, as it is
    exchanged.)"""
    if not case["swap_on_epoch"]:
        return
    for epoch in _averaged(case):
        due = Weights(epoch=epoch.number, averaged=True)
        yield _holds(epoch, "epoch_end", due, f"swap_on_epoch is {case['swap_on_epoch']!r}")


@clause("swap-ema-weights/swap-on-epoch/the-next-epoch-trains-the-weights", level="documented", source=SWAP_ON_EPOCH)
def the_next_epoch_trains_the_weights(case: Case) -> Expectations:
    """With swap_on_epoch the weights are put back when the next epoch of the fit begins: it goes on with them, and not with the
    average. (Up to rounding: on TensorFlow Keras exchanges the two by adding and
    subtracting in float32. Of an optimizer that puts no average into the model while it trains.)"""
    if not case["swap_on_epoch"] or not _keeps_weights(case):
        return
    for epoch in _epochs(case):
        if epoch.index:
            due = Weights(epoch=epoch.number - 1)
            yield _holds(epoch, "epoch_begin", due, "training goes on with the weights")


def _without_swapping(scenario: Scenario) -> Scenario | None:
    if not scenario.use_ema or not scenario.config.get("swap_on_epoch") or len(scenario.config) > 1:
        return None
    return replace(scenario, config={})


@clause(
    "swap-ema-weights/swap-on-epoch/trains-as-without-it", level="universal", source=f"follows from {SWAP_ON_EPOCH}",
    related=_without_swapping,
)  # fmt: skip
def trains_as_without_it(case: Case) -> Expectations:
    """swap_on_epoch changes nothing of the training within a fit: every epoch but its first begins with the weights with which it
    begins without it. (Up to rounding: on TensorFlow Keras exchanges weights and average by adding and subtracting in
    float32.)"""
    for ours, theirs in zip(_epochs(case), _epochs(case.beside()), strict=False):
        if ours.index and theirs.seen.held:
            due = theirs.seen.held.get("epoch_begin")
            got = (ours.seen.held or {}).get("epoch_begin")
            yield ours.expects_that(
                got == due, f"{named(due)} to be trained on", got=named(got), because="so it is without swap_on_epoch"
            )


def _spelt_out(scenario: Scenario) -> Scenario | None:
    return None if "swap_on_epoch" in scenario.config else configured(scenario, swap_on_epoch=False)


@clause(
    "swap-ema-weights/arguments/defaults-are-those-documented", level="documented", source=f"{DOCUMENTATION} (signature)",
    errors=True, related=_spelt_out,
)  # fmt: skip
def documented_defaults(case: Case) -> Expectations:
    """Leaving swap_on_epoch out is giving swap_on_epoch=False."""
    yield from case.expects_the_same("the default is swap_on_epoch=False")


# ---------------------------------------------------------------------------------------------- the end


def _last(case: Case, fit: int) -> EpochSeen | None:
    """The last epoch of a fit, unless the average is the weights themselves there."""
    epochs = [epoch for epoch in _averaged(case) if epoch.fit == fit]
    return epochs[-1] if epochs else None


def _is_stopped_early(case: Case, last: EpochSeen) -> bool:
    fit = case.scenario.fits[last.fit]
    return last.number < case.scenario.first_epoch(fit) + len(fit.epochs) - 1


def _ends_with(case: Case, last: EpochSeen, averaged: bool, because: str) -> Expectation:
    due, got = Weights(epoch=last.number, averaged=averaged), case.trace.fits[last.fit].weights
    return case.at(last.fit).expects_that(
        got == due, f"the model to hold {named(due)}", got=named(got), because=because
    )


@clause("swap-ema-weights/end/the-model-holds-the-average", level="documented", source=OPTIMIZER, observes=("weights",))
def ends_with_the_average(case: Case) -> Expectations:
    """When a fit has ended the model holds the average, whether the fit was stopped or not."""
    for fit, _, _ in case.fits():
        last = _last(case, fit)
        if last is not None:
            yield _ends_with(case, last, True, "fit puts the average into the model when it ends")


@clause(
    "swap-ema-weights/end/stopped-early-it-holds-the-weights", level="observed", source=OBSERVED, observes=("weights",),
    choices={"swap-ema-weights/stopped-early": "the-weights"},
)  # fmt: skip
def stopped_early(case: Case) -> Expectations:
    """With swap_on_epoch, a fit that is stopped before the last epoch that it was told ends with the weights, and not with the
    average: it was exchanged already, and fit puts into the model what stands in its place. So the average is lost. (Of an
    optimizer that puts no average into the model while it trains.)"""
    if not case["swap_on_epoch"] or not _keeps_weights(case):
        return
    for fit, _, _ in case.fits():
        last = _last(case, fit)
        if last is not None and _is_stopped_early(case, last):
            yield _ends_with(case, last, False, f"training was stopped in epoch index {last.number}")


@clause(
    "swap-ema-weights/reuse/a-later-fit-begins-with-what-the-model-held",
    level="universal",
    source=f"follows from {FIRST}",
)
def a_later_fit_begins(case: Case) -> Expectations:
    """Before the first batch of a fit an instance puts nothing into the model, also where it is used again: the first epoch
    begins with the weights with which the fit does. (After fits that came to their end.)"""
    for epoch in _epochs(case):
        if not epoch.index:
            yield _holds(epoch, "epoch_begin", Weights(epoch=-1), "nothing has been trained in this fit")


# ---------------------------------------------------------------------------------------------- the optimizer


@clause(
    "swap-ema-weights/optimizer/one-without-average-is-refused", level="observed", source=OBSERVED,
    errors=True, optimizer="any",
)  # fmt: skip
def one_without_average(case: Case) -> Expectations:
    """It takes an optimizer with use_ema: with a single one without it the first exchange that is due raises ValueError, in the
    first epoch that is evaluated, or with swap_on_epoch in the first epoch."""
    if case.scenario.use_ema or case.trace.rejected is not None:
        return
    for epoch in case.epochs():
        if _is_evaluated(epoch) or case["swap_on_epoch"]:
            error = case.trace.fits[epoch.fit].error
            yield epoch.expects_that(
                error is not None and (error.type, error.hook, error.epoch) == ("ValueError", "epoch_end", epoch.number),
                "ValueError at the end of the epoch",
                got="no error" if error is None else f"{error.type} in {error.hook}",
                because="the optimizer keeps no average",
            )  # fmt: skip
            return


@clause(
    "swap-ema-weights/optimizer/where-nothing-is-due-nothing-is-said", level="observed", source=OBSERVED, errors=True,
    optimizer="any",
)  # fmt: skip
def where_nothing_is_due(case: Case) -> Expectations:
    """Without swap_on_epoch, and where nothing is evaluated, an optimizer without use_ema raises nothing: the callback does
    nothing then, and says nothing of it."""
    if case.scenario.use_ema or case.trace.rejected is not None or case["swap_on_epoch"]:
        return
    for fit, shown, seen in case.fits():
        if not any(name.startswith("val_") for epoch in shown.epochs for name in epoch.logs):
            yield case.at(fit).expects_that(
                seen.error is None, "no error", got=lambda seen=seen: f"{seen.error.type} in {seen.error.hook}",
                because="no exchange is due",
            )  # fmt: skip


# ---------------------------------------------------------------------------------------------- what it leaves alone


@clause(
    "swap-ema-weights/effects/only-exchanges-weights",
    level="universal",
    source=f"follows from {FIRST}",
    optimizer="any",
)
def only_exchanges(case: Case) -> Expectations:
    """It exchanges weights and does nothing else: it never stops training, prints and warns of nothing, and leaves the logs as
    they are."""
    return changes_nothing(case, "SwapEMAWeights only exchanges weights")
