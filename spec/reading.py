"""Reading JSON in which every mistake is named: the place, and what is wrong there.

Rules
- A reader takes a value and knows nothing of where it stands; whoever holds the value puts its name or index in front of the
  place of a mistake. A place is a path such as `fits[0].epochs[1].logs`; the message is one sentence without it.
- Nothing is converted that JSON tells apart, and null is never a default.
- What comes from outside is printed without control characters, and cut where it is long.
"""

import json
import math
import os
import re
import stat
import sys
import time
import tomllib
from collections.abc import Iterable
from typing import Any, BinaryIO

_TYPE_NAMES = {
    bool: "a boolean",
    str: "a string",
    list: "a list",
    dict: "an object",
    int: "a number",
    float: "a number",
}
LONGEST = 200
"""Characters of a text from outside that are printed: more than any name that people give, and a few lines of a terminal."""
LARGEST = 256 * 2**20
"""Bytes of a file that is read at once: a record of a million epochs has a third. `/dev/zero` has no end."""
PIPE = 2.0
"""Seconds in which whoever writes into a named pipe has to have opened it: it is usually started in the same line."""
DEEPEST = 50
"""Levels of lists and objects in a value of free form. An interpreter's stack holds many times as many."""

Path = tuple[str | int, ...]
"""From the whole to a part of it: names of fields and indices in lists."""


def printable(text: str, most: int = LONGEST) -> str:
    """The text in one line without control characters, which are escaped as in a Python string, and cut to about that many
    characters where it is longer."""
    cut = text[:most]
    if not cut.isprintable():
        cut = "".join(
            each if each.isprintable() else each.encode("unicode_escape", "surrogatepass").decode() for each in cut
        )
    return cut if len(text) <= most else f"{cut}... ({len(text)} characters)"


def shown(value: Any, most: int = LONGEST) -> str:
    """The value in a message, as Python writes it."""
    try:
        return printable(repr(value), most)
    except ValueError:
        return "a number with more digits than Python writes"


def place(path: Path) -> str:
    """The path as a text: `fits[0].epochs[1].logs.val_loss`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{printable(step)}" for step in path)
    return "".join(steps).removeprefix(".")


class Refused(ValueError):
    """What somebody gave, a file or a word on the command line, cannot be used. The message is one sentence that names it."""


class InvalidScenario(ValueError):
    """The JSON is not a scenario, or not the result of one. `field` names the place, `message` says what is wrong there, in one
    sentence."""

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message, *path)
        self.message = message
        self.path: Path = path

    def within(self, step: str | int) -> "InvalidScenario":
        """The same, told by whoever holds the value in the field of that name or at that index."""
        return InvalidScenario(self.message, step, *self.path)

    @property
    def field(self) -> str:
        return place(self.path)

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.path else self.message


def describe(value: Any) -> str:
    """What kind of JSON value that is, in words."""
    return "null" if value is None else _TYPE_NAMES.get(type(value), type(value).__name__)


def object_from_json(value: Any, allowed: Iterable[str], required: Iterable[str] = ()) -> dict[str, Any]:
    """An object that has all `required` fields, and no other than the `allowed` ones."""
    if not isinstance(value, dict):
        raise InvalidScenario(f"expected an object, got {describe(value)}")
    allowed = tuple(allowed)
    for name in value:
        if name not in allowed:
            raise InvalidScenario(f"unknown field; the fields here are {', '.join(allowed)}", name)
    for name in required:
        if name not in value:
            raise InvalidScenario("this field is required", name)
    return value


def list_from_json(value: Any) -> list[Any]:
    """A list, which may be empty."""
    if not isinstance(value, list):
        raise InvalidScenario(f"expected a list, got {describe(value)}")
    return value


def filled_list_from_json(value: Any, what: str) -> list[Any]:
    """A list that is not empty; `what` says of what."""
    if not list_from_json(value):
        raise InvalidScenario(f"the list is empty; at least one {what} is needed")
    return list(value)


def integer_from_json(value: Any, least: int | None = None) -> int:
    """An integer, of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidScenario(f"expected an integer, got {describe(value)}")
    if least is not None and value < least:
        raise InvalidScenario(f"expected at least {least}, got {value}")
    return value


def boolean_from_json(value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidScenario(f"expected true or false, got {describe(value)}")
    return value


def text_from_json(value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidScenario(f"expected a text, got {describe(value)}")
    return value


def one_of(value: Any, allowed: tuple[str, ...]) -> str:
    """The value, which is one of these texts."""
    if not isinstance(value, str) or value not in allowed:
        raise InvalidScenario(f"expected one of {', '.join(allowed)}, got {shown(value)}")
    return value


def free_from_json(value: Any) -> Any:
    """JSON of any form, as it is: what a callback is to judge itself."""
    level = [value]
    for _ in range(DEEPEST):
        if any(type(each) not in _TYPE_NAMES and each is not None for each in level):
            raise InvalidScenario("this is not JSON")
        if any(type(each) is float and not math.isfinite(each) for each in level):
            raise InvalidScenario("a number that is not finite is not JSON")
        level = [
            item for each in level if isinstance(each, list | dict)
            for item in (each if isinstance(each, list) else each.values())
        ]  # fmt: skip
        if not level:
            return value
    raise InvalidScenario("nested too deeply")


_HALF_A_PAIR = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")


def _refuse(literal: str) -> Any:
    raise InvalidScenario(f'{literal} is not JSON; write the string "{literal}"')


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise InvalidScenario(f"the number {printable(digits)} is out of the range of float64")
    return number


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in read if names.count(name) > 1)
        raise InvalidScenario(f"an object has the key {shown(twice)} twice")
    return read


_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_without_repetition)


def unblocked(path: str | os.PathLike[str], flags: int) -> int:
    """The descriptor of a file that is opened without waiting, as a named pipe is waited for until somebody has its other end."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0), 0o666)


def read_bytes(file: str | os.PathLike[str]) -> bytes:
    """What is in a file of the user's. Raises Refused, also for a pipe into which nobody writes."""
    name = printable(os.fspath(file)) or "a file without a name"
    try:
        with open(file, "rb", opener=unblocked) as stream:
            begun = _begun(stream.fileno()) if stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode) else b""
            if begun is None:
                raise Refused(f"{name}: is a pipe, and nobody writes into it")
            os.set_blocking(stream.fileno(), True)
            return begun + read_all(stream, name)
    except OSError as error:
        raise Refused(f"{name}: cannot be read ({error.strerror})") from None
    except ValueError as error:  # a path with a null byte in it
        if isinstance(error, Refused):
            raise
        raise Refused(f"{name}: cannot be read ({error})") from None


def _begun(pipe: int) -> bytes | None:
    """The first byte, where it is there already; None where nobody has opened the other end of the pipe."""
    end = time.monotonic() + PIPE
    while time.monotonic() < end:
        try:
            first = os.read(pipe, 1)
        except BlockingIOError:  # somebody has, and is yet to write
            return b""
        if first:
            return first
        time.sleep(0.02)
    return None


def read_standard_input() -> bytes:
    """What comes in there. Raises Refused."""
    if sys.stdin is None or sys.stdin.closed:
        raise Refused("standard input is closed")
    try:
        return read_all(sys.stdin.buffer, "standard input")
    except OSError as error:
        raise Refused(f"standard input: cannot be read ({error.strerror})") from None


def read_all(stream: BinaryIO, name: str) -> bytes:
    """What comes out of a stream, which is called so. Raises Refused, and OSError."""
    content = bytearray()
    while block := stream.read(2**20):
        content += block
        if len(content) > LARGEST:
            raise Refused(f"{name}: is larger than {LARGEST // 2**20} MiB")
    return bytes(content)


def read_text(file: str | os.PathLike[str]) -> str:
    """The text in a file of the user's. Raises Refused."""
    return as_text(read_bytes(file), printable(os.fspath(file)))


def as_text(content: bytes, name: str) -> str:
    """The text that the content of that file is. Raises Refused."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(f"{name}: is not UTF-8 text") from None


_DEEP_KEY = re.compile(rf"""(?<![\w"'-])(?:[\w"'-]+[ \t]*\.[ \t]*){{{DEEPEST}}}""")
"""A dotted key of so many parts; its reader takes time and memory that grow with their square."""


def parse_toml(text: str) -> dict[str, Any]:
    """The tables in a TOML text. Raises Refused with one sentence, which begins with "is" or "has"."""
    if _DEEP_KEY.search(text):
        raise Refused("is nested too deeply")
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"is not TOML: {error}") from None
    except RecursionError:
        raise Refused("is nested too deeply") from None
    except ValueError:
        raise Refused("has an integer of more digits than Python reads") from None


def parse_json(text: str) -> Any:
    """JSON data from text. Raises InvalidScenario with the place for what is not JSON."""
    try:
        data = _DECODER.decode(text.removeprefix("\ufeff"))
        if _HALF_A_PAIR.search(text):
            json.dumps(data, ensure_ascii=False).encode()
        return data
    except UnicodeEncodeError:
        raise InvalidScenario("a text holds half of a surrogate pair, which is no character") from None
    except json.JSONDecodeError as error:
        raise InvalidScenario(f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except InvalidScenario:
        raise
    except ValueError:
        raise InvalidScenario("an integer has more digits than Python reads") from None
    except RecursionError:
        raise InvalidScenario("not a scenario: nested too deeply") from None
