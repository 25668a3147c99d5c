"""`explain` and real fits of Keras: what it says is what happened, and every kind of file that a fit leaves is read rightly."""

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

import callcheck
from callcheck.cli import main
from callcheck.conformance.explain.campaign import Real, Trainer, disagreements

EARLY = {"patience": 2, "restore_best_weights": True, "verbose": 1}
REDUCE = {"patience": 1, "factor": 0.5, "verbose": 1}
STREAM = [1.0, 0.8, 0.6, 0.9, 0.5, 0.7, 0.7, 0.1, 0.1, 0.1, 0.1, 0.1]


@pytest.fixture(scope="module")
def trainer(tmp_path_factory: pytest.TempPathFactory) -> Trainer:
    pytest.importorskip("tensorflow")
    pytest.importorskip("keras")
    return Trainer(tmp_path_factory.mktemp("fits"))


@pytest.fixture(scope="module")
def real(trainer: Trainer) -> Real:
    """Stopped after the epoch of index 6; the rate fell after 3, 5 and 6; the weights are those of 4."""
    real = trainer.fit({"EarlyStopping": EARLY, "ReduceLROnPlateau": REDUCE}, list(STREAM), 0.1, 1, 1)
    assert (real.stopped, real.weights, real.epochs) == (6, 4, 7)
    return real


def test_explain_says_what_really_happened(trainer: Trainer) -> None:
    wrong = [each for seed in range(30) for each in disagreements(trainer, seed)]
    assert not wrong


def test_the_comparison_would_notice(trainer: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a patience that is one too large, explanations of the same fits are wrong in every kind of record."""
    from callcheck.conformance.explain import campaign

    def wrong(history: Any, asked: list[dict[str, Any]], **more: Any) -> Any:
        for each in asked:
            config = {**each["config"]}
            if "patience" in config:
                config["patience"] += 1
            each["config"] = config
        return callcheck.explain(history, asked, **more)

    monkeypatch.setattr(campaign, "explain", wrong)
    found = "\n".join(each for seed in range(8) for each in disagreements(trainer, seed))
    assert all(
        kind in found for kind in ("CSVLogger's file:", "History:", "console:", "EarlyStopping(", "ReduceLROnPlateau(")
    )


@pytest.mark.parametrize("verbose", [1, 2])
def test_pasted_output_is_explained(verbose: int, trainer: Trainer, tmp_path: Path) -> None:
    real = trainer.fit({"EarlyStopping": EARLY, "ReduceLROnPlateau": REDUCE}, list(STREAM), 0.1, verbose, 1)
    file = tmp_path / "pasted.txt"
    file.write_text(real.output)
    stop = callcheck.explain(str(file), "EarlyStopping", EARLY)
    assert stop.question.history.kind == "the console output of fit"
    assert (stop.stopped, stop.weights, stop.audit.agrees) == (6, 4, True)
    assert "stopped training after epoch 7 (index 6): 0.5000 in epoch 5 was the best" in stop.summaries[0]
    rates = callcheck.explain(str(file), "ReduceLROnPlateau", REDUCE)
    assert rates.audit.agrees is True
    assert [row.epoch for row in rates.rows() if "reduced" in row.events] == [3, 5, 6]
    wrong = callcheck.explain(str(file), "EarlyStopping", {**EARLY, "patience": 3})
    assert wrong.audit.sentence == "the output says that epoch 7 stopped early, and EarlyStopping does not stop at all"
    assert "patience=2 in place of 3" in wrong.audit.explanations


def test_the_csv_file_and_the_history_are_explained(real: Real, tmp_path: Path) -> None:
    (tmp_path / "history.json").write_text(json.dumps(real.history))
    for record in (str(real.csv), str(tmp_path / "history.json"), dict(real.history)):
        stop = callcheck.explain(record, "EarlyStopping", EARLY, epochs=12)
        assert (stop.stopped, stop.weights, stop.audit.agrees) == (6, 4, True)
        rates = callcheck.explain(record, "ReduceLROnPlateau", REDUCE)
        assert rates.audit.agrees is True
        assert callcheck.explain(record, "ReduceLROnPlateau", {**REDUCE, "factor": 0.1}).audit.explanations == (
            "factor=0.5 in place of 0.1",
        )


def test_what_fit_returns_is_explained(trainer: Trainer) -> None:
    keras = trainer.keras
    early = keras.callbacks.EarlyStopping(monitor="loss", patience=1, min_delta=10.0)
    history = trainer.model.fit(trainer.x, trainer.y, epochs=9, verbose=0, callbacks=[early])
    explanation = callcheck.explain(history, early)
    assert explanation.question.history.fits[0].planned == 9
    assert (explanation.stopped, explanation.audit.agrees) == (early.stopped_epoch, True)


def test_the_callbacks_themselves_are_explained_together(trainer: Trainer) -> None:
    keras = trainer.keras
    early = keras.callbacks.EarlyStopping(monitor="loss", patience=3, min_delta=10.0)
    plateau = keras.callbacks.ReduceLROnPlateau(monitor="loss", patience=1, factor=0.5, min_delta=10.0)
    trainer.model.optimizer.learning_rate = 0.5
    history = trainer.model.fit(trainer.x, trainer.y, epochs=9, verbose=0, callbacks=[early, plateau])
    told = callcheck.explain(history, [keras.callbacks.TensorBoard(histogram_freq=1), early, plateau])
    assert "TensorBoard: not looked at" in told.parts[0].notes
    assert told.title == (
        "EarlyStopping(monitor='loss', min_delta=10.0, patience=3) + "
        "ReduceLROnPlateau(monitor='loss', factor=0.5, patience=1, min_delta=10.0)"
    )
    assert (told.stopped, told.audit.agrees) == (early.stopped_epoch, True)
    assert told._repr_html_().count("<h1>") == 1


def test_a_tensorboard_folder_is_explained(trainer: Trainer, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    keras = trainer.keras
    early = keras.callbacks.EarlyStopping(patience=1, min_delta=10.0)
    board = keras.callbacks.TensorBoard(tmp_path / "logs")
    with contextlib.redirect_stdout(io.StringIO()):
        trainer.model.fit(
            trainer.x, trainer.y, epochs=9, verbose=0, validation_data=(trainer.x, trainer.y), callbacks=[early, board]
        )
    explanation = callcheck.explain(str(tmp_path / "logs"), "EarlyStopping", {"patience": 1, "min_delta": 10.0})
    assert explanation.question.history.kind == "a TensorBoard event folder"
    assert {"loss", "val_loss", "accuracy", "val_accuracy", "learning_rate"} <= set(
        explanation.question.history.names()
    )
    assert (explanation.stopped, explanation.audit.agrees) == (early.stopped_epoch, True)


def test_tensorboard_after_a_plateau_records_the_rates_after_the_epochs(trainer: Trainer, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    keras = trainer.keras
    plateau = keras.callbacks.ReduceLROnPlateau(patience=1, factor=0.5, min_delta=10.0)
    places = {"before": 0, "after": 1}
    for name, place in places.items():
        callbacks = [plateau]
        callbacks.insert(place, keras.callbacks.TensorBoard(tmp_path / name))
        trainer.model.optimizer.learning_rate = 0.5
        with contextlib.redirect_stdout(io.StringIO()):
            data = (trainer.x, trainer.y)
            trainer.model.fit(*data, epochs=4, verbose=0, validation_data=data, callbacks=callbacks)
        told = callcheck.explain(str(tmp_path / name), plateau)
        assert (told.audit.agrees, [row.rate for row in told.rows()]) == (True, [0.5, 0.5, 0.25, 0.125])
        assert ("rates after each epoch" in told.audit.sentence) == (name == "after")


def test_the_command_explains_a_real_file(real: Real, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["patience=2", "restore_best_weights=true"]
    assert main(["explain", str(real.csv), "EarlyStopping", *words, "--what-if", "patience=1..2"]) == 0
    out = capsys.readouterr().out
    assert "a CSVLogger file, 7 epochs" in out
    assert "The record agrees with the configuration." in out
    assert "patience=1: stops after epoch 4, 3 before the record ends; the model holds the weights of epoch 3" in out
