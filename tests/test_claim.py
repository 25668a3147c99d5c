"""What may be claimed after a check: a sentence with its evidence, and a badge; nothing where something deviates."""

import json
import re

import pytest

from callcheck.cli import main

FEW = ("--callback", "TerminateOnNaN", "--examples", "20", "--claim")


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_the_same_as_the_documentation_is_that_its_clauses_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "reference@documented", "--dialect", "documented", *FEW]) == 0
    sentence, badge = lines(capsys)
    assert "keeps what the documentation of Keras promises in TerminateOnNaN" in sentence
    assert re.search(r"\d+ clauses judged on \d+ scenarios \(version \d+\.\d+\.\d+ of the specification", sentence)
    assert re.search(r"specification, \d{4}-\d\d-\d\d, dialect documented", sentence)
    assert json.loads(badge) == {
        "schemaVersion": 1, "label": "callcheck", "message": "keeps the documentation of Keras", "color": "brightgreen",
    }  # fmt: skip


def test_whoever_deviates_has_no_claim(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "reference@keras-2.3.1", "--dialect", "keras-3.15.1", *FEW]) == 1
    sentence, badge = lines(capsys)
    assert "has no claim to make about Keras 3.15.1" in sentence
    assert json.loads(badge)["color"] == "red"


def test_whoever_agrees_claims_to_be_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("keras")
    assert main(["check", "keras", "--dialect", "keras-3.15.1", *FEW]) == 0
    sentence, badge = lines(capsys)
    assert "does the same as Keras 3.15.1 in TerminateOnNaN" in sentence
    assert json.loads(badge)["message"] == "same as Keras 3.15.1"
