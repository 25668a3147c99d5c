"""TerminateOnNaN: it stops training at the first batch whose loss is NaN or infinite.

What it looks at is the `loss` in the logs of each call of the batch hook: with steps_per_execution=N, those of the last
batch of a group of N. Everything here follows from the first such call in each fit that has a loss which is not finite.
Which batches are still run in that epoch cannot be seen, but that it is said only once can.
"""

import math
from dataclasses import dataclass, replace

from ...editing import configured, each_epoch
from ...scenario import Epoch, Scenario, groups
from ...trace import EpochTrace, Trace
from ...values import Logs, Value
from ..clause import Case, Expectations, clause

DOCUMENTATION = "https://keras.io/api/callbacks/terminate_on_nan/"
OBSERVED = "observed: keras 3.15.1, tf-keras 2.21.0"
HONOURED = {"terminate-on-nan/arguments": "raise-error"}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Hit:
    """The first call of the batch hook in a fit whose loss is not finite, or is an array of several numbers."""

    fit: int
    index: int
    number: int
    batch: int
    loss: Value

    @property
    def is_array(self) -> bool:
        return isinstance(self.loss, tuple) and len(self.loss) > 1


def _is_hit(loss: Value | None) -> bool:
    """Whether that loss ends a fit, in one way or the other; an array of one number counts as the number."""
    if isinstance(loss, tuple):
        return len(loss) > 1 or not math.isfinite(loss[0])
    return loss is not None and not math.isfinite(loss)


def _hit(scenario: Scenario, fit: int) -> _Hit | None:
    first = scenario.first_epoch(scenario.fits[fit])
    for index, epoch in enumerate(scenario.fits[fit].epochs):
        for batch, logs in groups(epoch.batch_logs(), scenario.steps_per_execution):
            if _is_hit(logs.get("loss")):
                return _Hit(fit=fit, index=index, number=first + index, batch=batch, loss=logs["loss"])
        if epoch.stop:
            return None
    return None


def _hits(scenario: Scenario) -> list[_Hit]:
    found = (_hit(scenario, fit) for fit in range(len(scenario.fits)))
    return [hit for hit in found if hit is not None]


def _was_not_run(case: Case) -> bool:
    """Whether the constructor refused."""
    return case.trace.rejected is not None


def _last_epoch(trace: Trace, fit: int) -> int | None:
    """The index of the last epoch run in that fit; None if it ended before its first."""
    return trace.fits[fit].epochs_run - 1 if trace.fits[fit].epochs_run else None


def _losses(epoch: Epoch) -> list[Value]:
    return [logs["loss"] for logs in (*epoch.batch_logs(), epoch.logs) if "loss" in logs]


# ---------------------------------------------------------------------------------------------- stopping


@clause(
    "terminate-on-nan/loss/goes-on-while-it-is-finite", level="universal", source=f"follows from {DOCUMENTATION} (what it does)",
    observes=("stop",), errors=True,
)  # fmt: skip
def goes_on(case: Case) -> Expectations:
    """As long as every loss is a finite number, nothing is stopped and nothing raised."""
    shown = [epoch for fit in case.scenario.fits for epoch in fit.epochs]
    if not all(isinstance(loss, float) and math.isfinite(loss) for epoch in shown for loss in _losses(epoch)):
        return
    why = "every loss is finite"
    for position, fit, seen in case.fits():
        stopped = [index for index, epoch in enumerate(fit.epochs) if epoch.stop]
        due = stopped[0] + 1 if stopped else len(fit.epochs)
        error = "" if seen.error is None else f", then {seen.error.type} in {seen.error.hook}"
        yield case.at(position, _last_epoch(case.trace, position)).expects_that(
            seen.epochs_run == due and not error,
            f"{due} epochs and no exception",
            got=f"{seen.epochs_run} epochs{error}",
            because=why,
        )
        for epoch in case.epochs(position):
            stop, own = epoch.seen.stop, epoch.shown.stop
            yield epoch.expects_that(stop == own, f"stop={own}", got=f"stop={stop}", because=why)


@clause(
    "terminate-on-nan/loss/an-epoch-of-nan-is-the-last", level="universal", source=f"follows from {DOCUMENTATION} (what it does)",
    errors=True, choices={"training/stop-and-evaluation": "stays"},
)  # fmt: skip
def epoch_of_nan(case: Case) -> Expectations:
    """An epoch of which every loss is NaN, its own and its batches', is the last one of its fit. (It has as many batches as
    steps_per_execution, or more.)"""
    for epoch in case.epochs():
        losses = _losses(epoch.shown)
        batches = len(epoch.shown.batch_logs())
        every = len(losses) == batches + 1 and batches >= case.scenario.steps_per_execution
        if every and all(isinstance(loss, float) and math.isnan(loss) for loss in losses):
            more = case.trace.fits[epoch.fit].epochs_run - epoch.index - 1
            yield epoch.expects_that(
                more == 0, "the fit to end with this epoch", got=f"{more} more epochs", because="its every loss is NaN"
            )


@clause(
    "terminate-on-nan/loss/stops-at-the-first-invalid-loss", level="documented",
    source=f"{DOCUMENTATION} (what it does); which batches are looked at is observed", observes=("stop",),
)  # fmt: skip
def stops(case: Case) -> Expectations:
    """Unless raise_error is True, the first epoch of a fit in which the logs of a batch have a loss that is NaN or infinite sets
    the stop flag and is the fit's last, and no other does; every fit is judged for itself. (No loss is an array of several
    numbers. An epoch that is shown without batches has one, with the logs of the epoch.)"""
    if case["raise_error"] is not False or any(hit.is_array for hit in _hits(case.scenario)):
        return
    for position, fit, seen in case.fits():
        hit = _hit(case.scenario, position)
        why = "no loss is NaN or infinite"
        if hit is not None:
            why = f"batch index {hit.batch} of epoch index {hit.number} has loss={hit.loss}"
        for epoch in case.epochs(position):
            due = epoch.shown.stop or (hit is not None and epoch.index == hit.index)
            stop = epoch.seen.stop
            yield epoch.expects_that(stop == due, f"stop={due}", got=f"stop={stop}", because=why)
        ends = [index for index, epoch in enumerate(fit.epochs) if epoch.stop]
        ends += [] if hit is None else [hit.index]
        epochs, run = min(ends) + 1 if ends else len(fit.epochs), seen.epochs_run
        yield case.at(position).expects_that(run == epochs, f"{epochs} epochs", got=f"{run} epochs", because=why)


@clause(
    "terminate-on-nan/loss/says-so-once", level="observed", source=OBSERVED, observes=("printed",),
    choices={"training/short-last-group": "told", "training/stop-and-evaluation": "stays"},
)  # fmt: skip
def says_so(case: Case) -> Expectations:
    """Unless raise_error is True, a stop is announced by one line in the epoch in which it happens, however many batches are
    invalid; nothing else is printed. (No loss is an array of several numbers.)"""
    if case["raise_error"] is not False or any(hit.is_array for hit in _hits(case.scenario)):
        return
    hits = {(hit.fit, hit.index): hit for hit in _hits(case.scenario)}
    for position, _, seen in case.fits():
        yield case.at(position).expects_that(
            not seen.printed,
            "nothing printed when a fit begins or ends",
            got=_listed(seen.printed),
            because="no batch ends there",
        )
        for epoch in case.epochs(position):
            hit = hits.get((epoch.fit, epoch.index))
            lines: tuple[str, ...] = () if hit is None else ("nan",)
            yield epoch.expects_that(
                epoch.seen.printed == lines,
                f"{list(lines)} to be printed",
                got=_listed(epoch.seen.printed),
                because="no loss is NaN or infinite"
                if hit is None
                else f"loss={hit.loss} at batch index {hit.batch} ends the epoch",
            )


def _listed(lines: tuple[str, ...] | None) -> str:
    return f"{list(lines or ())}"


# ---------------------------------------------------------------------------------------------- raise_error


def _raised(case: Case) -> tuple[str, int, int | None, str, int | None] | None:
    errors = [fit.error for fit in case.trace.fits if fit.error is not None]
    return (errors[0].type, errors[0].fit, errors[0].epoch, errors[0].hook, errors[0].batch) if errors else None


def _raises(case: Case, hit: _Hit, kind: str) -> Expectations:
    """That is the first thing raised, at that batch."""
    got = _raised(case)
    refused = case.trace.rejected
    yield case.at(hit.fit, hit.index).expects_that(
        got == (kind, hit.fit, hit.number, "batch_end", hit.batch),
        f"{kind} at the end of batch index {hit.batch}",
        got=("nothing raised" if refused is None else f"{refused.type} from the constructor")
        if got is None
        else f"{got[0]} in {got[3]}, fit {got[1] + 1}, epoch index {got[2]}, batch index {got[4]}",
        because=f"its loss is {hit.loss} and raise_error={case['raise_error']}",
    )


@clause(
    "terminate-on-nan/raise-error/raises-at-the-first-invalid-loss", level="documented",
    source=f"{DOCUMENTATION} (raise_error)", errors=True,
)  # fmt: skip
def raises(case: Case) -> Expectations:
    """With raise_error=True, and no other argument, the first batch of a fit whose loss is NaN or infinite raises RuntimeError at
    its end."""
    hits = _hits(case.scenario)
    if case["raise_error"] is True and len(case.scenario.config) == 1 and hits and not hits[0].is_array:
        yield from _raises(case, hits[0], "RuntimeError")


@clause(
    "terminate-on-nan/raise-error/raises-in-place-of-stopping", level="observed", source="observed: keras 3.15.1",
    errors=True, choices=HONOURED, observes=("stop", "printed"),
)  # fmt: skip
def in_place_of_stopping(case: Case) -> Expectations:
    """With raise_error=True, nothing is printed and the stop flag is not set, whether or not anything is raised."""
    if case["raise_error"] is not True or _was_not_run(case):
        return
    raising = case.trace.fits[-1].error is not None
    for epoch in case.epochs():
        last = raising and (epoch.fit, epoch.index) == (len(case.trace.fits) - 1, case.trace.fits[-1].epochs_run - 1)
        due = epoch.shown.stop and not last  # in the epoch that raises, nobody gets to set it
        yield epoch.expects_that(
            not epoch.seen.printed and epoch.seen.stop == due,
            f"stop={due} and nothing printed",
            got=f"stop={epoch.seen.stop} and {_listed(epoch.seen.printed)} printed",
            because="raise_error is true",
        )


@clause(
    "terminate-on-nan/raise-error/is-off-by-default", level="documented", source=f"{DOCUMENTATION} (raise_error)",
    errors=True,
)  # fmt: skip
def off_by_default(case: Case) -> Expectations:
    """Where raise_error is left out, a loss that is NaN or infinite raises nothing. (No loss is an array of several numbers.)"""
    hits = _hits(case.scenario)
    if "raise_error" in case.scenario.config or _was_not_run(case) or not hits or any(hit.is_array for hit in hits):
        return
    yield from _nothing_raised(case, "raise_error is left out")


def _nothing_raised(case: Case, because: str) -> Expectations:
    got = _raised(case)
    place = case if got is None else case.at(got[1], _last_epoch(case.trace, got[1]))
    yield place.expects_that(
        got is None,
        "no exception",
        got="none" if got is None else f"{got[0]} in {got[3]} of epoch index {got[2]}",
        because=because,
    )


@clause(
    "terminate-on-nan/loss/an-array-of-numbers-raises", level="observed", source=OBSERVED, errors=True,
    choices={"terminate-on-nan/tensors": "value-error", "training/short-last-group": "told"},
)  # fmt: skip
def array_raises(case: Case) -> Expectations:
    """The first loss of a batch that is an array of several numbers, finite or not, raises ValueError, whatever raise_error is.
    (Unless with raise_error=True a loss before it raises; and where the arguments are accepted.)"""
    hits = _hits(case.scenario)
    found = [hit for hit in hits if hit.is_array]
    if not isinstance(case["raise_error"], bool) or _was_not_run(case) or not found:
        return
    if not case["raise_error"] or found[0] is hits[0]:
        yield from _raises(case, found[0], "ValueError")


def _refused(case: Case, due: bool) -> Expectations:
    rejected = case.trace.rejected
    yield case.expects_that(
        (None if rejected is None else rejected.type) == ("TypeError" if due else None),
        "the arguments refused by TypeError" if due else "the arguments to be accepted",
        got="no exception" if rejected is None else f"{rejected.type}: {rejected.message}",
        because=f"the arguments are {list(case.scenario.config)}",
    )


@clause(
    "terminate-on-nan/arguments/raise-error-is-the-only-one", level="observed",
    source="observed: keras 3.15.1", errors=True, choices=HONOURED,
)  # fmt: skip
def only_raise_error(case: Case) -> Expectations:
    """The only argument is raise_error; any other raises TypeError."""
    return _refused(case, any(name != "raise_error" for name in case.scenario.config))


@clause(
    "terminate-on-nan/arguments/there-are-none", level="observed", source="observed: tf-keras 2.21.0", errors=True,
    choices={"terminate-on-nan/arguments": "none"},
)  # fmt: skip
def no_arguments(case: Case) -> Expectations:
    """There are no arguments; any raises TypeError."""
    return _refused(case, bool(case.scenario.config))


def _spelt_out(scenario: Scenario) -> Scenario | None:
    return None if "raise_error" in scenario.config else configured(scenario, raise_error=False)


@clause(
    "terminate-on-nan/arguments/defaults-are-those-documented", level="documented", source=f"{DOCUMENTATION} (arguments)",
    errors=True, related=_spelt_out,
)  # fmt: skip
def documented_defaults(case: Case) -> Expectations:
    """Leaving raise_error out is giving raise_error=False."""
    return case.expects_the_same("the default is raise_error=False")


# ---------------------------------------------------------------------------------------------- relations


def _seen(epoch: EpochTrace) -> tuple[bool | None, tuple[str, ...] | None]:
    return epoch.stop, epoch.printed


def _same(case: Case, related: str, why: str, skipped: int = 0) -> Expectations:
    """Every epoch of both runs stops and prints the same, those of the first `skipped` fits left out. `related`: what the
    other run is."""
    here = range(skipped, len(case.trace.fits))
    for fit, other in zip(here, case.other.fits, strict=False):
        for epoch, beside in zip(case.epochs(fit), other.epochs, strict=False):
            yield epoch.expects_that(
                _seen(epoch.seen) == _seen(beside),
                f"stop={beside.stop} and {_listed(beside.printed)} printed, as {related}",
                got=f"stop={epoch.seen.stop} and {_listed(epoch.seen.printed)} printed",
                because=why,
            )


_OTHERS: Logs = {"a_metric": math.nan, "val_loss": math.nan, "z_metric": math.inf}
"""Metrics that are none of the callback's business."""


def _among_others(scenario: Scenario) -> Scenario:
    def change(epoch: Epoch) -> Epoch:
        batches: tuple[Logs, ...] = tuple(
            {**_OTHERS, **{name: value for name, value in logs.items() if name == "loss"}}
            for logs in epoch.batch_logs()
        )
        return replace(epoch, logs={**_OTHERS, "loss": math.nan}, batches=batches)

    return each_epoch(scenario, change)


@clause(
    "terminate-on-nan/loss/nothing-else-matters", level="observed", source=OBSERVED, observes=("stop", "printed"),
    choices={"training/stop-and-evaluation": "stays"}, related=_among_others,
)  # fmt: skip
def nothing_else(case: Case) -> Expectations:
    """Only the loss in the logs of batches decides: no other metric does, and not the logs of an epoch, even if they are NaN. (An
    epoch that is shown without batches has one, with the logs of the epoch.)"""
    return _same(
        case, f"with NaN and infinity in {sorted(_OTHERS)} and in the epoch's loss",
        "only the batches' losses decide, and they are the same",
    )  # fmt: skip


def _without_losses(scenario: Scenario) -> Scenario:
    def change(epoch: Epoch) -> Epoch:
        return replace(epoch, batches=tuple(_OTHERS for _ in epoch.batch_logs()))

    return each_epoch(scenario, change)


@clause(
    "terminate-on-nan/loss/without-one-nothing-happens", level="observed", source=OBSERVED,
    observes=("stop", "printed"), errors=True, related=_without_losses,
)  # fmt: skip
def without_losses(case: Case) -> Expectations:
    """Batches whose logs have no loss stop nothing, raise nothing and print nothing, whatever else is NaN in them."""
    if _was_not_run(case) or case.other.rejected is not None:
        return
    others = case.beside()
    yield from _nothing_raised(others, "the batches' logs have no loss")
    for epoch in others.epochs():
        yield epoch.expects_that(
            epoch.seen.stop == epoch.shown.stop and not epoch.seen.printed,
            f"stop={epoch.shown.stop} and nothing printed",
            got=f"stop={epoch.seen.stop} and {_listed(epoch.seen.printed)} printed",
            because=f"the batches' logs have no loss, only {sorted(_OTHERS)}",
        )


def _all_nan(scenario: Scenario) -> Scenario | None:
    def invalid(value: Value) -> Value:
        return math.nan if isinstance(value, float) and math.isinf(value) else value

    def change(epoch: Epoch) -> Epoch:
        batches: tuple[Logs, ...] = tuple(
            {name: invalid(value) if name == "loss" else value for name, value in logs.items()}
            for logs in epoch.batch_logs()
        )
        return replace(epoch, batches=batches)

    shown = [epoch for fit in scenario.fits for epoch in fit.epochs]
    infinite = any(isinstance(x, float) and math.isinf(x) for epoch in shown for x in _losses(epoch))
    return each_epoch(scenario, change) if infinite else None


@clause(
    "terminate-on-nan/loss/an-infinity-is-as-a-nan", level="documented", source=f"{DOCUMENTATION} (what it does)",
    observes=("stop", "printed"), related=_all_nan,
)  # fmt: skip
def infinity_is_nan(case: Case) -> Expectations:
    """The same happens where the loss is infinite, of either sign, as where it is NaN."""
    return _same(case, "with NaN for every infinity", "an infinite loss is as invalid as NaN")


def _later_fits(scenario: Scenario) -> Scenario | None:
    return replace(scenario, fits=scenario.fits[1:]) if len(scenario.fits) > 1 else None


@clause(
    "terminate-on-nan/reuse/an-instance-used-again-behaves-as-a-new-one", level="observed", source=OBSERVED,
    observes=("stop", "printed"), related=_later_fits,
)  # fmt: skip
def remembers_nothing(case: Case) -> Expectations:
    """An instance that is used again behaves as a new one, whatever the fit before ended with."""
    return _same(case, "a new instance does", "nothing is remembered from the fit before", skipped=1)


# ---------------------------------------------------------------------------------------------- effects


@clause(
    "terminate-on-nan/effects/only-stops", level="observed", source=OBSERVED,
    observes=("warned", "logged"),
)  # fmt: skip
def only_stops(case: Case) -> Expectations:
    """The callback issues no warning and adds nothing to the logs."""
    why = "this callback only stops"
    warned = case.trace.warned
    yield case.expects_that(not warned, "no warning from the constructor", got=_listed(warned), because=why)
    for epoch in case.epochs():
        yield epoch.expects_that(
            not epoch.seen.warned and not epoch.seen.logged,
            "no warning, and nothing added to the logs",
            got=f"the warnings {_listed(epoch.seen.warned)} and {dict(epoch.seen.logged or {})} added",
            because=why,
        )
