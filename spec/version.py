"""The version of the specification, by which it is cited beside a clause's id, and what became of the ids that were retired.

The last number rises when sentences or examples change and no implementation can be told by it; the middle one when clauses are
added, or one is corrected; the first when a clause is retired or a choice loses a value, which raises the middle one in its place
as long as it is 0. An id never comes to mean something else (`clauses/ids.txt`).
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

VERSION = "0.11.0"


@cache
def retired() -> Mapping[str, tuple[str, ...]]:
    """The ids of clauses that are no more, each with those that say now what it said."""
    text = (files("callcheck.spec.clauses") / "ids.txt").read_text(encoding="utf-8")
    lines = re.findall(r"^retired (\S+) for (.+)$", text, re.MULTILINE)
    return {id: tuple(successors.split(" and ")) for id, successors in lines}
