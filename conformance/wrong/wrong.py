"""What a deliberately wrong implementation is: a variant of the reference, a sentence, and the clauses that must catch it.

Rules
- A variant differs from the reference in one small, readable way, such as somebody would write it by mistake.
- A variant of the training loop around the callback changes the scenario in place of the machine: what the callback is shown.
- A catch names a clause, and a smallest scenario on which that clause fails: where, and with which words.
- Every clause is in some catch; a test fails for one that is in none, and for a catch that does not happen.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from callcheck.reference.machine import Machine
from callcheck.reference.replay import replay
from callcheck.spec.dialect import NEWEST, Dialect, Resolution, resolve
from callcheck.spec.scenario import Scenario, loads
from callcheck.spec.trace import Result

from ..subjects.protocol import Capabilities


@dataclass(frozen=True, kw_only=True, slots=True)
class Catch:
    """`clause` fails on `scenario` (JSON) in epoch `epoch` of fit `fit`, both counted from zero as in the Failed (None: the
    failure names no place), and `words` stand in the message. `dialect`: in which the variant speaks and is judged, with the
    `changes` of its choices, for a clause that no shipped dialect is held to."""

    clause: str
    scenario: str
    fit: int | None = 0
    epoch: int | None = None
    words: str
    dialect: str = NEWEST
    changes: Mapping[str, str] = field(default_factory=dict)

    def read(self) -> Scenario:
        return loads(self.scenario)

    def spoken(self) -> Resolution:
        """The dialect with its changes."""
        resolution = resolve(self.dialect)
        if not self.changes:
            return resolution
        return Resolution(dialect=resolution.dialect.replace(f"{self.dialect}, changed", **self.changes))


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrong:
    """`says` is one sentence on what is wrong. `make` takes the place of the reference's machine for `callback`; `shown` makes
    of a scenario what a wrong training loop does with it. One of the two is given."""

    name: str
    says: str
    callback: str
    make: Callable[[Mapping[str, Any], Dialect], Machine] | None = None
    shown: Callable[[Scenario], Scenario] | None = None
    catches: tuple[Catch, ...]


class WrongImplementation:
    """A wrong variant as an implementation, in a dialect."""

    def __init__(self, wrong: Wrong, dialect: Resolution) -> None:
        self.wrong = wrong
        self.dialect = dialect
        self.name = f"{wrong.name} in {dialect.dialect.name}"
        self.capabilities = Capabilities(callbacks=frozenset({wrong.callback}))

    def replay(self, scenario: Scenario, *, internal: bool = False) -> Result:
        shown = scenario if self.wrong.shown is None else self.wrong.shown(scenario)
        return replay(shown, self.dialect.dialect, internal=internal, make=self.wrong.make)
