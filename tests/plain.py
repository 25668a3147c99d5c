"""A callback that has every hook that the driver calls, and does nothing: what a test needs is derived from it."""

from typing import Any


class Plain:
    """A callback that does nothing."""

    params: Any
    model: Any

    def set_params(self, params: Any) -> None:
        self.params = params

    def set_model(self, model: Any) -> None:
        self.model = model

    def on_train_begin(self, logs: Any) -> None: ...
    def on_train_end(self, logs: Any) -> None: ...
    def on_epoch_begin(self, epoch: int, logs: Any) -> None: ...
    def on_train_batch_begin(self, batch: int, logs: Any) -> None: ...
    def on_train_batch_end(self, batch: int, logs: Any) -> None: ...
    def on_epoch_end(self, epoch: int, logs: Any) -> None: ...
