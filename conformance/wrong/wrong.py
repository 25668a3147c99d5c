"""What a deliberately wrong implementation is: a variant of the reference, and a sentence that says what is wrong.

Rules
- A variant differs from the reference in one small, readable way, such as somebody would write it by mistake.
- A variant of the training loop around the callback changes the scenario in place of the machine: what the callback is shown.
- What catches it is data, in the TOML file beside the variant's module (`catches.py`). Every clause is in some catch; a test
  fails for one that is in none, and for a catch that does not happen.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from callcheck.reference.machine import Machine
from callcheck.reference.replay import MACHINES, Replay, replay
from callcheck.spec.dialect import Dialect, Resolution
from callcheck.spec.scenario import Scenario
from callcheck.spec.trace import Result

from ..driver.protocol import OBSERVABLES, Capabilities


@dataclass(frozen=True, slots=True)
class Wrong:
    """`says` is one sentence on what is wrong. `make` takes the place of the reference's machine for `callback`; `shown` makes
    of a scenario what a wrong training loop does with it; `loop` is a wrong loop itself. One of the three is given. What is wrong
    with training as a whole has TRAINING in place of the callback."""

    name: str
    make: Callable[[Mapping[str, Any], Dialect], Machine] | None
    says: str
    callback: str
    shown: Callable[[Scenario], Scenario] | None = None
    loop: type[Replay] | None = None


class WrongImplementation:
    """A wrong variant as an implementation, in a dialect."""

    def __init__(self, wrong: Wrong, dialect: Resolution) -> None:
        self.wrong = wrong
        self.dialect = dialect
        self.name = f"{wrong.name} in {dialect.dialect.name}"
        self.capabilities = Capabilities(observables=OBSERVABLES | {"optimizer_steps"})

    def replay(self, scenario: Scenario, *, internal: bool = False) -> Result:
        shown = scenario if self.wrong.shown is None else self.wrong.shown(scenario)
        own = {} if self.wrong.make is None else {self.wrong.callback: self.wrong.make}
        return replay(
            shown, self.dialect.dialect, internal=internal, machines={**MACHINES, **own}, loop=self.wrong.loop
        )
