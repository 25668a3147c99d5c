"""The recorder, in real fits of real Keras: it needs none to be there, changes nothing, and writes what the others were given."""

import subprocess
import sys
from pathlib import Path

import pytest

import callcheck
from callcheck.conformance.script import read_script

TRAIN = """
import sys
import callcheck
recorder = callcheck.Recorder(sys.argv[2])
assert not {"tensorflow", "keras", "numpy"} & set(sys.modules)
import importlib
keras = importlib.import_module(sys.argv[1])
import numpy as np
given = keras.callbacks
model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1, activation="sigmoid")])
model.compile(optimizer=keras.optimizers.SGD(0.25), loss="binary_crossentropy", metrics=["accuracy"])
x = np.random.default_rng(0).random((32, 3))
y = (x.sum(1) > 1.5).astype("float32")
early = given.EarlyStopping(monitor="val_accuracy", patience=np.int64(9), restore_best_weights=True)
plateau = given.ReduceLROnPlateau(factor=0.5, patience=8, min_delta=0.01)
schedule = given.LearningRateScheduler(lambda epoch: 0.5 ** epoch)
end = sys.argv[3]
path = end + "/m-{epoch}.weights.h5"
saver = given.ModelCheckpoint(path, save_weights_only=True, save_best_only=True, monitor="loss", mode="min")
model.fit(x, y, epochs=4, validation_data=(x, y), validation_freq=2, verbose=0,
          callbacks=[early, plateau, recorder, given.CSVLogger(end + "/log.csv"), schedule, saver])
model.fit(x, y, initial_epoch=2, epochs=3, verbose=0, callbacks=[recorder, given.TerminateOnNaN()])
model.fit(x, y, verbose=0, callbacks=[given.TensorBoard(end + "/charts", update_freq="batch", write_graph=False), recorder])
"""


@pytest.mark.parametrize("package", ["keras", "tf_keras"])
def test_what_fit_was_given_is_written(package: str, tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    pytest.importorskip(package)
    file = tmp_path / "callbacks.toml"
    source = str(Path(callcheck.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", TRAIN, package, str(file), str(tmp_path)],
        cwd=tmp_path, env={"PATH": "", "PYTHONPATH": source, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    first, second, third = read_script(file).fits
    assert (first.epochs, first.initial_epoch, first.validation_freq, first.learning_rate) == (4, 0, 2, 0.25)
    assert (second.epochs, second.initial_epoch, second.validation_freq, second.learning_rate) == (3, 2, 1, 0.125)
    assert first.others == ()
    assert [each.callback for each in second.callbacks] == ["TerminateOnNaN"]
    assert [(each.callback, each.config) for each in third.callbacks] == [
        ("TensorBoard", {"log_dir": "charts", "update_freq": 1, "write_graph": False})
    ]
    by_name = {each.callback: dict(each.config) for each in first.callbacks}
    assert list(by_name) == [
        "EarlyStopping",
        "ReduceLROnPlateau",
        "CSVLogger",
        "LearningRateScheduler",
        "ModelCheckpoint",
    ]
    assert [each.source for each in first.callbacks] == [f"{name}, instance {at}" for at, name in enumerate(by_name, 1)]
    assert by_name["EarlyStopping"]["patience"] == 9
    assert by_name["EarlyStopping"].get("mode", "max") == "max"
    assert by_name["EarlyStopping"]["restore_best_weights"] is True
    assert by_name["CSVLogger"] == {"filename": "log.csv"}
    assert by_name["ReduceLROnPlateau"] == {"factor": 0.5, "patience": 8, "min_delta": 0.01}
    assert by_name["LearningRateScheduler"] == {"schedule": {"table": [1.0, 0.5, 0.25, 0.125]}}
    assert by_name["ModelCheckpoint"] == {
        "filepath": "m-{epoch}.weights.h5", "monitor": "loss", "save_best_only": True, "save_weights_only": True,
    }  # fmt: skip


def test_outside_of_a_fit_it_says_what_it_did_not_find(tmp_path: Path) -> None:
    recorder = callcheck.Recorder(tmp_path / "callbacks.toml")
    recorder.set_params({"epochs": 3})
    recorder.on_train_begin()
    recorder.on_epoch_begin(0)
    recorder.on_epoch_end(0, {})
    recorder.on_train_end()
    (fit,) = recorder.script.fits
    assert (fit.epochs, fit.callbacks) == (3, ())
    assert fit.unread == {"fit": "its arguments were not found", "learning_rate": "None"}
