"""`callcheck trace`: run scenarios, and print what is seen, and why where the reference knows."""

import argparse
import json
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from callcheck import __version__
from callcheck.conformance.explain.arguments import short_scenario
from callcheck.conformance.explain.reasons import reason_to_json, reasons
from callcheck.conformance.health import complaint
from callcheck.conformance.report.table import table
from callcheck.conformance.report.words import wrapped
from callcheck.conformance.results import Subject
from callcheck.conformance.subjects.names import parse
from callcheck.conformance.subjects.registry import Manner, start
from callcheck.reference.replay import Decision
from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.dialect import InvalidDialect, Resolution
from callcheck.spec.difference import difference
from callcheck.spec.scenario import Scenario
from callcheck.spec.trace import Invalid, NotExpressible, Result, Trace
from callcheck.spec.trace import to_json as trace_to_json

from .scenarios import Placed, read_all
from .status import OK, WRONG, say


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    """What an implementation did; `why`: the decisions, or a sentence that says why they are not known."""

    name: str
    result: Result
    why: tuple[Decision, ...] | str = ()


def trace(options: argparse.Namespace) -> int:
    """Run the scenarios on one implementation or side by side on two."""
    with ExitStack() as ending:
        return _trace(options, ending)


def _trace(options: argparse.Namespace, ending: ExitStack) -> int:
    placed = _scenarios([options.scenarios, *options.settings])
    manner = Manner(in_process=options.in_process, python=options.python, time_limit=options.time_limit, tell=say)
    callback = options.callback or _common_callback(placed)
    subjects = [_subject(name, callback, manner, ending) for name in (options.on, options.against) if name is not None]
    wrong = {place: item for place, item in placed if isinstance(item, Invalid)}
    for place, invalid in wrong.items():
        say(f"{place}: {invalid.field}: {invalid.message}" if invalid.field else f"{place}: {invalid.message}")
    scenarios = [item for _, item in placed if isinstance(item, Scenario)]
    answers = [(subject, dialect, subject.ask(scenarios)) for subject, dialect in subjects]
    seen: dict[str, list[Result]] = defaultdict(list)
    for number, (place, item) in enumerate(placed, 1):
        if isinstance(item, Invalid):
            ran = [Ran(name=subjects[0][0].name, result=item)]
        else:
            ran = [_ran(item, subject.name, next(each), dialect) for subject, dialect, each in answers]
        for each in ran if isinstance(item, Scenario) else ():
            seen[each.name].append(each.result)
        if options.json:
            print(json.dumps(_as_json(ran), allow_nan=False), flush=True)
        elif isinstance(item, Scenario):
            if len(placed) > 1:
                print(f"[{number}] {place}")
            print("\n".join(_as_text(item, ran)), flush=True)
    if len(scenarios) > 1 and callback is not None:
        for name, results in seen.items():
            found = complaint(name, callback, results)
            if found is not None:  # whatever the outcomes are, they are what was asked for
                say(found.sentence)
    return WRONG if wrong else OK


def _scenarios(words: Sequence[str]) -> list[Placed]:
    """Those in files and folders, or the one that the short form describes."""
    if words[0] not in CALLBACKS and not any("=" in word for word in words[1:]):
        return read_all(words)
    return [("", short_scenario(words[0], words[1:]))]


def _subject(text: str, callback: str | None, manner: Manner, ending: ExitStack) -> tuple[Subject, Resolution | None]:
    name = parse(text)
    if name.note is not None:
        say(name.note)
    started = start(name, callback, manner=manner, internal=True)
    ending.callback(started.close)
    try:
        dialect = started.own_dialect()
    except InvalidDialect:  # it runs all the same; only why it does so is not known
        dialect = None
    return started.subject, dialect


def _common_callback(placed: Sequence[Placed]) -> str | None:
    callbacks = {item.callback for _, item in placed if isinstance(item, Scenario)}
    return callbacks.pop() if len(callbacks) == 1 else None


def _ran(scenario: Scenario, name: str, result: Result, dialect: Resolution | None) -> Ran:
    if dialect is None or not isinstance(result, Trace):
        return Ran(name=name, result=result)
    return Ran(name=name, result=result, why=reasons(scenario, result, dialect.dialect))


def _as_json(ran: Sequence[Ran]) -> dict[str, Any]:
    """The result, with what produced it: callcheck's version, and among the internal things the implementation's name. Of two
    implementations both, and the first difference."""
    written = [_one_as_json(each) for each in ran]
    if len(ran) == 1:
        return {**written[0], "callcheck": __version__}
    found = difference(ran[0].result, ran[1].result)
    return {
        "a": written[0],
        "b": written[1],
        "difference": None if found is None else str(found),
        "callcheck": __version__,
    }


def _one_as_json(ran: Ran) -> dict[str, Any]:
    seen = trace_to_json(ran.result)
    known = {} if isinstance(ran.why, str) or not ran.why else {"reasons": [reason_to_json(each) for each in ran.why]}
    return {**seen, "internal": {**seen.get("internal", {}), "implementation": ran.name}, **known}


def _as_text(scenario: Scenario, ran: Sequence[Ran]) -> list[str]:
    if len(ran) == 1:
        return _table(scenario, ran[0])
    lines = []
    for each in ran:
        lines += [f"on {each.name}", *(f"  {line}" for line in _table(scenario, each))]
    found = difference(ran[0].result, ran[1].result)
    return [*lines, *wrapped("no difference" if found is None else f"first difference: {found}")]


def _table(scenario: Scenario, ran: Ran) -> list[str]:
    result, why = ran.result, ran.why
    if isinstance(result, Trace):
        if isinstance(why, str):
            return [*table(scenario, result), *wrapped(why, "  ")]
        return table(scenario, result, why)
    lines = table(scenario, None)
    if isinstance(result, NotExpressible):
        return [*lines, f"  not expressible: {result.parameter}"]
    assert not isinstance(result, Invalid)
    return [*lines, *wrapped(f"{result.kind}: {result.message}", "  ")]
