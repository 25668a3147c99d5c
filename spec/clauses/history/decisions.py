"""History: it writes down what every epoch logged, and `fit` returns it.

What is judged is what its two attributes hold when a fit has ended: `epoch`, the indices of epochs, and `history`, a list of
values for each metric. A value is recorded as one sees it: of a tensor the numbers, and a zero without its sign.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from ...editing import each_epoch
from ...numbers import float32, unsigned_zero
from ...scenario import Scenario
from ...values import ArrayNumber, Tensor, Value
from ..clause import Case, Expectations, clause
from ..recording import changes_nothing, never_fails

RETURNED = (
    "https://keras.io/api/models/model_training_apis/ (fit, Returns: a record of the values of losses and metrics at successive "
    "epochs)"
)
RECORDS = "the docstring of keras.callbacks.History (first sentence: it records events)"
FOLLOWS = f"follows from {RECORDS}"
OBSERVED = "observed: keras 3.15.1, tf-keras 2.21.0"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Held:
    """What History holds when the fit of that index has ended."""

    fit: int
    epochs: tuple[int, ...]
    metrics: dict[str, tuple[Any, ...]]


def _held(case: Case) -> Iterator[_Held]:
    for index, _, seen in case.fits():
        if seen.recorded is not None and len(seen.recorded) == 2:
            epochs, metrics = seen.recorded
            yield _Held(fit=index, epochs=tuple(epochs.get("epoch", ())), metrics=dict(metrics))


def as_seen(value: Value) -> Any:
    """A value of the logs as a trace shows it when it was written down."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Tensor):
        return tuple(float32(each) for each in value)
    if isinstance(value, tuple):
        return tuple(value)
    return type(value)(unsigned_zero(value))


def _logged(case: Case, fit: int, name: str) -> tuple[Any, ...]:
    """What the epochs of that fit that were run logged under a name, in their order."""
    return tuple(as_seen(epoch.shown.logs[name]) for epoch in case.epochs(fit) if name in epoch.shown.logs)


def _names(case: Case, fit: int) -> list[str]:
    return sorted({name for epoch in case.epochs(fit) for name in epoch.shown.logs})


# ---------------------------------------------------------------------------------------------- epochs


@clause("history/epochs/are-those-of-the-fit", level="observed", source=OBSERVED)
def epochs_of_the_fit(case: Case) -> Expectations:
    """`epoch` lists the epochs of the last fit that were run, each once and in their order, by the index that the callbacks are
    told, a whole number of Python's, which JSON can hold: it begins with initial_epoch."""
    for held in _held(case):
        run = tuple(epoch.number for epoch in case.epochs(held.fit))
        yield case.at(held.fit).expects_that(
            repr(held.epochs) == repr(run), f"epoch={list(run)}", got=f"epoch={list(held.epochs)}",
            because="these epochs were run in this fit",
        )  # fmt: skip


@clause("history/epochs/the-stopping-one-is-recorded", level="universal", source=FOLLOWS, observes=("stop",))
def the_stopping_one(case: Case) -> Expectations:
    """The epoch in which training is stopped is recorded, too: its index and all that it logged."""
    for held in _held(case):
        last = list(case.epochs(held.fit))[-1:]
        for epoch in last:
            if not epoch.seen.stop:
                continue
            because = f"training is stopped in epoch index {epoch.number}, which still has its end"
            yield epoch.expects_that(
                held.epochs[-1:] == (epoch.number,), f"epoch index {epoch.number} as the last one",
                got=f"{list(held.epochs)}", because=because,
            )  # fmt: skip
            for name, value in epoch.shown.logs.items():
                got = held.metrics.get(name, ())[-1:]
                yield epoch.expects_that(
                    repr(got) == repr((as_seen(value),)), f"{name}={as_seen(value)!r} as its last value",
                    got=f"{list(got)}", because=because,
                )  # fmt: skip


# ---------------------------------------------------------------------------------------------- metrics


@clause("history/metrics/every-value-in-its-order", level="documented", source=f"follows from {RETURNED}")
def every_value(case: Case) -> Expectations:
    """When a fit has ended, `history` holds for every metric the values that the epochs of this fit logged, in their order, and
    nothing else. (That it holds nothing else is an inference; `fit` makes a new one for itself, unless it is given one.)"""
    for held in _held(case):
        names = _names(case, held.fit)
        yield case.at(held.fit).expects_that(
            sorted(held.metrics) == names, f"a list for each of {names}", got=f"{sorted(held.metrics)}",
            because="that is what this fit logged",
        )  # fmt: skip
        for name in names:
            due, got = _logged(case, held.fit, name), held.metrics.get(name)
            yield case.at(held.fit).expects_that(
                repr(got) == repr(due), f"{name}={list(due)}", got="nothing" if got is None else f"{list(got)}",
                because="that is what the epochs of this fit logged",
            )  # fmt: skip


@clause("history/metrics/ends-with-those-of-the-fit", level="universal", source=FOLLOWS)
def ends_with_those_of_the_fit(case: Case) -> Expectations:
    """Whatever it holds of fits before: the list of a metric ends with as many values as epochs of this fit have logged it, and
    those are the values. An epoch whose logs lack the metric leaves no gap."""
    for held in _held(case):
        for name in _names(case, held.fit):
            due = _logged(case, held.fit, name)
            got = held.metrics.get(name, ())[-len(due) :]
            yield case.at(held.fit).expects_that(
                repr(got) == repr(due), f"{name} to end with {list(due)}", got=f"{list(got)}",
                because="that is what the epochs of this fit logged",
            )  # fmt: skip


@clause("history/metrics/only-what-was-logged", level="universal", source=FOLLOWS)
def only_what_was_logged(case: Case) -> Expectations:
    """It has no list for what no epoch has logged, and no list holds more values than there were epochs that logged it."""
    logged: dict[str, int] = {}
    for held in _held(case):
        for epoch in case.epochs(held.fit):
            for name in epoch.shown.logs:
                logged[name] = logged.get(name, 0) + 1
        for name, values in held.metrics.items():
            times = logged.get(name, 0)
            yield case.at(held.fit).expects_that(
                len(values) <= times and bool(times), f"at most {times} values of {name}", got=f"{len(values)}",
                because=f"so many epochs have logged {name} so far",
            )  # fmt: skip


def _is_unusual(value: Value) -> bool:
    return value is None or isinstance(value, bool | tuple | ArrayNumber)


@clause("history/metrics/a-value-stays-what-it-is", level="observed", source=OBSERVED)
def stays_what_it_is(case: Case) -> Expectations:
    """What is no Python float is recorded as it is: an array as an array, None as None, true as true."""
    for held in _held(case):
        for name in _names(case, held.fit):
            shown = [epoch.shown.logs[name] for epoch in case.epochs(held.fit) if name in epoch.shown.logs]
            got = held.metrics.get(name, ())[-len(shown) :]
            for value, seen in zip(shown, got, strict=False):
                if _is_unusual(value):
                    due = as_seen(value)
                    yield case.at(held.fit).expects_that(
                        repr(seen) == repr(due) and type(seen) is type(due), f"{name}={due!r}", got=f"{seen!r}",
                        because="that is what was logged",
                    )  # fmt: skip


@clause("history/errors/nothing-that-is-logged-fails", level="observed", source=OBSERVED, errors=True)
def nothing_fails(case: Case) -> Expectations:
    """No hook of a History raises, whatever an epoch logs: numbers, arrays, None, or nothing at all."""
    yield from never_fails(case, "whatever is logged can be written down")


# ---------------------------------------------------------------------------------------------- several fits


@clause(
    "history/reuse/metrics-go-on-while-epochs-begin-anew", level="observed", source=OBSERVED,
    choices={"history/reuse": "metrics"},
)  # fmt: skip
def metrics_go_on(case: Case) -> Expectations:
    """An instance that is used for another fit keeps the metrics of the fits before: each list goes on, and one of a metric that
    is no longer logged stays. Its epochs begin anew, so that the two no longer fit together."""
    before: dict[str, tuple[Any, ...]] = {}
    for held in _held(case):
        names = sorted({*before, *_names(case, held.fit)})
        for name in names if held.fit else ():
            due = (*before.get(name, ()), *_logged(case, held.fit, name))
            got = held.metrics.get(name)
            yield case.at(held.fit).expects_that(
                repr(got) == repr(due), f"{name}={list(due)}", got="nothing" if got is None else f"{list(got)}",
                because="the lists of the fit before go on",
            )  # fmt: skip
        before = held.metrics


def _later_fits(scenario: Scenario) -> Scenario | None:
    return replace(scenario, fits=scenario.fits[1:]) if len(scenario.fits) > 1 else None


@clause(
    "history/reuse/an-instance-used-again-behaves-as-a-new-one", level="observed", source="observed: keras 2.3.1",
    choices={"history/reuse": "nothing"}, related=_later_fits,
)  # fmt: skip
def as_a_new_one(case: Case) -> Expectations:
    """An instance that is used for another fit holds what a new one would hold: nothing of the fits before."""
    theirs = {held.fit + 1: held for held in _held(case.beside())}
    for held in _held(case):
        if held.fit in theirs:
            other = theirs[held.fit]
            yield case.at(held.fit).expects_that(
                repr((held.epochs, sorted(held.metrics.items()))) == repr((other.epochs, sorted(other.metrics.items()))),
                f"epoch={list(other.epochs)} and {other.metrics}", got=f"epoch={list(held.epochs)} and {held.metrics}",
                because="a new instance holds that",
            )  # fmt: skip


# ---------------------------------------------------------------------------------------------- what does not matter


def _other_batches(scenario: Scenario) -> Scenario:
    return each_epoch(scenario, lambda epoch: replace(epoch, batches=({"loss": 77.0, "another": 7.0},)))


@clause("history/batches/are-not-recorded", level="documented", source=RETURNED, related=_other_batches)
def batches_are_not_recorded(case: Case) -> Expectations:
    """What batches log is not recorded: with other batches it holds the same."""
    theirs = {held.fit: held for held in _held(case.beside())}
    for held in _held(case):
        if held.fit in theirs:
            yield case.at(held.fit).expects_that(
                repr(sorted(held.metrics.items())) == repr(sorted(theirs[held.fit].metrics.items())),
                f"{theirs[held.fit].metrics}", got=f"{held.metrics}", because="only the batches are others",
            )  # fmt: skip


@clause("history/effects/only-looks-on", level="universal", source=FOLLOWS, observes=("stop",))
def only_looks_on(case: Case) -> Expectations:
    """It stops nothing, prints nothing, warns of nothing and leaves the logs as they are."""
    return changes_nothing(case, "History only writes down what was logged")


@clause("history/arguments/takes-none", level="observed", source=OBSERVED, errors=True)
def takes_none(case: Case) -> Expectations:
    """Its constructor takes no argument: any raises TypeError."""
    if case.scenario.config:
        rejected = case.trace.rejected
        yield case.expects_that(
            rejected is not None and rejected.type == "TypeError", "TypeError from the constructor",
            got="none" if rejected is None else rejected.type, because=f"{sorted(case.scenario.config)} was given",
        )  # fmt: skip
