"""The mistakes that a suite of this kind has to name: planted in copies of Keras's callbacks, and in callbacks in plain Python.

Each is one finding or two, and the first says which mistake it is.
"""

import inspect
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from callcheck.conformance.driver.subjects import custom
from callcheck.conformance.findings import Finding, findings
from callcheck.conformance.hearing import Hearing
from callcheck.conformance.results import Here
from callcheck.conformance.rules import AGREEMENTS
from callcheck.spec.clauses.clause import CLAUSES
from callcheck.spec.dialect import NEWEST, documented, resolve

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = 30
PLAIN = {
    "EarlyStopping": ROOT / "examples" / "early_stopping.py",
    "ReduceLROnPlateau": ROOT / "tests" / "planted" / "plain.py",
    "ModelCheckpoint": ROOT / "tests" / "planted" / "plain.py",
}
RESTORES_THE_LAST = (
    "        self.wait += 1\n",
    "        self.wait += 1\n        if self.restore_best_weights:\n            self.best_weights = self.model.get_weights()\n",
)
IN_KERAS = {
    "EarlyStopping": RESTORES_THE_LAST,
    "ReduceLROnPlateau": ("self.cooldown_counter = self.cooldown\n", "self.cooldown_counter = 0\n"),
    "ModelCheckpoint": (
        "if self._is_improvement(current, self.best):",
        "if self._is_improvement(current, self.best) or current == self.best:",
    ),
}
IN_PLAIN = {
    "EarlyStopping": RESTORES_THE_LAST,
    "ReduceLROnPlateau": ("self.cooling = self.cooldown\n", "self.cooling = 0\n"),
    "ModelCheckpoint": (
        "improves = better(value, self.best, self.mode)",
        "improves = better(value, self.best, self.mode) or value == self.best",
    ),
}
ABOUT = {
    "EarlyStopping": "early-stopping/restore-best-weights/",
    "ReduceLROnPlateau": "reduce-lr-on-plateau/cooldown/",
    "ModelCheckpoint": "model-checkpoint/save-best-only/",
}
"""By what the id of the first finding begins."""


def made(callback: str, source: str, name: str) -> type:
    module = sys.modules[name] = ModuleType(name)  # where pickle looks for its class
    exec(compile(source, f"{name}.py", "exec"), module.__dict__)
    return getattr(module, callback)  # type: ignore[no-any-return]  # it is a class


def with_mistake(source: str, mistake: tuple[str, str]) -> str:
    assert source.count(mistake[0]) == 1
    return source.replace(*mistake)


def found_in(callback: str, source: str, *, keras: bool) -> list[Finding]:
    """The findings about that class: a Keras's is held to its release, any other to the documentation."""
    dialect = resolve(NEWEST).dialect if keras else documented()
    name = "keras_copied" if keras else "plain"
    subject = Here(custom(f"{name}:{callback}", made(callback, source, name), callback))
    hearing = Hearing(subject, dialect, agrees=keras, as_keras=not keras, examples=EXAMPLES)
    rules = [rule for rule in (*CLAUSES.values(), AGREEMENTS[callback]) if callback in rule.callbacks]
    return findings(hearing, [hearing.judgement(rule, callback) for rule in rules])


def named(found: list[Finding], callback: str) -> None:
    """One finding or two, of which the first names the mistake, on a scenario that shows it."""
    ids = [finding.lead.clause.id for finding in found]
    assert 1 <= len(found) <= 2, ids
    assert ids[0].startswith(ABOUT[callback])
    assert found[0].lead.scenario is not None
    assert len(found[0].lead.scenario.fits) == 1
    assert len(found[0].lead.scenario.fits[0].epochs) <= 4


@pytest.mark.parametrize("callback", PLAIN)
def test_in_plain_python(callback: str) -> None:
    named(found_in(callback, with_mistake(PLAIN[callback].read_text(), IN_PLAIN[callback]), keras=False), callback)


@pytest.mark.parametrize("callback", PLAIN)
def test_in_plain_python_without_the_mistake_there_is_nothing(callback: str) -> None:
    found = found_in(callback, PLAIN[callback].read_text(), keras=False)
    assert [finding.lead.clause.id for finding in found] == []


@pytest.mark.parametrize("callback", ABOUT)
def test_what_a_callback_leaves_out_everywhere_hides_no_mistake(callback: str) -> None:
    """It logs nothing, warns of nothing and knows few parameters: all of that are findings, and come after the mistake."""
    found = found_in(callback, (ROOT / "tests" / "planted" / "sparse.py").read_text(), keras=False)
    assert found[0].lead.clause.id.startswith(ABOUT[callback])
    assert not {"warned", "logs"} & {each.clause.id.split("/")[1] for each in found[0].all}


@pytest.mark.parametrize("callback", IN_KERAS)
def test_in_a_copy_of_keras(callback: str) -> None:
    keras = pytest.importorskip("keras", reason="keras is not installed; pip install 'callcheck[keras]' installs it")
    own = import_module(getattr(keras.callbacks, callback).__module__)
    named(found_in(callback, with_mistake(inspect.getsource(own), IN_KERAS[callback]), keras=True), callback)
