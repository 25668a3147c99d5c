"""What `infer` says: each thing that a callback does otherwise once, in words, with a smallest example; and as JSON and TOML."""

import json
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from callcheck.spec.choices import CHOICES
from callcheck.spec.dialect import DOCUMENTED, NEWEST, documented
from callcheck.spec.difference import difference
from callcheck.spec.scenario import dumps
from callcheck.spec.scenario import to_json as scenario_to_json
from callcheck.spec.trace import Failed, Result, Trace
from callcheck.spec.trace import to_json as trace_to_json

from ..declarations import Declaration
from ..diagnosis import Difference, differences
from ..inference import SEEN, Inference, Inferred, Unexplained
from ..left_out import SAID
from .counterexample import replayable
from .in_short import in_short
from .table import table
from .words import compared_with, many_of, wrapped

KERAS = compared_with(NEWEST)
ON_A_LINE = 7
"""So many pairs of digests."""


def inferred(name: str, found: Sequence[Inference]) -> Iterator[str]:
    """The lines about all callbacks of an implementation."""
    for each in found:
        yield from _one(name, each)


def _one(name: str, found: Inference) -> Iterator[str]:
    if found.complaint is not None:
        yield from wrapped(found.complaint.sentence)
        return
    if not found.asked:
        yield from wrapped(f"{name}: {found.callback} answered nothing, so that nothing can be told of it")
        return
    yield from wrapped(f"{name}: {found.callback}: {headline(found)}")
    for number, each in enumerate(differences(found), 1):
        yield from ("", *difference_told(f"{number}. ", found, each))
    yield from beside_differences(found)


def difference_told(number: str, found: Inference, each: Difference) -> Iterator[str]:
    """One thing that it does otherwise, with its smallest scenario."""
    indent = " " * len(number)
    if isinstance(each, Inferred):
        choice = CHOICES[each.choice]
        yield from wrapped(number + difference_sentence(found, each), "", indent)
        yield from wrapped(f"documented: {choice.values[documented()[each.choice]]}", indent)
        also = "; not told apart from " + ", ".join(each.possible) if each.possible else ""
        yield from wrapped(f"{each.choice} = {each.value}, shown by {each.shows} scenarios{also}, such as:", indent)
        assert each.scenario is not None
        yield from _shown(each.scenario, each.result, indent)
    else:
        said = wrapped(number + difference_sentence(found, each), "", indent)
        yield from (*said, *_shown(each.scenario, each.seen, indent))


def difference_sentence(found: Inference, each: Difference) -> str:
    """What it does otherwise, in words."""
    if not isinstance(each, Inferred):
        return does_not(found, each)
    return f"{CHOICES[each.choice].question} {CHOICES[each.choice].values[each.value]}"


def does_not(found: Inference, each: Unexplained) -> str:
    """What it leaves out everywhere, or ignores, as a sentence."""
    left_out = next((SAID[name] for name, one in found.left_out.items() if one is each), None)
    if left_out is not None:
        return f"it {left_out}; something is expected in {_scenarios(each)}, of which this is a smallest"
    name = next(name for name, one in found.ignored.items() if one is each)
    return f"it ignores {name}: it does the same without it in {_scenarios(each)} in which it is to show, such as:"


def beside_differences(found: Inference) -> Iterator[str]:
    """What is no difference of its own, what no choice explains, what could not be told, and the nearest dialect."""
    for heading, those in like_whom(found):
        if those:
            yield from ("", f"{heading}:")
            for each in those:
                yield from wrapped(
                    f"{each.choice} = {each.value}: {CHOICES[each.choice].values[each.value]}", "  ", "    "
                )
    for sentence, beside in beside_choices(found):
        yield from ("", *wrapped(sentence), *_shown(beside.scenario, beside.seen, ""))
    yield ""
    yield from _not_told(found)
    yield from wrapped(
        f"nearest dialect: {found.nearest}, which does the same on {found.nearest_fits} of {found.asked} scenarios; what is told "
        f"here does on {found.asked - sum(each.scenarios for each in found.unexplained)}"
    )


def like_whom(found: Inference) -> Sequence[tuple[str, Sequence[Inferred]]]:
    """What is no difference of its own, and how it is introduced."""
    return (
        (f"as the documentation says, and {KERAS} does not", found.unlike_keras),
        (f"as {KERAS} does, and the documentation does not say", found.like_keras),
        ("shown only by epochs with an index below 0, of which nobody promises anything", found.odd),
        ("the same on paper, and another result in floating point", found.arithmetic),
    )


def headline(found: Inference) -> str:
    """What was found, in few words, with the names of the choices behind them."""
    if found.conforms:
        return "no difference that the documentation or Keras does not explain"
    said = "; ".join(in_short(each.choice, each.value) for each in found.differences)
    many = many_of(len(found.differences), "difference")
    left = sum(each.scenarios for each in found.unexplained)
    unanswered = sum(each.scenarios for each in found.unanswered)
    silent = "".join(f"; it {SAID[name]}" for name in found.left_out)
    silent += "".join(f"; it ignores {name}" for name in found.ignored)
    return (
        many
        + (f": {said}" if said else "")
        + silent
        + "".join(
            f"; {count} scenarios are left {how}"
            for count, how in ((left, "unexplained"), (unanswered, "unanswered"))
            if count
        )
    )


def _shown(scenario: Any, result: Result | None, indent: str) -> Iterator[str]:
    for line in table(scenario, result if isinstance(result, Trace) else None):
        yield from wrapped(line, indent + "  ")
    if isinstance(result, Trace):
        raised = result.rejected or next((fit.error for fit in result.fits if fit.error is not None), None)
        if raised is not None:
            yield from wrapped(f"{raised.type}: {raised.message}", indent + "  ")
    yield from replayable(scenario)


def beside_choices(found: Inference) -> Iterator[tuple[str, Unexplained]]:
    """What no choice explains, each with a sentence."""
    for each in found.unanswered:
        assert isinstance(each.seen, Failed)
        yield f"there is no answer to {_scenarios(each)}, of which this is the simplest: {each.seen.message}", each
    for each in found.unexplained:
        departure = _departure(each.predicted, each.seen)
        yield f"no choice explains {_scenarios(each)}, of which this is a smallest: {departure}", each


def _scenarios(each: Unexplained) -> str:
    return many_of(each.scenarios, "scenario")


def _departure(predicted: Result, seen: Result) -> str:
    refused = [each.rejected if isinstance(each, Trace) else None for each in (predicted, seen)]
    if refused[0] is not None and refused[1] is None:
        return f"the constructor is expected to raise {refused[0].type}, and does not"
    if refused[1] is not None and refused[0] is None:
        return f"the constructor raises {refused[1].type}"
    found = difference(predicted, seen)
    assert found is not None
    steps = ((f"fit {(found.fit or 0) + 1}", found.fit), (f"epoch {found.epoch}", found.epoch))
    where = ", ".join(text for text, there in steps if there is not None)
    if not found.field:
        return f"{where} is expected to be {_whether(found.a, 'run')}, and is {_whether(found.b, 'run')}"
    at = f"{where}: " if where else ""
    if found.field == "error":
        return f"{at}expected is {_raised(found.a)}, and there is {_raised(found.b)}"
    return f"{at}{found.field} is expected to be {json.dumps(found.a)}, and is {json.dumps(found.b)}"


def _whether(there: Any, done: str) -> str:
    return f"not {done}" if there is None else done


def _raised(error: Any) -> str:
    return "no error" if error is None else f"a {error['type']} out of {error['hook']}"


def _not_told(found: Inference) -> Iterator[str]:
    """The choices of which nothing was seen, by why."""
    whys: dict[str, list[str]] = {}
    for each in found.choices:
        if each.status != SEEN:
            whys.setdefault(each.status, []).append(each.choice.partition("/")[2])
    for why, ids in whys.items():
        yield from wrapped(f"{why}: {', '.join(ids)}")


# ---------------------------------------------------------------------------------------------- for machines


def as_json(found: Sequence[Inference], name: str) -> dict[str, Any]:
    """As `infer --json` prints it."""
    told = [each for each in found if each.complaint is None]
    return {
        "implementation": name,
        "nearest": told[0].nearest if len({each.nearest for each in told}) == 1 else None,
        "choices": {
            each.choice: {
                "value": each.value, "status": each.status, "meaning": CHOICES[each.choice].values[each.value],
                "as_documented": each.as_documented, "as_in_keras": each.as_in_keras, "shows": each.shows,
                "possible": list(each.possible), "scenario": None if each.scenario is None else scenario_to_json(each.scenario),
            }
            for inference in told
            for each in inference.choices
        },
        "differences": [each.choice for inference in told for each in inference.differences],
        "left_out": {name: each.scenarios for inference in told for name, each in inference.left_out.items()},
        "ignored": {name: each.scenarios for inference in told for name, each in inference.ignored.items()},
        "unexplained": [
            {
                "callback": inference.callback, "scenarios": each.scenarios, "scenario": scenario_to_json(each.scenario),
                "seen": trace_to_json(each.seen), "predicted": trace_to_json(each.predicted),
            }
            for inference in told
            for each in inference.unexplained
        ],
        "complaints": [each.complaint.sentence for each in found if each.complaint is not None],
        "scenarios": sum(each.asked for each in found),
        "toml": as_toml(found, name),
    }  # fmt: skip


def as_toml(
    found: Sequence[Inference],
    name: str,
    declarations: Sequence[Declaration] = (),
    drawn: Mapping[str, int] = MappingProxyType({}),
) -> str:
    """The dialect as a file, with declarations for what it does not explain, and what was `drawn` to see that."""
    lines = ["[[dialect]]", f"name = {json.dumps(name)}", f"extends = {json.dumps(DOCUMENTED)}", "[dialect.choices]"]
    for inference in found:
        for each in inference.choices:
            if not each.as_documented:
                lines += [f"# {CHOICES[each.choice].values[each.value]}", f'"{each.choice}" = "{each.value}"']
    if drawn:
        lines += ["", "[drawn]", *(f"{key} = {value}" for key, value in drawn.items())]
    for declaration in declarations:
        predicted = json.dumps(trace_to_json(declaration.predicted))
        lines += [
            "", "[[declaration]]", f"clause = {json.dumps(declaration.rule)}", f"reason = {json.dumps(declaration.reason)}",
            f"scenario = {_text(dumps(declaration.scenario))}", f"predicted = {_text(predicted)}",
        ]  # fmt: skip
        if declaration.others:
            pairs = [f"{scenario}:{trace}" for scenario, trace in declaration.others.items()]
            rows = (pairs[first : first + ON_A_LINE] for first in range(0, len(pairs), ON_A_LINE))
            lines += ['others = """', *map(" ".join, rows), '"""']
    return "\n".join(lines) + "\n"


def _text(json_text: str) -> str:
    """JSON as a text in TOML; as it stands, where there is no apostrophe in it."""
    return json.dumps(json_text) if "'" in json_text else f"'{json_text}'"
