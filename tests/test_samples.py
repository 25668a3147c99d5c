"""What is stored of the strategies' scenarios is what they draw."""

import json
from functools import cache

import pytest
from schemas import valid

from callcheck.spec.callbacks import CALLBACKS, TRAINING
from callcheck.spec.scenario import key
from callcheck.spec.search.samples import EXAMPLES, RANDOM, SEED, Drawn, drawn, file, sample, sample_aimed, written
from callcheck.spec.search.strategies import draw_aimed

ABOUT = (*CALLBACKS, TRAINING)
FEW = 7
drawn_once = cache(drawn)


@pytest.mark.parametrize("about", ABOUT)
def test_what_is_stored_is_what_is_drawn(about: str) -> None:
    assert file(about).read_text(encoding="utf-8") == written(drawn_once(about)), (
        "python -m callcheck.spec.search.samples draws it anew"
    )


@pytest.mark.parametrize("about", ABOUT)
def test_what_is_stored_is_what_the_schema_says(about: str) -> None:
    found = json.loads(file(about).read_text(encoding="utf-8"))
    assert [each for drawn in found.values() for each in drawn if not valid("scenario", each)] == []


@pytest.mark.parametrize("about", ABOUT)
def test_a_smaller_sample_is_the_beginning_of_what_is_stored(about: str) -> None:
    found: Drawn = drawn_once(about)
    assert [key(each) for each in sample(about, FEW, SEED)] == [key(each) for each in found[RANDOM][:FEW]]
    aimed = draw_aimed(about, lambda number: -(-FEW * number // EXAMPLES), SEED, lambda: False)
    expected = [key(each) for aim in aimed.values() for each in aim]
    assert [key(each) for each in sample_aimed(about, FEW, SEED)] == expected
