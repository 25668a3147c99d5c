"""callcheck: a specification of metric-driven training callbacks, and a suite that holds implementations to it.

Importing this package loads nothing but the standard library; the public names are fetched when they are used. `callcheck.spec`
says what must hold, `callcheck.reference` predicts, `callcheck.conformance` judges; the command line is `callcheck` (see
`callcheck.cli`).
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # what type checkers take for True; `typing` itself takes as long to import as all the rest here

__version__ = "0.1.0"

# In a checkout the sub-packages stand at the top of the repository, two folders up; installed, they lie beside this file.
_checkout = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
if all(os.path.isfile(os.path.join(_checkout, *path)) for path in (("pyproject.toml",), ("spec", "scenario.py"))):
    __path__.append(_checkout)

if TYPE_CHECKING:
    from typing import Any

    from callcheck.conformance.collecting.recorder import Recorder as Recorder
    from callcheck.conformance.driver.protocol import Capabilities as Capabilities
    from callcheck.conformance.driver.protocol import Unavailable as Unavailable
    from callcheck.conformance.explain.public import explain as explain
    from callcheck.conformance.hearing import Hearing as Hearing
    from callcheck.conformance.integration import parametrize_with_clauses as parametrize_with_clauses
    from callcheck.conformance.judge import Judgement as Judgement
    from callcheck.conformance.results import Results as Results
    from callcheck.conformance.subjects.names import Name as Name
    from callcheck.conformance.subjects.names import parse as parse
    from callcheck.conformance.subjects.registry import start as start
    from callcheck.reference.replay import replay as replay
    from callcheck.spec.clauses.clause import CLAUSES as CLAUSES
    from callcheck.spec.dialect import Dialect as Dialect
    from callcheck.spec.dialect import InvalidDialect as InvalidDialect
    from callcheck.spec.dialect import resolve as resolve
    from callcheck.spec.difference import difference as difference
    from callcheck.spec.reading import InvalidScenario as InvalidScenario
    from callcheck.spec.scenario import Scenario as Scenario
    from callcheck.spec.scenario import loads as loads
    from callcheck.spec.trace import Trace as Trace

_HOMES = {
    "Capabilities": "conformance.driver.protocol",
    "Unavailable": "conformance.driver.protocol",
    "explain": "conformance.explain.public",
    "Hearing": "conformance.hearing",
    "parametrize_with_clauses": "conformance.integration",
    "Judgement": "conformance.judge",
    "Recorder": "conformance.collecting.recorder",
    "Results": "conformance.results",
    "Name": "conformance.subjects.names",
    "parse": "conformance.subjects.names",
    "start": "conformance.subjects.registry",
    "replay": "reference.replay",
    "CLAUSES": "spec.clauses.clause",
    "Dialect": "spec.dialect",
    "InvalidDialect": "spec.dialect",
    "resolve": "spec.dialect",
    "InvalidScenario": "spec.reading",
    "Scenario": "spec.scenario",
    "loads": "spec.scenario",
    "Trace": "spec.trace",
    "difference": "spec.difference",
}
"""The public names, and the modules in which they stand."""

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    """A public name, fetched at its first use (PEP 562)."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"callcheck has no attribute {name!r}")
    if name == "CLAUSES":
        import_module("callcheck.spec.clauses")  # which registers them
    value = globals()[name] = getattr(import_module(f"callcheck.{_HOMES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
