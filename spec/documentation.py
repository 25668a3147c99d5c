"""The documentation's promises, sentence by sentence, and the clauses that hold them (`documentation.toml`)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True, slots=True)
class Sentence:
    """A sentence of the documentation. `place`: the argument, or where it stands. `says`: what it promises, in our words.
    `clauses`: the ids of those that hold it; `missing`: what none of them holds, and why."""

    place: str
    says: str
    clauses: tuple[str, ...]
    missing: str | None = None


@cache
def sentences() -> Mapping[str, tuple[Sentence, ...]]:
    """The sentences by callback, in their order."""
    tables = tomllib.loads((files(__package__) / "documentation.toml").read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            callback: tuple(Sentence(**{**row, "clauses": tuple(row["clauses"])}) for row in rows)
            for callback, rows in tables.items()
        }
    )
