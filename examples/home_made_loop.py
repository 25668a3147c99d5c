"""A training loop of one's own, with an early stopping of one's own in it, and the adapter that has it held to the specification.

    callcheck infer home_made_loop:Adapter

The loop knows no callbacks. What it does after every epoch is `Stopper.update`; the adapter calls that as the loop does, and says
in its domain what the stopper can be asked: it minimizes, and the loop always has a validation loss.
"""

from callcheck.conformance.driver.domain import Domain, bound
from callcheck.conformance.driver.protocol import Capabilities, Observation


class Stopper:
    """Stop when the loss has not fallen by more than `min_delta` for `patience` epochs."""

    def __init__(self, patience, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.bad_epochs = 0

    def update(self, loss):
        """Whether to stop, after an epoch with this loss."""
        if loss < self.best - self.min_delta:
            self.best = loss
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs > self.patience


def train(losses, patience):
    """The loop: the losses that it trained through. What a real one does in an epoch is left out."""
    stopper = Stopper(patience)
    seen = []
    for loss in losses:
        seen.append(loss)
        if stopper.update(loss):
            break
    return seen


class Adapter:
    name = "a home-made loop"
    capabilities = Capabilities(
        callbacks={"EarlyStopping"},
        parameters={"EarlyStopping": ("monitor", "patience", "min_delta", "mode")},
        observables={"stop"},
        domain=Domain(accepts={"mode": ("min",)}, kinds={"patience": "whole"}, every_epoch=True, numbers=True),
    )

    def build(self, scenario):
        config = bound("EarlyStopping", scenario.config)
        return Run(config["monitor"], config["patience"], config["min_delta"])


class Run:
    """One stopper under way. Every training has a stopper of its own, as in the loop."""

    def __init__(self, monitor, patience, min_delta):
        self.monitor = monitor
        self.make = lambda: Stopper(patience, min_delta)
        self.stopper, self.stop = self.make(), False

    def fit_begin(self, fit):
        self.stopper, self.stop = self.make(), False

    def epoch_end(self, epoch, logs):
        self.stop = self.stopper.update(logs[self.monitor]) or self.stop

    def set_stop(self):  # somebody else stops
        self.stop = True

    def observe(self):
        return Observation(stop=self.stop)
