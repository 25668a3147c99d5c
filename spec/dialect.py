"""A dialect: one value for every choice. It is a point on a package's chain of releases, with a backend and a NumPy era.

Rules
- `keras-3.15.1` is that release with its usual backend and NumPy, `keras-3.15.1+jax` and `keras-3.15.1+np1` with others. A
  combination that does not exist is refused.
- A dialect that comes with callcheck is called by the last known release that does the same.
- `documented` is what the documentation promises, read literally (`dialects/documented.toml`).
- Anybody's TOML file holds `[[dialect]]` tables: `name`, `choices`, and `extends`, a dialect; one that extends none lists every
  choice. Beside them may stand `[[declaration]]` tables and a table `[drawn]`, which are the judge's.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from .callbacks import CALLBACKS
from .chain import FOLDER, Chain, Change, chains, overlays
from .chain import InvalidDialect as InvalidDialect
from .chain import version as number
from .choices import CHOICES
from .reading import Refused, parse_toml, printable, read_text, shown

NEWEST = "keras-3.15.1"
"""The name of the dialect of the newest Keras, on TensorFlow."""
DOCUMENTED = "documented"
"""The name of the dialect that the documentation promises."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Dialect:
    """`choices` holds a value for every id of the registry. `package`, `since`, `backend`, `numpy`: where it comes from.

    `lineage`: the dialect and those from which it differs little, nearest first, under names that later releases do not change;
    empty for one of somebody's own.
    """

    name: str
    choices: Mapping[str, str]
    package: str | None = None
    since: str | None = None
    backend: str = "tensorflow"
    numpy: str | None = None
    lineage: tuple[str, ...] = ()

    def __getitem__(self, choice: str) -> str:
        return self.choices[choice]

    def value(self, choice: str, plain: str | None = None) -> str:
        """The value of the choice; `plain` where there is no such choice."""
        return self.choices[choice] if plain is None else self.choices.get(choice, plain)

    def among(self, choice: str, values: frozenset[str], plain: str | None = None) -> bool:
        """Whether the choice has one of these values."""
        return self.value(choice, plain) in values

    def signature(self, callback: str) -> str | None:
        """The name of the signature of the callback's constructor; None where there is but one."""
        return self.choices.get(f"{CALLBACKS[callback].prefix}/arguments")

    def takes(self, callback: str, names: Iterable[str]) -> bool:
        """Whether these are names of parameters of the callback's constructor."""
        record = CALLBACKS[callback]
        taking = record.taking(frozenset(names))
        return self.among(f"{record.prefix}/arguments", taking, next(iter(record.signatures)))

    def has(self, callback: str) -> bool:
        """Whether there is such a callback."""
        record = CALLBACKS[callback]
        return not record.missing or not self.among(f"{record.prefix}/arguments", record.missing, "")

    def unseen(self) -> tuple[str, ...]:
        """The callbacks of which it is not known what they do there: that there are none, too, would be known."""
        return tuple(
            name
            for name, callback in CALLBACKS.items()
            if (signature := self.signature(name)) is not None and not callback.signatures[signature].looked_at
        )

    def replace(self, name: str, **changes: str) -> "Dialect":
        """This dialect with other values, by id: `replace("x", **{"early-stopping/anchor": "best-value"})`."""
        return Dialect(name=name, choices=_checked(name, {**self.choices, **changes}))


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolution:
    """A dialect, and a sentence if it is not exactly the one that was asked for."""

    dialect: Dialect
    note: str | None = None


def _checked(name: str, choices: Mapping[str, Any]) -> Mapping[str, str]:
    for choice, value in choices.items():
        if choice not in CHOICES:
            raise InvalidDialect(f"dialect {printable(name)}: unknown choice {shown(choice)}")
        if not isinstance(value, str) or value not in CHOICES[choice].values:
            known = ", ".join(CHOICES[choice].values)
            raise InvalidDialect(
                f"dialect {printable(name)}: {choice} cannot be {shown(value)}; its values are {known}"
            )
    missing = [choice for choice in CHOICES if choice not in choices]
    if missing:
        raise InvalidDialect(f"dialect {name}: no value for {missing[0]}; extend a dialect or list every choice")
    return MappingProxyType(dict(choices))


# ---------------------------------------------------------------------------------------------- releases


@cache
def _at(package: str, point: str, backend: str, numpy: str) -> Dialect:
    """The dialect of a point on a chain. Raises InvalidDialect for a chain that says what does not exist."""
    chain = chains()[package]
    era = chain.era(point)
    suffix = _suffix(era.backends, backend) + _suffix(era.numpy, numpy)
    said = _said(chain, point)
    meant = {**overlays()[backend], **overlays()[numpy]}
    return Dialect(
        name=f"{package}-{chain.last(point)}{suffix}",
        choices=_checked(f"{package}-{point}{suffix}", {choice: meant.get(value, value) for choice, value in said.items()}),
        package=package, since=point, backend=backend, numpy=numpy,
        lineage=(f"{package}-{chain.first(point, backend, numpy)}{suffix}", *_ancestors(chain, point, suffix)),
    )  # fmt: skip


def _said(chain: Chain, point: str) -> dict[str, str]:
    """What the chain says of a point, and before it the chain from which it goes on: what is left to the backend stays so."""
    fork = chain.fork(point)
    if fork is None:
        return dict(chain.choices(point))
    package, _, release = fork.dialect.rpartition("-")
    before = chains()[package]
    return {**_said(before, before.in_force(release)[0]), **chain.choices(point)}


def _suffix(usual: tuple[str, ...], one: str) -> str:
    return "" if one == usual[0] else f"+{one}"


def _forked(chain: Chain, point: str) -> Dialect | None:
    """The dialect from which the chain goes on to a point; None where that is its root."""
    fork = chain.fork(point)
    if fork is None:
        return None
    package, _, release = fork.dialect.rpartition("-")
    return release_dialect(package, release).dialect


def _ancestors(chain: Chain, point: str, suffix: str) -> tuple[str, ...]:
    plain = (f"{chain.package}-{point}",) if suffix else ()
    older = tuple(f"{chain.package}-{release}" for release in reversed(chain.segment(point)[:-1]))
    forked = _forked(chain, point)
    return (*plain, *older, *(() if forked is None else forked.lineage))


def before(package: str, point: str) -> Dialect | None:
    """The dialect that a point on a chain came after: of the fork that it is, or else of the point before; None for a root."""
    chain = chains()[package]
    older = chain.segment(point)[:-1]
    if not older:
        return _forked(chain, point)
    era = chain.era(older[-1])
    return _at(package, older[-1], era.backends[0], era.numpy[0])


def path(dialect: Dialect) -> tuple[tuple[str, Change], ...]:
    """The changes that led to a release, oldest first, each with the package in whose chain it stands."""
    if dialect.package is None or dialect.since is None:
        return ()
    chain = chains()[dialect.package]
    forked = _forked(chain, dialect.since)
    own = tuple((chain.package, change) for change in chain.changed(dialect.since))
    return (*(() if forked is None else path(forked)), *own)


def release_dialect(package: str, version: str, backend: str | None = None, numpy: str | None = None) -> Resolution:
    """The dialect in force in a release of `package`, on its usual backend and NumPy or on others. Raises InvalidDialect."""
    if package not in chains():
        raise InvalidDialect(f"no release of {package} is known; known are {', '.join(chains())}")
    chain = chains()[package]
    leader = chain.led(version)
    if leader is not None:
        leading = chains()[leader.rpartition("-")[0]]
        return release_dialect(leading.package, leader.rpartition("-")[2], backend, numpy)
    point, note = chain.in_force(version)
    era = chain.era(chain.meant(version))
    backend, numpy = backend or era.backends[0], numpy or era.numpy[0]
    for one, there_are in ((backend, era.backends), (numpy, era.numpy)):
        if one not in there_are:
            raise InvalidDialect(f"{package} {version} is not known with {one}; it is with {', '.join(there_are)}")
    return Resolution(dialect=_at(package, point, backend, numpy), note=note)


def nearest(package: str, version: str, backend: str | None = None, numpy: str | None = None) -> Resolution:
    """The dialect in force in a release of Keras, or, where no chain knows the release, its backend or its NumPy, the nearest one
    that is known: the last before it, on its usual backend or NumPy. A sentence says so."""
    try:
        return release_dialect(package, version, backend, numpy)
    except InvalidDialect as error:
        chain = chains().get(package, chains()["keras"])
        point = chain.point(max((chain.known[0], *chain.before(version)), key=number))
        era = chain.era(point)
        backend = backend if backend in era.backends else era.backends[0]
        dialect = _at(chain.package, point, backend, numpy if numpy in era.numpy else era.numpy[0])
        return Resolution(dialect=dialect, note=f"{error}; the dialect {dialect.name} is used, which is the nearest")


@cache
def shipped() -> Mapping[str, Dialect]:
    """The dialects that come with callcheck and differ from each other, by name: every point of every chain, as it usually is
    and with what else matters there; and `documented`."""
    return MappingProxyType({dialect.name: dialect for dialect in _shipped()})


def _shipped() -> Iterator[Dialect]:
    for chain in chains().values():
        for point in chain.points():
            era = chain.era(chain.last(point))
            usual = _at(chain.package, point, era.backends[0], era.numpy[0])
            yield usual
            others = [(backend, era.numpy[0]) for backend in era.backends[1:]]
            others += [(era.backends[0], numpy) for numpy in era.numpy[1:]]
            for backend, numpy in others:
                other = _at(chain.package, point, backend, numpy)
                if other.choices != usual.choices:
                    yield other
    yield documented()


@cache
def _heard_of() -> Mapping[str, frozenset[str]]:
    """By choice, the values that a dialect of Keras's, or the documentation's, has."""
    return {choice: frozenset(dialect[choice] for dialect in shipped().values()) for choice in CHOICES}


@cache
def unlike_any_keras(dialect: Dialect) -> tuple[str, ...]:
    """The choices in which the dialect does what neither a Keras does nor the documentation says."""
    return tuple(choice for choice, value in dialect.choices.items() if value not in _heard_of()[choice])


def representative() -> tuple[str, ...]:
    """The names of the few dialects that are looked at where nobody asks for others: the newest, on a backend of another
    precision too, and the legacy package."""
    return (NEWEST, f"{NEWEST}+numpy", "tf-keras-2.21.0")


# ---------------------------------------------------------------------------------------------- the documentation


@dataclass(frozen=True, kw_only=True, slots=True)
class Promise:
    """What the documentation says of a choice. `place`: where it promises the value; None where it is silent, and the value is
    the plainest."""

    choice: str
    value: str
    place: str | None = None


@cache
def _documentation() -> Mapping[str, Any]:
    return MappingProxyType(tomllib.loads((FOLDER / "documented.toml").read_text(encoding="utf-8")))


def edition() -> str:
    """The release whose documentation is meant."""
    return str(_documentation()["edition"])


@cache
def promises() -> Mapping[str, Promise]:
    """What the documentation says, by choice."""
    tables = _documentation()
    read = [Promise(choice=choice, **table) for choice, table in tables["promised"].items()]
    read += [Promise(choice=choice, value=value) for choice, value in tables["silent"].items()]
    return MappingProxyType({promise.choice: promise for promise in read})


@cache
def documented() -> Dialect:
    """The dialect that keeps every promise of the documentation."""
    choices = _checked(DOCUMENTED, {promise.choice: promise.value for promise in promises().values()})
    newest = release_dialect("keras", NEWEST.removeprefix("keras-")).dialect
    return Dialect(name=DOCUMENTED, choices=choices, backend="numpy", lineage=(DOCUMENTED, *newest.lineage))


# ---------------------------------------------------------------------------------------------- names and files

_FIELDS = {"name", "extends", "choices"}


def parse(text: str) -> dict[str, Dialect]:
    """The dialects in a TOML text, by name, in order; they may extend each other and any known one. Raises InvalidDialect."""
    try:
        data = parse_toml(text)
    except Refused as error:
        raise InvalidDialect(str(error)) from None
    tables = data.get("dialect")
    if (
        not {"dialect"} <= set(data) <= {"dialect", "declaration", "drawn"}
        or not isinstance(tables, list)
        or not tables
    ):
        raise InvalidDialect(
            "a dialect file holds [[dialect]] tables, [[declaration]] tables and [drawn] if any, and nothing else"
        )
    read: dict[str, Dialect] = {}
    for table in tables:
        if not (
            isinstance(table, dict)
            and set(table) <= _FIELDS
            and isinstance(name := table.get("name"), str)
            and isinstance(table.get("extends", ""), str)
            and isinstance(table.get("choices", {}), dict)
        ):
            raise InvalidDialect(
                f"a [[dialect]] has a name, choices, and the name of what it extends; its fields are {', '.join(sorted(_FIELDS))}"
            )
        base: Mapping[str, str] = {}
        if "extends" in table:
            try:
                base = (read.get(table["extends"]) or _named(table["extends"]).dialect).choices
            except InvalidDialect as error:
                raise InvalidDialect(
                    f"dialect {printable(name)}: it extends {shown(table['extends'])}, which is not known: {error}"
                ) from None
        if name in read:
            raise InvalidDialect(f"two dialects are called {shown(name)}")
        read[name] = Dialect(name=name, choices=_checked(name, {**base, **table.get("choices", {})}))
    return read


@cache
def third_party() -> Mapping[str, Dialect]:
    """The dialects of other libraries that come with callcheck, by name; each file says what was run."""
    found: dict[str, Dialect] = {}
    for file in sorted(FOLDER.joinpath("third-party").iterdir(), key=lambda path: path.name):
        if file.name.endswith(".toml"):
            found.update(parse(file.read_text(encoding="utf-8")))
    return MappingProxyType(found)


def resolve(name: str) -> Resolution:
    """The dialect of that name, in the TOML file of that name, or in force in that release. Raises InvalidDialect."""
    if not name.endswith(".toml"):
        return _named(name)
    try:
        text = read_text(name)
    except Refused as error:
        raise InvalidDialect(str(error)) from None
    try:
        return Resolution(dialect=list(parse(text).values())[-1])
    except InvalidDialect as error:
        raise InvalidDialect(f"{printable(name)}: {error}") from None


def _named(name: str) -> Resolution:
    if name == DOCUMENTED:
        return Resolution(dialect=documented())
    if name in third_party():
        return Resolution(dialect=third_party()[name])
    release = re.fullmatch(
        r"(?P<package>[a-z-]+?)-(?P<version>[0-9]{1,9}(\.[0-9a-z]{1,9})*)(?P<overlays>(\+\w+)*)", name
    )
    if release is None:
        others = ", ".join(third_party())
        raise InvalidDialect(
            f"unknown dialect {shown(name)}; known are {DOCUMENTED}, releases such as {NEWEST}, and {others}"
        )
    named = release["overlays"].split("+")[1:]
    eras = [one for one in named if re.fullmatch(r"np\d", one)]
    backends = [one for one in named if one not in eras]
    if len(eras) > 1 or len(backends) > 1:
        raise InvalidDialect(f"{name} names more than one backend or more than one NumPy")
    return release_dialect(
        release["package"], release["version"], backends[0] if backends else None, eras[0] if eras else None
    )
