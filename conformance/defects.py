"""FINDINGS.md: what current releases do that they promise not to do, each reproduced in plain code of that package.

    python -m callcheck.conformance.defects        run the reproductions with what is installed, and write the document

Rules
- A finding names the clause that fails, or the choice by which Keras leaves the documentation, and shows a smallest scenario.
- The script is that of a witness: plain Keras, without callcheck; for another package it stands beside the finding. What it
  printed stands below it; one that could not be run, or that shows nothing, is no finding and ends the making.
- What is about another package is run where that release of it is installed; elsewhere what it printed stays as it stands in the
  document, below the very same script, and the command says so. There is no such mercy for a finding of Keras, nor for a new one.
- What was expected and what came is read off the reference; since when, from the chain of releases: the reference in each of them
  on that scenario. Of another package, older releases were run, and the finding says which shows it first.
- A thread is one of the package's own tracker; where none is given, none was found.
"""

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from callcheck.reference.replay import replay
from callcheck.spec.chain import chains
from callcheck.spec.chain import version as numbers
from callcheck.spec.choices import CHOICES
from callcheck.spec.clauses.clause import CLAUSES, Case, Clause, Failed, differs
from callcheck.spec.dialect import NEWEST, Dialect, documented, release_dialect, resolve
from callcheck.spec.difference import difference
from callcheck.spec.scenario import Scenario, dumps, from_json
from callcheck.spec.trace import NO_SUCH_CALLBACK, Trace

from . import rules, witness
from .driver.temporary import temporary
from .report.words import compared_with

RECORDS = Path(__file__).with_name("defects.toml")
DOCUMENT = "FINDINGS.md"
TIME_LIMIT = 120.0
"""Seconds for running a reproduction, importing its package included."""
_TITLE = """# Findings

What the newest releases do that their documentation promises otherwise. Made by `python -m callcheck.conformance.defects`, which
runs the reproductions; the lines after a script are what it printed. Nothing stands here that was not seen running.

It is a selection: each fault once, where it does most harm. All promises that Keras breaks are listed in SPECIFICATION.md, under
*Where Keras 3.15.1 breaks its documentation*.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Defect:
    """`about`: the id of the clause that fails, or of the choice by which the release leaves the documentation. `release`: of
    which package, if not of Keras; `script`, what shows it there. `threads`: what was said of it upstream, as links. One that no
    scenario can say has neither clause nor scenario; `says` tells what is to be known of it. Of it, and of what is about another
    package, `first` names the oldest release that it shows, found by running older ones, and what came of the one before."""

    title: str
    about: str = ""
    scenario: Scenario | None = None
    says: str = ""
    threads: tuple[str, ...] = ()
    release: str = ""
    script: str = ""
    first: str = ""

    def shown_in(self, dialect: Dialect) -> str | None:
        """What the scenario shows of it in that dialect; None if nothing, or if there is no such callback."""
        assert self.scenario is not None
        trace = replay(self.scenario, dialect)
        if trace == NO_SUCH_CALLBACK:
            return None
        assert isinstance(trace, Trace)
        if self.about in CHOICES:
            instead = replay(self.scenario, documented())
            found = difference(instead, trace)
            return None if found is None else str(differs(found, "the documentation says nothing else"))
        outcome = clause(self.about).judge(Case(scenario=self.scenario, trace=trace, dialect=dialect))
        return str(outcome) if isinstance(outcome, Failed) else None

    @property
    def since(self) -> str:
        """The release of Keras since which it shows, without a break until the newest."""
        chain = chains()["keras"]
        first = chain.known[-1]
        for release in reversed(chain.known):
            if not self.shown_in(release_dialect("keras", release).dialect):
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
        Defect(
            **{
                **each,
                "scenario": from_json(each["scenario"]) if "scenario" in each else None,
                "threads": tuple(each.get("threads", ())),
            }
        )
        for each in tables
    )


def script_of(defect: Defect) -> str:
    """The script in plain code. Raises ValueError for what takes more to show."""
    script: str | None = defect.script
    if not script and defect.scenario is not None:
        script = witness.script(defect.scenario, "keras", numbers(version("keras")))
    if not script:
        raise ValueError(f"{defect.title}: there is no script in plain Keras")
    return script


class NotHere(ValueError):
    """Another release is installed than a finding is about, or none."""


def reproduced(defect: Defect) -> str:
    """What the script printed with what is installed. Raises NotHere."""
    if defect.release:
        package, _, release = defect.release.partition(" ")
        try:
            there = version(package)
        except PackageNotFoundError:
            there = "not installed"
        if there != release:
            raise NotHere(f"{defect.title}: {package} is {there}, and this is about {release}")
    variables = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
    with temporary("finding") as directory:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", script_of(defect)],
            cwd=directory, env=variables, capture_output=True, text=True, check=False, timeout=TIME_LIMIT,
        )  # fmt: skip
    return "\n".join(done.stderr.splitlines()[-1:] if done.returncode else done.stdout.strip().splitlines())


def _printed(defect: Defect, document: str) -> str:
    """What stands below a script: what it printed now, or when it was run last. Raises NotHere where neither is known."""
    try:
        lines = "\n".join(f"# {line}" for line in reproduced(defect).splitlines())
    except NotHere as error:
        _, script, after = document.partition(script_of(defect))
        if not script:
            raise
        print(f"not run: {error}", file=sys.stderr)
        return after.partition("\n```")[0]
    return lines


def markdown(document: str) -> Iterator[str]:
    """The document, in parts; `document`: as it was."""
    yield _TITLE
    release = None
    for number, defect in enumerate(defects(), 1):
        if defect.release != release:
            release = defect.release
            yield f"## {release or compared_with(NEWEST)}\n"
        yield f"### {number}. {defect.title}\n"
        if defect.says:
            yield f"{defect.says}\n"
        elif defect.about in CHOICES:
            yield f"`{defect.about}`: {CHOICES[defect.about].values[resolve(NEWEST).dialect[defect.about]]}\n"
        else:
            yield f"`{defect.about}`: {clause(defect.about).sentence}\n"
        if not defect.first:
            shown = defect.shown_in(resolve(NEWEST).dialect)
            if shown is None:
                raise ValueError(f"{defect.title}: the scenario does not show it")
            yield f"Seen in {shown}. Since keras {defect.since}.\n"
        else:
            yield f"Since {defect.first}.\n"
        if defect.threads:
            yield f"Upstream: {', '.join(f'<{link}>' for link in defect.threads)}.\n"
        if defect.scenario is not None:
            yield f"The smallest scenario: `{dumps(defect.scenario)}`\n"
        yield f"```python\n{script_of(defect)}{_printed(defect, document)}\n```\n"


def main() -> int:
    path = Path(DOCUMENT)
    path.write_text("\n".join(markdown(path.read_text(encoding="utf-8"))), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
