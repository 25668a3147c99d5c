"""What is remembered of the reference is what it does, whichever dialects were asked before."""

import random

import pytest

from callcheck.conformance.derivation import governing, keras_dialects
from callcheck.conformance.predictions import Predictions
from callcheck.reference.replay import replay
from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.choices import CHOICES
from callcheck.spec.dialect import Dialect, documented, third_party
from callcheck.spec.scenario import Scenario, from_json
from callcheck.spec.search.samples import sample, sample_aimed
from callcheck.spec.trace import Result, to_json


def dialects(callback: str, chance: random.Random, many: int) -> list[Dialect]:
    """Known ones, and these with some choices turned at random."""
    known = (documented(), *keras_dialects(callback), *third_party().values())
    found = []
    for _ in range(many):
        turns = {each: chance.choice(list(CHOICES[each].values)) for each in chance.sample(governing(callback), 3)}
        one = chance.choice(known)
        found += [one, one.replace("turned", **turns)]
    return found


@pytest.mark.parametrize("callback", CALLBACKS)
def test_what_is_remembered_is_what_the_reference_does(callback: str) -> None:
    chance = random.Random(callback)
    predictions = Predictions()
    shared = 0
    for scenario in (*sample(callback, 40, 3), *sample_aimed(callback, 20, 3)):
        leaves = set()
        asked = dialects(callback, chance, 12)
        for dialect in asked:
            remembered, run = predictions.of(scenario, dialect), replay(scenario, dialect)
            assert to_json(remembered) == to_json(run), (scenario, dict(dialect.choices))
            leaves.add(predictions.leaf(scenario, dialect))
        shared += len(asked) - len(leaves)
    assert shared, "nothing is run once for several dialects"


def test_a_choice_that_no_run_asks_for_takes_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []

    def watched(scenario: Scenario, dialect: Dialect) -> Result:
        runs.append(dialect.name)
        return replay(scenario, dialect)

    monkeypatch.setattr("callcheck.conformance.predictions.replay", watched)
    early = {"callback": "EarlyStopping", "config": {"mode": "min", "patience": 3}}
    waits_once, waits_thrice = (
        from_json({**early, "fits": [{"epochs": [{"logs": {"val_loss": 1.0}}] * epochs}]}) for epochs in (2, 4)
    )
    predictions = Predictions()
    for value in CHOICES["early-stopping/patience"].values:
        predictions.of(waits_once, documented().replace(value, **{"early-stopping/patience": value}))
    assert len(runs) == 1, "patience is not at its end, whatever is said of that"
    for value in CHOICES["early-stopping/patience"].values:
        predictions.of(waits_thrice, documented().replace(value, **{"early-stopping/patience": value}))
    assert len(runs) == 1 + len(CHOICES["early-stopping/patience"].values)
