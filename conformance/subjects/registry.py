"""The names of implementations, and what they stand for.

reference, reference@DIALECT    the reference, in the newest dialect or in another one
keras, keras:fit, tf-keras      what is installed, by its hooks or through a real `model.fit`
module:attribute                a callback class in the Keras protocol, or an implementation of one's own
"""

import importlib
import inspect
import re
import sys
from collections.abc import Callable
from typing import Any

from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.dialect import NEWEST, resolve, shipped

from .hooks import Hooks, PlainStandin
from .keras import CompilingStandin, InstalledKeras, InstalledTfKeras, RealOptimizer, load, quiet
from .keras_fit import KerasFit
from .protocol import Capabilities, Implementation, Replaying, Unavailable
from .reference import Reference

Subject = Implementation | Replaying


class UnknownImplementation(ValueError):
    """The name stands for no implementation; the message is one sentence."""


SHIPPED: dict[str, tuple[Callable[[], Subject], str]] = {
    "reference": (lambda: Reference(resolve(NEWEST)), f"the reference in the dialect {NEWEST}"),
    "keras": (InstalledKeras, "the installed Keras, its hooks driven on a light stand-in model"),
    "keras:fit": (KerasFit, "the installed Keras through a real model.fit, with real files"),
    "tf-keras": (InstalledTfKeras, "the installed tf-keras (legacy Keras 2), by its hooks"),
}
"""What comes with callcheck: how it is made, and what it is."""


def default_names() -> list[str]:
    """What is checked when nothing is named: the reference in all its dialects, and the installed Keras."""
    return [*(f"reference@{name}" for name in shipped()), "keras"]


def known_name(name: str) -> None:
    """Raises UnknownImplementation or InvalidDialect for a name that stands for nothing. Loads nothing heavy."""
    if name.startswith("reference@"):
        resolve(name.removeprefix("reference@"))
    elif name not in SHIPPED and not re.fullmatch(r"[\w.]+:[\w.]+", name):
        known = ", ".join(SHIPPED)
        raise UnknownImplementation(
            f"unknown implementation {name!r}; known are {known}, reference@DIALECT and module:attribute"
        )


def implementation(name: str, callback: str | None = None) -> Subject:
    """The implementation of that name. `callback` says what a callback of one's own is meant to be.

    Raises UnknownImplementation or InvalidDialect for a name that stands for nothing, Unavailable for what cannot be started.
    """
    known_name(name)
    if name in SHIPPED:
        return SHIPPED[name][0]()
    if name.startswith("reference@"):
        return Reference(resolve(name.removeprefix("reference@")))
    return _custom(name, callback)


def _custom(name: str, callback: str | None) -> Subject:
    module_name, _, attribute_name = name.partition(":")
    if "" not in sys.path:
        sys.path.insert(0, "")  # a module beside the user, as `python -m` finds it
    try:
        with quiet():
            subject: Any = importlib.import_module(module_name)
        for part in attribute_name.split("."):
            subject = getattr(subject, part)
    except Exception as error:
        raise Unavailable(f"{name} cannot be loaded: {type(error).__name__}: {error}") from error
    if hasattr(subject, "capabilities") and (hasattr(subject, "build") or hasattr(subject, "replay")):
        made: Any = subject() if inspect.isclass(subject) else subject
        own: Subject = made
        return own
    if not callable(subject):
        raise UnknownImplementation(f"{name} is neither a callback class nor an implementation")
    kind = callback or _guess(subject)
    if kind is None:
        raise UnknownImplementation(f"{name}: which callback it is meant to be cannot be told; say so with --callback")
    return _Custom(name, subject, _capabilities(subject, kind))


def _guess(subject: Any) -> str | None:
    names = [base.__name__ for base in inspect.getmro(subject)] if inspect.isclass(subject) else [subject.__name__]
    return next((callback for name in names for callback in CALLBACKS if callback in name), None)


def _capabilities(subject: Any, callback: str) -> Capabilities:
    """A callback of one's own has the parameters of its constructor; what it has not is not held against it."""
    parameters = inspect.signature(subject).parameters.values()
    everything = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters)
    names = frozenset(parameter.name for parameter in parameters)
    return Capabilities(callbacks=frozenset({callback}), parameters=None if everything else {callback: names})


class _Custom(Hooks):
    """A callback of one's own, driven with Keras's own optimizer where it comes from Keras, and with a plain one elsewhere.

    From where it comes is asked of the instance: what was named may be a function that makes one.
    """

    def __init__(self, name: str, subject: Callable[..., Any], capabilities: Capabilities) -> None:
        super().__init__(name, lambda callback, **config: subject(**config), PlainStandin(), capabilities)
        self._standins: dict[str, Any] = {}

    def standin_for(self, callback: Any) -> Any:
        packages = [base.__module__.split(".")[0] for base in inspect.getmro(type(callback))]
        package = next((each for each in packages if each in _STANDINS), None)
        if package is None:
            return self.standin
        if package not in self._standins:
            self._standins[package] = _STANDINS[package](load(package, package.replace("_", "-")))
        return self._standins[package]


_STANDINS: dict[str, Callable[[Any], Any]] = {"keras": CompilingStandin, "tf_keras": RealOptimizer}
