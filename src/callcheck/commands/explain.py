"""`callcheck explain`: from the words on the command line to an explanation, as text, JSON, a drawing or a page."""

from __future__ import annotations

import argparse
import gc
import json
from pathlib import Path

from callcheck import __version__
from callcheck.conformance.explain.arguments import arguments, variations
from callcheck.conformance.explain.explanation import answer
from callcheck.conformance.explain.page import page
from callcheck.conformance.explain.plot import save
from callcheck.conformance.explain.question import ask
from callcheck.conformance.explain.reading import read
from callcheck.conformance.explain.written import written as report_of
from callcheck.conformance.report.document import write
from callcheck.conformance.report.folder import Folder
from callcheck.spec.dialect import NEWEST, resolve

from .status import OK


def explain(options: argparse.Namespace) -> int:
    """Print why a recorded training went as it did; on request what another configuration would have done."""
    folder = Folder(options.report, "explain") if options.report is not None else None
    gc.disable()  # a long record is millions of small things and no cycle: the collector would go over them again and again
    given = arguments(options.callback, options.settings)
    changes = [change for words in options.what_if or () for change in variations(options.callback, words)]
    resolution = resolve(options.dialect or NEWEST)
    history = read(options.history, validation_freq=given.circumstances.validation_freq)
    question = ask(history, given.callback, given.config, resolution.dialect, given.circumstances)
    explanation = answer(question, changes, resolution.note)
    if options.plot:
        save(explanation, Path(options.plot))
    if options.html:
        write(page(explanation), options.html, "--html")
    if folder is not None:
        folder.write(report_of(explanation))
    if options.json:
        print(json.dumps({**explanation.to_json(), "callcheck": __version__}, allow_nan=False))
    else:
        print(explanation)
    return OK
