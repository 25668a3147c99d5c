"""Real records of real trainings, kept in `recorded/` with what really happened: `explain` tells the same of them.

`recorded/make.py` makes them anew. Keras 2.3.1, tf-keras and Keras 3 print before a terminal, into a pipe, and by lines; two
fits, the second with `validation_freq=2`, both with EarlyStopping, ReduceLROnPlateau and ModelCheckpoint, all of them verbose.
"""

import json
from pathlib import Path
from typing import Any

import pytest

import callcheck
from callcheck.conformance.explain.evidence import same_rate
from callcheck.conformance.explain.explanation import Explanation
from callcheck.conformance.explain.together import Together

RECORDED = Path(__file__).parent / "recorded"
OUTPUTS = sorted(path.stem for path in RECORDED.glob("*-*.txt"))
DIALECTS = {"keras-2.3.1": "keras-2.3.1", "keras-3.15.1": "keras-3.15.1", "tf_keras-2.21.0": "tf-keras-2.21.0"}
SAVER = {
    "callback": "ModelCheckpoint",
    "config": {"filepath": "m.weights.h5", "save_best_only": True, "save_weights_only": True},
}


def happened(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text())
    return read


def test_every_keras_is_there_in_every_way_of_printing() -> None:
    assert OUTPUTS == sorted(f"{package}-{kind}" for package in DIALECTS for kind in ("terminal", "pipe", "lines"))


@pytest.mark.parametrize("name", OUTPUTS)
def test_what_fit_printed_is_explained_as_it_happened(name: str) -> None:
    real = happened(name)
    dialect = DIALECTS[name.rpartition("-")[0]]
    told = callcheck.explain(
        str(RECORDED / f"{name}.txt"), [*real["callbacks"], SAVER], dialect=dialect, learning_rate=0.1
    )
    assert isinstance(told, Together)
    early, plateau, _ = told.parts
    assert told.audit.agrees is True, told.audit.sentence
    history = early.question.history
    assert history.kind == "the console output of fit"
    assert [fit.length for fit in history.fits] == [fit["epochs"] for fit in real["fits"]]
    assert [fit.planned for fit in history.fits] == [10, 10]
    assert [early.story.stopped(index) for index in (0, 1)] == [fit["stopped"] for fit in real["fits"]]
    assert history.fits[1].column("val_loss")[::2] == [None] * 4
    for index, fit in enumerate(real["fits"]):
        rates = [epoch.learning_rate_in_epoch for epoch in plateau.story.epochs(index)]
        recorded = history.fits[index].rates
        assert rates == fit["rates"]
        if dialect != "keras-2.3.1":  # whose progress bar is printed before the rate is logged
            assert all(
                said is not None and same_rate(said, rate, None) for said, rate in zip(recorded, rates, strict=True)
            )


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_wrong_patience_is_found(name: str) -> None:
    dialect = DIALECTS[name.rpartition("-")[0]]
    config = {"patience": 3, "restore_best_weights": True}
    audit = callcheck.explain(str(RECORDED / f"{name}.txt"), "EarlyStopping", config, dialect=dialect).audit
    assert audit.agrees is False
    assert "patience=2 in place of 3" in audit.explanations


@pytest.mark.parametrize("dialect", ["keras-3.15.1", "lightning"])
def test_lightnings_metrics_csv_is_explained_as_it_happened(dialect: str) -> None:
    real = happened("lightning")
    told = callcheck.explain(str(RECORDED / "metrics.csv"), "EarlyStopping", real["config"], epochs=10, dialect=dialect)
    assert isinstance(told, Explanation)
    fit = told.question.history.fits[0]
    assert told.question.history.kind == "Lightning's metrics.csv"
    assert {"train_loss_step", "train_loss_epoch", "val_loss", "learning_rate"} <= set(fit.columns)
    assert fit.rates == [0.1] * real["epochs"]
    assert (fit.length, told.stopped, told.audit.agrees) == (real["epochs"], real["stopped"], True)


@pytest.mark.parametrize("dialect", ["keras-3.15.1", "transformers"])
def test_transformers_trainer_state_is_explained_as_it_happened(dialect: str) -> None:
    real = happened("transformers")
    told = callcheck.explain(str(RECORDED / "trainer_state.json"), "EarlyStopping", real["config"], dialect=dialect)
    assert isinstance(told, Explanation)
    history = told.question.history
    assert history.kind == "transformers' trainer_state.json"
    assert (history.fits[0].length, history.fits[0].planned) == (real["evaluations"], 10)
    assert (told.stopped, told.audit.agrees) == (real["evaluations"] - 1, True)
    assert any("early_stopping_patience=2" in note for note in told.notes)
    best = [row.best for row in told.rows()][-1]
    assert best == real["best_metric"]
