"""A plain `fit` goes on after a stop for as long as the reference predicts: no driver takes part."""

import pytest

from callcheck.conformance.driver.plain_stops import PLACES
from callcheck.conformance.stops import apart, compared, seen
from callcheck.conformance.subjects.names import parse
from callcheck.spec.dialect import resolve

EVALUATED_ALONE = 2
"""So many hooks there are only with validation data."""


@pytest.mark.parametrize("text", ["keras", "tf-keras"])
def test_a_stop_at_every_place_ends_a_plain_fit_as_predicted(text: str) -> None:
    _, asked, found = compared(text)
    assert found == []
    assert asked == 2 * len(PLACES) - EVALUATED_ALONE


def test_a_loop_that_does_otherwise_would_be_noticed() -> None:
    """What the installed Keras does is held to two releases whose loops do otherwise."""
    _, fits = seen(parse("keras"))
    for old, hook in (
        ("keras-2.3.1", "batch_end"),
        ("tensorflow-2.3.4", "batch_end"),
        ("tensorflow-2.1.4", "fit_begin"),
    ):
        told = [each for one in fits if one["stopped"] if (each := apart(one, resolve(old).dialect)) is not None]
        assert any(f"a stop in {hook}" in each for each in told), old
