"""Results: what a subject answered, by scenario. This is the one place that asks; judging reads what is here.

Rules
- Scenarios are asked in batches, and none twice: answers are remembered by the scenario's key. Only `again=True` asks once more,
  for whoever wants to know whether the answer is the same.
- Results of two subjects are two objects, and nothing is shared between them: they can be asked side by side.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from typing import Any, Protocol

from callcheck.spec.scenario import Scenario, key
from callcheck.spec.trace import Result

from .driver.protocol import Capabilities
from .subjects.transport import TIME_LIMIT, run


class Subject(Protocol):
    """An implementation under way somewhere: it answers scenarios in their order, exactly one result for each."""

    @property
    def name(self) -> str: ...

    @property
    def capabilities(self) -> Capabilities: ...

    def ask(self, scenarios: Sequence[Scenario]) -> Iterator[Result]: ...


class Here:
    """An implementation in this process, as a subject. `time_limit`: seconds for one scenario."""

    def __init__(self, implementation: Any, *, time_limit: float = TIME_LIMIT) -> None:
        self.implementation = implementation
        self.name = implementation.name
        self.capabilities = implementation.capabilities
        self.time_limit = time_limit

    def ask(self, scenarios: Sequence[Scenario]) -> Iterator[Result]:
        for scenario in scenarios:
            yield run(self.implementation, scenario, time_limit=self.time_limit)


class Results:
    """What a subject answers. `answered` counts the answers; `progress` hears of each, with that count."""

    def __init__(self, subject: Subject, *, progress: Callable[[int], object] = lambda answered: None) -> None:
        self.subject = subject
        self.progress = progress
        self.answered = 0
        self._known: dict[str, Result] = {}

    def ask(self, scenarios: Sequence[Scenario], *, again: bool = False) -> list[Result]:
        """The answers, in order; only what is not known yet is asked for, or everything `again`."""
        keys = [key(scenario) for scenario in scenarios]
        new = {
            name: scenario for name, scenario in zip(keys, scenarios, strict=True) if again or name not in self._known
        }
        if not new:
            return [self._known[name] for name in keys]
        found = dict(self._known) if not again else {}
        with closing(self._answers(list(new.values()))) as answers:
            found.update(zip(new, answers, strict=True))
        if not again:
            self._known = found
        return [found[name] for name in keys]

    def _answers(self, scenarios: Sequence[Scenario]) -> Generator[Result]:
        for result in self.subject.ask(scenarios):
            self.answered += 1
            self.progress(self.answered)
            yield result
