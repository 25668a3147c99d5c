"""What the clauses on EarlyStopping share: preconditions, and the expectations that several of them have. No clauses in here.

Rules
- A clause that gives no choice speaks of streams on which no choice but the arithmetic matters: of a plain fit, as the glossary
  says it, and of values about which nothing is to be chosen (`plain`); one that is documented of those on which the arithmetic
  does not matter either (`however_calculated`).
"""

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial

from ...numbers import FLOAT32_SMALLEST_NORMAL, float32
from ...scenario import Scenario
from ...values import ArrayNumber, Value
from ..calculation import open_nowhere
from ..clause import Case, Expectations
from ..monitoring import is_number
from .stream import (
    Better,
    Monitored,
    Prediction,
    better_by,
    forward,
    monitored,
    plain_anchor,
    plain_changes,
    plain_first,
    plain_start,
    positions,
    predict,
    well_typed,
)

DOCUMENTATION = "https://keras.io/api/callbacks/early_stopping/"
INFERRED = f"follows from {DOCUMENTATION}"
BOTH = "observed: keras 3.15.1, tf-keras 2.21.0"
MODES = ("min", "max")
NOT_AS_GIVEN = ("absolute", "as-zero", "refused", "refused-at-the-first-epoch")
"""The values of the choice min-delta-sign with which no worse value is an improvement."""
NOT_DISABLING = ("as-any-other", "refused", "stops-at-once", "stops-in-the-first-epoch")
"""The values of the choice patience-zero with which no patience of 0 is endless."""


def explicit(scenario: Scenario) -> bool:
    """Whether the direction is configured and the metric has a name: nothing has to be inferred."""
    return scenario.config.get("mode") in MODES and isinstance(scenario.config.get("monitor", "val_loss"), str)


def given_way(case: Case) -> str | None:
    """The direction, if it is configured, or if it is that of a loss which no compiled metric has its name from."""
    monitor = case["monitor"]
    if not isinstance(monitor, str) or case["mode"] in MODES:
        return case["mode"] if isinstance(monitor, str) else None
    compiled = {metric.name for fit in case.scenario.fits for metric in case.scenario.compiled_metrics(fit)}
    return "min" if monitor in ("loss", "val_loss") and "loss" not in compiled else None


def ordinary(case: Case) -> bool:
    """Whether the counts are whole numbers and nothing has to be inferred."""
    counts = (case["patience"], case["start_from_epoch"])
    return explicit(case.scenario) and all(isinstance(count, int) for count in counts) and is_number(case["min_delta"])


def sign_of(way: str | None) -> float:
    """By what a value is multiplied so that more is better."""
    return 1.0 if way == "max" else -1.0


def monitored_first(case: Case) -> tuple[Monitored, ...]:
    """The monitored epochs of the first fit, of all that is shown; none if the counts are no numbers or a value is an array."""
    if given_way(case) is None or not well_typed(case) or not forward(case) or not plain_start(case):
        return ()
    return monitored(case, case.scenario.fits[0]) or ()


def monitored_values(case: Case, fit: int) -> list[Value]:
    """The values, arrays too, of the epochs of the fit that were run, carry the metric and do not lie before start_from_epoch,
    a number."""
    run = case.trace.fits[fit].epochs_run
    shown = list(positions(case.scenario, case.scenario.fits[fit]))[:run]
    return [value for _, absolute, value in shown if value is not None and absolute >= case["start_from_epoch"]]


def plain(case: Case, way: str | None, fit: int = 0, *, absolute: bool = False) -> Prediction | None:
    """What happens in the fit, where no choice but the baseline's makes a difference to that; `absolute`: nor does the start."""
    prediction = predict(case, way, fit)
    if prediction is None or way is None:
        return None
    epochs = prediction.monitored
    if not absolute and not plain_start(case, fit):
        return None
    agreed = plain_first(case, way, epochs) and plain_changes(case, way, epochs) and plain_anchor(case, way, epochs)
    return prediction if agreed else None


def plain_numbers(values: Sequence[float]) -> bool:
    """Whether none of them is in an array, not even in one without dimensions."""
    return not any(isinstance(value, ArrayNumber) for value in values)


def however_calculated(case: Case, epochs: Sequence[Monitored]) -> bool:
    """Whether the values are plain numbers of which none is better than one before it by exactly min_delta, unless that is 0, and
    better by more than it however one calculates or in no way."""
    values = [epoch.value for epoch in epochs]
    return plain_numbers(values) and open_nowhere(values, case["min_delta"], -sign_of(given_way(case)))


def stops_as_predicted(case: Case, prediction: Prediction | None, fit: int = 0) -> Expectations:
    """The stop flag is set in the fit where it is predicted, or somebody else sets it, and nowhere else."""
    if prediction is None or prediction.raised:
        return

    def why(index: int) -> str:
        return (
            f"{prediction.account(index)} ({prediction.way} of {case['monitor']}, patience={case['patience']}, "
            f"min_delta={case['min_delta']}, baseline={case['baseline']})"
        )

    for epoch in case.epochs(fit):
        ours = prediction.stopped and epoch.index == prediction.end
        yield epoch.expects_that(
            epoch.seen.stop == (ours or epoch.shown.stop),
            "a stop" if ours else "no stop",
            got=f"stop={epoch.seen.stop}",
            because=partial(why, epoch.index),
        )


def stops_at(case: Case, fit: int, stop: Monitored, why: str) -> Expectations:
    """The fit stops at that epoch and at none before."""
    for epoch in case.epochs(fit):
        if epoch.index < stop.index:
            due = f"a stop at epoch {stop.number}"
            yield epoch.expects_that(not epoch.stopped, due, got="a stop", because=why)
        elif epoch.index == stop.index:
            yield epoch.expects_that(bool(epoch.seen.stop), "a stop", got="none", because=why)


def stopped_by_others_before(case: Case, fit: int, index: int) -> bool:
    return any(epoch.stop for epoch in case.scenario.fits[fit].epochs[:index])


def unbeaten(case: Case) -> Iterator[tuple[int, tuple[Monitored, ...]]]:
    """The fits of which the first `patience` monitored epochs are shown and do not beat the baseline; and these
    epochs."""
    patience, way = case["patience"], given_way(case)
    if way is None or not is_number(case["baseline"]) or not isinstance(patience, int):
        return
    if not well_typed(case) or not forward(case):
        return
    better = better_by(case, way)
    for fit, shown in enumerate(case.scenario.fits):
        epochs = (monitored(case, shown) or ())[: max(patience, 0)]
        if not plain_start(case, fit) or not plain_changes(case, way, epochs):
            continue
        if patience < 1 or len(epochs) < patience or epochs[-1].number == 0:
            continue
        if stopped_by_others_before(case, fit, epochs[-1].index):
            continue
        if not any_beats(better, [epoch.value for epoch in epochs], case["baseline"]):
            yield fit, epochs


def any_beats(better: Better, values: list[float], baseline: float) -> bool:
    """Whether one of the values improves on the baseline, or cannot be compared with it."""
    try:
        return any(better(value, baseline) for value in values)
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
