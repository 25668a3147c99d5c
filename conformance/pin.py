"""Pinning: what a callback was found to do as a file, with which the next run is green, and any drift from it is red.

Rules
- The file holds the dialect, and a declaration for every clause, and for the agreement, that fails where the dialect does not
  explain what was seen. The simplest such scenario of the pool is written out in it, with its trace; the others are there as
  digests, so that a file that somebody reads and keeps holds one of a kind, and explains nothing but what was seen.
- It is green on the scenarios that were drawn, of which the file keeps number and seed; with others what no choice explains may
  show on more.
"""

from collections.abc import Sequence

from callcheck.spec.choices import CHOICES
from callcheck.spec.clauses.clause import CLAUSES, Case
from callcheck.spec.dialect import Dialect, documented
from callcheck.spec.search.shrink import complexity

from .declarations import Declaration, of_scenario, of_trace
from .derivation import governing
from .hearing import Hearing
from .inference import Inference
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
                cases = [case for case in hearing.failing(rule, callback, MOST) if case.failed is None]
                found += [_declared(rule, cases)] if cases else []
    return found


def _declared(rule: Rule, cases: Sequence[Case]) -> Declaration:
    """The declaration of everything on which the rule fails."""
    first, *others = sorted(cases, key=lambda case: complexity(case.scenario))
    return Declaration(
        rule=rule.id, scenario=first.scenario, predicted=first.trace, reason=REASON,
        others={of_scenario(case.scenario): of_trace(case.trace) for case in others},
    )  # fmt: skip
