"""The clauses. Importing this package registers all of them in `clause.CLAUSES`: those on every callback, then each callback's,
then those on training, in a module or a room of its own."""

from importlib import import_module

from ..callbacks import CALLBACKS, TRAINING

for _room in ("every_callback", *(callback.module for callback in CALLBACKS.values()), TRAINING):
    import_module(f".{_room}", __name__)
