"""A sequence that grows at its end: a value like a tuple, of which a longer one is made without copying it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar, overload

T = TypeVar("T")


class Growing(Sequence[T]):
    """`items.and_then(item)` is a longer one, and `items` stays what it is: both share a list, of which each sees its own part.
    Only where two grow from the same one, the second copies it; and an empty one is shared with nobody."""

    __slots__ = ("_length", "_list")

    def __init__(self, items: Iterable[T] = ()) -> None:
        self._list = list(items)
        self._length = len(self._list)

    def and_then(self, item: T) -> "Growing[T]":
        shared = self._list if len(self._list) == self._length > 0 else self._list[: self._length]
        shared.append(item)
        longer: Growing[T] = object.__new__(Growing)
        longer._list, longer._length = shared, self._length + 1
        return longer

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: Any) -> Any:
        return self._list[: self._length][index]

    def __iter__(self) -> Iterator[T]:
        return iter(self._list[: self._length])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Growing) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"Growing({list(self)!r})"
