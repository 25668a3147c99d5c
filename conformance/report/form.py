"""In which form the specification is written: as one document, or as a front with a page for each part beside it.

Rules
- An anchor is the id of a clause or a choice with dashes for slashes, and stays. The front has every one of them in both forms.
"""

from dataclasses import dataclass, replace
from typing import Self

from callcheck.spec.callbacks import CALLBACKS, TRAINING
from callcheck.spec.choices import CHOICES

from .words import anchor

EVERY, CHOICES_PART, APPENDIX = "every-callback", "choices", "appendix"
PARTS: dict[str, str] = {
    EVERY: "Every callback",
    **{callback.prefix: name for name, callback in CALLBACKS.items()},
    TRAINING: "Training",
    CHOICES_PART: "The choices",
    APPENDIX: "Appendix: for implementers",
}
"""The parts of the document in their order, with their titles."""
FOR_HARNESSES = ("every-callback/outcome/", "every-callback/training/ends-with-an-error")
"""Clauses on how a suite asks an implementation rather than on what it does: they stand in the appendix."""


def part_of(id: str) -> str:
    """The part in which a clause or a choice stands."""
    if id in CHOICES:
        return CHOICES_PART
    return APPENDIX if id.startswith(FOR_HARNESSES) else id.split("/")[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """`site`: where the page lies that answers, if there is one beside the document: who reads it in a repository has none.
    `front`: the file of the front, and `folder`: that of the pages beside it; both empty where all is one document. `here`: the
    part that is being written; empty for the front."""

    site: str = ""
    front: str = ""
    folder: str = ""
    here: str = ""

    @property
    def paged(self) -> bool:
        return bool(self.folder)

    def at(self, part: str) -> Self:
        """The same, while that part is being written."""
        return replace(self, here=part)

    def part(self, name: str, anchor: str = "") -> str:
        """The address of a part, or of an anchor in it."""
        if not self.paged:
            return f"#{anchor or name}"
        page = "" if name == self.here else f"{'' if self.here else f'{self.folder}/'}{name}.md"
        return page + (f"#{anchor}" if anchor or not page else "")

    def to_front(self, anchor: str = "") -> str:
        """The address of the front, or of an anchor in it."""
        page = f"../{self.front}" if self.here and self.paged else ""
        return page + (f"#{anchor}" if anchor else "")

    def to(self, id: str) -> str:
        """The address of a clause or a choice."""
        return self.part(part_of(id), anchor(id))

    def link(self, id: str, shown: str = "") -> str:
        """A link to it, under its id or what is `shown`."""
        return f"[{shown or f'`{id}`'}]({self.to(id)})"
