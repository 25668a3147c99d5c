"""A few of the hostile surroundings, one of each kind; the others by `surroundings.py`."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import surroundings


@pytest.mark.parametrize("name", surroundings.IN_CI)
def test_a_command_in_hostile_surroundings_ends_as_it_has_to(name: str) -> None:
    assert list(surroundings.wrongs(surroundings.CASES[name])) == []
