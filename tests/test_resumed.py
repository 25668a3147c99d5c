"""A fit that is really interrupted, by killing its process, and resumed in a new one from its files, or from a backup: as the
scenario predicts."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from callcheck.reference.replay import replay
from callcheck.spec.dialect import NEWEST, resolve
from callcheck.spec.scenario import Scenario, from_json, loads
from callcheck.spec.trace import Trace
from callcheck.spec.weights import Weights

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
EXAMPLE = EXAMPLES / "interrupted.json"
BACKED_UP = EXAMPLES / "backed_up.json"

TRAINING = """
import json, os, signal, sys
import keras, numpy as np

STREAM = [1.0, 0.5, 0.75, 0.75, 0.75]
resumed = os.path.exists("last.keras")
rates = []

class Feed(keras.callbacks.Callback):
    def on_train_batch_begin(self, batch, logs=None):
        rates.append(float(self.model.optimizer.learning_rate))
    def on_epoch_end(self, epoch, logs=None):
        logs.clear()
        logs["val_loss"] = STREAM[epoch]

class Killed(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 3 and not resumed:
            os.kill(os.getpid(), signal.SIGKILL)

if resumed:
    model = keras.models.load_model("last.keras")
else:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile(optimizer=keras.optimizers.SGD(1.0), loss=keras.losses.MeanSquaredError())
last = keras.callbacks.ModelCheckpoint("last.keras", mode="min")
reducing = keras.callbacks.ReduceLROnPlateau(mode="min", patience=1, factor=0.5)
best = keras.callbacks.ModelCheckpoint("best.keras", mode="min", save_best_only=True)
before = os.path.getmtime("best.keras") if resumed else None
steps = int(model.optimizer.iterations)
model.fit(np.zeros((1, 1)), np.zeros((1, 1)), initial_epoch=3 if resumed else 0, epochs=5, verbose=0,
          callbacks=[Feed(), last, reducing, best, Killed()])
print(json.dumps({"rates": rates, "rate": float(model.optimizer.learning_rate), "best": best.best, "wait": reducing.wait,
                  "overwritten": os.path.getmtime("best.keras") != before, "steps_at_begin": steps}))
"""


STARTED_AGAIN = """
import json, os, signal
import keras, numpy as np

STREAM = [1.0, 0.5, 0.75, 0.75, 0.75]
again = os.path.exists("backup")
epochs, rates = [], []

class Feed(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        epochs.append(epoch)
        rates.append(float(self.model.optimizer.learning_rate))
    def on_epoch_end(self, epoch, logs=None):
        logs.clear()
        logs["val_loss"] = STREAM[epoch]

class Killed(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 3 and not again:
            os.kill(os.getpid(), signal.SIGKILL)

model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
model.compile(optimizer=keras.optimizers.SGD(1.0), loss=keras.losses.MeanSquaredError())
backup = keras.callbacks.BackupAndRestore("backup")
reducing = keras.callbacks.ReduceLROnPlateau(mode="min", patience=1, factor=0.5)
best = keras.callbacks.ModelCheckpoint("best.keras", mode="min", save_best_only=True)
before = os.path.getmtime("best.keras") if again else None
model.fit(np.zeros((1, 1)), np.zeros((1, 1)), epochs=5, verbose=0, callbacks=[Feed(), backup, reducing, best, Killed()])
print(json.dumps({"epochs": epochs, "rates": rates, "rate": float(model.optimizer.learning_rate), "best": best.best,
                  "overwritten": os.path.getmtime("best.keras") != before, "steps": int(model.optimizer.iterations),
                  "left": os.path.exists("backup")}))
"""


def _train(folder: Path, script: str = TRAINING) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False, timeout=280
    )


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return loads(EXAMPLE.read_text(encoding="utf-8"))


def test_a_killed_process_and_a_new_one_do_what_the_scenario_predicts(scenario: Scenario, tmp_path: Path) -> None:
    pytest.importorskip("keras", reason="keras is not installed; pip install 'callcheck[keras]' installs it")
    killed = _train(tmp_path)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best.keras", "last.keras"]
    resumed = _train(tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    seen: dict[str, Any] = json.loads(resumed.stdout.splitlines()[-1])
    predicted = replay(scenario, resolve(NEWEST).dialect, internal=True)
    assert isinstance(predicted, Trace)
    assert predicted.callbacks is not None
    before, after = predicted.fits
    assert before.error is not None
    assert before.epochs[-1].learning_rate == 0.5, "the rate was reduced before the process was killed"
    assert seen["rates"] == [epoch.learning_rate_in_epoch for epoch in after.epochs] == [1.0, 1.0]
    assert seen["rate"] == after.epochs[-1].learning_rate == 0.5
    assert after.epochs[0].callbacks is not None
    assert seen["overwritten"] == bool(after.epochs[0].callbacks[2].saved) is True
    assert seen["best"] == predicted.callbacks[2].internal["best"][1][-1] == 0.75
    assert seen["steps_at_begin"] == 3
    assert after.optimizer_steps == 5


def test_what_is_lost_stands_on_one_screen(scenario: Scenario) -> None:
    from callcheck.conformance.report.table import table

    trace = replay(scenario, resolve(NEWEST).dialect)
    assert isinstance(trace, Trace)
    lines = table(scenario, trace)
    assert len(lines) <= 24
    text = "\n".join(lines)
    assert "fit 2, new instances, resumed from last.keras" in text
    assert "in epoch_begin somebody else raised KeyboardInterrupt" in text


def test_a_script_with_a_backup_that_is_killed_and_started_again_does_what_the_scenario_predicts(
    tmp_path: Path,
) -> None:
    pytest.importorskip("keras", reason="keras is not installed; pip install 'callcheck[keras]' installs it")
    killed = _train(tmp_path, STARTED_AGAIN)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert sorted(path.name for path in (tmp_path / "backup").iterdir()) == [
        "latest.weights.h5",
        "training_metadata.json",
    ]
    again = _train(tmp_path, STARTED_AGAIN)
    assert again.returncode == 0, again.stderr
    seen: dict[str, Any] = json.loads(again.stdout.splitlines()[-1])
    predicted = replay(loads(BACKED_UP.read_text(encoding="utf-8")), resolve(NEWEST).dialect, internal=True)
    assert isinstance(predicted, Trace)
    assert predicted.callbacks is not None
    before, after = predicted.fits
    assert before.callbacks is not None
    assert before.callbacks[0].recorded == ({"epoch": 3},)
    assert seen["epochs"] == [after.initial_epoch, 4] == [3, 4]
    assert before.epochs[-2].learning_rate == 0.5, "the rate was reduced before the process was killed"
    assert seen["rates"] == [epoch.learning_rate_in_epoch for epoch in after.epochs] == [1.0, 1.0]
    assert seen["rate"] == after.epochs[-1].learning_rate == 0.5
    assert after.epochs[0].callbacks is not None
    assert (
        seen["overwritten"]
        == ("best.keras" in [save.path for save in after.epochs[0].callbacks[2].saved or ()])
        is True
    )
    assert seen["best"] == predicted.callbacks[2].internal["best"][1][-1] == 0.75
    assert seen["steps"] == after.optimizer_steps == 5
    assert not seen["left"]


def test_what_a_backup_loses_stands_on_one_screen() -> None:
    from callcheck.conformance.report.table import table

    scenario = loads(BACKED_UP.read_text(encoding="utf-8"))
    trace = replay(scenario, resolve(NEWEST).dialect)
    assert isinstance(trace, Trace)
    lines = table(scenario, trace)
    assert len(lines) <= 24
    text = "\n".join(lines)
    assert "fit 2, new instances, a fresh model" in text
    again = [line for line in text.split("fit 2")[1].splitlines() if line.strip().startswith("epoch")]
    assert ["(not run)" in line for line in again] == [True, True, True, False, False]


FORMS = {
    "m.keras": ("model", {}), "m.h5": ("model", {}), "m.weights.h5": ("weights-unbuilt", {"save_weights_only": True}),
}  # fmt: skip
"""What a checkpoint writes: how it is loaded back, and what it is told. Weights go into a model made from JSON."""


@pytest.mark.parametrize("path", FORMS)
def test_every_form_of_a_checkpoint_is_loaded_back_and_trained_on(path: str, tmp_path: Path) -> None:
    """A whole model in HDF5 is loaded, and cannot be trained, as predicted."""
    keras = pytest.importorskip("keras", reason="keras is not installed; pip install 'callcheck[keras]' installs it")
    import numpy as np

    load, told = FORMS[path]
    reducing = {"mode": "min", "patience": 1, "factor": 0.5}
    epoch = {"logs": {"val_loss": 1.0}}
    predicted = replay(
        from_json(
            {
                "callbacks": [
                    {"callback": "ReduceLROnPlateau", "config": reducing},
                    {"callback": "ModelCheckpoint", "config": {"filepath": path, **told}},
                ],
                "fits": [
                    {"epochs": [epoch] * 2},
                    {"instances": "new", "initial_epoch": 2, "resume": {"from": path, "load": load}, "epochs": [epoch] * 2},
                ],
            }
        ),
        resolve(NEWEST).dialect,
    )  # fmt: skip
    assert isinstance(predicted, Trace)

    def compiled(model: Any) -> Any:
        optimizer = keras.optimizers.SGD(1.0, momentum=0.5)
        model.compile(optimizer=optimizer, loss=keras.losses.MeanSquaredError())
        return model

    def trained(model: Any, first: int) -> list[float]:
        rates: list[float] = []
        feed = keras.callbacks.LambdaCallback(
            on_train_batch_begin=lambda batch, logs: rates.append(float(model.optimizer.learning_rate)),
            on_epoch_end=lambda epoch, logs: logs.update(val_loss=1.0),
        )
        saving = keras.callbacks.ModelCheckpoint(tmp_path / path, **told)
        listed = [feed, keras.callbacks.ReduceLROnPlateau(**reducing), saving]
        ones = np.ones((1, 1))
        model.fit(ones, 0 * ones, initial_epoch=first, epochs=first + 2, verbose=0, callbacks=listed)
        return rates

    model = compiled(keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")]))
    assert trained(model, 0) == [each.learning_rate_in_epoch for each in predicted.fits[0].epochs]
    if load == "model":
        again = keras.models.load_model(tmp_path / path)
    else:
        again = compiled(keras.models.model_from_json(model.to_json()))
        again.load_weights(tmp_path / path)
    assert [array.tolist() for array in again.get_weights()] == [array.tolist() for array in model.get_weights()]
    assert predicted.fits[1].weights_at_begin == Weights(epoch=1, fit=0)
    assert int(again.optimizer.iterations) == (0 if load == "weights-unbuilt" else 2)
    if path == "m.h5":
        # What is loaded is what was saved, but for the optimizer's state of each weight: it was built for no variables.
        assert float(again.optimizer.learning_rate) == predicted.fits[1].epochs[0].learning_rate_in_epoch
        error = predicted.fits[1].error
        assert error is not None
        assert (error.type, error.by, error.epoch, error.batch) == ("ValueError", "other", 2, 0)
        for _ in range(2):
            with pytest.raises(ValueError, match="Unknown variable"):
                trained(again, 2)
        return
    assert trained(again, 2) == [each.learning_rate_in_epoch for each in predicted.fits[1].epochs]
    assert int(again.optimizer.iterations) == predicted.fits[1].optimizer_steps
