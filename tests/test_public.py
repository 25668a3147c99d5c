"""The public names of callcheck: a change of this list is a change of the interface."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import callcheck

PUBLIC = {
    "CLAUSES", "Capabilities", "Dialect", "Hearing", "InvalidDialect", "InvalidScenario", "Judgement", "Name",
    "Recorder", "Results", "Scenario", "Trace", "Unavailable", "difference", "explain", "loads",
    "parametrize_with_clauses", "parse", "replay", "resolve", "start",
}  # fmt: skip


def test_the_public_names_are_these() -> None:
    assert set(callcheck.__all__) - {"__version__"} == PUBLIC
    assert set(callcheck.__all__) <= set(dir(callcheck))


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_each_is_there_and_says_what_it_is(name: str) -> None:
    thing = getattr(callcheck, name)
    assert thing is getattr(callcheck, name)
    if callable(thing):
        assert (thing.__doc__ or "").strip(), f"{name} has no docstring"


def test_another_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="callcheck has no attribute 'nothing'"):
        callcheck.nothing  # noqa: B018
    assert importlib.import_module("callcheck.spec").__name__ == "callcheck.spec", "sub-packages are still imported"


def test_a_session_with_the_public_names() -> None:
    """As a user would write it."""
    code = """
import callcheck
scenario = callcheck.loads('{"callback": "TerminateOnNaN", "fits": [{"epochs": [{"logs": {"loss": "NaN"}}]}]}')
predicted = callcheck.replay(scenario, callcheck.resolve("keras-3.15.1").dialect)
seen = callcheck.Results(callcheck.start(callcheck.parse("reference")).subject).ask([scenario])[0]
assert callcheck.difference(predicted, seen) is None
import sys
assert not {"tensorflow", "keras", "hypothesis"} & set(sys.modules), "asking the reference loads nothing heavy"
"""
    source = str(Path(callcheck.__file__).parents[1])
    subprocess.run([sys.executable, "-c", code], cwd=source, check=True, timeout=60)
