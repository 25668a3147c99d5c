"""What the page answers: a state in, the part of a page that shows it out. It runs in the browser, on the standard library alone.

Rules
- The table is that of `callcheck trace`, the paragraph above it that of `callcheck explain`.
- What cannot be asked is one sentence, the same as on the command line.
- Whether a record agrees takes hundreds of replays: `audit` is asked for after the answer is there.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from callcheck.reference.replay import Decision, replay
from callcheck.reference.replay import explain as decided
from callcheck.spec.dialect import Dialect, InvalidDialect, resolve
from callcheck.spec.difference import Difference, difference
from callcheck.spec.reading import InvalidScenario
from callcheck.spec.scenario import Scenario, dumps
from callcheck.spec.trace import NotExpressible, Trace

from ..explain.arguments import WrongArgument, arguments
from ..explain.audit import Audit
from ..explain.audit import audit as compare
from ..explain.explanation import Explanation
from ..explain.figure import figure
from ..explain.history import History, RecordedFit, UnreadableHistory, missing_notes
from ..explain.question import Question, Story, ask, not_predicted
from ..explain.reading import parse
from ..explain.summary import summary
from ..explain.svg import WIDTH, svg
from ..explain.text import audited, recognised
from ..explain.traps import traps
from ..report.markup import Seen, epochs, listed, sentence, text
from ..report.table import heading
from ..report.words import anchor
from . import form
from .state import State, command, from_texts, given_whole, of_scenario, on_whose, quoted, scenario_of

SPECIFICATION = "specification.html"
"""The document beside the page, in which every rule is explained."""
BESIDE, BETWEEN, WIDEST = 400.0, 32.0, 992.0
"""Pixels: two cards stand beside each other if each has so many; so many are between them; a card is no wider (`page.css`)."""
SEVERAL = "The callbacks are those of the scenario; what the form says of one is not used."
NO_AUDIT = Audit(agrees=None, sentence="")


class Unanswerable(ValueError):
    """What was asked has no answer; the message is one sentence."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a state asks of a dialect: a scenario; and of one callback the history that it was read from, or that it would leave.
    `recorded`: it was read."""

    state: State
    scenario: Scenario
    dialect: Dialect
    question: Question | None
    recorded: bool
    note: str | None

    @cached_property
    def plain(self) -> bool:
        """Whether the words that explain records speak of this scenario: numbers by epoch, and nobody else who acts."""
        return self.recorded or (
            not any(
                epoch.batches is not None
                or epoch.validations
                or epoch.stop
                or epoch.others
                or any(type(v) is not float for v in epoch.logs.values())
                for fit in self.scenario.fits
                for epoch in fit.epochs
            )
            and not isinstance(self.scenario.learning_rate, Mapping)
            and self.scenario.learning_rate is not None
        )


@dataclass(frozen=True, kw_only=True)
class Told:
    """What one dialect does with it: as `trace` sees it, and as `explain` tells it."""

    name: str
    trace: Trace | NotExpressible
    why: tuple[Decision, ...]
    explanation: Explanation | None

    @property
    def seen(self) -> Seen:
        return Seen(name=self.name, trace=self.trace, why=self.why)


def answer(texts: Mapping[str, str], width: float = WIDTH) -> dict[str, str]:
    """`html`, to be shown in so many pixels of width; `command`, which asks the same on the command line; and `state`, where
    what was given says it better. Or `wrong`, one sentence.
    """
    state = from_texts(texts)
    try:
        asked = [_asked(state, name) for name in (state.on, state.against) if name]
        told = [_told(each) for each in asked]
    except (WrongArgument, InvalidScenario, UnreadableHistory, InvalidDialect, Unanswerable) as error:
        return {"wrong": str(error)}
    found = {"html": _html(asked, told, width), "command": _command(asked[0]), "title": heading(asked[0].scenario)[0]}
    if given_whole(state) and asked[0].scenario.callback:
        moved = of_scenario(asked[0].scenario, state.on, state.against)
        found["state"] = json.dumps(moved.texts())
    return found


def audit(texts: Mapping[str, str]) -> str:
    """Whether the record agrees with the configuration, as the part of a page; empty where there is no record that could."""
    state = from_texts(texts)
    try:
        asked = _asked(state, state.on)
        told = _told(asked)
        if (
            asked.question is None
            or not asked.recorded
            or asked.question.history.kind == "numbers"
            or told.explanation is None
        ):
            return ""
        verdict, _, _ = compare(asked.question, told.explanation.story)
    except (WrongArgument, InvalidScenario, UnreadableHistory, InvalidDialect, Unanswerable):
        return ""
    said = "".join(f"<p>{text(line)}</p>" for line in audited(replace(told.explanation, audit=verdict)))
    return f"<h3>Does the record agree?</h3>{said}{listed(verdict.explanations)}"


def _asked(state: State, name: str) -> Asked:
    """The question to one dialect. Raises what is wrong with it."""
    if not state.see.strip():
        raise Unanswerable("paste what the training recorded, or a list of values such as 1, 0.9, 0.95")
    resolution = resolve(name)
    scenario = scenario_of(state)
    if scenario is not None:
        question = _beside(scenario, resolution.dialect) if scenario.callback else None
        return Asked(
            state=state,
            scenario=scenario,
            dialect=resolution.dialect,
            question=question,
            recorded=False,
            note=resolution.note,
        )
    words = [f"{name}={value}" for name, value in {**state.config, **state.around}.items()]
    given = arguments(state.callback, words)
    history = parse(state.see.encode(), "what was pasted", given.circumstances.validation_freq)
    question = ask(history, given.callback, given.config, resolution.dialect, given.circumstances)
    return Asked(
        state=state,
        scenario=question.scenario(),
        dialect=resolution.dialect,
        question=question,
        recorded=True,
        note=resolution.note,
    )


def _beside(scenario: Scenario, dialect: Dialect) -> Question:
    """A scenario as the record that it would leave, as far as that can be told in numbers."""
    fits = tuple(
        RecordedFit.of(
            [{name: v for name, v in epoch.logs.items() if type(v) is float} for epoch in fit.epochs],
            first_epoch=scenario.first_epoch(fit),
        )
        for fit in scenario.fits
    )
    rate = scenario.learning_rate if type(scenario.learning_rate) is float else None
    return Question(
        history=History(kind="a scenario", fits=fits), callback=scenario.callback, config=scenario.config, dialect=dialect,
        rate=rate,
    )  # fmt: skip


def _told(asked: Asked) -> Told:
    """What the dialect does. Raises Unanswerable where nothing is predicted."""
    dialect = asked.dialect
    trace = replay(asked.scenario, dialect, internal=True)
    if isinstance(trace, NotExpressible):
        raise Unanswerable(not_predicted(trace, asked.scenario, dialect))
    same, why = decided(asked.scenario, dialect)
    assert isinstance(same, Trace)
    name = form.label(dialect)
    question = asked.question
    if trace.rejected is not None or question is None:
        return Told(name=name, trace=trace, why=why, explanation=None)
    told = tuple(
        tuple(each for each in why if each.callback == place) for place in range(len(asked.scenario.configured()))
    )
    story = Story(scenario=asked.scenario, trace=same, told=told)
    plain = asked.plain
    monitored = [each for each in question.history.names() if each == question.monitor and asked.recorded]
    explanation = Explanation(
        question=question,
        story=story,
        summaries=tuple(summary(question, story, index) for index in range(len(same.fits))) if plain else (),
        notes=(*question.history.notes, *question.notes, *missing_notes(monitored, question.history.fits)),
        traps=traps(question, story) if plain else (),
        audit=NO_AUDIT,
        dialect_note=asked.note,
    )
    return Told(name=name, trace=trace, why=why, explanation=explanation)


# ---------------------------------------------------------------------------------------------- as a part of a page


def _html(asked: list[Asked], told: list[Told], width: float) -> str:
    beside = len(told) > 1 and width >= 2 * BESIDE + BETWEEN
    cards = "".join(_card(each, len(told) > 1, width / 2 - BETWEEN / 2 if beside else width) for each in told)
    scenario = asked[0].scenario
    first = told[0].explanation
    title, *around = heading(scenario)
    parts = [
        f'<p class="asked"><code>{text(title)}</code>{"".join(f" · {text(each)}" for each in around)}</p>',
        f'<p class="quiet">{sentence(recognised(first))}.</p>' if first is not None and asked[0].recorded else "",
        listed([note for note in (first.dialect_note, *first.notes) if note]) if first is not None else "",
        _compared(scenario, told) if len(told) > 1 else "",
        "" if scenario.callback else f'<p class="quiet">{SEVERAL}</p>',
        f'<div class="cards">{cards}</div>',
        "<h2>Epoch by epoch</h2>" if any(each.seen.run and not each.seen.run.rejected for each in told) else "",
        epochs(scenario, [each.seen for each in told], lambda id: f"{SPECIFICATION}#{anchor(id)}"),
        f"<h2>Mind</h2>{listed(first.traps)}" if first is not None and first.traps else "",
    ]
    return "\n".join(part for part in parts if part)


def _card(told: Told, several: bool, width: float) -> str:
    """What happened, in a paragraph for each fit, and the drawing."""
    name = f"<h2>{text(told.name)}</h2>" if several else ""
    rejected = told.seen.run.rejected if told.seen.run is not None else None
    if rejected is not None:
        raised = f"The constructor raises <b>{text(rejected.type)}</b>: {text(rejected.message)}"
        return f'<section class="card">{name}<p class="summary">{raised}</p></section>'
    if told.explanation is None:
        return ""
    many = len(told.explanation.summaries) > 1
    said = "".join(
        f'<p class="summary">{f"<b>Fit {number}:</b> " if many else ""}{text(each)}</p>'
        for number, each in enumerate(told.explanation.summaries, 1)
    )
    drawn = figure(told.explanation)
    known = any(value is not None for value in drawn.values)
    picture = f"<figure>{svg(drawn, width=min(width, WIDEST))}</figure>" if known else ""
    return f'<section class="card">{name}{said}{picture}</section>'


def _compared(scenario: Scenario, told: list[Told]) -> str:
    """Whether two dialects do the same, and where first not."""
    a, b = told
    found = difference(a.trace, b.trace)
    names = f"{text(a.name)} and {text(b.name)}"
    if a.name == b.name:
        return f'<p class="verdict same">{text(a.name)} is compared with itself: choose another release.</p>'
    if found is None:
        return f'<p class="verdict same">{names} do the same here.</p>'
    return f'<p class="verdict other">{names} differ: {text(_place(scenario, found))}.</p>'


def _place(scenario: Scenario, found: Difference) -> str:
    """The first difference, with epochs counted from 1."""
    where = []
    if found.fit is not None:
        if len(scenario.fits) > 1:
            where.append(f"fit {found.fit + 1}")
        if found.epoch is not None:
            where.append(f"epoch {scenario.first_epoch(scenario.fits[found.fit]) + found.epoch + 1}")
    what = found.field.replace("_", " ") or "how far it goes"
    there = [json.dumps(each) if each is not None else "nothing" for each in (found.a, found.b)]
    place = f"first in {', '.join(where)}: " if where else ""
    return f"{place}{what} is {there[0]} in the one, {there[1]} in the other"


def _command(asked: Asked) -> str:
    """The same question on the command line."""
    state = asked.state
    words = [quoted(f"{name}={value}") for name, value in {**state.config, **state.around}.items()]
    if asked.recorded:
        numbers = asked.question is not None and asked.question.history.kind == "numbers"
        record = shlex.quote(" ".join(state.see.split())) if numbers else "FILE"
        return f"callcheck explain {record} {' '.join([state.callback, *words])} --dialect {state.on}"
    if state.see.lstrip().startswith("{"):
        return f"callcheck trace -{on_whose(state)} <<< {shlex.quote(dumps(asked.scenario))}"
    return command(state)
