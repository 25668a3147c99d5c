"""Scripts and notebooks as Python's syntax trees, with the place of every line.

Rules
- Nothing is run. A notebook's code cells are one module, in their order; lines of IPython's own (`%matplotlib`, `!pip`) are left
  out, and so is a cell in another language (`%%bash`).
- A line is named as people see it: `train.py, line 12`, or `train.ipynb, cell 3, line 2`.
- What cannot be parsed is Unparsable, with one sentence.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callcheck.spec.reading import Refused, read_bytes

KEEPING_MAGICS = ("time", "timeit", "capture", "prun")
"""Cell magics whose cell is Python all the same."""


class Unparsable(Refused):
    """The file holds no Python that can be looked at; the message is one sentence that names it."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A script. `places`: what each line of `tree` is called, the first line's first."""

    name: str
    tree: ast.Module
    places: Sequence[str]

    def place(self, node: ast.AST) -> str:
        """Where that node begins."""
        line = getattr(node, "lineno", 1)
        return self.places[line - 1] if line <= len(self.places) else self.name


def read_source(file: str | Path) -> Source:
    """The script or notebook of that name. Raises Refused, Unparsable for what is no Python."""
    name = str(file)
    content = read_bytes(file)
    if name.endswith(".ipynb"):
        text, places = _notebook(content, name)
    else:
        if b"\0" in content:
            raise Unparsable(f"{name}: is binary, and no Python")
        text = content  # type: ignore[assignment]  # ast reads the encoding that a script declares
        places = [f"{name}, line {number}" for number in range(1, content.count(b"\n") + 2)]
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        where = places[error.lineno - 1] if error.lineno and error.lineno <= len(places) else name
        raise Unparsable(f"{where}: is not Python {_version()} ({error.msg})") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise Unparsable(f"{name}: cannot be parsed ({error})") from None
    return Source(name=name, tree=tree, places=places)


def _version() -> str:
    import sys

    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _notebook(content: bytes, name: str) -> tuple[str, list[str]]:
    """The code of a notebook, and what its lines are called."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        raise Unparsable(f"{name}: is no notebook, as it is not JSON") from None
    cells = _cells(data)
    if cells is None:
        raise Unparsable(f"{name}: is no notebook, as it has no list of cells")
    lines: list[str] = []
    places: list[str] = []
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source", cell.get("input", ""))  # `input`: notebooks of version 3
        text = "".join(map(str, source)) if isinstance(source, list) else str(source)
        for at, line in enumerate(_python_lines(text), 1):
            lines.append(line)
            places.append(f"{name}, cell {number}, line {at}")
    if not any(line.strip() for line in lines):
        raise Unparsable(f"{name}: a notebook without code")
    return "\n".join(lines) + "\n", places


def _cells(data: Any) -> list[Any] | None:
    """The cells of a notebook of version 4, or 3, where worksheets hold them."""
    if not isinstance(data, dict):
        return None
    if isinstance(data.get("cells"), list):
        return list(data["cells"])
    sheets = data.get("worksheets")
    if isinstance(sheets, list):
        return [cell for sheet in sheets if isinstance(sheet, dict) for cell in sheet.get("cells", [])]
    return None


def _python_lines(text: str) -> list[str]:
    """The lines of a cell, those that are IPython's own made empty, or `pass` where a block would be left without a line."""
    lines = text.split("\n")
    first = re.match(r"\s*%%(\w+)", text)
    if first and first[1] not in KEEPING_MAGICS:
        return [""] * len(lines)
    return [re.sub(r"^(\s*)(?:[%!?].*|[\w.]+\?+\s*)$", r"\1pass", line) for line in lines]
