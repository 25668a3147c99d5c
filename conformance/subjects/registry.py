"""What the names of implementations stand for (`names.py` reads them): the implementations, ready to be asked."""

from typing import Any

from callcheck.spec.dialect import release_dialect, representative, resolve

from ..driver.protocol import Unavailable
from ..driver.subjects import UnknownSubject
from ..driver.subjects import subject as driven
from .names import Name, UnknownImplementation, Way, parse_all
from .reference import Reference

Subject = Any
"""What `transport.run` runs. One that knows which dialect it is to be held to, as a Keras knows its own release, has a
`dialect: Resolution`."""

INSTALLED: dict[tuple[str | None, Way], str] = {
    ("keras", "hooks"): "the installed Keras, its hooks driven on a light stand-in model",
    ("keras", "fit"): "the installed Keras through a real model.fit, with real files",
    ("tf-keras", "hooks"): "the installed tf-keras (legacy Keras 2), by its hooks",
    ("tf-keras", "fit"): "the same through a real model.fit, with real files",
}
"""What may be installed, by package and way of driving, and what it is."""


def described() -> dict[str, str]:
    """What can be named, and what it is."""
    return {
        "reference": "the reference in the newest dialect",
        "reference@DIALECT": "the reference in another dialect; `callcheck dialects` lists them",
        **{str(Name(kind="installed", package=package, way=way)): says for (package, way), says in INSTALLED.items()},
        "module:attribute": "a callback class in the Keras protocol, or an implementation of your own",
    }


def default_names() -> tuple[Name, ...]:
    """What is checked when nothing is named: the reference in a few dialects, and the installed Keras."""
    return parse_all([*(f"reference@{name}" for name in representative()), "keras"])


def implementation(name: Name, callback: str | None = None) -> Subject:
    """The implementation of that name. `callback` says what a callback of one's own is meant to be.

    Raises UnknownImplementation for what is none, Unavailable for what cannot be started.
    """
    if name.kind == "reference":
        assert name.dialect is not None
        return Reference(resolve(name.dialect))
    if name.interpreter is not None:
        raise Unavailable(f"{name}: another interpreter than the one that runs callcheck cannot be used yet")
    if name.kind == "release":
        raise Unavailable(
            f"{name}: environments for single releases cannot be made yet; install it, and say {name.package}"
        )
    if name.kind == "adapter":
        raise Unavailable(f"{name}: no adapter for {name.package} comes with callcheck yet")
    try:
        made = driven(str(name), callback)
    except UnknownSubject as error:
        raise UnknownImplementation(str(error)) from None
    if name.is_keras:
        made.dialect = release_dialect(**made.identity)
    return made
