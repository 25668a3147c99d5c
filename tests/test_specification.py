"""The document is what the clauses say, its words are explained and used, and its anchors lead somewhere."""

import json
import re
from pathlib import Path

import pytest

from callcheck.cli import main
from callcheck.conformance.report.example import example
from callcheck.conformance.report.specification import anchor, glossary, markdown, page
from callcheck.conformance.report.standing import breaks
from callcheck.spec.choices import CHOICES
from callcheck.spec.clauses.clause import CLAUSES
from callcheck.spec.scenario import from_json

SPECIFICATION = Path(__file__).resolve().parents[1] / "SPECIFICATION.md"
TEXT = markdown()
IN_JUDGE = {"every-callback/outcome/is-an-answer", "every-callback/outcome/is-the-same-every-time"}
"""Broken by an implementation that hangs or answers differently: no trace shows it."""


def test_the_document_is_in_step_with_the_clauses() -> None:
    """Remade with: callcheck clauses --markdown SPECIFICATION.md"""
    assert SPECIFICATION.read_text(encoding="utf-8") == TEXT


def test_every_clause_and_every_choice_has_an_anchor_of_its_own() -> None:
    anchors = re.findall(r'<a id="([^"]+)">', TEXT)
    assert len(anchors) == len(set(anchors))
    assert {anchor(id) for id in (*CLAUSES, *CHOICES)} <= set(anchors)


def test_every_link_in_it_leads_to_an_anchor() -> None:
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= set(re.findall(r'<a id="([^"]+)">', TEXT))


def test_its_examples_can_be_run_again() -> None:
    examples = re.findall(r"```json\n(.*)\n```", TEXT)
    assert len(examples) > 200
    for each in examples:
        from_json(json.loads(each))


@pytest.mark.parametrize("term", glossary())
def test_a_word_that_is_explained_is_used(term: str) -> None:
    sentences = " ".join(clause.sentence for clause in CLAUSES.values()).lower()
    assert term.lower() in sentences


@pytest.mark.parametrize("id", sorted(set(CLAUSES) - IN_JUDGE))
def test_its_example_tells_right_from_wrong(id: str) -> None:
    """What is seen in the first column does not break the clause; what is seen in the second does, and looks different."""
    shown, clause = example(id), CLAUSES[id]
    assert shown is not None
    assert shown.wrong is not None
    assert not breaks(clause, shown.kept)
    assert breaks(clause, shown.wrong)
    assert shown.kept.scenario == shown.wrong.scenario


def test_every_cause_of_a_break_is_named() -> None:
    """What Keras's documentation says of resuming needs an optimizer that is built, in every release."""
    section = TEXT.split('<a id="model-checkpoint-resume-compiling-the-model-is-enough">')[1].split("####")[0]
    assert "Broken by keras-3.15.1" in section
    assert "tf-keras-2.21.0" in section
    assert "model-checkpoint/unbuilt-optimizer" in section
    section = TEXT.split('<a id="model-checkpoint-resume-weights-bring-the-optimizer-back">')[1].split("####")[0]
    assert "**Broken by tf-keras-2.21.0**: [`model-checkpoint/loaded-weights`]" in section


def test_arguments_are_shown_as_python_writes_them() -> None:
    examples = [line for line in TEXT.splitlines() if line.startswith(("Example:", "Compared with:", "| "))]
    assert not [line for line in examples if re.search(r"\{'(?:array|tensor|path_like|relative|table|scale)'", line)]
    assert [line for line in examples if "lambda epoch" in line]


def test_the_page_is_self_contained() -> None:
    """Without scripts, and without anything from elsewhere but links."""
    made = page()
    assert "<script" not in made
    assert not re.findall(r"<(?:link|img|iframe)|@import|url\(", made)
    assert made.count("<table>") == len(re.findall(r"^\|---", TEXT, re.MULTILINE))


def test_the_command_writes_both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document, written = tmp_path / "s.md", tmp_path / "s.html"
    assert main(["clauses", "--markdown", str(document), "--html", str(written)]) == 0
    assert document.read_text(encoding="utf-8") == TEXT
    assert written.read_text(encoding="utf-8") == page()
    assert main(["clauses", "early-stopping", "--html", str(written)]) == 2
    assert "early-stopping" in capsys.readouterr().err
