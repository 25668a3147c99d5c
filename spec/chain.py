"""The history of a package as a chain of change records, oldest to newest, and what lies over it: backend and NumPy.

Rules
- A chain is a TOML file in `dialects/`: `package`; `known`, the releases that were run, oldest first; `[[era]]` tables, with the
  backends and the NumPy eras that there are from a release on, the usual one first; `[root]`, a value for every choice in the
  oldest release; and `[[change]]` records.
- A change record has `release`, `choice`, `value`, `says` (one line), `source`, and the `scenario` that shows it, as a table
  or, where it needs a null, as JSON in a text.
- Where a release was made of another package's code, a `[[fork]]` names it: from that `release` on the chain goes on from
  `dialect`, of another chain, with a line that `says` so and a `source`. A chain may begin with one in place of a root.
- `[follows]`: from `since` on, before `until`, every release does what the release of the same minor version of another
  `package` does, which it requires.
- A value may be one of `overlays.toml`: `of-the-backend` is what the backend makes of a comparison, `of-numpy` what NumPy makes
  of a product, `if-floats-of-numpy` whether the backend's tensors are floats, `of-its-tensors` what they raise. So a dialect is a
  release, a backend and a NumPy era, and no table for each.
- Releases with no change between them do the same. One that was not run is refused if those around it that were run differ.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from .reading import Refused

FOLDER = files(__package__) / "dialects"


class InvalidDialect(Refused):
    """The name or the file is not that of a dialect; the message is one sentence that names what is wrong."""


@cache
def version(text: str) -> tuple[int, ...]:
    """The numbers in a version, to be compared."""
    return tuple(int(part) for part in re.findall(r"\d+", text))


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """From `release` (of the chain's package) on, `choice` is `value`; `scenario` is one as read from JSON."""

    release: str
    choice: str
    value: str
    says: str
    source: str
    scenario: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Fork:
    """From `release` on the chain goes on from a dialect of another one."""

    release: str
    dialect: str
    says: str
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Follows:
    """The releases from `since` on, before `until`, do what the release of `package` of the same minor version does."""

    package: str
    since: str
    until: str
    says: str
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Era:
    """From `since` on there are these backends and NumPy eras; the first of each is meant where none is named."""

    since: str
    backends: tuple[str, ...]
    numpy: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chain:
    """`root`: what the oldest release does, empty where the chain begins with a fork."""

    package: str
    known: tuple[str, ...]
    eras: tuple[Era, ...]
    changes: tuple[Change, ...]
    root: Mapping[str, str]
    forks: tuple[Fork, ...] = ()
    follows: Follows | None = None

    def fork(self, point: str) -> Fork | None:
        """The fork from which a point goes on; None where it goes on from the root."""
        return next((fork for fork in reversed(self.forks) if version(fork.release) <= version(point)), None)

    def segment(self, point: str) -> tuple[str, ...]:
        """The points up to that one, from the root or the last fork on."""
        fork = self.fork(point)
        first = version(self.known[0] if fork is None else fork.release)
        return tuple(one for one in self.points() if first <= version(one) <= version(point))

    def led(self, release: str) -> str | None:
        """The release of another package that a release does what it does; None for one that goes its own way. Raises
        InvalidDialect where it has no code of its own, and which one it is made of is not said by its version."""
        follows = self.follows
        if follows is None or version(release) < version(follows.since):
            return None
        if version(release) >= version(follows.until):
            raise InvalidDialect(
                f"{self.package} {release} has no callbacks of its own: they are those of the {follows.package} that is installed"
            )
        return f"{follows.package}-{'.'.join(release.split('.')[:2])}"

    def points(self) -> tuple[str, ...]:
        """The releases that do something else than the one before, the oldest among them."""
        releases = {self.known[0], *(change.release for change in self.changes), *(fork.release for fork in self.forks)}
        return tuple(release for release in self.known if release in releases)

    def point(self, release: str) -> str:
        """The last of the points that is not newer."""
        return [point for point in self.points() if version(point) <= version(release)][-1]

    def before(self, release: str) -> tuple[str, ...]:
        """The releases that were run and are not newer."""
        return tuple(known for known in self.known if version(known) <= version(release))

    def last(self, point: str) -> str:
        """The newest release that was run and does what the point does."""
        return [release for release in self.known if self.point(release) == point][-1]

    def first(self, point: str, backend: str, numpy: str) -> str:
        """The oldest release that does what the point does, and is known with that backend and NumPy."""
        eras = {release: self.era(release) for release in self.known if self.point(release) == point}
        return next((it for it, era in eras.items() if backend in era.backends and numpy in era.numpy), point)

    def era(self, release: str) -> Era:
        return [era for era in self.eras if version(era.since) <= version(release)][-1]

    def meant(self, asked: str) -> str:
        """The release that a version means: one given in part, such as 3.15, the last known release of it."""
        of_it = [known for known in self.known if version(known)[: len(version(asked))] == version(asked)]
        return of_it[-1] if of_it else asked

    def in_force(self, asked: str) -> tuple[str, str | None]:
        """The point in force in a release, and a sentence if it is newer than all. Raises InvalidDialect."""
        release = self.meant(asked)
        older = self.before(release)
        newer = [known for known in self.known if version(known) >= version(release)]
        if not older:
            raise InvalidDialect(f"{self.package} {asked} is older than the first known release, {self.known[0]}")
        point = self.point(older[-1])
        if not newer:
            last = f"{self.package}-{self.last(point)}"
            return point, f"{self.package} {asked} is newer than the last known release; the dialect {last} is used"
        if point != self.point(newer[0]):
            raise InvalidDialect(
                f"what {self.package} {asked} does is not known: it lies between {older[-1]} and {newer[0]}, which differ"
            )
        return point, None

    def changed(self, point: str) -> tuple[Change, ...]:
        """The changes from the root or the last fork on up to a point."""
        segment = self.segment(point)
        return tuple(change for change in self.changes if change.release in segment)

    def choices(self, point: str) -> Mapping[str, str]:
        """What the chain itself says of a point: every choice that its root sets, unless it forks, or a change; overlays not
        resolved."""
        root = self.root if self.fork(point) is None else {}
        return {**root, **{change.choice: change.value for change in self.changed(point)}}


def _scenario(written: Any) -> Any:
    """A scenario as from JSON, which stands in the table, or as JSON in a text: TOML has no null."""
    return json.loads(written) if isinstance(written, str) else written


def _read(name: str) -> Any:
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


@cache
def overlays() -> Mapping[str, Mapping[str, str]]:
    """What each backend and each NumPy era makes of the values that are theirs to say, by its name."""
    table = _read("overlays.toml")
    return {**table["backend"], **table["numpy"]}


@cache
def chains() -> Mapping[str, Chain]:
    """The chains by package, one that forks after the one from which it does."""
    read = {}
    for file in sorted(FOLDER.iterdir(), key=lambda path: path.name):
        if not file.name.endswith(".toml"):
            continue
        table = _read(file.name)
        if "package" not in table:
            continue
        package = table["package"]
        read[package] = Chain(
            package=package,
            known=tuple(table["known"]),
            eras=tuple(
                Era(since=era["since"], backends=tuple(era["backends"]), numpy=tuple(era["numpy"]))
                for era in table["era"]
            ),
            changes=tuple(
                Change(
                    **{
                        **change,
                        "release": change["release"].removeprefix(f"{package} "),
                        "scenario": _scenario(change["scenario"]),
                    }
                )
                for change in table.get("change", ())
            ),
            root=table.get("root", {}),
            forks=tuple(Fork(**fork) for fork in table.get("fork", ())),
            follows=Follows(**table["follows"]) if "follows" in table else None,
        )
    return read
