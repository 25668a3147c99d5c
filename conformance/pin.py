"""Pinning: what a callback was found to do as a file, with which the next run is green, and any drift from it is red.

Rules
- The file holds the dialect, and a declaration for every clause, and for the agreement, on every scenario of the pool on which
  the dialect does not explain what was seen. A declaration explains that scenario alone, with that very trace.
- It is green on the scenarios that were drawn, of which the file keeps number and seed; with others what no choice explains may
  show on more.
"""

from collections.abc import Sequence

from callcheck.spec.choices import CHOICES
from callcheck.spec.clauses.clause import CLAUSES
from callcheck.spec.dialect import Dialect, documented

from .declarations import Declaration
from .derivation import governing
from .hearing import Hearing
from .infer import Inference
from .results import Subject
from .rules import AGREEMENTS, Rule

REASON = "not explained by any choice; pinned as it was seen"
MOST = 10_000
"""Failing cases of a rule, at the most: every one."""


def spoken(name: str, found: Sequence[Inference]) -> Dialect:
    """The one dialect of all callbacks."""
    choices = {choice: each.dialect[choice] for each in found for choice in governing(each.callback)}
    return documented().replace(name, **{choice: value for choice, value in choices.items() if choice in CHOICES})


def declarations(
    subject: Subject, dialect: Dialect, callbacks: Sequence[str], *, examples: int, seed: int
) -> list[Declaration]:
    """What has to be declared, so that the subject is green in the dialect."""
    hearing = Hearing(subject, dialect, examples=examples, seed=seed)
    found = []
    for callback in callbacks:
        rules: list[Rule] = [rule for rule in CLAUSES.values() if callback in rule.callbacks]
        for rule in (*rules, AGREEMENTS[callback]):
            if hearing.judgement(rule, callback).failure is not None:
                found += [
                    Declaration(rule=rule.id, scenario=case.scenario, predicted=case.trace, reason=REASON)
                    for case in hearing.failing(rule, callback, MOST)
                    if case.failed is None
                ]
    return found
