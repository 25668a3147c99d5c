"""What `diff` says: each difference as a person reads it, the ones that matter most first, and as JSON."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from callcheck.spec.chain import Change
from callcheck.spec.choices import CHOICES
from callcheck.spec.dialect import Dialect, path
from callcheck.spec.scenario import dumps
from callcheck.spec.scenario import to_json as scenario_to_json
from callcheck.spec.trace import Result, Trace
from callcheck.spec.trace import to_json as trace_to_json

from ..diff import CONFIRMED, PREDICTED, SEVERITIES, UNKNOWN, WRONG, Difference
from .table import table
from .words import one_line, wrapped

CLAIMS = {
    PREDICTED: "predicted, and not run",
    CONFIRMED: "confirmed: both were run, and did as predicted",
    WRONG: "the prediction was wrong: this is what was seen",
    UNKNOWN: "seen by running both; no known choice explains it",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Witness:
    """A script in plain Keras, and what it printed with each of the two."""

    script: str
    a: str
    b: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What was found between two implementations, by their names. `scenarios`: how many random ones were run on both; None where
    nothing was run."""

    a: str
    b: str
    dialects: tuple[Dialect | None, Dialect | None]
    differences: tuple[Difference, ...]
    witnesses: Mapping[int, Witness]
    scenarios: int | None
    seed: int

    @property
    def counted(self) -> str:
        """How many differences there are, and what they are about."""
        return _counted(self.differences)

    @property
    def basis(self) -> str:
        """What the report rests on."""
        if self.scenarios is None:
            return "Predicted from the two dialects; nothing was run."
        return f"No further difference in {self.scenarios} random scenarios run on both (seed {self.seed})."

    def text(self) -> str:
        """The first screen says how many there are and what they are about; then one after the other."""
        lines = [f"{self.a} and {self.b}: {self.counted}"]
        for number, each in enumerate(self.differences, 1):
            lines += ["", *self.one(number, each)]
        return "\n".join([*lines, "", self.basis])

    def one(self, number: int, each: Difference) -> list[str]:
        """The lines on one difference."""
        found = self._one(number, each)
        return [part for line in found for part in ([line] if isinstance(line, _AsItIs) else wrapped(line))]

    def _one(self, number: int, each: Difference) -> list[str]:
        title = f"[{number}] {SEVERITIES[each.severity]}: {each.callback}"
        lines = [title + "".join(f", {choice}" for choice in each.choices)]
        for choice, (a, b) in each.choices.items():
            lines.append(f"  {CHOICES[choice].question}")
            lines.append(f"    {self.a}: {CHOICES[choice].values[a]}")
            lines.append(f"    {self.b}: {CHOICES[choice].values[b]}")
            for package, change in changes_between(*self.dialects, choice):
                lines.append(f"    since {package} {change.release}: {change.says} ({change.source})")
        lines.append(f"  {CLAIMS[each.status]}")
        for name, result in ((self.a, each.a), (self.b, each.b)):
            lines.append(f"  on {name}:")
            lines += [f"    {line}" for line in _told(each, result)]
        witness = self.witnesses.get(number - 1)
        if witness is not None:
            lines.append("  in plain Keras, run with both:")
            lines += [_AsItIs(f"    {one_line(line)}") for line in witness.script.splitlines()]
            lines += [f"    # {self.a}: {line}" for line in witness.a.splitlines()]
            lines += [f"    # {self.b}: {line}" for line in witness.b.splitlines()]
        else:
            lines += ["  replay with `callcheck trace -`:", _AsItIs(f"    {dumps(each.scenario)}")]
        return lines

    def to_json(self) -> dict[str, Any]:
        """As `diff --json` prints it."""
        return {
            "a": self.a,
            "b": self.b,
            "differences": [
                {
                    "callback": each.callback,
                    "choices": list(each.choices),
                    "explanation": each.explanation,
                    "severity": SEVERITIES[each.severity],
                    "status": each.status,
                    "scenario": scenario_to_json(each.scenario),
                    "a": trace_to_json(each.a),
                    "b": trace_to_json(each.b),
                    "changes": [
                        {"package": package, "release": change.release, "says": change.says, "source": change.source}
                        for choice in each.choices
                        for package, change in changes_between(*self.dialects, choice)
                    ],
                    "script": self.witnesses[number].script if number in self.witnesses else None,
                }
                for number, each in enumerate(self.differences)
            ],
            "scenarios": self.scenarios,
            "seed": self.seed,
        }


class _AsItIs(str):
    """A line that can be copied: no line breaks are put into it."""

    __slots__ = ()


def _counted(differences: Sequence[Difference]) -> str:
    if not differences:
        return "no difference"
    counts = Counter(each.severity for each in differences)
    about = ", ".join(f"{count} in {SEVERITIES[severity]}" for severity, count in sorted(counts.items()))
    many = "difference" if len(differences) == 1 else "differences"
    return f"{len(differences)} {many} ({about})"


def _told(each: Difference, result: Result) -> list[str]:
    return table(each.scenario, result if isinstance(result, Trace) else None)


def changes_between(a: Dialect | None, b: Dialect | None, choice: str) -> list[tuple[str, Change]]:
    """The change records of a choice that led from one release to the other, or from where their ways part to each, oldest first;
    each with its package."""
    if a is None or b is None:
        return []
    one, other = path(a), path(b)
    apart = [each for each in (*one, *other) if each not in one or each not in other]
    return [(package, change) for package, change in apart if change.choice == choice]
