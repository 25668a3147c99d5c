"""One run over several implementations: which rules, which dialect, one hearing each. Shared by pytest and the command line."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from callcheck.spec.callbacks import CALLBACKS, TRAINING
from callcheck.spec.dialect import DOCUMENTED, Resolution, documented, nearest, resolve
from callcheck.spec.reading import Refused, shown

from .budget import BudgetSpent
from .declarations import pinned
from .driver.protocol import Unavailable
from .findings import SHRUNK, Finding, findings
from .health import DEVIATING, NOT_STARTED, NOTHING_EXERCISED, OK, WRONG, Complaint, unsteady
from .hearing import Hearing
from .infer import infer
from .inference import Inference
from .judge import FAILING, NONDETERMINISTIC, Judgement
from .pool import EXAMPLES, EXAMPLES_BY_FIT
from .report.words import one_line
from .results import Progress
from .rules import AGREEMENTS, Rule, UnknownClause, selected
from .subjects.names import Name, parse_all
from .subjects.registry import Manner, Started, default_names, start


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One thing to judge: a rule, for a callback, on an implementation by its name."""

    name: Name
    rule: Rule
    callback: str

    def __str__(self) -> str:
        many = len(self.rule.callbacks) > 1
        return f"{self.name}-{self.rule.id}" + (f"-{self.callback}" if many else "")


def _only(rules: Sequence[Rule]) -> str | None:
    """The one callback that all of these rules are about, if there is one."""
    callbacks = {callback for rule in rules for callback in rule.callbacks}
    return callbacks.pop() if len(callbacks) == 1 else None


def held_to(started: Started, dialect: str | Resolution | None, **how: Any) -> tuple[Hearing, str | None]:
    """The hearing of a subject, and what has to be said about the dialect to which it is held.

    A Keras, and a class derived from a Keras callback, is held to its release; anything else to the documentation, where it may
    do as a Keras does; and all to the dialect that was asked for, if one was. `how`: what else a hearing takes.
    """
    asked = resolve(dialect) if isinstance(dialect, str) else dialect
    own = asked or _own_dialect(started)
    resolution = own or Resolution(dialect=documented())
    agrees = resolution.dialect.name != DOCUMENTED
    notes = "; ".join(_notes(started, resolution, asked is not None))
    return Hearing(started.subject, resolution.dialect, agrees=agrees, as_keras=own is None, **how), notes or None


def _notes(started: Started, resolution: Resolution, asked: bool) -> Iterator[str]:
    name, release = resolution.dialect.name, started.release
    if resolution.note is not None:
        yield resolution.note
    elif release is not None and not asked and name.partition("+")[0] != f"{release.package}-{release.version}":
        yield f"{release.package} {release.version} does what {name} does"
    for callback in resolution.dialect.unseen():
        if callback in started.subject.capabilities.callbacks:
            yield f"what {callback} does in {name} was not looked at: it is not asked"


def _own_dialect(started: Started) -> Resolution | None:
    """The dialect of the subject's release, or the nearest one that is known; None for a callback of somebody's own."""
    return started.dialect if started.release is None else nearest(*started.release)


class Suite:
    """The hearings of a run, begun when first asked for, and the judgements by name."""

    def __init__(
        self,
        *,
        names: Sequence[str] = (),
        prefix: str = "",
        dialect: str | None = None,
        examples: int | None = None,
        seed: int | None = None,
        callback: str | None = None,
        progress: Progress | None = None,
        manner: Manner = Manner(),  # noqa: B008 - frozen
    ) -> None:
        if callback is not None and callback not in (*CALLBACKS, TRAINING):
            raise UnknownClause(f"unknown callback {shown(callback)}; known are {', '.join((*CALLBACKS, TRAINING))}")
        self.names = tuple(dict.fromkeys(name.living_in(manner.python) for name in parse_all(names) or default_names()))
        self.named = bool(names)
        self.rules = selected(prefix)
        self.all_rules = not prefix
        self.callback = callback = callback or _only(self.rules)
        self.callbacks = (callback,) if callback else (*CALLBACKS, TRAINING)
        self.dialect = None if dialect is None else resolve(dialect)
        beside = pinned(dialect)
        self.pinned = beside.declarations
        by_fit = all(name.way == "fit" for name in self.names)
        self.examples = examples or beside.examples or (EXAMPLES_BY_FIT if by_fit else EXAMPLES)
        self.seed = (beside.seed or 0) if seed is None else seed
        self.progress = progress
        self.manner = manner
        self.judgements: dict[Name, list[Judgement]] = {name: [] for name in self.names}
        self.subjects: dict[Name, Started] = {}
        self.notes: dict[Name, str | None] = {}
        """What has to be said about the dialect to which each is held."""
        self._hearings: dict[Name, Hearing | Refused | Unavailable] = {}
        self._findings: dict[Name, list[Finding]] = {}
        self._inferred: dict[Name, list[Inference]] = {}

    def items(self) -> list[Item]:
        """Everything to judge; what an implementation lacks comes out as not applicable."""
        return [
            Item(name=name, rule=rule, callback=callback)
            for name in self.names
            for rule in self.rules
            for callback in rule.callbacks
            if callback in self.callbacks and self._is_asked(name, rule)
        ]

    def _is_asked(self, name: Name, rule: Rule) -> bool:
        """Agreement is not asked of the reference, which would agree with itself."""
        return name.kind != "reference" or rule not in AGREEMENTS.values()

    def hearing(self, name: Name) -> Hearing:
        """The hearing of an implementation. Raises what `implementation` raises, Unavailable among it."""
        if name not in self._hearings:
            if self.progress is not None:
                self.progress.starting(str(name))
            try:
                started = start(name, self.callback, manner=self.manner)
            except (Refused, Unavailable) as error:
                self._hearings[name] = error
            else:
                self.subjects[name] = started
                self._hearings[name] = self._begun(name, started)
        hearing = self._hearings[name]
        if not isinstance(hearing, Hearing):
            raise hearing
        return hearing

    def _begun(self, name: Name, started: Started) -> Hearing:
        hearing, self.notes[name] = held_to(
            started,
            self.dialect,
            pinned=self.pinned,
            examples=self.examples,
            seed=self.seed,
            progress=self.progress,
            budget=self.manner.budget,
        )
        return hearing

    def missing(self, error: Exception) -> NoReturn:
        """End a test of an implementation that cannot be started. If it was asked for by name nothing is tested, which is said
        once; else it is skipped."""
        import pytest

        if not self.named:
            pytest.skip(str(error))
        if "PYTEST_XDIST_WORKER" in os.environ:  # which cannot end the run
            pytest.fail(str(error), pytrace=False)
        status = (
            NOTHING_EXERCISED
            if isinstance(error, BudgetSpent)
            else WRONG
            if isinstance(error, Refused)
            else NOT_STARTED
        )
        pytest.exit(f"callcheck: {one_line(str(error))}", status)

    def started(self) -> dict[Name, Hearing]:
        """The hearings that could begin."""
        return {name: hearing for name, hearing in self._hearings.items() if isinstance(hearing, Hearing)}

    def origin(self, name: Name) -> str | None:
        """From which Keras callback's class somebody's own class is derived; it is held to that release."""
        started = self.subjects[name]
        if not started.derived or started.release is None:
            return None
        return f"derived from a callback of {started.release.package} {started.release.version}"

    def close(self) -> None:
        """End the subjects."""
        for started in self.subjects.values():
            started.close()

    def judgement(self, item: Item) -> Judgement:
        found = self.hearing(item.name).judgement(item.rule, item.callback)
        self.judgements[item.name].append(found)
        return found

    def shown(self, judgement: Judgement, name: Name) -> Judgement:
        """A failure on a smallest scenario, for the first few of an implementation; the rest as they were found."""
        failed = sum(each.verdict in FAILING for each in self.judgements[name])
        return judgement if failed > SHRUNK else self.hearing(name).shown(judgement)

    def findings(self, name: Name) -> list[Finding]:
        """What fails, grouped by cause; once everything is judged. The leads take the place of the judgements that they are."""
        if name not in self._findings:
            found = findings(self.hearing(name), self.judgements[name], self.diagnosis(name))
            self._findings[name] = found
            leads = {(each.lead.clause.id, each.lead.callback): each.lead for each in found}
            self.judgements[name] = [leads.get((each.clause.id, each.callback), each) for each in self.judgements[name]]
        return self._findings[name]

    def inferred(self, name: Name) -> list[Inference]:
        """What each callback of an implementation is found to do."""
        if name not in self._inferred:
            hearing = self.hearing(name)
            asked = (each for each in self.callbacks if each in hearing.subject.capabilities.callbacks)
            self._inferred[name] = [
                infer(hearing.results, each, examples=self.examples, seed=self.seed) for each in asked
            ]
        return self._inferred[name]

    def diagnosis(self, name: Name) -> list[Inference]:
        """The same of what is somebody's own and no Keras: by what it does otherwise its failures are grouped. Where only some
        clauses, or another dialect, were asked for, or something is wrong with it as a whole, nothing."""
        own = name.kind in ("own", "program") and self.origin(name) is None
        whole = self.all_rules and self.dialect is None and not self.complaints(name)
        return self.inferred(name) if own and whole and not self.hearing(name).results.budget.spent else []

    def complaints(self, name: Name) -> list[Complaint]:
        """What is wrong with an implementation as a whole; said before any verdict."""
        other = [each for each in self.judgements[name] if each.verdict == NONDETERMINISTIC]
        said = [unsteady(each.implementation, each.callback, each.scenario) for each in other]
        return [*self.hearing(name).complaints(), *said]

    def status(self, names: Sequence[Name]) -> int:
        """The exit status that the judgements of these implementations mean."""
        judgements = [each for name in names for each in self.judgements[name]]
        statuses = {each.status for name in names for each in self.complaints(name)}
        if any(each.verdict in FAILING for each in judgements):
            statuses.add(DEVIATING)
        # What could not even be constructed has failed clauses too, but says nothing about them.
        for status in (NOT_STARTED, DEVIATING, NOTHING_EXERCISED):
            if status in statuses:
                return status
        return OK if any(each.exercised for each in judgements) else NOTHING_EXERCISED
