"""What the reference explains of a failure: that its dialect leaves the documentation there, or that a Keras does the very same.

Rules
- A failure of a clause is explained by its dialect if the reference predicts the very trace (of a relation both), and there is a
  smallest set of choices in which the dialect differs from `documented` such that the clause holds on what the reference does
  with the documented values; where none makes it hold, such that it falls silent, or the reference does, as where a fit then goes
  on elsewhere and comes to epochs that nobody has told. Being merely different explains nothing.
- Where the reference does not say what happens there, it can tell no failure of a promise from a departure that is known: such a
  failure is no verdict. Who is held to the documentation itself leaves nothing, and is spared nothing.
- Where more than three choices are needed, all are turned, and one after the other is turned back as long as it is not needed.
- What explains it is said in the words of these choices.
- Who is held to the documentation may do as a Keras does: the reference in the dialect of one release does the very same on
  everything that fails.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from itertools import combinations

from callcheck.reference.replay import replay
from callcheck.spec.callbacks import CALLBACKS, TRAINING
from callcheck.spec.chain import version
from callcheck.spec.choices import CHOICES
from callcheck.spec.clauses.clause import Case, Clause, Failed, Held, Outcome
from callcheck.spec.dialect import DOCUMENTED, Dialect, documented, promises, shipped
from callcheck.spec.difference import difference
from callcheck.spec.scenario import Scenario
from callcheck.spec.trace import Trace

from .declarations import Declaration
from .rules import Agreement, Rule

AT_ONCE = 3
"""So many choices are turned in every combination to explain one failure: in no dialect of Keras's it takes more."""


def derived(clause: Clause, case: Case) -> Declaration | None:
    """The declaration that explains why the clause fails on the case; None if the dialect does not. What is observed, and not
    promised, has no distance to the documentation."""
    left = _left(clause, case)
    if not left or not does_the_same(clause, case, case.dialect):
        return None
    choices = _smallest(clause, case, left)
    if choices is None:
        return None
    return Declaration(
        rule=clause.id,
        scenario=case.scenario,
        predicted=case.trace,
        reason=reason(choices, case.dialect),
        choices=choices,
    )


def is_beyond(rule: Rule, case: Case) -> bool:
    """Whether the rule is a promise, the case's dialect leaves some, and the reference does not say what it does there."""
    asked = (case.scenario,) if case.other_scenario is None else (case.scenario, case.other_scenario)
    if isinstance(rule, Agreement) or case.failed is not None or not _left(rule, case):
        return False
    return not all(isinstance(replay(each, case.dialect), Trace) for each in asked)


def _left(clause: Clause, case: Case) -> tuple[str, ...]:
    """The choices in which the dialect leaves the documentation; none for a clause that nobody promises."""
    if clause.level == "observed":
        return ()
    return tuple(each for each in governing(case.scenario.about) if case.dialect[each] != documented()[each])


@cache
def governing(callback: str) -> tuple[str, ...]:
    """The choices that can matter to a callback, or to TRAINING, promised ones first: to leave a promise says the most."""
    listed = CALLBACKS.values() if callback == TRAINING else (CALLBACKS[callback],)
    prefixes = ("learning-rate/", "training/", *(f"{each.prefix}/" for each in listed))
    return tuple(sorted((id for id in CHOICES if id.startswith(prefixes)), key=lambda id: promises()[id].place is None))


def does_the_same(rule: Rule, case: Case, dialect: Dialect) -> bool:
    """Whether the reference in that dialect does what was seen, in a relation beside it too; and says the same in its attributes,
    where the rule is about them."""
    about = isinstance(rule, Agreement) or rule.group.endswith("/attributes")

    def same(scenario: Scenario, seen: Trace) -> bool:
        return difference(replay(scenario, dialect), seen, attributes=about) is None

    if case.failed is not None or not same(case.scenario, case.trace):
        return False
    return case.other_scenario is None or same(case.other_scenario, case.other)


def _smallest(clause: Clause, case: Case, left: tuple[str, ...]) -> tuple[str, ...] | None:
    """The first of the smallest sets of these choices that make the clause hold when they are turned to what is documented; where
    there is none, that make it, or the reference, fall silent."""
    silent = None
    for size in range(1, AT_ONCE + 1):
        for choices in combinations(left, size):
            outcome = turned(clause, case, choices)
            if isinstance(outcome, Held):
                return choices
            if not isinstance(outcome, Failed):
                silent = silent or choices
    return silent or _peeled(clause, case, left)


def _peeled(clause: Clause, case: Case, left: tuple[str, ...]) -> tuple[str, ...] | None:
    """All of these choices but those that are not needed to make the clause hold, or fall silent; None if all do not."""
    if isinstance(turned(clause, case, left), Failed):
        return None
    for choice in left:
        fewer = tuple(each for each in left if each != choice)
        if fewer and not isinstance(turned(clause, case, fewer), Failed):
            left = fewer
    return left


def turned(clause: Clause, case: Case, choices: tuple[str, ...]) -> Outcome | None:
    """What becomes of the clause where these choices are as documented; None if the reference does not say."""
    dialect = case.dialect.replace("nearer to the documentation", **{each: documented()[each] for each in choices})
    trace = replay(case.scenario, dialect)
    other = Trace() if case.other_scenario is None else replay(case.other_scenario, dialect)
    if not isinstance(trace, Trace) or not isinstance(other, Trace):
        return None
    return clause.judge(replace(case, trace=trace, dialect=dialect, other=other))


def reason(choices: Iterable[str], dialect: Dialect) -> str:
    """What the documentation says of these choices, and what the dialect does."""
    return " ".join(_said(each, dialect) for each in choices)


def _said(choice: str, dialect: Dialect) -> str:
    promise, values = promises()[choice], CHOICES[choice].values
    by = "as the plainest, for the documentation is silent" if promise.place is None else f"promised by {promise.place}"
    return f"{CHOICES[choice].question} In {dialect.name}: {values[dialect[choice]]} Expected, {by}: {values[promise.value]}"


@cache
def keras_dialects(callback: str) -> tuple[Dialect, ...]:
    """The dialects of Keras's releases that have the callback, and in which it does not do the same, the newest first."""
    found: dict[tuple[str, ...], Dialect] = {}
    known = (dialect for dialect in shipped().values() if dialect.name != DOCUMENTED)
    releases = [dialect for dialect in known if callback == TRAINING or dialect.has(callback)]
    for dialect in sorted(releases, key=lambda each: (each.package == "keras", version(str(each.since))), reverse=True):
        found.setdefault(tuple(dialect[choice] for choice in governing(callback)), dialect)
    return tuple(found.values())
