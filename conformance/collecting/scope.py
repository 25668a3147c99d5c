"""What a name in a script stands for, as far as the source tells it without being run.

Rules
- A name stands for the expression that it is assigned, if that is the only assignment in its scope; a parameter for what the
  one call at hand gives it. Anything else is not known, and never guessed.
- Values are constants, arithmetic on them, infinities and NaN by their usual names, and items of dictionaries and classes that
  are written out.
- A path may begin with what is not known: the directory plays no part. Its last part has to be known.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Block = tuple[int, ...]
"""The conditions and loops in which a statement stands, from the outermost, each by its own number."""


class NotKnown(Exception):
    """The source does not tell it; the message is the expression."""

    def __init__(self, node: ast.AST) -> None:
        super().__init__(ast.unparse(node))
        self.node = node


@dataclass(frozen=True, kw_only=True)
class Change:
    """A list that grows: `callbacks.append(...)`, `+=`, `.extend(...)`."""

    line: int
    block: Block
    node: ast.expr
    many: bool


@dataclass(frozen=True, kw_only=True)
class Scope:
    """A module, a function or a class. `assigned`: every expression that a name is given, None for one that is not written out.

    `calls`: every call in it, outside of the functions and classes in it, with its block. `bound`: what parameters stand for.
    """

    node: ast.AST
    parent: Scope | None = None
    assigned: dict[str, list[tuple[ast.expr | None, Block]]] = field(default_factory=dict)
    changes: dict[str, list[Change]] = field(default_factory=dict)
    imported: dict[str, str] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    inner: dict[str, Scope] = field(default_factory=dict)
    calls: list[tuple[ast.Call, Block]] = field(default_factory=list)
    bound: Mapping[str, tuple[ast.expr, Scope]] = field(default_factory=dict)

    def everything(self) -> Iterator[Scope]:
        """This scope and all in it."""
        yield self
        for each in self.inner.values():
            yield from each.everything()

    def only(self, name: str) -> tuple[ast.expr, Scope, Block]:
        """The one expression that the name stands for, where it stands, and in which block. Raises KeyError."""
        if name in self.bound:
            given, scope = self.bound[name]
            return given, scope, ()
        if name in self.assigned:
            ((expression, block), *others) = self.assigned[name]
            if others or expression is None:
                raise KeyError(name)
            return expression, self, block
        if self.parent is None or name in self.imported or name in self.inner:
            raise KeyError(name)
        return self.parent.only(name)

    def defined(self, name: str) -> Scope | None:
        """The function or class of that name, if it is in no other way assigned."""
        if name in self.assigned or name in self.bound:
            return None
        return self.inner.get(name) or (self.parent.defined(name) if self.parent else None)

    def path(self, node: ast.expr) -> str | None:
        """The dotted name of what is imported: `keras.callbacks.EarlyStopping`; None for what is not."""
        if isinstance(node, ast.Attribute):
            base = self.path(node.value)
            return None if base is None else f"{base}.{node.attr}"
        if not isinstance(node, ast.Name):
            return None
        scope: Scope | None = self
        while scope is not None:
            if node.id in scope.imported:
                return scope.imported[node.id]
            if node.id in scope.assigned or node.id in scope.bound or node.id in scope.inner:
                break
            scope = scope.parent
        try:
            expression, where, _ = self.only(node.id)
        except KeyError:
            return None
        return (
            where.path(expression)
            if isinstance(expression, ast.Name | ast.Attribute) and expression is not node
            else None
        )

    def called(self, call: ast.Call) -> tuple[ast.expr, Scope] | None:
        """What a call of a function of this script returns, where that is one expression; None for others."""
        found = self.defined(call.func.id) if isinstance(call.func, ast.Name) else None
        if found is None or not isinstance(found.node, ast.FunctionDef):
            return None
        returns = [each for each in ast.walk(found.node) if isinstance(each, ast.Return)]
        if len(returns) != 1 or returns[0] is not found.node.body[-1] or returns[0].value is None:
            return None
        arguments = found.node.args
        names = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
        if (
            arguments.vararg
            or arguments.kwarg
            or len(call.args) > len(names)
            or any(k.arg is None for k in call.keywords)
        ):
            return None
        bound: dict[str, tuple[ast.expr, Scope]] = {}
        defaults = arguments.defaults
        bound.update(
            {name: (each, found) for name, each in zip(names[len(names) - len(defaults) :], defaults, strict=True)}
        )
        bound.update(
            {
                each.arg: (value, found)
                for each, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
                if value
            }
        )
        bound.update({name: (each, self) for name, each in zip(names, call.args, strict=False)})
        bound.update({each.arg: (each.value, self) for each in call.keywords if each.arg})
        rest = {name: each for name, each in found.assigned.items() if name not in bound or len(each) > 1}
        bound = {name: each for name, each in bound.items() if name not in rest}
        return returns[0].value, replace(found, bound=bound, assigned=rest)


# ---------------------------------------------------------------------------------------------- reading scopes


class _Reader(ast.NodeVisitor):
    """Fills a scope with what its statements do."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.block: Block = ()
        self.count = 0

    def assign(self, target: ast.expr, value: ast.expr | None) -> None:
        if isinstance(target, ast.Name):
            self.scope.assigned.setdefault(target.id, []).append((value, self.block))
        elif isinstance(target, ast.Tuple | ast.List):
            same = isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts)
            for index, each in enumerate(target.elts):
                self.assign(each, value.elts[index] if same and isinstance(value, ast.Tuple | ast.List) else None)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, None)
        elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            self.assign(target.value, None)  # an item of it changes: it is not what was written any more

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self.assign(target, node.value)
        self.visit(node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.assign(node.target, node.value)
            self.visit(node.value)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.assign(node.target, node.value)
        self.visit(node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name) and isinstance(node.op, ast.Add):
            change = Change(line=node.lineno, block=self.block, node=node.value, many=True)
            self.scope.changes.setdefault(node.target.id, []).append(change)
        else:
            self.assign(node.target, None)
        self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        self.scope.calls.append((node, self.block))
        func = node.func
        if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name):
            name, one = func.value.id, len(node.args) == 1 and not node.keywords
            if func.attr in ("append", "extend") and one:
                change = Change(line=node.lineno, block=self.block, node=node.args[0], many=func.attr == "extend")
                self.scope.changes.setdefault(name, []).append(change)
            elif func.attr in ("insert", "remove", "pop", "clear", "update", "reverse", "sort", "setdefault"):
                self.assign(func.value, None)
        self.generic_visit(node)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.assign(node.target, None)
        self.visit(node.iter)
        self.inside(node.body)
        self.inside(node.orelse)

    visit_AsyncFor = visit_For

    def visit_While(self, node: ast.While) -> None:
        self.visit(node.test)
        self.inside(node.body)
        self.inside(node.orelse)

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        if "__name__" in ast.unparse(node.test):  # if __name__ == "__main__": no condition of the script's own
            for each in node.body:
                self.visit(each)
            return
        self.inside(node.body)
        self.inside(node.orelse)

    def visit_Try(self, node: ast.Try) -> None:
        for each in (*node.body, *node.finalbody):
            self.visit(each)
        for handler in node.handlers:
            self.inside(handler.body)
        self.inside(node.orelse)

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self.visit(item.context_expr)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, None)
        for each in node.body:
            self.visit(each)

    visit_AsyncWith = visit_With

    def inside(self, body: list[ast.stmt]) -> None:
        """Statements that may not be run, or more than once."""
        self.count += 1
        outside, self.block = self.block, (*self.block, self.count)
        for each in body:
            self.visit(each)
        self.block = outside

    def visit_Import(self, node: ast.Import) -> None:
        for each in node.names:
            name = each.asname or each.name.split(".")[0]
            self.scope.imported[name] = each.name if each.asname else name

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for each in node.names:
            if each.name == "*":
                self.scope.stars.append(node.module or "")
            else:
                self.scope.imported[each.asname or each.name] = "." * node.level + f"{node.module or ''}.{each.name}"

    def visit_Global(self, node: ast.Global | ast.Nonlocal) -> None:
        scope: Scope | None = self.scope
        while scope is not None:
            for name in node.names:
                scope.assigned.setdefault(name, []).append((None, ()))
            scope = scope.parent

    visit_Nonlocal = visit_Global

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        for each in node.decorator_list:
            self.visit(each)
        self.scope.inner[node.name] = read_scope(node, self.scope)

    visit_AsyncFunctionDef = visit_FunctionDef
    visit_ClassDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Its names are its own, and it is not called here."""


def read_scope(
    node: ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, parent: Scope | None = None
) -> Scope:
    """The scope of a module, a function or a class, with all in it."""
    scope = Scope(node=node, parent=parent)
    if not isinstance(node, ast.Module | ast.ClassDef):
        arguments = node.args
        for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg):
            if each is not None:
                scope.assigned[each.arg] = [(None, ())]
    reader = _Reader(scope)
    for statement in node.body:
        reader.visit(statement)
    return scope


# ---------------------------------------------------------------------------------------------- values


def power(a: Any, b: Any) -> Any:
    """A power of small numbers. Raises ValueError for others, which would be beyond all measure."""
    if abs(a) > 1e6 or abs(b) > 10_000:
        raise ValueError
    return a**b


_INFINITE = {"math.inf", "numpy.inf", "numpy.Inf", "numpy.infty"}
_NAN = {"math.nan", "numpy.nan", "numpy.NaN"}
NUMERIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: power,
}  # fmt: skip
"""Arithmetic on numbers, by its operator."""


def literal(node: ast.expr, scope: Scope) -> Any:
    """The value of an expression. Raises NotKnown."""
    try:
        return _literal(node, scope)
    except (KeyError, TypeError, ValueError, ArithmeticError, RecursionError):
        raise NotKnown(node) from None


def _literal(node: ast.expr, scope: Scope) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | None):
        return node.value
    if isinstance(node, ast.List | ast.Tuple):
        return [_literal(each, scope) for each in node.elts]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = _number(_literal(node.operand, scope))
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp) and type(node.op) in NUMERIC:
        a, b = (_number(_literal(each, scope)) for each in (node.left, node.right))
        return NUMERIC[type(node.op)](a, b)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("float", "int"):
        (argument,) = node.args
        return (float if node.func.id == "float" else int)(_literal(argument, scope))
    if isinstance(node, ast.Name):
        expression, where, _ = scope.only(node.id)
        if expression is node or node.id in where.changes:
            raise KeyError(node.id)
        return _literal(expression, where)
    if isinstance(node, ast.Attribute):
        path = scope.path(node)
        if path in _INFINITE or path in _NAN:
            return math.inf if path in _INFINITE else math.nan
        found = scope.defined(node.value.id) if isinstance(node.value, ast.Name) else None
        if found is not None and isinstance(found.node, ast.ClassDef):
            return _literal(found.only(node.attr)[0], found)
    if isinstance(node, ast.Subscript):
        return _item(node, scope)
    raise KeyError(ast.dump(node))


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return value


def _item(node: ast.Subscript, scope: Scope) -> Any:
    """`CONFIG["patience"]`, of a dictionary that is written out and never changed."""
    if not isinstance(node.value, ast.Name):
        raise KeyError
    table, where, _ = scope.only(node.value.id)
    wanted = _literal(node.slice, scope)
    if not isinstance(table, ast.Dict) or any(key is None for key in table.keys):
        raise KeyError
    (value,) = [
        value
        for key, value in zip(table.keys, table.values, strict=True)
        if key is not None and _literal(key, where) == wanted
    ]
    return _literal(value, where)


# ---------------------------------------------------------------------------------------------- paths

_UNKNOWN = "\0"


def file_path(node: ast.expr, scope: Scope) -> str:
    """The path in an expression, relative, without what is not known in front of it. Raises NotKnown."""
    parts = [part for part in _path(node, scope).replace("\\", "/").split("/") if part not in ("", ".", "..")]
    known = next((at for at in range(len(parts), 0, -1) if _UNKNOWN in parts[at - 1]), 0)
    kept = parts[known:]
    if not kept:
        raise NotKnown(node)
    return "/".join(kept[1:] if len(kept) > 1 and kept[0].endswith(":") else kept)


def _path(node: ast.expr, scope: Scope) -> str:
    try:
        value = literal(node, scope)
        return value if isinstance(value, str) else _UNKNOWN
    except NotKnown:
        pass
    if isinstance(node, ast.JoinedStr):
        parts = [
            _path(each, scope) if isinstance(each, ast.Constant) else _inserted(each, scope) for each in node.values
        ]
        return "".join(parts)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.Add):
        between = "/" if isinstance(node.op, ast.Div) else ""
        return _path(node.left, scope) + between + _path(node.right, scope)
    if isinstance(node, ast.Call) and node.args:
        name = ast.unparse(node.func).rsplit(".", 1)[-1]
        if name == "join" and isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value).endswith("path"):
            return "/".join(_path(each, scope) for each in node.args)
        if name in ("Path", "PurePath", "PosixPath", "str", "fspath", "abspath"):
            return "/".join(_path(each, scope) for each in node.args)
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("as_posix", "resolve")
    ):
        return _path(node.func.value, scope)
    if isinstance(node, ast.Name):
        try:
            expression, where, _ = scope.only(node.id)
        except KeyError:
            return _UNKNOWN
        return _path(expression, where) if expression is not node else _UNKNOWN
    return _UNKNOWN


def _inserted(node: ast.expr, scope: Scope) -> str:
    """What stands in the braces of an f-string."""
    if isinstance(node, ast.FormattedValue) and node.conversion == -1 and node.format_spec is None:
        try:
            return str(literal(node.value, scope))
        except NotKnown:
            pass
    return _UNKNOWN
