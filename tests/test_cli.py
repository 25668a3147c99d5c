"""The command line, as a user types it: what it prints, its exit status, and one sentence for what is wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import callcheck
from callcheck.cli import main
from callcheck.spec.trace import Trace, from_json

SCENARIO: dict[str, Any] = {
    "callback": "EarlyStopping",
    "config": {"monitor": "val_loss", "mode": "min", "patience": 1},
    "fits": [{"epochs": [{"logs": {"val_loss": 1.0}}, {"logs": {"val_loss": 1.0}}, {"logs": {"val_loss": 0.5}}]}],
}
QUICK = ["--examples", "20", "--clause", "early-stopping/patience"]


def call(*arguments: str) -> int:
    """The exit status of a command."""
    try:
        return main(list(arguments))
    except SystemExit as ended:  # argparse ends like this
        return int(str(ended.code))


def written(folder: Path, text: str) -> str:
    file = folder / "scenarios.json"
    file.write_text(text)
    return str(file)


def one_sentence(capsys: pytest.CaptureFixture[str]) -> str:
    """What stands on standard error, which is one line."""
    error = capsys.readouterr().err
    assert error.count("\n") == 1, error
    assert "Traceback" not in error
    return error


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


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["check", "kears"], 2, "unknown implementation 'kears'"),
        (["check", "reference@keras-0.1.0"], 2, "older than the first known release"),
        (["check", "reference", "--dialect", "none"], 2, "unknown dialect 'none'"),
        (["check", "reference", "--clause", "nothing/"], 2, "no clause begins with 'nothing/'"),
        (["check", "reference", "--callback", "Nothing"], 2, "invalid choice: 'Nothing'"),
        (
            ["check", "reference", "--callback", "EarlyStopping", "--clause", "model-checkpoint"],
            3,
            "no clause that begins with 'model-checkpoint' is about EarlyStopping",
        ),
        (["check", "reference", "--examples", "none"], 2, "expected a whole number from 1, got 'none'"),
        (["trace", "nowhere.json", "--on", "reference"], 2, "nowhere.json: cannot be read"),
        (["trace"], 2, "the following arguments are required: SCENARIOS\n"),
        (["explain", "1,.9"], 2, "the following arguments are required: CALLBACK\n"),
        (["check", "keras=="], 2, "a release such as keras==3.10.0"),
        (["fly"], 2, "invalid choice: 'fly'"),
        (["check", "nowhere_to_be_found:Callback"], 4, "nowhere_to_be_found:Callback cannot be loaded"),
        (["clauses", "nothing"], 2, "no clause begins with 'nothing'"),
        (["dialects", "nothing"], 2, "unknown dialect 'nothing'"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    arguments: list[str], status: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*arguments) == status
    assert message in one_sentence(capsys)


def test_a_dialect_is_listed_with_the_releases_that_it_speaks_of(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("dialects") == 0
    lines = dict(line.split(None, 1) for line in capsys.readouterr().out.splitlines())
    assert lines["keras-3.9.2"] == "keras 3.8.0 to 3.9.2 on tensorflow"
    assert lines["keras-3.10.0"] == "keras 3.10.0 on tensorflow"
    assert lines["keras-3.15.1+jax"] == "keras 3.15.0 to 3.15.1 and newer on jax"


def test_check_gives_a_verdict_for_every_clause(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("check", "reference", "--json", *QUICK) == 0
    written = json.loads(capsys.readouterr().out)
    assert {result["clause"].split("/")[1] for result in written["results"]} == {"patience"}
    assert {
        "implementation",
        "clause",
        "callback",
        "level",
        "verdict",
        "finding",
        "exercised",
        "scenario",
        "related",
        "message",
        "reason",
    } == set(written["results"][0])
    assert written["seed"] == 0
    assert written["scenarios"] > 20


def test_check_says_that_nothing_was_exercised(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("check", "reference@tf-keras-2.21.0", "--clause", "model-checkpoint/mode/auto-takes-the-direction") == 3
    assert "not applicable" in capsys.readouterr().out


WRONG = '''
class MyEarlyStopping:
    """One off: it stops one epoch late."""

    def __init__(self, monitor="val_loss", patience=0):
        self.monitor, self.patience = monitor, patience

    def set_params(self, params): pass
    def set_model(self, model): self.model = model
    def on_train_begin(self, logs=None): self.best, self.wait = None, 0
    def on_train_end(self, logs=None): pass
    def on_epoch_begin(self, epoch, logs=None): pass
    def on_train_batch_begin(self, batch, logs=None): pass
    def on_train_batch_end(self, batch, logs=None): pass

    def on_epoch_end(self, epoch, logs=None):
        value = (logs or {}).get(self.monitor)
        if value is None:
            return
        if self.best is None or value < self.best:
            self.best, self.wait = value, 0
            return
        self.wait += 1
        if self.wait > self.patience:
            self.model.stop_training = True
'''


def test_a_callback_of_ones_own_is_shown_its_deviation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.py").write_text(WRONG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    report = tmp_path / "report"
    clause = "early-stopping/patience/stops-after-patience-epochs"
    assert call("check", "mine:MyEarlyStopping", "--clause", clause, "--report", str(report)) == 1
    out = capsys.readouterr().out
    assert f"mine:MyEarlyStopping: deviates: {clause}" in out
    assert "expected in fit 1" in out
    assert "replay with `callcheck trace -`" in out
    replayed = report / f"{clause.replace('/', '.')}.EarlyStopping.json"
    assert call("trace", str(replayed), "--on", "mine:MyEarlyStopping") == 0
    assert json.loads((report / "check.json").read_text())["results"][0]["verdict"] == "deviates"


def test_a_function_that_makes_a_keras_callback_is_driven_as_one_of_keras(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("keras")
    (tmp_path / "factory.py").write_text(
        "import keras\n\ndef EarlyStopping(**config):\n    return keras.callbacks.EarlyStopping(**config)\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    # by compiled metrics, which only the stand-in for Keras has
    clause = "early-stopping/mode/auto-takes-the-direction-of-the-compiled-metric"
    assert call("check", "factory:EarlyStopping", "--clause", clause, "--dialect", "keras-3.15.1") == 0
    assert "1 conforms" in capsys.readouterr().out


OWN = """
import os
import time
from mine import MyEarlyStopping

class Unmade(MyEarlyStopping):
    def __init__(self, patience=0): raise TypeError("nobody makes me")

class Raising(MyEarlyStopping):
    def on_epoch_end(self, epoch, logs=None): raise RuntimeError("nobody calls me")

class Ending(MyEarlyStopping):
    def on_epoch_end(self, epoch, logs=None): os._exit(0)

class Sleeping(MyEarlyStopping):
    def on_epoch_end(self, epoch, logs=None): time.sleep(100)

class Once:
    name = "once"
    from callcheck.conformance.driver.protocol import Capabilities
    capabilities = Capabilities(callbacks=frozenset({"EarlyStopping"}), parameters={"EarlyStopping": frozenset()})

    def build(self, scenario):
        from callcheck.conformance.driver.protocol import CannotExpress
        raise CannotExpress("metrics")
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with callbacks of one's own, as the working directory."""
    (tmp_path / "mine.py").write_text(WRONG)
    (tmp_path / "odd.py").write_text(OWN)
    (tmp_path / "derived.py").write_text("import keras\n\nclass Mine(keras.callbacks.EarlyStopping):\n    pass\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("mine", "odd"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "status", "sentence"),
    [
        ("Unmade", 4, "could be constructed in none of"),
        ("Raising", 1, "has the same error in"),
        ("Once", 3, "of EarlyStopping; in"),
    ],
)
@pytest.mark.usefixtures("own")
def test_what_cannot_be_judged_is_said_first(
    name: str, status: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("check", f"odd:{name}", "--callback", "EarlyStopping", "--examples", "20") == status
    lines = capsys.readouterr().out.split("\n\n")
    assert lines[0].endswith("compared with the documentation of Keras")
    assert sentence in lines[1]


@pytest.mark.usefixtures("own")
def test_a_constructor_without_a_parameter_costs_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    call("check", "mine:MyEarlyStopping", "--clause", "early-stopping/patience", "--examples", "20")
    assert "its constructor does not take min_delta (" in capsys.readouterr().out


def test_everything_fits_into_120_columns(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        call("check", "mine:MyEarlyStopping", "reference", "--callback", "EarlyStopping", "--verbose", "--report", "r")
        == 1
    )
    assert max(len(line) for line in capsys.readouterr().out.splitlines()) <= 120
    assert {file.suffix for file in (own / "r").iterdir()} == {".json", ".txt"}
    assert sorted(path.name for path in own.iterdir() if path.name != "__pycache__") == [
        "derived.py",
        "mine.py",
        "odd.py",
        "r",
    ]


def test_a_report_takes_the_place_of_the_last_one(own: Path) -> None:
    (own / "r").mkdir()
    (own / "r" / "notes.txt").write_text("not ours")
    assert (
        call("check", "mine:MyEarlyStopping", "--callback", "EarlyStopping", "--examples", "20", "--report", "r") == 1
    )
    assert len(list((own / "r").iterdir())) > 2
    assert call("check", "reference", "--callback", "EarlyStopping", "--examples", "20", "--report", "r") == 0
    assert sorted(file.name for file in (own / "r").iterdir()) == ["check.json", "notes.txt"]


def test_a_report_that_cannot_be_written_is_refused_before_anything_runs(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own / "r").write_text("a file")
    assert call("check", "reference", "--report", "r") == 2
    assert "--report r: cannot be written" in one_sentence(capsys)


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


SOURCE = str(Path(callcheck.__file__).parents[1])


def shell(command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command line in a shell of its own; `callcheck` stands for the command."""
    return subprocess.run(
        ["bash", "-c", "set -o pipefail; " + command.replace("callcheck", f"{sys.executable} -m callcheck", 1)],
        cwd=folder, env={**os.environ, "PYTHONPATH": SOURCE, **environment}, capture_output=True, text=True, check=False,
        timeout=120,
    )  # fmt: skip


WRONG_CHECK = "callcheck check mine:MyEarlyStopping --clause early-stopping/patience --examples 20"


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (f"{WRONG_CHECK} | true", 1),
        (f"{WRONG_CHECK} <&- 2>&-", 1),
        (f"{WRONG_CHECK} >&-", 1),
        (f"{WRONG_CHECK} > /dev/full", 2),
        (f"PYTHONIOENCODING=ascii {WRONG_CHECK}", 1),
        ("callcheck trace - --on reference <&-", 2),
        ("callcheck explain - EarlyStopping <&-", 2),
        ("callcheck clauses | true", 0),
    ],
)
def test_streams_that_lead_nowhere_hide_nothing(own: Path, command: str, status: int) -> None:
    done = shell(command, own)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_working_directory_that_is_gone_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    assert call("explain", "1,.9", "EarlyStopping") == 2
    assert "the working directory does not exist any more" in one_sentence(capsys)


def test_the_main_process_loads_no_framework(tmp_path: Path) -> None:
    pytest.importorskip("keras")
    code = """
import sys
from callcheck.cli import main
status = main(["check", "keras", "--clause", "terminate-on-nan/loss", "--examples", "5"])
assert not {"keras", "tensorflow"} & set(sys.modules)
sys.exit(status)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, "PYTHONPATH": SOURCE}, capture_output=True,
        text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("own")
def test_a_subject_that_ends_its_process_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("check", "odd:Ending", "--clause", "early-stopping/patience/stops-after", "--examples", "1") == 1
    assert "exit: the process ended with status 0" in capsys.readouterr().out


@pytest.mark.usefixtures("own")
def test_three_timeouts_end_a_pool(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["check", "odd:Sleeping", "--clause", "early-stopping/patience", "--time-limit", "0.3"]
    assert call(*arguments) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "incomplete: 3 scenarios were tried" in out
    assert "because EarlyStopping did not answer in time 3 times" in out


@pytest.mark.usefixtures("own")
def test_a_budget_that_runs_out_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing failed, and not everything was tried."""
    assert call("check", "keras", "--budget", "0.000001", "--clause", "terminate-on-nan", "--in-process") == 3
    assert "because the budget was spent" in " ".join(capsys.readouterr().out.split())


@pytest.mark.usefixtures("own")
def test_a_class_derived_from_keras_is_held_to_its_release(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("keras")
    assert call("check", "derived:Mine", "--clause", "early-stopping/mode", "--examples", "20") == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith("derived:Mine (derived from a callback of keras 3.")


def test_an_interpreter_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("check", "keras@/nowhere/bin/python", "--clause", "terminate-on-nan") == 4
    assert "/nowhere/bin/python cannot be started" in one_sentence(capsys)


def test_a_mistake_of_our_own_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(options: object) -> int:
        raise ZeroDivisionError("by nobody")

    monkeypatch.setattr("callcheck.commands.known.implementations", fail)
    assert call("implementations") == 5
    assert "a mistake in callcheck" in one_sentence(capsys)


def test_two_dialects_are_compared(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("dialects", "keras-3.15.1", "tf-keras-2.21.0") == 0
    assert "early-stopping/precision = float32-tensorflow / float64" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["clauses", "dialects", "implementations"])
def test_what_callcheck_knows_is_listed(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(command) == 0
    assert len(capsys.readouterr().out.splitlines()) >= 3


def test_a_dialect_is_printed_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("dialects", "tf-keras-2.21.0") == 0
    assert "learning-rate/log-key = lr" in capsys.readouterr().out


def test_the_short_form_of_a_trace_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("trace", "EarlyStopping", "patience=1", "restore_best_weights=true", "val_loss=1,-,.9/2,2,3") == 0
    out = capsys.readouterr().out
    assert "val_loss=0.9 improves on 1.0 and is the best now: wait is 0." in out
    assert "val_loss is not in the logs" in out
    assert "and wait=1 has reached patience=1: stop. [early-stopping/patience/stops-after-patience-epochs]" in out
    assert "epoch 2   val_loss=3.0                             (not run)" in out
    assert "the weights of epoch index 0 are put back" in out
    assert "wait=1 best=2.0" in out


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
    ],
)
def test_a_wrong_short_form_is_one_sentence(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("trace", *words) == 2
    assert message in one_sentence(capsys)


def test_pytest_says_in_a_line_that_an_implementation_is_unknown(tmp_path: Path) -> None:
    folder = Path(callcheck.__file__).resolve().parents[2] / "conformance"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(folder), "--implementation", "kears"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 4
    assert "callcheck: unknown implementation 'kears'" in done.stderr
    assert len(done.stderr.splitlines()) <= 3
