"""FINDINGS.md: each finding is shown by its scenario, its script stands in the document, and prints what is said there."""

from pathlib import Path

import pytest

from callcheck.conformance import witness
from callcheck.conformance.defects import DOCUMENT, clause, defects, reproduced, script_of
from callcheck.conformance.driver.subjects import subject
from callcheck.conformance.results import Here
from callcheck.reference.replay import replay
from callcheck.spec.choices import CHOICES
from callcheck.spec.dialect import NEWEST, documented, resolve
from callcheck.spec.difference import difference
from callcheck.spec.trace import Trace

FINDINGS = Path(__file__).resolve().parents[1] / DOCUMENT


DEFECTS = {each.title: each for each in defects()}


@pytest.mark.parametrize("title", DEFECTS)
def test_a_finding_stands_in_the_document(title: str) -> None:
    """Remade with: python -m callcheck.conformance.defects"""
    defect, document = DEFECTS[title], FINDINGS.read_text(encoding="utf-8")
    assert f". {defect.title}\n" in document
    assert defect.says or defect.about in CHOICES or clause(defect.about).level == "documented"
    assert all(f"<{link}>" in document for link in defect.threads)
    in_keras = None if defect.scenario is None else witness.script(defect.scenario, "keras", (3, 15, 1))
    assert (defect.script or in_keras or "none") in document


@pytest.mark.parametrize("title", [title for title, each in DEFECTS.items() if not each.first])
def test_a_finding_of_keras_is_shown_by_its_scenario(title: str) -> None:
    defect, document = DEFECTS[title], FINDINGS.read_text(encoding="utf-8")
    shown = defect.shown_in(resolve(NEWEST).dialect)
    assert shown is not None
    assert defect.shown_in(documented()) is None, "the documentation promises otherwise"
    assert f"Seen in {shown}. Since keras {defect.since}.\n" in document


@pytest.mark.parametrize("title", [title for title, each in DEFECTS.items() if each.release or each.scenario is None])
def test_a_finding_that_the_reference_does_not_show_says_since_which_release(title: str) -> None:
    defect = DEFECTS[title]
    package = (defect.release or "keras").partition(" ")[0]
    assert defect.first.startswith(f"{package} ")
    assert f"Since {defect.first}.\n" in FINDINGS.read_text(encoding="utf-8")


def test_the_installed_keras_does_what_every_finding_says() -> None:
    """By its hooks, which takes no training; the scripts are run whenever the document is made."""
    keras = pytest.importorskip("keras")
    if keras.__version__ not in NEWEST:
        pytest.skip(f"the document is about {NEWEST}")
    found = {each.title: each.scenario for each in DEFECTS.values() if each.scenario is not None and not each.release}
    assert len(found) == len([each for each in DEFECTS.values() if not each.first])
    for (title, scenario), seen in zip(found.items(), Here(subject("keras")).ask([*found.values()]), strict=True):
        assert isinstance(seen, Trace), title
        assert difference(replay(scenario, resolve(NEWEST).dialect), seen) is None, title


def test_a_reproduction_prints_what_the_document_says() -> None:
    keras = pytest.importorskip("keras")
    if keras.__version__ not in NEWEST:
        pytest.skip(f"the document is about {NEWEST}")
    defect = defects()[0]
    lines = "\n".join(f"# {line}" for line in reproduced(defect).splitlines())
    assert f"{script_of(defect)}{lines}" in FINDINGS.read_text(encoding="utf-8")
