"""What every callback has of the loop that calls it, when a fit has ended: the model, and the parameters of the fit."""

from ..attributes import held
from ..clause import Case, Expectations, clause, equal_to

ATTRIBUTES = "the docstring of keras.callbacks.Callback (Attributes)"


@clause("every-callback/attributes/params-are-those-of-the-fit", level="documented", source=f"{ATTRIBUTES}: params")
def params_of_the_fit(case: Case) -> Expectations:
    """When a fit has ended, the callback's `params` are those that it was told, of this fit and not of one before: "epochs" in
    them is the number up to which epochs are counted. (It has to have such an attribute.)"""
    for fit, value in held(case, "params.epochs"):
        shown = case.scenario.fits[fit]
        due = case.scenario.first_epoch(shown) + len(shown.epochs)
        yield case.at(fit).expects(equal_to(due), got=value, because="up to there this fit goes")


@clause("every-callback/attributes/model-is-the-one-that-is-trained", level="documented", source=f"{ATTRIBUTES}: model")
def the_one_that_is_trained(case: Case) -> Expectations:
    """When a fit has ended, the callback's `model` is the model that was trained in it. (It has to have such an attribute.)"""
    for fit, value in held(case, "model"):
        yield case.at(fit).expects_that(
            value is True,
            "the trained model in `model`",
            got="something else",
            because="that model was trained in this fit",
        )
