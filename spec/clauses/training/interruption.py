"""Interruption: what is done when somebody else's exception ends a fit."""

from ..clause import Case, Expectations, clause
from .shared import OBSERVED, names

TERMINATES = "https://keras.io/api/callbacks/terminate_on_nan/ (raise_error)"


@clause("training/interruption/nothing-is-done-at-its-end", level="observed", source=OBSERVED, errors=True)
def nothing_at_its_end(case: Case) -> Expectations:
    """When an exception of somebody else ends a fit before its end, the callbacks are not told that training ends: EarlyStopping
    puts nothing back, and the model keeps the weights that it has."""
    for index, _, seen in case.fits():
        if seen.error is None or seen.error.by != "other" or seen.error.hook == "fit_end" or not seen.epochs:
            continue
        printed = [line for place in seen.callbacks or (seen,) for line in place.printed or ()]
        because = f"{seen.error.type} in {seen.error.hook} ended the fit"
        yield case.at(index).expects_that(
            not printed, "nothing printed at its end", got=", ".join(printed) or "nothing", because=because
        )
        running = case.number(index, len(seen.epochs) - 1)
        if seen.weights is not None and seen.weights.fit is None and seen.weights.epoch >= 0:
            yield case.at(index).expects_that(
                seen.weights.epoch in (running, running - 1), "the weights of the last training",
                got=f"those of epoch index {seen.weights.epoch}", because=because,
            )  # fmt: skip


@clause("training/interruption/raise-error-ends-nothing", level="documented", source=TERMINATES, errors=True)
def raise_error_ends_nothing(case: Case) -> Expectations:
    """When a TerminateOnNaN with raise_error=True raises, the callbacks are not told that training ends: EarlyStopping puts
    nothing back, and says nothing. (Nor is a BackupAndRestore's backup deleted, which a stop without raise_error deletes.)"""
    for index, _, seen in case.fits():
        error = seen.error
        if error is None or error.type != "RuntimeError" or error.hook != "batch_end" or error.callback is None:
            continue
        if names(case.scenario)[error.callback] != "TerminateOnNaN":
            continue
        because = "TerminateOnNaN raised in the fit"
        printed = [line for place in seen.callbacks or (seen,) for line in place.printed or ()]
        yield case.at(index).expects_that(
            not printed, "nothing printed at its end", got=", ".join(printed) or "nothing", because=because
        )
        running = case.number(index, seen.epochs_run - 1)
        if seen.weights is not None and seen.weights.fit is None and seen.weights.epoch >= 0:
            yield case.at(index).expects_that(
                seen.weights.epoch in (running, running - 1), "the weights of the last training",
                got=f"those of epoch index {seen.weights.epoch}", because=because,
            )  # fmt: skip
