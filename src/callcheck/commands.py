"""What the commands do. `check` and `trace` run implementations; the others print what callcheck knows."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from callcheck import __version__, explaining
from callcheck.conformance.counterexample import describe, sentence, table
from callcheck.conformance.driver.protocol import Unavailable
from callcheck.conformance.explain.arguments import short_scenario
from callcheck.conformance.explain.reasons import reason_to_json, reasons
from callcheck.conformance.judge import (
    CONFORMS,
    DECLARED,
    FAILING,
    NOT_APPLICABLE,
    NOT_EXERCISED,
    Judgement,
)
from callcheck.conformance.pool import reached
from callcheck.conformance.session import WRONG_REQUESTS, Suite, selected
from callcheck.conformance.subjects.names import Name, parse
from callcheck.conformance.subjects.registry import described, implementation
from callcheck.conformance.subjects.transport import run
from callcheck.reference.replay import Decision, replay
from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.choices import CHOICES
from callcheck.spec.clauses.clause import Clause
from callcheck.spec.dialect import Resolution, resolve, shipped
from callcheck.spec.reading import InvalidScenario, parse_json
from callcheck.spec.scenario import Scenario, from_json
from callcheck.spec.scenario import to_json as scenario_to_json
from callcheck.spec.trace import Invalid, NotExpressible, Result, Trace
from callcheck.spec.trace import to_json as trace_to_json
from callcheck.spec.vectors import stored
from callcheck.spec.vectors import to_json as vector_to_json


class WrongInput(ValueError):
    """A file or an argument cannot be used; the message is one sentence."""


WRONG_INPUT_ERRORS = (WrongInput, *explaining.ERRORS, *WRONG_REQUESTS)
NOT_STARTED_ERRORS = (Unavailable,)

OK, DEVIATING, WRONG, NOTHING_EXERCISED = 0, 1, 2, 3


# ---------------------------------------------------------------------------------------------- check


def check(options: argparse.Namespace) -> int:
    """Hold implementations to the specification, and print a verdict for every clause."""
    suite = Suite(
        names=options.implementations,
        prefix=options.clause,
        dialect=options.dialect,
        examples=options.examples,
        seed=options.seed,
        callback=options.callback,
        progress=_progress if sys.stderr.isatty() else lambda name, answered: None,
    )
    names = []
    for name in suite.names:
        try:
            suite.hearing(name)
        except Unavailable as error:
            if suite.named:
                raise
            print(f"callcheck: {name} is left out: {error}", file=sys.stderr)
            continue
        note = suite.notes[name]
        if note is not None:
            print(f"callcheck: {note}", file=sys.stderr)
        names.append(name)
    judgements = [suite.judgement(item) for item in suite.items() if item.name in names]
    if not judgements:
        print(f"callcheck: no clause that begins with {options.clause!r} is about {options.callback}", file=sys.stderr)
        return NOTHING_EXERCISED
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    if options.json:
        print(json.dumps(_check_json(suite, judgements), allow_nan=False))
    else:
        _print_check(suite, names, judgements, options.verbose)
    if options.report:
        _write_report(Path(options.report), suite, judgements)
    if any(each.verdict in FAILING for each in judgements):
        return DEVIATING
    return OK if any(each.exercised for each in judgements) else NOTHING_EXERCISED


def _progress(name: Name, done: int) -> None:
    if done % 50 == 0:
        print(f"\r\033[K{name}: {done} scenarios", end="", file=sys.stderr, flush=True)


_SHORT = {CONFORMS: "ok", DECLARED: "declared", NOT_APPLICABLE: "-", NOT_EXERCISED: "not exercised"}


def _print_check(suite: Suite, names: list[Name], judgements: list[Judgement], verbose: bool) -> None:
    """A row per clause, a column per implementation; then what deviates, declared or not; then a summary."""
    columns = {name: suite.hearing(name).subject.name for name in names}
    rows: dict[tuple[str, str], dict[str, Judgement]] = {}
    groups = list(dict.fromkeys(each.clause.group for each in judgements))
    for each in sorted(judgements, key=lambda each: groups.index(each.clause.group)):
        rows.setdefault((each.clause.id, each.callback), {})[each.implementation] = each
    width = max(len(_row_name(*row, rows)) for row in rows) + 2
    for index, column in enumerate(columns.values()):
        print(f"[{index + 1}] {column}, held to {suite.hearing(names[index]).dialect.name}")
    print("\nverdicts, with the number of scenarios that exercised the clause")
    group = None
    for (id, callback), found in rows.items():
        clause = next(iter(found.values())).clause
        if clause.group != group:
            group = clause.group
            header = "".join(f"[{index + 1}]".ljust(15) for index in range(len(columns)))
            print(f"\n{group:<{width}}{header}".rstrip())
        cells = "".join(_cell(found[column]).ljust(15) for column in columns.values() if column in found)
        print(f"{_row_name(id, callback, rows):<{width}}{cells}".rstrip())
    _print_deviations(judgements)
    if verbose:
        _print_reached(suite)
    print()
    for line in suite.summary():
        print(line)


def _row_name(id: str, callback: str, rows: Iterable[tuple[str, str]]) -> str:
    name = "  " + ("/".join(id.split("/")[2:]) or "with the reference")
    return f"{name} ({callback})" if id.startswith("every-callback/") else name


def _cell(judgement: Judgement) -> str:
    word = _SHORT.get(judgement.verdict, judgement.verdict.upper())
    return f"{word} {judgement.exercised}" if judgement.verdict in (CONFORMS, DECLARED) else word


def _print_deviations(judgements: list[Judgement]) -> None:
    known: dict[str, tuple[Judgement, list[str]]] = {}
    for each in judgements:
        if each.verdict == DECLARED:
            known.setdefault(each.clause.id, (each, []))[1].append(each.implementation)
    if known:
        print("\ndeclared deviations: promised by the documentation, not kept, and predicted exactly")
    for id, (each, implementations) in known.items():
        print(f"  {id}\n    {each.reason}\n    on {', '.join(dict.fromkeys(implementations))}")
    # what the dialect does not keep either comes last: it says the least about this implementation
    for each in sorted(judgements, key=lambda each: each.reason is not None):
        if each.verdict in FAILING:
            print("\n" + describe(each))


def _print_reached(suite: Suite) -> None:
    print("\nboundaries: how many scenarios of the pool reached each")
    pools: dict[tuple[str, frozenset[str] | None], list[Name]] = {}
    for callback in suite.callbacks:
        for name, hearing in suite.started().items():
            capabilities = hearing.subject.capabilities
            if callback in capabilities.callbacks:
                parameters = (capabilities.parameters or {}).get(callback)
                pools.setdefault((callback, parameters), []).append(name)
    for (callback, parameters), names in pools.items():
        print(f"  {callback}" + ("" if parameters is None else f", as {', '.join(map(str, names))} can be asked"))
        for boundary, count in reached(callback, suite.examples, suite.seed, parameters).items():
            print(f"    {count:>5}  {boundary}")


def _check_json(suite: Suite, judgements: list[Judgement]) -> dict[str, Any]:
    return {
        "callcheck": __version__,
        "seed": suite.seed,
        "implementations": {
            str(name): {"name": hearing.subject.name, "dialect": hearing.dialect.name}
            for name, hearing in suite.started().items()
        },
        "scenarios": sum(hearing.results.answered for hearing in suite.started().values()),
        "results": [
            {
                "implementation": each.implementation,
                "clause": each.clause.id,
                "callback": each.callback,
                "level": each.clause.level,
                "verdict": each.verdict,
                "exercised": each.exercised,
                "scenario": None if each.scenario is None else scenario_to_json(each.scenario),
                "related": None if each.related is None else scenario_to_json(each.related),
                "message": sentence(each),
                "reason": each.reason,
            }
            for each in judgements
        ],
    }


def _write_report(folder: Path, suite: Suite, judgements: list[Judgement]) -> None:
    """`check.json`, and for each failure the counterexample as text and as a scenario for `callcheck trace`, named after the
    clause, the callback, and where there are several the implementation."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "check.json").write_text(json.dumps(_check_json(suite, judgements), indent=1), encoding="utf-8")
        for each in judgements:
            if each.verdict in FAILING:
                stem = each.clause.id.replace("/", ".") + "." + each.callback
                stem += "" if len(suite.names) == 1 else "." + re.sub(r"[^\w.@+-]+", "-", each.implementation)
                (folder / f"{stem}.txt").write_text(describe(each) + "\n", encoding="utf-8")
                if each.scenario is not None:
                    text = json.dumps(scenario_to_json(each.scenario), indent=1)
                    (folder / f"{stem}.json").write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise WrongInput(f"--report {folder}: cannot be written ({error.strerror})") from None


# ---------------------------------------------------------------------------------------------- trace


def trace(options: argparse.Namespace) -> int:
    """Run scenarios and print what is seen, one result per scenario."""
    if options.settings or options.scenarios in CALLBACKS:
        lines: list[tuple[str, Scenario | Invalid]] = [("", short_scenario(options.scenarios, options.settings))]
    else:
        lines = list(_read_scenarios(options.scenarios))
    subject = implementation(parse(options.on), _common_callback(lines))
    resolution: Resolution | None = getattr(subject, "dialect", None)
    wrong = False
    for place, item in lines:
        if isinstance(item, Invalid):
            wrong = True
            where = f"{place}: {item.field}" if item.field else place
            print(f"callcheck: {where}: {item.message}", file=sys.stderr)
        result: Result = item if isinstance(item, Invalid) else run(subject, item, internal=True)
        why: tuple[Decision, ...] | str = ()
        if resolution is not None and isinstance(item, Scenario) and isinstance(result, Trace):
            why = reasons(item, result, resolution.dialect)
        if options.json:
            print(json.dumps(_trace_json(result, subject.name, why), allow_nan=False), flush=True)
        elif not isinstance(item, Invalid):
            print("\n".join(_trace_text(item, result, why)), flush=True)
    return WRONG if wrong else OK


def explain(options: argparse.Namespace) -> int:
    """Say why a recorded training went as it did."""
    return explaining.explain(options)


def _common_callback(lines: list[tuple[str, Scenario | Invalid]]) -> str | None:
    callbacks = {item.callback for _, item in lines if isinstance(item, Scenario)}
    return callbacks.pop() if len(callbacks) == 1 else None


def _trace_json(result: Result, name: str, why: tuple[Decision, ...] | str) -> dict[str, Any]:
    """The result, with what produced it: callcheck's version, and among the internal things the implementation's name; and
    the reasons, where they are known."""
    written = trace_to_json(result)
    known = {} if isinstance(why, str) or not why else {"reasons": [reason_to_json(each) for each in why]}
    internal = {**written.get("internal", {}), "implementation": name}
    return {**written, "internal": internal, **known, "callcheck": __version__}


def _trace_text(scenario: Scenario, result: Result, why: tuple[Decision, ...] | str) -> list[str]:
    if isinstance(result, Trace):
        return table(scenario, result, () if isinstance(why, str) else why) + (
            [f"  {why}"] if isinstance(why, str) else []
        )
    lines = table(scenario, None)
    if isinstance(result, NotExpressible):
        return [*lines, f"  not expressible: {result.parameter}"]
    assert not isinstance(result, Invalid)
    return [*lines, f"  {result.kind}: {result.message}"]


def _read_scenarios(source: str) -> Iterator[tuple[str, Scenario | Invalid]]:
    """Every scenario of a file with the place where it stands, or why it is none. Raises WrongInput."""
    name = "standard input" if source == "-" else source
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
    except OSError as error:
        raise WrongInput(f"{name}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise WrongInput(f"{name}: is not UTF-8 text") from None
    found = False
    for place, data in _json_values(name, text):
        found = True
        if isinstance(data, Invalid):
            yield place, data
            continue
        try:
            yield place, from_json(data)
        except InvalidScenario as error:
            yield place, Invalid(field=error.field, message=error.message)
    if not found:
        raise WrongInput(f"{name}: there is no scenario in it")


def _json_values(name: str, text: str) -> Iterator[tuple[str, Any]]:
    """One JSON text (a scenario or a list of them), or a line of JSON for each."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    try:
        whole = parse_json(text)
    except InvalidScenario as error:
        if len(lines) < 2 or not _is_json(lines[0][1]):
            if lines:
                yield name, Invalid(field=error.field, message=error.message)
            return
        for number, line in lines:
            try:
                yield f"{name}, line {number}", parse_json(line)
            except InvalidScenario as wrong:
                yield f"{name}, line {number}", Invalid(field=wrong.field, message=wrong.message)
        return
    if isinstance(whole, list):
        yield from ((f"{name}, item {number}", item) for number, item in enumerate(whole, 1))
    else:
        yield name, whole


def _is_json(line: str) -> bool:
    try:
        return isinstance(parse_json(line), dict)
    except InvalidScenario:
        return False


# ---------------------------------------------------------------------------------------------- what callcheck knows


def clauses(options: argparse.Namespace) -> int:
    """Print the clauses: id, level, sentence, source, and the choices that govern them."""
    for clause in selected(options.prefix):
        print(f"{clause.id} [{clause.level}]\n    {clause.sentence}\n    source: {clause.source}")
        for choice, values in (clause.choices if isinstance(clause, Clause) else {}).items():
            print(f"    where {choice} is {' or '.join(values)}")
    return OK


def dialects(options: argparse.Namespace) -> int:
    """List the dialects, or print every choice of one of them with what it means."""
    if options.name is None:
        for name, dialect in shipped().items():
            releases = (
                "what the documentation promises"
                if dialect.package is None
                else (f"{dialect.package} {dialect.since} and newer on {dialect.backend}")
            )
            print(f"{name:<24}{releases}")
        return OK
    resolution = resolve(options.name)
    print(resolution.dialect.name + ("" if resolution.note is None else f" ({resolution.note})"))
    for id, choice in CHOICES.items():
        value = resolution.dialect[id]
        print(f"  {id} = {value}\n      {choice.question} {choice.values[value]}")
    return OK


def vectors(options: argparse.Namespace) -> int:
    """Print the stored vectors as JSON lines, whole or with the trace that one dialect expects."""
    resolution = None if options.dialect is None else resolve(options.dialect)
    if resolution is not None and resolution.note is not None:
        print(f"callcheck: {resolution.note}", file=sys.stderr)
    for vector in stored():
        written = vector_to_json(vector)
        if resolution is not None:
            del written["expected"]
            trace = vector.trace(resolution.dialect) or replay(vector.scenario, resolution.dialect)
            written["dialect"] = resolution.dialect.name
            written["trace"] = trace_to_json(trace)
        print(json.dumps(written, allow_nan=False))
    return OK


def implementations(options: argparse.Namespace) -> int:
    """List what can be held to the specification."""
    for name, description in described().items():
        print(f"{name:<20}{description}")
    return OK
