"""The names of subjects, and what they stand for in this interpreter.

keras, tf-keras, tensorflow     that Keras as it is installed here (of TensorFlow its tf.keras), by its hooks
torch, torch:translated         an adapter that comes with callcheck, for another library
module:attribute                a callback class in the Keras protocol, or an adapter
...:fit                         the same through a real `fit`
"""

import importlib
import inspect
import os
import re
import sys
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional

from .adapters import INSTALL, adapter
from .callbacks import WRITES_TO
from .charts import TENSORBOARD, available
from .domain import DEFAULTS
from .fit import RealFit
from .hooks import Hooks
from .importing import quiet
from .packages import Package, package
from .protocol import CALLBACKS, Capabilities, Unavailable
from .real import real_models
from .record import text_of
from .tensorflow_1 import TensorFlow1
from .worlds import Keras3, PlainWorld, TfKeras

KERAS = ("keras", "tf-keras", "tensorflow")
"""The distributions that are a Keras."""


class UnknownSubject(ValueError):
    """The name stands for nothing that can be driven; the message is one sentence."""


def subject(name: str, callback: Optional[str] = None, start: Optional[str] = None) -> Any:
    """The implementation of that name. `callback` says what a callback of one's own is meant to be; `start` is the directory
    whose modules come first, the working directory if it is not given.

    Raises UnknownSubject for a name that stands for nothing, Unavailable for what cannot be started.
    """
    library, _, way = name.partition(":")
    if library in INSTALL and way in ("", "translated"):
        return adapter(library, way or "hooks")
    plain = name[: -len(":fit")] if name.endswith(":fit") else name
    if plain in KERAS:
        return _keras(package(plain), plain != name)
    if re.match(r"[\w.]+:[\w.]+\Z", plain):
        return custom(plain, _imported(plain, os.getcwd() if start is None else start), callback, plain != name)
    raise UnknownSubject(f"unknown subject {name!r}")


def _keras(found: Package, by_fit: bool) -> Any:
    def make(callback: str, **config: Any) -> Any:
        return getattr(found.keras.callbacks, callback)(**config)

    name = "{} {} ({}, {})".format(found.name, found.version, found.backend, "fit" if by_fit else "hooks")
    known = Capabilities(callbacks=[each for each in CALLBACKS if _has(found, each)])
    if by_fit:
        return RealFit(name, make, real_models(found), known, **found.identity())
    return Hooks(name, make, found.world, known, **found.identity())


def _has(found: Package, callback: str) -> bool:
    """Whether that callback of a Keras can be had here. What TensorBoard needs was not looked at before TensorFlow 2."""
    if callback == TENSORBOARD and not (
        isinstance(found.world, (Keras3, TfKeras)) and not isinstance(found.world, TensorFlow1) and available()
    ):
        return False
    return hasattr(found.keras.callbacks, callback)


def _imported(name: str, start: str) -> Any:
    module_name, _, attribute_name = name.partition(":")
    if start not in sys.path:
        sys.path.insert(0, start)  # a module beside the user, as `python -m` finds it
    try:
        with quiet():
            found: Any = importlib.import_module(module_name)
        for part in attribute_name.split("."):
            found = getattr(found, part)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a module may end in sys.exit
        raise Unavailable(f"{name} cannot be loaded: {type(error).__name__}: {text_of(error)}") from error
    return found


_HOOKS = (
    "on_train_begin", "on_epoch_begin", "on_batch_end", "on_train_batch_end", "on_epoch_end", "on_train_end",
)  # fmt: skip
"""What makes a class a callback: any of them."""


def custom(name: str, found: Any, callback: Optional[str] = None, by_fit: bool = False) -> Any:
    """The implementation that an object is, or makes: an adapter, or a callback class or a function that makes one.

    Raises UnknownSubject for what is neither, or of which it cannot be told what it is meant to be.
    """
    if hasattr(found, "capabilities") and (hasattr(found, "build") or hasattr(found, "replay")):
        return _adapter(name, found)
    if not callable(found):
        raise UnknownSubject(f"{name} is neither a callback class nor an implementation")
    if inspect.isclass(found) and not any(hasattr(found, each) for each in ("__getattr__", *_HOOKS)):
        raise UnknownSubject(f"{name} is no callback: it has no on_epoch_end, nor another hook")
    kind = callback or _guess(found)
    if kind is None:
        raise UnknownSubject(f"{name}: which callback it is meant to be cannot be told; say so with --callback")
    capabilities = _capabilities(found, kind)
    derived = _derived_from(found)
    if not by_fit:
        return _Custom(name, found, capabilities, **derived)
    home = _home(found)
    if home is None:
        raise Unavailable(f"{name}:fit needs a class that is derived from a Keras callback")
    make = _making(found, _given(capabilities, kind))
    return RealFit(name + ":fit", make, real_models(package(home)), capabilities, **derived)


def _adapter(name: str, found: Any) -> Any:
    try:
        adapter: Any = found() if inspect.isclass(found) else found
    except Exception as error:
        raise Unavailable(f"{name} cannot be made: {type(error).__name__}: {text_of(error)}") from error
    if not isinstance(getattr(adapter, "name", None), str) or not isinstance(adapter.capabilities, Capabilities):
        raise Unavailable(f"{name} is no adapter: it needs a name, and capabilities of the type Capabilities")
    return adapter


def _making(found: Callable[..., Any], given: Mapping[str, Any]) -> Callable[..., Any]:
    """Constructs the callback with what is `given` where a configuration leaves it out. One that refuses that is constructed
    with its own defaults: whatever it is asked, it would be refused."""

    def make(callback: str, **config: Any) -> Any:
        try:
            return found(**dict(given, **config))
        except Exception:  # somebody's constructor may refuse by any; what it says of its own defaults is what counts
            if given.keys() <= config.keys():
                raise
            return found(**config)

    return make


def _given(capabilities: Capabilities, callback: str) -> Dict[str, Any]:
    """Keras's defaults of the parameters of which the callback has other ones."""
    return {name: DEFAULTS[callback][name] for name in capabilities.defaults.get(callback, ())}


def _lineage(found: Any) -> List[Any]:
    return list(inspect.getmro(found)) if inspect.isclass(found) else [found]


def _guess(found: Any) -> Optional[str]:
    names = [getattr(base, "__name__", "") for base in _lineage(found)]
    return next((callback for name in names for callback in CALLBACKS if callback in name), None)


def _capabilities(found: Any, callback: str) -> Capabilities:
    """A callback of one's own has the parameters of its constructor; what it has not is not held against it."""
    try:
        parameters = inspect.signature(found).parameters.values()
    except (TypeError, ValueError):
        return Capabilities(callbacks=[callback])  # a constructor that does not tell
    everything = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters)
    names = [parameter.name for parameter in parameters]
    return Capabilities(
        callbacks=[callback], parameters=None if everything else {callback: names},
        defaults={callback: _own_defaults(found, callback, parameters)},
    )  # fmt: skip


def _own_defaults(found: Any, callback: str, parameters: Iterable[inspect.Parameter]) -> Dict[str, str]:
    """The defaults that are not the newest Keras's, as text; of a constructor that is an older Keras's own none. A folder is
    the scenario's affair."""
    module = getattr(getattr(found, "__init__", None), "__module__", None) or ""  # None of a class that `exec` made
    if module.split(".")[0] in _HOMES:
        return {}
    keras = {name: value for name, value in DEFAULTS[callback].items() if name not in WRITES_TO}
    own = {each.name: each.default for each in parameters if each.default is not inspect.Parameter.empty}
    return {name: _as_text(own[name]) for name in keras if name in own and not _equal(own[name], keras[name])}


def _as_text(value: Any) -> str:
    try:
        return repr(value)[:100]
    except Exception:  # it is somebody's object
        return "what cannot be shown"


def _equal(a: Any, b: Any) -> bool:
    try:
        return bool(a == b)
    except Exception:  # an array says of each of its elements
        return False


_HOMES = {"keras": "keras", "tf_keras": "tf-keras", "tensorflow": "tensorflow", "tensorflow_core": "tensorflow"}
"""The distribution, by the module in which a class is defined."""


def _home(found: Any) -> Optional[str]:
    """The Keras from which a class comes."""
    modules = [getattr(base, "__module__", "").split(".")[0] for base in _lineage(found)]
    return next((_HOMES[module] for module in modules if module in _HOMES), None)


def _derived_from(found: Any) -> Dict[str, Any]:
    """Of a class made from one of a Keras's own callbacks: which, as a greeting says it."""
    for base in _lineage(found):
        home = _HOMES.get(getattr(base, "__module__", "").split(".")[0])
        if home is not None and base.__name__ in CALLBACKS:
            return {"derived_from": dict(package(home).identity(), callback=base.__name__)}
    return {}


class _Custom(Hooks):
    """A callback of one's own, driven with Keras's own optimizer where it comes from Keras, and with a plain one elsewhere.

    From where it comes is asked of the instance: what was named may be a function that makes one.
    """

    def __init__(self, name: str, found: Callable[..., Any], capabilities: Capabilities, **identity: Any) -> None:
        (callback,) = capabilities.callbacks
        make = _making(found, _given(capabilities, callback))
        super().__init__(name, make, PlainWorld(), capabilities, **identity)

    def world_for(self, callback: Any) -> PlainWorld:
        home = _home(type(callback))
        return self.world if home is None else package(home).world
