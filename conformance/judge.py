"""Judging: results in, verdicts out. Nothing here asks a subject; what it takes to judge comes as cases.

Rules
- A case holds everything that its rule looks at, a relation's second trace and an agreement's prediction included
  (`hearing.py` gathers them).
- A failure counts as declared only if it is pinned (`declarations.py`) or derived (`derivation.py`), and is "as in Keras" only if
  one release of Keras does the very same wherever the rule fails.
- One that lies beyond what the reference knows of the dialect counts as nothing, and exercises nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from callcheck.spec.callbacks import TRAINING
from callcheck.spec.clauses.clause import Case, Clause, Failed, NotExercised
from callcheck.spec.dialect import Dialect
from callcheck.spec.scenario import Scenario, key
from callcheck.spec.trace import Trace

from .declarations import Declaration
from .derivation import derived, does_the_same, is_beyond, keras_dialects
from .driver.protocol import Capabilities
from .rules import Agreement, Rule

CONFORMS = "conforms"
DEVIATES = "deviates"
DECLARED = "declared deviation"
AS_IN_KERAS = "as in Keras"
STALE = "stale declaration"
NOT_APPLICABLE = "not applicable"
NOT_EXERCISED = "not exercised"
NONDETERMINISTIC = "nondeterministic"
SAME_EVERY_TIME = "every-callback/outcome/is-the-same-every-time"
FAILING = frozenset({DEVIATES, STALE, NONDETERMINISTIC})


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """The verdict on one rule for one callback of one implementation.

    `exercised`: on how many scenarios the precondition held. `scenario`, `trace`, `failure`: what shows a deviation; of a
    relation `related`, `related_trace` too. `reason`: of a declared deviation, of "as in Keras" or of "not applicable".
    """

    implementation: str
    clause: Rule
    callback: str
    verdict: str
    exercised: int = 0
    scenario: Scenario | None = None
    failure: Failed | None = None
    trace: Trace | None = None
    related: Scenario | None = None
    related_trace: Trace | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """Who is held to what. `agrees`: agreement is asked for too. `as_keras`: what it breaks as a Keras breaks it is no failure.
    `pinned`: the declarations that somebody made for it."""

    implementation: str
    capabilities: Capabilities
    dialect: Dialect
    agrees: bool = True
    as_keras: bool = False
    pinned: tuple[Declaration, ...] = ()


def knows(capabilities: Capabilities, callback: str) -> bool:
    """Whether there is such a callback; for TRAINING there have to be several."""
    return len(capabilities.callbacks) > 1 if callback == TRAINING else callback in capabilities.callbacks


def not_applicable(rule: Rule, callback: str, held: Held) -> str | None:
    """Why the rule cannot be judged at all for that callback; None if it can."""
    if not knows(held.capabilities, callback):
        return "there is but one callback" if callback == TRAINING else f"there is no {callback}"
    if callback in held.dialect.unseen():
        return f"what {callback} does in {held.dialect.name} was not looked at"
    if isinstance(rule, Agreement):
        return None if held.agrees else "what the documentation leaves open is not compared with anybody"
    hidden = [name for name in rule.observes if name not in held.capabilities.observables]
    if hidden:
        return f"{hidden[0]} cannot be observed"
    choice = rule.barred_by(held.dialect)
    if choice is not None:
        return f"the dialect {held.dialect.name} has {choice} = {held.dialect[choice]}"
    return None


def declared(rule: Rule, case: Case, held: Held) -> Declaration | None:
    """The declaration that explains why the rule fails on the case; None if nothing does."""
    for each in held.pinned:
        if each.rule == rule.id and each.explains(case.scenario, case.trace):
            return each
    return derived(rule, case) if isinstance(rule, Clause) else None


def unexplained(rule: Rule, case: Case, held: Held) -> bool:
    """Whether neither a declaration nor any Keras explains why the rule fails on the case, and the reference knows of it."""
    if declared(rule, case, held) is not None or is_beyond(rule, case):
        return False
    return not _done_by(rule, case, _candidates(case.scenario.about, held))


def _candidates(callback: str, held: Held) -> tuple[Dialect, ...]:
    return keras_dialects(callback) if held.as_keras else ()


def _done_by(rule: Rule, case: Case, dialects: Iterable[Dialect]) -> tuple[Dialect, ...]:
    return tuple(dialect for dialect in dialects if does_the_same(rule, case, dialect))


def judge(rule: Rule, callback: str, cases: Iterable[Case], held: Held) -> Judgement:
    """The verdict on a rule, from everything that it is to judge: of the failures the first that nothing explains decides."""
    refusal = not_applicable(rule, callback, held)
    give = partial(Judgement, implementation=held.implementation, clause=rule, callback=callback)
    if refusal is not None:
        return give(verdict=NOT_APPLICABLE, reason=refusal)
    exercised, explanation, alike = 0, None, None
    candidates = _candidates(callback, held)
    to_show = {
        key(each.scenario): each for each in held.pinned if each.rule == rule.id and each.scenario.about == callback
    }
    broken = []
    for case in cases:
        outcome = rule.judge(case)
        if not isinstance(outcome, Failed):
            broken += [(each, case.scenario) for each in to_show.values() if each.is_about(case.scenario)]
        if isinstance(outcome, NotExercised):
            continue
        if not isinstance(outcome, Failed):
            exercised += 1
            continue
        declaration = declared(rule, case, held)
        if declaration is None and is_beyond(rule, case):
            continue
        exercised += 1
        if declaration is None:
            candidates = _done_by(rule, case, candidates)
            if not candidates:
                return deviates(rule, callback, case, outcome, held, exercised)
            alike = alike or case
        else:
            explanation = explanation or declaration
            if declaration in held.pinned:
                to_show.pop(key(case.scenario), None)
    for stale, scenario in (*broken, *((each, each.scenario) for each in to_show.values())):
        return give(
            verdict=STALE, exercised=exercised, scenario=scenario,
            reason=f"a declared deviation that this scenario is to show, and does not: {stale.reason}",
        )  # fmt: skip
    if alike is not None:
        return give(
            verdict=AS_IN_KERAS, exercised=exercised, scenario=alike.scenario, trace=alike.trace,
            reason=f"{candidates[0].name} does the very same",
        )  # fmt: skip
    if explanation is not None:
        return give(verdict=DECLARED, exercised=exercised, scenario=explanation.scenario, reason=explanation.reason)
    return give(verdict=CONFORMS if exercised else NOT_EXERCISED, exercised=exercised)


def deviates(rule: Rule, callback: str, case: Case, failure: Failed, held: Held, exercised: int) -> Judgement:
    """The judgement that the rule fails on the case, and nothing explains it."""
    related = None if case.failed is not None else case.other_scenario
    return Judgement(
        implementation=held.implementation, clause=rule, callback=callback, exercised=exercised,
        verdict=NONDETERMINISTIC if rule.id == SAME_EVERY_TIME else DEVIATES, failure=failure, scenario=case.scenario,
        trace=case.trace, related=related, related_trace=None if related is None else case.other,
    )  # fmt: skip
