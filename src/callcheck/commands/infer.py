"""`callcheck infer`: which dialect an unknown callback speaks, found from what it does alone."""

import argparse
import json

from callcheck import __version__
from callcheck.conformance.infer import callbacks_of
from callcheck.conformance.infer import infer as inference
from callcheck.conformance.inference import Inference
from callcheck.conformance.pin import declarations, spoken
from callcheck.conformance.pool import EXAMPLES
from callcheck.conformance.report.constructor import of_constructor
from callcheck.conformance.report.document import write
from callcheck.conformance.report.folder import Folder
from callcheck.conformance.report.inference import as_json, as_toml, inferred
from callcheck.conformance.report.inference_page import written as report_of
from callcheck.conformance.report.words import wrapped
from callcheck.conformance.results import Results, Subject
from callcheck.conformance.subjects.names import parse
from callcheck.conformance.subjects.registry import Manner, start

from .status import DEVIATING, NOTHING_EXERCISED, OK, say


def infer(options: argparse.Namespace) -> int:
    """Print what a callback does otherwise, each thing once; status 1 if there is anything."""
    folder = Folder(options.report, "infer") if options.report is not None else None
    name = parse(options.implementation).living_in(options.python)
    manner = Manner(in_process=options.in_process, python=options.python, time_limit=options.time_limit, tell=say)
    started = start(name, options.callback, manner=manner)
    try:
        subject = started.subject
        results = Results(subject)
        callbacks = (options.callback,) if options.callback else callbacks_of(results)
        examples = options.examples or EXAMPLES
        found = [inference(results, callback, examples=examples, seed=options.seed) for callback in callbacks]
        if options.pin:
            pin(options.pin, str(name), subject, found, examples, options.seed)
    finally:
        started.close()
    if folder is not None:
        folder.write(report_of(found, subject.name, options.seed))
    if options.json:
        about = {**as_json(found, subject.name), "callcheck": __version__, "seed": options.seed}
        print(json.dumps(about, allow_nan=False))
    else:
        for each in found:
            for said in of_constructor(subject.capabilities, each.callback):
                print(*wrapped(said), "", sep="\n")
        for line in inferred(subject.name, found):
            print(line)
    return _status(found)


def pin(file: str, name: str, subject: Subject, found: list[Inference], examples: int, seed: int) -> None:
    """Write the dialect, and what it does not explain. Raises Refused where the file cannot be written."""
    told = [each for each in found if each.complaint is None and each.asked]
    dialect = spoken(name, told)
    declared = declarations(subject, dialect, [each.callback for each in told], examples=examples, seed=seed)
    write(as_toml(told, name, declared, {"examples": examples, "seed": seed}), file, "--pin")
    say(f"written: {file}; `callcheck check {name} --dialect {file}` holds it to that")


def _status(found: list[Inference]) -> int:
    complaints = [each.complaint.status for each in found if each.complaint is not None]
    if complaints:
        return max(complaints)
    if not any(each.asked for each in found):
        return NOTHING_EXERCISED
    return OK if all(each.conforms or not each.asked for each in found) else DEVIATING
