"""What `infer` leaves for people: the page, the summary for a pull request, and the cases for a build server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from callcheck import __version__
from callcheck.spec.choices import CHOICES
from callcheck.spec.dialect import documented
from callcheck.spec.scenario import Scenario
from callcheck.spec.trace import Result, Trace

from ..diagnosis import Difference, differences
from ..inference import Inference, Inferred, Unexplained
from .folder import FAILED, PASSED, SKIPPED, Brief, Case, Written, fenced, folded, plain
from .inference import as_json, beside_choices, difference_sentence, headline, inferred, like_whom
from .markup import as_json_block, beside_the_reference, definitions, finding, listed, report, text


def written(found: Sequence[Inference], name: str, seed: int) -> Written:
    """The report; the dialect lies beside it as TOML."""
    data = {**as_json(found, name), "callcheck": __version__, "seed": seed}
    return Written(
        command="infer", page=page(found, name), brief=brief(found, name), cases=cases(found, name), data=data,
        more={"dialect.toml": str(data["toml"])},
    )  # fmt: skip


def _said(each: Inference) -> str:
    """The outcome for one callback, in a sentence."""
    if each.complaint is not None:
        return each.complaint.sentence
    return headline(each) if each.asked else "it answered nothing, so that nothing can be told of it"


def page(found: Sequence[Inference], name: str) -> str:
    """`index.html`."""
    outcome = " ".join(f"{each.callback}: {_said(each)}." for each in found)
    parts = [part for each in found for part in _one(name, each)]
    foot = f"callcheck {text(__version__)}. The whole dialect is in <code>dialect.toml</code>."
    return report("infer", name, outcome, all(each.conforms for each in found), parts, foot)


def _one(name: str, found: Inference) -> Iterator[str]:
    yield f"<h2>{text(found.callback)}</h2>"
    if found.complaint is not None or not found.asked:
        yield f"<p>{text(_said(found))}</p>"
        return
    for number, each in enumerate(differences(found), 1):
        title = each.choice if isinstance(each, Inferred) else "beside the choices"
        yield finding(f"{found.callback}-{number}", f"{number}. {text(title)}", difference_parts(name, found, each))
    for number, (sentence, beside) in enumerate(beside_choices(found), 1):
        yield finding(f"{found.callback}-beside-{number}", "Beside the choices", _beside(name, sentence, beside))
    for title, those in like_whom(found):
        if those:
            said = listed(
                [f"{each.choice} = {each.value}: {CHOICES[each.choice].values[each.value]}" for each in those]
            )
            yield f"<h3>{text(title[0].upper() + title[1:])}</h3>{said}"
    told = found.asked - sum(each.scenarios for each in found.unexplained)
    yield (
        f"<p class='quiet'>The nearest dialect that comes with callcheck is {text(found.nearest)}, which does the same on "
        f"{found.nearest_fits} of {found.asked} scenarios; what is told here does on {told}.</p>"
    )


def difference_parts(name: str, found: Inference, each: Difference) -> Iterator[str]:
    """What the page says of one thing that a callback does otherwise."""
    if not isinstance(each, Inferred):
        yield from _beside(name, difference_sentence(found, each), each)
        return
    choice = CHOICES[each.choice]
    promised = documented()[each.choice]
    yield f'<p class="sentence">{text(choice.question)}</p>'
    yield definitions({name: choice.values[each.value], "documented": choice.values[promised]})
    also = "; not told apart from " + ", ".join(each.possible) if each.possible else ""
    yield f'<p class="quiet">{text(f"shown by {each.shows} scenarios{also}, such as:")}</p>'
    if each.scenario is not None:
        yield _shown(name, each.scenario, each.result)


def _beside(name: str, sentence: str, each: Unexplained) -> Iterator[str]:
    yield f'<p class="sentence">{text(sentence)}</p>'
    yield _shown(name, each.scenario, each.seen)


def _shown(name: str, scenario: Scenario, result: Result | None) -> str:
    """What it did, and beside it what the documentation promises."""
    trace = result if isinstance(result, Trace) else None
    return beside_the_reference(scenario, name, trace, documented()) + as_json_block(scenario)


def brief(found: Sequence[Inference], name: str) -> Brief:
    """`summary.md`."""
    lines = [f"### callcheck infer: {plain(name)}", ""]
    lines += [f"- {each.callback}: {plain(_said(each))}" for each in found]
    parts = [_part(each, one) for each in found if each.complaint is None for one in differences(each)]
    whole = folded("all that was told", fenced("\n".join(inferred(name, found))))
    return Brief(begin="\n".join(lines), parts=[*parts, whole], end=f"callcheck {__version__}")


def _part(found: Inference, each: Difference) -> str:
    if not isinstance(each, Inferred):
        return f"{found.callback}: {plain(difference_sentence(found, each))}"
    choice = CHOICES[each.choice]
    said = f"{choice.question} **{choice.values[each.value]}** Documented: {choice.values[documented()[each.choice]]}"
    marked = plain(said).replace("\\*\\*", "**")
    return f"`{each.choice}` ({found.callback}): {marked}"


def cases(found: Sequence[Inference], name: str) -> list[Case]:
    """The lines of `junit.xml`: one for each choice that was told, and for each thing that no choice explains."""
    return [case for each in found for case in _cases(each, name)]


def _cases(found: Inference, name: str) -> Iterator[Case]:
    if found.complaint is not None or not found.asked:
        yield Case(suite=name, group=found.callback, name="it can be asked", outcome=FAILED, message=_said(found))
        return
    differing = {each.choice for each in found.differences}
    for each in found.choices:
        meaning = CHOICES[each.choice].values[each.value]
        outcome = FAILED if each.choice in differing else PASSED if each.shows else SKIPPED
        message = "" if outcome == PASSED else meaning if outcome == FAILED else each.status
        yield Case(suite=name, group=found.callback, name=each.choice, outcome=outcome, message=message, text=message)
    beside = [difference_sentence(found, each) for each in differences(found) if not isinstance(each, Inferred)]
    for number, said in enumerate((*beside, *(said for said, _ in beside_choices(found))), 1):
        yield Case(
            suite=name,
            group=found.callback,
            name=f"beside the choices {number}",
            outcome=FAILED,
            message=said,
            text=said,
        )
