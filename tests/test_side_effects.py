"""What constructors and hooks leave changed beside their work is seen, by its name and the hook, and gone with the scenario."""

import gc
import importlib
import logging
import os
import random
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from libraries import a_keras
from plain import Plain

from callcheck.conformance.driver.loop import run
from callcheck.conformance.driver.subjects import custom

SCENARIO = {"callback": "EarlyStopping", "fits": [{"epochs": [{"logs": {"val_loss": 1.0}}] * 2}]}


def acting(act: Callable[[Any], Any], base: type = Plain) -> type:
    """A callback that does it at the end of the second epoch."""

    def on_epoch_end(self: Any, epoch: int, logs: Any) -> None:
        super(made, self).on_epoch_end(epoch, logs)
        if epoch == 1:
            act(self)

    made = type("Acting", (base,), {"on_epoch_end": on_epoch_end})
    return made


def effects(implementation: Any, scenario: dict[str, Any] | None = None) -> list[Any]:
    """What was left changed: by the constructor, in each epoch, and around them."""
    answer = run(implementation, scenario or SCENARIO, optional=True)
    (fit,) = answer["fits"]
    assert fit["error"] is None
    return [answer["side_effects"], *(epoch["side_effects"] for epoch in fit["epochs"]), fit["side_effects"]]


def remove_the_path() -> None:
    del os.environ["PATH"]


OF_THE_PROCESS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "sets a variable": ("environment", lambda _: os.environ.update(CALLCHECK_TEST="1")),
    "removes a variable": ("environment", lambda _: remove_the_path()),
    "seeds": ("random state", lambda _: random.seed(0)),
    "draws": ("random state", lambda _: random.random()),
    "filters warnings": ("warning filters", lambda _: warnings.simplefilter("ignore")),
    "lowers the level": ("logging", lambda _: logging.getLogger().setLevel(logging.DEBUG)),
    "adds a handler": ("logging", lambda _: logging.getLogger().addHandler(logging.NullHandler())),
    "stops collecting": ("garbage collection", lambda _: (gc.disable if gc.isenabled() else gc.enable)()),
    "leaves a thread": ("threads", lambda _: threading.Thread(target=time.sleep, args=(0.5,), daemon=True).start()),
    "tells all": ("params", lambda self: self.params.update(epochs=1)),
    "adds an attribute": ("model.seen", lambda self: setattr(self.model, "seen", True)),
    "freezes": ("model.trainable", lambda self: setattr(self.model, "trainable", False)),
    "sets the momentum": ("optimizer.momentum", lambda self: setattr(self.model.optimizer, "momentum", 0.5)),
    "sets the optimizer": ("model.optimizer", lambda self: setattr(self.model, "optimizer", self.model.optimizer.__class__())),
}  # fmt: skip


@pytest.mark.parametrize("what", OF_THE_PROCESS)
def test_what_is_left_changed_has_a_name_and_is_put_back(what: str) -> None:
    name, act = OF_THE_PROCESS[what]
    before = dict(os.environ), list(warnings.filters), logging.getLogger().level, gc.isenabled()
    subject = custom("Acting", acting(act), "EarlyStopping")
    for _ in range(2):  # the second scenario meets nothing of the first
        assert effects(subject) == [{}, {}, {name: ["epoch_end"]}, {}]
    assert (dict(os.environ), list(warnings.filters), logging.getLogger().level, gc.isenabled()) == before


def test_one_that_puts_right_what_it_changed_has_changed_it_twice() -> None:
    class Borrows(Plain):
        def __init__(self) -> None:
            warnings.simplefilter("ignore")

        def on_epoch_begin(self, epoch: int, logs: Any) -> None:
            os.environ["CALLCHECK_TEST"] = str(epoch)

        def on_train_end(self, logs: Any) -> None:
            del os.environ["CALLCHECK_TEST"]

    assert effects(custom("Borrows", Borrows, "EarlyStopping")) == [
        {"warning filters": ["constructor"]},
        {"environment": ["epoch_begin"]},
        {"environment": ["epoch_begin"]},
        {"environment": ["fit_end"]},
    ]


def test_nothing_is_looked_at_unless_it_is_asked_for() -> None:
    _, act = OF_THE_PROCESS["sets a variable"]
    answer = run(custom("Acting", acting(act), "EarlyStopping"), SCENARIO)
    assert "side_effects" not in answer
    assert "CALLCHECK_TEST" not in os.environ


@pytest.fixture(scope="module", params=["keras", "tf-keras"])
def keras(request: pytest.FixtureRequest) -> Any:
    return a_keras(request.param).world.keras


ON_KERAS: dict[str, Callable[[Any, Any], Any]] = {
    "random state": lambda keras, self: keras.utils.set_random_seed(1),
    "keras.config": lambda keras, self: keras.backend.set_epsilon(1e-3),
    "model.trainable": lambda keras, self: setattr(self.model, "trainable", False),
    "model.run_eagerly": lambda keras, self: setattr(self.model, "run_eagerly", True),
    "optimizer.clipnorm": lambda keras, self: setattr(self.model.optimizer, "clipnorm", 1.0),
    "optimizer.momentum": lambda keras, self: setattr(self.model.optimizer, "momentum", 0.25),
}


@pytest.mark.parametrize("by", ["hooks", "fit"])
def test_of_a_keras_all_is_seen_by_hooks_and_through_a_real_fit(by: str, keras: Any) -> None:
    def act(self: Any) -> None:
        for each in ON_KERAS.values():
            each(keras, self)

    tried = custom("Acting", acting(act, keras.callbacks.EarlyStopping), "EarlyStopping", by == "fit")
    epsilon = keras.backend.epsilon()
    for _ in range(2 if by == "hooks" else 1):
        assert effects(tried) == [{}, {}, {name: ["epoch_end"] for name in ON_KERAS}, {}]
    assert keras.backend.epsilon() == epsilon


@pytest.mark.parametrize("by", ["hooks", "fit"])
def test_the_variables_of_an_optimizer_are_looked_at(by: str) -> None:
    keras = a_keras("keras").world.keras
    made = acting(lambda self: self.model.optimizer.iterations.assign(7), keras.callbacks.EarlyStopping)
    tried = custom("Acting", made, "EarlyStopping", by == "fit")
    assert effects(tried) == [{}, {}, {"optimizer.variables": ["epoch_end"]}, {}]


def test_what_saving_leaves_in_the_model_when_it_fails_is_not_the_callbacks() -> None:
    """Keras 2 leaves `use_legacy_config` there, in a real fit."""
    scenario = {
        "callback": "ModelCheckpoint", "config": {"filepath": "m.h5"}, "existing": ["m.h5/"],
        "fits": [{"epochs": [{"logs": {"val_loss": 1.0}}]}],
    }  # fmt: skip
    (fit,) = run(a_keras("tf-keras:fit"), scenario, optional=True)["fits"]
    assert fit["error"]["type"] == "OSError"
    assert [epoch["side_effects"] for epoch in fit["epochs"]] == [{}]


def test_what_a_module_does_while_it_is_imported_is_not_the_callbacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "noisy_module.py").write_text(
        "import logging, os, threading, time, warnings\n"
        "os.environ['CALLCHECK_TEST'] = '1'\n"
        "warnings.simplefilter('ignore')\n"
        "logging.getLogger().addHandler(logging.NullHandler())\n"
        "threading.Thread(target=time.sleep, args=(0.2,), daemon=True).start()\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    loads = acting(lambda _: importlib.import_module("noisy_module"))
    assert effects(custom("Acting", loads, "EarlyStopping")) == [{}] * 4
    assert "noisy_module" in sys.modules
