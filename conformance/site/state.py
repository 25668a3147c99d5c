"""What the page's address says: a callback, its parameters, what it sees, and whose rules. The same words in a form, too.

Rules
- A state is names and texts. `callback`, `see`, `on`, `against` and the circumstances of a fit have these names; every other
  name is a parameter of the callback, its text a literal as on the command line.
- `see` is a recorded history in any form that `explain` reads, the streams of `trace`'s short form (`val_loss=1,.9,.95`), or a
  scenario as JSON, without its callback and configuration where the state has them.
- A scenario and the state that is made of it are the same question.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from callcheck.spec.callbacks import FLOAT_PARAMETERS
from callcheck.spec.dialect import NEWEST
from callcheck.spec.reading import InvalidScenario, parse_json
from callcheck.spec.scenario import Scenario, from_json, key, to_json
from callcheck.spec.values import number_to_json

from ..explain.arguments import CIRCUMSTANCES, WrongArgument, literal, short_scenario

SITE = "site/index.html"
"""Where the documents find the page: there is no public address yet, so it is where the page is built by default."""

RESERVED = ("callback", "see", "on", "against", *CIRCUMSTANCES)
"""The names in a state that are no parameter of a callback."""

_STREAM = re.compile(r"(?:^|\s)([^\s=,]+)=")


@dataclass(frozen=True, kw_only=True)
class State:
    """The texts of an address. `config` and `around` (of the fit) by name; `against`: nobody, if it is empty."""

    callback: str = "EarlyStopping"
    config: Mapping[str, str] = field(default_factory=dict)
    around: Mapping[str, str] = field(default_factory=dict)
    see: str = ""
    on: str = NEWEST
    against: str = ""

    def words(self) -> list[str]:
        """The parameters as the command line takes them."""
        return [f"{name}={text}" for name, text in self.config.items()]

    def texts(self) -> dict[str, str]:
        """The state as names and texts, what is empty or as usual left out."""
        texts = {"callback": self.callback, **self.config, **self.around, "see": self.see}
        texts |= {"on": self.on if self.on != NEWEST else "", "against": self.against}
        return {name: text for name, text in texts.items() if text}


def from_texts(texts: Mapping[str, str]) -> State:
    """The state that an address or a form says."""
    given = {name: text for name, text in texts.items() if text.strip() and name not in RESERVED}
    around = {name: texts[name] for name in CIRCUMSTANCES if texts.get(name, "").strip()}
    return State(
        callback=texts.get("callback") or State.callback, config=given, around=around, see=texts.get("see", ""),
        on=texts.get("on") or NEWEST, against=texts.get("against", ""),
    )  # fmt: skip


def link(scenario: Scenario, on: str = NEWEST, against: str = "", base: str = SITE) -> str:
    """The address at which the page shows a scenario, on one dialect or on two."""
    return address(of_scenario(scenario, on, against), base)


def address(state: State, base: str = SITE) -> str:
    """The address at which the page shows a state."""
    return f"{base}#{urlencode(state.texts())}"


def command(state: State) -> str:
    """The same question on the command line, in the short form of `trace`; empty where that does not say it."""
    see = [*streams(state.see)]
    words = [*state.words(), *(f"{name}={text}" for name, text in state.around.items()), *see]
    return f"callcheck trace {' '.join([state.callback, *map(quoted, words)])}{on_whose(state)}" if see else ""


def quoted(word: str) -> str:
    """A word as a shell takes it."""
    in_double_quotes = "'" in word and not set('"$`!\\').intersection(word)
    return f'"{word}"' if in_double_quotes else shlex.quote(word)


def on_whose(state: State) -> str:
    """Whose rules are asked for, as the end of a command; nothing where they are the newest Keras's alone."""
    on = "" if state.on == NEWEST else f" --on reference@{state.on}"
    return on + (f" --against reference@{state.against}" if state.against else "")


# ---------------------------------------------------------------------------------------------- from a scenario and back


def of_scenario(scenario: Scenario, on: str = NEWEST, against: str = "") -> State:
    """The state that asks for a scenario, in the shortest form that is the same."""
    data = to_json(scenario)
    for see in (_streams(scenario), json.dumps({k: v for k, v in data.items() if k not in ("callback", "config")})):
        state = State(callback=scenario.callback, config=_config(data), see=see, on=on, against=against)
        if see and not set(state.config).intersection(RESERVED) and _asks_for(state, scenario):
            return state
    return State(callback=scenario.callback, see=json.dumps(data), on=on, against=against)


def _asks_for(state: State, scenario: Scenario) -> bool:
    try:
        found = scenario_of(from_texts(state.texts()))
    except (WrongArgument, InvalidScenario):
        return False
    return found is not None and key(found) == key(scenario) and _orders(found) == _orders(scenario)


def _orders(scenario: Scenario) -> list[tuple[str, ...]]:
    """The metrics of each epoch as they come: what writes them down keeps their order."""
    return [tuple(epoch.logs) for fit in scenario.fits for epoch in fit.epochs]


def _config(data: Mapping[str, Any]) -> dict[str, str]:
    return {name: _text(value) for name, value in data.get("config", {}).items()}


def _text(value: Any) -> str:
    """What `literal` reads as this value."""
    if not isinstance(value, str):
        return repr(value)
    return value if value and value == value.strip() and literal(value) == value else repr(value)


def _streams(scenario: Scenario) -> str:
    """The metric values by epoch, as `trace` takes them in short; empty where that cannot say them."""
    names = dict.fromkeys(name for fit in scenario.fits for epoch in fit.epochs for name in epoch.logs)
    around = "" if scenario.learning_rate == 1.0 else f"learning_rate={scenario.learning_rate!r}\n"
    around += "" if not scenario.initial_epoch else f"initial_epoch={scenario.initial_epoch}\n"
    lines = []
    for name in names:
        fits = [[epoch.logs.get(name) for epoch in fit.epochs] for fit in scenario.fits]
        if any(type(value) is not float for fit in fits for value in fit if value is not None):
            return ""
        said = "/".join(",".join("-" if value is None else _number(value) for value in fit) for fit in fits)
        lines.append(f"{name}={said}")
    return around + "\n".join(lines) if lines else ""


def _number(value: Any) -> str:
    return repr(value).removesuffix(".0")


def scenario_of(state: State) -> Scenario | None:
    """The scenario that a state says; None if what the callback sees is a recorded history.

    Raises WrongArgument and InvalidScenario.
    """
    data = _json(state.see)
    if data is None:
        words = list(streams(state.see))
        if not words:
            return None
        around = [f"{name}={text}" for name, text in state.around.items()]
        return short_scenario(state.callback, [*state.words(), *around, *words])
    if state.around:
        raise WrongArgument(f"{', '.join(state.around)} stands in the scenario, if anywhere, and not beside it")
    if data.keys().isdisjoint(("callback", "callbacks")):
        data = {"callback": state.callback, "config": _read(state.config), **data}
    return from_json(data)


def given_whole(state: State) -> bool:
    """Whether what the callback sees is a scenario that says its callback itself."""
    return not (_json(state.see) or {}).keys().isdisjoint(("callback", "callbacks"))


def _json(see: str) -> dict[str, Any] | None:
    """The object of a scenario, whole or without its callback."""
    if not see.lstrip().startswith("{"):
        return None
    try:
        data = parse_json(see)
    except InvalidScenario:
        return None
    return data if isinstance(data, dict) and "fits" in data else None


def _read(config: Mapping[str, str]) -> dict[str, Any]:
    read = {name: literal(text) for name, text in config.items()}
    return {
        name: number_to_json(value) if name in FLOAT_PARAMETERS and isinstance(value, float) else value
        for name, value in read.items()
    }


def streams(see: str) -> Iterator[str]:
    """Each `NAME=values` of the short form; nothing where the text does not begin so."""
    found = list(_STREAM.finditer(see))
    if not found or see[: found[0].start(1)].strip():
        return
    ends = [*(each.start(1) for each in found[1:]), len(see)]
    for each, end in zip(found, ends, strict=True):
        yield f"{each[1]}={see[each.end() : end].strip()}"
