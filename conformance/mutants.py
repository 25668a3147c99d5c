"""Does the suite notice when Keras is wrong? `python -m callcheck.conformance.mutants` makes every single-change mutant of the
installed Keras's callbacks, and every one that does something more at the end of a hook, holds each to the suite, and to
Keras's own tests beside it, and says who gets by.

Exit status: 0 if every mutant is noticed or excused, 1 if one gets by or an excuse does not hold, 2 for a wrong command
line, 4 without Keras.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .driver.protocol import Unavailable
from .mutation.forking import Ended, in_children
from .mutation.operators import Mutant
from .mutation.records import Campaign, Excused, Verdict, excused, read, stale, table
from .mutation.subjects import SUBJECTS, Subject, mutants_of, original
from .mutation.trial import Found, Plan, dialect, prepare, try_keras_tests, try_suite
from .pool import EXAMPLES

TIME_LIMIT = 300.0
"""Seconds for one trial. The slowest of Keras's own tests need a minute on a busy core; a mutant that hangs needs them all."""

NOTHING: Mapping[str, Any] = MappingProxyType({})
SUITE, KERAS_TESTS = "suite", "keras-tests"


@dataclass(slots=True)
class _Progress:
    """The verdicts so far, written to a file now and then."""

    output: Path | None
    plan: Plan
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    unsaved: int = 0

    def note(self, mutant: Mutant, subject: Subject, part: str, ended: Ended) -> Verdict:
        before = self.verdicts.get(mutant.id)
        if before is None or before.change != mutant.change:
            before = Verdict(subject=subject.name, change=mutant.change)
        after = _suite_verdict(before, ended) if part == SUITE else _keras_verdict(before, ended)
        self.verdicts[mutant.id] = after
        self.unsaved += 1
        if self.unsaved >= 20:
            self.save()
        return after

    def campaign(self) -> Campaign:
        return Campaign(keras=dialect().name, examples=self.plan.examples, seed=self.plan.seed, mutants=self.verdicts)

    def save(self) -> None:
        self.unsaved = 0
        if self.output is not None:
            self.output.write_text(self.campaign().dumps(), encoding="utf-8")


def _suite_verdict(before: Verdict, ended: Ended) -> Verdict:
    found = Found(**ended.result) if ended.result else Found()
    agreement = f"agreement: {found.disagreement}" if found.disagreement else None
    return before.with_changes(
        clauses_by=ended.failure or found.clause,
        callcheck_by=ended.failure or found.clause or agreement,
        seconds=round(ended.seconds, 1),
    )


def _keras_verdict(before: Verdict, ended: Ended) -> Verdict:
    return before.with_changes(keras_by=ended.failure or ended.result, keras_seconds=round(ended.seconds, 1))


def _tasks(
    subject: Subject,
    mutants: list[Mutant],
    parts: list[str],
    plan: Plan,
    excuses: Mapping[str, Excused] = NOTHING,
    known: Mapping[str, Verdict] = NOTHING,
) -> Iterator[tuple[Any, Callable[[], Any]]]:
    """The trials of these mutants, but for those that `known` has the verdict of."""
    for mutant in mutants:
        before = known.get(mutant.id)
        if SUITE in parts and (before is None or before.seconds is None):
            yield (mutant, SUITE), partial(try_suite, subject, mutant.source, plan)
        equivalent = mutant.id in excuses and excuses[mutant.id].kind == "equivalent"
        if KERAS_TESTS in parts and not equivalent and (before is None or before.keras_seconds is None):
            yield (mutant, KERAS_TESTS), partial(try_keras_tests, subject, mutant.source)


def _sane(subject: Subject, parts: list[str], plan: Plan, jobs: int) -> str | None:
    """What is wrong with the campaign itself: the original has to get by, or nothing means anything."""
    untouched = Mutant(id="the original", file=subject.file, line=0, change="(none)", source=original(subject))
    for ended in in_children(_tasks(subject, [untouched], parts, plan), jobs=jobs, time_limit=TIME_LIMIT):
        _, part = ended.name
        found = Found(**ended.result) if part == SUITE and ended.result else None
        wrong = ended.failure or (
            ended.result if part == KERAS_TESTS else found and (found.clause or found.disagreement)
        )
        if wrong:
            return f"{subject.name} as it is installed does not get by the {part}: {wrong}"
    return None


def _try_all(
    subject: Subject,
    mutants: list[Mutant],
    parts: list[str],
    jobs: int,
    progress: _Progress,
    excuses: Mapping[str, Excused],
    resume: bool,
) -> None:
    done = 0
    known = dict(progress.verdicts) if resume else NOTHING
    tasks = _tasks(subject, mutants, parts, progress.plan, excuses, known)
    for ended in in_children(tasks, jobs=jobs, time_limit=TIME_LIMIT):
        mutant, part = ended.name
        verdict = progress.note(mutant, subject, part, ended)
        done += part == parts[0]
        by = verdict.callcheck_by if part == SUITE else verdict.keras_by
        if by is None:
            excuse = f" (excused as {excuses[mutant.id].kind})" if mutant.id in excuses else ""
            print(
                f"{subject.name} {done}/{len(mutants)}: {mutant.id}: {mutant.change}: gets by the {part}{excuse}",
                flush=True,
            )


def report(progress: _Progress, chosen: Mapping[str, Mutant], excuses: Mapping[str, Excused]) -> int:
    """Print the survivors and the table. The number of complaints."""
    complaints = 0
    for id in chosen:
        verdict = progress.verdicts.get(id)
        if verdict is None or verdict.seconds is None:
            continue
        excuse = excuses.get(id)
        if excuse is not None and verdict.callcheck_by is not None:
            complaints += 1
            print(f"excused as {excuse.kind}, but noticed by {verdict.callcheck_by}: {id}: {verdict.change}")
        elif excuse is None and verdict.callcheck_by is None:
            complaints += 1
            print(f"gets by: {id}: {verdict.change}")
        elif excuse is None and verdict.clauses_by is None:
            print(f"gets by the clauses: {id}: {verdict.change} ({verdict.callcheck_by})")
    print(table(progress.campaign(), excuses))
    return complaints


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m callcheck.conformance.mutants", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--callback", choices=tuple(SUBJECTS), help="only this class of Keras's callbacks")
    parser.add_argument("--mutant", metavar="TEXT", action="append", help="only mutants with TEXT in their id")
    parser.add_argument(
        "--limit", type=int, metavar="N", help="at most N mutants of each class, spread over its source"
    )
    parser.add_argument("--part", choices=(SUITE, KERAS_TESTS), help="the suite, or Keras's own tests, alone")
    parser.add_argument(
        "--resume", action="store_true", help="leave out the trials that the output file has the verdict of"
    )
    parser.add_argument("--survivors", action="store_true", help="only those that the output file has as getting by")
    parser.add_argument(
        "--unexcused",
        action="store_true",
        help="leave out those that are excused: each takes the time of the whole pool",
    )
    parser.add_argument("--examples", type=int, default=EXAMPLES, metavar="N", help="random scenarios per callback")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed of the random scenarios")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes at once")
    parser.add_argument("--output", type=Path, metavar="FILE.json", help="add the verdicts to this file")
    parser.add_argument("--list", action="store_true", help="list the mutants, and try none")
    parser.add_argument(
        "--table", action="store_true", help="print the table of the output file's verdicts, or of the committed ones"
    )
    options = parser.parse_args(argv)
    if options.survivors and options.output is None:
        parser.error("--survivors asks an output file who they are: --output is missing")
    for name in ("limit", "jobs", "examples"):
        if getattr(options, name) is not None and getattr(options, name) < 1:
            parser.error(f"--{name}: expected a number from 1")
    if options.output is not None and not options.output.absolute().parent.is_dir():
        parser.error(f"--output: there is no directory {options.output.parent}")
    return options


def _chosen(subject: Subject, options: argparse.Namespace, verdicts: dict[str, Verdict]) -> list[Mutant]:
    mutants = [
        each for each in mutants_of(subject) if not options.mutant or any(text in each.id for text in options.mutant)
    ]
    if options.survivors:
        mutants = [each for each in mutants if each.id not in verdicts or verdicts[each.id].clauses_by is None]
    if options.unexcused:
        known = excused()
        mutants = [each for each in mutants if each.id not in known]
    if options.limit is not None and len(mutants) > options.limit:
        mutants = [mutants[index * len(mutants) // options.limit] for index in range(options.limit)]
    return mutants


def main(argv: list[str] | None = None) -> int:
    """Run the command line, and give the exit status."""
    options = _arguments(argv)
    try:
        before = read(options.output) if options.output is not None and options.output.exists() else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        print(f"{options.output}: this is no file of verdicts", file=sys.stderr)
        return 2
    if options.table:
        print(table(before or read(), excused()))
        return 0
    if before is not None and (before.examples, before.seed) != (options.examples, options.seed):
        print(
            f"{options.output}: its verdicts are of --examples {before.examples} --seed {before.seed}; others belong into "
            "another file",
            file=sys.stderr,
        )
        return 2
    try:
        return _campaign(options, {} if before is None else before.mutants)
    except Unavailable as error:
        print(error, file=sys.stderr)
        return 4


def _campaign(options: argparse.Namespace, before: Mapping[str, Verdict]) -> int:
    plan = Plan(examples=options.examples, seed=options.seed)
    progress = _Progress(output=options.output, plan=plan)
    progress.verdicts.update(before)
    parts = [options.part] if options.part else [SUITE, KERAS_TESTS]
    subjects = [subject for name, subject in SUBJECTS.items() if options.callback in (None, name)]
    existing = {mutant.id: mutant for subject in SUBJECTS.values() for mutant in mutants_of(subject)}
    progress.verdicts = {
        id: each for id, each in progress.verdicts.items() if id in existing and existing[id].change == each.change
    }
    chosen = {subject.name: _chosen(subject, options, progress.verdicts) for subject in subjects}
    if options.list:
        for mutants in chosen.values():
            for mutant in mutants:
                print(f"{mutant.id}: {mutant.change}")
        return 0
    if not any(chosen.values()):
        print("no mutant is chosen", file=sys.stderr)
        return 2
    excuses = excused()
    outdated = stale(excuses.values(), existing)
    for each in outdated:
        print(f"excused as {each.kind}, but there is no such mutant: {each.mutant}: {each.change}")
    for subject in subjects:
        if chosen[subject.name]:
            prepare(subject, plan)
            wrong = _sane(subject, parts, plan, options.jobs)
            if wrong:
                print(wrong, file=sys.stderr)
                return 1
            _try_all(subject, chosen[subject.name], parts, options.jobs, progress, excuses, options.resume)
            progress.save()
    named = {mutant.id: mutant for mutants in chosen.values() for mutant in mutants}
    return 1 if report(progress, named, excuses) + len(outdated) else 0


if __name__ == "__main__":
    sys.exit(main())
