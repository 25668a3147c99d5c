"""Declared deviations: clauses that dialects break, each explained by a choice and shown by a scenario.

Rules
- A deviation belongs to a value of a choice: every dialect with that value has it.
- A failure of the clause is explained if the reference predicts the very trace, and the clause holds on what the reference does
  with the other values of the choices that are declared for the clause. Being merely different is a failure.
- On an implementation of such a dialect the declaration's scenario has to fail the clause; otherwise the declaration is stale.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product
from types import MappingProxyType

from callcheck.reference.replay import replay
from callcheck.spec.choices import CHOICES
from callcheck.spec.clauses.clause import CLAUSES, Case, Clause, Failed
from callcheck.spec.dialect import Dialect
from callcheck.spec.scenario import Scenario, from_json
from callcheck.spec.trace import Trace, difference


@dataclass(frozen=True, kw_only=True, slots=True)
class Deviation:
    """`clause` fails in dialects where `choice` has `value`; `scenario` shows it, `reason` says what it means for a user."""

    clause: str
    choice: str
    value: str
    reason: str
    scenario: Scenario


@cache
def declared() -> Mapping[str, tuple[Deviation, ...]]:
    """The declared deviations by clause. Raises ValueError for a file that declares what does not exist."""
    found: dict[str, tuple[Deviation, ...]] = {}
    folder = files(__package__) / "deviations"
    for file in sorted(folder.iterdir(), key=lambda path: path.name):
        for table in tomllib.loads(file.read_text(encoding="utf-8"))["deviation"]:
            deviation = Deviation(**{**table, "scenario": from_json(json.loads(table["scenario"]))})
            if deviation.clause not in CLAUSES:
                raise ValueError(f"{file.name}: unknown clause {deviation.clause}")
            if deviation.value not in CHOICES[deviation.choice].values:
                raise ValueError(f"{file.name}: {deviation.choice} has no value {deviation.value}")
            found[deviation.clause] = (*found.get(deviation.clause, ()), deviation)
    return MappingProxyType(found)


def declared_for(clause: str, dialect: Dialect) -> tuple[Deviation, ...]:
    """The deviations from `clause` that a dialect has."""
    return tuple(each for each in declared().get(clause, ()) if dialect[each.choice] == each.value)


def explained_by(clause: Clause, case: Case) -> Deviation | None:
    """The declared deviation that explains why the clause fails on the case; None if nothing does."""
    deviations = declared_for(clause.id, case.dialect)
    if not deviations:
        return None
    predicted = replay(case.scenario, case.dialect)
    if case.failed is not None or difference(predicted, case.trace) is not None:
        return None
    alone = [each for each in deviations if _holds_without(clause, case, (each.choice,))]
    if alone:
        return alone[0]
    together = tuple(dict.fromkeys(each.choice for each in deviations))
    return deviations[0] if _holds_without(clause, case, together) else None


def _holds_without(clause: Clause, case: Case, choices: tuple[str, ...]) -> bool:
    """Whether the clause holds on what the reference does with other values of these choices."""
    others = [[value for value in CHOICES[choice].values if value != case.dialect[choice]] for choice in choices]
    for values in product(*others):
        dialect = case.dialect.replace("another", **dict(zip(choices, values, strict=True)))
        trace = replay(case.scenario, dialect)
        related = None if clause.related is None else clause.related(case.scenario)
        other = Trace() if related is None else replay(related, dialect)
        if not isinstance(trace, Trace) or not isinstance(other, Trace):
            continue
        outcome = clause.judge(
            Case(scenario=case.scenario, trace=trace, dialect=dialect, other=other, other_scenario=related)
        )
        if not isinstance(outcome, Failed):
            return True
    return False
