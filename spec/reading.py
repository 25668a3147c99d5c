"""Reading JSON in which every mistake is named: the place, and what is wrong there.

Rules
- `field` is the path of the place, such as `fits[0].epochs[1].logs`; the message is one sentence without it.
- Nothing is converted that JSON tells apart, and null is never a default.
"""

import json
from collections.abc import Iterable
from typing import Any

_TYPE_NAMES = {
    bool: "a boolean",
    str: "a string",
    list: "a list",
    dict: "an object",
    int: "a number",
    float: "a number",
}


class InvalidScenario(ValueError):
    """The JSON is not a scenario. `field` names the place, `message` says what is wrong there, in one sentence."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field
        self.message = message


def describe(value: Any) -> str:
    """What kind of JSON value that is, in words."""
    return "null" if value is None else _TYPE_NAMES.get(type(value), type(value).__name__)


def object_from_json(value: Any, field: str, allowed: Iterable[str], required: Iterable[str] = ()) -> dict[str, Any]:
    """An object that has all `required` fields, and no other than the `allowed` ones."""
    if not isinstance(value, dict):
        raise InvalidScenario(field, f"expected an object, got {describe(value)}")
    allowed = tuple(allowed)
    for name in value:
        if name not in allowed:
            place = f"{field}.{name}" if field else name
            raise InvalidScenario(place, f"unknown field; the fields here are {', '.join(allowed)}")
    for name in required:
        if name not in value:
            raise InvalidScenario(f"{field}.{name}" if field else name, "this field is required")
    return value


def list_from_json(value: Any, field: str) -> list[Any]:
    """A list, which may be empty."""
    if not isinstance(value, list):
        raise InvalidScenario(field, f"expected a list, got {describe(value)}")
    return value


def filled_list_from_json(value: Any, field: str, what: str) -> list[Any]:
    """A list that is not empty; `what` says of what."""
    if not list_from_json(value, field):
        raise InvalidScenario(field, f"the list is empty; at least one {what} is needed")
    return list(value)


def integer_from_json(value: Any, field: str, least: int | None = None) -> int:
    """An integer, of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidScenario(field, f"expected an integer, got {describe(value)}")
    if least is not None and value < least:
        raise InvalidScenario(field, f"expected at least {least}, got {value}")
    return value


def one_of(value: Any, field: str, allowed: tuple[str, ...]) -> None:
    """Nothing, if the value is one of these texts."""
    if value not in allowed:
        raise InvalidScenario(field, f"expected one of {', '.join(allowed)}, got {value!r}")


def parse_json(text: str) -> Any:
    """JSON data from text. Raises InvalidScenario with the place for what is not JSON."""

    def refuse(literal: str) -> Any:
        raise InvalidScenario("", f'{literal} is not JSON; write the string "{literal}"')

    try:
        data = json.loads(text, parse_constant=refuse)
        json.dumps(data, ensure_ascii=False).encode()
        return data
    except UnicodeEncodeError:
        raise InvalidScenario("", "a text holds half of a surrogate pair, which is no character") from None
    except json.JSONDecodeError as error:
        raise InvalidScenario("", f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except InvalidScenario:
        raise
    except ValueError:
        raise InvalidScenario("", "an integer has more digits than Python reads") from None
    except RecursionError:
        raise InvalidScenario("", "not a scenario: nested too deeply") from None
