"""Real callbacks of Keras, whichever release they are of: what they were configured with, read off their attributes.

Nothing of Keras is imported; a class is known by its name, or by that of a class from which it is derived.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from callcheck.spec.callbacks import CALLBACKS, defaults
from callcheck.spec.reading import Refused


class NoConfiguration(Refused):
    """It is none of the callbacks, or does not show what it was configured with; the message is one sentence."""


STORED_AS = {"separator": "sep"}
"""Under which name a callback keeps what it was given, where that is another one."""
PATHS = {"filepath", "filename", "backup_dir", "log_dir"}
"""What lies in a directory of the training's own, which is left out."""


def name_of(callback: Any) -> str | None:
    """The name of the callback that it is, or is derived from; None for others."""
    return next((base.__name__ for base in type(callback).__mro__ if base.__name__ in CALLBACKS), None)


def configuration_of(callback: Any) -> tuple[str, dict[str, Any]]:
    """The name and the parameters that are not the defaults. A mapping with `callback` and `config` stands for itself.

    Raises NoConfiguration.
    """
    if isinstance(callback, Mapping) and isinstance(callback.get("callback"), str):
        return callback["callback"], dict(callback.get("config", {}))
    name = name_of(callback)
    if name is None:
        known = ", ".join(CALLBACKS)
        raise NoConfiguration(f"{type(callback).__name__} is none of {known}, nor derived from one of them")
    if name == "LearningRateScheduler":
        raise NoConfiguration('a schedule cannot be read off its function; give "LearningRateScheduler" and its table')
    config: dict[str, Any] = {}
    for parameter in CALLBACKS[name].configuration.__dataclass_fields__:
        if parameter == "mode":
            config["mode"] = _mode(callback)
        elif parameter == "initial_value_threshold" or not hasattr(callback, STORED_AS.get(parameter, parameter)):
            continue  # `best` has taken its place
        else:
            value = plain(getattr(callback, STORED_AS.get(parameter, parameter)))
            config[parameter] = abs(value) if parameter == "min_delta" else value
    for path in PATHS & set(config):
        config[path] = str(config[path]).replace("\\", "/").rsplit("/", 1)[-1]
    usual = {**defaults(name), "period": 1}
    if config.get("monitor", "val_loss") in ("loss", "val_loss"):
        usual["mode"] = "min" if config.get("mode") == "min" else "auto"
    return name, {key: value for key, value in config.items() if value is not None and value != usual.get(key, ...)}


def plain(value: Any) -> Any:
    """The value without numpy: a scalar of it is a number of Python's."""
    return value.item() if hasattr(value, "item") and type(value).__module__ == "numpy" else value


def _mode(callback: Any) -> str:
    """The direction that the instance has taken, else the one that it was given."""
    operator = getattr(getattr(callback, "monitor_op", None), "__name__", "")
    if operator in ("less", "greater"):
        return "min" if operator == "less" else "max"
    mode = getattr(callback, "mode", "auto")
    return mode if mode in ("min", "max") else "auto"
