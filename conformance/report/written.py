"""What `check` writes for machines, and its report."""

import json
import re
from collections.abc import Sequence
from typing import Any

from callcheck import __version__
from callcheck.spec.scenario import to_json as scenario_to_json
from callcheck.spec.version import VERSION

from ..findings import Finding
from ..judge import FAILING, Judgement
from ..session import Suite
from .check_page import brief, cases, page
from .counterexample import describe, sentence
from .folder import Written


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


def written(suite: Suite) -> Written:
    """The report: beside the pages, of each failure the counterexample as text and as a scenario for `callcheck trace`, named
    after the clause, the callback, and where there are several the implementation."""
    more: dict[str, str] = {}
    for name in suite.started():
        for each in suite.judgements[name]:
            if each.verdict in FAILING:
                stem = each.clause.id.replace("/", ".") + "." + each.callback
                stem += "" if len(suite.names) == 1 else "." + re.sub(r"[^\w.@+-]+", "-", str(name))
                more[f"{stem}.txt"] = describe(each) + "\n"
                if each.scenario is not None:
                    more[f"{stem}.json"] = json.dumps(scenario_to_json(each.scenario), indent=1) + "\n"
    return Written(
        command="check", page=page(suite), brief=brief(suite), cases=cases(suite), data=as_json(suite), more=more
    )
