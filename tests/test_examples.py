"""The examples do what they say."""

import importlib
from pathlib import Path

import pytest

from callcheck.cli import main

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def test_a_callback_in_plain_python_that_does_what_keras_does_conforms_to_its_dialect(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(EXAMPLES)
    assert main(["check", "early_stopping:EarlyStopping", "--dialect", "keras-3.15.1+numpy", "--examples", "100"]) == 0
    assert "compared with Keras 3.15.1 on numpy" in capsys.readouterr().out


def test_what_it_does_as_keras_is_no_failure_unless_the_documentation_is_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(EXAMPLES)
    baseline = ["check", "early_stopping:EarlyStopping", "--clause", "early-stopping/baseline", "--examples", "50"]
    assert main(baseline) == 0
    assert (
        "early-stopping/baseline/stops-if-it-is-not-beaten: keras-3.15.1 does the very same" in capsys.readouterr().out
    )
    assert main([*baseline, "--dialect", "documented"]) == 1
    out = capsys.readouterr().out
    assert "1. early_stopping:EarlyStopping: deviates: early-stopping/baseline/" in out
    assert "as in Keras" not in out


def test_a_home_made_loop_is_told_what_it_does_otherwise_and_pinned(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(EXAMPLES)
    monkeypatch.syspath_prepend(str(EXAMPLES))
    loop = importlib.import_module("home_made_loop")
    assert loop.train([3.0, 2.0, 2.5, 2.5, 1.0], patience=1) == [3.0, 2.0, 2.5, 2.5], (
        "one epoch later than patience says"
    )
    pin, few = str(tmp_path / "loop.toml"), ("--examples", "60")
    assert main(["infer", "home_made_loop:Adapter", "--pin", pin, *few]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "After patience epochs without an improvement and one more" in said
    assert "left unexplained" not in said
    assert main(["check", "home_made_loop:Adapter", "--dialect", pin, *few]) == 0
