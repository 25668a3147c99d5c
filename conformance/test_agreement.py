"""What the reference predicts for a Keras is exactly what that Keras does, on every scenario of the pool."""

import pytest

from callcheck.conformance.session import Suite
from callcheck.conformance.subjects.protocol import Unavailable
from callcheck.reference.replay import replay
from callcheck.spec.scenario import Scenario, dumps
from callcheck.spec.search.shrink import smallest
from callcheck.spec.trace import Difference, NotExpressible, difference


def test_agreement(agreement_item: tuple[str, str], suite: Suite) -> None:
    name, callback = agreement_item
    try:
        judge = suite.judge(name)
    except Unavailable as error:
        suite.missing(error)
    compared = 0

    def disagreement(scenario: Scenario) -> Difference | None:
        predicted, seen = replay(scenario, judge.dialect), judge.result(scenario)
        if isinstance(predicted, NotExpressible) or isinstance(seen, NotExpressible):
            return None
        return difference(predicted, seen)

    for scenario in judge.pool(callback):
        compared += not isinstance(replay(scenario, judge.dialect), NotExpressible)
        if disagreement(scenario) is not None:
            shown = smallest(scenario, lambda each: disagreement(each) is not None)
            pytest.fail(
                f"the reference in {judge.dialect.name} and {judge.implementation.name} disagree: "
                f"{disagreement(shown)}\n{dumps(shown)}",
                pytrace=False,
            )
    assert compared > 0, "no scenario of the pool could be compared"
