"""Recorded histories of every kind are recognised, and what is no history is refused in one sentence.

The files of this module are written by hand in the documented form of each kind; `test_explain_fit.py` has those of real fits.
"""

import json
import math
from pathlib import Path

import pytest

from callcheck.cli import main
from callcheck.conformance.explain.history import History, Rounded, UnreadableHistory, missing_notes
from callcheck.conformance.explain.reading import from_object, parse, read

CSV = "epoch,loss,val_loss\n0,1.0,NA\n1,0.5,0.75\n2,nan,NaN\n"


def parsed(text: str, **circumstances: int) -> History:
    return parse(text.encode(), "a file", **circumstances)


def values(history: History, name: str, fit: int = 0) -> list[float | None]:
    return list(history.fits[fit].column(name))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", " "])
def test_a_csvlogger_file_with_any_separator(separator: str) -> None:
    history = parsed(CSV.replace(",", separator))
    assert history.kind == "a CSVLogger file"
    assert values(history, "val_loss")[:2] == [None, 0.75]
    assert math.isnan(values(history, "val_loss")[2] or 0.0)
    assert history.names() == ("loss", "val_loss")


def test_epoch_numbers_that_start_again_are_another_fit() -> None:
    history = parsed("epoch,loss\n0,1\n1,2\n0,3\n1,4\n2,5\n")
    assert [values(history, "loss", fit) for fit in (0, 1)] == [[1, 2], [3, 4, 5]]
    assert "the epoch numbers start again" in " ".join(history.notes)


def test_epochs_from_1_are_taken_as_the_first() -> None:
    history = parsed("epoch,loss\n1,1\n2,2\n")
    assert history.fits[0].first_epoch == 0
    assert "numbered from 1" in " ".join(history.notes)


def test_a_resumed_file_keeps_its_numbers() -> None:
    assert parsed("epoch,loss\n7,1\n8,2\n").fits[0].first_epoch == 7


def test_an_array_metric_is_left_out() -> None:
    assert parsed('epoch,loss,pair\n0,1,"[1.0, 2.0]"\n').names() == ("loss",)


@pytest.mark.parametrize(
    "text",
    [
        '{"loss": [1.0, 0.5], "val_loss": [null, NaN]}',
        "{'loss': [1.0, 0.5], 'val_loss': [None, nan]}",
        "{'loss': [np.float64(1.0), np.float64(0.5)], 'val_loss': [None, nan]}",
        '{"history": {"loss": [1.0, 0.5], "val_loss": [null, "NaN"]}}',
        '{"loss": {"0": 1.0, "1": 0.5}, "val_loss": {"0": null, "1": NaN}}',
    ],
)
def test_history_history_as_json_and_as_python_prints_it(text: str) -> None:
    history = parsed(text)
    assert values(history, "loss") == [1.0, 0.5]
    first, second = values(history, "val_loss")
    assert first is None
    assert math.isnan(second or 0.0)


def test_validation_freq_places_the_shorter_lists() -> None:
    history = parsed('{"loss": [1, 2, 3, 4, 5], "val_loss": [10, 20]}', validation_freq=2)
    assert values(history, "val_loss") == [None, 10, None, 20, None]


def test_a_python_object_is_read() -> None:
    assert values(from_object({"loss": [1.0, 2.0]}), "loss") == [1.0, 2.0]
    assert values(from_object([1.0, 2.0]), "") == [1.0, 2.0]


@pytest.mark.parametrize("text", ["1,.9,.95", "1 .9 .95", "1\n.9\n.95\n", "[1, 0.9, 0.95]"])
def test_numbers(text: str) -> None:
    assert values(parsed(text), "") == [1.0, 0.9, 0.95]


@pytest.mark.parametrize("text", ["1,-,.9/.8", "1,,.9/.8", "1, ; .9,/.8"])
def test_numbers_on_the_command_line_have_gaps_and_fits(text: str) -> None:
    history = read(text)
    assert values(history, "") == [1.0, None, 0.9]
    assert values(history, "", 1) == [0.8]


LIGHTNING = """epoch,step,train_loss,val_loss
0,9,,0.75
0,9,1.0,
1,19,,0.5
1,19,0.9,
"""


def test_lightnings_metrics_csv_has_several_rows_per_epoch() -> None:
    history = parsed(LIGHTNING)
    assert history.kind == "Lightning's metrics.csv"
    assert values(history, "val_loss") == [0.75, 0.5]
    assert values(history, "train_loss") == [1.0, 0.9]


def test_trainer_state_counts_evaluations() -> None:
    log = [
        {"epoch": 0.5, "loss": 1.5, "learning_rate": 1e-3, "step": 5},
        {"epoch": 1.0, "eval_loss": 1.0, "eval_runtime": 0.1, "step": 10},
        {"epoch": 1.5, "loss": 1.25, "learning_rate": 5e-4, "step": 15},
        {"epoch": 2.0, "eval_loss": 0.5, "step": 20},
        {"epoch": 2.0, "train_runtime": 3.0, "step": 20},
    ]
    history = parsed(json.dumps({"best_metric": 0.5, "log_history": log}))
    assert history.kind == "transformers' trainer_state.json"
    assert values(history, "eval_loss") == [1.0, 0.5]
    assert values(history, "learning_rate") == [1e-3, 5e-4]


KERAS_2 = (
    "Epoch 1/9\n\r1/5 [=====>........................] - ETA: 3s - loss: 0.7385\b\b\b\b\r"
    "5/5 [==============================] - 1s 80ms/step - loss: 0.7250 - val_loss: 0.7388 - lr: 0.0010\n"
    "Epoch 2/9\n\r1/5 [=====>........................] - ETA: 0s - loss: 0.7394"
    "\nEpoch 2: ReduceLROnPlateau reducing learning rate to 0.00010000000474974513.\n"
    "\b\b\b\r5/5 [==============================] - 0s 6ms/step - loss: 7.2e-04 - val_loss: nan - lr: 0.0010\n"
    "Epoch 2: early stopping\nRestoring model weights from the end of the best epoch: 1.\n"
)


def test_the_output_of_keras_2_with_what_callbacks_said() -> None:
    history = parsed(KERAS_2)
    (fit,) = history.fits
    assert values(history, "loss") == [0.7250, 7.2e-04]
    assert values(history, "val_loss")[0] == 0.7388
    assert math.isnan(values(history, "val_loss")[1] or 0.0)
    assert (fit.planned, fit.printed.stopped, fit.printed.restored) == (9, 1, 0)
    assert list(fit.printed.reduced) == [1]
    rate = fit.rates[0]
    assert isinstance(rate, Rounded)
    assert (str(rate), rate.margin) == ("0.0010", pytest.approx(5e-5))


def test_a_notebook_with_the_output_of_fit() -> None:
    printed = ["Epoch 1/9\n", "5/5 - 1s - loss: 1.0\n", "Epoch 2/9\n", "5/5 - 1s - loss: 0.5\n"]
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": printed},
        {"output_type": "display_data", "data": {}},
    ]
    history = parsed(json.dumps({"cells": [{"cell_type": "markdown"}, {"cell_type": "code", "outputs": outputs}]}))
    assert history.kind == "a notebook with the console output of fit"
    assert values(history, "loss") == [1.0, 0.5]


def test_a_last_line_that_was_cut_off_is_left_out() -> None:
    history = parsed("epoch,loss,val_loss\n0,1.0,1.0\n1,0.5,0.75\n2,0.2")
    assert values(history, "val_loss") == [1.0, 0.75]
    assert "the last line, '2,0.2', is cut off and left out" in history.notes


def test_gaps_of_validation_freq_are_said_to_be_that() -> None:
    assert list(missing_notes(["val_loss"], parsed("epoch,val_loss\n0,\n1,1\n2,\n3,1\n").fits)) == [
        "no val_loss in epochs 1 and 3, as with validation_freq=2"
    ]
    assert list(missing_notes(["val_loss"], parsed("epoch,val_loss\n0,1\n1,\n2,1\n3,\n").fits)) == [
        "no val_loss in epochs 2 and 4: validation_freq?"
    ]


def test_an_interrupted_epoch_is_left_out() -> None:
    history = parsed(
        "Epoch 1/9\n5/5 - 1s - loss: 1.0 - val_loss: 2.0\nEpoch 2/9\n 2/5 ━━ 1s 2ms/step - loss: 0.5\b\b^C"
    )
    assert values(history, "loss") == [1.0]
    assert "epoch 2 was interrupted" in " ".join(history.notes)


def test_output_of_several_fits() -> None:
    once = "Epoch 1/2\n5/5 - 1s - loss: 1.0\nEpoch 2/2\n5/5 - 1s - loss: 0.5\n"
    assert [values(parsed(once * 2), "loss", fit) for fit in (0, 1)] == [[1.0, 0.5], [1.0, 0.5]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"\x00\x01\x02\xff", "is binary"),
        (b"\xff\xfa\xfb", "is binary"),
        (b"Dear Sir or Madam,\nthank you.\n", "tried were a CSVLogger file"),
        (b"<html></html>", "is none of the known kinds"),
        (b"epoch,loss\n", "no epoch below it"),
        (b"epoch,loss\n0,1\n2,3\n", "line 3: epoch 2 follows epoch 0: the epochs between them are missing"),
        (b"epoch,loss\n0,1\n2,3\n1,2\n", "line 3: epoch 2 follows epoch 0: out of order"),
        (b"epoch,loss\n3,1\n4,3\n1,2\n", "line 4: epoch 1 follows epoch 4: out of order"),
        (b"epoch,loss\n0,1,2\n", "line 2: 3 cells, where the header has 2 columns"),
        (b"epoch,loss\n0\n", "line 2: 1 cells, where the header has 2 columns"),
        (b"epoch,loss\n0.5,1\n", "line 2: the epoch is no whole number"),
        (b'{"loss": []}', "the history is empty"),
        (b'{"loss": [1, 2, 3, 4], "val_loss": [1, 2]}', "val_loss has 2 values where others have 4"),
        (b'{"loss": ["one"]}', "loss[0] is no number"),
        (b'{"log_history": [{"loss": 1.0}]}', "holds no evaluation"),
        (b'{"cells": [], "nbformat": 4}', "is a notebook without code"),
        (b'{"cells": [{"cell_type": "code", "outputs": []}]}', "is a notebook in which no fit has left output"),
        (b'{"loss": 3}', "is none of the known kinds"),
    ],
)
def test_what_is_no_history_is_refused_in_one_sentence(content: bytes, message: str) -> None:
    with pytest.raises(UnreadableHistory, match=r"^[^\n]*$") as refusal:
        parse(content, "the file")
    assert message in str(refusal.value)
    assert str(refusal.value).startswith("the file")


def test_a_text_among_the_numbers_is_refused_where_its_column_is_asked_for() -> None:
    history = parsed("epoch,loss,note\n0,1.0,\n1,one,warm\n")
    assert history.names() == ("loss", "note")
    with pytest.raises(UnreadableHistory, match="a file, line 3: loss='one' is no number"):
        history.fits[0].column("loss")


def test_a_folder_without_event_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableHistory, match="holds no TensorBoard event file"):
        read(str(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.csv", "EarlyStopping"], "nowhere.csv: there is no such file"),
        (["1,2", "EarlyStoping"], "unknown callback 'EarlyStoping'; did you mean EarlyStopping?"),
        (["1,2", "EarlyStopping", "patiance=2"], "EarlyStopping has no parameter 'patiance'; did you mean patience?"),
        (["1,2", "EarlyStopping", "patience"], "expected key=value, got 'patience'"),
        (["1,2", "EarlyStopping", "patience=1", "patience=2"], "patience is given twice"),
        (["1,2", "EarlyStopping", "min_delta=low"], "min_delta: expected a number"),
        (["1,2", "EarlyStopping", "epochs=none"], "epochs: expected a whole number from 1, got 'none'"),
        (["1,2", "EarlyStopping", "monitor=val_f1"], "add mode=min or mode=max"),
        (["1,2", "ReduceLROnPlateau", "factor=1"], "ReduceLROnPlateau refuses this: ValueError"),
        (["1,2", "ReduceLROnPlateau", "min_lr=0.1"], "min_lr needs the learning rate"),
        (["1,2", "ModelCheckpoint"], "ModelCheckpoint refuses this: TypeError"),
        (["1,2", "ModelCheckpoint", "filepath=m.keras", "save_freq=10"], "save_freq counts batches"),
        (["1,2", "EarlyStopping", "--dialect", "kears"], "unknown dialect 'kears'"),
        (["1,2", "EarlyStopping", "--what-if", "patience=3..1"], "a range is written with whole numbers"),
        (["1,2", "EarlyStopping", "--what-if", "patience=1..5000"], "has more than 1000 values"),
        (["1,2", "EarlyStopping", "+"], "after + the name of a callback is expected"),
        (["1,2"], "give a callback, as in EarlyStopping patience=3, or --script callbacks.toml"),
        (["1,2", "EarlyStopping", "--fit", "1"], "--fit goes with --script"),
        (
            ["1,2", "EarlyStopping", "+", "ReduceLROnPlateau", "--what-if", "patience=2"],
            "patience is a parameter of EarlyStopping and ReduceLROnPlateau; write EarlyStopping.patience=...",
        ),
        (
            ["1,2", "EarlyStopping", "+", "ReduceLROnPlateau", "--what-if", "factr=2"],
            "none of EarlyStopping, ReduceLROnPlateau has a parameter 'factr'; did you mean factor?",
        ),
        (
            ["1,2", "EarlyStopping", "+", "ReduceLROnPlateau", "--what-if", "factor=.2", "baseline=1"],
            "one what-if changes one callback, and factor, baseline are of several",
        ),
    ],
)
def test_a_wrong_command_is_one_sentence(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", *arguments]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""
