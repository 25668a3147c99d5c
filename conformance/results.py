"""Results: what a subject answered, by scenario. This is the one place that asks; judging reads what is here.

Rules
- Scenarios are asked in batches, and none twice: answers are remembered by the scenario's key. Only `again=True` asks once more,
  for whoever wants to know whether the answer is the same.
- Results of two subjects are two objects, and nothing is shared between them: they can be asked side by side.
"""

from collections.abc import Generator, Iterator, Sequence
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
    """An implementation in this process, as a subject. `time_limit`: seconds for one scenario; `internal` asks for optional
    state."""

    def __init__(self, implementation: Any, *, time_limit: float = TIME_LIMIT, internal: bool = False) -> None:
        self.implementation = implementation
        self.name = implementation.name
        self.capabilities = implementation.capabilities
        self.time_limit = time_limit
        self.internal = internal

    def ask(self, scenarios: Sequence[Scenario]) -> Iterator[Result]:
        for scenario in scenarios:
            yield run(self.implementation, scenario, internal=self.internal, time_limit=self.time_limit)


class Progress(Protocol):
    """Hears how many scenarios are going to be asked, and of every answer of the implementation of that name."""

    def expect(self, more: int) -> None: ...

    def answered(self, name: str) -> None: ...


class Silent:
    """Progress that nobody watches."""

    def expect(self, more: int) -> None: ...

    def answered(self, name: str) -> None: ...


class Results:
    """What a subject answers. `answered` counts the answers."""

    def __init__(self, subject: Subject, *, progress: Progress | None = None) -> None:
        self.subject = subject
        self.progress = progress or Silent()
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
        self.progress.expect(len(new))
        found = dict(self._known) if not again else {}
        with closing(self._answers(list(new.values()))) as answers:
            found.update(zip(new, answers, strict=True))
        if not again:
            self._known = found
        return [found[name] for name in keys]

    def _answers(self, scenarios: Sequence[Scenario]) -> Generator[Result]:
        for result in self.subject.ask(scenarios):
            self.answered += 1
            self.progress.answered(self.subject.name)
            yield result
