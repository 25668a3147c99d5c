"""The questions by which an unknown callback is told: for each value of each choice a smallest scenario that separates it.

    python -m callcheck.conformance.questions        remake them from the choices

Rules
- A question is about a value of a choice and the documented one: in the dialect `documented` it is answered otherwise with the
  value.
- Where another choice with another value hides that, there is one more question, which separates the two beside that value.
- A question takes as little as it can: a direction that is said, and a number in every epoch; and only where these show nothing
  whatever a scenario can say. So most can be put to most callbacks.
"""

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

from callcheck.reference.replay import replay
from callcheck.spec import vectors
from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.choices import CHOICES
from callcheck.spec.dialect import Dialect, documented
from callcheck.spec.difference import difference
from callcheck.spec.scenario import Scenario, from_json, key, to_json
from callcheck.spec.search.samples import sample, sample_aimed
from callcheck.spec.search.shrink import smallest
from callcheck.spec.trace import Result, Trace

from .derivation import governing
from .driver.domain import Domain
from .driver.protocol import Capabilities
from .limits import limits

FILE = Path(__file__).with_name("questions.json")
EXAMPLES = 1500
"""Random scenarios per callback among which questions are looked for."""
AIMED = 300
"""With how many random ones, as it were, the aimed scenarios go that come after those."""
_PLAIN = Capabilities(
    parameters={
        "EarlyStopping": ("monitor", "min_delta", "patience", "mode"),
        "ReduceLROnPlateau": ("monitor", "factor", "patience", "mode", "min_delta", "cooldown", "min_lr"),
        "ModelCheckpoint": ("filepath", "monitor", "save_best_only", "mode"),
    },
    domain=Domain(
        accepts={"mode": ("min", "max")}, kinds={"monitor": "text", "patience": "whole"}, every_epoch=True, numbers=True
    ),
)  # fmt: skip
"""What nearly every callback can be asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """`scenario` is answered otherwise with `value` of `choice` than as documented; with `beside`, a choice and its value, only
    if that stands in the place of the documented one too."""

    choice: str
    value: str
    scenario: Scenario
    beside: tuple[str, str] | None = None


def differ(one: Result, other: Result) -> bool:
    """Whether both are traces, and not of the same doings: who is asked may have no attributes."""
    known = isinstance(one, Trace) and isinstance(other, Trace)
    return known and difference(one, other, attributes=False) is not None


def possible(callback: str, choice: str) -> tuple[str, ...]:
    """The values of a choice with which there is such a callback: who is asked is one."""
    return tuple(
        value for value in CHOICES[choice].values if documented().replace("one", **{choice: value}).has(callback)
    )


def values(callback: str) -> Iterator[tuple[str, str]]:
    """The choices that can matter to what a callback does, with each of their possible values that is not the documented one."""
    for choice in (each for each in governing(callback) if not CHOICES[each].held):
        yield from ((choice, value) for value in possible(callback, choice) if value != documented()[choice])


def questions(callback: str) -> tuple[Question, ...]:
    """The stored ones about a callback."""
    return tuple(each for each in _stored() if each.scenario.callback == callback)


@cache
def _stored() -> tuple[Question, ...]:
    read = json.loads(FILE.read_text(encoding="utf-8"))
    return tuple(
        Question(
            choice=each["choice"], value=each["value"], scenario=from_json(each["scenario"]),
            beside=tuple(each["beside"]) if "beside" in each else None,
        )
        for each in read
    )  # fmt: skip


# ---------------------------------------------------------------------------------------------- making them


def made(callback: str) -> Iterator[Question]:
    """Every question about a callback."""
    known = (vector.scenario for vector in vectors.stored() if vector.scenario.callback == callback)
    drawn = {key(each): each for each in (*sample(callback, EXAMPLES, 0), *sample_aimed(callback, AIMED, 0), *known)}
    within = limits(_PLAIN, callback)
    plain = {key(each): each for each in map(within.inside, drawn.values())}
    asked = (*plain.values(), *(scenario for name, scenario in drawn.items() if name not in plain))
    alone = {}
    base = _Base(documented(), asked)
    for choice, value in values(callback):
        found = base.separating(_with(base.dialect, choice, value))
        if found is not None:
            alone[choice, value] = found
            yield Question(choice=choice, value=value, scenario=found)
    for beside in alone:
        base = _Base(_with(documented(), *beside), asked)
        smallest_ones = list(alone.values())
        for choice, value in alone:
            if choice == beside[0]:
                continue
            changed = _with(base.dialect, choice, value)
            if not any(base.separates(each, changed) for each in smallest_ones):
                found = base.separating(changed)
                if found is not None:
                    smallest_ones.append(found)
                    yield Question(choice=choice, value=value, scenario=found, beside=beside)


def _with(base: Dialect, choice: str, value: str) -> Dialect:
    return base.replace("changed", **{choice: value})


class _Base:
    """A dialect, and what it does with scenarios: a remembered half of every comparison."""

    def __init__(self, dialect: Dialect, asked: tuple[Scenario, ...]) -> None:
        self.dialect = dialect
        self.asked = asked
        self.done: dict[int, Result] = {}

    def separates(self, scenario: Scenario, changed: Dialect) -> bool:
        """Whether the scenario separates the two dialects. It has to outlive this object."""
        if id(scenario) not in self.done:
            self.done[id(scenario)] = replay(scenario, self.dialect)
        return differ(self.done[id(scenario)], replay(scenario, changed))

    def separating(self, changed: Dialect) -> Scenario | None:
        """A smallest scenario that separates the two; plain ones come first."""
        found = next((scenario for scenario in self.asked if self.separates(scenario, changed)), None)
        if found is None:
            return None
        within = limits(_PLAIN, found.callback)
        plain = within.inside(found) == found

        def as_good(scenario: Scenario) -> bool:
            if plain and within.inside(scenario) != scenario:  # what is plain stays so
                return False
            return differ(replay(scenario, self.dialect), replay(scenario, changed))

        return smallest(found, as_good)


def _lines(callback: str) -> list[str]:
    lines = []
    for each in made(callback):
        written = {"choice": each.choice, "value": each.value, "scenario": to_json(each.scenario)}
        if each.beside is not None:
            written["beside"] = list(each.beside)
        lines.append(json.dumps(written, allow_nan=False))
    return lines


def main() -> int:
    with ProcessPoolExecutor() as workers:
        lines = list(chain.from_iterable(workers.map(_lines, CALLBACKS)))
    FILE.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
