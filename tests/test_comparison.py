"""The page on which the libraries stand side by side: one row per choice in which they differ, blank where nothing was seen."""

import re
from pathlib import Path

import pytest

from callcheck.cli import main
from callcheck.conformance.report.comparison import markdown
from callcheck.spec.choices import CHOICES
from callcheck.spec.dialect import third_party

COMPARISON = Path(__file__).resolve().parents[1] / "COMPARISON.md"


def test_the_page_is_in_step_with_the_dialects(tmp_path: Path) -> None:
    """Remade with: callcheck dialects --markdown COMPARISON.md"""
    assert main(["dialects", "--markdown", str(tmp_path / "c.md")]) == 0
    assert COMPARISON.read_text(encoding="utf-8") == (tmp_path / "c.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("dialect", sorted(third_party()))
def test_every_library_has_a_column(dialect: str) -> None:
    headers = [line for line in markdown().splitlines() if line.startswith("| |")]
    assert any(f" {dialect} |" in header for header in headers)


def test_a_row_is_a_choice_and_its_values_are_those_of_the_choice() -> None:
    rows = re.findall(r"^\| ([a-z-]+) \|(.*)\|$", markdown(), re.MULTILINE)
    known = {id.partition("/")[2]: set() for id in CHOICES}  # type: dict[str, set[str]]
    for id, choice in CHOICES.items():
        known[id.partition("/")[2]] |= set(choice.values)
    assert len(rows) > 20
    for name, cells in rows:
        said = {cell.strip().strip("*") for cell in cells.split("|")} - {""}
        assert len(said) > 1, "libraries differ in it"
        assert said <= known[name]
