"""A program in any language: one that speaks the protocol in lines of JSON is a subject like any other."""

import json
import shutil
import sys
from pathlib import Path

import pytest
from libraries import missing

from callcheck.cli import main
from callcheck.conformance.infer import infer
from callcheck.conformance.results import Results
from callcheck.conformance.subjects.names import UnknownImplementation, parse
from callcheck.conformance.subjects.registry import start

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "tfjs"
PROGRAM = """
import json, sys
write = lambda answer: print(json.dumps(answer), flush=True)
write({"protocol": 1, "name": "a program", "capabilities": {"callbacks": ["TerminateOnNaN"], "observables": ["stop"]}})
for line in sys.stdin:
    asked = json.loads(line)
    stops = [epoch["logs"].get("loss") in ("NaN", "Infinity", "-Infinity") for epoch in asked["scenario"]["fits"][0]["epochs"]]
    epochs = []
    for stop in stops:
        epochs.append({"stop": stop})
        if stop:
            break
    fit = {"epochs": epochs, "epochs_run": len(epochs), "weights_of_epoch": None, "error": None}
    write({"id": asked["id"], "result": {"rejected": None, "fits": [fit]}})
"""


def test_a_program_is_asked_and_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "speaks.py").write_text(PROGRAM)
    (tmp_path / "nan.json").write_text(
        json.dumps(
            {"callback": "TerminateOnNaN", "fits": [{"epochs": [{"logs": {"loss": "NaN"}}, {"logs": {"loss": 1.0}}]}]}
        )
    )
    name = f"program:{sys.executable} {tmp_path / 'speaks.py'}"
    assert main(["trace", str(tmp_path / "nan.json"), "--on", name, "--json"]) == 0
    trace = json.loads(capsys.readouterr().out)
    assert trace["fits"][0]["epochs"] == [{"stop": True}]
    assert str(parse(name)) == name


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("print('hello', flush=True); input()", "greeting is no JSON"),
        ("raise SystemExit(3)", "the process ended with status 3"),
        ("print('{}', flush=True); input()", "speaks another protocol"),
    ],
)
def test_one_that_does_not_speak_it_cannot_be_started(
    tmp_path: Path, source: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mumbles.py").write_text(source)
    assert main(["infer", f"program:{sys.executable} {tmp_path / 'mumbles.py'}"]) == 4
    assert message in capsys.readouterr().err


def test_a_command_that_is_none_is_refused() -> None:
    with pytest.raises(UnknownImplementation, match="followed by the command"):
        parse("program:")
    with pytest.raises(UnknownImplementation, match="no command"):
        parse("program:'node")


def test_the_example_of_tensorflow_js_as_it_stands_in_the_documentation(monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("node") is None or not (EXAMPLE / "node_modules" / "@tensorflow" / "tfjs-layers").is_dir():
        missing("TensorFlow.js is not there (npm ci in examples/tfjs)")
    monkeypatch.chdir(EXAMPLE)
    started = start(parse("program:node early_stopping.mjs"))
    try:
        found = infer(Results(started.subject), "EarlyStopping", examples=100, seed=0)
    finally:
        started.close()
    told = {each.choice.partition("/")[2]: each.value for each in found.differences}
    assert told["direction"] == "name-contains-acc"
    assert told["first-epoch"] == "as-any-other"
    assert found.nearest.startswith("keras-2."), "it was made after one of those"
    # (minDelta || 0) is 0 for NaN: no choice says so
    assert sum(each.scenarios for each in found.unexplained) <= 2
