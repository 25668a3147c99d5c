"""ReduceLROnPlateau and ModelCheckpoint in plain Python, as somebody writes them from Keras's documentation. (EarlyStopping in
plain Python is an example of its own.) Nothing is wrong with them: a test plants the mistakes."""

import os
import struct
import warnings


def better(value, best, mode, min_delta=0.0):
    """Whether the value is better than the best, by more than min_delta."""
    if mode == "max":
        return value - min_delta > best
    return value + min_delta < best


def direction(monitor, mode):
    if mode in ("min", "max"):
        return mode
    if mode != "auto":
        warnings.warn(f"mode {mode} is unknown, fallback to auto mode", stacklevel=3)
    words = monitor.removeprefix("val_").split("_")
    return "max" if words[-1] in ("acc", "accuracy", "auc", "precision", "recall") else "min"


class Callback:
    def set_params(self, params):
        self.params = params

    def set_model(self, model):
        self.model = model

    def on_train_begin(self, logs=None): ...
    def on_train_end(self, logs=None): ...
    def on_epoch_begin(self, epoch, logs=None): ...
    def on_epoch_end(self, epoch, logs=None): ...
    def on_train_batch_begin(self, batch, logs=None): ...
    def on_train_batch_end(self, batch, logs=None): ...


class ReduceLROnPlateau(Callback):
    def __init__(
        self, monitor="val_loss", factor=0.1, patience=10, verbose=0, mode="auto", min_delta=0.0001, cooldown=0, min_lr=0.0,
        **kwargs,
    ):  # fmt: skip
        if factor >= 1.0:
            raise ValueError(f"factor has to be less than 1.0, got {factor}")
        self.monitor = monitor
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.mode = direction(monitor, mode)
        self.min_delta = abs(min_delta)
        self.cooldown = cooldown
        (self.min_lr,) = struct.unpack("f", struct.pack("f", min_lr))  # as optimizers store it

    def on_train_begin(self, logs=None):
        self.best = float("-inf") if self.mode == "max" else float("inf")
        self.wait = 0
        self.cooling = 0

    def on_epoch_end(self, epoch, logs=None):
        optimizer = self.model.optimizer
        rate = float(optimizer.learning_rate)
        logs = logs or {}
        logs["learning_rate"] = rate
        value = logs.get(self.monitor)
        if value is None:
            warnings.warn(f"the learning rate depends on {self.monitor}, which is not available", stacklevel=2)
            return
        if better(value, self.best, self.mode, self.min_delta):
            self.best = value
            self.wait = 0
        elif self.cooling <= 0:
            self.wait += 1
        if self.cooling > 0:
            self.cooling -= 1
            self.wait = 0
        elif self.wait >= max(self.patience, 1) and rate > self.min_lr:
            reduced = max(rate * self.factor, self.min_lr)
            optimizer.learning_rate = reduced
            if self.verbose > 0:
                print(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {reduced}.")
            self.cooling = self.cooldown
            self.wait = 0


class ModelCheckpoint(Callback):
    def __init__(
        self, filepath, monitor="val_loss", verbose=0, save_best_only=False, save_weights_only=False, mode="auto",
        save_freq="epoch", initial_value_threshold=None,
    ):  # fmt: skip
        if save_freq != "epoch" and not isinstance(save_freq, int):
            raise ValueError(f"save_freq is 'epoch' or a number of batches, got {save_freq}")
        self.filepath = os.fspath(filepath)
        endings = (".weights.h5",) if save_weights_only else (".keras", ".h5")
        if not self.filepath.endswith(endings):
            raise ValueError(f"the filepath has to end with {' or '.join(endings)}, got {filepath}")
        self.monitor = monitor
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.mode = direction(monitor, mode)
        self.save_freq = save_freq
        self.best = initial_value_threshold
        if self.best is None:
            self.best = float("-inf") if self.mode == "max" else float("inf")
        self.batches = 0
        self.last_batch = -1

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch
        self.last_batch = -1

    def on_train_batch_end(self, batch, logs=None):
        if self.save_freq == "epoch":
            return
        self.batches += batch - self.last_batch
        self.last_batch = batch
        if self.batches >= self.save_freq:
            self.batches = 0
            self.turn({"batch": batch + 1}, logs or {})

    def on_epoch_end(self, epoch, logs=None):
        if self.save_freq == "epoch":
            self.turn({}, logs or {})

    def turn(self, fields, logs):
        path = self.filepath.format(epoch=self.epoch + 1, **{**fields, **logs})
        if self.save_best_only:
            value = logs.get(self.monitor)
            if value is None:
                warnings.warn(f"can save the best model only with {self.monitor} available", stacklevel=3)
                return
            improves = better(value, self.best, self.mode)
            if self.verbose > 0:
                said = f"did not improve from {self.best:.5f}"
                if improves:
                    said = f"improved from {self.best:.5f} to {value:.5f}, saving model to {path}"
                print(f"\nEpoch {self.epoch + 1}: {self.monitor} {said}")
            if not improves:
                return
            self.best = value
        elif self.verbose > 0:
            print(f"\nEpoch {self.epoch + 1}: saving model to {path}")
        directory = os.path.dirname(path)
        if directory and not os.path.exists(directory):
            os.makedirs(directory)
        if os.path.isdir(path):
            raise OSError(f"{path} is a directory")
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)
        if self.verbose > 0:
            print(f"\nEpoch {self.epoch + 1}: finished saving model to {path}")
