"""Writing TOML: what the standard library reads with `tomllib` and cannot write.

Rules
- Numbers keep their type, NaN and the infinities are numbers, and `tomllib` reads back what was written.
- A list of objects is an array of tables, one below the other, and so are such lists in them; anything else stands in one line.
- TOML has no null: TypeError.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any


def value(data: Any) -> str:
    """The value in one line. Raises TypeError for what TOML does not have."""
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, int):
        return str(data)
    if isinstance(data, float):
        return repr(data) if math.isfinite(data) else str(data)  # `nan`, `inf` and `-inf` are TOML
    if isinstance(data, str):
        # JSON's escapes are TOML's, but for one character that JSON lets stand
        return json.dumps(data, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(data, list | tuple):
        return f"[{', '.join(map(value, data))}]"
    if isinstance(data, Mapping):
        inside = ", ".join(f"{key(name)} = {value(each)}" for name, each in data.items())
        return f"{{ {inside} }}" if inside else "{}"
    raise TypeError(f"TOML has no {type(data).__name__}")


def key(name: str) -> str:
    """The name of a field, quoted where it has to be."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else value(name)


def array_of_tables(name: str, tables: Iterable[Mapping[str, Any]]) -> str:
    """`[[name]]` for each table, and what is in it; empty for none."""
    lines: list[str] = []
    for table in tables:
        below = {field: each for field, each in table.items() if _are_tables(each)}
        lines += [
            f"[[{name}]]",
            *(f"{key(field)} = {value(each)}" for field, each in table.items() if field not in below),
        ]
        lines.append("")
        for field, each in below.items():
            lines += [array_of_tables(f"{name}.{key(field)}", each)]
    return "\n".join(lines)


def _are_tables(data: Any) -> bool:
    return isinstance(data, list | tuple) and bool(data) and all(isinstance(each, Mapping) and each for each in data)
