"""What a callback leaves out everywhere: it never logs, warns or prints anything, where the reference does.

It is one thing, and told once. Were it compared with the rest, it would stand in nearly every scenario, and hide what the
callback decides otherwise.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from callcheck.spec.editing import configs
from callcheck.spec.scenario import Scenario
from callcheck.spec.trace import Result, Trace

SAID = {"logged": "puts nothing into logs", "warned": "never warns", "printed": "prints nothing"}
"""The fields of a trace that can be left out without a consequence in any other, as a sentence says it of the callback."""

LOGGED = ("learning_rate", "lr")
"""What callbacks log, and could monitor themselves."""


def silent(traces: Iterable[Trace]) -> frozenset[str]:
    """The fields in which nothing is seen in any of them, although it could be."""
    records = [record for trace in traces for record in _records(trace)]
    values = {
        name: [value for record in records if (value := getattr(record, name, None)) is not None] for name in SAID
    }
    return frozenset(name for name, those in values.items() if those and not any(those))


def has(result: Result, name: str) -> bool:
    """Whether anything stands in that field, be it of an epoch, of a batch or of a fit."""
    return isinstance(result, Trace) and any(_values(result, name))


def shows(scenario: Scenario, names: Collection[str]) -> bool:
    """Whether it tells anything of a callback that leaves these fields out: there is nothing of its own that it monitors."""
    return "logged" not in names or not any(config.get("monitor") in LOGGED for config in configs(scenario))


def without(trace: Trace, names: Collection[str]) -> Trace:
    """The trace as if these fields could not be observed."""
    return _without(trace, names) if names else trace


def emptied(trace: Trace, names: Collection[str]) -> Trace:
    """The trace as if nothing stood in these fields."""
    return _without(trace, names, empty=True) if names else trace


def _values(trace: Trace, name: str) -> Iterator[Any]:
    found = (getattr(record, name, None) for record in _records(trace))
    return (value for value in found if value is not None)


def _records(record: Any) -> Iterator[Any]:
    yield record
    for field in fields(record):
        value = getattr(record, field.name)
        for each in value if isinstance(value, tuple) else ():
            if is_dataclass(each):
                yield from _records(each)


def _without(record: Any, names: Collection[str], *, empty: bool = False) -> Any:
    changed: dict[str, Any] = {}
    for field in fields(record):
        value = getattr(record, field.name)
        if field.name in names:
            changed[field.name] = type(value)() if empty and value is not None else None
        elif isinstance(value, tuple) and any(map(is_dataclass, value)):
            changed[field.name] = tuple(_without(each, names, empty=empty) for each in value)
    return replace(record, **changed) if changed else record
