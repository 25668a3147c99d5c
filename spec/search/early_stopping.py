"""Scenarios for EarlyStopping, and the boundaries that they promise to reach."""

import math
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ..scenario import Scenario
from . import aimed as aims
from .conditions import EVERY, VERBOSE, Condition, any_epoch, last_epoch, number, parameter, parameter_is
from .drawing import ABSENT, chance, config_of, weighted
from .fits import VERBOSITY
from .monitoring import MONITORING, around_the_mark, mark_of, shown
from .streams import drawn_monitored, drawn_stream
from .waiting import MIN_DELTA, WAITING, drawn_waiting, patience_is

_PATIENCE = weighted((1, 6), (2, 6), (0, 3), (3, 3), (-1, 2), (4, 1), (ABSENT, 1), (10, 1))
_RESTORE = weighted((ABSENT, 5), (True, 6), (False, 1))
_START_FROM_EPOCH = weighted((ABSENT, 12), (1, 2), (2, 2), (3, 1), (0, 1), (20, 2))
_ODD = weighted(
    ({"patience": 1.5}, 4), ({"patience": "2"}, 2), ({"patience": None}, 2), ({"unknown": 1}, 6),
    ({"verbose": True}, 1), ({"start_from_epoch": 1.5}, 1), ({"min_delta": math.nan}, 1), ({"min_delta": math.inf}, 1),
    ({"baseline": math.nan}, 2),
)  # fmt: skip


@st.composite
def scenarios(draw: DrawFn) -> Scenario:
    monitored = drawn_monitored(draw)
    min_delta = draw(MIN_DELTA)
    patience = draw(_PATIENCE)
    long = patience in (4, 10)
    delta = 0.0 if min_delta is ABSENT else min_delta
    stream, baseline = drawn_stream(draw, monitored.sign, delta=delta, marked=24, long=long)
    config = config_of(
        **monitored.parameters, min_delta=min_delta, patience=patience, verbose=draw(VERBOSITY), baseline=baseline,
        restore_best_weights=draw(_RESTORE), start_from_epoch=draw(_START_FROM_EPOCH),
    )  # fmt: skip
    if chance(draw, 7):
        config.update(draw(_ODD))
    return drawn_waiting(draw, "EarlyStopping", config, monitored, stream, long=long, rates=3)


AIMS: dict[aims.Aiming, int] = {
    aims.first_array: 18, aims.several_elements: 26, aims.one_element: 26, aims.without_dimensions: 26, aims.nan_first: 14,
    aims.better_after_nan: 18, aims.missing: 6, aims.changes: 42, aims.small_steps: 18, aims.counts_that_are_none: 18,
    aims.unbeaten_baseline: 40, aims.decided_once: 22, aims.accuracy: 14, aims.unknown_mode: 8, aims.of_an_output: 14,
    aims.validations_within: 12, aims.nan_later: 32,
}  # fmt: skip
"""How many scenarios with each aim go with the default number of random ones."""


def more(draw: DrawFn) -> dict[str, Any]:
    """What an aimed scenario is given besides."""
    return config_of(restore_best_weights=draw(_RESTORE))


# ---------------------------------------------------------------------------------------------- boundaries


def _improving_epochs(scenario: Scenario) -> list[int]:
    """The absolute epochs, per fit, that are better than everything after them in the fit."""
    found = []
    for index, fit in enumerate(scenario.fits):
        steps = [s for s in shown(scenario) if s.fit == index]
        for position, s in enumerate(steps[:-1]):
            if all(s.sign * (s.value - later.value) > 0 for later in steps[position + 1 :]):
                found.append(scenario.first_epoch(fit) + s.epoch)
    return found


BOUNDARIES: dict[str, Condition] = {
    **EVERY,
    **VERBOSE,
    **MONITORING,
    **WAITING,
    **around_the_mark("baseline"),
    "validations in the middle of an epoch": any_epoch(lambda epoch: bool(epoch.validations)),
    "no baseline": lambda s: mark_of(s) is None,
    "baseline and patience": lambda s: mark_of(s) is not None and patience_is(lambda patience: patience > 1)(s),
    "restore_best_weights": parameter_is("restore_best_weights", bool),
    "no restore_best_weights": parameter_is("restore_best_weights", lambda restore: not restore),
    "restore_best_weights over several fits": lambda s: bool(parameter(s, "restore_best_weights")) and len(s.fits) > 1,
    "restore_best_weights when somebody else stops": lambda s: (
        bool(parameter(s, "restore_best_weights")) and any_epoch(lambda epoch: epoch.stop)(s)
    ),
    "start_from_epoch within the fit": lambda s: any(
        s.first_epoch(fit) < number(s, "start_from_epoch") < s.first_epoch(fit) + len(fit.epochs) for fit in s.fits
    ),
    "start_from_epoch after the last epoch": lambda s: number(s, "start_from_epoch") >= last_epoch(s),
    "start_from_epoch before the first epoch": lambda s: any(
        0 < number(s, "start_from_epoch") <= s.first_epoch(fit) for fit in s.fits
    ),
    "start_from_epoch zero": lambda s: s.config.get("start_from_epoch") == 0,
    "better before start_from_epoch than after": lambda s: any(
        epoch < number(s, "start_from_epoch") for epoch in _improving_epochs(s)
    ),
}
