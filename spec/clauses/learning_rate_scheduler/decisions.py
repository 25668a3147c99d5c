"""What LearningRateScheduler does: at the beginning of every epoch it asks a function what the rate is.

Rules
- One closed form (`plan`) predicts rate and errors of every epoch from the schedule alone.
- A schedule is a table by absolute epoch, or a scale for the current rate; the rate is stored as float32.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...callbacks import parameters
from ...editing import configured, each_epoch
from ...numbers import float32
from ...scenario import Epoch, Scenario
from ...values import Logs, only
from ..clause import Case, EpochSeen, Expectations, clause
from ..rates import (
    ALL_BUT_LOGGED,
    ALL_BUT_PRINTED,
    EVERYTHING,
    agree,
    alike,
    first_fit_twice,
    later_by,
    logged_as,
    other_verbosity,
    rate_added,
    rates,
    same,
    second_time,
    side_by_side,
    silent,
)

DOCS = "https://keras.io/api/callbacks/learning_rate_scheduler/"
OBSERVED = "observed: keras 3.15.1, tf-keras 2.21.0"
KERAS = "observed: keras 3.0.0 to 3.15.1 on TensorFlow, JAX and PyTorch"
RATE = ("learning_rate",)
NO_FLOATS = ("int", "array", "array-0d", "none")


# ---------------------------------------------------------------------------------------------- the closed form


@dataclass(frozen=True, kw_only=True, slots=True)
class _Expected:
    """What is expected of one epoch: the rate, or the type of the exception at its beginning; `why` says from what. `before`: the
    rate as the epoch began."""

    before: float
    rate: float
    error: str | None
    why: str


def _schedule(scenario: Scenario) -> Mapping[str, Any] | None:
    schedule = scenario.config.get("schedule")
    return schedule if isinstance(schedule, Mapping) else None


def _verbose(case: Case) -> bool | None:
    """Whether lines are printed; None where `verbose` is not a number."""
    return case["verbose"] > 0 if isinstance(case["verbose"], int | float) else None


def _error(schedule: Mapping[str, Any], rate: float | None) -> str | None:
    """The exception with which an epoch begins if the schedule says `rate`; None there: the table has ended."""
    if rate is None:
        return "IndexError"
    if schedule.get("returns") == "int" and math.isinf(rate):
        return "OverflowError"  # of the schedule itself, which makes an integer of an infinity
    return "ValueError" if schedule.get("returns") in NO_FLOATS else None


def plan(case: Case) -> Iterator[tuple[_Expected, EpochSeen]]:
    """What is expected of every epoch that was run, up to the first exception."""
    schedule = _schedule(case.scenario)
    if (
        schedule is None
        or _verbose(case) is None
        or set(case.scenario.config) - set(parameters("LearningRateScheduler"))
    ):
        return
    stored = 0.0
    for fit, _, _ in case.fits():
        given = case.rate_given(fit)
        stored = stored if given is None else float32(given)
        for epoch in case.epochs(fit):
            said: float | None
            if "table" in schedule:
                table = schedule["table"]
                said = table[epoch.number] if epoch.number < len(table) else None
                why = f"the schedule is {table} and the epoch's index {epoch.number}"
            else:
                said = stored * schedule["scale"]
                why = f"the schedule multiplies the current rate, {stored!r}, by {schedule['scale']!r}"
            error = _error(schedule, said)
            before = stored
            stored = stored if said is None or error else float32(said)
            if "returns" in schedule:
                why += f", and it returns {schedule['returns']}"
            yield _Expected(before=before, rate=stored, error=error, why=why), epoch
            if error:
                return


# ---------------------------------------------------------------------------------------------- the schedule


@clause(
    "learning-rate-scheduler/schedule/sets-the-rate",
    level="documented", source=f"{DOCS} (first sentence, schedule)", observes=RATE,
)  # fmt: skip
def sets_the_rate(case: Case) -> Expectations:
    """The rate of an epoch is, as stored, what the schedule returns for the epoch's index and the current rate."""
    for e, epoch in plan(case):
        seen = epoch.seen.learning_rate
        yield epoch.expects_that(same(seen, e.rate), f"learning_rate={e.rate!r}", got=seen, because=e.why)


@clause(
    "learning-rate-scheduler/schedule/sets-the-rate-at-the-beginning",
    level="documented", source=f"{DOCS} (first sentence)", observes=("learning_rate_in_epoch",),
)  # fmt: skip
def sets_the_rate_at_the_beginning(case: Case) -> Expectations:
    """The scheduled rate is in force from the epoch's first batch."""
    for e, epoch in plan(case):
        seen = epoch.seen.learning_rate_in_epoch
        yield epoch.expects_that(same(seen, e.rate), f"learning_rate_in_epoch={e.rate!r}", got=seen, because=e.why)


@clause(
    "learning-rate-scheduler/schedule/leaves-the-rate-within-an-epoch",
    level="universal", source=f"follows from {DOCS} (first sentence)", observes=("learning_rate", "learning_rate_in_epoch"),
)  # fmt: skip
def leaves_the_rate_within_an_epoch(case: Case) -> Expectations:
    """The rate at an epoch's end is that of its first batch."""
    for epoch in case.epochs():
        first, last = epoch.seen.learning_rate_in_epoch, epoch.seen.learning_rate
        why = "that was the rate in the epoch, and rates are set at beginnings"
        yield epoch.expects_that(same(last, first), f"{first!r} at the end", got=last, because=why)


@clause(
    "learning-rate-scheduler/schedule/is-given-the-current-rate",
    level="documented", source=f"{DOCS} (schedule: current learning rate)", observes=RATE,
    related=lambda scenario: _as_table(scenario),
)  # fmt: skip
def is_given_the_current_rate(case: Case) -> Expectations:
    """In a first fit, a schedule that scales the current rate does what a table of the products does, each of the factor and the
    rate before it as it is stored, in float32."""
    return agree(side_by_side(case), EVERYTHING, "in the table there, every rate is the product with the rate before")


def _as_table(scenario: Scenario) -> Scenario | None:
    """The products, by absolute epoch, written out for the first fit."""
    schedule = _schedule(scenario)
    if schedule is None or "scale" not in schedule or schedule.get("returns") in NO_FLOATS:
        return None
    first = scenario.fits[0]
    rate = float32(only(scenario.rate_given(0)))
    table = [math.nan] * scenario.first_epoch(first)
    for _ in first.epochs:
        table.append(rate * schedule["scale"])
        rate = float32(table[-1])
    return replace(configured(scenario, schedule={"table": table}), fits=scenario.fits[:1])


@clause(
    "learning-rate-scheduler/schedule/is-given-the-absolute-epoch",
    level="documented", source=f"{DOCS} (schedule: epoch index, from 0)", observes=RATE,
    related=lambda scenario: _longer_table(scenario),
)  # fmt: skip
def is_given_the_absolute_epoch(case: Case) -> Expectations:
    """Where all indices of epochs are higher by two, and the table has two more entries in front, nothing changes but the epoch
    that is printed."""
    return agree(side_by_side(case), EVERYTHING, "epochs and table are shifted by two there")


def _longer_table(scenario: Scenario) -> Scenario | None:
    schedule = _schedule(scenario)
    if schedule is None or "table" not in schedule:
        return None
    # NaN in front: an implementation that asks for these epochs shows a rate that nobody asked for
    return later_by(configured(scenario, schedule={**schedule, "table": [math.nan, math.nan, *schedule["table"]]}), 2)


@clause(
    "learning-rate-scheduler/schedule/is-given-an-int-and-a-float",
    level="documented", source=f"{DOCS} (schedule: epoch index, integer; current learning rate, float)",
    observes=RATE, errors=True, related=lambda scenario: _without_part(scenario, "accepts", "int-and-float"),
)  # fmt: skip
def is_given_an_int_and_a_float(case: Case) -> Expectations:
    """The epoch index is an int and the current rate a float, not numbers of another kind: a schedule that insists on it does
    what one does that takes any."""
    return alike(case, "the schedule takes numbers of any kind there")


@clause(
    "learning-rate-scheduler/schedule/is-called-once-in-an-epoch", level="observed", source=OBSERVED, observes=RATE,
)  # fmt: skip
def is_called_once_in_an_epoch(case: Case) -> Expectations:
    """In every epoch the schedule is called once, and not between epochs, nor before the first. (One learning rate that can be
    set, no tensor, and a schedule that raises nothing. Where it raises TypeError, as one does that takes the epoch alone, it is
    called again with that.)"""
    for expected, epoch in plan(case):
        if expected.error is None and epoch.seen.counts is not None:
            calls = epoch.seen.counts.get("schedule calls")
            yield epoch.expects_that(
                calls == 1,
                "the schedule called once",
                got=lambda calls=calls: f"{calls} calls",
                because="an epoch has one rate",
            )


@clause(
    "learning-rate-scheduler/schedule/may-take-the-epoch-alone",
    level="observed", source=OBSERVED, observes=RATE, errors=True,
    related=lambda scenario: _without_part(scenario, "accepts", "epoch"),
)  # fmt: skip
def may_take_the_epoch_alone(case: Case) -> Expectations:
    """A schedule that takes the epoch alone does what one does that takes epoch and rate and ignores the rate. (It is called with
    both, and, where that raises TypeError, with the epoch alone.)"""
    return alike(case, "the schedule takes two arguments there")


@clause(
    "learning-rate-scheduler/schedule/may-return-float32",
    level="observed", source=OBSERVED, observes=RATE, errors=True,
    related=lambda scenario: _without_part(scenario, "returns", "float32"),
)  # fmt: skip
def may_return_float32(case: Case) -> Expectations:
    """A schedule may return a numpy float32: the rate is stored as one in any case."""
    return alike(case, "the schedule returns Python floats there")


def _without_part(scenario: Scenario, part: str, value: str) -> Scenario | None:
    schedule = _schedule(scenario)
    if schedule is None or schedule.get(part) != value:
        return None
    return configured(scenario, schedule={name: content for name, content in schedule.items() if name != part})


@clause(
    "learning-rate-scheduler/schedule/may-return-a-tensor",
    level="documented", source=f"{DOCS} (Example: lr * ops.exp(-0.1))", observes=RATE, errors=True,
    related=lambda scenario: _without_part(scenario, "returns", "tensor"),
)  # fmt: skip
def may_return_a_tensor(case: Case) -> Expectations:
    """A schedule may return a tensor of the backend, on NumPy a number of NumPy's, as `lr * ops.exp(-0.1)` in the documentation's
    example does: the rate is the number in it."""
    return alike(case, "the schedule returns Python floats there")


@clause(
    "learning-rate-scheduler/schedule/refuses-a-tensor",
    level="observed", source=KERAS, errors=True, choices={"learning-rate-scheduler/tensors": "refused"},
)  # fmt: skip
def refuses_a_tensor(case: Case) -> Expectations:
    """A schedule that returns a tensor of the backend is refused with ValueError when an epoch begins. (Except on the backend
    NumPy, whose arithmetic makes numbers of NumPy's: they are accepted, and an array is refused.)"""
    return _refuses(case, ("tensor",))


@clause(
    "learning-rate-scheduler/schedule/must-return-a-float",
    level="observed", source=OBSERVED, errors=True,
)  # fmt: skip
def must_return_a_float(case: Case) -> Expectations:
    """A schedule that returns an integer, a NumPy array, with a dimension or without, or None is refused with ValueError when an
    epoch begins."""
    return _refuses(case, NO_FLOATS)


def _refuses(case: Case, returned: tuple[str, ...]) -> Expectations:
    """The expectation of ValueError as the first epoch begins, if the schedule gets as far as returning one of these."""
    schedule = _schedule(case.scenario)
    first = next(plan(case), None)
    if schedule is None or first is None or schedule.get("returns") not in returned:
        return
    if first[0].error in ("IndexError", "OverflowError"):  # of the schedule itself
        return
    seen = case.trace.fits[0]
    got = "nothing raised"
    if seen.error is not None:
        got = f"{seen.error.type} in {seen.error.hook} of epoch {case.number(0, seen.epochs_run - 1)}"
    due = f"ValueError in epoch_begin of epoch {case.number(0, 0)}"
    yield case.at(0, 0).expects_that(got == due, due, got=got, because=f"the schedule returns {schedule['returns']}")


@clause(
    "learning-rate-scheduler/errors/raises-what-the-schedule-asks-for", level="observed", source=OBSERVED, errors=True
)
def raises_what_the_schedule_asks_for(case: Case) -> Expectations:
    """A hook raises in two cases alone: the schedule raises, as a table does past its end, or it returns no float: neither
    one of Python's nor a float32 or float64 of NumPy's. A schedule that raises TypeError is called again, with the epoch
    alone, and what that call raises is what is raised: of one that needs two arguments a TypeError that says that one is
    missing, whatever it raised before. The hook raises when the epoch begins, and leaves the rate as it was. (One learning
    rate that can be set, no schedule that returns a tensor, and a verbose that is a number.)"""
    if (_schedule(case.scenario) or {}).get("returns") == "tensor":
        return
    for e, epoch in plan(case):
        fit = case.trace.fits[epoch.fit]
        raised = fit.error if fit.epochs_run == epoch.index + 1 else None
        got = "no exception" if raised is None else f"{raised.type} in {raised.hook}"
        due = "no exception" if e.error is None else f"{e.error} in epoch_begin"
        yield epoch.expects_that(got == due, due, got=got, because=e.why)
        seen = epoch.seen.learning_rate
        if e.error is not None and seen is not None:
            why = f"{e.error} comes before the rate is changed"
            yield epoch.expects_that(same(seen, e.rate), f"learning_rate={e.rate!r}", got=seen, because=why)


@clause("learning-rate-scheduler/arguments/are-schedule-and-verbose", level="observed", source=OBSERVED, errors=True)
def are_schedule_and_verbose(case: Case) -> Expectations:
    """The constructor raises TypeError without a schedule and for any argument but schedule and verbose, and issues no
    warning."""
    config = case.scenario.config
    wrong = "schedule" not in config or set(config) - set(parameters("LearningRateScheduler"))
    due = "TypeError" if wrong else "nothing"
    got = "nothing" if case.trace.rejected is None else case.trace.rejected.type
    why = f"the arguments are {', '.join(config) or 'none'}"
    yield case.expects_that(got == due, f"{due} from the constructor", got=got, because=why)
    yield case.expects_that(not case.trace.warned, "no warning", got=case.trace.warned, because=why)


# ---------------------------------------------------------------------------------------------- lines and logs


@clause(
    "learning-rate-scheduler/verbose/prints-every-update",
    level="documented", source=f"{DOCS} (verbose)", observes=("printed",),
)  # fmt: skip
def prints_every_update(case: Case) -> Expectations:
    """With verbose=1 there is one line for each epoch in which the schedule changes the rate; with verbose=0 nothing is printed.
    (One optimizer.)"""
    for e, epoch in plan(case):
        if not _verbose(case) or not same(e.before, e.rate):
            yield from _has_its_line(case, epoch)
    yield from silent(case)


def _has_its_line(case: Case, epoch: EpochSeen) -> Expectations:
    """The line of an epoch is printed, or none, as verbose says."""
    lines = ("scheduled",) if _verbose(case) else ()
    why = f"verbose={case['verbose']!r}"
    yield epoch.expects_that(epoch.seen.printed == lines, f"printed {lines}", got=epoch.seen.printed, because=why)


@clause(
    "learning-rate-scheduler/verbose/prints-where-the-rate-stays",
    level="observed", source=OBSERVED, observes=("printed",),
)  # fmt: skip
def prints_where_the_rate_stays(case: Case) -> Expectations:
    """With verbose=1 there is a line, too, for an epoch in which the schedule leaves the rate as it is. (One optimizer.)"""
    for e, epoch in plan(case):
        if _verbose(case) and same(e.before, e.rate):
            yield from _has_its_line(case, epoch)


def _spelt_out(scenario: Scenario) -> Scenario | None:
    return None if "verbose" in scenario.config else configured(scenario, verbose=0)


@clause(
    "learning-rate-scheduler/arguments/defaults-are-those-documented",
    level="documented", source=f"{DOCS} (signature)", observes=("printed",), errors=True, related=_spelt_out,
)  # fmt: skip
def defaults_are_those_documented(case: Case) -> Expectations:
    """Leaving verbose out is giving verbose=0, with which nothing is printed."""
    for epoch in case.epochs():
        printed = epoch.seen.printed
        yield epoch.expects_that(not printed, "nothing printed", got=printed, because="verbose is 0 by default")
    yield from silent(case)
    yield from case.expects_the_same("verbose is 0 by default")


@clause(
    "learning-rate-scheduler/verbose/changes-nothing-else",
    level="universal", source=f"follows from {DOCS} (verbose)", observes=RATE, related=other_verbosity,
)  # fmt: skip
def verbose_changes_nothing_else(case: Case) -> Expectations:
    """Messages change nothing but what is printed."""
    return agree(side_by_side(case), ALL_BUT_PRINTED, f"only verbose differs there, {case['verbose']!r} here")


@clause(
    "learning-rate-scheduler/logs/logs-the-rate",
    level="observed",
    source=OBSERVED,
    observes=("learning_rate", "logged"),
)
def logs_the_rate(case: Case) -> Expectations:
    """At the end of an epoch whose logs are not empty its rate stands in them under learning_rate (tf-keras and Keras 2: lr), in
    place of a metric of that name; nothing else is added or changed. (One optimizer.)"""
    for epoch, _, rate in rates(case):
        added = rate_added(case, epoch, rate)
        why = f"the rate is {rate!r}, and the logs are {'not ' if epoch.shown.logs else ''}empty"
        yield epoch.expects_that(same(epoch.seen.logged, added), f"logged {added}", got=epoch.seen.logged, because=why)


@clause(
    "learning-rate-scheduler/logs/the-type-of-the-logged-rate", level="observed", source=OBSERVED, observes=("logged",),
    optimizer="any",
)  # fmt: skip
def logs_a_number_of_this_kind(case: Case) -> Expectations:
    """The rate is logged as a Python float (tf-keras and Keras 2: as a number of NumPy's)."""
    return logged_as(case)


@clause("learning-rate-scheduler/logs/warns-of-nothing", level="observed", source=OBSERVED, observes=("warned",))
def warns_of_nothing(case: Case) -> Expectations:
    """No warning is issued in an epoch."""
    for epoch in case.epochs():
        why = "there is nothing to warn of"
        yield epoch.expects_that(not epoch.seen.warned, "no warning", got=epoch.seen.warned, because=why)


# ---------------------------------------------------------------------------------------------- instances and streams


@clause(
    "learning-rate-scheduler/logs/metrics-do-not-matter",
    level="universal", source=f"follows from {DOCS} (first sentence)", observes=RATE,
    related=lambda scenario: _other_metrics(scenario),
)  # fmt: skip
def metrics_do_not_matter(case: Case) -> Expectations:
    """The values in the logs do not matter, nor does the number of an epoch's batches."""
    return agree(side_by_side(case), ALL_BUT_LOGGED, "all metrics are NaN there, and epochs have one batch")


def _other_metrics(scenario: Scenario) -> Scenario:
    def changed(epoch: Epoch) -> Epoch:
        logs: Logs = dict.fromkeys(epoch.logs, math.nan)
        return replace(epoch, logs=logs, batches=None)

    return replace(each_epoch(scenario, changed), steps_per_execution=1)


@clause(
    "learning-rate-scheduler/reuse/an-instance-used-again-behaves-as-a-new-one",
    level="observed", source=OBSERVED, observes=RATE, related=first_fit_twice,
)  # fmt: skip
def remembers_nothing(case: Case) -> Expectations:
    """An instance used for a second fit does what a new one does."""
    return agree(second_time(case), EVERYTHING, "the instance is new there, and this is the same fit with it once more")
