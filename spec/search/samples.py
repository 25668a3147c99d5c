"""Samples of scenarios: what the strategies draw, and, as far as a suite takes it by default, what they once drew.

    python -m callcheck.spec.search.samples   draw what is stored anew, after a change of the strategies

Rules
- What is stored is what is drawn with the pinned version of Hypothesis, as a test holds: whoever is judged on it needs no
  Hypothesis, waits for none, and no other version of it changes a verdict.
- A larger sample begins with the scenarios of a smaller one.
"""

import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path

from ..callbacks import CALLBACKS, TRAINING
from ..scenario import Scenario, from_json, to_json

EXAMPLES = 300
"""Random scenarios per callback, by default: what keeps a run over all clauses of one Keras well under a minute. `AIMS` in a
callback's module says how many aimed ones go with them. So many are stored."""
SEED = 0
"""The seed by default, and of what is stored."""
RANDOM = "random"
"""Where the scenarios stand that are drawn without an aim, beside the names of the aims."""

Drawn = dict[str, list[Scenario]]
"""Scenarios by their aim, or RANDOM."""


def _never() -> bool:
    return False


def sample(callback: str, n: int, seed: int, stop: Callable[[], bool] = _never) -> list[Scenario]:
    """`n` different scenarios for one callback, or of TRAINING: always the same for the same seed.

    Fewer than `n` come back only where new ones hardly turn up any more, or once somebody says `stop`. Raises KeyError for a
    name that is not one of `CALLBACKS`.
    """
    if _is_stored(n, seed):
        return stored(callback)[RANDOM][:n]
    from .strategies import draw

    return draw(callback, n, seed, stop)


def sample_aimed(callback: str, n: int, seed: int, stop: Callable[[], bool] = _never) -> list[Scenario]:
    """The aimed scenarios that go with `n` random ones; none for a callback without aims."""

    def share(number: int) -> int:
        return -(-n * number // EXAMPLES)

    if _is_stored(n, seed):
        aims = {aim: drawn[: share(len(drawn))] for aim, drawn in stored(callback).items() if aim != RANDOM}
    else:
        from .strategies import draw_aimed

        aims = draw_aimed(callback, share, seed, stop)
    return [scenario for drawn in aims.values() for scenario in drawn]


def _is_stored(n: int, seed: int) -> bool:
    return seed == SEED and n <= EXAMPLES


@cache
def stored(callback: str) -> Drawn:
    """What was drawn for a callback. Raises KeyError for a name that is not one of `CALLBACKS`, nor TRAINING."""
    name = TRAINING if callback == TRAINING else CALLBACKS[callback].name
    text = files(__package__).joinpath("drawn", f"{name}.json").read_text(encoding="utf-8")
    return {aim: [from_json(item) for item in drawn] for aim, drawn in json.loads(text).items()}


def drawn(callback: str) -> Drawn:
    """What there is to be stored for a callback."""
    from .strategies import draw, draw_aimed

    return {
        RANDOM: draw(callback, EXAMPLES, SEED, _never),
        **draw_aimed(callback, lambda number: number, SEED, _never),
    }


def written(drawn: Drawn) -> str:
    """As it is stored: a scenario on a line, so that a change of one is a change of one line."""
    aims = (
        f"{json.dumps(aim)}: [\n" + ",\n".join(json.dumps(to_json(each), allow_nan=False) for each in found) + "\n]"
        for aim, found in drawn.items()
    )
    return "{" + ", ".join(aims) + "}\n"


def file(callback: str) -> Path:
    """Where a checkout stores what was drawn for a callback."""
    return Path(__file__).parent / "drawn" / f"{callback}.json"


if __name__ == "__main__":
    for each in (*CALLBACKS, TRAINING):
        file(each).write_text(written(drawn(each)), encoding="utf-8")
