"""`callcheck trace`, as a user types it: a table or a line of JSON for each scenario, with reasons."""

import json
from pathlib import Path

import pytest
from command import SCENARIO, call, one_sentence, written

from callcheck.spec.trace import Trace, from_json


def test_a_trace_is_one_line_of_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("trace", written(tmp_path, json.dumps(SCENARIO)), "--on", "reference", "--json") == 0
    trace = json.loads(capsys.readouterr().out)
    assert [epoch["stop"] for epoch in trace["fits"][0]["epochs"]] == [False, True]
    assert trace["fits"][0]["epochs_run"] == 2
    assert trace["internal"]["implementation"] == "reference@keras-3.15.1"
    assert trace["callcheck"]
    assert isinstance(from_json(trace), Trace)


def test_a_trace_reads_as_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("trace", written(tmp_path, json.dumps(SCENARIO)), "--on", "reference") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("EarlyStopping(monitor='val_loss'")
    assert "val_loss=1.0" in lines[4]
    assert "stop" in lines[4]
    assert lines[6].endswith("(not run)")


def test_a_refused_configuration_has_no_fits_to_tell_of(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("trace", "TerminateOnNaN", "raise_error=true", "loss=1", "--on", "reference@tf-keras-2.21.0") == 0
    (first, rejected) = capsys.readouterr().out.splitlines()
    assert first == "TerminateOnNaN(raise_error=True)"
    assert rejected.startswith("  rejected: TypeError")


def test_a_line_separator_in_a_name_ends_no_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = json.dumps({**SCENARIO, "config": {"monitor": "val\u2028loss"}}, ensure_ascii=False)
    assert call("trace", written(tmp_path, f"{line}\n{line}\n"), "--on", "reference", "--json") == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.parametrize("form", ["list", "lines"])
def test_other_scenarios_are_run_though_one_is_wrong(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    items = [SCENARIO, {**SCENARIO, "callback": "Early"}, SCENARIO]
    text = json.dumps(items) if form == "list" else "\n".join(json.dumps(item) for item in items)
    assert call("trace", written(tmp_path, text), "--on", "reference", "--json") == 2
    captured = capsys.readouterr()
    results = [json.loads(line) for line in captured.out.splitlines()]
    assert [("fits" in result, "invalid" in result) for result in results] == [
        (True, False),
        (False, True),
        (True, False),
    ]
    assert results[1]["invalid"]["field"] == "callback"
    assert captured.err.count("\n") == 1
    assert "2: callback: unknown callback 'Early'" in captured.err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there is no scenario in it"),
        ("[]", "there is no scenario in it"),
        ('{"callback": "EarlyStopping",\n "fits": [}', "not JSON: Expecting value at line 2"),
        ('{"callback": "EarlyStopping"}', "fits: this field is required"),
        ("3", "expected an object, got a number"),
    ],
)
def test_a_wrong_file_is_named(text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("trace", written(tmp_path, text), "--on", "reference") == 2
    error = one_sentence(capsys)
    assert message in error
    assert "scenarios.json" in error


def test_two_implementations_side_by_side(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(own, json.dumps(SCENARIO))
    assert call("trace", file, "--on", "reference", "--against", "mine:MyEarlyStopping") == 0
    out = capsys.readouterr().out
    assert "on reference@keras-3.15.1" in out
    assert "on mine:MyEarlyStopping" in out
    assert "first difference: " in out
    assert call("trace", file, "--on", "reference", "--against", "reference", "--json") == 0
    compared = json.loads(capsys.readouterr().out)
    assert compared["difference"] is None
    assert compared["a"]["fits"] == compared["b"]["fits"]


def test_files_and_folders_are_numbered(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (own / "folder").mkdir()
    for name in ("a.json", "b.jsonl", "check.json"):
        (own / "folder" / name).write_text(json.dumps(SCENARIO))
    assert call("trace", "folder", written(own, json.dumps(SCENARIO)), "--on", "reference") == 0
    numbered = [line for line in capsys.readouterr().out.splitlines() if line.startswith("[")]
    assert [line.split()[0] for line in numbered] == ["[1]", "[2]", "[3]"]
    assert "a.json" in numbered[0]


def test_a_release_that_nobody_knows_yet_is_noted(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("trace", written(own, json.dumps(SCENARIO)), "--on", "reference@keras-99.0.0") == 0
    assert "keras 99.0.0 is newer than the last known release" in one_sentence(capsys)


def test_the_short_form_of_a_trace_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("trace", "EarlyStopping", "patience=1", "restore_best_weights=true", "val_loss=1,-,.9/2,2,3") == 0
    out = capsys.readouterr().out
    assert "val_loss=0.9 improves on 1.0 and is the best now: wait is 0." in out
    assert "val_loss is not in the logs" in out
    assert "and wait=1 has reached patience=1: stop. [early-stopping/patience/stops-after-patience-epochs]" in out
    assert "epoch 2   val_loss=3.0                             (not run)" in out
    assert "the weights of epoch index 0 are put back" in out
    assert "wait=1 best=2.0" in out


def test_the_short_form_has_several_callbacks(capsys: pytest.CaptureFixture[str]) -> None:
    several = "EarlyStopping patience=2 + ReduceLROnPlateau patience=1 monitor=loss val_loss=1,2,3 loss=1,.9,1"
    assert call("trace", *several.split()) == 0
    out = capsys.readouterr().out
    assert "  2. ReduceLROnPlateau(patience=1, monitor='loss')\n  fit 1\n" in out
    assert "1: val_loss=3.0 does not improve on 1.0, and wait=2 has reached patience=2: stop." in out
    assert "2: loss=1.0 does not improve on 0.9 by more than min_delta=0.0001, and wait has reached patience=1" in out


def test_reasons_are_in_json_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("trace", written(tmp_path, json.dumps(SCENARIO)), "--json") == 0
    reasons = json.loads(capsys.readouterr().out)["reasons"]
    assert [(each["epoch"], each["hook"]) for each in reasons] == [
        (0, "fit_begin"),
        (0, "epoch_end"),
        (1, "epoch_end"),
        (1, "fit_end"),
    ]
    assert reasons[2]["rule"] == "early-stopping/patience/stops-after-patience-epochs"


def test_the_reason_names_the_rate_that_the_hook_itself_logs(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["monitor=learning_rate", "mode=min", "patience=1", "factor=0.5", "val_loss=1,1,1"]
    assert call("trace", "ReduceLROnPlateau", *words) == 0
    out = capsys.readouterr().out
    assert "learning_rate=1.0 is the first monitored value" in out
    assert "learning_rate=None" not in out


def test_the_reasons_of_keras_are_those_of_its_reference(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("keras")
    words = ["ReduceLROnPlateau", "patience=1", "monitor=val_accuracy", "val_accuracy=.5,.5", "learning_rate=0.1"]
    told = []
    for subject in ("reference", "keras"):
        assert call("trace", *words, "--on", subject) == 0
        told.append([line for line in capsys.readouterr().out.splitlines() if line.endswith("]")])
    assert told[0] == told[1]
    assert "the learning rate goes from 0.1 to 0.01" in told[0][-1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["EarlyStopping", "patiance=2", "val_loss=1"], "no parameter 'patiance'; did you mean patience?"),
        (["EarlyStopping", "patience=2"], "give the values that the callback sees"),
        (["EarlyStopping", "val_loss=1,2", "loss=1"], "val_loss has 2 values and loss 1"),
        (
            ["EarlyStopping", "val_loss=1,x"],
            "val_loss is no parameter of EarlyStopping, and '1,x' no list of metric values",
        ),
        (["Early", "val_loss=1"], "unknown callback 'Early'"),
        (["EarlyStopping", "val_loss=1", "+"], "after + the name of a callback is expected"),
        (["EarlyStopping", "val_loss=1", "+", "TerminateOnNaN", "val_loss=2"], "val_loss is given twice"),
        (["EarlyStopping", "val_loss=1", "+", "Early"], "unknown callback 'Early'"),
    ],
)
def test_a_wrong_short_form_is_one_sentence(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("trace", *words) == 2
    assert message in one_sentence(capsys)
