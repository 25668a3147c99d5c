"""What was seen of an unknown callback, and what dialects make of it: predictions are remembered, for a search asks many times.

Rules
- What the reference does not predict tells nothing.
- Whoever wants to know how many scenarios a dialect misses says how many are enough: what is not needed is not predicted.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from callcheck.spec.dialect import Dialect
from callcheck.spec.difference import difference
from callcheck.spec.scenario import Scenario
from callcheck.spec.trace import Result, Trace

from .predictions import Leaf, Predictions


@dataclass(slots=True)
class Evidence:
    """Scenarios with traces, by the scenario's key."""

    seen: dict[str, tuple[Scenario, Trace]]
    predictions: Predictions
    _apart: dict[Leaf, bool] = field(default_factory=dict)
    """Of a prediction, whether something else was seen."""

    def missed(self, dialect: Dialect, among: Iterable[str]) -> Iterator[str]:
        """The keys of those scenarios on which the dialect does something else than was seen."""
        return (name for name in among if self.misses(dialect, name))

    def misses(self, dialect: Dialect, name: str) -> bool:
        """Whether it does on that one."""
        leaf = self.leaf(dialect, name)
        if leaf not in self._apart:
            seen = self.seen[name][1]
            self._apart[leaf] = isinstance(leaf.result, Trace) and difference(leaf.result, seen) is not None
        return self._apart[leaf]

    def failing(self, dialect: Dialect, among: Iterable[str]) -> list[str]:
        """All of them."""
        return list(self.missed(dialect, among))

    def count(self, dialect: Dialect, among: Iterable[str], enough: int) -> int:
        """How many they are; it is not counted beyond `enough`."""
        return sum(1 for _ in islice(self.missed(dialect, among), enough))

    def fitting(self, dialect: Dialect) -> dict[str, None]:
        """The keys of those on which it does what was seen, in their order."""
        return dict.fromkeys(name for name in self.seen if not self.misses(dialect, name))

    def leaf(self, dialect: Dialect, name: str) -> Leaf:
        """What the dialect does on a scenario that was seen."""
        return self.predictions.leaf(self.seen[name][0], dialect, name)

    def predicted(self, dialect: Dialect, name: str) -> Result:
        """The same, as what came of it."""
        return self.leaf(dialect, name).result
