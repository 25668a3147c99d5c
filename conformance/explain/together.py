"""Several callbacks in one `fit`, explained on one record: each for itself, and whether the record agrees with them together.

They share the model: the story is the reference's composition of their machines, so that a stop, a rate or weights of one are
seen by all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .audit import Audit, audit
from .explanation import Explanation, answer, explanation_of
from .question import Question


@dataclass(frozen=True, kw_only=True)
class Together:
    """The explanations of several callbacks, in the order of their list. They have one audit; what would have been otherwise is
    with the callback that was changed."""

    parts: tuple[Explanation, ...]

    @property
    def title(self) -> str:
        """The callbacks as they would be written."""
        from .text import title

        return title(self.parts)

    @property
    def audit(self) -> Audit:
        return self.parts[0].audit

    @property
    def stopped(self) -> int | None:
        """The index of the epoch after which the last fit was stopped, by whichever callback; None if it was not."""
        return self.parts[0].stopped

    @property
    def weights(self) -> int | None:
        """The index of the epoch whose weights the model holds after the last fit; -1: those with which it began."""
        return self.parts[0].weights

    def __str__(self) -> str:
        from .text import text

        return "\n".join(text(*self.parts))

    def _repr_html_(self) -> str:
        from .page import fragment

        return fragment(*self.parts)

    def to_json(self) -> dict[str, Any]:
        """The explanations as JSON data: what is of the fit once, and under `callbacks` what is each one's."""
        whole = [part.to_json() for part in self.parts]
        own = ("callback", "config", "epochs", "summaries", "traps")
        return {
            **{name: value for name, value in whole[0].items() if name not in own},
            "callbacks": [{name: each[name] for name in own} for each in whole],
            "what_if": [{"callback": each["callback"], **answer} for each in whole for answer in each["what_if"]],
        }


def answer_all(
    question: Question, changes: Iterable[tuple[int, Mapping[str, Any]]] = (), note: str | None = None
) -> Explanation | Together:
    """The explanation that a question has; of several callbacks those of all. `changes`: whose, by index, and what."""
    changes = list(changes)
    if not question.company:
        return answer(question, [change for _, change in changes], note)
    verdict, question, story = audit(*question.told())
    parts = []
    for place in range(len(question.callbacks)):
        about = question.about(place)
        own = [change for whose, change in changes if whose == place]
        parts.append(explanation_of(about, story.about(place), verdict, own, note))
    notes = tuple(dict.fromkeys(each for part in parts for each in part.notes))
    return Together(parts=tuple(replace(part, notes=notes) for part in parts))
