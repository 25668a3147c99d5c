"""The stored vectors say what the reference says; that the real thing does the same, the agreement tests show."""

import pytest

from callcheck.reference.replay import replay
from callcheck.spec.choices import CHOICES
from callcheck.spec.clauses.clause import CLAUSES
from callcheck.spec.dialect import shipped
from callcheck.spec.difference import difference
from callcheck.spec.vectors import Vector, stored


@pytest.mark.parametrize("vector", stored(), ids=[vector.id for vector in stored()])
def test_the_reference_does_what_the_vector_says(vector: Vector) -> None:
    for name, dialect in shipped().items():
        stored = vector.trace(dialect)
        assert stored is not None
        assert difference(replay(vector.scenario, dialect), stored) is None, f"in {name}"


def test_every_clause_and_every_choice_has_a_vector() -> None:
    shown = {id for vector in stored() for id in vector.about}
    missing = {id for id in CLAUSES if not id.startswith("every-callback/outcome/")} | set(CHOICES)
    assert missing - shown == set()
    assert shown <= set(CLAUSES) | set(CHOICES)
