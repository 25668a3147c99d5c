"""Vectors: stored scenarios that matter, with the trace that each dialect expects, as JSON for implementations in any language.

A vector file is a list of
`{"id", "about", "scenario", "expected": [{"dialect", "trace"}]}`.
`about` names the clauses and choices that the scenario shows. A dialect has an entry where it differs from the one before it in
its lineage, so that a new one does not rewrite every line; what it expects is the nearest entry of its lineage. Dialects are
named by the first release that does the same, a name that later releases do not change.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from . import scenario as scenarios
from . import trace as traces
from .dialect import Dialect
from .scenario import Scenario
from .trace import Result


@dataclass(frozen=True, kw_only=True, slots=True)
class Vector:
    """A stored scenario; `expected` maps the name of a dialect that differs from its parent to its trace."""

    id: str
    about: tuple[str, ...]
    scenario: Scenario
    expected: Mapping[str, Result]

    def trace(self, dialect: Dialect) -> Result | None:
        """What the dialect expects; None for one of somebody's own, of which nothing is stored."""
        return next((self.expected[name] for name in dialect.lineage if name in self.expected), None)


def from_json(data: Mapping[str, Any]) -> Vector:
    """Raises what the readers of scenarios and traces raise."""
    return Vector(
        id=data["id"],
        about=tuple(data["about"]),
        scenario=scenarios.from_json(data["scenario"]),
        expected={entry["dialect"]: traces.from_json(entry["trace"]) for entry in data["expected"]},
    )


def to_json(vector: Vector) -> dict[str, Any]:
    return {
        "id": vector.id,
        "about": list(vector.about),
        "scenario": scenarios.to_json(vector.scenario),
        "expected": [
            {"dialect": dialect, "trace": traces.to_json(trace)} for dialect, trace in vector.expected.items()
        ],
    }


@cache
def stored() -> tuple[Vector, ...]:
    """Every vector that comes with callcheck, in the order of the files."""
    folder = files(__package__) / "vectors"
    found: list[Vector] = []
    for file in sorted(folder.iterdir(), key=lambda path: path.name):
        if file.name.endswith(".json"):
            found += (from_json(item) for item in json.loads(file.read_text(encoding="utf-8")))
    return tuple(found)
