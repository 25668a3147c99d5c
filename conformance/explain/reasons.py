"""Why an implementation did what a trace shows: the reference's reasons, where it does exactly the same."""

from __future__ import annotations

from typing import Any

from callcheck.reference.replay import Decision, explain
from callcheck.spec.dialect import Dialect
from callcheck.spec.difference import difference
from callcheck.spec.scenario import Scenario
from callcheck.spec.trace import Trace


def reasons(scenario: Scenario, trace: Trace, dialect: Dialect) -> tuple[Decision, ...] | str:
    """The decisions, in order; or, where the reference in this dialect does otherwise, a sentence that says so."""
    predicted, decisions = explain(scenario, dialect)
    different = difference(trace, predicted)
    if different is None:
        return decisions
    return (
        f"the reasons are not known: this is not what the reference does in {dialect.name} ({different.place} differs)"
    )


def reason_to_json(decision: Decision) -> dict[str, Any]:
    """A decision as JSON data: where it was taken, the id of the clause or the choice, and the sentence."""
    return {
        "fit": decision.fit,
        "epoch": decision.epoch,
        "hook": decision.hook,
        "rule": decision.rule,
        "sentence": decision.sentence,
    }
