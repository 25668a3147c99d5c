"""Policies: what the choices of a dialect mean to a machine, as attributes that ask the dialect when they are first needed.

A run that never asked for a choice would have gone the same way with any other value of it. So it is known on what a prediction
depends: on what its run has asked, and on nothing else (`asked.py`).
"""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from callcheck.spec.callbacks import CALLBACKS, bind
from callcheck.spec.dialect import Dialect

Meaning = TypeVar("Meaning")


class Policy(Generic[Meaning]):
    """An attribute of an object that has a `dialect`; what it is set to instead stands in its place.

    `choice`: the id; one that begins with a stroke comes after the object's `prefix`.
    """

    def __init__(self, choice: str, asked: Callable[[Dialect, str], Meaning]) -> None:
        self.choice = choice
        self.asked = asked

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, asking: Any, owner: type) -> Meaning:
        choice = asking.prefix + self.choice if self.choice.startswith("/") else self.choice
        found = asking.__dict__[self.name] = self.asked(asking.dialect, choice)
        return found


def by(choice: str, table: Mapping[str, Meaning], *, plain: str | None = None) -> Policy[Meaning]:
    """What the table says of the value of the choice; of `plain`, for a callback that has no such choice."""
    return Policy(choice, lambda dialect, asked: table[dialect.value(asked, plain)])


def when(choice: str, value: str, *, plain: str | None = None) -> Policy[bool]:
    """Whether the choice has that value; whether `plain` is it, for a callback that has no such choice."""
    only = frozenset({value})
    return Policy(choice, lambda dialect, asked: dialect.among(asked, only, plain))


def bound(callback: str, config: Mapping[str, Any], dialect: Dialect) -> Any:
    """The configuration, with the defaults that the dialect's signature has. Raises TypeError as a call does."""
    if dialect.takes(callback, config):  # every signature that does binds it in the same way
        return CALLBACKS[callback].configuration(**config)
    return bind(callback, config, dialect.signature(callback))
