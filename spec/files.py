"""Files in a scenario: how a file path is handed over, and what is there before the first fit.

Rules
- `filepath` is a relative path, which the callback is given with a temporary directory in front. As {"path_like": path} it
  is given that as a `pathlib.Path`; as {"relative": path} the path as it is, in that directory as the working directory.
- `filename`, of CSVLogger, `backup_dir`, of BackupAndRestore, and `log_dir`, of TensorBoard, are relative paths, which are handed
  over with that directory in front; a `backup_dir` may be empty, and is handed over so.
- `existing` is what lies in that directory before the first fit: relative paths, with a slash at the end for a directory,
  otherwise an empty file. ModelCheckpoint, CSVLogger and BackupAndRestore look at it.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from string import Formatter
from typing import Any

from .fields import Kind
from .reading import InvalidScenario, describe, list_from_json, object_from_json, shown

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


def filepath_from_json(value: Any) -> str | dict[str, str]:
    """A path, in one of the three forms."""
    if isinstance(value, dict):
        return _filepath_object(value)
    if not isinstance(value, str):
        raise InvalidScenario(f"expected a relative path, got {describe(value)}")
    if value.startswith("/") or ".." in value.split("/") or "\0" in value:
        raise InvalidScenario(f"expected a relative path without '..', got {shown(value)}")
    _check_formatted(value)
    return value


def _filepath_object(value: dict[str, Any]) -> dict[str, str]:
    given = object_from_json(value, (PATH_LIKE, RELATIVE))
    if len(given) != 1:
        raise InvalidScenario(f'a filepath that is an object has either "{PATH_LIKE}" or "{RELATIVE}"')
    ((kind, path),) = given.items()
    try:
        _check_formatted(plain_path_from_json(path))
    except InvalidScenario as error:
        raise error.within(kind) from None
    return {kind: path}


def plain_path_from_json(value: Any) -> str:
    """A relative path that pathlib would write as it is."""
    if not isinstance(value, str):
        raise InvalidScenario(f"expected a relative path, got {describe(value)}")
    if not _PLAIN_PATH.fullmatch(value):
        raise InvalidScenario(f"expected a relative path without '.', '..' and empty parts, got {shown(value)}")
    return value


def directory_from_json(value: Any) -> str:
    """A plain path, or an empty text."""
    return "" if value == "" else plain_path_from_json(value)


def _check_formatted(path: str) -> None:
    """Raises InvalidScenario for a path that leaves the directory whatever it is formatted with.

    Of a field in braces this is known: cut to no characters, as in `{epoch!s:.0}`, it is its filling. Any other may be anything.
    """
    try:
        formatted = "".join(
            literal + _known(name, conversion, spec or "")
            for literal, name, spec, conversion in Formatter().parse(path)
        )
    except ValueError:
        return  # it cannot be formatted, as the callback will find out
    if formatted.startswith("/") or ".." in formatted.split("/") or "://" in formatted:
        raise InvalidScenario(f"expected a path that stays relative when it is formatted, got {shown(path)}")


def _known(name: str | None, conversion: str | None, spec: str) -> str:
    if name is None:
        return ""
    return format("", spec) if conversion and re.fullmatch(r"(.?[<>^])?\d{0,4}\.0+s?", spec, re.DOTALL) else "?"


def existing_from_json(value: Any) -> tuple[str, ...]:
    """Paths that can be there together."""
    for index, item in enumerate(list_from_json(value)):
        try:
            plain_path_from_json(item.removesuffix("/") if isinstance(item, str) else item)
        except InvalidScenario as error:
            raise error.within(index) from None
    found = existing_files(value), existing_directories(value)
    for index, item in enumerate(value):
        if PurePosixPath(item) in found[0] & found[1]:
            raise InvalidScenario(f"{shown(item)} would have to be a file and a directory", index)
    return tuple(value)


EXISTING = Kind(existing_from_json, list)
