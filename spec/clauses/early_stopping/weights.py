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
from ..clause import HELD, NOT_EXERCISED, Case, Failed, Outcome, clause
from ..monitoring import comparison, direction, is_number
from .shared import BOTH, DOCUMENTATION, any_beats, explicit, fresh_fits, same, unbeaten
from .stream import Monitored, monitored, predict, well_typed

# ---------------------------------------------------------------------------------------------- restore_best_weights


def _weights(seen: FitTrace) -> str:
    """The weights at the end of a fit, in words."""
    if seen.weights is None:
        return "unknown weights"
    if seen.weights.epoch == -1:
        return "the weights with which the fit began"
    earlier = "" if seen.weights.fit is None else f" of fit {seen.weights.fit + 1}"
    return f"the weights of epoch index {seen.weights.epoch}{earlier}"


def _holds(seen: FitTrace, epochs: Sequence[int]) -> bool:
    """Whether the model holds the weights of one of these absolute epochs of this fit."""
    return seen.weights is not None and seen.weights.fit is None and seen.weights.epoch in epochs


@clause(
    "early-stopping/restore-best-weights/false-keeps-the-last-weights",
    level="documented",
    source=f"{DOCUMENTATION} (restore_best_weights)",
    observes=("weights",),
)
def keeps_the_last(case: Case) -> Outcome:
    """Without restore_best_weights, the model holds the weights of the last epoch that was run."""
    if case["restore_best_weights"]:
        return NOT_EXERCISED
    for fit, shown, seen in case.fits():
        last = case.scenario.first_epoch(shown) + seen.epochs_run - 1
        if not _holds(seen, [last]):
            return Failed(
                fit=fit,
                epoch=None,
                expected=f"the weights of the last epoch, index {last}",
                why="restore_best_weights is off",
                got=_weights(seen),
            )
    return HELD


@clause(
    "early-stopping/restore-best-weights/restores-the-best-epoch",
    level="observed",
    source=BOTH,
    observes=("weights",),
)
def restores_the_best_epoch(case: Case) -> Outcome:
    """With restore_best_weights, when training ends, whoever ended it, the model gets the weights of the last epoch
    that improved on all before it; of the first monitored one if none did; the last weights stay if none was
    monitored."""
    predictions = predict(case)
    if not case["restore_best_weights"] or predictions is None or any(fit.raised for fit in predictions):
        return NOT_EXERCISED
    for fit, shown, seen in case.fits():
        best = predictions[fit].best
        if best is None:
            wanted, why = case.scenario.first_epoch(shown) + seen.epochs_run - 1, "no epoch was monitored"
        else:
            wanted = best.number
            why = f"{case['monitor']}={best.value} there was the last improvement (min_delta={case['min_delta']})"
        if not _holds(seen, [wanted]):
            return Failed(
                fit=fit, epoch=None, expected=f"the weights of epoch index {wanted}", why=why, got=_weights(seen)
            )
    return HELD


def _best_value(
    case: Case, suits: Callable[[list[Monitored]], bool], better: Callable[[float, float], bool]
) -> Outcome:
    """Whether suitable fits end with the weights of an epoch on whose value no other run one is better."""
    if not case["restore_best_weights"] or direction(case) is None or not well_typed(case):
        return NOT_EXERCISED
    outcome: Outcome = NOT_EXERCISED
    for fit in fresh_fits(case):
        seen = case.trace.fits[fit]
        epochs = [epoch for epoch in monitored(case, case.scenario.fits[fit]) or () if epoch.index < seen.epochs_run]
        if not epochs or not suits(epochs):
            continue
        outcome = HELD
        numbers = [epoch for epoch in epochs if not math.isnan(epoch.value)]
        best = [epoch for epoch in numbers if not any(better(other.value, epoch.value) for other in numbers)]
        if not _holds(seen, [epoch.number for epoch in best]):
            return Failed(
                fit=fit,
                epoch=None,
                expected=f"the weights of epoch index {' or '.join(str(epoch.number) for epoch in best)}",
                why=f"{case['monitor']}={best[0].value} is the best of {[epoch.value for epoch in epochs]}",
                got=_weights(seen),
            )
    return outcome


def _in_float64(case: Case) -> Callable[[float, float], bool]:
    if direction(case) == "max":
        return lambda value, than: value > than
    return lambda value, than: value < than


def _as_seen(case: Case) -> Callable[[float, float], bool]:
    """Better by any amount that the dialect's precision can tell."""
    seen, better = PRECISIONS[case.dialect["early-stopping/precision"]], _in_float64(case)
    return lambda value, than: better(seen(value), seen(than))


def _comparable(epochs: list[Monitored]) -> bool:
    """Whether the first value is a number, and all are in the range of float32."""
    values = [epoch.value for epoch in epochs]
    return not math.isnan(values[0]) and all(not abs(value) > FLOAT32_MAX or math.isinf(value) for value in values)


@clause(
    "early-stopping/restore-best-weights/restores-the-best-value",
    level="documented",
    source=f"{DOCUMENTATION} (restore_best_weights)",
    observes=("weights",),
)
def restores_the_best_value(case: Case) -> Outcome:
    """With restore_best_weights and min_delta=0, the model ends with the weights of an epoch with the best value of all
    that were monitored, as far as the precision of the comparison can tell; NaN is no value."""
    if case["min_delta"] != 0:
        return NOT_EXERCISED
    return _best_value(case, _comparable, _as_seen(case))


@clause(
    "early-stopping/restore-best-weights/restores-the-best-value-whatever-min-delta",
    level="documented",
    source=f"{DOCUMENTATION} (restore_best_weights)",
    observes=("weights",),
)
def restores_whatever_min_delta(case: Case) -> Outcome:
    """min_delta decides what counts as an improvement, not what is best: also with a min_delta the model ends with the
    weights of an epoch with the best value."""
    if not is_number(case["min_delta"]) or not 0 < abs(case["min_delta"]) < math.inf:
        return NOT_EXERCISED
    return _best_value(case, _comparable, _as_seen(case))


@clause(
    "early-stopping/restore-best-weights/restores-the-best-value-as-logged",
    level="documented",
    source=f"{DOCUMENTATION} (restore_best_weights)",
    observes=("weights",),
)
def restores_as_logged(case: Case) -> Outcome:
    """With min_delta=0, the best value is the best of the values as logged, in float64."""
    if case["min_delta"] != 0:
        return NOT_EXERCISED
    return _best_value(case, lambda epochs: not math.isnan(epochs[0].value), _in_float64(case))


@clause(
    "early-stopping/restore-best-weights/not-a-number-is-not-the-best",
    level="documented",
    source=f"{DOCUMENTATION} (restore_best_weights)",
    observes=("weights",),
)
def nan_is_not_the_best(case: Case) -> Outcome:
    """If the first monitored value is NaN and finite ones follow, the model ends with the weights of an epoch that is
    not NaN."""
    delta = case["min_delta"]

    def suits(epochs: list[Monitored]) -> bool:
        finite = [epoch.value for epoch in epochs if math.isfinite(epoch.value)]
        in_range = is_number(delta) and all(abs(value) + abs(delta) < FLOAT32_MAX for value in finite)
        return math.isnan(epochs[0].value) and bool(finite) and in_range

    return _best_value(case, suits, lambda value, than: False)


@clause(
    "early-stopping/restore-best-weights/the-baseline-does-not-matter",
    level="documented",
    source=f"{DOCUMENTATION} (restore_best_weights)",
    observes=("weights",),
)
def the_baseline_does_not_matter(case: Case) -> Outcome:
    """The best epoch is restored even if no epoch improves on the baseline. (min_delta=0.)"""
    compare = comparison(case)
    if case["min_delta"] != 0 or not is_number(case["baseline"]) or compare is None:
        return NOT_EXERCISED

    def suits(epochs: list[Monitored]) -> bool:
        return _comparable(epochs) and not any_beats(compare, [epoch.value for epoch in epochs], case["baseline"])

    return _best_value(case, suits, _as_seen(case))


@clause(
    "early-stopping/restore-best-weights/an-unbeaten-baseline-restores-the-best-of-patience-epochs",
    level="documented",
    source=f"{DOCUMENTATION} (restore_best_weights)",
    observes=("weights",),
)
def best_of_patience_epochs(case: Case) -> Outcome:
    """If none of the first `patience` monitored epochs improves on the baseline, the model ends with the weights of the
    best of these. (min_delta=0, and the first value is a number.)"""
    if not case["restore_best_weights"] or case["min_delta"] != 0:
        return NOT_EXERCISED
    outcome: Outcome = NOT_EXERCISED
    better = _as_seen(case) if direction(case) else None
    for fit, epochs in unbeaten(case):
        if better is None or fit not in fresh_fits(case) or not _comparable(list(epochs)):
            continue
        outcome = HELD
        seen = case.trace.fits[fit]
        numbers = [epoch for epoch in epochs if not math.isnan(epoch.value)]
        best = [epoch for epoch in numbers if not any(better(other.value, epoch.value) for other in numbers)]
        if not _holds(seen, [epoch.number for epoch in best]):
            return Failed(
                fit=fit,
                epoch=None,
                expected=f"the weights of epoch index {' or '.join(str(epoch.number) for epoch in best)}",
                why=f"it is the best of the first patience={case['patience']} monitored epochs, "
                f"{[epoch.value for epoch in epochs]}, and none beats baseline={case['baseline']}",
                got=_weights(seen),
            )
    return outcome


# ---------------------------------------------------------------------------------------------- reuse


def _last_fit_alone(scenario: Scenario) -> Scenario | None:
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
    level="documented",
    source="keras.callbacks.EarlyStopping.on_train_begin (a comment there promises that instances can be used again)",
    errors=True,
    related=_last_fit_alone,
)
def used_again(case: Case) -> Outcome:
    """A fit with an instance that served earlier fits does what it does with a new instance."""
    if len(case.trace.fits) < len(case.scenario.fits) or not case.other.fits:
        return NOT_EXERCISED
    last, alone = case.trace.fits[-1], case.other.fits[0]
    if last.error is not None:
        last = replace(last, error=replace(last.error, fit=0))
    outcome = same(case, "the last fit with a new instance goes like that", Trace(fits=(last,)), Trace(fits=(alone,)))
    return replace(outcome, fit=len(case.trace.fits) - 1) if isinstance(outcome, Failed) else outcome
