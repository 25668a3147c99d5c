"""`callcheck check --script`: the callbacks of a training script, judged as a whole."""

import argparse
import json
from collections.abc import Iterator

from callcheck import __version__
from callcheck.conformance.hazards import Hazard, hazards
from callcheck.conformance.report.words import wrapped
from callcheck.conformance.script import read_script
from callcheck.spec.dialect import NEWEST, resolve
from callcheck.spec.scenario import dumps, to_json
from callcheck.spec.script import ScriptFit

from .status import DEVIATING, OK


def check_script(options: argparse.Namespace) -> int:
    """Print what can go wrong with each fit of the file; 1 if anything can."""
    resolution = resolve(options.dialect or NEWEST)
    script = read_script(options.script)
    found = [(fit, hazards(fit, resolution.dialect)) for fit in script.fits if fit.callbacks]
    if options.json:
        listed = [
            {"fit": index, "source": fit.source, **_to_json(each)}
            for index, (fit, all_) in enumerate(found)
            for each in all_
        ]
        print(
            json.dumps(
                {"callcheck": __version__, "dialect": resolution.dialect.name, "hazards": listed}, allow_nan=False
            )
        )
    else:
        print(f"{options.script}: as {resolution.dialect.name} does it")
        for index, (fit, all_) in enumerate(found, 1):
            print("", *_told(index, fit, all_), sep="\n")
    return DEVIATING if any(all_ for _, all_ in found) else OK


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
