"""Histories in JSON: `History.history`, as JSON or as Python prints it, and transformers' trainer_state.json. And numbers.

Rules
- Lists of different lengths are refused unless `validation_freq` says where the shorter ones belong: the record does not.
- null is "not recorded"; NaN may be written as JSON's extension `NaN`, as `nan`, or as the string "NaN".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from .history import TRANSFORMERS, History, RecordedFit, UnreadableHistory, number


class _Twice(Exception):
    """An object has the same key twice."""


def structured(text: str, source: str, validation_freq: int | None = None) -> History | None:
    """The history in JSON; None if the text is none."""
    stripped = text.lstrip()
    if not stripped.startswith(("{", "[")):
        return None
    try:
        data = _loaded(stripped)
    except _Twice:
        raise UnreadableHistory(f"{source}: an object in it has the same key twice") from None
    if isinstance(data, list) and data and all(isinstance(item, int | float) for item in data):
        values = _numbers(data, source)
        return History(kind="numbers", source=source, fits=(RecordedFit(columns={"": values}, length=len(values)),))
    if data in ({}, []):
        raise UnreadableHistory(f"{source}: the history is empty")
    if not isinstance(data, dict):
        return None
    if isinstance(data.get("log_history"), list):
        return trainer_state(data, source)
    if isinstance(data.get("history"), dict):
        data = data["history"]
    if not data or not all(isinstance(value, list | dict) for value in data.values()):
        return None
    # pandas' DataFrame(history).to_json() numbers the values
    return from_columns({name: _listed(value) for name, value in data.items()}, source, validation_freq)


def _loaded(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        pass
    # As Python prints a dictionary, perhaps with numpy's names around the numbers.
    text = re.sub(r"\b(?:np|numpy)\.float\d+\(([^()]*)\)", r"\1", text)
    text = re.sub(r"(?<![\w'\"])(-?)(nan|inf)\b(?!['\"])", r"\1\2", text)
    text = re.sub(r"\binf\b(?=\s*[,\]])", "Infinity", re.sub(r"\bnan\b(?=\s*[,\]])", "NaN", text))
    try:
        return json.loads(text.replace("'", '"').replace("None", "null"), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; of two values under one name nobody can tell which counts."""
    read = dict(pairs)
    if len(read) < len(pairs):
        raise _Twice
    return read


def _listed(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value


def from_columns(
    columns: Mapping[str, Sequence[Any]],
    source: str,
    validation_freq: int | None = None,
    first_epoch: int = 0,
    planned: int | None = None,
) -> History:
    """The history in lists of values by metric, as `History.history` holds them."""
    length = max((len(values) for values in columns.values()), default=0)
    if not length:
        raise UnreadableHistory(f"{source}: the history is empty")
    read: dict[str, list[float | None]] = {}
    for name, values in columns.items():
        step = 1
        if len(values) != length:
            step = validation_freq or 1
            if len(values) != length // step:
                raise UnreadableHistory(
                    f"{source}: {name} has {len(values)} values where others have {length}, and the lists do not say for "
                    f"which epochs; validation_freq=N says that there was one every N epochs"
                )
        column: list[float | None] = [None] * length
        column[step - 1 :: step] = _numbers(values, f"{source}: {name}")
        if any(value is not None for value in column):
            read[name] = column
    return History(
        kind="the history of a fit (History.history)",
        fits=(RecordedFit(columns=read, length=length, first_epoch=first_epoch, planned=planned),),
        source=source,
    )


def _numbers(values: Sequence[Any], place: str) -> list[float | None]:
    if all(type(value) is float for value in values):  # by far the most frequent case
        return list(values)
    return [_value(value, f"{place}[{index}]") for index, value in enumerate(values)]


def _value(value: Any, place: str) -> float | None:
    return None if value is None else _number(value, place)


def _number(value: Any, place: str) -> Any:
    try:
        return number(value) if isinstance(value, str) else float(value)
    except (OverflowError, TypeError, ValueError):
        raise UnreadableHistory(f"{place} is no number in the range of float64") from None


def trainer_state(data: Mapping[str, Any], source: str) -> History:
    """Every evaluation is an epoch: EarlyStoppingCallback counts evaluations. Training values are the last before it."""
    logs: list[dict[str, float]] = []
    pending: dict[str, float] = {}
    ends: list[Any] = []
    for index, item in enumerate(data["log_history"]):
        if not isinstance(item, dict):
            raise UnreadableHistory(f"{source}: log_history holds something that is no object")
        place = f"{source}: log_history[{index}]"
        values = {
            name: _number(value, f"{place}.{name}") for name, value in item.items() if isinstance(value, int | float)
        }
        pending.update({name: value for name, value in values.items() if name not in ("epoch", "step")})
        if any(name.startswith("eval_") for name in values):
            logs.append(pending)
            ends.append(item.get("epoch"))
            pending = {}
    if not logs:
        raise UnreadableHistory(f"{source}: log_history holds no evaluation (no key that begins with eval_)")
    planned = data.get("num_train_epochs")
    by_epoch = ends == list(range(1, len(ends) + 1)) and isinstance(planned, int) and planned >= len(ends)
    notes = ["every evaluation is counted as an epoch, as EarlyStoppingCallback counts them"]
    early = _arguments_of(data, "EarlyStoppingCallback")
    if early:
        said = ", ".join(f"{name}={value!r}" for name, value in early.items())
        notes.append(f"the record says that its EarlyStoppingCallback had {said}")
    return History(
        kind=TRANSFORMERS,
        fits=(RecordedFit.of(logs, planned=planned if by_epoch else None),),
        source=source,
        notes=tuple(notes),
    )


def _arguments_of(data: Mapping[str, Any], callback: str) -> dict[str, Any]:
    """What a callback that keeps its state was made with, as the record tells."""
    kept = data.get("stateful_callbacks")
    found = kept.get(callback) if isinstance(kept, dict) else None
    arguments = found.get("args") if isinstance(found, dict) else None
    return arguments if isinstance(arguments, dict) else {}


def numbers(text: str, source: str) -> History | None:
    """Numbers, separated by commas, semicolons or white space; `/` begins another fit, and `-` is a missing value, as is nothing
    between two commas."""
    fits = []
    for part in text.strip().split("/"):
        whole = re.sub(r"[,;](?=\s*[,;])", ",-", part.strip().strip(","))
        words = re.split(r"[\s,;]+", whole)
        try:
            values = [number(word) for word in words if word]
        except ValueError:
            return None
        if not values:
            return None
        fits.append(RecordedFit(columns={"": values}, length=len(values)))
    return History(kind="numbers", source=source, fits=tuple(fits))
