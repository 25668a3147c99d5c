"""What `diff` says: each difference as a person reads it, the ones that matter most first, and as JSON."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from callcheck.spec.callbacks import CALLBACKS, TRAINING
from callcheck.spec.chain import Change
from callcheck.spec.choices import CHOICES
from callcheck.spec.dialect import NEWEST, Dialect, path, resolve
from callcheck.spec.scenario import dumps
from callcheck.spec.scenario import to_json as scenario_to_json
from callcheck.spec.trace import Failed, Result, Trace
from callcheck.spec.trace import to_json as trace_to_json

from ..accepted import Review, identity
from ..diff import BEYOND, CONFIRMED, PREDICTED, SEVERITIES, UNKNOWN, WRONG, Difference, not_looked_at
from ..witness import Witness
from .table import heading, table
from .words import one_line, wrapped

CLAIMS = {
    PREDICTED: "predicted, and not run",
    CONFIRMED: "confirmed: both were run, and did as predicted",
    WRONG: "the prediction was wrong: this is what was seen",
    UNKNOWN: "seen by running both; no known choice explains it",
    BEYOND: "seen by running both; what one of them does here is not predicted, so that a choice above or below may explain it",
}


RISKS = (
    "high: other weights are trained, kept or put back, and nothing says so",
    "high: training stops somewhere else, and nothing says so",
    "high: the learning rate is another, and nothing says so",
    "medium: other files are saved, or others' weights",
    "medium: what went on raises an error, or the other way round",
    "low: what is printed or logged",
)
"""What the worst difference means, by its severity."""
NOT_TESTED = ("metrics themselves", "distributed training", "training loops of one's own", "any other callback")
"""What never is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What was found between two implementations, by their names. `scenarios`: how many random ones were run on both; None where
    nothing was run. `own`: the user's configurations that were asked about; `unknown`: those of which nothing is predicted, and
    nothing was run; `training`: whether lists of several callbacks were asked about; `review`: what a file of accepted
    differences makes of it. `tests`: unit tests in Keras's own style, by file."""

    a: str
    b: str
    dialects: tuple[Dialect | None, Dialect | None]
    differences: tuple[Difference, ...]
    witnesses: Mapping[int, Witness]
    scenarios: int | None
    seed: int
    own: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    training: bool = False
    review: Review | None = None
    tests: Mapping[str, str] = field(default_factory=dict)

    @property
    def failing(self) -> bool:
        """Whether anything is there that is not accepted: a difference, of the user's own configurations if they were asked
        about, or one that has vanished."""
        accepted = {} if self.review is None else self.review.accepted
        new = (each for number, each in enumerate(self.differences) if number not in accepted)
        return any(each.own or not self.own for each in new) or bool(self.review and self.review.vanished)

    @property
    def risk(self) -> str:
        """How much the worst of it matters, in a sentence; empty where there is nothing."""
        return RISKS[min(each.severity for each in self.differences)] if self.differences else ""

    @property
    def first_screen(self) -> list[str]:
        """What the differences are, the user's configurations first, and what was not tested."""
        lines = [f"{self.a} and {self.b}: {self.counted}", *self.at_stake]
        if len(self.differences) > 1:
            lines += [f"  {self.title(number, each)}" for number, each in enumerate(self.differences, 1)]
        return [*lines, *self.limits]

    @property
    def at_stake(self) -> list[str]:
        """How much the worst matters, and what it means for the user's configurations, a line each."""
        lines = [f"risk: {self.risk}"] if self.risk else []
        if self.own:
            touched = {each.own for each in self.differences}
            lines.append(f"your configurations: {len(touched & {*self.own})} of {len(self.own)} do something else")
        for title in self.own:
            numbers = [f"[{number}]" for number, each in enumerate(self.differences, 1) if each.own == title]
            lines.append(
                f"  {title}: {', '.join(numbers) or ('not predicted' if title in self.unknown else 'no difference')}"
            )
        return lines

    @property
    def limits(self) -> list[str]:
        """What somebody has accepted, and what was not tested, a line each."""
        lines: list[str] = []
        if self.review is not None:
            lines += [f"  accepted: [{index + 1}], {reason}" for index, reason in self.review.accepted.items()]
            lines += [f"  vanished: {each}" for each in self.review.vanished]
        return [*lines, f"not tested: {', '.join(self.not_tested)}"]

    @property
    def not_tested(self) -> tuple[str, ...]:
        """What was not looked at, a few words each."""
        unseen = (f"{name} before {_looked_at_since(name)}" for name in not_looked_at(*self.dialects))
        lists = () if self.training else (f"lists of several callbacks (--callback {TRAINING})",)
        return (*unseen, *lists, *NOT_TESTED)

    def title(self, number: int, each: Difference) -> str:
        """The difference in a line."""
        about = ", ".join((f"[{number}] {SEVERITIES[each.severity]}: {each.callback}", *each.choices))
        return about + (" (yours)" if each.own else "")

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
        lines = [part for line in self.first_screen for part in wrapped(line)]
        for number, each in enumerate(self.differences, 1):
            lines += ["", *self.one(number, each)]
        new = (
            [] if self.review is None else [e for i, e in enumerate(self.differences) if i not in self.review.accepted]
        )
        if new:
            tables = dict.fromkeys(identity(each).table() for each in new)
            lines += ["", "to accept what is new, with a reason:", *(f"\n{table}" for table in tables)]
        return "\n".join([*lines, "", self.basis])

    def one(self, number: int, each: Difference) -> list[str]:
        """The lines on one difference."""
        found = self._one(number, each)
        return [part for line in found for part in ([line] if isinstance(line, _AsItIs) else wrapped(line))]

    def _one(self, number: int, each: Difference) -> list[str]:
        lines = [self.title(number, each)]
        if each.own:
            lines.append(f"  {each.own}")
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
            lines += [_AsItIs(f"    {one_line(line)}") for line in witness.told(self.a, self.b)]
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
                    "own": each.own or None,
                    "accepted": None if self.review is None else self.review.accepted.get(number),
                    "scenario": scenario_to_json(each.scenario),
                    "a": trace_to_json(each.a),
                    "b": trace_to_json(each.b),
                    "changes": [
                        {"package": package, "release": change.release, "says": change.says, "source": change.source}
                        for choice in each.choices
                        for package, change in changes_between(*self.dialects, choice)
                    ],
                    "script": self.witnesses[number].scripts[1] if number in self.witnesses else None,
                }
                for number, each in enumerate(self.differences)
            ],
            "configurations": list(self.own),
            "vanished": [] if self.review is None else [str(each) for each in self.review.vanished],
            "risk": self.risk or None,
            "not_tested": list(self.not_tested),
            "scenarios": self.scenarios,
            "seed": self.seed,
        }


class _AsItIs(str):
    """A line that can be copied: no line breaks are put into it."""

    __slots__ = ()


def _looked_at_since(callback: str) -> str:
    """The release since which it is known what the callback does."""
    choice = f"{CALLBACKS[callback].prefix}/arguments"
    package, change = next((package, each) for package, each in path(resolve(NEWEST).dialect) if each.choice == choice)
    return f"{package} {change.release}"


def _counted(differences: Sequence[Difference]) -> str:
    if not differences:
        return "no difference"
    counts = Counter(each.severity for each in differences)
    about = ", ".join(f"{count} in {SEVERITIES[severity]}" for severity, count in sorted(counts.items()))
    many = "difference" if len(differences) == 1 else "differences"
    return f"{len(differences)} {many} ({about})"


def _told(each: Difference, result: Result) -> list[str]:
    if isinstance(result, Failed):
        return [*heading(each.scenario), f"  no answer: {result.kind}, {result.message}"]
    held = any(CHOICES[choice].held for choice in each.choices)
    return table(each.scenario, result if isinstance(result, Trace) else None, attributes=held)


def changes_between(a: Dialect | None, b: Dialect | None, choice: str) -> list[tuple[str, Change]]:
    """The change records of a choice that led from one release to the other, or from where their ways part to each, oldest first;
    each with its package."""
    if a is None or b is None:
        return []
    one, other = path(a), path(b)
    apart = [each for each in (*one, *other) if each not in one or each not in other]
    return [(package, change) for package, change in apart if change.choice == choice]
