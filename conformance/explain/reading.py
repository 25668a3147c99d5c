"""From a file, a folder, standard input or numbers to a `History`, whatever kind it is: the kinds are tried in turn.

Rules
- What cannot be read is refused in one sentence that names it and says which kinds were tried.
- No kind is told by the file's name; what it holds decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from callcheck.spec.reading import read_bytes, read_standard_input

from .console import console
from .history import History, UnreadableHistory
from .notebook import notebook
from .structured import from_columns, numbers, structured
from .tables import table
from .tensorboard import event_folder

TRIED = (
    "a CSVLogger file or another table with a header, Lightning's metrics.csv, the JSON of History.history, transformers' "
    "trainer_state.json, the console output of fit, a notebook with it, numbers, a TensorBoard folder"
)


def read(source: str, *, validation_freq: int | None = None) -> History:
    """The history that `source` names: a file, a folder, `-` for standard input, or numbers written out."""
    if not source.strip():
        raise UnreadableHistory("the name of the history is empty")
    if source == "-":
        return parse(read_standard_input(), "standard input", validation_freq)
    path = Path(source)
    try:
        exists = path.exists()
    except (OSError, ValueError):  # longer than a file's name can be, or with a null byte
        exists = False
    if not exists:
        found = numbers(source, "numbers")
        if found is None:
            raise UnreadableHistory(f"{source[:80]}: there is no such file, and it is not a list of numbers")
        return found
    if path.is_dir():
        return event_folder(path, source)
    return parse(read_bytes(path), source, validation_freq)


def parse(content: bytes, source: str, validation_freq: int | None = None) -> History:
    """The history in the content of a file."""
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        hint = "; TensorBoard's event files are read by their folder" if b"brain.Event" in content[:64] else ""
        hint = hint or ("" if b"\0" in content else " in UTF-8 or UTF-16")
        raise UnreadableHistory(f"{source}: is binary, and no text{hint}")
    if not text or text.isspace():
        raise UnreadableHistory(f"{source}: is empty")
    found = (
        notebook(text, source)
        or structured(text, source, validation_freq)
        or table(text, source)
        or console(text, source)
        or numbers(text, source)
    )
    if found is None:
        raise UnreadableHistory(f"{source}: is none of the known kinds; tried were {TRIED}")
    return found


def from_object(history: Any, *, validation_freq: int | None = None) -> History:
    """The history that a Python object is: a `History`, Keras's own, its dictionary, numbers, or what `read` takes."""
    if isinstance(history, History):
        return history
    if isinstance(history, str | Path):
        return read(str(history), validation_freq=validation_freq)
    columns = getattr(history, "history", history)
    if isinstance(columns, Mapping):
        epochs = list(getattr(history, "epoch", ()))
        planned = (getattr(history, "params", None) or {}).get("epochs")
        first = epochs[0] if epochs else 0
        return from_columns(columns, "the history", validation_freq, first_epoch=first, planned=planned)
    if isinstance(columns, Sequence) or hasattr(columns, "__iter__"):
        return from_columns({"": list(columns)}, "the history", validation_freq)
    raise UnreadableHistory(f"a history is a file, a dictionary of lists or numbers, not {type(history).__name__}")
