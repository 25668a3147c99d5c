"""Expected deviations: one kind of record, whether it is derived or pinned.

Rules
- A declaration says that a rule (a clause, or the agreement) does not hold on a scenario, which trace is predicted, and why.
- Those of a dialect are derived (`derivation.py`); nobody lists them.
- Somebody's own are pinned in the TOML file that holds the dialect, as `[[declaration]]` tables: `clause`, `reason`, and as JSON
  texts `scenario` and `predicted`. One explains that very scenario with that very trace and nothing beside it, and is stale as
  soon as it no longer shows. `others`, if it is there, stands for more scenarios of the same kind, each as two digests, of the
  scenario and of its trace: they are explained like the one that is written out, where they are drawn.
- The table `[drawn]` beside them says with how many random scenarios, and with which seed, that was seen. A run that is not told
  otherwise draws the same.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from callcheck.spec.clauses.clause import CLAUSES
from callcheck.spec.dialect import InvalidDialect
from callcheck.spec.difference import difference
from callcheck.spec.reading import InvalidScenario, parse_json, parse_toml, read_text, shown
from callcheck.spec.scenario import Scenario, key, loads
from callcheck.spec.trace import Trace, from_json, to_json

from .rules import AGREEMENTS

_DRAWN = {"examples", "seed"}
_FIELDS = {"clause", "scenario", "predicted", "reason"}
_OTHERS = re.compile(r"\s*([0-9a-f]{8}:[0-9a-f]{8}\s*)*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Declaration:
    """`rule` is the id of what does not hold on `scenario`, where `predicted` is what comes; `reason` says what that means.
    `choices`: of a derived one, those in which the dialect leaves what is documented. `others`: more scenarios, with what comes
    there, as digests."""

    rule: str
    scenario: Scenario
    predicted: Trace
    reason: str
    choices: tuple[str, ...] = ()
    others: Mapping[str, str] = field(default_factory=dict)

    def is_about(self, scenario: Scenario) -> bool:
        """Whether the scenario is to show it."""
        return key(scenario) == key(self.scenario) or (bool(self.others) and of_scenario(scenario) in self.others)

    def explains(self, scenario: Scenario, seen: Trace) -> bool:
        """Whether that is what comes there."""
        if key(scenario) == key(self.scenario):
            return difference(self.predicted, seen) is None
        return bool(self.others) and self.others.get(of_scenario(scenario)) == of_trace(seen)


def of_scenario(scenario: Scenario) -> str:
    """The digest of a scenario."""
    return _digest(key(scenario))


def of_trace(trace: Trace) -> str:
    """The digest of what is compared of a trace."""
    return _digest(json.dumps(_compared(to_json(trace)), sort_keys=True))


def _compared(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _compared(value) for name, value in data.items() if name not in ("message", "internal")}
    return [_compared(each) for each in data] if isinstance(data, list) else data


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pinned:
    """What stands in a file beside the dialect. `examples`, `seed`: of the scenarios that were drawn; None: it does not say."""

    declarations: tuple[Declaration, ...] = ()
    examples: int | None = None
    seed: int | None = None


def pinned(dialect: str | None) -> Pinned:
    """What stands beside the dialect, if that is in a file. Raises InvalidDialect for what makes no sense, in one sentence that
    names the file."""
    if dialect is None or not dialect.endswith(".toml"):
        return Pinned()
    data = parse_toml(read_text(dialect))
    tables, drawn = data.get("declaration", []), data.get("drawn", {})
    if not isinstance(tables, list):
        raise InvalidDialect(f"{dialect}: declarations are [[declaration]] tables")
    declarations = tuple(_read(f"{dialect}, declaration {number}", table) for number, table in enumerate(tables, 1))
    if (
        not isinstance(drawn, dict)
        or not drawn.keys() <= _DRAWN
        or any(type(each) is not int for each in drawn.values())
    ):
        raise InvalidDialect(f"{dialect}, drawn: its fields are {', '.join(sorted(_DRAWN))}, each a whole number")
    if drawn.get("examples", 1) < 1:
        raise InvalidDialect(f"{dialect}, drawn, examples: it is not positive")
    return Pinned(declarations=declarations, **drawn)


def _read(place: str, table: Any) -> Declaration:
    if (
        not isinstance(table, dict)
        or set(table) - {"others"} != _FIELDS
        or not all(isinstance(each, str) for each in table.values())
    ):
        raise InvalidDialect(f"{place}: its fields are {', '.join(sorted(_FIELDS))}, each a text")
    known = {*CLAUSES, *(agreement.id for agreement in AGREEMENTS.values())}
    if table["clause"] not in known:
        raise InvalidDialect(f"{place}: there is no clause {shown(table['clause'])}")
    try:
        scenario, predicted = loads(table["scenario"]), from_json(parse_json(table["predicted"]))
    except InvalidScenario as error:
        raise InvalidDialect(f"{place}: {error}") from None
    if not isinstance(predicted, Trace):
        raise InvalidDialect(f"{place}: predicted is no trace")
    others = table.get("others", "")
    if not _OTHERS.fullmatch(others):
        raise InvalidDialect(f"{place}: others are pairs of digests, such as 0a1b2c3d:4e5f6a7b")
    pairs = dict(each.split(":") for each in others.split())
    return Declaration(
        rule=table["clause"], scenario=scenario, predicted=predicted, reason=table["reason"], others=pairs
    )
