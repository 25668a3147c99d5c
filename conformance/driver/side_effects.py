"""What a constructor or a hook leaves changed beside its work: of the process, of the framework, of the model and its optimizer.

Rules
- It is looked at where a hook begins and where it ends: what is changed between hooks is nobody's.
- What a hook changed stays so until the scenario has ended: another hook may put it right. Only the working directory does not.
- Whether somebody drew random numbers, or began them anew, is told by the next number: it is the one that a twin draws, or not.
- A module that a hook is the first to import may set variables, filters and handlers while it is imported: that is the module's.
- Of a model and its optimizer the public attributes count, and the few private ones behind a public setting. What it is every
  callback's to set, or the training loop's, does not.
"""

import gc
import logging
import os
import random
import sys
import threading
import warnings
from operator import is_
from typing import Any, Callable, List, Mapping, Optional, Sequence, Set, Tuple

from .files import Directory

_ENVIRONMENT: Any = os.environ
_ROOT = logging.getLogger()


class _Aspect:
    """Something that a process has one of. `read` gives a value of it that can be compared, `put` makes it so again."""

    def __init__(self, name: str, read: Callable[[], Any], put: Callable[[Any], None]) -> None:
        self.name = name
        self._read = read
        self._put = put
        self._first = read()
        self.look()

    def look(self) -> None:
        self._known = self._read()

    def changed(self) -> bool:
        """Whether it is another one than when it was last looked at."""
        now = self._read()
        if now == self._known:
            return False
        self._known = now
        return True

    def restore(self) -> None:
        if self._read() != self._first:
            self._put(self._first)


class _OfImports(_Aspect):
    """Something that modules change when they are imported."""

    def look(self) -> None:
        super().look()
        self._modules = len(sys.modules)

    def changed(self) -> bool:
        loaded, self._modules = len(sys.modules) > self._modules, len(sys.modules)
        return super().changed() and not loaded


def _variables() -> Any:
    """Those of the environment, as the system has them: to decode them takes as long as many hooks."""
    kept = getattr(_ENVIRONMENT, "_data", None)
    return dict(_ENVIRONMENT if kept is None else kept)


def _set_variables(variables: Mapping[Any, Any]) -> None:
    plain = not hasattr(_ENVIRONMENT, "_data")
    wanted = {
        name if plain else _ENVIRONMENT.decodekey(name): value if plain else _ENVIRONMENT.decodevalue(value)
        for name, value in variables.items()
    }
    for name in set(_ENVIRONMENT) - set(wanted):
        del _ENVIRONMENT[name]
    _ENVIRONMENT.update(wanted)


def _filters() -> List[Any]:
    return list(warnings.filters)


def _set_filters(filters: List[Any]) -> None:
    warnings.filters[:] = filters  # type: ignore[index]  # a list, whatever typeshed says


def _logging() -> List[Any]:
    return [_ROOT.level, list(_ROOT.handlers), list(_ROOT.filters), _ROOT.disabled, _ROOT.manager.disable]


def _set_logging(state: List[Any]) -> None:
    _ROOT.level, _ROOT.handlers[:], _ROOT.filters[:], _ROOT.disabled, _ROOT.manager.disable = state


def _set_collecting(enabled: bool) -> None:
    (gc.enable if enabled else gc.disable)()


class _Threads(_OfImports):
    """The threads that run; one that has ended by itself is nobody's change."""

    def __init__(self) -> None:
        super().__init__("threads", threading.active_count, lambda count: None)

    def changed(self) -> bool:
        before = self._known
        return super().changed() and bool(self._known > before)


class _Random:
    """The generator of random numbers that all share, and a twin of it that nobody else has."""

    name = "random state"

    def __init__(self, draw: Callable[[], float], seed: Callable[[int], Any], twin: Any, twins: str) -> None:
        self._draw = draw
        self._seed = seed
        self._twin_seeded = twin.seed
        self._twin_draws = getattr(twin, twins)

    def changed(self) -> bool:
        if self._draw() == self._twin_draws():
            return False
        # The numbers go on as random as they were, from one of them; to copy the state of a generator takes much longer.
        number = int(self._draw() * 2**32)
        self._seed(number)
        self._twin_seeded(number)
        return True

    look = changed

    def restore(self) -> None: ...


_randoms: List[_Random] = []


def _generators() -> List[_Random]:
    """Python's generator, and NumPy's where it is loaded."""
    if not _randoms:
        _randoms.append(_Random(random.random, random.seed, random.Random(), "random"))
    if len(_randoms) == 1 and "numpy" in sys.modules:
        numpy = sys.modules["numpy"].random
        _randoms.append(_Random(numpy.random_sample, numpy.seed, numpy.RandomState(), "random_sample"))
    return _randoms


_NOT_SET_BY_NAME = frozenset({
    "stop_training", "stop_evaluating", "history", "metrics", "train_function", "train_tf_function", "test_function",
    "predict_function", "make_train_function", "make_test_function", "save", "save_weights", "weights_of", "steps", "saved",
    "optimizer", "learning_rate", "lr", "iterations", "updates", "weights", "built", "use_legacy_config",
})  # fmt: skip
"""Attributes of models and optimizers that are set by the loop, by what it is the callbacks' work to do, or by the driver. The
last one is what Keras 2's own saving leaves in a model whose file cannot be written."""
_BEHIND = {"_trainable": "trainable", "_run_eagerly": "run_eagerly", "_jit_compile": "jit_compile"}
"""Private attributes in which a model keeps a public setting."""
_PLAIN = (bool, int, float, str, type(None))
_MISSING = object()


class _Attributes:
    """The attributes of a model, or of an optimizer."""

    def __init__(self, prefix: str, thing: Any) -> None:
        self._prefix = prefix
        self._thing = thing
        self.look()

    def look(self) -> None:
        held = getattr(self._thing, "__dict__", {})
        self._values = list(held.values())
        self._known = dict(held)
        self._layers = self._trained()

    def changed(self) -> List[str]:
        held = getattr(self._thing, "__dict__", {})
        values = held.values()
        if len(values) == len(self._values) and all(map(is_, values, self._values)) and self._trained() == self._layers:
            return []
        found = {
            f"{self._prefix}.{_BEHIND.get(name, name)}"
            for name in {*held, *self._known}
            if self._counts(name) and not _same(held.get(name, _MISSING), self._before(name))
        }
        if self._trained() != self._layers:
            found.add(f"{self._prefix}.trainable")
        self.look()
        return sorted(found)

    def _counts(self, name: str) -> bool:
        return name not in _NOT_SET_BY_NAME and (name in _BEHIND or not name.startswith("_"))

    def _before(self, name: str) -> Any:
        return self._known.get(name, getattr(type(self._thing), name, _MISSING))

    def _trained(self) -> List[Any]:
        return [getattr(layer, "trainable", None) for layer in getattr(self._thing, "layers", ())]


def _same(a: Any, b: Any) -> bool:
    return a is b or (type(a) is type(b) and isinstance(a, _PLAIN) and bool(a == b))


class SideEffects:
    """Those of one scenario. Inside `with` it can be looked at; afterwards the process is as it was before. `asked`: whether they
    are looked at, beside the working directory, which is put right after every hook."""

    def __init__(self, directory: Directory, asked: bool) -> None:
        self.seen: Set[str] = set()
        """All that was left changed so far, by name."""
        self._directory = directory
        self._asked = asked
        self._model: Optional[Any] = None
        self._attributes: List[_Attributes] = []
        self._params: Tuple[Any, Any] = ({}, {})
        self._aspects: List[Any] = [
            _OfImports("environment", _variables, _set_variables),
            _OfImports("warning filters", _filters, _set_filters),
            _OfImports("logging", _logging, _set_logging),
            _Aspect("garbage collection", gc.isenabled, _set_collecting),
            _Threads(),
        ]
        if "numpy" in sys.modules:
            numpy = sys.modules["numpy"]
            self._aspects.append(_Aspect("numpy.errstate", numpy.geterr, lambda state: numpy.seterr(**state)))
        if asked:
            self._aspects += _generators()
            self.look()

    def __enter__(self) -> "SideEffects":
        return self

    def __exit__(self, *raised: object) -> None:
        for aspect in self._aspects:
            aspect.restore()

    def watch(self, model: Any, world: Any, params: Any, state: Callable[[], Any]) -> None:
        """Look at this model, which is trained from now on, at what its framework is set to, and at what all callbacks of the fit
        are told, as `params`. `state` reads something of the optimizer's variables that can be compared."""
        if not self._asked:
            return
        if world.settings() and not any(aspect.name == "keras.config" for aspect in self._aspects):
            self._aspects.append(_Aspect("keras.config", world.settings, world.set_settings))
        self._state = _Aspect("optimizer.variables", state, lambda state: None)
        self._model = model
        self._params = (params, dict(params or {}))
        self.look()

    def look_at_state(self) -> None:
        """The optimizer's variables were set by what it is a callback's work to do."""
        if self._asked:
            self._state.look()

    def look(self) -> None:
        """How things stand now is how they stand before the next hook."""
        if not self._asked:
            return
        for aspect in self._aspects:
            aspect.look()
        self._look_at_model()

    def _look_at_model(self) -> None:
        model = self._model
        if model is not None:
            self._state.look()
            self._optimizer = model.optimizer
            several = getattr(self._optimizer, "optimizers", None) or (self._optimizer,)
            self._attributes = [_Attributes("model", model), *(_Attributes("optimizer", each) for each in several)]

    def constructed(self) -> Sequence[str]:
        """A constructor is over: what it left changed, by name; also the files, for which it is too early."""
        left = list(self.left())
        if self._asked and any(self._directory.changes()):
            left.append("files")
            self.seen.add("files")
        return left

    def left(self) -> Sequence[str]:
        """A hook is over: what it left changed, by name."""
        left = ["working directory"] if self._directory.put_back() else []
        if not self._asked:
            return ()
        left += [aspect.name for aspect in self._aspects if aspect.changed()]
        for attributes in self._attributes:
            left += attributes.changed()
        if self._model is not None:
            left += [self._state.name] if self._state.changed() else []
            left += ["model.optimizer"] if self._model.optimizer is not self._optimizer else []
        params, before = self._params
        if params is not None and params != before:
            left.append("params")
            self._params = (params, dict(params))
        if left:
            self.seen.update(left)
            self._look_at_model()
        return left

    def of_the_model(self) -> bool:
        """Whether something of the model or its optimizer was left changed."""
        return any(name.startswith(("model.", "optimizer.")) for name in self.seen)
