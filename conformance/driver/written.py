"""What a callback has written down by the end of a fit, read back as a person would: from its attributes, or its file.

Of a History there are two pieces: what `epoch` holds, and the lists of `history`; of a CSVLogger every line of the file is one. A
zero has no sign here, as in all of a trace.
"""

import os
from typing import Any, Callable, Dict, List, Mapping, Optional

from .values import as_recorded, value_to_json

Rows = List[Dict[str, Any]]


def written(kind: str, callback: Any, path: str) -> Optional[Rows]:
    """The pieces, each with its values by name, in the callback or in the file under that path; None for a callback that writes
    nothing down."""
    read = _READ.get(kind)
    return None if read is None else read(callback, path)


def _lines(callback: Any, path: str) -> Rows:
    if not os.path.isfile(path):
        return []
    with open(path, encoding="utf-8", newline="") as stream:
        *lines, rest = stream.read().split("\r\n")
    return [{"line": line} for line in (*lines, *([rest] if rest else []))]


def _history(callback: Any, path: str) -> Rows:
    # Before its first fit it has no epochs, nor in older releases a history.
    metrics: Mapping[str, Any] = getattr(callback, "history", {})
    return [
        {"epoch": [int(epoch) for epoch in getattr(callback, "epoch", ())]},
        {str(name): [_cell(value) for value in values] for name, values in metrics.items()},
    ]


def _cell(value: Any) -> Any:
    """A value as JSON; what is no number is told by its text."""
    if value is None or isinstance(value, str):
        return value
    try:
        return value_to_json(as_recorded(value))
    except (TypeError, ValueError):
        return repr(value)


_READ: Dict[str, Callable[[Any, str], Rows]] = {"CSVLogger": _lines, "History": _history}
