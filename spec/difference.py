"""When two results are equal, and the first place in which they are not.

Rules
- Two traces are equal when everything that both have is equal, `internal` and every `message` aside.
- What was done comes before what attributes say of it: the first difference is in an attribute only where there is no other.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .choices import CHOICES
from .fields import Found
from .reading import place
from .trace import (
    ATTRIBUTE,
    NO_SUCH_CALLBACK,
    REASON_OF,
    REASONS,
    TRACE,
    CallbackInFit,
    FitTrace,
    Result,
    Trace,
    to_json,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """The first place at which two results differ, and what each has there, as JSON; None where it has nothing.

    `fit`, `epoch`: indices; None: not in one. `field`: the place in it, such as `saved[0].path`; empty if the one has the fit or
    the epoch as a whole and the other has not.
    """

    fit: int | None
    epoch: int | None
    field: str
    a: Any
    b: Any

    @property
    def place(self) -> str:
        """All of it as a path: `fits[0].epochs[2].stop`."""
        steps = (
            (f"fits[{self.fit}]", self.fit),
            (f"epochs[{self.epoch}]", self.epoch),
            (self.field, self.field or None),
        )
        return ".".join(text for text, there in steps if there is not None)

    def __str__(self) -> str:
        return f"{self.place} is {json.dumps(self.a)} in the one and {json.dumps(self.b)} in the other"


def difference(a: Result, b: Result, *, attributes: bool = True) -> Difference | None:
    """The first difference between two results, or None if they are equal; without `attributes`, in what was done."""
    if isinstance(a, Trace) and isinstance(b, Trace):
        found = TRACE.differ(a, b) or (_attributes_differ(a, b) if attributes else None)
        return None if found is None else _located(found)
    reason = min(REASON_OF[type(each)] for each in (a, b) if not isinstance(each, Trace))
    if type(a) is not type(b):
        return Difference(fit=None, epoch=None, field=reason, a=to_json(a).get(reason), b=to_json(b).get(reason))
    found = REASONS[reason].differ(a, b)
    return None if found is None else _located(Found((reason, *found.path), found.a, found.b))


def told_apart(a: Result, b: Result, choices: Iterable[str] = ()) -> bool:
    """Whether what two dialects do is not the same: both are known, or in one there is no such callback. What an attribute says
    tells no two apart that do the same, unless one of the `choices` (ids) that are looked for shows nowhere else."""
    known = all(isinstance(each, Trace) or each == NO_SUCH_CALLBACK for each in (a, b))
    return known and difference(a, b, attributes=any(CHOICES[id].held for id in choices)) is not None


def _attributes_differ(a: Trace, b: Trace) -> Found | None:
    """The first attribute that both have, and that is another one."""
    for fit, (one, other) in enumerate(zip(a.fits, b.fits, strict=False)):
        pairs: list[tuple[tuple[str | int, ...], FitTrace | CallbackInFit, FitTrace | CallbackInFit]]
        pairs = [((), one, other)]
        listed = zip(one.callbacks or (), other.callbacks or (), strict=False)
        pairs += [(("callbacks", index), mine, theirs) for index, (mine, theirs) in enumerate(listed)]
        for path, mine, theirs in pairs:
            mine_all, theirs_all = mine.attributes or {}, theirs.attributes or {}
            for name in sorted(mine_all.keys() & theirs_all.keys()):
                found = ATTRIBUTE.differ(mine_all[name], theirs_all[name])
                if found is not None:
                    return Found(("fits", fit, *path, "attributes", name, *found.path), found.a, found.b)
    return None


def _located(found: Found) -> Difference:
    fit = epoch = None
    path = found.path
    if path[0] == "fits" and len(path) > 1:
        fit, path = path[1], path[2:]
        if len(path) > 1 and path[0] == "epochs":
            epoch, path = path[1], path[2:]
    return Difference(fit=fit, epoch=epoch, field=place(path), a=found.a, b=found.b)  # type: ignore[arg-type]  # of lists, indices
