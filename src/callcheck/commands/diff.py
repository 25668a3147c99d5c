"""`callcheck diff`: what two implementations do differently, predicted from their dialects and then seen by running both."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

from callcheck import __version__
from callcheck.conformance import accepted as accepting
from callcheck.conformance.diff import (
    BEYOND,
    EXAMPLES,
    UNKNOWN,
    WRONG,
    Ask,
    Difference,
    confirmed,
    drawn,
    not_looked_at,
    predicted,
    predicted_of,
    unpredicted,
)
from callcheck.conformance.driver.protocol import Capabilities, Unavailable
from callcheck.conformance.health import complaint
from callcheck.conformance.judge import knows
from callcheck.conformance.limits import limits
from callcheck.conformance.own import Own, configurations
from callcheck.conformance.report.difference import Report
from callcheck.conformance.report.difference_page import written as report_of
from callcheck.conformance.report.folder import Folder
from callcheck.conformance.results import Results, Subject
from callcheck.conformance.script import read_script
from callcheck.conformance.subjects.environments import environment
from callcheck.conformance.subjects.names import Name, parse
from callcheck.conformance.subjects.registry import Manner, Started, start
from callcheck.conformance.unit_tests import unit_tests
from callcheck.conformance.witness import Print, Witness, witnesses
from callcheck.spec.callbacks import CALLBACKS, TRAINING
from callcheck.spec.dialect import Dialect, InvalidDialect, release_dialect, resolve
from callcheck.spec.scenario import Scenario, key
from callcheck.spec.trace import NotExpressible, Result

from .status import DEVIATING, NOT_STARTED, NOTHING_EXERCISED, OK, WrongInput, say


def diff(options: argparse.Namespace) -> int:
    """Print the differences of two implementations; status 1 if there are any."""
    folder = Folder(options.report, "diff") if options.report is not None else None
    names = tuple(parse(text).living_in(options.python) for text in (options.a, options.b))
    callbacks = (options.callback,) if options.callback else tuple(CALLBACKS)
    known = tuple(_dialect(name) for name in names)
    accepted = None if options.accept is None else accepting.read(options.accept)
    own = () if options.config is None else configurations(read_script(options.config))
    own = tuple(each for each in own if each.callback.callback in callbacks)
    if options.predicted:
        missing = next((name for name, dialect in zip(names, known, strict=True) if dialect is None), None)
        if missing is not None:
            raise WrongInput(f"--predicted: {missing} has no dialect of its own that is known without running it")
        found = _ranked(_predicted(known, callbacks, own, options.seed))
        report = _report(names, known, found, {}, None, options.seed)
    else:
        report = _run(names, known, callbacks, own, options)
        if not report.scenarios:
            say(f"{names[0]} and {names[1]} can be asked nothing that is the same")
            return NOTHING_EXERCISED
    lacking = own if options.predicted else ()
    unknown = tuple(
        each.title for each in lacking if not all(dialect.has(each.callback.callback) for dialect in known if dialect)
    )
    training = options.callback == TRAINING
    report = replace(report, own=tuple(each.title for each in own), unknown=unknown, training=training)
    if accepted is not None:
        report = replace(report, review=accepting.review(accepted, report.differences, callbacks))
    if folder is not None:
        folder.write(report_of(report))
    print(
        json.dumps({**report.to_json(), "callcheck": __version__}, allow_nan=False) if options.json else report.text()
    )
    return DEVIATING if report.failing else OK


def _run(
    names: tuple[Name, ...], known: tuple[Dialect | None, ...], callbacks: tuple[str, ...], own: tuple[Own, ...],
    options: argparse.Namespace,
) -> Report:  # fmt: skip
    """Start both, side by side, and say meanwhile what is predicted; confirm that, and look for what is not."""
    manner = Manner(
        in_process=options.in_process, python=options.python, time_limit=options.time_limit, tell=say, witnesses=True
    )
    for name in names:
        if name.kind == "release":
            environment(name, say)
    with ThreadPoolExecutor(2) as both:
        meant = None if options.callback == TRAINING else options.callback
        starting = [both.submit(start, name, meant, manner=manner) for name in names]
        try:
            first = _predicted(known, callbacks, own, options.seed)
            if None not in known:
                say(
                    f"predicted: {_report(names, known, _ranked(first), {}, None, options.seed).counted}; both are run now"
                )
            pools = {name: drawn(name, options.examples or EXAMPLES, options.seed) for name in callbacks}
            started = [each.result() for each in starting]
            pair = _dialects(started)
            if pair != known:
                first = _predicted(pair, callbacks, own, options.seed)
            asks = [_asking(Results(each.subject)) for each in started]
            found = confirmed(first, *_side_by_side(both, asks, [each.scenario for each in first]))
            count = 0
            for mine in own:
                about = list(mine.scenarios(seed=options.seed))
                answering = _side_by_side(both, asks, about)
                count += _run_on_both(about, *answering)
                found += unpredicted(about, *answering, pair, own=mine)
            unseen = () if options.callback else not_looked_at(*pair)
            pools = {name: pool for name, pool in pools.items() if name not in unseen}
            asked = _inside(pools, [each.subject.capabilities for each in started])
            answering = _side_by_side(both, asks, asked)
            for each, ask in zip(started, answering, strict=True):
                _complain(each.subject, callbacks, asked, ask(asked))
            count += _run_on_both(asked, *answering)
            found += unpredicted(asked, *answering, pair)
            ranked = _ranked(found)
            able = _running_scripts(names, started)
            shown = witnesses([each.scenario for each in ranked], *zip(*able, strict=True)) if able else {}
            of_three = [
                run for (package, release), run in able if package == "keras" and not release.startswith(("1.", "2."))
            ]
            tests = (
                unit_tests(ranked, (options.a, options.b), of_three) if options.report and len(of_three) == 2 else {}
            )
        finally:
            for future in starting:
                with suppress(Exception):  # it is raised above
                    future.result().close()
    return replace(_report(names, pair, ranked, shown, count, options.seed), tests=tests)


def _inside(pools: Mapping[str, Sequence[Scenario]], both: Sequence[Capabilities]) -> list[Scenario]:
    """The scenarios of callbacks that both have, brought inside of the limits of both."""
    found: dict[str, Scenario] = {}
    for callback, scenarios in pools.items():
        if all(knows(each, callback) for each in both):
            for scenario in scenarios:
                for each in both if callback != TRAINING else ():
                    scenario = limits(each, callback).inside(scenario)
                found.setdefault(key(scenario), scenario)
    return list(found.values())


def _run_on_both(scenarios: Sequence[Scenario], a: Ask, b: Ask) -> int:
    """How many of the scenarios both could be asked."""
    answers = zip(a(scenarios), b(scenarios), strict=True)
    return sum(not isinstance(one, NotExpressible) and not isinstance(other, NotExpressible) for one, other in answers)


def _dialects(started: Sequence[Started]) -> tuple[Dialect | None, Dialect | None]:
    """The dialects of two implementations that were started."""
    found: list[Dialect | None] = []
    for each in started:
        try:
            resolution = each.own_dialect()
        except InvalidDialect as error:
            say(str(error))
            resolution = None
        if resolution is not None and resolution.note is not None:
            say(resolution.note)
        found.append(None if resolution is None else resolution.dialect)
    return found[0], found[1]


def _running_scripts(names: Sequence[Name], started: Sequence[Started]) -> list[tuple[tuple[str, str], Print]]:
    """Where both are a Keras as such that can fit: package and version of each, and what runs scripts in plain Keras there."""
    both = [(each.release, each.printed) for name, each in zip(names, started, strict=True) if name.is_keras]
    able: list[tuple[tuple[str, str], Print]] = [
        ((release.package, release.version), run)
        for release, run in both
        if release is not None and release.backend != "numpy" and run is not None
    ]
    return able if len(able) == len(names) else []


def _complain(
    subject: Subject, callbacks: Sequence[str], scenarios: Sequence[Scenario], results: Sequence[Result]
) -> None:
    """Say what is wrong with an implementation as a whole. Raises Unavailable for one that cannot be constructed at all."""
    for callback in callbacks:
        if callback in subject.capabilities.callbacks:
            answers = [result for each, result in zip(scenarios, results, strict=True) if each.callback == callback]
            found = complaint(subject.name, callback, answers)
            if found is not None and found.status == NOT_STARTED:
                raise Unavailable(found.sentence)
            if found is not None:
                say(found.sentence)


def _asking(results: Results) -> Ask:
    def ask(scenarios: Sequence[Scenario]) -> Sequence[Result]:
        answers = [answer for answer in results.ask(scenarios) if answer is not None]
        if len(answers) < len(scenarios):  # there is no budget that could be spent
            why = next(filter(None, (results.hopeless(scenario.about) for scenario in scenarios)), "did not answer")
            raise Unavailable(f"{results.subject.name} {why}; --time-limit gives it longer")
        return answers

    return ask


def _side_by_side(both: ThreadPoolExecutor, asks: list[Ask], scenarios: Sequence[Scenario]) -> tuple[Ask, Ask]:
    """Have both answer at the same time; what they answered is remembered by those who are asked again."""
    for answers in [both.submit(ask, scenarios) for ask in asks]:
        answers.result()
    return asks[0], asks[1]


def _predicted(
    dialects: tuple[Dialect | None, ...], callbacks: tuple[str, ...], own: tuple[Own, ...], seed: int
) -> list[Difference]:
    a, b = dialects
    if a is None or b is None:
        return []
    found = [difference for each in own for difference in predicted_of(each, a, b, list(each.scenarios(seed=seed)))]
    return [*found, *predicted(a, b, callbacks, seed)]


def _ranked(differences: Sequence[Difference]) -> tuple[Difference, ...]:
    """The user's own configurations first, then wrong predictions, then what matters most; last what nobody could predict."""
    order = {WRONG: 0, UNKNOWN: 1, BEYOND: 3}
    return tuple(sorted(differences, key=lambda each: (not each.own, order.get(each.status, 2), each.severity)))


def _report(
    names: tuple[Name, ...], dialects: tuple[Dialect | None, ...], found: tuple[Difference, ...],
    witnesses: dict[int, Witness], scenarios: int | None, seed: int,
) -> Report:  # fmt: skip
    return Report(
        a=str(names[0]), b=str(names[1]), dialects=(dialects[0], dialects[1]), differences=found, witnesses=witnesses,
        scenarios=scenarios, seed=seed,
    )  # fmt: skip


def _dialect(name: Name) -> Dialect | None:
    """The dialect of an implementation that says without being run which it is. Raises InvalidDialect for an unknown release."""
    if name.kind == "reference":
        assert name.dialect is not None
        return resolve(name.dialect).dialect
    if name.kind == "release":
        assert name.package is not None
        assert name.version is not None
        return release_dialect(name.package, name.version, name.backend).dialect
    if name.kind == "installed" and name.interpreter is None:
        assert name.package is not None
        try:
            return release_dialect(name.package, version(name.package)).dialect
        except PackageNotFoundError:
            return None
    return None
