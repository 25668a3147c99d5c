"""What was seen of an unknown callback, and what dialects make of it: predictions are remembered, for a search asks many times.

Rules
- What the reference does not predict tells nothing.
- Whoever wants to know how many scenarios a dialect misses says how many are enough: what is not needed is not predicted.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from callcheck.reference.replay import replay
from callcheck.spec.dialect import Dialect
from callcheck.spec.difference import difference
from callcheck.spec.scenario import Scenario
from callcheck.spec.trace import Result, Trace

from .derivation import governing

Spoken = tuple[str, ...]
"""The values of the choices that can matter to the callback: what a dialect is here."""


@dataclass(slots=True)
class Evidence:
    """Scenarios with traces, by the scenario's key."""

    callback: str
    seen: dict[str, tuple[Scenario, Trace]] = field(default_factory=dict)
    _missed: dict[Spoken, dict[str, bool]] = field(default_factory=dict)
    _base: tuple[Spoken, dict[str, Result]] = ((), {})

    def missed(self, dialect: Dialect, among: Iterable[str]) -> Iterator[str]:
        """The keys of those scenarios on which the dialect does something else than was seen."""
        known = self._missed.setdefault(self._spoken(dialect), {})
        for name in among:
            if name not in known:
                scenario, trace = self.seen[name]
                known[name] = _apart(replay(scenario, dialect), trace)
            if known[name]:
                yield name

    def failing(self, dialect: Dialect, among: Iterable[str]) -> list[str]:
        """All of them."""
        return list(self.missed(dialect, among))

    def count(self, dialect: Dialect, among: Iterable[str], enough: int) -> int:
        """How many they are; it is not counted beyond `enough`."""
        return sum(1 for _ in islice(self.missed(dialect, among), enough))

    def fitting(self, dialect: Dialect) -> dict[str, None]:
        """The keys of those on which it does what was seen, in their order."""
        wrong = set(self.missed(dialect, self.seen))
        return dict.fromkeys(name for name in self.seen if name not in wrong)

    def predicted(self, dialect: Dialect, name: str) -> Result:
        """What the dialect does on a scenario that was seen; remembered as long as it is asked of the same dialect."""
        spoken = self._spoken(dialect)
        if self._base[0] != spoken:
            self._base = (spoken, {})
        known = self._base[1]
        if name not in known:
            known[name] = replay(self.seen[name][0], dialect)
        return known[name]

    def _spoken(self, dialect: Dialect) -> Spoken:
        return tuple(dialect[choice] for choice in governing(self.callback))


def _apart(predicted: Result, seen: Trace) -> bool:
    return isinstance(predicted, Trace) and difference(predicted, seen) is not None
