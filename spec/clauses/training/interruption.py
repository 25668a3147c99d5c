"""Interruption: what is done when somebody else's exception ends a fit."""

from ..clause import Case, Expectations, clause
from .shared import OBSERVED


@clause("training/interruption/nothing-is-done-at-its-end", level="observed", source=OBSERVED, errors=True)
def nothing_at_its_end(case: Case) -> Expectations:
    """When an exception of somebody else ends a fit, the end of training is not announced to the callbacks: EarlyStopping puts
    nothing back, and the model holds the weights that it has."""
    for index, _, seen in case.fits():
        if seen.error is None or seen.error.by != "other" or not seen.epochs:
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
