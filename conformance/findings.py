"""Findings: the failing rules of a hearing, grouped by cause. One mistake fails many clauses.

Rules
- Rules are one finding if the subject departs from the reference in the same way where they fail: in the same field, from what
  the reference decided there by the same rule. Of the lead its most frequent way counts, of the others any.
- The lead is the rule that fails on the most scenarios; it is shown on a smallest scenario that tells something.
- What a callback does says more than what it prints, and that more than what it raises for odd input: so are they ranked.
- What Keras breaks as well leads only where nothing else fails, and the agreement comes last: they say the least.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from callcheck.reference.replay import Decision, explain, replay
from callcheck.spec.clauses.clause import Case, Clause, Failed
from callcheck.spec.dialect import DOCUMENTED, NEWEST, Dialect, Resolution, resolve
from callcheck.spec.scenario import Scenario
from callcheck.spec.trace import Difference, difference

from .derivation import keras_dialects
from .hearing import Hearing
from .judge import FAILING, STALE, Judgement
from .results import Here
from .rules import Agreement
from .subjects.reference import Reference

SAMPLE = 40
"""On so many failing scenarios of a rule, at the most, it is looked in what the subject departs."""
SHRUNK = 8
"""How many leads are shrunk in one hearing; more than that nobody reads."""
SAYS_LESS = {"printed": 1, "warned": 1, "error": 2, "rejected": 2}
"""Fields of a trace in which to depart says less than in what training does, and by how much."""
BESIDE = ("gone", "directory_set")
"""Fields of a trace in which nothing is seen of any callback that keeps to its work, so that no rule decides there."""
Departure = tuple[str, str]
"""The field of a trace that is another one than predicted, and the rule by which the reference decided there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """`lead` has the counterexample. `others` fail for the same reason; `as_keras` fail too, and are broken by Keras as well, if
    in another way."""

    lead: Judgement
    others: tuple[Judgement, ...] = ()
    as_keras: tuple[Judgement, ...] = ()

    @property
    def all(self) -> tuple[Judgement, ...]:
        return (self.lead, *self.others, *self.as_keras)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Failing:
    """A failing judgement: on how many scenarios nothing explains the failure, in what the subject departs there, and whether
    Keras breaks the rule too."""

    judgement: Judgement
    scenarios: int
    departures: Counter[Departure]
    keras: bool

    def shows(self, lead: "_Failing") -> bool:
        """Whether the subject departs here as it mostly does where the lead fails."""
        return any(departure in self.departures for departure, _ in lead.departures.most_common(1))

    def little(self) -> int:
        """How little the failure says, by where the subject mostly departs."""
        return next((SAYS_LESS.get(field, 0) for (field, _), _ in self.departures.most_common(1)), 0)

    def rank(self) -> tuple[bool, int, bool, bool, bool, int]:
        """The lower, the more it says as a lead. A relation says less than a rule of one run: it may be the other run that is
        wrong."""
        rule = self.judgement.clause
        general = rule.id.startswith("every-callback/")
        relation = isinstance(rule, Clause) and rule.related is not None
        return isinstance(rule, Agreement), self.little(), self.keras, general, relation, -self.scenarios


def findings(hearing: Hearing, judgements: Sequence[Judgement]) -> list[Finding]:
    """The failing ones of the judgements that a hearing came to, grouped, the best first; the first leads are shrunk."""
    failing = [each for each in judgements if each.verdict in FAILING]
    found = [(0, Finding(lead=each)) for each in failing if each.verdict == STALE]
    for callback in dict.fromkeys(each.callback for each in failing):
        of_it = [each for each in failing if each.callback == callback and each.verdict != STALE]
        found += _grouped(hearing, callback, of_it)

    def says(little: int, each: Finding) -> tuple[bool, int, int, int]:
        return isinstance(each.lead.clause, Agreement), little, -len(each.others), len(each.as_keras)

    best = [each for _, each in sorted(found, key=lambda pair: says(*pair))]
    return [replace(each, lead=hearing.shown(each.lead)) for each in best[:SHRUNK]] + best[SHRUNK:]


def _grouped(hearing: Hearing, callback: str, judgements: Sequence[Judgement]) -> list[tuple[int, Finding]]:
    """The findings about one callback, each with how little it says."""
    if not judgements:
        return []
    compared, keras = _nearest(hearing, callback), _a_keras(hearing)
    groups: list[list[_Failing]] = []
    for each in sorted((_failing(hearing, each, compared, keras) for each in judgements), key=_Failing.rank):
        group = next((group for group in groups if each.shows(group[0])), None)
        # Not to keep what Keras does not keep either says nothing of its own beside something that Keras does keep.
        if group is None and each.keras and groups and not groups[0][0].keras:
            group = groups[0]
        if group is None:
            groups.append([each])
        else:
            group.append(each)
    return [(group[0].little(), _finding(group)) for group in groups]


def _finding(together: Sequence[_Failing]) -> Finding:
    lead = _plainest(together[0], together)
    others = [each for each in together if each is not lead]
    return Finding(
        lead=lead.judgement,
        others=tuple(each.judgement for each in others if not each.keras),
        as_keras=tuple(each.judgement for each in others if each.keras),
    )


def _plainest(lead: _Failing, together: Sequence[_Failing]) -> _Failing:
    """In the place of something that is only observed, what is promised about the same thing and fails the most."""
    group = [each for each in together if each.judgement.clause.group == lead.judgement.clause.group]
    promised = [each for each in group if each.judgement.clause.level == "documented"]
    if lead.judgement.clause.level != "observed" or not promised:
        return lead
    return max(promised, key=lambda each: each.scenarios)


def _a_keras(hearing: Hearing) -> Hearing:
    """The Keras with which it is compared what a subject breaks: that of its dialect, or the newest."""
    spoken = resolve(NEWEST) if hearing.dialect.name == DOCUMENTED else Resolution(dialect=hearing.dialect)
    return Hearing(Here(Reference(spoken)), spoken.dialect, examples=hearing.examples, seed=hearing.seed)


def _nearest(hearing: Hearing, callback: str) -> Dialect:
    """The dialect whose predictions the subject departs from the least: its own, or one of Keras's where it may do as they."""
    if not hearing.held.as_keras:
        return hearing.dialect
    answered = hearing.pool(callback)[:SAMPLE]

    def kept(dialect: Dialect) -> int:
        return sum(difference(replay(scenario, dialect), result) is None for scenario, result in answered)

    return max((hearing.dialect, *keras_dialects(callback)), key=kept)


def _failing(hearing: Hearing, judgement: Judgement, compared: Dialect, keras: Hearing) -> _Failing:
    rule, callback = judgement.clause, judgement.callback
    cases = hearing.failing(rule, callback, SAMPLE)
    departures = (departs(case, compared) for case in cases)
    breaks = () if isinstance(rule, Agreement) else keras.cases(rule, keras.pool(callback))
    return _Failing(
        judgement=judgement,
        scenarios=len(cases),
        departures=Counter(each for each in departures if each is not None),
        keras=any(isinstance(rule.judge(case), Failed) for case in breaks),
    )


def departs(case: Case, dialect: Dialect) -> Departure | None:
    """Where the subject departs from what the reference does in that dialect, in a relation perhaps in the run beside it: the
    field that differs first, and the rule by which the reference decided there. None where it does not."""
    for scenario, trace in ((case.scenario, case.trace), (case.other_scenario, case.other)):
        if scenario is None:
            continue
        predicted, decisions = explain(scenario, dialect, optional=True)
        found = difference(predicted, trace)
        if found is None:
            continue
        field = re.split(r"[.\[]", found.field)[0]
        return field, "" if field in BESIDE else _decided(scenario, found, decisions)
    return None


def _decided(scenario: Scenario, found: Difference, decisions: Sequence[Decision]) -> str:
    """The rule of the last decision before the difference was seen; empty where nothing was decided there."""
    if found.fit is None:
        return ""
    number = None if found.epoch is None else scenario.first_epoch(scenario.fits[found.fit]) + found.epoch
    there = [
        each.rule
        for each in decisions
        if each.fit == found.fit and (each.hook == "fit_end" if number is None else each.epoch == number)
    ]
    return there[-1] if there else ""
