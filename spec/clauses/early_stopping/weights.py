"""EarlyStopping: which weights remain when training ends, and what an instance remembers that is used again.

Rules
- "The best" is stated twice: as the last epoch that the rule of improvement counted, which implementations keep, and as
  the documentation says it, the epoch with the best value.
- Each promise that Keras breaks has a clause of its own, on streams on which one choice alone explains the deviation.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from ...numbers import FLOAT32_MAX, PRECISIONS
from ...scenario import Scenario
from ...trace import FitTrace, Trace
from ..clause import Case, Expectation, Expectations, Failed, clause
from ..monitoring import chosen, is_number
from .shared import (
    BOTH,
    DOCUMENTATION,
    INFERRED,
    any_beats,
    explicit,
    given_way,
    monitored_first,
    monitored_values,
    unbeaten,
)
from .stream import Monitored, better_by, forward, improvements, plain_first, plain_start, well_typed

# ---------------------------------------------------------------------------------------------- restore_best_weights


def _weights(seen: FitTrace) -> str:
    """The weights at the end of a fit, in words."""
    if seen.weights is None:
        return "unknown weights"
    if seen.weights.epoch == -1:
        return "the weights with which the fit began"
    earlier = "" if seen.weights.fit is None else f" of fit {seen.weights.fit + 1}"
    return f"the weights of epoch index {seen.weights.epoch}{earlier}"


def _holds_those_of(case: Case, fit: int, epochs: Sequence[int], why: str) -> Expectation:
    """The model holds at the end of the fit the weights of one of these absolute epochs of it."""
    seen = case.trace.fits[fit]
    return case.at(fit).expects_that(
        seen.weights is not None and seen.weights.fit is None and seen.weights.epoch in epochs,
        f"the weights of epoch index {' or '.join(map(str, epochs))}",
        got=_weights(seen),
        because=why,
    )


@clause(
    "early-stopping/restore-best-weights/false-keeps-the-last-weights",
    level="documented",
    source=f"{DOCUMENTATION} (restore_best_weights)",
    observes=("weights",),
)
def keeps_the_last(case: Case) -> Expectations:
    """Without restore_best_weights, the model holds the weights of the last epoch that was run."""
    if not case["restore_best_weights"]:
        for fit, shown, seen in case.fits():
            last = case.scenario.first_epoch(shown) + seen.epochs_run - 1
            yield _holds_those_of(case, fit, [last], "restore_best_weights is off")


@clause(
    "early-stopping/restore-best-weights/restores-the-best-epoch",
    level="observed",
    source=BOTH,
    observes=("weights",),
    choices={
        "early-stopping/anchor": "last-significant-improvement",
        "early-stopping/exact-change": "is-none",
        "early-stopping/baseline": ("gates-the-reset", "stops-after-patience"),
        "early-stopping/restored-epoch": "last-improvement",
        "early-stopping/restored-when": "training-ends",
    },
)
def restores_the_best_epoch(case: Case) -> Expectations:
    """In a plain fit with restore_best_weights, when training ends, whoever ended it, the model gets the weights of the last
    epoch that improved on the best by more than min_delta, in the dialect's precision; the last weights stay if no epoch was
    monitored. (A first value that is neither NaN nor the worst infinity.)"""
    way = given_way(case)
    if way is None or not case["restore_best_weights"] or not forward(case) or not well_typed(case):
        return
    epochs = _run(case)
    improved = improvements(case, way, epochs)
    if epochs and improved and plain_first(case, way, epochs):
        best = improved[-1]
        why = f"{case['monitor']}={best.value} there was the last improvement (min_delta={case['min_delta']})"
        yield _holds_those_of(case, 0, [best.number], why)
    elif plain_start(case) and not monitored_values(case, 0):
        last = case.number(0, case.trace.fits[0].epochs_run - 1)
        yield _holds_those_of(case, 0, [last], "no epoch was monitored")


@clause(
    "early-stopping/restore-best-weights/a-first-value-nan-stays-the-best",
    level="observed",
    source="observed: keras 3.15.1",
    observes=("weights",),
    choices={"early-stopping/first-value": "accepted", "early-stopping/restored-when": "training-ends"},
)
def first_nan_is_restored(case: Case) -> Expectations:
    """In a plain fit with restore_best_weights, if the first monitored value is NaN, the model gets the weights of that epoch
    when training ends."""
    epochs = monitored_first(case) if case["restore_best_weights"] else ()
    if epochs and math.isnan(epochs[0].value) and case.trace.fits[0].epochs_run > epochs[0].index:
        why = f"{case['monitor']}=nan there was the first value, and nothing improves on it"
        yield _holds_those_of(case, 0, [epochs[0].number], why)


def _run(case: Case) -> list[Monitored]:
    """The monitored epochs of the first fit that were run; none without restore_best_weights, or if they cannot be told."""
    if not case["restore_best_weights"] or not case.trace.fits:
        return []
    return [epoch for epoch in monitored_first(case) if epoch.index < case.trace.fits[0].epochs_run]


def _holds_the_best(
    case: Case, epochs: Sequence[Monitored], better: Callable[[float, float], bool], why: str
) -> Expectation:
    """The model holds the weights of one of these epochs on whose value no other one of them is better; NaN is no value."""
    numbers = [epoch for epoch in epochs if not math.isnan(epoch.value)]
    best = [epoch for epoch in numbers if not any(better(other.value, epoch.value) for other in numbers)]
    values = [epoch.value for epoch in epochs]
    return _holds_those_of(
        case, 0, [epoch.number for epoch in best], f"{case['monitor']}={best[0].value} is the best of {values}{why}"
    )


def _in_float64(case: Case) -> Callable[[float, float], bool]:
    if given_way(case) == "max":
        return lambda value, than: value > than
    return lambda value, than: value < than


def _as_seen(case: Case) -> Callable[[float, float], bool]:
    """Better by any amount that the dialect's precision can tell."""
    seen, better = PRECISIONS[chosen(case, "precision")], _in_float64(case)
    return lambda value, than: better(seen(value), seen(than))


def _comparable(epochs: Sequence[Monitored]) -> bool:
    """Whether there are any, the first value is a number, and all are in the range of float32."""
    values = [epoch.value for epoch in epochs]
    in_range = all(not abs(value) > FLOAT32_MAX or math.isinf(value) for value in values)
    return bool(values) and not math.isnan(values[0]) and in_range


@clause(
    "early-stopping/restore-best-weights/restores-the-best-value",
    level="documented",
    source=f"{DOCUMENTATION} (restore_best_weights)",
    observes=("weights",),
)
def restores_the_best_value(case: Case) -> Expectations:
    """In a plain fit with restore_best_weights and min_delta=0, the model ends with the weights of an epoch with the best value
    of all that were monitored, as far as the dialect's precision can tell. (The first value is not NaN; a later NaN is no value;
    no finite one is beyond the range of float32.)"""
    epochs = _run(case)
    if case["min_delta"] == 0 and _comparable(epochs):
        yield _holds_the_best(case, epochs, _as_seen(case), "")


@clause(
    "early-stopping/restore-best-weights/restores-the-best-value-whatever-min-delta",
    level="documented",
    source=f"{DOCUMENTATION} (restore_best_weights)",
    observes=("weights",),
)
def restores_whatever_min_delta(case: Case) -> Expectations:
    """min_delta decides what counts as an improvement, not what is best: in a plain fit with restore_best_weights, also with a
    min_delta above 0 the model ends with the weights of an epoch with the best value, as far as the dialect's precision can tell.
    (The first value is not NaN; a later NaN is no value; no finite one is beyond the range of float32.)"""
    epochs = _run(case)
    if _comparable(epochs) and 0 < case["min_delta"] < math.inf:
        yield _holds_the_best(case, epochs, _as_seen(case), f", whatever min_delta={case['min_delta']} is")


@clause(
    "early-stopping/restore-best-weights/restores-the-best-value-as-logged",
    level="documented",
    source=f"{INFERRED} (restore_best_weights)",
    observes=("weights",),
)
def restores_as_logged(case: Case) -> Expectations:
    """In a plain fit with restore_best_weights and min_delta=0, the model ends with the weights of an epoch with the best of the
    values as they were logged, in float64. (The first value is not NaN, and a later NaN is no value.)"""
    epochs = _run(case)
    if case["min_delta"] == 0 and epochs and not math.isnan(epochs[0].value):
        yield _holds_the_best(case, epochs, _in_float64(case), "")


@clause(
    "early-stopping/restore-best-weights/not-a-number-is-not-the-best",
    level="documented",
    source=f"{INFERRED} (restore_best_weights)",
    observes=("weights",),
)
def nan_is_not_the_best(case: Case) -> Expectations:
    """In a plain fit with restore_best_weights, if the first monitored value is NaN and finite ones follow, the model ends with
    the weights of an epoch whose value is not NaN. (Finite values that stay in the range of float32 with min_delta.)"""
    epochs = _run(case)
    finite = [epoch.value for epoch in epochs if math.isfinite(epoch.value)]
    in_range = all(abs(value) + abs(case["min_delta"]) < FLOAT32_MAX for value in finite)
    if finite and math.isnan(epochs[0].value) and in_range:
        yield _holds_the_best(case, epochs, lambda value, than: False, "")


@clause(
    "early-stopping/restore-best-weights/the-baseline-does-not-matter",
    level="documented",
    source=f"{DOCUMENTATION} (restore_best_weights)",
    observes=("weights",),
)
def the_baseline_does_not_matter(case: Case) -> Expectations:
    """In a plain fit with restore_best_weights and min_delta=0, an epoch with the best value is restored even if no epoch
    improves on the baseline, as far as the dialect's precision can tell. (The first value is not NaN; a later NaN is no value; no
    finite one is beyond the range of float32.)"""
    epochs = _run(case)
    way = given_way(case)
    if way is None or case["min_delta"] != 0 or not _comparable(epochs) or not is_number(case["baseline"]):
        return
    if not any_beats(better_by(case, way), [epoch.value for epoch in epochs], case["baseline"]):
        yield _holds_the_best(case, epochs, _as_seen(case), f", and baseline={case['baseline']} does not matter")


@clause(
    "early-stopping/restore-best-weights/an-unbeaten-baseline-restores-the-best-of-patience-epochs",
    level="documented",
    source=f"{DOCUMENTATION} (restore_best_weights)",
    observes=("weights",),
)
def best_of_patience_epochs(case: Case) -> Expectations:
    """In a plain fit with restore_best_weights and min_delta=0, if none of the first `patience` monitored epochs improves on the
    baseline, the model ends with the weights of the best of these, as far as the dialect's precision can tell. (Patience of at
    least 1; the first value is not NaN; no finite one is beyond the range of float32; except where the last of these epochs has
    index 0, which never stops.)"""
    if not case["restore_best_weights"] or case["min_delta"] != 0:
        return
    for fit, epochs in unbeaten(case):
        if fit == 0 and _comparable(epochs):
            why = (
                f", the first patience={case['patience']} monitored epochs, and none beats baseline={case['baseline']}"
            )
            yield _holds_the_best(case, epochs, _as_seen(case), why)


# ---------------------------------------------------------------------------------------------- reuse


def last_fit_alone(scenario: Scenario) -> Scenario | None:
    """The last fit by itself, with the rate that it would find."""
    if len(scenario.fits) == 1:
        return None
    last = scenario.fits[-1]
    if not explicit(scenario):
        compiled = {scenario.compiled_metrics(fit) for fit in scenario.fits}
        if len(compiled) > 1:  # an inferred direction is decided once for an instance, by another clause
            return None
    rates = [fit.learning_rate for fit in scenario.fits if fit.learning_rate is not None]
    return replace(scenario, fits=(last,), learning_rate=rates[-1] if rates else scenario.learning_rate)


@clause(
    "early-stopping/reuse/an-instance-used-again-behaves-as-a-new-one",
    level="observed",
    source=f"{BOTH}; a comment in the code says that instances are meant to be used again",
    choices={"early-stopping/reuse": "nothing"},
    errors=True,
    related=last_fit_alone,
)
def used_again(case: Case) -> Expectations:
    """A fit with an instance that served earlier fits does what it does with a new instance, but for the direction that mode auto
    took in the first of them, which stays."""
    if len(case.trace.fits) < len(case.scenario.fits) or not case.other.fits:
        return
    last, alone = replace(case.trace.fits[-1], weights_at_begin=None), case.other.fits[0]
    if last.error is not None:
        last = replace(last, error=replace(last.error, fit=0))
    why = "the last fit with a new instance goes like that"
    for outcome in case.expects_the_same(why, ours=Trace(fits=(last,)), other=Trace(fits=(alone,))):
        yield replace(outcome, fit=len(case.trace.fits) - 1) if isinstance(outcome, Failed) else outcome
