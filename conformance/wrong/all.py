"""Every wrong implementation: a module for each callback and one for training, two for ModelCheckpoint and for ReduceLROnPlateau,
five for all of them.
"""

from importlib import import_module

from callcheck.spec.callbacks import CALLBACKS

from .wrong import Wrong

MODULES = (
    "every_callback",
    "attributes",
    "loops",
    "rare",
    *(callback.module for callback in CALLBACKS.values()),
    "model_checkpoint_files",
    "reduce_lr_on_plateau_arguments",
    "optimizers",
    "training",
)

ALL: tuple[Wrong, ...] = tuple(wrong for module in MODULES for wrong in import_module(f".{module}", __package__).WRONG)
