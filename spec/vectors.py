"""Vectors: stored scenarios that matter, with the trace that each dialect expects, as JSON for implementations in any language.

A vector file is a list of
`{"id", "about", "scenario", "expected": [{"dialects": [...], "trace": ...}]}`.
`about` names the clauses and choices that the scenario shows. Dialects with one and the same trace share an entry.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from . import scenario as scenarios
from . import trace as traces
from .scenario import Scenario
from .trace import Result


@dataclass(frozen=True, kw_only=True, slots=True)
class Vector:
    """A stored scenario; `expected` maps a dialect's name to its trace."""

    id: str
    about: tuple[str, ...]
    scenario: Scenario
    expected: Mapping[str, Result]


def from_json(data: Mapping[str, Any]) -> Vector:
    """Raises what the readers of scenarios and traces raise."""
    return Vector(
        id=data["id"],
        about=tuple(data["about"]),
        scenario=scenarios.from_json(data["scenario"]),
        expected={
            dialect: traces.from_json(entry["trace"]) for entry in data["expected"] for dialect in entry["dialects"]
        },
    )


def to_json(vector: Vector) -> dict[str, Any]:
    groups: dict[str, list[str]] = {}
    for dialect, result in vector.expected.items():
        groups.setdefault(json.dumps(traces.to_json(result)), []).append(dialect)
    return {
        "id": vector.id,
        "about": list(vector.about),
        "scenario": scenarios.to_json(vector.scenario),
        "expected": [{"dialects": dialects, "trace": json.loads(trace)} for trace, dialects in groups.items()],
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
