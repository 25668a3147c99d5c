"""Callbacks of one's own, as somebody would write them beside a training script."""

import sys
from pathlib import Path

import pytest
from libraries import ELSEWHERE

WRONG = '''
class MyEarlyStopping:
    """One off: it stops one epoch late."""

    def __init__(self, monitor="val_loss", patience=0):
        self.monitor, self.patience = monitor, patience

    def set_params(self, params): pass
    def set_model(self, model): self.model = model
    def on_train_begin(self, logs=None): self.best, self.wait = None, 0
    def on_train_end(self, logs=None): pass
    def on_epoch_begin(self, epoch, logs=None): pass
    def on_train_batch_begin(self, batch, logs=None): pass
    def on_train_batch_end(self, batch, logs=None): pass

    def on_epoch_end(self, epoch, logs=None):
        value = (logs or {}).get(self.monitor)
        if value is None:
            return
        if self.best is None or value < self.best:
            self.best, self.wait = value, 0
            return
        self.wait += 1
        if self.wait > self.patience:
            self.model.stop_training = True
'''


OWN = """
import os
import time
from mine import MyEarlyStopping

class Unmade(MyEarlyStopping):
    def __init__(self, patience=0): raise TypeError("nobody makes me")

class Raising(MyEarlyStopping):
    def on_epoch_end(self, epoch, logs=None): raise RuntimeError("nobody calls me")

class Ending(MyEarlyStopping):
    def on_epoch_end(self, epoch, logs=None): os._exit(0)

class Sleeping(MyEarlyStopping):
    def on_epoch_end(self, epoch, logs=None): time.sleep(100)

class Once:
    name = "once"
    from callcheck.conformance.driver.protocol import Capabilities
    capabilities = Capabilities(callbacks=frozenset({"EarlyStopping"}), parameters={"EarlyStopping": frozenset()})

    def build(self, scenario):
        from callcheck.conformance.driver.protocol import CannotExpress
        raise CannotExpress("metrics")
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with callbacks of one's own, as the working directory."""
    (tmp_path / "mine.py").write_text(WRONG)
    (tmp_path / "odd.py").write_text(OWN)
    (tmp_path / "derived.py").write_text("import keras\n\nclass Mine(keras.callbacks.EarlyStopping):\n    pass\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("mine", "odd"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was not run for want of a library is said, whatever else is."""
    skipped = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", ())]
    without = [reason for reason in skipped if ELSEWHERE in reason]
    if without:
        libraries = sorted({reason.partition("Skipped: ")[2].partition(" ")[0] for reason in without})
        terminalreporter.write_line(
            f"{len(without)} tests were not run, as what they need is not there ({', '.join(libraries)}): "
            ".ci/adapters installs it and runs them"
        )
