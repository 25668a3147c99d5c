"""What the clauses on EarlyStopping share: scenarios made from scenarios, and the ways to fail. No clauses in here."""

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction

from ...numbers import FLOAT32_SMALLEST_NORMAL, float32
from ...scenario import Scenario
from ...trace import Trace, difference
from ..clause import HELD, NOT_EXERCISED, Case, EpochSeen, Failed, Outcome, differs
from ..monitoring import Comparison, comparison, direction, is_number
from .stream import Monitored, monitored, predict, well_typed

DOCUMENTATION = "https://keras.io/api/callbacks/early_stopping/"
BOTH = "observed: keras 3.15.1, tf-keras 2.21.0"
MODES = ("min", "max")


def explicit(scenario: Scenario) -> bool:
    """Whether the direction is configured and the metric has a name: nothing has to be inferred."""
    return scenario.config.get("mode") in MODES and isinstance(scenario.config.get("monitor", "val_loss"), str)


def ordinary(case: Case) -> bool:
    """Whether the counts are whole numbers and nothing has to be inferred."""
    counts = (case["patience"], case["start_from_epoch"])
    return explicit(case.scenario) and all(isinstance(count, int) for count in counts) and is_number(case["min_delta"])


def same(case: Case, why: str, a: Trace | None = None, b: Trace | None = None) -> Outcome:
    """HELD if both traces are equal; else where they differ."""
    ours, other = a or case.trace, b or case.other
    if (ours.rejected is None) != (other.rejected is None):
        got, expected = (
            "no error" if trace.rejected is None else f"{trace.rejected.type} from the constructor"
            for trace in (ours, other)
        )
        return Failed(fit=None, epoch=None, expected=expected, why=why, got=got)
    found = difference(other, ours)
    return HELD if found is None else differs(found, why)


def fresh_fits(case: Case) -> list[int]:
    """The fits in which the callback knows nothing of an earlier one."""
    run = range(len(case.trace.fits))
    return list(run if case.dialect["early-stopping/reuse"] == "nothing" else run[:1])


def own_stop(epoch: EpochSeen) -> bool:
    """Whether the callback itself stopped there, as far as one can see."""
    return bool(epoch.seen.stop) and not epoch.shown.stop


def stopped_by_others_before(case: Case, fit: int, index: int) -> bool:
    return any(epoch.stop for epoch in case.scenario.fits[fit].epochs[:index])


def judge_stops(case: Case) -> Outcome:
    """Whether the stop flag is set exactly where the closed form says, and every fit has that length."""
    predictions = predict(case)
    if predictions is None or any(prediction.raised for prediction in predictions):
        return NOT_EXERCISED
    for fit, _, seen in case.fits():
        prediction = predictions[fit]
        for epoch in case.epochs(fit):
            ours = prediction.stopped and epoch.index == prediction.end
            if epoch.seen.stop != (ours or epoch.shown.stop):
                return Failed(
                    fit=fit,
                    epoch=epoch.index,
                    expected="a stop" if ours else "no stop",
                    why=f"{prediction.account(epoch.index)} ({direction(case)} of {case['monitor']}, "
                    f"patience={case['patience']}, min_delta={case['min_delta']}, baseline={case['baseline']})",
                    got=f"stop={epoch.seen.stop}",
                )
        if seen.epochs_run != prediction.end + 1:
            return Failed(
                fit=fit,
                epoch=None,
                expected=f"{prediction.end + 1} epochs",
                why="that is where the fit ends",
                got=f"{seen.epochs_run} epochs",
            )
    return HELD


def stops_at(case: Case, fit: int, stop: Monitored, why: str) -> Failed | None:
    """Whether the fit stops at that epoch and at none before."""
    for epoch in case.epochs(fit):
        if epoch.index < stop.index and own_stop(epoch):
            due = f"a stop at epoch {case.number(fit, stop.index)}"
            return Failed(fit=fit, epoch=epoch.index, expected=due, why=why, got="a stop")
        if epoch.index == stop.index and not epoch.seen.stop:
            return Failed(fit=fit, epoch=epoch.index, expected="a stop", why=why, got="none")
    return None


def unbeaten(case: Case) -> Iterator[tuple[int, tuple[Monitored, ...]]]:
    """The fits of which the first `patience` monitored epochs are shown and do not beat the baseline; and these
    epochs."""
    compare = comparison(case)
    patience = case["patience"]
    if not is_number(case["baseline"]) or compare is None or not well_typed(case) or not isinstance(patience, int):
        return
    for fit, shown in enumerate(case.scenario.fits):
        epochs = (monitored(case, shown) or ())[: max(patience, 0)]
        if patience < 1 or len(epochs) < patience or epochs[-1].number == 0:
            continue
        if stopped_by_others_before(case, fit, epochs[-1].index):
            continue
        if not any_beats(compare, [epoch.value for epoch in epochs], case["baseline"]):
            yield fit, epochs


def any_beats(compare: Comparison, values: list[float], baseline: float) -> bool:
    """Whether one of the values improves on the baseline, or cannot be compared with it."""
    try:
        return any(compare.better(value, baseline) for value in values)
    except ValueError:
        return True


def exact_sums(values: Sequence[float], delta: float) -> bool:
    """Whether every value is a float32, and so is its sum with min_delta, on either side: then no rounding matters."""

    def is_float32(value: float) -> bool:
        return value == 0.0 or (abs(value) >= FLOAT32_SMALLEST_NORMAL and float32(value) == value)

    if not all(math.isfinite(value) for value in (*values, delta)):
        return False
    return all(
        is_float32(value) and is_float32(value + d) and Fraction(value) + Fraction(d) == Fraction(value + d)
        for value in values
        for d in (delta, -delta)
    )
