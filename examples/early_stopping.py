"""EarlyStopping in plain Python, which does what Keras 3.15.1 does on its numpy backend, and needs no framework.

    callcheck check early_stopping:EarlyStopping --dialect keras-3.15.1+numpy

It follows the rules that SPECIFICATION.md states, one after the other; the direction of mode="auto" is asked of what the model
says of its compiled metrics, as Keras asks it.
"""

import warnings


class EarlyStopping:
    """Stop when `monitor` has not improved by more than `min_delta` for `patience` epochs; the parameters are Keras's."""

    def __init__(
        self,
        monitor="val_loss",
        min_delta=0,
        patience=0,
        verbose=0,
        mode="auto",
        baseline=None,
        restore_best_weights=False,
        start_from_epoch=0,
    ):
        if mode not in ("auto", "min", "max"):
            warnings.warn(f"EarlyStopping mode {mode!r} is unknown, and taken for auto", stacklevel=2)
            mode = "auto"
        self.monitor = monitor
        self.min_delta = abs(min_delta)
        self.patience = patience
        self.verbose = verbose
        self.mode = mode
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.sign = None

    def set_params(self, params):
        self.params = params

    def set_model(self, model):
        self.model = model

    def on_train_begin(self, logs=None):
        self.wait = 0
        self.best = self.best_weights = None
        self.best_epoch = 0
        self.stopped_epoch = 0

    def on_epoch_begin(self, epoch, logs=None):
        pass

    def on_train_batch_begin(self, batch, logs=None):
        pass

    def on_train_batch_end(self, batch, logs=None):
        pass

    def on_epoch_end(self, epoch, logs=None):
        if self.sign is None:
            self.sign = self._direction()
        value = (logs or {}).get(self.monitor)
        if value is None:
            warnings.warn(f"early stopping needs {self.monitor}, which is not available", stacklevel=2)
            return
        if epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights, self.best_epoch = self.model.get_weights(), epoch
        self.wait += 1
        if self._improves(value, self.best):
            self.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self._improves(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        if self.stopped_epoch > 0 and self.verbose > 0:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose > 0:
                print(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)

    def _improves(self, value, reference):
        """Better than the reference by more than min_delta; anything is better than nothing."""
        if reference is None:
            return True
        if self.sign > 0:
            return bool(value - self.min_delta > reference)
        return bool(value + self.min_delta < reference)

    def _direction(self):
        """1 where more is better, -1 where less is. Raises ValueError where the compiled metrics do not tell."""
        if self.mode != "auto":
            return 1 if self.mode == "max" else -1
        name = self.monitor[len("val_") :] if self.monitor.startswith("val_") else self.monitor
        found = -1 if name == "loss" else None
        for group in self.model.metrics:
            for metric in getattr(group, "metrics", ()):
                direction = getattr(metric, "_direction", None)
                if metric.name == name and direction is not None:
                    found = 1 if direction == "up" else -1
        if found is None:
            raise ValueError(
                f"mode='auto' cannot tell whether {self.monitor} is better when it is greater or when it is less"
            )
        return found
