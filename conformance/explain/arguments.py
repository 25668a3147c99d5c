"""`key=value` on the command line: a callback's parameters, the circumstances of a fit, and streams of metric values.

Rules
- Values are Python or JSON literals; what is no literal is a text (`mode=min`). `nan` and `inf` are numbers.
- A parameter that the callback does not have is refused in a sentence that names the nearest.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice, product
from typing import Any

from callcheck.spec.callbacks import CALLBACKS, FLOAT_PARAMETERS, parameters
from callcheck.spec.metrics import metric_from_json
from callcheck.spec.reading import InvalidScenario, Refused, shown
from callcheck.spec.scenario import Configured, Scenario, from_json
from callcheck.spec.values import number_to_json

from .structured import numbers

LEGACY = {"ReduceLROnPlateau": ("epsilon",), "ModelCheckpoint": ("period",)}
"""Parameters of older releases that may be given too."""

MOST_VARIATIONS = 1000
"""So many answers to a what-if with several ranges are still a table that somebody reads."""


class WrongArgument(Refused):
    """What stands on the command line cannot be used; the message is one sentence."""


_WORDS = {"true": True, "false": False, "null": None, "nan": float("nan"), "inf": float("inf"), "-inf": -float("inf")}


def literal(text: str) -> Any:
    """The value that a text stands for: a Python or JSON literal, or the text itself."""
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean X?` or `; known are ...`, to end a sentence about an unknown name."""
    known = tuple(known)
    close = get_close_matches(name.lower(), [each.lower() for each in known], n=1, cutoff=0.6)
    match = next((each for each in known if close and each.lower() == close[0]), None)
    return f"; did you mean {match}?" if match else f"; known are {', '.join(known)}"


def checked_callback(name: str) -> str:
    """The callback of that name. Raises WrongArgument."""
    if name not in CALLBACKS:
        raise WrongArgument(f"unknown callback {name!r}{nearest(name, CALLBACKS)}")
    return name


def pairs(words: Iterable[str]) -> dict[str, str]:
    """`key=value`, each key once. Raises WrongArgument."""
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise WrongArgument(f"expected key=value, got {word!r}")
        if name in found:
            raise WrongArgument(f"{name} is given twice")
        found[name] = value
    return found


def known_parameters(callback: str) -> tuple[str, ...]:
    return (*parameters(callback), *LEGACY.get(callback, ()))


def unknown_parameter(callback: str, name: str, others: Iterable[str] = ()) -> WrongArgument:
    """The refusal of a name that is no parameter of the callback and none of the `others`."""
    return WrongArgument(f"{callback} has no parameter {name!r}{nearest(name, (*known_parameters(callback), *others))}")


def check_config(callback: str, config: Mapping[str, Any]) -> None:
    """Raises WrongArgument for a parameter that is unknown, or a value that no scenario can have."""
    for name in config:
        if name not in known_parameters(callback):
            raise unknown_parameter(callback, name)
    written_config(callback, config)


def written_config(callback: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration as a scenario has it: what is a number in float64 is one."""
    data = {
        name: number_to_json(value) if isinstance(value, float) and name in FLOAT_PARAMETERS else value
        for name, value in config.items()
    }
    try:
        return dict(from_json({"callback": callback, "config": data, "fits": [{"epochs": [{}]}]}).config)
    except InvalidScenario as error:
        raise WrongArgument(f"{error.field.removeprefix('config.')}: {error.message}") from None


def number_of(name: str, value: Any, kind: type[int] | type[float], least: float = 0) -> Any:
    """A circumstance that has to be a number. Raises WrongArgument."""
    if isinstance(value, bool) or not isinstance(value, int if kind is int else (int, float)) or not value >= least:
        raise WrongArgument(
            f"{name}: expected a {'whole ' if kind is int else ''}number from {least:g}, got {shown(value)}"
        )
    try:
        return kind(value)
    except OverflowError:
        raise WrongArgument(f"{name}: {shown(value)} is out of the range of float64") from None


def variations(callbacks: Sequence[Configured], words: Iterable[str]) -> list[tuple[int, dict[str, Any]]]:
    """The changed configurations that `key=value`, `key=1..20` and `key=0,.1` ask for, every combination, and the index of the
    callback that is changed. Of several callbacks it may stand before the parameter: `EarlyStopping.patience=3`. Raises
    WrongArgument."""
    found = pairs(words)
    place, _ = whose(callbacks, found)
    callback = callbacks[place].callback
    ranges = []
    for word, text in found.items():
        name = word.rpartition(".")[2]
        ranges.append([(name, value) for value in _range(name, text)])
    combinations = [dict(each) for each in islice(product(*ranges), MOST_VARIATIONS + 1)]
    if len(combinations) > MOST_VARIATIONS:
        raise WrongArgument(f"--what-if asks for more than {MOST_VARIATIONS} combinations")
    for each in combinations:
        check_config(callback, each)
    return [(place, each) for each in combinations]


def whose(callbacks: Sequence[Configured], change: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """The index of the callback that a change is about, and the change by the names of its parameters. Raises WrongArgument."""
    places = {word: _place(callbacks, word) for word in change}
    if len(set(places.values())) > 1:
        raise WrongArgument(f"one what-if changes one callback, and {', '.join(change)} are of several")
    return next(iter(places.values()), 0), {word.rpartition(".")[2]: value for word, value in change.items()}


def _place(callbacks: Sequence[Configured], word: str) -> int:
    callback, _, name = word.rpartition(".")
    if callback:
        checked_callback(callback)
    having = [
        at for at, each in enumerate(callbacks)
        if name in known_parameters(each.callback) and callback in ("", each.callback)
    ]  # fmt: skip
    if not having:
        if len(callbacks) == 1:
            raise unknown_parameter(callbacks[0].callback, name)
        known = [parameter for each in callbacks for parameter in known_parameters(each.callback)]
        names = ", ".join(dict.fromkeys(each.callback for each in callbacks))
        raise WrongArgument(f"none of {names} has a parameter {name!r}{nearest(name, dict.fromkeys(known))}")
    if len(having) > 1:
        names = " and ".join(callbacks[at].callback for at in having)
        raise WrongArgument(f"{name} is a parameter of {names}; write {callbacks[having[0]].callback}.{name}=...")
    return having[0]


def _range(name: str, text: str) -> list[Any]:
    low, dots, high = text.partition("..")
    if not dots:
        several = "," in text and not set(text) & set("[]{}()'\"")
        values = text.split(",") if several else [text]
        if several and not all(map(str.strip, values)):
            raise WrongArgument(f"{name}: one of the values in {text!r} is empty")
        return list(map(literal, values))
    first, last = literal(low), literal(high)
    if not isinstance(first, int) or not isinstance(last, int) or last < first:
        raise WrongArgument(f"{name}: a range is written with whole numbers, as in {name}=1..20, got {text!r}")
    if last - first >= MOST_VARIATIONS:
        raise WrongArgument(f"{name}: the range {text} has more than {MOST_VARIATIONS} values")
    return list(range(first, last + 1))


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What a record may not say about its fits; None: not given.

    `epochs`: up to which epoch the fit was to go; `learning_rate`: the first; `initial_epoch`, `validation_freq`: as in `fit`.
    """

    epochs: int | None = None
    learning_rate: float | None = None
    initial_epoch: int | None = None
    validation_freq: int | None = None


CIRCUMSTANCES = ("epochs", "learning_rate", "initial_epoch", "validation_freq")


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """What the words said: the callbacks in their order, and the circumstances of their fit."""

    callbacks: tuple[Configured, ...]
    circumstances: Circumstances = field(default_factory=Circumstances)

    @property
    def callback(self) -> str:
        """The name of the first callback."""
        return self.callbacks[0].callback

    @property
    def config(self) -> Mapping[str, Any]:
        """The configuration of the first callback."""
        return self.callbacks[0].config


def arguments(callback: str, words: Iterable[str]) -> Arguments:
    """The callback, its parameters and the circumstances; `+` begins another callback. Raises WrongArgument."""
    around: dict[str, Any] = {}
    callbacks = tuple(_one(name, own, around) for name, *own in _groups([callback, *words]))
    return Arguments(callbacks=callbacks, circumstances=Circumstances(**around))


def _groups(words: Iterable[str]) -> list[list[str]]:
    """The name of each callback, with its words; `+` begins another callback. Raises WrongArgument."""
    groups: list[list[str]] = [[]]
    for word in words:
        if word == "+":
            groups.append([])
        else:
            groups[-1].append(word)
    if not all(groups):
        raise WrongArgument("after + the name of a callback is expected")
    return groups


def circumstances(words: Iterable[str]) -> Circumstances:
    """Circumstances alone, as beside a script. Raises WrongArgument."""
    around: dict[str, Any] = {}
    for name, text in pairs(words).items():
        if name not in CIRCUMSTANCES:
            raise WrongArgument(f"beside --script only {', '.join(CIRCUMSTANCES)} can be given, got {name}")
        _note(name, text, around)
    return Circumstances(**around)


def _one(callback: str, words: Iterable[str], around: dict[str, Any]) -> Configured:
    """One callback; the circumstances among its words are noted in `around`."""
    checked_callback(callback)
    config: dict[str, Any] = {}
    for name, text in pairs(words).items():
        if name in known_parameters(callback):
            config[name] = literal(text)
        elif name in CIRCUMSTANCES:
            _note(name, text, around)
        else:
            raise unknown_parameter(callback, name, CIRCUMSTANCES)
    check_config(callback, config)
    return Configured(callback=callback, config=written_config(callback, config))


def _note(name: str, text: str, around: dict[str, Any]) -> None:
    if name in around:
        raise WrongArgument(f"{name} is given twice")
    kind = float if name == "learning_rate" else int
    around[name] = number_of(name, literal(text), kind, 1 if name in ("epochs", "validation_freq") else 0)


# ---------------------------------------------------------------------------------------------- the short form of trace


def short_scenario(callback: str, words: Iterable[str]) -> Scenario:
    """The scenario in `CALLBACK key=value ... METRIC=1,.9,.95`: `/` begins another fit, `-` is a missing metric, and `+` begins
    another callback of the same fit. Raises WrongArgument.
    """
    data: dict[str, Any] = {}
    streams: dict[str, list[list[float | None]]] = {}
    callbacks = [_short(name, own, data, streams) for name, *own in _groups([callback, *words])]
    if not streams:
        raise WrongArgument("give the values that the callback sees, as in val_loss=1,.9,.95")
    shapes = {name: [len(fit) for fit in fits] for name, fits in streams.items()}
    first = next(iter(shapes))
    for name, shape in shapes.items():
        if shape != shapes[first]:
            said = [" / ".join(map(str, each)) for each in (shapes[first], shape)]
            raise WrongArgument(f"{first} has {said[0]} values and {name} {said[1]}; a missing one is written -")
    if len(callbacks) == 1:
        data.update(callbacks[0])
    else:
        data["callbacks"] = callbacks
    data["fits"] = [
        {"epochs": [{"logs": _logs(streams, fit, epoch)} for epoch in range(length)]}
        for fit, length in enumerate(shapes[first])
    ]
    monitors = dict.fromkeys(str(each["config"].get("monitor", "val_loss")) for each in callbacks)
    data["metrics"] = [metric for monitor in monitors for metric in metrics_for(monitor)]
    try:
        return from_json(data)
    except InvalidScenario as error:
        raise WrongArgument(str(error)) from None


def _short(
    callback: str, words: Iterable[str], around: dict[str, Any], streams: dict[str, list[list[float | None]]]
) -> dict[str, Any]:
    """One callback of the short form, as a scenario in JSON has it; the other words are noted in `around` and `streams`."""
    checked_callback(callback)
    config: dict[str, Any] = {}
    for name, text in pairs(words).items():
        if name in known_parameters(callback):
            config[name] = literal(text)
        elif name in around or name in streams:
            raise WrongArgument(f"{name} is given twice")
        elif name in ("learning_rate", "initial_epoch"):
            around[name] = number_of(name, literal(text), float if name == "learning_rate" else int)
        else:
            history = numbers(text, name)
            single = history is not None and len(history.fits) == history.fits[0].length == 1
            if (history is None or single) and _resembles(name, callback):
                raise unknown_parameter(callback, name, ("learning_rate", "initial_epoch"))
            if history is None:
                raise WrongArgument(f"{name} is no parameter of {callback}, and {text!r} no list of metric values")
            streams[name] = [list(fit.column("")) for fit in history.fits]
    check_config(callback, config)
    written = written_config(callback, config).items()
    as_json = {
        name: number_to_json(value) if name in FLOAT_PARAMETERS and isinstance(value, float) else value
        for name, value in written
    }
    return {"callback": callback, "config": as_json}


def _resembles(name: str, callback: str) -> bool:
    """Whether a single number under this name is rather a parameter that was mistyped."""
    return bool(get_close_matches(name, known_parameters(callback), n=1, cutoff=0.75))


def _logs(streams: Mapping[str, list[list[float | None]]], fit: int, epoch: int) -> dict[str, Any]:
    values = {name: fits[fit][epoch] for name, fits in streams.items()}
    return {name: number_to_json(value) for name, value in values.items() if value is not None}


def metrics_for(monitor: Any) -> list[Any]:
    """What the model was compiled with, as far as the monitored name tells, for `mode="auto"`: a metric that Keras knows by
    that name, perhaps with the number that Keras appends; nothing for other names."""
    name = str(monitor).removeprefix("val_")
    stem, _, number = name.rpartition("_")
    base = stem if number.isdecimal() and stem else name
    try:
        metric = metric_from_json(base)
    except InvalidScenario:
        return []
    return [{"class": metric.cls, "name": name}]
