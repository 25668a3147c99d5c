"""Which parameters a callback takes and does nothing with: with or without one it does the same, wherever that is to show.

It is one thing, and told once: what is given would be held against every choice that the parameter is about. Once it is known,
the callback is asked as one that does not have the parameter.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from callcheck.spec.callbacks import parameters
from callcheck.spec.dialect import documented
from callcheck.spec.difference import difference
from callcheck.spec.editing import without
from callcheck.spec.scenario import Scenario
from callcheck.spec.search.shrink import complexity
from callcheck.spec.trace import Result, Trace

from .inference import oddity
from .left_out import SAID
from .left_out import without as without_fields
from .predictions import Predictions
from .results import Results

SHOWS = 4
"""So many scenarios at the least have to be such that the parameter is to show."""
FIRST = 8
"""So many scenarios are asked first: of a parameter that is looked at, few are needed."""
TOLD_OTHERWISE = frozenset({"verbose"})
"""Whoever ignores it prints nothing, which is said."""

Shown = tuple[Scenario, Trace, Trace]
"""A scenario with the parameter, what was seen, and what is documented."""


def _plainness(shown: Shown) -> tuple[bool, tuple[bool, bool, bool], tuple[float, ...]]:
    """The lower, the more the scenario tells: in some it is only to show in a warning or an attribute."""
    scenario, seen, predicted = shown
    only_said = difference(without_fields(seen, SAID), without_fields(predicted, SAID), attributes=False) is None
    return only_said, oddity(scenario), complexity(scenario)


def ignored(
    results: Results, callback: str, answered: Iterable[tuple[Scenario, Result | None]], predictions: Predictions
) -> dict[str, list[Shown]]:
    """By parameter the scenarios in which it is to show and does not, the simplest first."""
    found = {}
    told = sorted((each for each in answered if not each[0].callbacks), key=lambda each: complexity(each[0]))
    for name in parameters(callback):
        shown = _where_it_shows(name, told, predictions)
        # Of a parameter that is looked at, the first mostly tells.
        first = [] if name in TOLD_OTHERWISE else list(islice(shown, 1))
        if not _same_without(results, name, first):
            continue
        first += islice(shown, FIRST - 1)
        if len(first) >= SHOWS and _same_without(results, name, first):
            rest = list(shown)
            if _same_without(results, name, rest):
                found[name] = sorted([*first, *rest], key=_plainness)
    return found


def _where_it_shows(
    name: str, told: Iterable[tuple[Scenario, Result | None]], predictions: Predictions
) -> Iterator[Shown]:
    given = (each for each in told if name in each[0].config)
    return (each for scenario, seen in given if (each := _shown(name, scenario, seen, predictions)) is not None)


def _shown(name: str, scenario: Scenario, seen: Result | None, predictions: Predictions) -> Shown | None:
    """The scenario, if the parameter is to show in it."""
    if not isinstance(seen, Trace) or seen.rejected is not None:
        return None
    predicted, instead = (predictions.of(each, documented()) for each in (scenario, without(scenario, name)))
    if not isinstance(predicted, Trace) or not isinstance(instead, Trace) or difference(predicted, instead) is None:
        return None
    return scenario, seen, predicted


def _same_without(results: Results, name: str, shown: list[Shown]) -> bool:
    answers = results.ask([without(scenario, name) for scenario, _, _ in shown])
    return all(
        isinstance(answer, Trace) and difference(seen, answer) is None
        for (_, seen, _), answer in zip(shown, answers, strict=True)
    )
