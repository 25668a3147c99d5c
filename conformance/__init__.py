"""Who is held to the specification, and how: `pytest conformance/`, `callcheck check`."""
