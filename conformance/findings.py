"""Findings: the failing rules of a hearing, grouped by cause. One mistake fails many clauses.

Rules
- Where it was inferred what a callback does otherwise, each difference comes first, with the rules that it explains
  (`diagnosis`). What these leave is grouped as everything is of which nothing was inferred:
- Rules are one finding if the subject departs from the reference in the same way where they fail (`causes`): in the same field,
  from what the reference decided there by the same rule. Of the lead its most frequent way counts, of the others any.
- The lead is the rule that fails on the most scenarios; it is shown on a smallest scenario that tells something.
- What a callback does says more than what it prints, and that more than what it raises for odd input: so are they ranked. What
  its attributes say is a finding of its own only where nothing else is.
- A promise that is broken comes before what is only observed. What the nearest Keras breaks as well leads only where nothing
  else fails, and the agreement comes last: they say the least.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from callcheck.reference.replay import replay
from callcheck.spec.clauses.clause import Clause, Failed
from callcheck.spec.dialect import DOCUMENTED, NEWEST, Dialect, Resolution, resolve
from callcheck.spec.trace import Trace

from .causes import THE_DIALECTS, Departure, departs, distance
from .derivation import keras_dialects
from .diagnosis import Difference, explained
from .hearing import Hearing
from .inference import Inference
from .judge import FAILING, STALE, Judgement
from .results import Here
from .rules import Agreement
from .subjects.reference import Reference

SAMPLE = 40
"""On so many failing scenarios of a rule, at the most, it is looked in what the subject departs."""
SHRUNK = 8
"""How many leads are shrunk in one hearing; more than that nobody reads."""
SAYS_LESS = {"attributes": 1, "printed": 1, "warned": 1, "error": 2, "rejected": 2}
"""Fields of a trace in which to depart says less than in what training does, and by how much."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """`lead` has the counterexample. `others` fail for the same reason; `as_keras` fail too, and are broken by a Keras as
    well, be it in another way. `difference`: the reason, where that was inferred; it has a smallest scenario of its own."""

    lead: Judgement
    others: tuple[Judgement, ...] = ()
    as_keras: tuple[Judgement, ...] = ()
    difference: Difference | None = None

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
        """Whether the subject departs here as it mostly does where the lead fails, or says or raises what follows from that."""
        return any(
            here == there or (here[0] in SAYS_LESS and here[1] == there[1] != "")
            for here in self.departures
            for there, _ in lead.departures.most_common(1)
        )

    @property
    def nearest(self) -> bool:
        """Whether it is the nearest dialect, a Keras's, that fails where the subject does."""
        less = SAYS_LESS if self.keras else {}
        known = self.keras or bool(self.departures)
        return known and all(field == THE_DIALECTS or field in less for field, _ in self.departures)

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


def findings(hearing: Hearing, judgements: Sequence[Judgement], inferred: Sequence[Inference] = ()) -> list[Finding]:
    """The failing ones of the judgements that a hearing came to, grouped, the best first; the first leads are shrunk. `inferred`:
    what was found of its callbacks, if anything was."""
    failing = [each for each in judgements if each.verdict in FAILING]
    known = [each for found in inferred for each in _explained(hearing, found, failing)]
    told = {(each.clause.id, each.callback) for one in known for each in one.all}
    failing = [each for each in failing if (each.clause.id, each.callback) not in told]
    found = [(0, Finding(lead=each)) for each in failing if each.verdict == STALE]
    for callback in dict.fromkeys(each.callback for each in failing):
        of_it = [each for each in failing if each.callback == callback and each.verdict != STALE]
        found += _grouped(hearing, callback, of_it)

    def says(little: int, each: Finding) -> tuple[bool, int, bool, int, int]:
        observed = isinstance(each.lead.clause, Clause) and each.lead.clause.level == "observed"
        return isinstance(each.lead.clause, Agreement), little, observed, -len(each.others), len(each.as_keras)

    best = [each for _, each in sorted(found, key=lambda pair: says(*pair))]
    return known + [replace(each, lead=hearing.shown(each.lead)) for each in best[:SHRUNK]] + best[SHRUNK:]


def _explained(hearing: Hearing, found: Inference, failing: Sequence[Judgement]) -> Iterator[Finding]:
    """What is explained by each difference that was inferred of a callback."""
    of_it = [each for each in failing if each.callback == found.callback and each.verdict != STALE]
    cases = [(each, hearing.failing(each.clause, each.callback, SAMPLE)) for each in of_it]

    def says(each: Judgement) -> tuple[bool, bool, bool, int]:
        rule = each.clause
        relation = isinstance(rule, Clause) and rule.related is not None
        return rule.level == "observed", rule.id.startswith("every-callback/"), relation, -each.exercised

    for each in explained(found, cases):
        lead, *others = (*sorted(each.judgements, key=says), *each.as_keras)
        own = tuple(other for other in others if other not in each.as_keras)
        yield Finding(lead=lead, others=own, as_keras=tuple(others[len(own) :]), difference=each.difference)


def _grouped(hearing: Hearing, callback: str, judgements: Sequence[Judgement]) -> list[tuple[int, Finding]]:
    """The findings about one callback, each with how little it says."""
    if not judgements:
        return []
    compared, keras = _nearest(hearing, callback), _a_keras(hearing)
    groups: list[list[_Failing]] = []
    for each in sorted((_failing(hearing, each, compared, keras) for each in judgements), key=_Failing.rank):
        group = next((group for group in groups if each.shows(group[0])), None)
        # What the nearest Keras does not keep either says nothing of its own beside something that it does keep.
        if group is None and each.nearest and groups and not groups[0][0].nearest:
            group = groups[0]
        if group is None and groups and each.departures and all(field == "attributes" for field, _ in each.departures):
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
        others=tuple(each.judgement for each in others if not each.keras and not each.nearest),
        as_keras=tuple(each.judgement for each in others if each.keras or each.nearest),
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
    answered = [(scenario, result) for scenario, result in hearing.pool(callback)[:SAMPLE] if isinstance(result, Trace)]

    def away(dialect: Dialect) -> int:
        return sum(distance(result, replay(scenario, dialect)) for scenario, result in answered)

    return min((hearing.dialect, *keras_dialects(callback)), key=away)


def _failing(hearing: Hearing, judgement: Judgement, compared: Dialect, keras: Hearing) -> _Failing:
    rule, callback = judgement.clause, judgement.callback
    cases = hearing.failing(rule, callback, SAMPLE)
    departures = (departs(rule, case, compared) for case in cases)
    breaks = () if isinstance(rule, Agreement) else keras.cases(rule, keras.pool(callback))
    return _Failing(
        judgement=judgement,
        scenarios=len(cases),
        departures=Counter(each for each in departures if each is not None),
        keras=any(isinstance(rule.judge(case), Failed) for case in breaks),
    )
