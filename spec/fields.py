"""Records and their JSON forms: what a field is called, how it is read and written, and when two of them differ, told once.

Rules
- A `Kind` is how values of one sort stand in JSON. Kinds are made of kinds: lists, objects, and a table of a record's fields.
- A table names every field of its record, in the order in which JSON has them; defaults are the record's own.
- A field that has its default is left out, unless the table says that it is `required`, or `written` all the same.
- An `observed` field is None where it could not be seen; then it equals everything. What is not `compared` does too.
- The first difference of two records is that of the first field by name; only what differs is written as JSON.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields
from itertools import zip_longest
from operator import attrgetter, eq
from typing import Any, Generic, NamedTuple, TypeVar

from .reading import (
    InvalidScenario,
    Path,
    boolean_from_json,
    describe,
    integer_from_json,
    list_from_json,
    one_of,
    text_from_json,
)

T = TypeVar("T")


class Found(NamedTuple):
    """Where two values differ, and what each has there, as JSON; None where it has nothing."""

    path: Path
    a: Any
    b: Any


def _first(a: Any, b: Any) -> Found | None:
    """The first place where two pieces of JSON differ."""
    if isinstance(a, dict) and isinstance(b, dict):
        pairs: list[tuple[str | int, Any, Any]] = [(name, a.get(name), b.get(name)) for name in sorted({*a, *b})]
    elif isinstance(a, list) and isinstance(b, list):
        pairs = [(index, one, other) for index, (one, other) in enumerate(zip_longest(a, b))]
    else:
        # 0.0 and -0.0 are told apart
        return None if json.dumps(a) == json.dumps(b) else Found((), a, b)
    for step, one, other in pairs:
        found = _first(one, other)
        if found is not None:
            return Found((step, *found.path), found.a, found.b)
    return None


def as_it_is(value: Any) -> Any:
    return value


class Kind(Generic[T]):
    """`read`: from JSON, raises InvalidScenario. `write`: to JSON. `same`: whether two values are equal."""

    __slots__ = ("read", "same", "write")

    def __init__(
        self, read: Callable[[Any], T], write: Callable[[T], Any] = as_it_is, same: Callable[[T, T], bool] = eq
    ) -> None:
        self.read = read
        self.write = write
        self.same = same

    def differ(self, a: T, b: T) -> Found | None:
        """The first place in which two values differ, or None."""
        return None if self.same(a, b) else _first(self.write(a), self.write(b))


TEXT = Kind(text_from_json)
BOOLEAN = Kind(boolean_from_json)
INTEGER = Kind(integer_from_json)
INDEX = Kind(lambda value: integer_from_json(value, 0))
"""An integer from zero."""


def choice(*texts: str) -> Kind[str]:
    """One of these texts."""
    return Kind(lambda value: one_of(value, texts))


class ListOf(Kind[tuple[T, ...]]):
    """A list, in memory a tuple; `what` says of what there has to be one at least."""

    __slots__ = ("item", "what")

    def __init__(self, item: Kind[T], what: str | None = None) -> None:
        write = item.write
        super().__init__(self._read, list if write is as_it_is else lambda items: [write(each) for each in items])
        self.item = item
        self.what = what

    def _read(self, value: Any) -> tuple[T, ...]:
        items = value if isinstance(value, list) else list_from_json(value)
        if not items:
            if self.what:
                raise InvalidScenario(f"the list is empty; at least one {self.what} is needed")
            return ()
        read: list[T] = []
        read_item = self.item.read
        try:
            for item in items:
                read.append(read_item(item))
        except InvalidScenario as error:
            raise error.within(len(read)) from None
        return tuple(read)

    def differ(self, a: tuple[T, ...], b: tuple[T, ...]) -> Found | None:
        differ = self.item.differ
        for index, (one, other) in enumerate(zip(a, b, strict=False)):
            found = differ(one, other)
            if found is not None:
                return Found((index, *found.path), found.a, found.b)
        if len(a) == len(b):
            return None
        index = min(len(a), len(b))
        return Found((index,), *(self.item.write(each[index]) if len(each) > index else None for each in (a, b)))


class MapOf(Kind[Mapping[str, T]]):
    """An object whose fields may have any name."""

    __slots__ = ("value",)

    def __init__(self, value: Kind[T]) -> None:
        super().__init__(self._read, lambda found: {name: value.write(each) for name, each in found.items()})
        self.value = value

    def _read(self, data: Any) -> Mapping[str, T]:
        if not isinstance(data, dict):
            raise InvalidScenario(f"expected an object, got {describe(data)}")
        read: dict[str, T] = {}
        for name, each in data.items():
            try:
                read[name] = self.value.read(each)
            except InvalidScenario as error:
                raise error.within(name) from None
        return read

    def differ(self, a: Mapping[str, T], b: Mapping[str, T]) -> Found | None:
        for name in sorted({*a, *b}):
            if name not in a or name not in b:
                return Found((name,), *(self.value.write(each[name]) if name in each else None for each in (a, b)))
            found = self.value.differ(a[name], b[name])
            if found is not None:
                return Found((name, *found.path), found.a, found.b)
        return None


def nullable(kind: Kind[T]) -> Kind[T | None]:
    """The same, or null."""
    return _Nullable(kind)


class _Nullable(Kind[T | None]):
    __slots__ = ("kind",)

    def __init__(self, kind: Kind[T]) -> None:
        super().__init__(
            lambda value: None if value is None else kind.read(value),
            lambda value: None if value is None else kind.write(value),
        )
        self.kind = kind

    def differ(self, a: T | None, b: T | None) -> Found | None:
        if a is None or b is None:
            return None if a is b else Found((), self.write(a), self.write(b))
        return self.kind.differ(a, b)


class Field:
    """A field of a record: its name there, its kind, and what is special about it.

    `json`: its name in JSON, where that is another; several names for a field whose parts stand among the others, which its kind
    reads from and writes to an object of these. `required`, `written`, `observed`, `compared`: see the rules above.
    """

    __slots__ = ("compared", "kind", "name", "names", "observed", "required", "spread", "written")

    def __init__(
        self, name: str, kind: Kind[Any], *, json: str | tuple[str, ...] | None = None, required: bool = False,
        written: bool = False, observed: bool = False, compared: bool = True,
    ) -> None:  # fmt: skip
        self.name = name
        self.kind = kind
        self.spread = isinstance(json, tuple)
        self.names: tuple[str, ...] = json if isinstance(json, tuple) else (json or name,)
        self.required = required
        self.written = written
        self.observed = observed
        self.compared = compared


class Table(Kind[T]):
    """The fields of a record; one that is no field of the dataclass but a property is written, and checked when it is read.

    `check` raises InvalidScenario for fields that do not go together. `open`: JSON may have more fields, which are passed over.
    """

    __slots__ = ("_comparing", "_derived", "_reading", "_required", "_values", "check", "fields", "open", "record")
    write: Callable[[T], dict[str, Any]]

    def __init__(
        self, record: type[T], *table: Field, check: Callable[[T], None] | None = None, open: bool = False
    ) -> None:
        defaults = _defaults(record)
        if not defaults.keys() <= {each.name for each in table}:
            raise TypeError(f"the table of {record.__name__} lacks a field")
        for each in table:
            each.required = each.required or defaults.get(each.name, MISSING) is MISSING
        super().__init__(self._read, _writer(table, defaults))
        self.record = record
        self.fields = table
        self.check = check
        self.open = open
        self._derived = tuple(each.name for each in table if each.name not in defaults)
        self._required = {each.names[0] for each in table if each.required}
        self._reading = {
            name: (each.name, each.kind.read, each.names if each.spread else ())
            for each in table
            for name in each.names
        }
        compared = sorted((each for each in table if each.compared), key=lambda each: each.names)
        self._comparing = tuple((each, each.observed, each.kind.differ) for each in compared)
        # with one name an attrgetter gives no tuple, so there is one more
        self._values = attrgetter(*(each.name for each in compared), compared[0].name)

    def _read(self, data: Any) -> T:
        if not isinstance(data, dict):
            raise InvalidScenario(f"expected an object, got {describe(data)}")
        reading = self._reading
        if not data.keys() >= self._required or not (self.open or data.keys() <= reading.keys()):
            self._refuse(data)
        values: dict[str, Any] = {}
        name = ""
        try:
            for name in data:
                if name in reading:
                    field, read, parts = reading[name]
                    if not parts:
                        values[field] = read(data[name])
                    elif name == parts[0]:
                        values[field] = read({part: data[part] for part in parts if part in data})
        except InvalidScenario as error:
            raise error if reading[name][2] else error.within(name) from None
        derived = {name: values.pop(name) for name in self._derived} if self._derived else {}
        record = self.record(**values)
        for name, value in derived.items():
            if value != getattr(record, name):
                raise InvalidScenario(f"expected {getattr(record, name)}, as the other fields say, got {value}", name)
        if self.check is not None:
            self.check(record)
        return record

    def _refuse(self, data: dict[str, Any]) -> None:
        """Raises InvalidScenario for the field that there is too much or too little."""
        for name in data:
            if name not in self._reading and not self.open:
                raise InvalidScenario(f"unknown field; the fields here are {', '.join(self._reading)}", name)
        for name in self._reading:
            if name in self._required and name not in data:
                raise InvalidScenario("this field is required", name)

    def differ(self, a: T, b: T) -> Found | None:
        if a is b:
            return None
        for (field, observed, differ), one, other in zip(
            self._comparing, self._values(a), self._values(b), strict=False
        ):
            if one is other or (observed and (one is None or other is None)):
                continue
            found = differ(one, other)
            if found is not None:
                return found if field.spread else Found((field.names[0], *found.path), found.a, found.b)
        return None


def _writer(table: Sequence[Field], defaults: Mapping[str, Any]) -> Callable[[Any], dict[str, Any]]:
    """What writes a record. It is made from source, as dataclasses make `__init__`: a loop over the fields takes twice as long,
    and records are written wherever a scenario is told from another."""
    known: dict[str, Any] = {}
    lines = ["def write(record):", "  written = {}"]
    for index, field in enumerate(table):
        known[f"write_{index}"], known[f"default_{index}"] = field.kind.write, defaults.get(field.name)
        value = "value" if field.kind.write is as_it_is else f"write_{index}(value)"
        put = f"written.update({value})" if field.spread else f"written[{field.names[0]!r}] = {value}"
        if not field.required and not field.written:
            unlike = "is not None" if known[f"default_{index}"] is None else f"!= default_{index}"
            put = f"if value {unlike}: {put}"
        lines += [f"  value = record.{field.name}", f"  {put}"]
    exec("\n".join([*lines, "  return written"]), known)
    write: Callable[[Any], dict[str, Any]] = known["write"]
    return write


def _defaults(record: type[Any]) -> dict[str, Any]:
    """The default of each field of a record; MISSING for one that has none."""
    return {
        each.name: each.default if each.default_factory is MISSING else each.default_factory()
        for each in fields(record)
    }
