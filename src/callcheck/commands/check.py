"""`callcheck check`: hold implementations to the specification."""

import argparse
import json
import sys

from callcheck.conformance.budget import Budget
from callcheck.conformance.driver.protocol import Unavailable
from callcheck.conformance.report.claim import claim
from callcheck.conformance.report.folder import Folder
from callcheck.conformance.report.progress import Progress
from callcheck.conformance.report.summary import summary
from callcheck.conformance.report.written import as_json
from callcheck.conformance.report.written import written as report_of
from callcheck.conformance.session import Suite
from callcheck.conformance.subjects.names import Name
from callcheck.conformance.subjects.registry import Manner

from .hazards import check_script
from .infer import pin
from .status import NOTHING_EXERCISED, WrongInput, say


def check(options: argparse.Namespace) -> int:
    """Judge, and print the failures first."""
    if options.script is not None:
        if options.implementations:
            raise WrongInput("--script is about a list of callbacks: no IMPL can be named beside it")
        return check_script(options)
    folder = Folder(options.report, "check") if options.report is not None else None
    progress = Progress(sys.stderr)
    suite = Suite(
        names=options.implementations,
        prefix=options.clause,
        dialect=options.dialect,
        examples=options.examples,
        seed=options.seed,
        callback=options.callback,
        progress=progress,
        manner=Manner(
            in_process=options.in_process,
            python=options.python,
            time_limit=options.time_limit,
            budget=Budget(options.budget),
            tell=say,
        ),
    )
    try:
        return _check(options, suite, progress, folder)
    finally:
        suite.close()


def _check(options: argparse.Namespace, suite: Suite, progress: Progress, folder: Folder | None) -> int:
    names = _started(suite)
    items = [item for item in suite.items() if item.name in names]
    if not items:
        say(f"no clause that begins with {options.clause!r} is about {options.callback}")
        return NOTHING_EXERCISED
    for name in names:
        if name.kind != "reference":  # which answers before anybody has read a line
            suite.hearing(name).gather(suite.rules, suite.callbacks)
    for item in items:
        suite.judgement(item)
    for name in names:
        suite.findings(name)
    progress.end()
    if folder is not None:
        folder.write(report_of(suite))
    if options.claim:
        for name in names:
            print(*claim(suite, name), sep="\n")
    elif options.json:
        print(json.dumps(as_json(suite), allow_nan=False))
    else:
        for line in summary(suite, names, verbose=options.verbose):
            print(line)
    if options.pin:
        _pin(suite, names, options.pin)
    return suite.status(names)


def _pin(suite: Suite, names: list[Name], file: str) -> None:
    """Write what the one implementation does as a dialect. Raises WrongInput for several."""
    if len(names) != 1:
        raise WrongInput(f"--pin: one implementation is pinned in a file, not {len(names)}")
    subject = suite.hearing(names[0]).subject
    pin(file, str(names[0]), subject, suite.inferred(names[0]), suite.examples, suite.seed)


def _started(suite: Suite) -> list[Name]:
    """The implementations that could be started. Raises Unavailable for one that was asked for by name."""
    names = []
    for name in suite.names:
        try:
            suite.hearing(name)
        except Unavailable as error:
            if suite.named:
                raise
            say(f"{name} is left out: {error}")
            continue
        for note in dict.fromkeys((name.note, suite.notes[name])):
            if note is not None:
                say(note)
        names.append(name)
    return names
