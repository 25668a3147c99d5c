"""Files in a scenario: how a file path is handed over, and what is there before the first fit.

Rules
- `filepath` is a relative path, which the callback is given with a temporary directory in front. As {"path_like": path} it
  is given that as a `pathlib.Path`; as {"relative": path} the path as it is, in that directory as the working directory.
- `existing` is what lies in that directory before the first fit: relative paths, with a slash at the end for a directory,
  otherwise an empty file. Only ModelCheckpoint looks at it.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from .reading import InvalidScenario, describe, list_from_json, object_from_json

PATH_LIKE, RELATIVE = "path_like", "relative"
_PLAIN_PATH = re.compile(r"(?!(.*/)?\.\.?(/|$))[^/\0]+(/[^/\0]+)*", re.DOTALL)


def path_of(filepath: Any) -> str:
    """The path in a configured `filepath`, in whichever way it is handed over."""
    return str(next(iter(filepath.values())) if isinstance(filepath, Mapping) else filepath)


def handed_over_as(config: Mapping[str, Any]) -> str | None:
    """PATH_LIKE, RELATIVE, or None: as a string with a directory in front, or not at all."""
    filepath = config.get("filepath")
    return next(iter(filepath)) if isinstance(filepath, Mapping) else None


def existing_files(existing: Iterable[str]) -> frozenset[PurePosixPath]:
    """The files among what is there."""
    return frozenset(PurePosixPath(path) for path in existing if not path.endswith("/"))


def existing_directories(existing: Iterable[str]) -> frozenset[PurePosixPath]:
    """The directories among what is there, and those in which it lies."""
    named = (PurePosixPath(path) for path in existing if path.endswith("/"))
    return frozenset((*named, *(parent for path in existing for parent in PurePosixPath(path).parents)))


def filepath_from_json(value: Any, field: str) -> str | dict[str, str]:
    """A path, in one of the three forms."""
    if isinstance(value, dict):
        return _filepath_object(value, field)
    if not isinstance(value, str):
        raise InvalidScenario(field, f"expected a relative path, got {describe(value)}")
    if value.startswith("/") or ".." in value.split("/") or "\0" in value:
        raise InvalidScenario(field, f"expected a relative path without '..', got {value!r}")
    return value


def _filepath_object(value: dict[str, Any], field: str) -> dict[str, str]:
    given = object_from_json(value, field, (PATH_LIKE, RELATIVE))
    if len(given) != 1:
        raise InvalidScenario(field, f'a filepath that is an object has either "{PATH_LIKE}" or "{RELATIVE}"')
    ((kind, path),) = given.items()
    if not isinstance(path, str):
        raise InvalidScenario(f"{field}.{kind}", f"expected a relative path, got {describe(path)}")
    if not _PLAIN_PATH.fullmatch(path):
        # pathlib would write it otherwise
        raise InvalidScenario(
            f"{field}.{kind}", f"expected a relative path without '.', '..' and empty parts, got {path!r}"
        )
    return {kind: path}


def existing_from_json(value: Any, field: str) -> tuple[str, ...]:
    """Paths that can be there together."""
    for index, item in enumerate(list_from_json(value, field)):
        place = f"{field}[{index}]"
        if not isinstance(item, str):
            raise InvalidScenario(place, f"expected a relative path, got {describe(item)}")
        if not _PLAIN_PATH.fullmatch(item.removesuffix("/")):
            raise InvalidScenario(place, f"expected a relative path without '.', '..' and empty parts, got {item!r}")
    found = existing_files(value), existing_directories(value)
    for index, item in enumerate(value):
        if PurePosixPath(item) in found[0] & found[1]:
            raise InvalidScenario(f"{field}[{index}]", f"{item!r} would have to be a file and a directory")
    return tuple(value)
