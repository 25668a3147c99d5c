"""The published schemas, ready to validate with."""

import json
from importlib.resources import files
from typing import Any

import jsonschema_rs

SCHEMAS: dict[str, Any] = {
    name: json.loads((files("callcheck.spec") / "schema" / f"{name}.json").read_text())
    for name in ("scenario", "result", "vectors")
}
_REGISTRY = jsonschema_rs.Registry([(schema["$id"], schema) for schema in SCHEMAS.values()])
_VALIDATORS = {name: jsonschema_rs.Draft202012Validator(schema, registry=_REGISTRY) for name, schema in SCHEMAS.items()}


def valid(name: str, data: Any) -> bool:
    """Whether the schema of that name says so."""
    return _VALIDATORS[name].is_valid(data)
