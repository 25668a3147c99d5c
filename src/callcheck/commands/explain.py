"""`callcheck explain`: from the words on the command line to an explanation, as text, JSON, a drawing or a page."""

from __future__ import annotations

import argparse
import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from callcheck import __version__
from callcheck.conformance.explain.arguments import Arguments, WrongArgument, arguments, circumstances, variations
from callcheck.conformance.explain.from_script import from_script
from callcheck.conformance.explain.page import page
from callcheck.conformance.explain.plot import save
from callcheck.conformance.explain.question import ask_all
from callcheck.conformance.explain.reading import read
from callcheck.conformance.explain.together import Together, answer_all
from callcheck.conformance.explain.written import written as report_of
from callcheck.conformance.report.document import write
from callcheck.conformance.report.folder import Folder
from callcheck.conformance.script import read_script
from callcheck.spec.dialect import NEWEST, resolve
from callcheck.spec.metrics import Metric

from .status import OK


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """A long record is millions of small things and no cycle: the collector would go over them again and again."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@_nothing_collected()
def explain(options: argparse.Namespace) -> int:
    """Print why a recorded training went as it did; on request what another configuration would have done."""
    folder = Folder(options.report, "explain") if options.report is not None else None
    given, metrics, notes = _asked_about(options)
    resolution = resolve(options.dialect or NEWEST)
    history = read(options.history, validation_freq=given.circumstances.validation_freq)
    question = ask_all(history.replace(*notes), given.callbacks, resolution.dialect, given.circumstances, metrics)
    changes = [change for words in options.what_if or () for change in variations(question.callbacks, words)]
    answer = answer_all(question, changes, resolution.note)
    parts = answer.parts if isinstance(answer, Together) else (answer,)
    if options.plot:
        save(Path(options.plot), *parts)
    if options.html:
        write(page(*parts), options.html, "--html")
    if folder is not None:
        folder.write(report_of(*parts))
    if options.json:
        print(json.dumps({**answer.to_json(), "callcheck": __version__}, allow_nan=False))
    else:
        print(answer)
    return OK


def _asked_about(options: argparse.Namespace) -> tuple[Arguments, tuple[Metric, ...], tuple[str, ...]]:
    """The callbacks with the circumstances of their fit, what the model was compiled with, and what is to be said of it."""
    if options.script is None:
        if options.callback is None:
            raise WrongArgument("give a callback, as in EarlyStopping patience=3, or --script callbacks.toml")
        if options.fit is not None:
            raise WrongArgument("--fit goes with --script")
        return arguments(options.callback, options.settings), (), ()
    words = [*([options.callback] if options.callback else []), *options.settings]
    return from_script(read_script(options.script, incomplete=True), options.script, options.fit, circumstances(words))
