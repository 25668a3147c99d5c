"""Dialects as people name them: by the releases that do so, and on which backend, where not on all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from callcheck.spec.chain import chains
from callcheck.spec.dialect import DOCUMENTED, NEWEST, Dialect, shipped

from ..report.words import compared_with

USUAL = "tensorflow"
"""The backend of a dialect whose name has none."""


def whose_rules(dialect: Dialect) -> str:
    """Who does what the dialect says: `Keras 3.15.1`, or all releases that do: `Keras 3.11.0 to 3.12.4`."""
    return compared_with(NEWEST) if dialect.name == NEWEST else in_words([dialect])[0]


def in_words(dialects: Iterable[Dialect]) -> list[str]:
    """`Keras 3.11.0 to 3.14.1`, `Keras 3.7.0 to 3.15.1 on numpy`, `the documentation`: each once, oldest first."""
    found: dict[str, dict[str, set[str]]] = {}
    others = []
    for dialect in dialects:
        package, point, suffix = _parts(dialect)
        if package in chains():
            found.setdefault(package, {}).setdefault(point, set()).add(suffix)
        else:
            others.append("the documentation" if dialect.name == DOCUMENTED else dialect.name)
    said = [each for package in chains() if package in found for each in _spans(package, found[package])]
    return [*said, *others]


def _parts(dialect: Dialect) -> tuple[str, str, str]:
    """The package, the release from which on it is so, and the backend or NumPy era."""
    name, _, suffix = (dialect.lineage or (dialect.name,))[0].partition("+")  # of somebody's own nothing is known
    package, _, point = name.rpartition("-")
    return package, point, suffix


def _spans(package: str, found: dict[str, set[str]]) -> Iterator[str]:
    """The spans of releases that follow each other and do so on the same backends."""
    chain = chains()[package]
    there: dict[str, set[str]] = {}
    for dialect in shipped().values():
        own, point, suffix = _parts(dialect)
        if own == package:
            there.setdefault(point, set()).add(suffix)

    def on(point: str) -> tuple[str, ...] | None:
        if point not in found:
            return None
        return () if found[point] == there[point] else tuple(sorted(suffix or USUAL for suffix in found[point]))

    for where, run in groupby(chain.points(), on):
        points = list(run)
        if where is None:
            continue
        first, last = points[0], chain.last(points[-1])
        named = f"{package.capitalize() if package == 'keras' else package} {first}" + (
            f" to {last}" if last != first else ""
        )
        yield named + (f" on {' and '.join(where)}" if where else "")
