"""Judging: results in, verdicts out. Nothing here asks a subject; what it takes to judge comes as cases.

Rules
- A rule is a clause, or the agreement: that a subject does exactly what the reference predicts. Both are judged in the same way.
- A case holds everything that its rule looks at, a relation's second trace and an agreement's prediction included
  (`hearing.py` gathers them).
- A failure counts as declared only if it is explained (`deviations.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.clauses.clause import (
    HELD,
    Case,
    Clause,
    Failed,
    NotExercised,
    Outcome,
    differs,
)
from callcheck.spec.dialect import Dialect
from callcheck.spec.scenario import Scenario, key
from callcheck.spec.trace import Trace, difference

from .deviations import Deviation, declared_for, explained_by
from .driver.protocol import Capabilities

CONFORMS = "conforms"
DEVIATES = "deviates"
DECLARED = "declared deviation"
STALE = "stale declaration"
NOT_APPLICABLE = "not applicable"
NOT_EXERCISED = "not exercised"
NONDETERMINISTIC = "nondeterministic"
SAME_EVERY_TIME = "every-callback/outcome/is-the-same-every-time"
FAILING = frozenset({DEVIATES, STALE, NONDETERMINISTIC})


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """That a callback does exactly what the reference predicts, whatever clauses say about it. It is judged beside the clauses
    and reads like one; its cases hold the prediction as the `other` trace."""

    id: str
    callback: str
    level: str = "agreement"
    sentence: str = "What is seen is exactly what the reference predicts."
    source: str = "the reference in the dialect that the implementation is held to"

    @property
    def group(self) -> str:
        return self.id

    @property
    def callbacks(self) -> tuple[str, ...]:
        return (self.callback,)

    def judge(self, case: Case) -> Outcome:
        """Whether the trace is the predicted one."""
        why = f"the reference in {case.dialect.name} predicts that"
        if case.failed is not None:
            return case.expects_that(False, "a trace", got=f"a {case.failed.kind}: {case.failed.message}", because=why)
        found = difference(case.other, case.trace)
        return HELD if found is None else differs(found, why)


AGREEMENTS = {name: Agreement(id=f"{callback.prefix}/agreement", callback=name) for name, callback in CALLBACKS.items()}
"""By callback."""

Rule = Clause | Agreement


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """The verdict on one rule for one callback of one implementation.

    `exercised`: on how many scenarios the precondition held. `scenario`, `trace`, `failure`: what shows a deviation; of a
    relation `related`, `related_trace` too, of an agreement the predicted one as `related_trace`. `reason`: of a declared
    deviation or of "not applicable"; of a deviation, that the dialect has one too.
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
    """Who is held to what. `native`: the dialect is the implementation's own."""

    implementation: str
    capabilities: Capabilities
    dialect: Dialect
    native: bool = False


def not_applicable(rule: Rule, callback: str, held: Held) -> str | None:
    """Why the rule cannot be judged at all for that callback; None if it can."""
    if callback not in held.capabilities.callbacks:
        return f"there is no {callback}"
    if isinstance(rule, Agreement):
        return None
    hidden = [name for name in rule.observes if name not in held.capabilities.observables]
    if hidden:
        return f"{hidden[0]} cannot be observed"
    if not rule.applies(held.dialect):
        choice = next(name for name, values in rule.choices.items() if held.dialect[name] not in values)
        return f"the dialect {held.dialect.name} has {choice} = {held.dialect[choice]}"
    return None


def explained(rule: Rule, case: Case) -> Deviation | None:
    """The declaration that explains why the rule fails on the case; None if nothing does."""
    return explained_by(rule, case) if isinstance(rule, Clause) else None


def judge(rule: Rule, callback: str, cases: Iterable[Case], held: Held) -> Judgement:
    """The verdict on a rule, from everything that it is to judge: of the failures the first that nothing explains decides."""
    refusal = not_applicable(rule, callback, held)
    give = partial(Judgement, implementation=held.implementation, clause=rule, callback=callback)
    if refusal is not None:
        return give(verdict=NOT_APPLICABLE, reason=refusal)
    shown = {key(each.scenario): each for each in declared_for(rule.id, held.dialect)} if held.native else {}
    exercised, explanation, stale = 0, None, None
    for case in cases:
        outcome = rule.judge(case)
        if shown and not isinstance(outcome, Failed):
            stale = stale or shown.get(key(case.scenario))
        if isinstance(outcome, NotExercised):
            continue
        exercised += 1
        if isinstance(outcome, Failed):
            deviation = explained(rule, case)
            if deviation is None:
                return deviates(rule, callback, case, outcome, held, exercised)
            explanation = explanation or deviation
    if stale is not None:
        return give(
            verdict=STALE, exercised=exercised, scenario=stale.scenario,
            reason=f"declared for {stale.choice} = {stale.value}, but this scenario does not show it: {stale.reason}",
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
        reason=_not_alone(rule, held.dialect),
    )  # fmt: skip


def _not_alone(rule: Rule, dialect: Dialect) -> str | None:
    """That the dialect does not keep this promise either, where it does not: the trace is another one all the same."""
    known = declared_for(rule.id, dialect)
    if not known:
        return None
    choices = ", ".join(dict.fromkeys(deviation.choice for deviation in known))
    return f"{dialect.name} does not keep this promise either ({choices}), but its trace is another one"
