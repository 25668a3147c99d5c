"""A trace: what an observer outside could see while a scenario ran, epoch by epoch.

Rules
- What an implementation cannot see is None here and absent in JSON, never empty.
- Two traces are equal when everything that both have is equal, `internal` and every `message` aside.
- In place of a trace a result may say why there is none: not expressible, failed, or invalid.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .values import Rate, Value, logs_to_json, rate_from_json, rate_to_json, value_from_json, value_to_json

WARNED = ("missing-metric", "unknown-mode", "array-metric", "other")
"""The kinds of warnings. Only those to the user are recorded, not what array libraries say about overflow or deprecation."""
PRINTED = ("improved", "not-improved", "saving", "saved", "restored", "early-stop", "reduced", "scheduled", "nan")
"""The kinds of printed lines; what is printed is an event, not a text."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """Whose training produced the weights: an absolute epoch, or -1 for those with which the fit began.

    `fit` is set only where they come from an earlier fit than the one in which they are seen.
    """

    epoch: int
    fit: int | None = None


class Origin(NamedTuple):
    """Where weights come from, counted from the start of the scenario: the training of `epoch` in `fit`."""

    fit: int
    epoch: int


UNTRAINED = Origin(-1, -1)
"""The weights with which the scenario begins."""


def added_to_logs(before: Mapping[str, Value], after: Mapping[str, Value]) -> dict[str, Value]:
    """What a callback put into the logs: the keys of `after` that are new or have another value than in `before`."""
    return {name: value for name, value in after.items() if name not in before or repr(before[name]) != repr(value)}


def weights_seen(origin: Origin, began: Origin, fit: int) -> Weights:
    """`origin` as a trace of `fit` reports it, if the fit began with the weights of `began`."""
    if origin == began:
        return Weights(epoch=-1)
    return Weights(epoch=origin.epoch, fit=None if origin.fit == fit else origin.fit)


@dataclass(frozen=True, kw_only=True, slots=True)
class Save:
    """A file written. `path` is relative, as configured; `batch` is set for a save at a batch end (0-based)."""

    path: str
    weights: Weights | None = None
    batch: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EpochTrace:
    """What was seen of one epoch, after all hooks of its end. Rates are float64, widened from what is stored; of several
    optimizers in one, each one's by its name.

    `stop`: the stop flag. `learning_rate_in_epoch`: the rate in force in the first batch. `logged`: what was added to logs;
    an `ArrayNumber` is a number of an array library's, in place of a Python float.
    """

    stop: bool | None = None
    learning_rate: Rate = None
    learning_rate_in_epoch: Rate = None
    saved: tuple[Save, ...] | None = None
    warned: tuple[str, ...] | None = None
    printed: tuple[str, ...] | None = None
    logged: Mapping[str, Value] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Raised:
    """An exception out of a hook. `hook` is one of fit_begin, epoch_begin, batch_end, epoch_end, fit_end."""

    type: str
    message: str
    fit: int
    hook: str
    epoch: int | None = None
    batch: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FitTrace:
    """One fit: its epochs, what the model holds when training has ended, and what `fit_begin` and `fit_end` printed."""

    epochs: tuple[EpochTrace, ...]
    weights: Weights | None = None
    printed: tuple[str, ...] | None = None
    error: Raised | None = None

    @property
    def epochs_run(self) -> int:
        return len(self.epochs)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejected:
    """The constructor refused the configuration."""

    type: str
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """What a scenario did. `warned`: at construction. `internal`: optional state by name, one list of values per fit."""

    fits: tuple[FitTrace, ...] = ()
    rejected: Rejected | None = None
    warned: tuple[str, ...] | None = None
    internal: Mapping[str, tuple[tuple[Any, ...], ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class NotExpressible:
    """The implementation has no such parameter or cannot be fed this input."""

    parameter: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """There is no trace: kind is "timeout", "crash" or "nonsense"."""

    kind: str
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Invalid:
    """The input line is not a scenario."""

    field: str
    message: str


Result = Trace | NotExpressible | Failed | Invalid


# ---------------------------------------------------------------------------------------------- to JSON


def _weights_to_json(weights: Weights | None) -> dict[str, Any]:
    if weights is None:
        return {"weights_of_epoch": None}
    if weights.fit is None:
        return {"weights_of_epoch": weights.epoch}
    return {"weights_of_epoch": weights.epoch, "weights_of_fit": weights.fit}


def _save_to_json(save: Save) -> dict[str, Any]:
    batch = {} if save.batch is None else {"batch": save.batch}
    return {"path": save.path, **_weights_to_json(save.weights), **batch}


def _epoch_to_json(epoch: EpochTrace) -> dict[str, Any]:
    written: dict[str, Any] = {}
    if epoch.stop is not None:
        written["stop"] = epoch.stop
    if epoch.learning_rate is not None:
        written["learning_rate"] = rate_to_json(epoch.learning_rate)
    if epoch.learning_rate_in_epoch is not None:
        written["learning_rate_in_epoch"] = rate_to_json(epoch.learning_rate_in_epoch)
    if epoch.saved is not None:
        written["saved"] = [_save_to_json(save) for save in epoch.saved]
    if epoch.warned is not None:
        written["warned"] = list(epoch.warned)
    if epoch.printed is not None:
        written["printed"] = list(epoch.printed)
    if epoch.logged is not None:
        written["logged"] = logs_to_json(epoch.logged)
    return written


def _raised_to_json(error: Raised) -> dict[str, Any]:
    written: dict[str, Any] = {"type": error.type, "message": error.message, "fit": error.fit, "epoch": error.epoch,
                               "hook": error.hook}  # fmt: skip
    if error.batch is not None:
        written["batch"] = error.batch
    return written


def _fit_to_json(fit: FitTrace) -> dict[str, Any]:
    written: dict[str, Any] = {
        "epochs": [_epoch_to_json(epoch) for epoch in fit.epochs],
        "epochs_run": fit.epochs_run,
        **_weights_to_json(fit.weights),
    }
    if fit.printed is not None:
        written["printed"] = list(fit.printed)
    written["error"] = None if fit.error is None else _raised_to_json(fit.error)
    return written


def _internal_to_json(value: Any) -> Any:
    if isinstance(value, float | tuple):
        return value_to_json(tuple(value) if isinstance(value, tuple) else float(value))
    return value if value is None or isinstance(value, int | str) else repr(value)


def to_json(result: Result) -> dict[str, Any]:
    """A result as JSON data, in the form that `callcheck trace --json` prints."""
    if isinstance(result, NotExpressible):
        return {"not_expressible": {"parameter": result.parameter}}
    if isinstance(result, Failed):
        return {"failed": {"kind": result.kind, "message": result.message}}
    if isinstance(result, Invalid):
        return {"invalid": {"field": result.field, "message": result.message}}
    rejected = result.rejected
    written: dict[str, Any] = {
        "rejected": None if rejected is None else {"type": rejected.type, "message": rejected.message}
    }
    if result.warned is not None:
        written["warned"] = list(result.warned)
    written["fits"] = [_fit_to_json(fit) for fit in result.fits]
    if result.internal:
        written["internal"] = {
            name: [[_internal_to_json(value) for value in fit] for fit in fits]
            for name, fits in result.internal.items()
        }
    return written


# ---------------------------------------------------------------------------------------------- from JSON


def _weights_from_json(data: Mapping[str, Any]) -> Weights | None:
    epoch = data.get("weights_of_epoch")
    return None if epoch is None else Weights(epoch=epoch, fit=data.get("weights_of_fit"))


def _strings(data: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    return tuple(data[name]) if name in data else None


def _rate(data: Mapping[str, Any], name: str) -> Rate:
    return rate_from_json(data[name], name) if name in data else None


def _epoch_from_json(data: Mapping[str, Any]) -> EpochTrace:
    saved = None
    if "saved" in data:
        saved = tuple(
            Save(path=save["path"], weights=_weights_from_json(save), batch=save.get("batch")) for save in data["saved"]
        )
    logged = (
        {name: value_from_json(value, f"logged.{name}") for name, value in data["logged"].items()}
        if "logged" in data
        else None
    )
    return EpochTrace(
        stop=data.get("stop"),
        learning_rate=_rate(data, "learning_rate"),
        learning_rate_in_epoch=_rate(data, "learning_rate_in_epoch"),
        saved=saved,
        warned=_strings(data, "warned"),
        printed=_strings(data, "printed"),
        logged=logged,
    )


def _fit_from_json(data: Mapping[str, Any]) -> FitTrace:
    error = data.get("error")
    return FitTrace(
        epochs=tuple(_epoch_from_json(epoch) for epoch in data["epochs"]),
        weights=_weights_from_json(data),
        printed=_strings(data, "printed"),
        error=None if error is None else Raised(**error),
    )


def from_json(data: Mapping[str, Any]) -> Result:
    """The result that JSON data describes. `internal` numbers keep the form that JSON gives them.

    Raises KeyError, TypeError or ValueError for what is not a result; the text of the error names the field.
    """
    if "not_expressible" in data:
        return NotExpressible(parameter=data["not_expressible"]["parameter"])
    if "failed" in data:
        return Failed(kind=data["failed"]["kind"], message=data["failed"]["message"])
    if "invalid" in data:
        return Invalid(field=data["invalid"]["field"], message=data["invalid"]["message"])
    rejected = data["rejected"]
    return Trace(
        fits=tuple(_fit_from_json(fit) for fit in data["fits"]),
        rejected=None if rejected is None else Rejected(**rejected),
        warned=_strings(data, "warned"),
        internal={
            name: tuple(tuple(_internal_from_json(value) for value in fit) for fit in fits)
            for name, fits in data.get("internal", {}).items()
        },
    )


def _internal_from_json(value: Any) -> Any:
    if isinstance(value, list) or value in ("NaN", "Infinity", "-Infinity"):
        return value_from_json(value, "internal")
    return value


# ---------------------------------------------------------------------------------------------- equality


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """The first place at which two traces differ: a path such as `fits[0].epochs[2].stop`, and what each has there."""

    place: str
    a: Any
    b: Any

    def __str__(self) -> str:
        return f"{self.place} is {json.dumps(self.a)} in the one and {json.dumps(self.b)} in the other"


_OPTIONAL = frozenset({"stop", "learning_rate", "learning_rate_in_epoch", "saved", "warned", "printed", "logged"})


def _differences(a: Any, b: Any, place: str) -> Iterable[Difference]:
    if isinstance(a, dict) and isinstance(b, dict):
        for name in sorted({*a, *b}):
            if name in ("internal", "message"):
                continue
            inner = f"{place}.{name}" if place else name
            if name in a and name in b:
                if name == "weights_of_epoch" and None in (a[name], b[name]):
                    return  # not observable to one of them; `weights_of_fit` says nothing then
                yield from _differences(a[name], b[name], inner)
            elif name not in _OPTIONAL or place.endswith(".logged"):  # a key of the logs may have such a name too
                yield Difference(place=inner, a=a.get(name), b=b.get(name))
    elif isinstance(a, list) and isinstance(b, list):
        for index, (one, other) in enumerate(zip(a, b, strict=False)):
            yield from _differences(one, other, f"{place}[{index}]")
        if len(a) != len(b):
            index = min(len(a), len(b))
            longer = a if len(a) > len(b) else b
            one, other = (longer[index], None) if longer is a else (None, longer[index])
            yield Difference(place=f"{place}[{index}]", a=one, b=other)
    elif json.dumps(a) != json.dumps(b):  # 0.0 and -0.0 are told apart, 1 and 1.0 in `logged` cannot occur
        yield Difference(place=place, a=a, b=b)


def difference(a: Result, b: Result) -> Difference | None:
    """The first difference between two results, or None if they are equal."""
    for found in _differences(to_json(a), to_json(b), ""):
        return found
    return None
