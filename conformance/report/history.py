"""The history: what changed in which release, read from the chains of change records, each with a scenario that shows it.

Nothing is said here that a chain does not say; what happens before and after a change is what the reference predicts.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from callcheck.reference.replay import replay
from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.chain import Change, chains, version
from callcheck.spec.choices import CHOICES
from callcheck.spec.dialect import Dialect, before, release_dialect
from callcheck.spec.scenario import Scenario, from_json
from callcheck.spec.trace import Trace, difference

from .counterexample import replayable
from .table import table
from .words import wrapped


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A change with its circumstances."""

    package: str
    change: Change
    scenario: Scenario

    @property
    def now(self) -> Dialect:
        """The dialect of the release."""
        return release_dialect(self.package, self.change.release).dialect

    @property
    def before(self) -> Dialect:
        """The dialect of the release before it, or of the one whose code it took over."""
        found = before(self.package, self.change.release)
        assert found is not None  # a root has no changes
        return found

    @property
    def pair(self) -> tuple[Dialect, Dialect]:
        """Two dialects in which the scenario shows the change: those before it and of this release, or if other changes of the
        release hide it, the same with this choice alone changed."""
        then, choice = self.before, self.change.choice
        pairs = (
            (then, self.now),
            (self.now.replace("before", **{choice: then[choice]}), self.now),
            (then, then.replace("after", **{choice: self.now[choice]})),
        )
        return next((pair for pair in pairs if _differ(self.scenario, *pair)), pairs[0])

    @property
    def shown(self) -> tuple[str, ...]:
        """The scenario before and after, in two tables one below the other."""
        lines: list[str] = []
        for says, dialect in zip(("before:", f"from {self.package} {self.change.release} on:"), self.pair, strict=True):
            lines += [says, *(f"  {line}" for line in _table(self.scenario, dialect))]
        return tuple(lines)


def _differ(scenario: Scenario, a: Dialect, b: Dialect) -> bool:
    return difference(replay(scenario, a), replay(scenario, b)) is not None


def _table(scenario: Scenario, dialect: Dialect) -> list[str]:
    trace = replay(scenario, dialect)
    return table(scenario, trace if isinstance(trace, Trace) else None)


def history(prefix: str = "") -> Iterator[Told]:
    """The changes to the choices whose id begins so, by package and callback, oldest first."""
    for package, chain in chains().items():
        about = [each for each in chain.changes if each.choice.startswith(prefix)]
        for change in sorted(about, key=lambda each: (_rank(each.choice), version(each.release))):
            yield Told(package=package, change=change, scenario=from_json(dict(change.scenario)))


def _rank(choice: str) -> int:
    """The place of the callback that a choice belongs to; what two of them share comes last."""
    prefixes = [callback.prefix for callback in CALLBACKS.values()]
    part = choice.split("/")[0]
    return prefixes.index(part) if part in prefixes else len(prefixes)


def _part(choice: str) -> str:
    part = choice.split("/")[0]
    return next((name for name, callback in CALLBACKS.items() if callback.prefix == part), "The learning rate")


def text(prefix: str = "") -> str:
    """The history as `callcheck history` prints it."""
    lines: list[str] = []
    part = None
    for each in history(prefix):
        if (each.package, _part(each.change.choice)) != part:
            part = each.package, _part(each.change.choice)
            lines += ["", f"{part[1]}, {each.package}"]
        lines.append(f"  {each.change.release}: {each.change.says}")
        lines.append(f"      {each.change.choice} = {each.change.value}; source: {each.change.source}")
    return "\n".join(part for line in lines[1:] for part in wrapped(line, hanging="      "))


def markdown() -> str:
    """The whole history as a document."""
    lines = ["# What changed in these callbacks, release by release", ""]
    for package, chain in chains().items():
        lines.append(f"- **{package}**: {len(chain.changes)} changes, read off and run in {', '.join(chain.known)}.")
        lines += [f"  - from {fork.release} on: {fork.says} ({fork.source})." for fork in chain.forks]
        if chain.follows is not None:
            lines.append(f"  - from {chain.follows.since} on: {chain.follows.says} ({chain.follows.source}).")
    lines += [
        "",
        "Each change names its source and the scenario that shows it, with what happened before and after. Releases that are not "
        "listed were not run; callcheck says so when it is asked for one of them between two that differ. Made by `callcheck "
        "history --markdown HISTORY.md`; do not edit.",
    ]
    part = None
    for each in history():
        if (each.package, _part(each.change.choice)) != part:
            part = each.package, _part(each.change.choice)
            lines += ["", f"## {part[1]}, {each.package}"]
        choice = CHOICES[each.change.choice]
        lines += [
            "",
            f"### {each.package} {each.change.release}: {each.change.says}",
            "",
            f"`{choice.id}` = `{each.now[choice.id]}`: {choice.values[each.now[choice.id]]}",
            "",
            f"Source: {each.change.source}",
            "",
            "```",
            *each.shown,
            *replayable(each.scenario),
            "```",
        ]
    return "\n".join(lines) + "\n"
