"""Callbacks that misbehave: a correct pure-Python EarlyStopping, and one thing that goes wrong at one place.

Rules
- Standard library only, as a subject in any interpreter: this file is imported by the worker, not by the tests.
- `subjects:make` is told by `monitor` what to do: "hostile/<deed>/<place>" misbehaves at that place; every other name is the
  correct callback. So a run holds good scenarios and bad ones, and the good ones have to come out right.
- What happens at import is chosen by the module's name: `at_import.py` beside this file.
"""

import warnings

import deeds
import more_deeds


class EarlyStopping:
    """What Keras 3.15.1 does on numpy, for mode "min": a correct implementation in plain Python."""

    def __init__(self, monitor="val_loss", min_delta=0.0, patience=0, mode="auto", restore_best_weights=False):
        self.monitor = monitor
        self.min_delta = abs(min_delta)
        self.patience = patience
        self.restore_best_weights = restore_best_weights

    def set_params(self, params):
        self.params = params

    def set_model(self, model):
        self.model = model

    def on_train_begin(self, logs=None):
        self.wait = 0
        self.best = None
        self.best_weights = None

    def on_epoch_begin(self, epoch, logs=None):
        pass

    def on_train_batch_begin(self, batch, logs=None):
        pass

    def on_train_batch_end(self, batch, logs=None):
        pass

    def on_epoch_end(self, epoch, logs=None):
        value = (logs or {}).get(self.monitor)
        if value is None:
            warnings.warn(f"early stopping needs {self.monitor}, which is not available", stacklevel=2)
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights = self.model.get_weights()
        self.wait += 1
        if self.best is None or value + self.min_delta < self.best:
            self.best = value
            self.wait = 0
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            return
        if self.wait >= self.patience and epoch > 0:
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        if self.restore_best_weights and self.best_weights is not None:
            self.model.set_weights(self.best_weights)


DEEDS = {**deeds.DEEDS, **more_deeds.DEEDS}
LOGS = {**deeds.LOGS, **more_deeds.LOGS}
"""What can go wrong, and what can be done to an epoch's logs, by name."""
PLACES = (
    "constructor", "set_model", "on_train_begin", "on_epoch_begin", "on_train_batch_end", "on_epoch_end", "on_train_end",
)  # fmt: skip
"""Where it can go wrong."""


def _misbehaving(hook, deed):
    """EarlyStopping with one method that first does the deed."""

    def method(self, *arguments, **options):
        getattr(EarlyStopping, hook)(self, *arguments, **options)
        deed(self)

    return type("Misbehaving", (EarlyStopping,), {hook: method})


def make(monitor="val_loss", min_delta=0.0, patience=0, mode="auto", restore_best_weights=False):
    """The callback that `monitor` asks for, as the rules say."""
    parts = monitor.split("/")
    if parts[0] != "hostile":
        return EarlyStopping(monitor, min_delta, patience, mode, restore_best_weights)
    kind, place = parts[1:]
    if kind.startswith("logs-"):
        change = LOGS[kind[len("logs-") :]]

        class Changing(EarlyStopping):
            def on_epoch_end(self, epoch, logs=None):
                super().on_epoch_end(epoch, logs)
                change(logs)

        return Changing("val_loss", min_delta, patience, mode, restore_best_weights)
    deed = DEEDS[kind]
    if place == "constructor":
        callback = EarlyStopping("val_loss", min_delta, patience, mode, restore_best_weights)
        deed(callback)
        return callback
    return _misbehaving(place, deed)("val_loss", min_delta, patience, mode, restore_best_weights)
