"""A real fit of Keras on jax, beside its hooks on the stand-in: the same epochs, rates and weights."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from callcheck.conformance.subjects.transport import WorkerProcess
from callcheck.spec.scenario import from_json

TRAIN = """
import json, sys
import keras, numpy as np
assert keras.backend.backend() == "jax"

class Feed(keras.callbacks.Callback):
    def __init__(self, values):
        super().__init__()
        self.values, self.kernels, self.rates = values, [], []
    def on_epoch_end(self, epoch, logs=None):
        logs["val_loss"] = self.values[epoch]
        self.kernels.append(float(self.model.get_weights()[0].item()))

class Look(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        feed.rates.append(float(self.model.optimizer.learning_rate))

for line in sys.stdin:
    scenario = json.loads(line)
    feed = Feed([epoch["logs"]["val_loss"] for epoch in scenario["fits"][0]["epochs"]])
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.set_weights([np.full((1, 1), 8.0)])
    model.compile(optimizer=keras.optimizers.SGD(1.0), loss=lambda true, predicted: 0.001 * predicted)
    made = getattr(keras.callbacks, scenario["callback"])(**scenario["config"])
    model.fit(np.ones((1, 1)), np.ones((1, 1)), epochs=len(feed.values), verbose=0, callbacks=[feed, made, Look()])
    kernel = float(model.get_weights()[0].item())
    print(json.dumps([len(feed.kernels), feed.rates, feed.kernels.index(kernel)]))
"""
"""Each epoch moves the one weight by a thousandth of the rate, so that no two epochs end with the same one."""

STREAMS = ([1.0, 0.5, 0.75, 0.5, 1.0, 0.25], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [0.5, 0.3, 0.30000000001, 0.1, 0.2, 0.3])
"""The third has two values that are one in float32."""
CONFIGURATIONS: list[tuple[str, dict[str, Any]]] = [
    ("EarlyStopping", {"patience": 1, "mode": "min"}),
    ("EarlyStopping", {"patience": 2, "mode": "min", "restore_best_weights": True}),
    ("EarlyStopping", {"patience": 2, "mode": "max", "min_delta": 0.25, "restore_best_weights": True}),
    ("ReduceLROnPlateau", {"patience": 1, "mode": "min", "factor": 0.5}),
    ("ReduceLROnPlateau", {"patience": 1, "mode": "min", "factor": 0.5, "cooldown": 2, "min_lr": 0.2}),
]


def test_a_real_fit_on_jax_does_what_its_hooks_do_on_the_stand_in() -> None:
    pytest.importorskip("keras", reason="keras is not installed; pip install 'callcheck[keras]' installs it")
    pytest.importorskip("jax", reason="jax is not installed; pip install 'callcheck[numpy-backend]' installs it")
    asked = [
        {
            "callback": callback,
            "config": config,
            "fits": [{"epochs": [{"logs": {"val_loss": value}} for value in stream]}],
        }
        for callback, config in CONFIGURATIONS
        for stream in STREAMS
    ]
    assert all(from_json(each) for each in asked)
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", TRAIN],
        input="".join(json.dumps(each) + "\n" for each in asked), env=environment, capture_output=True, text=True, check=False,
        timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    trained = [json.loads(line) for line in done.stdout.splitlines()]
    with WorkerProcess("keras", python=sys.executable, environment={"KERAS_BACKEND": "jax"}) as worker:
        assert worker.greeting.backend == "jax"
        seen = [answer["fits"][0] for answer in worker.ask(asked, optional=True)]
    told = [
        [fit["epochs_run"], [epoch["learning_rate"] for epoch in fit["epochs"]], fit["weights_of_epoch"]]
        for fit in seen
    ]
    assert trained == told
    assert len({json.dumps(each) for each in told}) > 6, "they differ from each other"
