"""The commands that print what callcheck knows and has: clauses, dialects, vectors, implementations, environments."""

import argparse
import json
from pathlib import Path

from callcheck.conformance.report import specification
from callcheck.conformance.report.document import write, write_all
from callcheck.conformance.report.history import markdown, text
from callcheck.conformance.report.words import one_line
from callcheck.conformance.rules import selected
from callcheck.conformance.subjects.environments import folder_of, made, remove, root
from callcheck.conformance.subjects.registry import described
from callcheck.reference.replay import replay
from callcheck.spec.chain import chains
from callcheck.spec.choices import CHOICES
from callcheck.spec.clauses.clause import Clause
from callcheck.spec.dialect import DOCUMENTED, Dialect, edition, promises, resolve, shipped, third_party
from callcheck.spec.reading import shown
from callcheck.spec.trace import to_json as trace_to_json
from callcheck.spec.vectors import stored
from callcheck.spec.vectors import to_json as vector_to_json
from callcheck.spec.version import VERSION

from .status import OK, WrongInput, say


def clauses(options: argparse.Namespace) -> int:
    """Print the clauses, with level, sentence, source, and the choices that govern them; or write the specification."""
    if options.markdown or options.html:
        if options.prefix:
            raise WrongInput(f"a document holds all clauses, not only those that begin with {options.prefix!r}")
        if options.markdown:
            front = Path(options.markdown)
            if not front.suffix:
                raise WrongInput(
                    f"--markdown: the folder of the pages is called as the file without its ending; give it one: {front}.md"
                )
            write_all(specification.documents(front.name), front.parent, "--markdown")
        if options.html:
            write(specification.page(), options.html, "--html")
        return OK
    print(f"version {VERSION} of the specification")
    for clause in selected(options.prefix):
        print(f"{clause.id} [{clause.level}]\n    {clause.sentence}\n    source: {clause.source}")
        for choice, values in (clause.choices if isinstance(clause, Clause) else {}).items():
            print(f"    where {choice} is {' or '.join(values)}")
    return OK


def dialects(options: argparse.Namespace) -> int:
    """List the dialects, print every choice of one of them with what it means, or what two of them choose differently."""
    if options.markdown:
        from callcheck.conformance.report import comparison  # what it takes to infer is heavy

        write(comparison.markdown(), options.markdown, "--markdown")
        return OK
    if not options.names:
        for name, dialect in shipped().items():
            print(f"{name:<24}{_releases(dialect)}")
        for name in third_party():
            print(f"{name:<24}another library's")
        return OK
    chosen = [resolve(name) for name in options.names]
    for each in chosen:
        said = _releases(each.dialect) if each.dialect.name == DOCUMENTED else each.note
        print(one_line(each.dialect.name + ("" if said is None else f" ({said})")))
    for id, choice in CHOICES.items():
        values = [each.dialect[id] for each in chosen]
        if len(values) == 1 or values[0] != values[1]:
            print(f"  {id} = {' / '.join(values)}")
            for value in values:
                print(f"      {choice.question} {choice.values[value]}")
            if DOCUMENTED in (each.dialect.name for each in chosen):
                place = promises()[id].place
                print(f"      {'The documentation is silent.' if place is None else f'Promised: {place}.'}")
    return OK


def _releases(dialect: Dialect) -> str:
    """The known releases that do as a dialect that comes with callcheck does."""
    if dialect.package is None or dialect.since is None:
        return f"what the documentation of {edition()} promises"
    chain = chains()[dialect.package]
    last = chain.last(dialect.since)
    to = "" if last == dialect.since else f" to {last}"
    newer = " and newer" if dialect.since == chain.points()[-1] else ""
    return f"{dialect.package} {dialect.since}{to}{newer} on {dialect.backend}"


def vectors(options: argparse.Namespace) -> int:
    """Print the stored vectors as JSON lines, whole or with the trace that one dialect expects."""
    resolution = None if options.dialect is None else resolve(options.dialect)
    if resolution is not None and resolution.note is not None:
        say(resolution.note)
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


def history(options: argparse.Namespace) -> int:
    """Print what changed in which release, or write it as a document."""
    if options.markdown:
        write(markdown(), options.markdown, "--markdown")
        return OK
    said = text(options.prefix)
    if not said:
        raise WrongInput(
            f"no change is known to a choice that begins with {options.prefix!r}; `callcheck dialects` lists them"
        )
    print(said)
    return OK


def environments(options: argparse.Namespace) -> int:
    """List the environments that were made for releases, or remove some of them."""
    there = {folder_of(each.release): each for each in made()}
    if options.remove:
        for name in there if options.remove == ["all"] else options.remove:
            if not remove(name):
                raise WrongInput(f"there is no environment {shown(name)}; there are {', '.join(there) or 'none'}")
            print(f"{name} is removed")
        return OK
    for name, each in there.items():
        print(f"{name:<24}{each.release}, Python {each.interpreter}: {each.path}")
    if not there:
        say(f"no environment was made yet; they will be in {root()}")
    return OK
