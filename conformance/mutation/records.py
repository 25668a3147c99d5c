"""What a campaign finds, as records and as the committed JSON; and which mutants are known to change nothing.

Rules
- A mutant that nobody can tell from the original by what callbacks are for is *equivalent*, with a written reason; one that
  differs only where a scenario cannot reach is *out of reach*, with the reason too. Equivalent mutants are not counted
  against anyone; mutants out of reach are.
- An entry names the mutant by its id and its change: an entry for a source that has moved on is stale, and an error.
"""

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from importlib.resources import files
from itertools import product
from pathlib import Path

from .insertions import MARK
from .operators import Mutant
from .subjects import SUBJECTS

EQUIVALENT = "mutants_equivalent.toml"
RESULT = "mutants_result.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What became of a mutant. Each `..._by` says who noticed it: a clause, the exact agreement with the reference, a test,
    or how the process ended ("timeout", "crash: ..."); None: it got by. Seconds are those of a process of its own, from its
    start to its first finding; None: not tried."""

    subject: str
    change: str
    callcheck_by: str | None = None
    clauses_by: str | None = None
    seconds: float | None = None
    keras_by: str | None = None
    keras_seconds: float | None = None

    def with_changes(self, **changes: str | float | None) -> "Verdict":
        """The verdict with other values for these fields; TypeError for what is none."""
        return replace(self, **changes)  # type: ignore[arg-type]  # mypy has one type for all keywords together


@dataclass(frozen=True, kw_only=True, slots=True)
class Campaign:
    """The verdicts by the mutants' ids, and on what: `keras` names release and backend."""

    keras: str
    examples: int
    seed: int
    mutants: Mapping[str, Verdict]

    def dumps(self) -> str:
        """JSON text, one mutant to a line."""
        head = {"keras": self.keras, "examples": self.examples, "seed": self.seed}
        lines = [
            f"{json.dumps(id)}: {json.dumps(asdict(each))}" for id, each in sorted(self.mutants.items(), key=_place)
        ]
        return json.dumps(head)[:-1] + ', "mutants": {\n' + ",\n".join(lines) + "\n}}\n"


def _place(item: tuple[str, Verdict]) -> tuple[int, int, str]:
    id, verdict = item
    return list(SUBJECTS).index(verdict.subject), int(id.split(":")[1]), id


def read(path: Path | None = None) -> Campaign:
    """A campaign out of a file, by default the committed one. Raises OSError, ValueError or KeyError."""
    text = (files("callcheck.conformance") / RESULT).read_text("utf-8") if path is None else path.read_text("utf-8")
    data = json.loads(text)
    mutants = {id: Verdict(**each) for id, each in data["mutants"].items()}
    return Campaign(keras=data["keras"], examples=data["examples"], seed=data["seed"], mutants=mutants)


@dataclass(frozen=True, kw_only=True, slots=True)
class Excused:
    """Why a mutant is not expected to be noticed. `kind` is "equivalent" or "out of reach"."""

    mutant: str
    change: str
    kind: str
    reason: str


def excused() -> dict[str, Excused]:
    """The committed excuses by the mutants' ids. Raises ValueError for a file that is not of the form."""
    data = tomllib.loads((files("callcheck.conformance") / EQUIVALENT).read_text("utf-8"))
    found: dict[str, Excused] = {}
    for section, kind in (("equivalent", "equivalent"), ("out-of-reach", "out of reach")):
        for table in data.get(section, []):
            for mutant, change in table["mutants"].items():
                if mutant in found:
                    raise ValueError(f"{EQUIVALENT}: {mutant} is named twice")
                found[mutant] = Excused(mutant=mutant, change=change, kind=kind, reason=table["reason"])
    return found


def stale(entries: Iterable[Excused], mutants: Mapping[str, Mutant]) -> list[Excused]:
    """The excuses for mutants that do not exist, or are another change now."""
    return [each for each in entries if each.mutant not in mutants or mutants[each.mutant].change != each.change]


def table(campaign: Campaign, excuses: Mapping[str, Excused]) -> str:
    """The table of the README, in Markdown: a row per callback and one for all, of single changes, and below of insertions."""
    rows = [
        "| callback | mutants | equivalent | out of reach | killed by callcheck | by the clauses alone "
        "| by Keras's own tests | s per mutant |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for inserted, name in product((False, True), (*SUBJECTS, None)):
        verdicts = {
            id: each
            for id, each in campaign.mutants.items()
            if name in (None, each.subject) and (MARK in id) == inserted
        }
        row = (name or "**all**") + (", insertions" if inserted else "")
        kinds = {id: excuses[id].kind for id in verdicts if id in excuses}
        equivalent = {id for id, kind in kinds.items() if kind == "equivalent"}
        counted = [each for id, each in verdicts.items() if id not in equivalent]
        if not verdicts:
            continue
        tried = [each for each in counted if each.keras_seconds is not None]
        seconds = [each.seconds for each in verdicts.values() if each.seconds is not None]
        rows.append(
            f"| {row} | {len(verdicts)} | {len(equivalent)} | {len(kinds) - len(equivalent)} "
            f"| {_rate(sum(each.callcheck_by is not None for each in counted), len(counted))} "
            f"| {_rate(sum(each.clauses_by is not None for each in counted), len(counted))} "
            f"| {_rate(sum(each.keras_by is not None for each in tried), len(tried))} "
            f"| {sum(seconds) / max(1, len(seconds)):.1f} |"
        )
    return "\n".join(rows)


def _rate(killed: int, of: int) -> str:
    """Of how many how many, and rounded down, so that 100 % means all."""
    return f"{killed} of {of} ({100 * killed // of} %)" if of else "-"
