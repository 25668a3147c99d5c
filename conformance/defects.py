"""FINDINGS.md: what current releases do that they promise not to do, each reproduced in plain Keras.

    python -m callcheck.conformance.defects        run every reproduction with the installed Keras, and write the document

Rules
- A finding names the clause that fails, or the choice by which Keras leaves the documentation, and shows a smallest scenario.
- The script is that of a witness: plain Keras, without callcheck. What it printed stands below it; one that could not be run, or
  that shows nothing, is no finding and ends the making.
- Since when is read from the chain of releases: the reference in each of them on that scenario.
"""

import os
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from callcheck.reference.replay import replay
from callcheck.spec.chain import chains
from callcheck.spec.chain import version as numbers
from callcheck.spec.choices import CHOICES
from callcheck.spec.clauses.clause import CLAUSES, Case, Clause, Failed
from callcheck.spec.dialect import NEWEST, Dialect, documented, release_dialect, resolve
from callcheck.spec.scenario import Scenario, dumps, from_json
from callcheck.spec.trace import Trace, difference

from . import rules, witness
from .report.words import compared_with

RECORDS = Path(__file__).with_name("defects.toml")
DOCUMENT = "FINDINGS.md"
_TITLE = """# Findings

What the newest releases do that their documentation promises otherwise. Made by `python -m callcheck.conformance.defects`, which
runs every reproduction; the lines after a script are what it printed. Nothing stands here that was not seen running.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Defect:
    """`about`: the id of the clause that fails, or of the choice by which the release leaves the documentation."""

    title: str
    about: str
    scenario: Scenario

    def shows_in(self, dialect: Dialect) -> bool:
        """Whether the scenario shows it in that dialect."""
        trace = replay(self.scenario, dialect)
        assert isinstance(trace, Trace)
        if self.about in CHOICES:
            instead = replay(self.scenario, documented())
            assert isinstance(instead, Trace)
            return difference(trace, instead) is not None
        return isinstance(clause(self.about).judge(Case(scenario=self.scenario, trace=trace, dialect=dialect)), Failed)

    @property
    def since(self) -> str:
        """The release of Keras since which it shows, without a break until the newest."""
        chain = chains()["keras"]
        first = chain.known[-1]
        for release in reversed(chain.known):
            if not self.shows_in(release_dialect("keras", release).dialect):
                return first
            first = release
        return f"{first} at the latest"


def clause(id: str) -> Clause:
    """The clause of that id."""
    assert rules.AGREEMENTS  # which registers the clauses
    return CLAUSES[id]


def defects() -> tuple[Defect, ...]:
    """Every one that is kept."""
    tables = tomllib.loads(RECORDS.read_text(encoding="utf-8"))["defect"]
    return tuple(
        Defect(title=each["title"], about=each["about"], scenario=from_json(each["scenario"])) for each in tables
    )


def reproduced(defect: Defect) -> tuple[str, str]:
    """The script in plain Keras, and what it printed with the installed one. Raises ValueError for what takes more to show."""
    script = witness.script(defect.scenario, "keras", numbers(version("keras")))
    if script is None:
        raise ValueError(f"{defect.title}: there is no script in plain Keras")
    variables = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
    with tempfile.TemporaryDirectory(prefix="callcheck-finding-") as directory:
        return script, witness.run(script, Path(sys.executable), Path(directory), variables)


def markdown() -> Iterator[str]:
    """The document, in parts."""
    yield _TITLE
    yield f"## {compared_with(NEWEST)}\n"
    for number, defect in enumerate(defects(), 1):
        if not defect.shows_in(resolve(NEWEST).dialect):
            raise ValueError(f"{defect.title}: the scenario does not show it")
        script, printed = reproduced(defect)
        yield f"### {number}. {defect.title}\n"
        if defect.about in CHOICES:
            yield f"`{defect.about}`: {CHOICES[defect.about].values[resolve(NEWEST).dialect[defect.about]]}\n"
        else:
            yield f"`{defect.about}`: {clause(defect.about).sentence}\n"
        yield f"Since keras {defect.since}. The smallest scenario: `{dumps(defect.scenario)}`\n"
        lines = "\n".join(f"# {line}" for line in printed.splitlines())
        yield f"```python\n{script}{lines}\n```\n"


def main() -> int:
    Path(DOCUMENT).write_text("\n".join(markdown()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
