"""EarlyStopping: what its public attributes hold when a fit has ended, for whoever reads them then.

Rules
- `stopped_epoch` is told by the stop that was seen; the others by what the stream makes of the fit, where no choice decides.
"""

import math
from collections.abc import Iterator
from typing import Any

from ...weights import Weights
from ..attributes import READ, as_logged, held
from ..clause import Case, Expectations, clause, equal_to
from .shared import given_way, plain
from .stream import Prediction
from .weights import last_fit_alone

Choices = dict[str, str | tuple[str, ...]]
ANEW: Choices = {"early-stopping/reuse": "nothing"}
OF_VALUES: Choices = {**ANEW, "early-stopping/baseline": ("gates-the-reset", "stops-after-patience")}
OF_IMPROVEMENTS: Choices = {**OF_VALUES, "early-stopping/restored-epoch": "last-improvement"}
HALTED = (
    f"{READ} (keras-team/keras issue 16876, Returning model with best weights when EarlyStopping is not triggered and "
    "restore_best_weights=True)"
)
RESET = (
    f"{READ} after each of several fits (keras-team/keras pull request 6591, Fix bug in EarlyStopping to reset "
    "stopped_epoch)"
)


def _predicted(case: Case, name: str) -> Iterator[tuple[int, Any, Prediction]]:
    """What the attribute holds after each fit that went as predicted."""
    way = given_way(case)
    for fit, value in held(case, name):
        prediction = plain(case, way, fit)
        if prediction is not None and len(case.trace.fits[fit].epochs) in (prediction.end + 1, 0):
            yield fit, value, prediction


@clause(
    "early-stopping/attributes/stopped-epoch-is-the-one-that-stopped", level="observed", source=HALTED, observes=("stop",),
)  # fmt: skip
def the_one_that_stopped(case: Case) -> Expectations:
    """After a fit that it has stopped, be it in the last epoch that was asked for, `stopped_epoch` is the index of the last
    epoch, as callbacks are told it: counted from 0, and with initial_epoch."""
    for fit, value in held(case, "stopped_epoch"):
        for epoch in list(case.epochs(fit))[-1:]:
            if epoch.stopped:
                why = f"training was stopped in the epoch of that index, {epoch.index + 1} epochs after the fit began"
                yield case.at(fit).expects(equal_to(epoch.number), got=value, because=why)


@clause("early-stopping/attributes/stopped-epoch-is-0-otherwise", level="observed", source=RESET, observes=("stop",))
def zero_otherwise(case: Case) -> Expectations:
    """After a fit that it has not stopped, `stopped_epoch` is 0, also where it has stopped an earlier one: by that one tells
    whether it did."""
    for fit, value in held(case, "stopped_epoch"):
        if not any(epoch.seen.stop or epoch.shown.stop for epoch in case.epochs(fit)):
            yield case.at(fit).expects(equal_to(0), got=value, because="nothing was stopped in this fit")


@clause("early-stopping/attributes/best-is-the-value-as-logged", level="observed", source=READ, choices=OF_VALUES)
def best_as_logged(case: Case) -> Expectations:
    """After a plain fit `best` is the value of the last epoch that improved, just as it was logged: not rounded to what it is
    compared in, and not converted."""
    for fit, value, seen in _predicted(case, "best"):
        for position in seen.improving[-1:]:
            best = seen.monitored[position]
            why = f"epoch index {best.number} was the last that improved, of {len(seen.monitored)} monitored ones"
            yield as_logged(case, fit, "best", best.value, value, why)


@clause(
    "early-stopping/attributes/best-epoch-is-the-epoch-of-best", level="observed", source=READ, choices=OF_IMPROVEMENTS
)
def epoch_of_best(case: Case) -> Expectations:
    """After a plain fit `best_epoch` is the index of the epoch whose value `best` is, as callbacks are told it. (It has to be
    there: Keras has it since 2.7.)"""
    for fit, value, seen in _predicted(case, "best_epoch"):
        for position in seen.improving[-1:]:
            best = seen.monitored[position]
            why = f"{case['monitor']}={best.value!r} was the last value that improved"
            yield case.at(fit).expects(equal_to(best.number), got=value, because=why)


@clause(
    "early-stopping/attributes/best-epoch-is-0-where-none-was-monitored", level="observed", source=READ, choices=OF_IMPROVEMENTS
)  # fmt: skip
def best_epoch_of_nothing(case: Case) -> Expectations:
    """After a plain fit in which no epoch was monitored, as where `monitor` is misspelt, `best_epoch` is 0, as if the first epoch
    had been the best; `best` is none of its values, but None or the worst infinity."""
    for fit, value, seen in _predicted(case, "best_epoch"):
        if not seen.monitored:
            yield case.at(fit).expects(equal_to(0), got=value, because="no epoch was monitored")
    for fit, value, seen in _predicted(case, "best"):
        if not seen.monitored:
            yield case.at(fit).expects_that(
                value is None or (isinstance(value, float) and math.isinf(value)), "best to be no value of the metric",
                got=f"{value!r}", because="no epoch was monitored",
            )  # fmt: skip


@clause("early-stopping/attributes/wait-counts-since-the-last-reset", level="observed", source=READ, choices=OF_VALUES)
def wait_counts(case: Case) -> Expectations:
    """After a plain fit `wait` is how many monitored epochs there were after the last that reset it, or in all where none did:
    where it has stopped, at least `patience`. The end of training does not reset it."""
    for fit, value, seen in _predicted(case, "wait"):
        count = seen.since_reset(len(seen.monitored) - 1) if seen.monitored else 0
        why = f"of {len(seen.monitored)} monitored epochs {count} came after the last reset"
        yield case.at(fit).expects(equal_to(count), got=value, because=why)


@clause("early-stopping/attributes/best-weights-stay-there", level="observed", source=HALTED, choices=OF_IMPROVEMENTS)
def best_weights_stay(case: Case) -> Expectations:
    """After a plain fit with restore_best_weights, `best_weights` still holds the weights of the epoch whose value is the best,
    so that they can be put back by hand; without it, it is None."""
    for fit, value, seen in _predicted(case, "best_weights"):
        if not case["restore_best_weights"]:
            yield case.at(fit).expects_that(
                value is None, "best_weights to be None", got="weights", because="restore_best_weights is off"
            )
        for position in seen.improving[-1:] if case["restore_best_weights"] else ():
            best = seen.monitored[position]
            yield case.at(fit).expects_that(
                value == Weights(epoch=best.number), f"the weights of epoch index {best.number} in best_weights",
                got="None" if value is None else f"those of epoch index {value.epoch}",
                because=f"{case['monitor']}={best.value!r} is the best of the fit",
            )  # fmt: skip


@clause(
    "early-stopping/attributes/begin-anew-with-a-fit", level="observed", source=RESET, choices=ANEW, related=last_fit_alone,
)  # fmt: skip
def begin_anew(case: Case) -> Expectations:
    """After a later fit its attributes hold what those of a new instance would hold: nothing of the fits before, but for
    the direction that mode auto took in the first of them."""
    if len(case.trace.fits) < len(case.scenario.fits) or not case.other.fits:
        return
    last = len(case.trace.fits) - 1
    ours, others = case.trace.fits[last].attributes or {}, case.other.fits[0].attributes or {}
    for name in sorted(ours.keys() & others.keys()):
        yield case.at(last).expects_that(
            repr(ours[name]) == repr(others[name]), f"{name}={others[name]!r}", got=lambda name=name: f"{name}={ours[name]!r}",
            because="with a new instance it holds that after the same fit",
        )  # fmt: skip
