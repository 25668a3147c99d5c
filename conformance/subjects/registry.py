"""What the names of implementations stand for (`names.py` reads them): the implementations, ready to be asked."""

import importlib
import inspect
import sys
from collections.abc import Callable
from typing import Any

from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.dialect import resolve, shipped

from .hooks import Hooks, PlainStandin
from .keras import CompilingStandin, InstalledKeras, InstalledTfKeras, RealOptimizer, load, quiet
from .keras_fit import KerasFit
from .names import Name, UnknownImplementation, Way, parse_all
from .protocol import Capabilities, Implementation, Replaying, Unavailable
from .reference import Reference

Subject = Implementation | Replaying


INSTALLED: dict[tuple[str | None, Way], tuple[Callable[[], Subject], str]] = {
    ("keras", "hooks"): (InstalledKeras, "the installed Keras, its hooks driven on a light stand-in model"),
    ("keras", "fit"): (KerasFit, "the installed Keras through a real model.fit, with real files"),
    ("tf-keras", "hooks"): (InstalledTfKeras, "the installed tf-keras (legacy Keras 2), by its hooks"),
}
"""What may be installed, by package and way of driving: how it is made, and what it is."""


def described() -> dict[str, str]:
    """What can be named, and what it is."""
    return {
        "reference": "the reference in the newest dialect",
        "reference@DIALECT": "the reference in another dialect; `callcheck dialects` lists them",
        **{
            str(Name(kind="installed", package=package, way=way)): says
            for (package, way), (_, says) in INSTALLED.items()
        },
        "module:attribute": "a callback class in the Keras protocol, or an implementation of your own",
    }


def default_names() -> tuple[Name, ...]:
    """What is checked when nothing is named: the reference in all its dialects, and the installed Keras."""
    return parse_all([*(f"reference@{name}" for name in shipped()), "keras"])


def implementation(name: Name, callback: str | None = None) -> Subject:
    """The implementation of that name. `callback` says what a callback of one's own is meant to be.

    Raises UnknownImplementation for what is none, Unavailable for what cannot be started.
    """
    if name.kind == "reference":
        assert name.dialect is not None
        return Reference(resolve(name.dialect))
    if name.interpreter is not None:
        raise Unavailable(f"{name}: another interpreter than the one that runs callcheck cannot be used yet")
    if name.kind == "own" and name.way == "hooks":
        return _custom(name, callback)
    if name.kind == "installed" and (name.package, name.way) in INSTALLED:
        return INSTALLED[name.package, name.way][0]()
    if name.kind == "release":
        raise Unavailable(
            f"{name}: environments for single releases cannot be made yet; install it, and say {name.package}"
        )
    if name.kind == "adapter":
        raise Unavailable(f"{name}: no adapter for {name.package} comes with callcheck yet")
    raise Unavailable(f"{name}: through a real model.fit only keras can be driven yet")


def _custom(name: Name, callback: str | None) -> Subject:
    assert name.module is not None
    assert name.attribute is not None
    if "" not in sys.path:
        sys.path.insert(0, "")  # a module beside the user, as `python -m` finds it
    try:
        with quiet():
            subject: Any = importlib.import_module(name.module)
        for part in name.attribute.split("."):
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
    return _Custom(str(name), subject, _capabilities(subject, kind))


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
