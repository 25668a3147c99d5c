"""What `check` writes for machines, and the report folder.

Rules
- A folder is prepared before anything is run: that it cannot be written is found out at the beginning, not at the end.
- `check.json` names the files that were written beside it; a later report into the same folder removes them, and nothing else.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from callcheck import __version__
from callcheck.spec.scenario import to_json as scenario_to_json
from callcheck.spec.version import VERSION

from ..findings import Finding
from ..judge import FAILING, Judgement
from ..session import Suite
from .counterexample import describe, sentence

MAIN = "check.json"


class CannotWrite(ValueError):
    """The folder cannot be written; the message is one sentence."""


def as_json(suite: Suite) -> dict[str, Any]:
    """The results, in the form that `callcheck check --json` prints."""
    started = suite.started()
    return {
        "callcheck": __version__,
        "specification": VERSION,
        "seed": suite.seed,
        "implementations": {
            str(name): {"name": hearing.subject.name, "dialect": hearing.dialect.name}
            for name, hearing in started.items()
        },
        "scenarios": sum(hearing.results.answered for hearing in started.values()),
        "complaints": [each.sentence for name in started for each in suite.complaints(name)],
        "results": [
            _result(each, numbers.get((each.clause.id, each.callback)))
            for name in started
            for numbers in (_numbers(suite.findings(name)),)
            for each in suite.judgements[name]
        ],
    }


def _numbers(found: Sequence[Finding]) -> dict[tuple[str, str], int]:
    """In which finding each failing rule is, by its id and callback; counted from 1."""
    return {(each.clause.id, each.callback): number for number, one in enumerate(found, 1) for each in one.all}


def _result(judgement: Judgement, finding: int | None) -> dict[str, Any]:
    return {
        "implementation": judgement.implementation,
        "clause": judgement.clause.id,
        "callback": judgement.callback,
        "level": judgement.clause.level,
        "verdict": judgement.verdict,
        "finding": finding,
        "exercised": judgement.exercised,
        "scenario": None if judgement.scenario is None else scenario_to_json(judgement.scenario),
        "related": None if judgement.related is None else scenario_to_json(judgement.related),
        "message": sentence(judgement),
        "reason": judgement.reason,
    }


class Report:
    """A folder for `check.json`, and for each failure the counterexample as text and as a scenario for `callcheck trace`, named
    after the clause, the callback, and where there are several the implementation."""

    def __init__(self, folder: Path) -> None:
        """Prepare the folder: make it, and remove what an earlier report left there. Raises CannotWrite."""
        self.folder = folder.absolute()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for name in self._written_before():
                (self.folder / name).unlink(missing_ok=True)
            (self.folder / MAIN).write_text("{}\n", encoding="utf-8")
        except OSError as error:
            raise CannotWrite(f"--report {folder}: cannot be written ({error.strerror})") from None

    def _written_before(self) -> list[str]:
        try:
            names = json.loads((self.folder / MAIN).read_text(encoding="utf-8")).get("files", [])
        except (OSError, ValueError, AttributeError):
            return []
        return [name for name in names if isinstance(name, str) and Path(name).name == name]

    def write(self, suite: Suite) -> None:
        """Write the results. Raises CannotWrite."""
        texts: dict[str, str] = {}
        for name in suite.started():
            for each in suite.judgements[name]:
                if each.verdict in FAILING:
                    stem = each.clause.id.replace("/", ".") + "." + each.callback
                    stem += "" if len(suite.names) == 1 else "." + re.sub(r"[^\w.@+-]+", "-", str(name))
                    texts[f"{stem}.txt"] = describe(each) + "\n"
                    if each.scenario is not None:
                        texts[f"{stem}.json"] = json.dumps(scenario_to_json(each.scenario), indent=1) + "\n"
        texts[MAIN] = json.dumps({**as_json(suite), "files": sorted(texts)}, indent=1) + "\n"
        try:
            for file, text in texts.items():
                (self.folder / file).write_text(text, encoding="utf-8")
        except OSError as error:
            raise CannotWrite(f"--report {self.folder}: cannot be written ({error.strerror})") from None
