"""Every single-change mutant of a module's source, made on its syntax tree.

Rules
- A mutant is one change: another comparison, another number, a statement dropped, a branch forced, an argument left out.
- Texts are not behaviour: docstrings, annotations, decorators, the arguments of warnings and of raised exceptions, and the
  words of a printed line stay as they are. The numbers in a printed line do count.
- The id says file, line, column and operator, so it is the same in every run; two changes that give the same source are one
  mutant, and keep the first id.

A library was looked for: those that are kept up write each mutant to disk and start the tests anew, and importing
TensorFlow hundreds of times takes hours.
"""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE, ast.NotEq),
    ast.LtE: (ast.Lt, ast.Gt, ast.Eq),
    ast.Gt: (ast.GtE, ast.LtE, ast.NotEq),
    ast.GtE: (ast.Gt, ast.Lt, ast.Eq),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
"""What a comparison becomes: its opposite, and an ordering also the one that differs at a tie and the one that asks for it."""
CALCULATED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult
}  # fmt: skip
NAMES = {
    "less": ("less_equal", "greater"),
    "greater": ("greater_equal", "less"),
    "max": ("min",),
    "min": ("max",),
    "any": ("all",),
    "all": ("any",),
    "endswith": ("startswith",),
    "removeprefix": ("removesuffix",),
    "save": ("save_weights",),
    "save_weights": ("save",),
    "extend": ("append",),
}
"""Functions and methods, and what is easily written in their place."""
TRANSPARENT = ("abs", "float", "float32", "path_to_string")
"""Functions of one argument that give something like it: they can be left out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mutant:
    """One change to the module `file`. `change` says it on one line, `source` is the whole mutated module."""

    id: str
    file: str
    line: int
    change: str
    source: str


@dataclass(frozen=True, slots=True)
class _Change:
    """`old` is to become `new`; None: it is left out of the list or the optional place in which it stands."""

    operator: str
    old: ast.AST
    new: ast.AST | None


def mutants(source: str, file: str, unreached: tuple[str, ...] = ()) -> list[Mutant]:
    """The mutants of a module. `unreached` names functions that are left alone."""
    tree = ast.parse(source)
    original = ast.unparse(tree)
    made: dict[str, Mutant] = {}
    ids: set[str] = set()
    for change in _changes(tree, unreached):
        # every node that an operator changes has a position; of nodes in general mypy does not know it
        line, column = change.old.lineno, change.old.col_offset  # type: ignore[attr-defined]
        place = f"{file}:{line}:{column} {change.operator}"
        mutated = _applied(tree, change)
        if mutated is None or mutated == original or mutated in made:
            continue
        number = 2
        id = place
        while id in ids:
            id, number = f"{place} ({number})", number + 1
        ids.add(id)
        made[mutated] = Mutant(id=id, file=file, line=line, change=_described(change), source=mutated)
    return list(made.values())


def _described(change: _Change) -> str:
    old = _short(change.old)
    if change.new is None:
        return f"{old} -> (dropped)"
    return f"{old} -> {_short(change.new)}"


def _short(node: ast.AST) -> str:
    lines = ast.unparse(node).splitlines()
    return lines[0] + (" ..." if len(lines) > 1 else "")


def _applied(tree: ast.Module, change: _Change) -> str | None:
    """The source with the change; None if it is not Python any more. The tree is left as it was."""
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is change.old:
                setattr(parent, name, change.new)
                source = ast.unparse(tree)
                setattr(parent, name, value)
                return source if _compiles(source) else None
            if isinstance(value, list):
                for index, item in enumerate(value):
                    if item is change.old:
                        value[index : index + 1] = [] if change.new is None else [change.new]
                        source = ast.unparse(tree)
                        value[index : index + (change.new is not None)] = [item]
                        return source if _compiles(source) else None
    raise AssertionError("the node is not in the tree")


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True


# ---------------------------------------------------------------------------------------------- where


def _changes(tree: ast.Module, unreached: tuple[str, ...]) -> Iterator[_Change]:
    """All changes to the functions of the module, in the order of the source."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name not in unreached:
            for argument, default in _defaults(node):
                if argument != "logs":  # a training loop always gives them
                    yield from _in(default)
            for statement in node.body:
                if not _is_docstring(statement):
                    yield from _in(statement)


def _defaults(node: ast.FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    """The arguments that have a default, and the default."""
    positional = node.args.args[len(node.args.args) - len(node.args.defaults) :]
    for argument, default in zip(positional, node.args.defaults, strict=True):
        yield argument.arg, default


def _in(node: ast.AST, printed: bool = False) -> Iterator[_Change]:
    """The changes to a node and to everything in it; `printed`: it is part of a printed line."""
    if isinstance(node, ast.Call) and _called(node) == "warn":
        return
    if isinstance(node, ast.Raise):
        yield from _dropped(node)
        yield from _raised(node)
        return
    if isinstance(node, ast.Constant) and printed and isinstance(node.value, str):
        return
    for operator in OPERATORS:
        yield from operator(node)
    printed = printed or (isinstance(node, ast.Call) and _called(node) == "print_msg")
    for name, value in ast.iter_fields(node):
        if isinstance(node, ast.FormattedValue) and name == "format_spec":
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.Constant) and (isinstance(node, ast.JoinedStr) or _is_none_test(node)):
                continue
            if isinstance(child, ast.AST):
                yield from _in(child, printed)


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _is_none_test(node: ast.AST) -> bool:
    return isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Is | ast.IsNot)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


# ---------------------------------------------------------------------------------------------- what


def _compared(node: ast.AST) -> Iterator[_Change]:
    """Another comparison."""
    if isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            for other in COMPARED[type(operator)]:
                new = copy.deepcopy(node)
                new.ops[index] = other()
                yield _Change(f"{type(operator).__name__}-to-{other.__name__}", node, new)


def _calculated(node: ast.AST) -> Iterator[_Change]:
    """Another arithmetic operation, or one of its sides alone."""
    if isinstance(node, ast.BinOp) and type(node.op) in CALCULATED:
        other = CALCULATED[type(node.op)]
        yield _Change(f"to-{other.__name__}", node, ast.BinOp(node.left, other(), node.right))
        if not isinstance(node.right, ast.Constant):  # a constant's neighbours do the same
            yield _Change("left-alone", node, node.left)
            yield _Change("right-alone", node, node.right)
    if isinstance(node, ast.AugAssign) and type(node.op) in CALCULATED:
        other = CALCULATED[type(node.op)]
        yield _Change(f"to-{other.__name__}", node, ast.AugAssign(node.target, other(), node.value))
        yield _Change("to-assignment", node, _located(ast.Assign([node.target], node.value), node))
    if isinstance(node, ast.UnaryOp):
        yield _Change(f"without-{type(node.op).__name__}", node, node.operand)


def _combined(node: ast.AST) -> Iterator[_Change]:
    """`and` for `or`, or one of the operands less."""
    if isinstance(node, ast.BoolOp):
        other = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield _Change(f"to-{other.__name__}", node, ast.BoolOp(other(), node.values))
        for index in range(len(node.values)):
            rest = node.values[:index] + node.values[index + 1 :]
            new = rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
            yield _Change(f"without-operand-{index + 1}", node, new)


def _branched(node: ast.AST) -> Iterator[_Change]:
    """A branch forced or turned round."""
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        yield _Change("if-true", node.test, ast.Constant(True))
        yield _Change("if-false", node.test, ast.Constant(False))
        if not isinstance(node.test, ast.Compare | ast.UnaryOp):  # of those the opposite is made elsewhere
            yield _Change("if-not", node.test, ast.UnaryOp(ast.Not(), node.test))


def _constant(node: ast.AST) -> Iterator[_Change]:
    """Another constant."""
    if not isinstance(node, ast.Constant):
        return
    value = node.value
    if isinstance(value, bool):
        yield _Change("flipped", node, ast.Constant(not value))
    elif isinstance(value, int | float):
        yield _Change("plus-one", node, ast.Constant(value + 1))
        yield _Change("minus-one", node, ast.Constant(value - 1))
        if isinstance(value, float) and value:
            yield _Change("zero", node, ast.Constant(0.0))
            yield _Change("doubled", node, ast.Constant(2 * value))
    elif value is None:
        yield _Change("none-to-zero", node, ast.Constant(0))
    elif isinstance(value, str):
        yield _Change("other-text", node, ast.Constant(value + "X"))


def _dropped(node: ast.AST) -> Iterator[_Change]:
    """A statement that does nothing."""
    simple = isinstance(node, ast.Assign | ast.AugAssign | ast.Raise | ast.Return)
    if simple or (isinstance(node, ast.Expr) and not _is_docstring(node)):
        yield _Change("drop", node, ast.Pass())
    if isinstance(node, ast.Return) and node.value is not None:
        yield _Change("return-none", node, ast.Return(None))
        if not isinstance(node.value, ast.Constant):
            yield _Change("return-not", node, ast.Return(ast.UnaryOp(ast.Not(), node.value)))


def _raised(node: ast.Raise) -> Iterator[_Change]:
    """Another exception."""
    if isinstance(node.exc, ast.Call):
        yield _Change("other-exception", node.exc.func, ast.Name("Exception"))


def _handled(node: ast.AST) -> Iterator[_Change]:
    """An exception not caught, or every one."""
    if isinstance(node, ast.Try):
        for handler in node.handlers:
            if len(node.handlers) > 1:
                yield _Change("without-handler", handler, None)
            if handler.type is not None:
                yield _Change("catch-everything", handler.type, ast.Name("Exception"))
                yield _Change("catch-nothing", handler.type, ast.Tuple([]))


def _called_otherwise(node: ast.AST) -> Iterator[_Change]:
    """Another function, an argument less, two arguments the other way round."""
    if isinstance(node, ast.Attribute):
        for other in NAMES.get(node.attr, ()):
            yield _Change(f"to-{other}", node, ast.Attribute(node.value, other))
    if not isinstance(node, ast.Call):
        return
    name = _called(node)
    if isinstance(node.func, ast.Name):
        for other in NAMES.get(name, ()):
            yield _Change(f"to-{other}", node.func, ast.Name(other))
    if name in TRANSPARENT and len(node.args) == 1 and not node.keywords:
        yield _Change(f"without-{name}", node, node.args[0])
    if name in ("isinstance", "hasattr"):
        return
    for keyword in node.keywords:
        rest = [each for each in node.keywords if each is not keyword]
        yield _Change(f"without-argument-{keyword.arg}", node, ast.Call(node.func, node.args, rest))
    for index in range(len(node.args) - 1):
        swapped = [*node.args[:index], node.args[index + 1], node.args[index], *node.args[index + 2 :]]
        yield _Change(f"swap-arguments-{index + 1}", node, ast.Call(node.func, swapped, node.keywords))
    if len(node.args) > 1:
        yield _Change("without-last-argument", node, ast.Call(node.func, node.args[:-1], node.keywords))


def _collected(node: ast.AST) -> Iterator[_Change]:
    """An element less."""
    if isinstance(node, ast.List | ast.Tuple) and isinstance(node.ctx, ast.Load) and len(node.elts) > 1:
        for index in range(len(node.elts)):
            new = copy.copy(node)
            new.elts = node.elts[:index] + node.elts[index + 1 :]
            yield _Change(f"without-element-{index + 1}", node, new)


def _located(new: ast.stmt, old: ast.AST) -> ast.stmt:
    return ast.copy_location(new, old)  # unparsing an assignment asks for its line


OPERATORS: tuple[Callable[[ast.AST], Iterator[_Change]], ...] = (
    _compared, _calculated, _combined, _branched, _constant, _dropped, _handled, _called_otherwise, _collected,
)  # fmt: skip
