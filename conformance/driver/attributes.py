"""What the public attributes of a callback hold when a fit has ended, as scripts read them: `stopped_epoch`, `best`, `params`.

Rules
- Which ones there are to look at is told by the callback's record. One that is not there is not listed: other releases, and other
  people's callbacks, have others.
- A number is told as in the logs: Python's own as it is, another one as an array without dimensions. Of weights it is told whose
  they are, if they ever were the model's; of the model, and of its history, whether it is the one that has to be there. Of what
  is none of these its type is told.
- To look must not harm: one that cannot be read is not there.
"""

from functools import partial
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional

from .domain import of_the_specification
from .values import as_recorded, state_to_json, unsigned_zero, value_to_json

ATTRIBUTES: Dict[str, List[str]] = of_the_specification("attributes.json")
"""The names, by callback."""
_MISSING = object()


class Held(NamedTuple):
    """What attributes are compared with: the model that was trained, and who tells whose some weights are, as a trace does, and
    None for nobody's."""

    model: Any
    whose: Callable[[Any], Optional[Dict[str, Any]]]


def _best_weights(callback: Any, held: Held) -> Any:
    kept = getattr(callback, "best_weights", _MISSING)
    if kept is None or kept is _MISSING:
        return kept
    return held.whose(kept) or _MISSING


def _model(callback: Any, held: Held) -> Any:
    model = getattr(callback, "model", _MISSING)
    return model if model is _MISSING else model is held.model


def _epochs(callback: Any, held: Held) -> Any:
    params = getattr(callback, "params", _MISSING)
    if params is None:
        return None
    return attribute_to_json(params["epochs"]) if isinstance(params, Mapping) and "epochs" in params else _MISSING


def _closed(callback: Any, held: Held) -> Any:
    closed = getattr(getattr(callback, "csv_file", None), "closed", _MISSING)
    return closed if closed is _MISSING else bool(closed)


def _history(callback: Any, held: Held) -> Any:
    history = getattr(held.model, "history", _MISSING)
    # What another history of the loop's own is, tells nothing of this one.
    if history is not None and type(history) is not type(callback):
        return _MISSING
    return history is callback


_AS_OBJECTS: Dict[str, Callable[[Any, Held], Any]] = {
    "best_weights": _best_weights,
    "model": _model,
    "params.epochs": _epochs,
    "model.history": _history,
    "csv_file.closed": _closed,
}


_LONGEST = 1_000
"""Characters of a text that are told, and elements of an array."""


def attribute_to_json(value: Any) -> Any:
    """A value of an attribute; of what is no data, or too much, the name of its type."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) < 2**63:
        return int(value)
    if isinstance(value, str) and len(value) <= _LONGEST:
        return str(value)
    if isinstance(value, float):
        return value_to_json(unsigned_zero(float(value)))
    try:
        size = getattr(value, "size", 1)
        if not isinstance(value, (int, str)) and (value.numel() if callable(size) else size) <= _LONGEST:  # PyTorch's
            return value_to_json(as_recorded(value))
    except (AttributeError, TypeError, ValueError):
        pass
    return f"<{type(value).__name__}>"


def attributes(kind: str, callback: Any, held: Held) -> Dict[str, Any]:
    """Those that there are, by name, of a callback of that kind."""
    found = internal_state(kind, callback, attribute_to_json)
    for name in ATTRIBUTES[kind]:
        if name in _AS_OBJECTS:
            value = _read(partial(_AS_OBJECTS[name], callback, held))
            if value is not _MISSING:
                found[name] = value
    return found


def internal_state(kind: str, callback: Any, told: Callable[[Any], Any] = state_to_json) -> Dict[str, Any]:
    """A callback's state, as far as it has one: of its attributes those that are data."""
    found = {}
    for name in ATTRIBUTES[kind]:
        if name not in _AS_OBJECTS:
            value = _read(partial(getattr, callback, name, _MISSING))
            if value is not _MISSING:
                found[name] = told(value)
    return found


def _read(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except Exception:  # whatever a property of somebody else's raises
        return _MISSING


def shown_attributes(kind: str, state: Mapping[str, Any]) -> Dict[str, Any]:
    """The same of an adapter's callback, which shows its state by Keras's names."""
    names = [name for name in ATTRIBUTES[kind] if name not in _AS_OBJECTS]
    return {name: attribute_to_json(state[name]) for name in names if name in state}
