"""Scenarios for CSVLogger, and the boundaries that they promise to reach."""

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ..scenario import Epoch, Fit, Other, Scenario, acts
from .aimed import Aim, Aiming
from .conditions import Condition, left_out, parameter_is
from .drawing import ABSENT, below, chance, config_of, weighted
from .fits import drawn_scenario
from .history import RECORDED, recorded

_FILENAME = weighted(("log.csv", 12), ("run/log.csv", 2))
_SEPARATOR = weighted((ABSENT, 14), (";", 4), ("\t", 2), ("|", 2), (".", 1), ("::", 3), ("", 2))
_RAISED_IN = weighted(("epoch_begin", 1), ("epoch_end", 2))
_APPEND = weighted((ABSENT, 5), (True, 5), (False, 1))


@st.composite
def scenarios(draw: DrawFn) -> Scenario:
    config = config_of(filename=draw(_FILENAME), separator=draw(_SEPARATOR), append=draw(_APPEND))
    if chance(draw, 3):
        config["unknown"] = 1
    scenario = drawn_scenario(draw, "CSVLogger", config, *recorded(draw, tensors=False))
    if len(scenario.fits) > 1 and chance(draw, 5):
        scenario = replace(scenario, fits=(_interrupted(draw, scenario.fits[0]), *scenario.fits[1:]))
    if not chance(draw, 12):
        return scenario
    path = config["filename"]
    there = draw(weighted(((path,), 3), (("run/",), 2), ((f"{path}/",), 1)))
    return replace(scenario, existing=there)


def _interrupted(draw: DrawFn, fit: Fit) -> Fit:
    """Somebody raises an exception in one of its epochs, before or after it has its row."""
    at = draw(below(len(fit.epochs)))
    raises = Other(hook=draw(_RAISED_IN), after=0, raises="KeyboardInterrupt")
    epochs = (*fit.epochs[:at], replace(fit.epochs[at], others=(raises,)), *fit.epochs[at + 1 :])
    return replace(fit, epochs=epochs)


# ---------------------------------------------------------------------------------------------- aims


_NAMES = weighted((("loss",), 2), (("accuracy", "loss"), 2), (("loss", "val_loss"), 1))
_VALUE = weighted((1.0, 1), (0.5, 1), (0.25, 1))


def interrupted(draw: DrawFn) -> Aim:
    """Somebody raises an exception when there are rows, and the instance is used again."""
    names = draw(_NAMES)

    def epochs(more: int) -> list[Epoch]:
        return [Epoch(logs={name: draw(_VALUE) for name in names}) for _ in range(draw(below(3)) + more)]

    *before, last = epochs(2)
    raises = Other(hook=draw(_RAISED_IN), after=0, raises="KeyboardInterrupt")
    first = Fit(epochs=(*before, replace(last, others=(raises,))))
    return Aim(config=config_of(filename="log.csv", append=draw(_APPEND)), fits=[first, epochs(1)])


AIMS: dict[Aiming, int] = {interrupted: 24}
"""How many scenarios with each aim go with the default number of random ones."""


# ---------------------------------------------------------------------------------------------- boundaries


def _other_columns(scenario: Scenario) -> bool:
    """A later fit whose first epoch logs other metrics than that of the first fit."""
    first, *later = (set(fit.epochs[0].logs) for fit in scenario.fits)
    return any(names != first for names in later)


def _validation_comes_later(scenario: Scenario) -> bool:
    def validated(epoch: Epoch) -> bool:
        return any(name.startswith("val_") for name in epoch.logs)

    return any(not validated(fit.epochs[0]) and any(map(validated, fit.epochs[1:])) for fit in scenario.fits)


BOUNDARIES: dict[str, Condition] = {
    **{name: condition for name, condition in RECORDED.items() if name != "a tensor"},
    "append": parameter_is("append", bool),
    "overwrite": left_out("append"),
    "another separator": parameter_is("separator", lambda separator: separator in (";", "\t", "|")),
    "a separator of no or of several characters": parameter_is("separator", lambda separator: len(separator) != 1),
    "a separator that stands in numbers": parameter_is("separator", lambda separator: separator == "."),
    "a folder": parameter_is("filename", lambda filename: "/" in filename),
    "something is there": lambda s: bool(s.existing),
    "other columns in a later fit": _other_columns,
    "interrupted before a later fit": lambda s: any(act for fit in s.fits[:-1] for act in acts(fit)),
    "the validation comes later": _validation_comes_later,
    "append in a second fit": lambda s: len(s.fits) > 1 and bool(s.config.get("append")),
}
