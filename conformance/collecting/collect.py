"""Which callbacks training scripts give to `fit`, read off their source.

Rules
- A callback is a call of a class of Keras's (`keras`, `tf.keras`, `tf_keras`, under whatever name it was imported).
- A fit is a call of a method `fit` with `callbacks`. What the model was compiled with is known where the same name was compiled
  once before it in the same scope.
- Callbacks that no fit of their file is given stand by themselves, those of one list together, and it is said.
- What is no literal is listed, with its place, as it is written.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from callcheck.spec.callbacks import CALLBACKS, FLOAT_PARAMETERS, defaults, parameters
from callcheck.spec.metrics import Metric, metric_from_json
from callcheck.spec.reading import InvalidScenario, Refused
from callcheck.spec.scenario import CONFIG
from callcheck.spec.script import Script, ScriptCallback, ScriptFit, Unread

from .instances import PATHS
from .schedule import NotSayable, schedule
from .scope import Block, NotKnown, Scope, file_path, literal, read_scope
from .sources import Source, Unparsable, read_source

PACKAGES = ("keras", "tensorflow", "tf_keras", "keras_core")
FITS = ("fit", "fit_generator")
CALLBACKS_AT, EPOCHS_AT = 5, 3
"""The places of `callbacks` and `epochs` among the arguments of `Model.fit`, where they are given by their place."""
RATES = {"sgd": 0.01, "adam": 0.001, "rmsprop": 0.001}
"""The learning rates of optimizers that are given by name, where every Keras has the same."""


def collect(files: Iterable[str | Path]) -> Script:
    """What the scripts and notebooks of these names say. Raises Refused where not one of them can be read."""
    fits: list[ScriptFit] = []
    unread: list[Unread] = []
    refused: list[Refused] = []
    count = 0
    for count, file in enumerate(files, 1):  # noqa: B007 - how many there were
        try:
            found = _collected(read_source(file))
        except Refused as error:
            refused.append(error)
            place, _, said = str(error).partition(": ")
            unread.append(Unread(source=place, says=said))
            continue
        fits += found.fits
        unread += found.unread
    if refused and len(refused) == count:
        raise refused[0]
    return Script(fits=tuple(fits), unread=tuple(unread))


def _collected(source: Source) -> Script:
    """What one of them says. Raises Unparsable."""
    try:
        return _Collector(source).collected()
    except RecursionError:
        raise Unparsable(f"{source.name}: is nested too deeply") from None


@dataclass(frozen=True, kw_only=True)
class _Callback:
    """A callback of a list: the call that makes it, and what is known of it; or, without one, the name of another."""

    node: ast.Call | None
    read: ScriptCallback | None
    name: str = ""


@dataclass(kw_only=True)
class _Compiled:
    """What `compile` was given."""

    metrics: tuple[Metric, ...] = ()
    learning_rate: float | None = None
    steps_per_execution: int = 1
    unread: dict[str, str] = field(default_factory=dict)


class _Collector:
    """One script."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.module = read_scope(source.tree)
        self.unread: list[Unread] = []
        self.given: set[int] = set()
        """The constructor calls that some fit is given."""
        self.epochs: int | None = None
        """Up to which epoch the fit goes whose callbacks are read, if that is known."""
        self.open: list[ast.expr] = []
        """What names and calls stand for, under way, each inside of the one before: none is made of itself."""

    def collected(self) -> Script:
        calls = [(call, block, scope) for scope in self.module.everything() for call, block in scope.calls]
        calls.sort(key=lambda each: (each[0].lineno, each[0].col_offset))
        fits = [fit for call, block, scope in calls if (fit := self._fit(call, block, scope)) is not None]
        alone = list(self._alone(calls))
        return Script(fits=(*fits, *alone), unread=tuple(self.unread))

    def _says(self, node: ast.AST, says: str) -> None:
        found = Unread(source=self.source.place(node), says=says)
        if found not in self.unread:
            self.unread.append(found)

    # ------------------------------------------------------------------------------------------ fits

    def _fit(self, call: ast.Call, block: Block, scope: Scope) -> ScriptFit | None:
        """The fit that a call is; None if it is none, or none of its callbacks is known."""
        if not isinstance(call.func, ast.Attribute):
            return None
        given = {each.arg: each.value for each in call.keywords if each.arg}
        if call.func.attr in FITS and len(call.args) > CALLBACKS_AT:
            given.setdefault("callbacks", call.args[CALLBACKS_AT])
        if call.func.attr in FITS and len(call.args) > EPOCHS_AT:
            given.setdefault("epochs", call.args[EPOCHS_AT])
        if "callbacks" not in given:
            return None
        unread: dict[str, str] = {}
        counts = {}
        for name, least in (("epochs", 1), ("initial_epoch", 0), ("validation_freq", 1)):
            if name in given:
                counts[name] = self._count(given[name], scope, name, least, unread)
        starred = [ast.unparse(each.value) for each in call.keywords if each.arg is None]
        self.epochs = None if starred else counts.get("epochs", 1)  # as `fit` has it
        listed = self._listed(given["callbacks"], scope, block, call.lineno)
        known = tuple(each.read for each in listed if each.read is not None)
        if call.func.attr not in FITS:
            if known:
                self._says(
                    call, f"callbacks are given to {ast.unparse(call.func)}, which is no fit: they stand by themselves"
                )
            return None
        if not known:
            return None
        self.given |= {id(each.node) for each in listed if each.node is not None}
        compiled = self._compiled(call.func.value, call, block, scope)
        unread = {**compiled.unread, **unread}
        if starred:
            unread["**"] = starred[0]
        return ScriptFit(
            callbacks=known, source=self.source.place(call), metrics=compiled.metrics, unread=unread,
            learning_rate=compiled.learning_rate, steps_per_execution=compiled.steps_per_execution,
            others=tuple(each.name for each in listed if each.read is None),
            **{name: count for name, count in counts.items() if count is not None},
        )  # fmt: skip

    def _count(self, node: ast.expr, scope: Scope, name: str, least: int, unread: dict[str, str]) -> Any:
        """A whole number; None, and it is noted, where it is not known."""
        try:
            value = literal(node, scope)
        except NotKnown:
            value = None
        if isinstance(value, int) and not isinstance(value, bool) and value >= least:
            return value
        unread[name] = ast.unparse(node)
        return None

    def _compiled(self, model: ast.expr, fit: ast.Call, block: Block, scope: Scope) -> _Compiled:
        """What the model of that name was compiled with, the last time before the fit. The rate is that only of the first fit."""
        name = ast.unparse(model)
        found: list[tuple[ast.Call, Scope]] = []
        where: Scope | None = scope
        while where is not None and not found:
            found = [
                (call, where) for call, _ in where.calls
                if isinstance(call.func, ast.Attribute) and call.func.attr == "compile"
                and ast.unparse(call.func.value) == name and (call.lineno < fit.lineno or where is not scope)
            ]  # fmt: skip
            where = where.parent
        compiled = _Compiled()
        if not found:
            return compiled
        call, at = max(found, key=lambda each: each[0].lineno)
        given = {each.arg: each.value for each in call.keywords if each.arg}
        for place, argument in enumerate(("optimizer", "loss", "metrics")):
            if len(call.args) > place:
                given.setdefault(argument, call.args[place])
        if "metrics" in given:
            self._metrics(given["metrics"], at, compiled)
        if "optimizer" in given:
            self._rate(given["optimizer"], at, compiled)
        if "steps_per_execution" in given:
            steps = self._count(given["steps_per_execution"], at, "steps_per_execution", 1, compiled.unread)
            compiled.steps_per_execution = steps or 1
        trained = [
            each for each, _ in scope.calls
            if isinstance(each.func, ast.Attribute) and each.func.attr in FITS and ast.unparse(each.func.value) == name
            and call.lineno < each.lineno < fit.lineno
        ]  # fmt: skip
        blocks = [found for each, found in at.calls if each is call]
        if trained or (at is scope and block != blocks[0]):
            compiled.learning_rate = None
        return compiled

    def _metrics(self, node: ast.expr, scope: Scope, compiled: _Compiled) -> None:
        if isinstance(node, ast.Name):
            try:
                node, scope, _ = scope.only(node.id)
            except KeyError:
                compiled.unread["metrics"] = ast.unparse(node)
                return
        items = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
        metrics: list[Metric] = []
        for each in items:
            try:
                metrics.append(metric_from_json(self._metric(each, scope)))
            except (NotKnown, InvalidScenario):
                compiled.unread["metrics"] = ast.unparse(node)
        compiled.metrics = tuple(metrics)

    def _metric(self, node: ast.expr, scope: Scope) -> Any:
        """A metric as a scenario writes it. Raises NotKnown."""
        if isinstance(node, ast.Call):
            path = scope.path(node.func)
            if path is None or path.split(".")[0] not in PACKAGES:
                raise NotKnown(node)
            names = [each.value for each in node.keywords if each.arg == "name"]
            return {"class": path.rsplit(".", 1)[-1], **({"name": literal(names[0], scope)} if names else {})}
        if isinstance(node, ast.Name) and scope.defined(node.id) is not None:
            return {"function": node.id}
        return literal(node, scope)

    def _rate(self, node: ast.expr, scope: Scope, compiled: _Compiled) -> None:
        """The learning rate that an optimizer is made with."""
        if isinstance(node, ast.Name):
            name = node.id
            try:
                node, scope, _ = scope.only(name)
            except KeyError:
                compiled.unread["learning_rate"] = name
                return
        rate: Any = None
        try:
            if isinstance(node, ast.Call):
                by_name = [each.value for each in node.keywords if each.arg in ("learning_rate", "lr")]
                given = by_name or node.args[:1]
                name = ast.unparse(node.func).rsplit(".", 1)[-1]
                rate = literal(given[0], scope) if given else RATES.get(name.lower())
            else:
                name = literal(node, scope)
                rate = RATES.get(name.lower()) if isinstance(name, str) else None
        except NotKnown:
            pass
        if isinstance(rate, int | float) and not isinstance(rate, bool):
            compiled.learning_rate = float(rate)
        else:
            compiled.unread["learning_rate"] = ast.unparse(node)

    # ------------------------------------------------------------------------------------------ lists of callbacks

    def _listed(self, node: ast.expr, scope: Scope, block: Block, line: int) -> list[_Callback]:
        """The callbacks in an expression, in their order; what cannot be told is listed as unread."""
        if isinstance(node, ast.List | ast.Tuple):
            return [found for each in node.elts for found in self._listed(each, scope, block, line)]
        if isinstance(node, ast.Starred):
            return self._listed(node.value, scope, block, line)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return [found for each in (node.left, node.right) for found in self._listed(each, scope, block, line)]
        if isinstance(node, ast.Constant) and node.value is None:
            return []
        if isinstance(node, ast.Call):
            return self._made(node, scope, block)
        if isinstance(node, ast.Name):
            return self._named(node, scope, line)
        self._says(node, f"{ast.unparse(node)} is no list of constructor calls")
        return []

    def _made(self, node: ast.Call, scope: Scope, block: Block) -> list[_Callback]:
        read = self._callback(node, scope)
        if read is not None:
            return [_Callback(node=node, read=read)]
        name = ast.unparse(node.func)
        path = scope.path(node.func) or ""
        if path.endswith(".CallbackList") and node.args:
            return self._listed(node.args[0], scope, block, node.lineno)
        returned = scope.called(node)
        if returned is not None:
            expression, where = returned
            with self._opened(node, expression) as is_new:
                return self._listed(expression, where, (), 10**9) if is_new else []
        defined = scope.defined(name) if name.isidentifier() else None
        if defined is not None and not isinstance(defined.node, ast.ClassDef):
            self._says(node, f"what {name} returns is no single list")
            return []
        return [_Callback(node=None, read=None, name=name)]

    def _named(self, node: ast.Name, scope: Scope, line: int) -> list[_Callback]:
        """What a name stands for, with what was added to it before the line in which it is used."""
        try:
            expression, where, begun = scope.only(node.id)
        except KeyError:
            self._says(node, f"{node.id} is given more than one value, or none that is written out")
            return []
        with self._opened(node, expression) as is_new:
            return self._kept(node, expression, where, begun, scope, line) if is_new else []

    @contextlib.contextmanager
    def _opened(self, node: ast.expr, expression: ast.expr) -> Iterator[bool]:
        """Whether the expression, for which the node stands, is not under way already."""
        is_new = expression not in self.open
        if not is_new:
            self._says(node, f"{ast.unparse(node)} is made of itself")
        self.open.append(expression)
        try:
            yield is_new
        finally:
            self.open.pop()

    def _kept(
        self, node: ast.Name, expression: ast.expr, where: Scope, begun: Block, scope: Scope, line: int
    ) -> list[_Callback]:
        """What a name was given, and what was added to it."""
        found = self._listed(expression, where, begun, line)
        for change in where.changes.get(node.id, ()):
            if where is scope and change.line >= line:
                continue
            added = self._listed(change.node, where, change.block, line)
            if change.block != begun[: len(change.block)]:
                said = ", ".join(each.read.callback if each.read else each.name for each in added) or "something"
                self._says(change.node, f"{said} is added to {node.id} under a condition: left out")
                continue
            found += added
        return found

    # ------------------------------------------------------------------------------------------ one callback

    def _callback(self, node: ast.Call, scope: Scope) -> ScriptCallback | None:
        """The callback that a call makes; None for a call of something else."""
        name = self._class(node, scope)
        if name is None:
            return None
        given: dict[str, ast.expr] = dict(zip(parameters(name), node.args, strict=False))
        config: dict[str, Any] = {}
        unread: dict[str, str] = {}
        for each in node.keywords:
            if each.arg is None:
                unread["**"] = ast.unparse(each.value)
            else:
                given[each.arg] = each.value
        for parameter, value in given.items():
            try:
                read = self._argument(name, parameter, value, scope)
            except NotKnown as unknown:
                unread[parameter] = ast.unparse(value)
                if isinstance(unknown, NotSayable):
                    self._says(value, f"the {parameter} of {name} is not read: {unknown.why}")
                continue
            if read is not None:
                config[parameter] = read
            elif defaults(name).get(parameter, 0) is not None:
                unread[parameter] = "None"
        return ScriptCallback(callback=name, config=config, source=self.source.place(node), unread=unread)

    def _argument(self, callback: str, parameter: str, node: ast.expr, scope: Scope) -> Any:
        """The value of an argument, as a scenario has it. Raises NotKnown."""
        if parameter == "schedule":
            return schedule(node, scope, self.epochs)
        value = file_path(node, scope) if parameter in PATHS else literal(node, scope)
        if parameter in FLOAT_PARAMETERS and isinstance(value, bool):
            raise NotKnown(node)
        try:
            return None if value is None else CONFIG.read({parameter: value})[parameter]
        except InvalidScenario:
            raise NotKnown(node) from None

    def _class(self, node: ast.Call, scope: Scope) -> str | None:
        """The name of Keras's callback that is called; None for something else."""
        last = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        path = scope.path(node.func)
        if path is not None:
            name = path.rsplit(".", 1)[-1]
            if name not in CALLBACKS:
                return None
            if path.split(".")[0] in PACKAGES and "callbacks" in path.split("."):
                return name
            if path.split(".")[0] not in PACKAGES:
                self._says(node, f"{name} is {path}, and none of Keras's")
            return None
        if last not in CALLBACKS or not isinstance(node.func, ast.Name) or scope.defined(last) is not None:
            return None
        stars = [star for where in self.module.everything() for star in where.stars]
        if any(star.split(".")[0] in PACKAGES for star in stars):
            return last
        self._says(node, f"{last} is imported nowhere in this file: whose it is, is not known")
        return None

    def _alone(self, calls: list[tuple[ast.Call, Block, Scope]]) -> Iterator[ScriptFit]:
        """The callbacks that no fit is given, those of one list together."""
        lists = {
            id(each): outer for outer in ast.walk(self.source.tree) if isinstance(outer, ast.List | ast.Tuple)
            for each in outer.elts
        }  # fmt: skip
        groups: dict[int, list[ScriptCallback]] = {}
        self.epochs = None
        for call, _, scope in calls:
            if id(call) in self.given:
                continue
            read = self._callback(call, scope)
            if read is not None:
                groups.setdefault(id(lists.get(id(call), call)), []).append(read)
        for group in groups.values():
            names = ", ".join(each.callback for each in group)
            stands = "stands by itself" if len(group) == 1 else "stand by themselves"
            self.unread.append(
                Unread(source=group[0].source, says=f"no fit of this file is given it: {names} {stands}")
            )
            yield ScriptFit(callbacks=tuple(group), source=group[0].source)


def without_place(script: Script) -> Script:
    """The same without files and lines, to compare what two scripts say."""
    return replace(
        script,
        fits=tuple(
            replace(fit, source="", callbacks=tuple(replace(each, source="") for each in fit.callbacks))
            for fit in script.fits
        ),
    )
