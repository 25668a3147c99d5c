"""The history is what the chains say, and every change is shown by its scenario."""

from pathlib import Path

import pytest

from callcheck.cli import main
from callcheck.conformance.report.history import Told, history, markdown
from callcheck.reference.replay import replay
from callcheck.spec.choices import CHOICES
from callcheck.spec.dialect import Dialect
from callcheck.spec.difference import difference

HISTORY = Path(__file__).resolve().parents[1] / "HISTORY.md"


def test_the_document_is_in_step_with_the_chains() -> None:
    """Remade with: callcheck history --markdown HISTORY.md"""
    assert HISTORY.read_text(encoding="utf-8") == markdown()


@pytest.mark.parametrize(
    "told", list(history()), ids=lambda told: f"{told.package}-{told.change.release}-{told.change.choice}"
)
def test_the_scenario_of_a_change_shows_it(told: Told) -> None:
    """The releases before and after differ there, and not without the choice."""
    choice, before, after = told.change.choice, told.before, told.now

    def apart(a: Dialect, b: Dialect) -> bool:
        held = CHOICES[choice].held
        return difference(replay(told.scenario, a), replay(told.scenario, b), attributes=held) is not None

    assert apart(before, after)
    alone = (before, before.replace("after", **{choice: after[choice]}))
    undone = (after.replace("before", **{choice: before[choice]}), after)
    assert apart(*alone) or apart(*undone)
    then, _, since = "\n".join(told.shown).partition(f"from {told.package} {told.change.release} on:\n")
    assert then.removeprefix("before:\n").strip() != since.strip(), "the tables do not show it"


def test_the_command_prints_the_changes_of_a_callback(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "early-stopping/reuse"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("EarlyStopping, keras\n")
    assert "  3.11.0: " in said
    assert main(["history", "early-stopping/nothing"]) == 2
