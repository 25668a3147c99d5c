"""History: where it is found when a fit has ended."""

from ..attributes import held
from ..clause import Case, Expectations, clause

SOURCE = (
    "observed: keras 3.15.1, tf-keras 2.21.0; a comment in the code says that the model has to hold the latest state"
)


@clause("history/attributes/is-the-models-history", level="observed", source=SOURCE)
def is_the_models_history(case: Case) -> Expectations:
    """When a fit with an epoch has ended, the model's attribute `history` is the callback."""
    for fit, value in held(case, "model.history"):
        if case.trace.fits[fit].epochs:
            yield case.at(fit).expects_that(
                value is True, "the callback in model.history", got="something else", because="it has recorded this fit"
            )
