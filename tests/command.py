"""The command line in a test: a call with its exit status, a file of scenarios, and the one sentence on standard error."""

from pathlib import Path
from typing import Any

import pytest

import callcheck
from callcheck.cli import main

SOURCE = str(Path(callcheck.__file__).parents[1])
"""From where a process of its own imports callcheck."""

SCENARIO: dict[str, Any] = {
    "callback": "EarlyStopping",
    "config": {"monitor": "val_loss", "mode": "min", "patience": 1},
    "fits": [{"epochs": [{"logs": {"val_loss": 1.0}}, {"logs": {"val_loss": 1.0}}, {"logs": {"val_loss": 0.5}}]}],
}


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
