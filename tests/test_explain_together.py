"""Several callbacks in one fit, explained on one record; and those that a `callbacks.toml` names."""

import json
import math
import time
from pathlib import Path
from typing import Any

import pytest

import callcheck
from callcheck.cli import main
from callcheck.conformance.explain.together import Together

EARLY = {"callback": "EarlyStopping", "config": {"patience": 2, "restore_best_weights": True}}
PLATEAU = {"callback": "ReduceLROnPlateau", "config": {"patience": 1, "factor": 0.5}}
NAN = {"callback": "TerminateOnNaN"}


def told(record: Any, *callbacks: dict[str, Any], **more: Any) -> Together:
    found = callcheck.explain(record, list(callbacks), **more)
    assert isinstance(found, Together)
    return found


def test_a_schedule_after_the_reduction_logs_the_new_rate() -> None:
    """CSVLogger and History hold the rate that was logged last, which is not the one with which the epoch was trained."""
    callbacks = [
        {"callback": "ReduceLROnPlateau", "config": {"patience": 1, "factor": 0.5}},
        {"callback": "LearningRateScheduler", "config": {"schedule": {"scale": 1.0}}},
    ]
    losses = {"val_loss": [1.0, 1.0, 0.5], "learning_rate": [0.5, 0.25, 0.25]}
    after = told(losses, *callbacks, epochs=3)
    assert after.audit.agrees is True, after.audit.sentence
    assert [row.rate for row in after.parts[0].rows()] == [0.5, 0.5, 0.25]
    assert "logs the rate again" in after.parts[0].summaries[0]
    before = told(losses, *callbacks[::-1], epochs=3)
    assert before.audit.agrees is False


def test_each_is_told_for_itself_and_the_record_is_compared_with_all() -> None:
    record = {"val_loss": [1.0, 0.5, 0.75, 0.75], "learning_rate": [0.1, 0.1, 0.1, 0.05]}
    found = told(record, EARLY, PLATEAU)
    early, plateau = found.parts
    assert (found.stopped, found.weights, found.audit.agrees) == (3, 1, True)
    assert early.summaries[0].startswith(
        "EarlyStopping stopped training after epoch 4 (index 3): 0.5 in epoch 2 was the best"
    )
    assert plateau.summaries[0].startswith(
        "The learning rate was reduced 2 times: from 0.1 to 0.05 after epoch 3; from 0.05 to 0.025 after epoch 4."
    )
    assert [row.events for row in early.rows()][2:] == [(), ("stop",)]
    assert [row.events for row in plateau.rows()][2:] == [("reduced",), ("reduced",)]
    changed = told({**record, "learning_rate": [0.1, 0.1, 0.05, 0.05]}, EARLY, PLATEAU)
    assert changed.audit.sentence == "in epoch 3 the record has the learning rate 0.05, and 0.1 is predicted"


def test_the_stop_of_another_is_said_to_be_that() -> None:
    record = {"loss": [1.0, 0.5, math.nan], "val_loss": [1.0, 0.5, 0.75]}
    found = told(record, EARLY, NAN, epochs=10)
    assert (found.stopped, found.weights, found.audit.agrees) == (2, 1, True)
    assert found.parts[0].summaries == (
        "EarlyStopping did not stop training: TerminateOnNaN did, after epoch 3 (index 2); 0.5 in epoch 2 was the best, and wait "
        "is 1 of patience=2. The model holds the weights of epoch 2: restore_best_weights put them back.",
    )
    assert found.parts[1].summaries[0].startswith("TerminateOnNaN stopped training in epoch 3 (index 2)")
    alone = callcheck.explain(record, "EarlyStopping", EARLY["config"], epochs=10)
    assert alone.audit.agrees is False


def test_a_schedule_undoes_what_a_plateau_did() -> None:
    schedule = {"callback": "LearningRateScheduler", "config": {"schedule": {"table": [0.1] * 4}}}
    found = told([1.0] * 4, PLATEAU, schedule, learning_rate=0.1)
    assert [row.rate for row in found.parts[0].rows()] == pytest.approx([0.1] * 4)
    assert [row.events for row in found.parts[0].rows()] == [("improved",), ("reduced",), ("reduced",), ("reduced",)]
    assert [row.events for row in found.parts[1].rows()] == [(), (), ("scheduled",), ("scheduled",)]


def test_an_explanation_names_whose_parameter_it_is() -> None:
    record = {"val_loss": [1.0, 0.5, 0.75, 0.75, 0.75], "learning_rate": [0.1, 0.1, 0.1, 0.05, 0.025]}
    audit = told(record, EARLY, PLATEAU, epochs=9).audit
    assert audit.sentence == "EarlyStopping stops after epoch 4, and the record goes on to epoch 5"
    assert "EarlyStopping: patience=3 in place of 2" in audit.explanations
    assert not any(each.startswith("ReduceLROnPlateau: ") for each in audit.explanations)


def test_what_another_rate_would_have_trained_is_not_known() -> None:
    record = {"val_loss": [1.0, 0.5, 0.75, 0.75], "learning_rate": [0.1, 0.1, 0.1, 0.05]}
    found = told(record, EARLY, PLATEAU, what_if=[{"factor": 0.1}, {"EarlyStopping.patience": 1}])
    (plateau,) = found.parts[1].what_ifs
    assert plateau.sentence == (
        "sets the learning rate to 0.01 after epoch 3; not known from epoch 4 on, which would have been trained differently"
    )
    (early,) = found.parts[0].what_ifs
    assert (early.title, early.stopped, early.weights) == ("EarlyStopping.patience=1", 2, 1)


def test_rounding_is_resolved_for_all_of_them(tmp_path: Path) -> None:
    lines = ["0.5000 - learning_rate: 0.1000", "0.5000 - learning_rate: 0.1000", "0.5000 - learning_rate: 0.0500"]
    text = "".join(f"Epoch {at}/3\n5/5 - 1s - loss: 1.0 - val_loss: {line}\n" for at, line in enumerate(lines, 1))
    (tmp_path / "output.txt").write_text(text)
    found = told(str(tmp_path / "output.txt"), {**EARLY, "config": {"patience": 1}}, PLATEAU)
    assert found.audit.agrees is True
    assert "below the printed digits, epoch" in found.audit.sentence


def test_every_form_has_all_of_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "1,.5,.75,.75",
        "EarlyStopping",
        "patience=2",
        "epochs=9",
        "+",
        "ReduceLROnPlateau",
        "patience=1",
        "learning_rate=.1",
    ]
    page, report = tmp_path / "page.html", tmp_path / "report"
    assert (
        main(["explain", *words, "--html", str(page), "--plot", str(tmp_path / "a.svg"), "--report", str(report)]) == 0
    )
    out = capsys.readouterr().out
    assert out.startswith("EarlyStopping(patience=2) + ReduceLROnPlateau(patience=1), compared with Keras 3.15.1\n")
    for text in (out, page.read_text(), (report / "summary.md").read_text()):
        assert "EarlyStopping stopped training after epoch 4" in text
        assert "The learning rate was reduced 2 times" in text
    assert "ReduceLROnPlateau(patience=1)" in (tmp_path / "a.svg").read_text()
    assert main(["explain", *words, "--what-if", "factor=.5", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [each["callback"] for each in data["callbacks"]] == ["EarlyStopping", "ReduceLROnPlateau"]
    assert (data["stopped"], len(data["callbacks"][1]["epochs"])) == (3, 4)
    assert data["what_if"][0]["callback"] == "ReduceLROnPlateau"


SCRIPT = """
[[fits]]
source = "train.py, line 20"
epochs = 9
learning_rate = 0.1
metrics = [{ class = "MeanSquaredError", name = "score" }]
others = ["TensorBoard"]
[[fits.callbacks]]
callback = "EarlyStopping"
config = { monitor = "val_score", patience = 2 }
[[fits.callbacks]]
callback = "LearningRateScheduler"
unread = { schedule = "my_schedule" }

[[fits]]
source = "train.py, line 30"
[[fits.callbacks]]
source = "train.py, line 29"
callback = "EarlyStopping"
unread = { patience = "args.patience" }
"""


@pytest.fixture
def script(tmp_path: Path) -> list[str]:
    """A record, and a script that is asked about it."""
    (tmp_path / "callbacks.toml").write_text(SCRIPT)
    (tmp_path / "log.csv").write_text("epoch,val_score\n0,1\n1,2\n2,3\n")
    return [str(tmp_path / "log.csv"), "--script", str(tmp_path / "callbacks.toml")]


def test_the_callbacks_of_a_script_are_explained(script: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *script, "--fit", "1"]) == 0
    out = capsys.readouterr().out
    assert "The callbacks are those of train.py, line 20" in out
    assert "LearningRateScheduler is left out: its schedule is not known" in out
    assert "TensorBoard: not looked at" in out
    assert "EarlyStopping stopped training after epoch 3 (index 2): 1.0 in epoch 1 was the best" in out
    assert "The record agrees with the configuration." in out
    assert main(["explain", *script, "--fit", "line 20", "epochs=3"]) == 0


def test_an_instance_that_was_given_to_an_earlier_fit_is_said_to_be_that(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    callback = '[[fits.callbacks]]\nsource = "train.py, line 3"\ncallback = "EarlyStopping"\n'
    text = "".join(f'[[fits]]\nsource = "train.py, line {line}"\n{callback}' for line in (5, 6))
    (tmp_path / "callbacks.toml").write_text(text)
    words = ["1,.5", "--script", str(tmp_path / "callbacks.toml"), "--fit"]
    assert main(["explain", *words, "2"]) == 0
    assert (
        "EarlyStopping (train.py, line 3) was given to an earlier fit too (train.py, line 5)" in capsys.readouterr().out
    )
    assert main(["explain", *words, "1"]) == 0
    assert "earlier fit" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "holds 2 fits; --fit says which: 1 (train.py, line 20), 2 (train.py, line 30)"),
        (["--fit", "3"], "--fit 3: "),
        (["--fit", "train"], "--fit train: several fits of that name"),
        (
            ["--fit", "2"],
            "patience of EarlyStopping is not known (train.py, line 29: args.patience); write its value into config",
        ),
        (["--fit", "1", "EarlyStopping"], "expected key=value, got 'EarlyStopping'"),
        (
            ["--fit", "1", "patience=3"],
            "beside --script only epochs, learning_rate, initial_epoch, validation_freq can be given",
        ),
    ],
)
def test_a_script_that_cannot_be_asked_is_one_sentence(
    words: list[str], message: str, script: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", *script, *words]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_what_would_explain_a_long_record_is_found_soon() -> None:
    values = [1.0 / (1 + at % 50) for at in range(1500)]
    start = time.process_time()
    audit = told(values, EARLY, PLATEAU, NAN).audit
    assert time.process_time() - start < 10.0
    assert audit.sentence == "EarlyStopping stops after epoch 52, and the record goes on to epoch 1500"
