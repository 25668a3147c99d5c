"""The examples do what they say."""

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
