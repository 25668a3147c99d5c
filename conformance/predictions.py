"""What the reference predicts of a scenario in many dialects: it is run once for all that answer alike what it asks.

A run asks its dialect for one choice after the other, and which comes next depends on the answers before it alone. So what was
run is remembered as a tree: at each branching what was asked, and below each answer what came of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from callcheck.reference.replay import replay
from callcheck.spec.dialect import Dialect
from callcheck.spec.scenario import Scenario, key
from callcheck.spec.trace import Result

Asked = tuple[str, frozenset[str] | None]
"""A choice; and values, where it was asked whether it has one of these."""


class _Listening(dict[str, str]):
    """The values of a dialect, as far as they were asked for; every question is noted with its answer, in order."""

    def __init__(self, choices: Mapping[str, str]) -> None:
        self.choices = choices
        self.answers: dict[Asked, str | bool] = {}

    def __missing__(self, choice: str) -> str:
        found = self[choice] = self.answers[choice, None] = self.choices[choice]
        return found

    def get(self, choice: str, default: Any = None) -> Any:
        return self[choice] if choice in self.choices else default


class _Heard(Dialect):
    """A dialect that is listened to."""

    __slots__ = ()
    choices: _Listening

    def among(self, choice: str, values: frozenset[str], plain: str | None = None) -> bool:
        listening = self.choices
        if choice not in listening.choices:
            return plain in values
        found = listening.answers[choice, values] = listening.choices[choice] in values
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """What came of a run."""

    result: Result


class _Branching:
    """`choice`, `values`: what is asked there. Mostly one answer is known; `below` is what comes of it, `others` of others."""

    __slots__ = ("answer", "below", "choice", "others", "values")

    def __init__(self, asked: Asked, answer: str | bool) -> None:
        self.choice, self.values = asked
        self.answer = answer
        self.below: _Branching | Leaf | None = None
        self.others: dict[str | bool, _Branching | Leaf | None] | None = None

    def next(self, answer: str | bool) -> "_Branching | Leaf | None":
        if answer == self.answer:
            return self.below
        return None if self.others is None else self.others.get(answer)

    def put(self, answer: str | bool, below: "_Branching | Leaf") -> None:
        if answer == self.answer:
            self.below = below
        else:
            self.others = self.others or {}
            self.others[answer] = below


class Predictions:
    """What the reference predicts, of as many scenarios as it is asked about."""

    def __init__(self) -> None:
        self._trees: dict[str, _Branching | Leaf] = {}

    def leaf(self, scenario: Scenario, dialect: Dialect, name: str | None = None) -> Leaf:
        """What the dialect does there: the same object for dialects of which it is known that they do the same. `name`: the
        scenario's key, where that is known."""
        name = name or key(scenario)
        node, choices = self._trees.get(name), dialect.choices
        while type(node) is _Branching:
            answer: str | bool = choices[node.choice]
            if node.values is not None:
                answer = answer in node.values
            node = node.below if answer == node.answer else node.next(answer)
        return node if type(node) is Leaf else self._run(scenario, dialect, name)

    def of(self, scenario: Scenario, dialect: Dialect) -> Result:
        """What the dialect does there."""
        return self.leaf(scenario, dialect).result

    def _run(self, scenario: Scenario, dialect: Dialect, name: str) -> Leaf:
        listening = _Listening(dialect.choices)
        leaf = Leaf(replay(scenario, _Heard(name=dialect.name, choices=listening)))
        below: _Branching | Leaf = leaf
        for asked, answer in reversed(listening.answers.items()):
            branching = _Branching(asked, answer)
            branching.below, below = below, branching
        self._trees[name] = _joined(self._trees.get(name), below)
        return leaf


def _joined(tree: _Branching | Leaf | None, path: _Branching | Leaf) -> _Branching | Leaf:
    """The tree, with one path more."""
    if not isinstance(tree, _Branching) or not isinstance(path, _Branching):
        return path
    node, answer, below = tree, path.answer, path.below
    while isinstance(known := node.next(answer), _Branching) and isinstance(below, _Branching):
        node, answer, below = known, below.answer, below.below
    assert below is not None
    node.put(answer, below)
    return tree
