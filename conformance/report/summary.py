"""What `check` prints: who was compared with what, the failures first, then what is known, then the counts.

The table of all verdicts and the boundaries are for whoever asks for them.
"""

from collections.abc import Iterable, Iterator, Sequence

from callcheck.spec.version import VERSION

from ..diagnosis import differences
from ..findings import Finding
from ..judge import AS_IN_KERAS, CONFORMS, DECLARED, NOT_APPLICABLE, NOT_EXERCISED, Judgement
from ..limits import Limits, limits
from ..pool import reached, share
from ..session import Suite
from ..subjects.names import Name
from .constructor import of_constructor
from .counterexample import describe, sentence
from .inference import beside_differences, difference_told, headline
from .words import compared_with, counted, many_of, told, wrapped

IN_FULL = 5
"""How many findings about an implementation are shown with their counterexamples; of the others a line is enough."""
AND_KERAS = "fails too, and Keras does not keep it either"
WITH_REASONS = 3
"""Up to how many declared deviations are shown with what they mean."""
KNOWN = {
    DECLARED: "declared deviations: promised by the documentation, not kept, and predicted exactly",
    AS_IN_KERAS: "as in Keras: promised by the documentation, and not kept in the very way in which a Keras does not keep it",
}
"""What is no failure, and how it is introduced."""


def summary(suite: Suite, names: Sequence[Name], *, verbose: bool = False) -> Iterator[str]:
    """The lines."""
    for index, name in enumerate(names, 1):
        hearing = suite.hearing(name)
        number = f"[{index}] " if verbose else ""
        origin = suite.origin(name)
        whose = "" if origin is None else f" ({origin})"
        yield from wrapped(
            f"{number}{hearing.subject.name}{whose}: compared with {compared_with(hearing.dialect.name)}"
        )
        for callback in suite.callbacks:
            for said in of_constructor(hearing.subject.capabilities, callback):
                yield from wrapped(said, "  ", "")
    for name in names:
        for complaint in suite.complaints(name):
            yield from ("", *wrapped(complaint.sentence))
        yield from _failures(suite, name, verbose)
    if verbose:
        yield from _table(suite, names)
    judgements = [each for name in names for each in suite.judgements[name]]
    for verdict, heading in KNOWN.items():
        yield from _known([each for each in judgements if each.verdict == verdict], heading, verbose)
    if verbose:
        yield from _boundaries(suite)
    yield ""
    for name in names:
        yield from _counts(suite, name)
    yield (
        f"version {VERSION} of the specification, seed {suite.seed}, {suite.examples} random scenarios per callback"
        + ("" if verbose else "; --verbose shows every verdict")
    )


def _failures(suite: Suite, name: Name, verbose: bool) -> Iterator[str]:
    """The differences, each with the clauses that it explains; then what fails beside them; then what else was inferred."""
    found = suite.findings(name)
    for each in suite.diagnosis(name):
        if each.complaint is not None:
            yield from ("", *wrapped(each.complaint.sentence))
    inferred = [each for each in suite.diagnosis(name) if each.complaint is None and each.asked]
    number = 0
    for each in inferred:
        by = {id(one.difference): one for one in found if one.difference is not None}
        mine = sorted(differences(each), key=lambda one: id(one) not in by)
        clauses = sum(len(by[id(one)].all) for one in mine if id(one) in by)
        yield ""
        fail = f"; {many_of(clauses, 'clause')} fail{'s' * (clauses == 1)} by that" if mine else ""
        yield from wrapped(f"{each.callback}: {headline(each)}{fail}")
        for one in mine:
            finding = by.get(id(one))
            number += finding is not None
            yield ""
            yield from difference_told(f"{number}. " if finding else "   ", each, one)
            yield from _folded(finding)
    rest = [each for each in found if each.difference is None]
    yield from _grouped(rest, number, verbose, "that no difference explains" if number else "")
    for each in inferred:
        yield from beside_differences(each)


def _folded(finding: Finding | None) -> Iterator[str]:
    """The clauses that a difference explains."""
    if finding is None:
        yield "   no clause fails by it"
        return
    own = [each for each in finding.all if each not in finding.as_keras]
    for heading, those in (("fails by it", own), (AND_KERAS, finding.as_keras)):
        if those:
            yield f"   {heading}:"
            yield from (f"     {each.clause.id}" for each in those)


def _grouped(found: Sequence[Finding], before: int, verbose: bool, which: str) -> Iterator[str]:
    if not found:
        return
    clauses = sum(len(each.all) for each in found)
    more = f" {which}" if which else ""
    yield from ("", f"{many_of(len(found), 'finding')}{more}, {many_of(clauses, 'clause')}")
    shown = len(found) if verbose else IN_FULL
    for number, each in enumerate(found[:shown], before + 1):
        yield from ("", f"{number}. {describe(each.lead)}")
        for heading, folded in (("fails for the same reason", each.others), (AND_KERAS, each.as_keras)):
            if folded:
                yield from wrapped(f"{heading}: {', '.join(other.clause.id for other in folded)}", "  ")
    if found[shown:]:
        yield ""
    for number, each in enumerate(found[shown:], before + shown + 1):
        lead = each.lead
        said = sentence(lead) or lead.reason
        yield from wrapped(
            f"{number}. {lead.implementation}: {lead.verdict}: {lead.clause.id}" + (f": {said}" if said else "")
        )


def _known(judgements: Iterable[Judgement], heading: str, verbose: bool) -> Iterator[str]:
    known: dict[str, tuple[Judgement, list[str]]] = {}
    for each in judgements:
        known.setdefault(each.clause.id, (each, []))[1].append(each.implementation)
    if not known:
        return
    yield from ("", heading)
    for id, (each, implementations) in known.items():
        if each.verdict == AS_IN_KERAS:
            yield from wrapped(f"{id}: {each.reason}", "  ")
            continue
        yield f"  {id}"
        if verbose or len(known) <= WITH_REASONS:
            yield from wrapped(f"{each.reason}", "    ", "")
            yield from wrapped(f"on {', '.join(dict.fromkeys(implementations))}", "    ", "")


def _counts(suite: Suite, name: Name) -> Iterator[str]:
    hearing = suite.hearing(name)
    counts = counted(suite.judgements[name])
    if len(counts) > 1:  # nobody asked a callback that is not there
        del counts[NOT_APPLICABLE]
    failed = hearing.results.unanswered
    without = f", {failed.total()} of them without an answer ({', '.join(failed)})" if failed else ""
    if hearing.results.late:
        without += f", {hearing.results.late} of them late, and answered when they were asked once more"
    yield from wrapped(f"{hearing.subject.name}: {told(counts)}; {hearing.results.answered} scenarios run{without}")
    for callback in suite.callbacks:
        if callback in hearing.drawn & hearing.subject.capabilities.callbacks:
            within = limits(hearing.subject.capabilities, callback)
            part, why = share(callback, suite.examples, suite.seed, within, hearing.results.budget)
            if why:
                cost = ", ".join(f"{reason} ({count})" for reason, count in why.items())
                yield from wrapped(
                    f"{callback} was judged on {part:.0%} of the scenarios as they are drawn, and on the others without what "
                    f"is not expressible: {cost}",
                    "  ",
                )


# ---------------------------------------------------------------------------------------------- on request


_SHORT = {
    CONFORMS: "ok",
    DECLARED: "declared",
    AS_IN_KERAS: "as Keras",
    NOT_APPLICABLE: "-",
    NOT_EXERCISED: "not exercised",
}
_CELL = 15


def _table(suite: Suite, names: Sequence[Name]) -> Iterator[str]:
    """A row per rule, a column per implementation; a row in which nothing applies is counted only."""
    rows: dict[tuple[str, str, str], dict[Name, Judgement]] = {}
    for name in names:
        for each in suite.judgements[name]:
            rows.setdefault((each.clause.group, each.clause.id, each.callback), {})[name] = each
    groups = list(dict.fromkeys(group for group, _, _ in rows))
    folded = 0
    last = None
    width = 2 + max((len(_row_name(id, callback)) for _, id, callback in rows), default=0)
    yield from ("", "verdicts, with the number of scenarios that exercised the clause")
    for (group, id, callback), found in sorted(rows.items(), key=lambda row: groups.index(row[0][0])):
        if all(each.verdict == NOT_APPLICABLE for each in found.values()):
            folded += 1
            continue
        if group != last:
            last = group
            header = "".join(f"[{index}]".ljust(_CELL) for index, _ in enumerate(names, 1))
            yield from ("", f"{group:<{width}}{header}".rstrip())
        cells = "".join((_cell(found[name]) if name in found else "").ljust(_CELL) for name in names)
        yield f"{_row_name(id, callback):<{width}}{cells}".rstrip()
    if folded:
        yield from ("", f"not applicable, and not listed: {folded}")


def _row_name(id: str, callback: str) -> str:
    name = "  " + ("/".join(id.split("/")[2:]) or "with the reference")
    return f"{name} ({callback})" if id.startswith("every-callback/") else name


def _cell(judgement: Judgement) -> str:
    word = _SHORT.get(judgement.verdict, judgement.verdict.upper())
    return f"{word} {judgement.exercised}" if judgement.verdict in (CONFORMS, *KNOWN) else word


def _boundaries(suite: Suite) -> Iterator[str]:
    yield from ("", "boundaries: how many scenarios of the pool reached each")
    pools: dict[tuple[str, Limits], list[Name]] = {}
    for callback in suite.callbacks:
        for name, hearing in suite.started().items():
            capabilities = hearing.subject.capabilities
            if callback in hearing.drawn & capabilities.callbacks:
                pools.setdefault((callback, limits(capabilities, callback)), []).append(name)
    for (callback, within), names in pools.items():
        yield f"  {callback}" + ("" if within == Limits() else f", as {', '.join(map(str, names))} can be asked")
        budget = suite.hearing(names[0]).results.budget
        for boundary, count in reached(callback, suite.examples, suite.seed, within, budget).items():
            yield f"    {count:>5}  {boundary}"
