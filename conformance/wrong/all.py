"""Every wrong implementation."""

from . import (
    early_stopping,
    every_callback,
    learning_rate_scheduler,
    model_checkpoint,
    optimizers,
    reduce_lr_on_plateau,
    terminate_on_nan,
)
from .wrong import Wrong

ALL: tuple[Wrong, ...] = (
    *every_callback.WRONG,
    *early_stopping.WRONG,
    *reduce_lr_on_plateau.WRONG,
    *model_checkpoint.WRONG,
    *learning_rate_scheduler.WRONG,
    *optimizers.WRONG,
    *terminate_on_nan.WRONG,
)
