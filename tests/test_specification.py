"""The document is what the clauses say, its words are explained and used, and its anchors lead somewhere."""

import json
import re
from pathlib import Path

import pytest

from callcheck.cli import main
from callcheck.conformance.report.specification import anchor, glossary, markdown, page
from callcheck.spec.choices import CHOICES
from callcheck.spec.clauses.clause import CLAUSES
from callcheck.spec.scenario import from_json

SPECIFICATION = Path(__file__).resolve().parents[1] / "SPECIFICATION.md"
TEXT = markdown()


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
    for example in examples:
        from_json(json.loads(example))


@pytest.mark.parametrize("term", glossary())
def test_a_word_that_is_explained_is_used(term: str) -> None:
    sentences = " ".join(clause.sentence for clause in CLAUSES.values()).lower()
    assert term.lower() in sentences


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
