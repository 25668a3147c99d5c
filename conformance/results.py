"""Results: what a subject answered, by scenario. This is the one place that asks; judging reads what is here.

Rules
- The optional observables are always asked for: what a callback does beside its work counts.
- Scenarios are asked in batches, and none twice: answers are remembered by the scenario's key. Only `again=True` asks once more,
  for whoever wants to know whether the answer is the same.
- What does not answer in time is asked once more, alone, before that counts: the machine may have been busy.
- Nothing is asked once the budget is spent, or of a callback that has not answered in time TIMEOUTS times; what was not tried is
  counted, and is no answer.
- Results of two subjects are two objects, and nothing is shared between them: they can be asked side by side.
"""

from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, Protocol

from callcheck.spec.scenario import Scenario, key, to_json
from callcheck.spec.trace import Failed, Result

from .budget import UNLIMITED, Budget
from .driver.protocol import Capabilities
from .subjects.transport import TIME_LIMIT, Transport, read, run


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


class There:
    """A subject behind a transport. `internal` asks for optional state."""

    def __init__(self, transport: Transport, name: str, *, internal: bool = False) -> None:
        self.transport = transport
        self.name = name
        self.capabilities = transport.greeting.capabilities
        self.internal = internal

    def ask(self, scenarios: Sequence[Scenario]) -> Iterator[Result]:
        with closing(self._answers(scenarios)) as answers:
            yield from map(read, answers)

    def _answers(self, scenarios: Sequence[Scenario]) -> Generator[Any]:
        yield from self.transport.ask(
            [to_json(scenario) for scenario in scenarios], internal=self.internal, optional=True
        )


class Progress(Protocol):
    """Hears that the implementation of that name is started, how many scenarios are going to be asked, and of every answer."""

    def starting(self, name: str) -> None: ...

    def expect(self, more: int) -> None: ...

    def answered(self, name: str) -> None: ...


class Silent:
    """Progress that nobody watches."""

    def starting(self, name: str) -> None: ...

    def expect(self, more: int) -> None: ...

    def answered(self, name: str) -> None: ...


TIMEOUTS = 3
"""After so many scenarios of a callback without an answer in time, nothing more is asked of it: the next would not help."""
ENDS = 30
"""The same after so many in a row in which its process came to an end, which takes a start each, or it raised where no
callback is called."""


class Results:
    """What a subject answers. `answered` counts the answers, `late` those that came when asked once more, `untried` what was not
    asked because the budget was spent or there is no hope for the callback."""

    def __init__(self, subject: Subject, *, progress: Progress | None = None, budget: Budget | None = None) -> None:
        self.subject = subject
        self.progress = progress or Silent()
        self.budget = budget or UNLIMITED
        self.answered = self.late = 0
        self._known: dict[str, Result] = {}
        self._untried: set[str] = set()
        self._timeouts: Counter[str] = Counter()
        self._ends: Counter[str] = Counter()
        """By callback, in how many scenarios it crashed since the last in which it did not."""
        self._crashed: dict[str, str] = {}
        """By callback, with what it did so."""

    @property
    def untried(self) -> int:
        return len(self._untried)

    @property
    def unanswered(self) -> Counter[str]:
        """How many scenarios got no answer, by why."""
        return Counter(result.kind for result in self._known.values() if isinstance(result, Failed))

    def hopeless(self, callback: str) -> str | None:
        """Why nothing more is asked of that callback; None where it is."""
        if self._timeouts[callback] >= TIMEOUTS:
            return f"did not answer in time {TIMEOUTS} times"
        return f"crashed {ENDS} times in a row ({self._crashed[callback]})" if self._ends[callback] >= ENDS else None

    def ask(self, scenarios: Sequence[Scenario], *, again: bool = False) -> list[Result | None]:
        """The answers, in order; only what is not known yet is asked for, or everything `again`. None: it was not tried."""
        keys = [key(scenario) for scenario in scenarios]
        new = {
            name: scenario for name, scenario in zip(keys, scenarios, strict=True) if again or name not in self._known
        }
        if not new:
            return [self._known[name] for name in keys]
        self.progress.expect(len(new))
        found: dict[str, Result] = {} if again else self._known
        for callback in dict.fromkeys(scenario.about for scenario in new.values()):
            found.update(self._ask_all(callback, {name: each for name, each in new.items() if each.about == callback}))
        if not again:
            self._untried |= new.keys() - found.keys()
        return [found.get(name) for name in keys]

    def _ask_all(self, callback: str, scenarios: Mapping[str, Scenario]) -> dict[str, Result]:
        """The answers by key, until the budget is spent or the callback has shown that it does not answer."""
        found: dict[str, Result] = {}
        if self.hopeless(callback) or self.budget.spent:
            return found
        with closing(self._answers(list(scenarios.values()))) as answers:
            for name, result in zip(scenarios, answers, strict=False):
                found[name] = result
                self._timeouts[callback] += _hangs(result)
                if isinstance(result, Failed) and result.kind in ("crash", "exit"):
                    self._ends[callback] += 1
                    self._crashed[callback] = result.message
                else:
                    self._ends[callback] = 0
                if self.hopeless(callback) or self.budget.spent:
                    break
        return found

    def _answers(self, scenarios: Sequence[Scenario]) -> Generator[Result]:
        for scenario, result in zip(scenarios, self.subject.ask(scenarios), strict=False):
            if _hangs(result):
                second = next(iter(self.subject.ask([scenario])), None)
                if second is None:  # there was no time for that
                    return
                self.late += not _hangs(second)
                result = second
            self.answered += 1
            self.progress.answered(self.subject.name)
            yield result


def _hangs(result: Result) -> bool:
    return isinstance(result, Failed) and result.kind == "timeout"
