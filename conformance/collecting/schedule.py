"""Schedules of LearningRateScheduler, read off a lambda or a function: as a table by epoch, or as a factor of the rate.

Rules
- A scenario says a schedule as `{"table": [...]}`, by absolute epoch, or as `{"scale": 0.5}`, of the rate before. A function is
  one of the two, exactly, or it is not read, and it is said why.
- What it computes of the epoch alone is computed here as Python computes it, for every epoch up to `epochs` of `fit`: numbers,
  conditions, dictionaries and lists that are written out, `math`, and Python's own `min`, `max`, `abs`, `round`, `float`, `int`.
  Nothing of the script is run; functions of NumPy and of a framework are not known.
- A factor is one product. A quotient is one only by a power of two: others are rounded otherwise than any product.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from callcheck.spec.reading import shown

from .scope import NUMERIC, NotKnown, Scope, literal, power

MOST_EPOCHS = 2000
"""A table that is longer is nothing to be read by people."""


class NotSayable(NotKnown):
    """It is known, or nearly so, and no schedule of a scenario is it; `why` is a clause that says what is in the way."""

    def __init__(self, node: ast.AST, why: str) -> None:
        super().__init__(node)
        self.why = why


def schedule(node: ast.expr, scope: Scope, epochs: int | None) -> dict[str, Any]:
    """The schedule that an expression stands for, as a scenario has it. `epochs`: of the fit that is given it, if that is known.
    Raises NotKnown."""
    function, where = _function(node, scope)
    names = _parameters(function, node)
    body = [ast.Return(value=function.body)] if isinstance(function, ast.Lambda) else function.body
    rate = names[1] if len(names) > 1 else None
    if rate is not None and _uses(body, rate):
        return {"scale": _factor(body, rate, where, node)}
    if epochs is None:
        raise NotSayable(node, "it is a table by epoch, and how many epochs there are is not known")
    if epochs > MOST_EPOCHS:
        raise NotSayable(node, f"it is a table by epoch, and there are more than {MOST_EPOCHS} of them")
    table = [_Computed({names[0]: epoch}, where).returned(body) for epoch in range(epochs)]
    kinds = {type(value) for value in table}
    if not kinds <= {int, float} or len(kinds) > 1:
        at = next(at for at, value in enumerate(table) if type(value) is not float)
        raise NotSayable(
            node, f"in epoch index {at} it returns {shown(table[at])}, which is no float, and Keras refuses that"
        )
    needs_the_rate = rate is not None and not _defaults(function)
    return {
        "table": [_float(value, node) for value in table],
        **({} if needs_the_rate else {"accepts": "epoch"}),
        **({"returns": "int"} if kinds == {int} else {}),
    }


def _float(value: float, node: ast.expr) -> float:
    """The number as a float. Raises NotKnown for a whole number that is none."""
    try:
        return float(value)
    except OverflowError:
        raise NotKnown(node) from None


def _function(node: ast.expr, scope: Scope) -> tuple[ast.Lambda | ast.FunctionDef, Scope]:
    """The function that an expression stands for, and where its names stand for something."""
    if isinstance(node, ast.Lambda):
        return node, scope
    if isinstance(node, ast.Name):
        defined = scope.defined(node.id)
        if defined is not None and isinstance(defined.node, ast.FunctionDef) and not defined.node.decorator_list:
            return defined.node, defined.parent or scope
        try:
            expression, where, _ = scope.only(node.id)
        except KeyError:
            raise NotKnown(node) from None
        if isinstance(expression, ast.Lambda):
            return expression, where
    raise NotKnown(node)


def _parameters(function: ast.Lambda | ast.FunctionDef, node: ast.expr) -> list[str]:
    """The names of the epoch and, if it takes it, the rate."""
    given = function.args
    names = [each.arg for each in (*given.posonlyargs, *given.args)]
    if given.vararg or given.kwarg or given.kwonlyargs or not 1 <= len(names) <= 2:
        raise NotSayable(node, "it takes something else than an epoch and a rate")
    return names


def _defaults(function: ast.Lambda | ast.FunctionDef) -> bool:
    return bool(function.args.defaults)


def _uses(body: Sequence[ast.AST], name: str) -> bool:
    return any(isinstance(each, ast.Name) and each.id == name for part in body for each in ast.walk(part))


def _factor(body: Sequence[ast.stmt], rate: str, scope: Scope, node: ast.expr) -> float:
    """By what the rate is multiplied, whatever the epoch is."""
    statements = [each for each in body if not _is_text(each) and not _prints(each)]
    if len(statements) == 1 and isinstance(statements[0], ast.Return) and statements[0].value is not None:
        found = _product(statements[0].value, rate, scope)
        if found is not None:
            return found
    raise NotSayable(
        node,
        "it makes something else of the rate before than one product (callcheck.Recorder() writes what it did in a fit)",
    )


def _product(value: ast.expr, rate: str, scope: Scope) -> float | None:
    def is_rate(each: ast.expr) -> bool:
        return isinstance(each, ast.Name) and each.id == rate

    if is_rate(value):
        return 1.0
    if not isinstance(value, ast.BinOp):
        return None
    other = value.right if is_rate(value.left) else value.left if is_rate(value.right) else None
    if other is None:
        return None
    try:
        number: Any = literal(other, scope)
    except NotKnown:
        return None
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    if isinstance(value.op, ast.Mult):
        return _float(number, value)
    if (
        isinstance(value.op, ast.Div)
        and is_rate(value.left)
        and number
        and abs(math.frexp(_float(number, value))[0]) == 0.5
    ):
        return 1.0 / number
    return None


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _prints(statement: ast.stmt) -> bool:
    call = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "print"


# ---------------------------------------------------------------------------------------------- what is computed of an epoch

_COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq,
    ast.NotEq: operator.ne, ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b,
}  # fmt: skip
_CALLED: Mapping[str, Callable[..., Any]] = {
    "min": min, "max": max, "abs": abs, "round": round, "float": float, "int": int, "pow": power,
    **{f"math.{name}": getattr(math, name) for name in (
        "exp", "log", "log2", "log10", "sqrt", "pow", "cos", "sin", "tanh", "floor", "ceil", "trunc", "fabs", "fmod",
    )},
}  # fmt: skip
_CONSTANTS = {"math.pi": math.pi, "math.e": math.e}


class _Computed:
    """A function under way, in one epoch. `names`: what its own names stand for."""

    def __init__(self, names: Mapping[str, Any], scope: Scope) -> None:
        self.names = dict(names)
        self.scope = scope

    def returned(self, body: Sequence[ast.stmt]) -> Any:
        """What the function returns. Raises NotKnown."""
        return next(self._returns(body), None)

    def _returns(self, body: Sequence[ast.stmt]) -> Iterator[Any]:
        """What statements return, if they do: whoever wants the first goes no further."""
        for statement in body:
            if isinstance(statement, ast.Return):
                yield None if statement.value is None else self.value(statement.value)
            elif isinstance(statement, ast.If):
                yield from self._returns(statement.body if self.value(statement.test) else statement.orelse)
            elif isinstance(statement, ast.Assign) and all(isinstance(each, ast.Name) for each in statement.targets):
                value = self.value(statement.value)
                self.names.update({each.id: value for each in statement.targets if isinstance(each, ast.Name)})
            elif isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
                name = ast.Name(id=statement.target.id)
                self.names[name.id] = self.value(ast.BinOp(left=name, op=statement.op, right=statement.value))
            elif not (_is_text(statement) or _prints(statement) or isinstance(statement, ast.Pass)):
                raise NotKnown(statement)

    def value(self, node: ast.expr) -> Any:
        """The value of an expression. Raises NotKnown."""
        try:
            return self._value(node)
        except (KeyError, IndexError, TypeError, ValueError, ArithmeticError, RecursionError):
            raise NotKnown(node) from None

    def _value(self, node: ast.expr) -> Any:
        value = self._value
        if isinstance(node, ast.Name) and node.id in self.names:
            return self.names[node.id]
        if isinstance(node, ast.IfExp):
            return value(node.body if value(node.test) else node.orelse)
        if isinstance(node, ast.BoolOp):
            found = value(node.values[0])
            for each in node.values[1:]:
                if bool(found) is isinstance(node.op, ast.Or):
                    break
                found = value(each)
            return found
        if isinstance(node, ast.Compare):
            left = value(node.left)
            for operation, each in zip(node.ops, node.comparators, strict=True):
                right = value(each)
                if not _COMPARED[type(operation)](left, right):
                    return False
                left = right
            return True
        if isinstance(node, ast.UnaryOp):
            operand = value(node.operand)
            return (
                not operand if isinstance(node.op, ast.Not) else -operand if isinstance(node.op, ast.USub) else +operand
            )
        if isinstance(node, ast.BinOp):
            a, b = value(node.left), value(node.right)
            if not isinstance(a, int | float) or not isinstance(b, int | float):  # text and lists have no end
                raise TypeError
            return NUMERIC[type(node.op)](a, b)
        if isinstance(node, ast.List | ast.Tuple):
            return [value(each) for each in node.elts]
        if isinstance(node, ast.Dict):
            keys = [value(key) for key in node.keys if key is not None]
            return dict(zip(keys, map(value, node.values), strict=True))
        if isinstance(node, ast.Subscript):
            return value(node.value)[value(node.slice)]
        if isinstance(node, ast.Call) and not node.keywords:
            return self._called(node)
        if isinstance(node, ast.Name | ast.Attribute):
            path = self.scope.path(node)
            if path in _CONSTANTS:
                return _CONSTANTS[path]
        if isinstance(node, ast.Name):
            expression, where, _ = self.scope.only(node.id)
            if node.id not in where.changes and isinstance(expression, ast.Dict | ast.List | ast.Tuple):
                return _Computed({}, where).value(expression)
        return literal(node, self.scope)

    def _called(self, node: ast.Call) -> Any:
        given = [self._value(each) for each in node.args]
        if isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            table = self._value(node.func.value)
            if isinstance(table, dict):
                return table.get(*given)
        own = (
            isinstance(node.func, ast.Name)
            and self.scope.path(node.func) is None
            and self.scope.defined(node.func.id) is None
        )
        return _CALLED[node.func.id if own and isinstance(node.func, ast.Name) else str(self.scope.path(node.func))](
            *given
        )
