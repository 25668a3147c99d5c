"""The quick ones of the hostile inputs, each a test; the others by `inputs.py`."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import inputs
from cases import ALL
from cases.case import Case

QUICK = [case for case in ALL if case.is_quick]


@pytest.mark.parametrize("case", QUICK, ids=[case.name for case in QUICK])
def test_a_hostile_input_has_the_outcome_that_it_has_to_have(case: Case) -> None:
    assert list(inputs.wrongs(case)) == []


def test_the_cases_have_names_of_their_own() -> None:
    assert len({case.name for case in ALL}) == len(ALL) >= 300
