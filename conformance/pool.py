"""The scenarios on which implementations are judged: one seeded pool per callback.

Stored vectors come first, so that "not exercised" never depends on luck; then the strategies', random and aimed, from a seed. A
few of them find a file in the working directory that is nobody's business.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache

from callcheck.spec.clauses.clause import CLAUSES
from callcheck.spec.scenario import Scenario, key
from callcheck.spec.search.boundaries import boundaries
from callcheck.spec.search.samples import EXAMPLES as EXAMPLES
from callcheck.spec.search.samples import sample, sample_aimed
from callcheck.spec.vectors import Vector, stored

from .budget import UNLIMITED, Budget
from .limits import Limits, reasons

EXAMPLES_BY_FIT = 30
"""Random scenarios per callback where all of them go through a real `fit`, which takes some 50 times as long as hooks do."""
EVERYTHING = Limits()
"""No limits."""
FILE = "notes.txt"
"""What somebody else has left in the working directory."""
ONE_IN = 5
"""In so many scenarios, of those in which no file is to be written, there is one: enough for whoever tidies up."""

ONE_OF = {"TensorBoard": 2}
"""By callback, of how many random scenarios one is run: where files are slow to write."""


@cache
def known(callback: str, within: Limits = EVERYTHING) -> tuple[Scenario, ...]:
    """The scenarios of a pool that nobody has to draw: the stored vectors."""
    first = [each.scenario for each in stored() if each.scenario.about == callback or _shows_a_clause(each, callback)]
    return _each_once(first, within)


@cache
def _drawn(callback: str, examples: int, seed: int, budget: Budget) -> tuple[Scenario, ...]:
    def spent() -> bool:
        return budget.spent

    random = sample(callback, max(1, examples // ONE_OF.get(callback, 1)), seed, spent)
    return (*_beside_a_file(random), *sample_aimed(callback, examples, seed, spent))


def _beside_a_file(scenarios: Iterable[Scenario]) -> Iterator[Scenario]:
    for number, scenario in enumerate(scenarios, 1):
        writes = any(
            name in each.config for each in scenario.configured() for name in ("filepath", "filename", "backup_dir")
        )
        yield scenario if writes or number % ONE_IN else replace(scenario, existing=(FILE,))


@cache
def pool(
    callback: str, examples: int, seed: int, within: Limits = EVERYTHING, budget: Budget = UNLIMITED
) -> tuple[Scenario, ...]:
    """The scenarios on which a callback is judged, each once.

    `within`: the limits of the implementation, inside of which all scenarios are brought. `budget`: when it is spent while they
    are drawn, there are fewer.
    """
    return _each_once((*known(callback), *_drawn(callback, examples, seed, budget)), within)


def _each_once(scenarios: Iterable[Scenario], within: Limits) -> tuple[Scenario, ...]:
    unique: dict[str, Scenario] = {}
    for scenario in scenarios:
        brought = within.inside(scenario)
        unique[key(brought)] = brought
    return tuple(unique.values())


def share(
    callback: str, examples: int, seed: int, within: Limits, budget: Budget = UNLIMITED
) -> tuple[float, dict[str, int]]:
    """Which share of what is drawn lies inside of the limits as it is, and why how many scenarios do not."""
    drawn = pool(callback, examples, seed, budget=budget)
    why = reasons(drawn, within)
    return 1.0 - sum(why.values()) / len(drawn), dict(why)


def reached(
    callback: str, examples: int, seed: int, within: Limits = EVERYTHING, budget: Budget = UNLIMITED
) -> dict[str, int]:
    """How many scenarios of the pool reached each boundary that the strategies promise for the callback."""
    scenarios = pool(callback, examples, seed, within, budget)
    return {
        name: sum(condition(scenario) for scenario in scenarios) for name, condition in boundaries(callback).items()
    }


def _shows_a_clause(vector: Vector, callback: str) -> bool:
    """Whether the vector shows a clause on that callback: one on what becomes of its files is shown by a resumed fit."""
    shown = (CLAUSES[id] for id in vector.about if id in CLAUSES)
    return vector.scenario.callback == callback and any(callback in clause.callbacks for clause in shown)
