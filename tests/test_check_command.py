"""`callcheck check`, as a user types it: verdicts, findings, the report, and what is said first."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command import SOURCE, call, one_sentence

QUICK = ["--examples", "20", "--clause", "early-stopping/patience"]


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


def test_a_callback_of_ones_own_is_shown_its_deviation(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = own / "report"
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
    _, cost = " ".join(capsys.readouterr().out.split()).split("and on the others without what is not expressible: ")
    assert "min_delta (" in cost.partition(" version ")[0]


def test_a_parameter_under_another_name_is_named(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (own / "renamed.py").write_text(
        """
class Stop:
    def __init__(self, metric="val_loss", tolerance=3): ...
    def on_epoch_end(self, epoch, logs=None): ...
"""
    )
    about = ("--callback", "EarlyStopping", "--clause", "early-stopping/patience", "--examples", "5")
    call("check", "renamed:Stop", *about)
    said = " ".join(capsys.readouterr().out.split())
    assert "EarlyStopping is constructed without monitor, min_delta, patience, " in said
    assert "and can be given metric, tolerance, which is never done: it is judged with its own defaults" in said
    call("check", "mine:MyEarlyStopping", *about)
    assert "is constructed without" not in capsys.readouterr().out


def test_everything_fits_into_120_columns(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = ("--callback", "EarlyStopping", "--examples", "30")
    assert call("check", "mine:MyEarlyStopping", "reference", *few, "--verbose", "--report", "r") == 1
    assert max(len(line) for line in capsys.readouterr().out.splitlines()) <= 120
    assert {file.suffix for file in (own / "r").iterdir()} == {".html", ".json", ".md", ".txt", ".xml"}
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
    assert sorted(file.name for file in (own / "r").iterdir()) == [
        "check.json",
        "index.html",
        "junit.xml",
        "notes.txt",
        "summary.md",
    ]


def test_a_report_that_cannot_be_written_is_refused_before_anything_runs(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own / "r").write_text("a file")
    assert call("check", "reference", "--report", "r") == 2
    assert "--report r: cannot be written" in one_sentence(capsys)


@pytest.mark.usefixtures("own")
def test_a_subject_that_ends_its_process_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("check", "odd:Ending", "--clause", "early-stopping/patience/stops-after", "--examples", "1") == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "exit: the process ended with status 0" in out
    assert "of them without an answer (exit)" in out, "whatever the clause asks for"


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
    pytest.importorskip("keras")
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


def test_the_main_process_loads_no_framework_and_draws_nothing(tmp_path: Path) -> None:
    pytest.importorskip("keras")
    code = """
import sys
from callcheck.cli import main
status = main(["check", "keras", "--clause", "terminate-on-nan/loss", "--examples", "5"])
assert not {"hypothesis", "keras", "tensorflow"} & set(sys.modules)
sys.exit(status)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, "PYTHONPATH": SOURCE}, capture_output=True,
        text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []
