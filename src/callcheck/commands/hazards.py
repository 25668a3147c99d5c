"""`callcheck check --script`: the callbacks of a training script, judged as a whole."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict

from callcheck import __version__
from callcheck.conformance.assurances import Assurance, assurances
from callcheck.conformance.explain.releases import whose_rules
from callcheck.conformance.hazards import Hazard, hazards
from callcheck.conformance.pool import EXAMPLES
from callcheck.conformance.report.words import wrapped
from callcheck.conformance.script import read_script
from callcheck.spec.dialect import NEWEST, resolve
from callcheck.spec.scenario import dumps, to_json
from callcheck.spec.script import ScriptFit

from .status import DEVIATING, OK


def check_script(options: argparse.Namespace) -> int:
    """Print what can go wrong with each fit of the file, and what cannot; 1 if anything can."""
    resolution = resolve(options.dialect or NEWEST)
    dialect, examples = resolution.dialect, EXAMPLES if options.examples is None else options.examples
    fits = [fit for fit in read_script(options.script).fits if fit.callbacks]
    found = [(fit, hazards(fit, dialect), assurances(fit, dialect, examples, options.seed or 0)) for fit in fits]
    if options.json:
        listed = [
            {"fit": index, "source": fit.source, **_to_json(each)}
            for index, (fit, all_, _) in enumerate(found)
            for each in all_
        ]
        cannot = [
            {"fit": index, "source": fit.source, **asdict(each)}
            for index, (fit, _, assured) in enumerate(found)
            for each in assured
        ]
        told = {"callcheck": __version__, "dialect": dialect.name, "hazards": listed, "assurances": cannot}
        print(json.dumps(told, allow_nan=False))
    else:
        print(f"{options.script}: compared with {whose_rules(dialect)}")
        for index, (fit, all_, assured) in enumerate(found, 1):
            print("", *_told(index, fit, all_), *_assured(assured), sep="\n")
    return DEVIATING if any(all_ for _, all_, _ in found) else OK


def _to_json(hazard: Hazard) -> dict[str, object]:
    return {
        "rule": hazard.rule, "severity": hazard.severity, "says": hazard.says, "scenario": to_json(hazard.scenario),
    }  # fmt: skip


def _told(index: int, fit: ScriptFit, found: list[Hazard]) -> Iterator[str]:
    where = f" ({fit.source})" if fit.source else ""
    yield f"fit {index}{where}: {' + '.join(each.callback for each in fit.callbacks)}"
    if fit.others:
        yield f"  not looked at: {', '.join(fit.others)}"
    if not found:
        yield "  nothing that these rules know of"
    for number, each in enumerate(found, 1):
        yield from wrapped(f"  {number}. {each.severity}: {each.says} [{each.rule}]")
        yield from ("     shown by `callcheck trace -` with", f"     {dumps(each.scenario)}")


def _assured(assured: list[Assurance]) -> Iterator[str]:
    if assured:
        yield f"  cannot happen, in {assured[0].tried:,} random streams of metrics and by the argument:"
    for each in assured:
        yield from wrapped(f"    - {each.says}: {each.because} [{each.rule}]")
