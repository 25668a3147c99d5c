"""A dialect: one value for every choice. Keras's dialects are a chain in which a release lists only what it changed.

Rules
- A TOML file holds `[[dialect]]` tables: `name`, `choices`, and optionally `extends`, `package` with `since`, `backend`.
- `extends` names a dialect read before; a dialect that extends none lists every choice.
- A release resolves to the dialect with the greatest `since` that is not newer. A release newer than the chain resolves to
  the last one, and the resolution says so; one older than the chain is refused.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .choices import CHOICES


class InvalidDialect(ValueError):
    """The name or the file is not that of a dialect; the message is one sentence that names what is wrong."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Dialect:
    """`choices` holds a value for every id of the registry. `package`, `since`, `backend`: the releases it describes."""

    name: str
    choices: Mapping[str, str]
    package: str | None = None
    since: str | None = None
    backend: str = "tensorflow"

    def __getitem__(self, choice: str) -> str:
        return self.choices[choice]

    def replace(self, name: str, **changes: str) -> "Dialect":
        """This dialect with other values, by id: `replace("x", **{"early-stopping/anchor": "best-value"})`."""
        return Dialect(name=name, choices=_checked(name, {**self.choices, **changes}))


def _checked(name: str, choices: Mapping[str, Any]) -> Mapping[str, str]:
    for choice, value in choices.items():
        if choice not in CHOICES:
            raise InvalidDialect(f"dialect {name}: unknown choice {choice!r}")
        if value not in CHOICES[choice].values:
            known = ", ".join(CHOICES[choice].values)
            raise InvalidDialect(f"dialect {name}: {choice} cannot be {value!r}; its values are {known}")
    missing = [choice for choice in CHOICES if choice not in choices]
    if missing:
        raise InvalidDialect(f"dialect {name}: no value for {missing[0]}; extend a dialect or list every choice")
    return MappingProxyType(dict(choices))


_FIELDS = {"name", "extends", "package", "since", "backend", "choices"}


def parse(text: str, known: Mapping[str, Dialect]) -> dict[str, Dialect]:
    """The dialects in a TOML text, by name, in order; they may extend those in `known`. Raises InvalidDialect."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidDialect(f"not TOML: {error}") from None
    tables = data.get("dialect")
    if set(data) != {"dialect"} or not isinstance(tables, list) or not tables:
        raise InvalidDialect("a dialect file holds [[dialect]] tables and nothing else")
    read: dict[str, Dialect] = {}
    for table in tables:
        unknown = set(table) - _FIELDS
        name = table.get("name")
        if unknown or not isinstance(name, str) or not isinstance(table.get("choices", {}), dict):
            raise InvalidDialect(f"a [[dialect]] has a name and choices; its fields are {', '.join(sorted(_FIELDS))}")
        base: Mapping[str, str] = {}
        if "extends" in table:
            parent = {**known, **read}.get(table["extends"])
            if parent is None:
                raise InvalidDialect(f"dialect {name}: it extends {table['extends']!r}, which is not known")
            base = parent.choices
        read[name] = Dialect(
            name=name,
            choices=_checked(name, {**base, **table.get("choices", {})}),
            package=table.get("package"),
            since=table.get("since"),
            backend=table.get("backend", "tensorflow"),
        )
    return read


@cache
def shipped() -> Mapping[str, Dialect]:
    """The dialects that come with callcheck, by name, in the order of the chain."""
    read: dict[str, Dialect] = {}
    folder = files(__package__) / "dialects"
    for file in sorted(folder.iterdir(), key=lambda path: path.name):
        if file.name.endswith(".toml"):
            read.update(parse(file.read_text(encoding="utf-8"), read))
    return MappingProxyType(read)


NEWEST = "keras-3.15.1"
"""The dialect to which an implementation is held that is not a Keras: the newest Keras on TensorFlow."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolution:
    """A dialect, and a sentence if it is not exactly the one that was asked for."""

    dialect: Dialect
    note: str | None = None


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))


def resolve(name: str) -> Resolution:
    """The dialect of that name, in the TOML file of that name, or in force in that release. Raises InvalidDialect."""
    if name in shipped():
        return Resolution(dialect=shipped()[name])
    if name.endswith(".toml"):
        try:
            text = Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidDialect(f"{name}: cannot be read ({error})") from None
        try:
            return Resolution(dialect=list(parse(text, shipped()).values())[-1])
        except InvalidDialect as error:
            raise InvalidDialect(f"{name}: {error}") from None
    release = re.fullmatch(r"(?P<package>[a-z-]+?)-(?P<version>\d+(\.\w+)*)(\+(?P<backend>\w+))?", name)
    if release is None:
        raise InvalidDialect(f"unknown dialect {name!r}; known are {', '.join(shipped())}")
    return release_dialect(release["package"], release["version"], release["backend"] or "tensorflow")


def _last_known(dialect: Dialect) -> tuple[int, ...]:
    """The release after which a dialect is named, which was run; `since` may be an earlier one that does the same."""
    return _version(dialect.name.split("+")[0])


def release_dialect(package: str, version: str, backend: str = "tensorflow") -> Resolution:
    """The dialect in force in a release of `package` on `backend`. Raises InvalidDialect."""
    chain = [dialect for dialect in shipped().values() if dialect.package == package and dialect.backend == backend]
    if not chain:
        raise InvalidDialect(f"no dialect is known for {package} {version} on {backend}")
    chain.sort(key=lambda dialect: _version(dialect.since or ""))
    asked = _version(version)  # a version given in part, such as 3.15, means the last one of it
    reached = [dialect for dialect in chain if _version(dialect.since or "")[: len(asked)] <= asked]
    if not reached:
        raise InvalidDialect(f"{package} {version} is older than the first known release, {chain[0].since}")
    note = None
    if reached[-1] is chain[-1] and asked > _last_known(chain[-1]):
        note = f"{package} {version} is newer than the last known release; the dialect {chain[-1].name} is used"
    return Resolution(dialect=reached[-1], note=note)
