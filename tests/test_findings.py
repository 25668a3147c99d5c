"""Findings: one mistake is one finding or two, and the first names it, on a scenario that shows it."""

from functools import cache
from typing import Any

import pytest

from callcheck.conformance.findings import Finding, findings
from callcheck.conformance.hearing import Hearing
from callcheck.conformance.results import Here
from callcheck.conformance.rules import AGREEMENTS
from callcheck.conformance.wrong.all import ALL
from callcheck.conformance.wrong.wrong import Wrong, WrongImplementation
from callcheck.reference.early_stopping import EarlyStopping, State
from callcheck.reference.machine import Effect, Event, Reason
from callcheck.spec.clauses.clause import CLAUSES
from callcheck.spec.dialect import NEWEST, documented, resolve


class RestoresTheLast(EarlyStopping):
    """Keeps the weights of every epoch, not only of the best."""

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        return (after._replace(best_weights=event.weights) if self.config.restore_best_weights else after), reason


PLANTED = {
    "restores-the-last": Wrong("restores-the-last", RestoresTheLast, "The last weights are put back.", "EarlyStopping"),
    "ignores-cooldown": next(wrong for wrong in ALL if wrong.name == "reduce-lr-never-cools-down"),
    "saves-on-equal": next(wrong for wrong in ALL if wrong.name == "model-checkpoint-equal-is-better"),
}


EXAMPLES = 100
"""Random scenarios, beside the vectors."""


@cache
def found_in(wrong: Wrong, *, keras: bool) -> list[Finding]:
    """The findings about the newest Keras with that mistake, held to that Keras or as somebody's own."""
    spoken = resolve(NEWEST)
    dialect = spoken.dialect if keras else documented()
    hearing = Hearing(
        Here(WrongImplementation(wrong, spoken)), dialect, agrees=keras, as_keras=not keras, examples=EXAMPLES
    )
    rules = [*CLAUSES.values(), AGREEMENTS[wrong.callback]]
    judged = [hearing.judgement(rule, wrong.callback) for rule in rules if wrong.callback in rule.callbacks]
    return findings(hearing, judged)


@pytest.mark.parametrize(
    ("planted", "about"),
    [
        ("restores-the-last", "early-stopping/restore-best-weights/restores-the-best-value"),
        ("ignores-cooldown", "reduce-lr-on-plateau/cooldown/waits-cooldown-epochs"),
        ("saves-on-equal", "model-checkpoint/save-best-only/"),
    ],
)
def test_a_planted_mistake_of_ones_own_is_one_or_two_findings(planted: str, about: str) -> None:
    found = found_in(PLANTED[planted], keras=False)
    assert 1 <= len(found) <= 2
    first = found[0].lead
    assert first.clause.id.startswith(about)
    assert first.scenario is not None
    assert len(first.scenario.fits) == 1
    assert len(first.scenario.fits[0].epochs) <= 4


def test_what_fails_is_in_exactly_one_finding_and_the_agreement_leads_last() -> None:
    found = found_in(PLANTED["ignores-cooldown"], keras=True)
    ids = [each.clause.id for finding in found for each in finding.all]
    assert len(ids) == len(set(ids))
    assert "reduce-lr-on-plateau/agreement" in ids
    assert found[0].lead.clause.id.startswith("reduce-lr-on-plateau/cooldown/")


def test_the_scenario_of_a_lead_has_telling_values() -> None:
    lead = found_in(PLANTED["restores-the-last"], keras=False)[0].lead
    assert lead.scenario is not None
    values = [epoch.logs.get("val_loss") for epoch in lead.scenario.fits[0].epochs]
    assert None not in values
    assert len(set(values)) == len(values), "no two epochs show the same"


def test_without_a_mistake_there_is_nothing_to_find() -> None:
    assert found_in(Wrong("keras", EarlyStopping, "Nothing is wrong.", "EarlyStopping"), keras=False) == []
