"""Every clause on every implementation asked for, and the agreement with the reference of those that are to agree."""

from collections.abc import Callable

import pytest

from callcheck.conformance.driver.protocol import Unavailable
from callcheck.conformance.judge import FAILING, NOT_APPLICABLE, NOT_EXERCISED
from callcheck.conformance.plugin import VERDICT
from callcheck.conformance.report.counterexample import describe
from callcheck.conformance.session import Item, Suite
from callcheck.spec.dialect import NEWEST
from callcheck.spec.reading import Refused


def test_clause(clause_item: Item, suite: Suite, record_property: Callable[[str, object], None]) -> None:
    try:
        judgement = suite.judgement(clause_item)
    except (Refused, Unavailable) as error:
        suite.missing(error)
    for complaint in suite.hearing(clause_item.name).complaints():
        pytest.fail(complaint.sentence, pytrace=False)
    record_property(VERDICT, (judgement.implementation, judgement.verdict))
    if judgement.verdict == NOT_APPLICABLE:
        pytest.skip(f"not applicable: {judgement.reason}")
    # In the newest dialect the reference has to exercise every clause; who cannot express the scenarios is not blamed for it.
    if judgement.verdict == NOT_EXERCISED and clause_item.name.dialect != NEWEST:
        pytest.skip("not exercised: no scenario of the pool meets the precondition of this clause here")
    if judgement.verdict in FAILING or judgement.verdict == NOT_EXERCISED:
        pytest.fail(describe(suite.shown(judgement, clause_item.name)), pytrace=False)
