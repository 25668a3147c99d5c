"""Whom nothing can be asked of: one place says so, for every command and for pytest."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command import SCENARIO, SOURCE, call, one_sentence, written

ANY = """
import time

class Unmade:
    def __init__(self, **options): raise TypeError("nobody makes me")
    def on_epoch_end(self, epoch, logs=None): pass

class Sleeping:
    def __init__(self, **options): time.sleep(100)
    def on_epoch_end(self, epoch, logs=None): pass

class Raising:
    def __init__(self, **options): pass
    def set_params(self, params): raise RuntimeError("nobody calls me")
    def on_epoch_end(self, epoch, logs=None): pass
"""


@pytest.fixture(autouse=True)
def folder(own: Path) -> Path:
    """Callbacks that take every parameter, as the module `whatever` in the working directory."""
    (own / "whatever.py").write_text(ANY)
    return own


def test_diff_of_what_cannot_be_constructed_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("diff", "whatever:Unmade", "reference", "--callback", "EarlyStopping", "--examples", "5") == 4
    assert "whatever:Unmade could be constructed in none of" in one_sentence(capsys)


def test_diff_of_what_does_not_answer_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    words = (
        "diff",
        "whatever:Sleeping",
        "reference",
        "--callback",
        "EarlyStopping",
        "--examples",
        "5",
        "--time-limit",
        "1",
    )
    assert call(*words) == 4
    assert "whatever:Sleeping did not answer in time 3 times" in one_sentence(capsys)


def test_trace_says_that_every_scenario_ends_alike(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(folder, "\n".join(json.dumps({**SCENARIO, "initial_epoch": number}) for number in range(3)))
    assert call("trace", file, "--on", "whatever:Raising") == 0
    assert "whatever:Raising has the same error in 3 of 3 scenarios of EarlyStopping: RuntimeError" in one_sentence(
        capsys
    )


@pytest.mark.parametrize(
    ("name", "status", "sentence"),
    [
        ("kears", 4, "ERROR: callcheck: unknown implementation 'kears'; known are"),
        ("nowhere_at_all:X", 4, "Exit: callcheck: nowhere_at_all:X cannot be loaded: ModuleNotFoundError"),
        ("builtins:int", 2, "Exit: callcheck: builtins:int is no callback: it has no on_epoch_end"),
    ],
)
def test_pytest_says_once_whom_it_cannot_test(name: str, status: int, sentence: str, tmp_path: Path) -> None:
    words = ["--pyargs", "callcheck.conformance.test_clauses", "--callback", "EarlyStopping", "--implementation", name]
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words, "--examples", "1"],
        capture_output=True, text=True, cwd=tmp_path, timeout=100,
        env={**outside, "PYTHONPATH": SOURCE},
    )  # fmt: skip
    assert done.returncode == status
    assert (done.stdout + done.stderr).count(sentence) == 1
    assert "Traceback" not in done.stdout + done.stderr
