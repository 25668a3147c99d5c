"""Histories in notebooks: what `fit` printed below the cells that were run, as Jupyter keeps it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from .console import console
from .history import History, UnreadableHistory


def notebook(text: str, source: str) -> History | None:
    """The history in the output of a notebook's cells; None if it is no notebook. Raises UnreadableHistory for one without."""
    if not text.lstrip().startswith("{") or '"cells"' not in text:
        return None
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or not isinstance(data.get("cells"), list):
        return None
    found = console("".join(_printed(data["cells"])), source)
    if found is None:
        code = any(isinstance(each, dict) and each.get("cell_type") == "code" for each in data["cells"])
        lacking = "in which no fit has left output" if code else "without code"
        raise UnreadableHistory(f"{source}: is a notebook {lacking}")
    return replace(found, kind="a notebook with the console output of fit")


def _printed(cells: list[Any]) -> list[str]:
    """What was printed below the cells."""
    outputs = [
        out for cell in cells if isinstance(cell, dict) for out in cell.get("outputs") or () if isinstance(out, dict)
    ]
    texts = [out.get("text", "") for out in outputs if out.get("output_type") == "stream"]
    return ["".join(map(str, text)) if isinstance(text, list) else str(text) for text in texts]
