"""The command line: exit statuses, one sentence for what is wrong, the lists of what is known, and streams that lead nowhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from command import SOURCE, call, one_sentence

import callcheck
from callcheck.spec.choices import CHOICES


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["check", "kears"], 2, "unknown implementation 'kears'"),
        (["check", "reference@keras-0.1.0"], 2, "older than the first known release"),
        (["check", "reference", "--dialect", "none"], 2, "unknown dialect 'none'"),
        (["check", "reference", "--clause", "nothing/"], 2, "no clause begins with 'nothing/'"),
        (["check", "reference", "--callback", "Nothing"], 2, "invalid choice: 'Nothing'"),
        (
            ["check", "reference", "--callback", "EarlyStopping", "--callback", "ModelCheckpoint"],
            2,
            "argument --callback: can be given only once",
        ),
        (
            ["check", "reference", "--callback", "EarlyStopping", "--clause", "model-checkpoint"],
            3,
            "no clause that begins with 'model-checkpoint' is about EarlyStopping",
        ),
        (["check", "reference", "--examples", "none"], 2, "expected a whole number from 1, got 'none'"),
        (["trace", "nowhere.json", "--on", "reference"], 2, "nowhere.json: cannot be read"),
        (["trace"], 2, "the following arguments are required: SCENARIOS\n"),
        (["explain", "1,.9"], 2, "give a callback, as in EarlyStopping patience=3"),
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


def test_what_is_documented_names_its_edition_and_the_place_of_every_promise(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call("dialects", "documented") == 0
    first, *lines = capsys.readouterr().out.splitlines()
    assert first == "documented (what the documentation of Keras 3.15.1 promises)"
    told = [lines[index : index + 3] for index in range(0, len(lines), 3)]
    assert {choice.split()[0] for choice, _, _ in told} == set(CHOICES)
    assert all(place.startswith(("      Promised: ", "      The documentation is silent.")) for _, _, place in told)


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--implementation", "kears", "callcheck: unknown implementation 'kears'"),
        ("--callback", "EarlyStoping", "callcheck: unknown callback 'EarlyStoping'"),
        ("--budget", "0", "argument --budget: expected a number of seconds above 0, got '0'"),
    ],
)
def test_pytest_says_in_a_line_what_it_cannot_take(option: str, value: str, said: str, tmp_path: Path) -> None:
    folder = Path(callcheck.__file__).resolve().parents[2] / "conformance"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(folder), option, value],
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 4
    assert said in done.stderr
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) <= 5
