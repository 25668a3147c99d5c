"""Every clause is gated by the choices that matter to it: one choice is turned at a time, and the reference follows.

- A universal clause, and an observed one that says it applies, hold whatever choice is turned.
- In the dialect `documented` every documented clause holds, and none asks a choice. One breaks only where a choice leaves what
  the text promises, not where the text is silent; and every promise that is left breaks one. The arithmetic of the comparison
  (`precision`) is not promised, and a clause may read it.
- In the newest Keras a documented clause that holds breaks only where a choice moves away from what is documented.
- All this is asked of the values that a Keras or the documentation has. Of the others, which are those of other libraries,
  observed clauses do not speak.
"""

from collections.abc import Iterator
from functools import cache

import pytest

import callcheck.spec.clauses  # noqa: F401 - registers the clauses
from callcheck.conformance.classes import CONCERNED
from callcheck.conformance.hearing import Hearing
from callcheck.conformance.results import Here
from callcheck.conformance.subjects.reference import Reference
from callcheck.spec.callbacks import CALLBACKS, TRAINING
from callcheck.spec.choices import CHOICES
from callcheck.spec.clauses.clause import CLAUSES, Failed
from callcheck.spec.dialect import (
    DOCUMENTED,
    NEWEST,
    Dialect,
    InvalidDialect,
    Resolution,
    promises,
    resolve,
    unlike_any_keras,
)

FEW, MANY = 30, 100
"""Random scenarios per callback, beside the vectors: these show every value of every choice, as another test holds."""
BASES = (resolve(NEWEST).dialect, resolve(DOCUMENTED).dialect)


@cache
def failures(dialect: Dialect, callback: str, examples: int) -> dict[str, str]:
    """The clauses that apply and fail on the reference in that dialect, each with the first failure."""
    hearing = Hearing(Here(Reference(Resolution(dialect=dialect))), dialect, examples=examples)
    found = {}
    for clause in CLAUSES.values():
        if callback in clause.callbacks and clause.applies(dialect):
            outcomes = (clause.judge(case) for case in hearing.cases(clause, hearing.pool(callback)))
            failed = next((outcome for outcome in outcomes if isinstance(outcome, Failed)), None)
            if failed is not None:
                found[clause.id] = str(failed)
    return found


def newly(dialect: Dialect, base: Dialect, callback: str, *levels: str, examples: int = FEW) -> dict[str, str]:
    """What fails in the dialect and not in the base, of these levels."""
    known = failures(base, callback, examples)
    found = failures(dialect, callback, examples)
    return {id: said for id, said in found.items() if id not in known and CLAUSES[id].level in levels}


@cache
def turned(base: Dialect, choice: str, value: str) -> Dialect | None:
    """`base` with the choice turned to another value; None if that makes no possible dialect."""
    try:
        return base.replace(f"{base.name} with {choice} = {value}", **{choice: value})
    except InvalidDialect:
        return None


def turns() -> Iterator[tuple[Dialect, str, str]]:
    for base in BASES:
        for id, choice in CHOICES.items():
            for value in choice.values:
                other = turned(base, id, value) if value != base[id] and governed(id) else None
                if other is not None and not unlike_any_keras(other):
                    yield base, id, value


def governed(choice: str) -> list[str]:
    """The callbacks on which the choice can matter; TRAINING for what they do together."""
    own = [name for name, callback in CALLBACKS.items() if choice.startswith(f"{callback.prefix}/")]
    together = [TRAINING] if choice.startswith(f"{TRAINING}/") else []
    return own or [*(name for name in CALLBACKS if name in CONCERNED[choice]), *together]


@pytest.mark.parametrize("callback", CALLBACKS)
def test_every_documented_clause_holds_on_what_is_documented(callback: str) -> None:
    documented = [
        clause for clause in CLAUSES.values() if clause.level == "documented" and callback in clause.callbacks
    ]
    assert [clause.id for clause in documented if clause.choices] == []
    found = failures(resolve(DOCUMENTED).dialect, callback, MANY)
    assert {clause.id: found[clause.id] for clause in documented if clause.id in found} == {}


@pytest.mark.parametrize(
    ("base", "choice", "value"), [pytest.param(*turn, id=f"{turn[0].name}-{turn[1]}-{turn[2]}") for turn in turns()]
)
def test_a_choice_that_is_turned_breaks_only_what_it_governs(base: Dialect, choice: str, value: str) -> None:
    dialect, promise = turned(base, choice, value), promises()[choice]
    assert dialect is not None
    for callback in governed(choice):
        assert newly(dialect, base, callback, "universal", "observed") == {}, "these say that they apply"
        if value == promise.value or (promise.place is None and not choice.endswith("/precision")):
            assert newly(dialect, base, callback, "documented") == {}, "nothing else is promised here"


@pytest.mark.parametrize(
    "choice", [id for id, promise in promises().items() if promise.place is not None and governed(id)]
)
def test_every_promise_that_is_left_breaks_a_documented_clause(choice: str) -> None:
    base = resolve(DOCUMENTED).dialect
    others = [turned(base, choice, value) for value in CHOICES[choice].values if value != base[choice]]
    assert any(
        newly(other, base, name, "documented", examples=examples)
        for examples in (FEW, MANY)
        for name in governed(choice)
        for other in others
        if other is not None
    )
