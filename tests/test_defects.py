"""FINDINGS.md: each finding is shown by its scenario, its script stands in the document, and prints what is said there."""

from pathlib import Path

import pytest

from callcheck.conformance import witness
from callcheck.conformance.defects import DOCUMENT, Defect, clause, defects, reproduced
from callcheck.spec.choices import CHOICES
from callcheck.spec.dialect import NEWEST, documented, resolve

FINDINGS = Path(__file__).resolve().parents[1] / DOCUMENT


@pytest.mark.parametrize("defect", defects(), ids=[each.title for each in defects()])
def test_a_finding_is_shown_by_its_scenario_and_stands_in_the_document(defect: Defect) -> None:
    """Remade with: python -m callcheck.conformance.defects"""
    assert defect.shows_in(resolve(NEWEST).dialect)
    assert not defect.shows_in(documented()), "the documentation promises otherwise"
    assert defect.about in CHOICES or clause(defect.about).level == "documented"
    document = FINDINGS.read_text(encoding="utf-8")
    assert f". {defect.title}\n" in document
    script = witness.script(defect.scenario, "keras", (3, 15, 1))
    assert script is not None
    assert script in document
    assert f"Since keras {defect.since}." in document


def test_a_reproduction_prints_what_the_document_says() -> None:
    keras = pytest.importorskip("keras")
    if keras.__version__ not in NEWEST:
        pytest.skip(f"the document is about {NEWEST}")
    defect = defects()[0]
    script, printed = reproduced(defect)
    lines = "\n".join(f"# {line}" for line in printed.splitlines())
    assert f"{script}{lines}" in FINDINGS.read_text(encoding="utf-8")
