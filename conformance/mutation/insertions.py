"""The mutants that do something more: at the end of every hook one thing that is none of the callback's business.

Rules
- A mutant is one insertion: what a hook did it still does, and then, however it ends, the inserted lines run. A hook that the
  class has not is added to it.
- What is inserted needs no name but the hook's own arguments. Logs are touched where a hook is given some that others read.
- The id says file, line, column, what is inserted, and where, so it is the same in every run.
"""

import ast
import copy
from collections.abc import Iterator
from typing import NamedTuple

from .operators import Mutant

MARK = " insert-"
"""What stands in the id of every insertion, and of no other mutant."""


class _Hook(NamedTuple):
    """`names`: what it may be called in a class, the last one where it is added. `logs`: whether it is given logs that the
    callbacks behind it read."""

    names: tuple[str, ...]
    arguments: str
    logs: bool


HOOKS = (
    _Hook(("on_train_begin",), "self, logs=None", False),
    _Hook(("on_epoch_begin",), "self, epoch, logs=None", False),
    _Hook(("on_batch_end", "on_train_batch_end"), "self, batch, logs=None", True),
    _Hook(("on_epoch_end",), "self, epoch, logs=None", True),
    _Hook(("on_train_end",), "self, logs=None", False),
)

TO_LOGS = {
    "change-a-log": "for name in list(logs)[:1]:\n    logs[name] = -123.0",
    "drop-a-log": "for name in list(logs)[:1]:\n    del logs[name]",
    "clear-the-logs": "logs.clear()",
    "add-a-log": "logs['inserted'] = 1.0",
}
"""What is done to logs, by name."""
ANYWHERE = {
    "print": "print('inserted')",
    "warn": "__import__('warnings').warn('inserted')",
    "write-a-file": "open('inserted.txt', 'w').close()",
    "set-the-rate": "self.model.optimizer.learning_rate = 0.123",
    "set-the-stop": "self.model.stop_training = True",
    "clear-the-stop": "self.model.stop_training = False",
    "set-a-variable": "__import__('os').environ['INSERTED'] = '1'",
    "seed": "__import__('random').seed(0)",
    "freeze-the-model": "self.model.trainable = False",
    "set-the-weights": (
        "self.inserted = getattr(self, 'inserted', None) or self.model.get_weights()\nself.model.set_weights(self.inserted)"
    ),
    "count-in-the-class": (
        "type(self).inserted = getattr(type(self), 'inserted', 0) + 1\n"
        "if type(self).inserted % 50 == 0:\n    self.model.stop_training = True"
    ),
    "adopt-from-the-class": (
        "before = getattr(type(self), 'inserted', self)\n"
        "vars(self).update({name: value for name, value in vars(before).items() if type(value) in (int, float)})\n"
        "type(self).inserted = self"
    ),
}
"""What is done in every hook, by name. The weights are those that the hook first saw. In the class the calls of the hook are
counted, and every fiftieth stops; or the last instance is kept there, and the next takes over its numbers."""


def insertions(source: str, file: str, name: str) -> list[Mutant]:
    """The mutants of the module's class of that name."""
    tree = ast.parse(source)
    (place,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    return [
        Mutant(
            id=f"{file}:{line}:{column}{MARK}{what}-in-{hook}", file=file, line=line,
            change=f"{hook} ends with {' | '.join(lines.splitlines())}", source=changed,
        )
        for each in HOOKS
        for what, lines in (*(TO_LOGS.items() if each.logs else ()), *ANYWHERE.items())
        for hook, line, column, changed in _inserted(tree, place, each, lines)
    ]  # fmt: skip


def _inserted(tree: ast.Module, place: ast.ClassDef, hook: _Hook, lines: str) -> Iterator[tuple[str, int, int, str]]:
    """The name of the hook, where it or its class begins, and the module with these lines at the hook's end."""
    found = next((node for node in place.body if isinstance(node, ast.FunctionDef) and node.name in hook.names), None)
    before = place.body
    inserted = ast.parse(lines).body
    if found is None:
        made = ast.parse(f"def {hook.names[-1]}({hook.arguments}):\n    pass").body[0]
        assert isinstance(made, ast.FunctionDef)
        made.body = inserted
        place.body = [*before, made]
    else:
        made = copy.copy(found)
        made.body = [ast.Try(body=found.body, handlers=[], orelse=[], finalbody=inserted)]
        place.body = [made if node is found else node for node in before]
    at = found or place
    yield made.name, at.lineno, at.col_offset, ast.unparse(tree)
    place.body = before
