"""The hooks on a stand-in and a real `fit` agree; the feeder changes nothing; saved files really are read."""

import math
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from libraries import a_keras

from callcheck.conformance.driver.files import arguments
from callcheck.conformance.driver.fit import RealFit
from callcheck.conformance.driver.hooks import Hooks
from callcheck.conformance.driver.importing import load
from callcheck.conformance.driver.packages import Package
from callcheck.conformance.driver.protocol import Unavailable
from callcheck.conformance.driver.real import real_models
from callcheck.conformance.driver.subjects import subject
from callcheck.conformance.driver.values import as_logged, logs_from_json
from callcheck.conformance.driver.worlds import StandaloneKeras
from callcheck.conformance.subjects.transport import run
from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.difference import difference
from callcheck.spec.metrics import DIRECTIONS, metric_from_json
from callcheck.spec.scenario import Epoch, Fit, Scenario, dumps, from_json
from callcheck.spec.search.samples import sample
from callcheck.spec.trace import Failed, Result, Trace
from callcheck.spec.weights import Weights


@pytest.fixture(scope="module")
def keras_fit() -> RealFit:
    return a_keras("keras:fit")


@pytest.fixture(scope="module")
def hooks(keras_fit: RealFit) -> Hooks:
    return subject("keras")


# ---------------------------------------------------------------------------------------------- hooks and fit agree


PATIENCE = 600.0
"""Seconds for one scenario, which takes less than one: on a machine that is busy otherwise, a limit must not decide."""


@pytest.mark.parametrize("callback", CALLBACKS)
def test_hooks_and_fit_agree(callback: str, hooks: Hooks, keras_fit: RealFit) -> None:
    for scenario in sample(callback, 30, seed=11):
        by_hooks = run(hooks, scenario, internal=True, time_limit=PATIENCE)
        by_fit = run(keras_fit, scenario, internal=True, time_limit=PATIENCE)
        assert isinstance(by_hooks, Trace), dumps(scenario)
        assert isinstance(by_fit, Trace), f"{by_fit}\n{dumps(scenario)}"
        found = difference(by_hooks, by_fit)
        assert found is None, f"hooks and fit disagree: {found}\n{dumps(scenario)}"
        assert repr(by_hooks.internal) == repr(by_fit.internal), dumps(scenario)  # repr: NaN equals NaN


RATES: list[Any] = [{"head": 1.0, "body": 0.25}, {"head": 0.25, "body": 1.0, "tail": 0.5}, None]


@pytest.mark.parametrize("rate", RATES, ids=["two", "three", "none"])
@pytest.mark.parametrize(
    ("callback", "config"),
    [
        ("ReduceLROnPlateau", {"mode": "min", "patience": 1, "factor": 0.5, "min_lr": 0.25, "verbose": 1}),
        ("LearningRateScheduler", {"schedule": {"scale": 0.5}, "verbose": 1}),
        ("EarlyStopping", {"mode": "min", "patience": 2, "restore_best_weights": True}),
    ],
)
def test_hooks_and_fit_agree_on_several_optimizers_and_on_none_with_a_rate(
    callback: str, config: dict[str, Any], rate: Any, hooks: Hooks, keras_fit: RealFit
) -> None:
    fit = {"epochs": [{"logs": {"val_loss": 1.0}}] * 3}
    again = fit if rate is None else {**fit, "learning_rate": dict.fromkeys(rate, 2.0)}
    scenario = from_json({"callback": callback, "config": config, "learning_rate": rate, "fits": [fit, again]})

    by_hooks, by_fit = run(hooks, scenario), run(keras_fit, scenario)

    assert isinstance(by_hooks, Trace)
    assert isinstance(by_fit, Trace)
    assert (by_fit.fits[0].error is None) == (rate is not None or callback == "EarlyStopping")
    assert difference(by_hooks, by_fit) is None


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".weights.h5"])
@pytest.mark.parametrize(
    ("stem", "existing", "error"),
    [
        ("m-{epoch}", "m-2{}/", "OSError"),
        ("a/m", "a/m{}/", "OSError"),
        ("a/m", "a", "NotADirectoryError"),
        ("a/b/m", "a", "NotADirectoryError"),
        ("is a directory/m", "is a directory", "NotADirectoryError"),
        ("a/m", "a/", None),
        ("m", "m{}", None),
    ],
)
def test_hooks_and_fit_agree_on_what_is_in_the_way(
    stem: str, existing: str, error: str | None, suffix: str, hooks: Hooks, keras_fit: RealFit
) -> None:
    config = {"filepath": stem + suffix, "save_weights_only": suffix == ".weights.h5", "mode": "min", "verbose": 1}
    scenario = from_json(
        {"callback": "ModelCheckpoint", "config": config, "existing": [existing.format(suffix)],
         "fits": [{"epochs": [{"logs": {"val_loss": 1.0}}] * 3}]}
    )  # fmt: skip

    by_hooks, by_fit = run(hooks, scenario), run(keras_fit, scenario)

    assert isinstance(by_hooks, Trace)
    assert isinstance(by_fit, Trace)
    raised = by_fit.fits[0].error
    assert (None if raised is None else raised.type) == error
    assert difference(by_hooks, by_fit) is None


@pytest.mark.parametrize("kind", ["path_like", "relative"])
@pytest.mark.parametrize("path", ["m-{epoch}.keras", "m.h5", "a/m.weights.h5"])
def test_hooks_and_fit_agree_however_the_path_is_handed_over(
    path: str, kind: str, hooks: Hooks, keras_fit: RealFit
) -> None:
    scenario, plain = (
        from_json(
            {"callback": "ModelCheckpoint", "fits": [{"epochs": [{"logs": {"val_loss": 1.0}}] * 2}],
             "config": {"filepath": filepath, "save_weights_only": "weights" in path, "mode": "min", "verbose": 1}}
        )
        for filepath in ({kind: path}, path)
    )  # fmt: skip

    expected = run(keras_fit, plain)

    assert isinstance(expected, Trace)
    assert len([save for epoch in expected.fits[0].epochs for save in epoch.saved or ()]) == 2
    assert difference(run(hooks, scenario), expected) is None
    assert difference(run(keras_fit, scenario), expected) is None


METRICS = {
    "number in an array": [{"array": 1.0}, {"array": 0.3}, 0.3, {"array": 0.3}, {"array": 1e39}],
    "tensor": [{"tensor": [1.0, 0.1]}, 1.0, {"tensor": [0.1, 0.2, 0.3]}],
}


@pytest.mark.parametrize("values", METRICS.values(), ids=METRICS)
@pytest.mark.parametrize("callback", ["EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint", "TerminateOnNaN"])
def test_hooks_and_fit_agree_on_arrays_and_tensors(
    callback: str, values: list[Any], hooks: Hooks, keras_fit: RealFit
) -> None:
    monitored = {"monitor": "loss", "mode": "min"}
    config = {
        "ModelCheckpoint": {**monitored, "filepath": "m.keras", "save_best_only": True, "verbose": 1},
        "TerminateOnNaN": {},
    }
    scenario = from_json(
        {"callback": callback, "config": config.get(callback, monitored),
         "fits": [{"epochs": [{"logs": {"loss": value}} for value in values]}]}
    )  # fmt: skip

    by_hooks, by_fit = run(hooks, scenario, internal=True), run(keras_fit, scenario, internal=True)

    assert isinstance(by_hooks, Trace)
    assert isinstance(by_fit, Trace)
    assert difference(by_hooks, by_fit) is None
    assert repr(by_hooks.internal) == repr(by_fit.internal)


def test_a_hook_gets_arrays_and_tensors(hooks: Hooks) -> None:
    logs = logs_from_json({"a": {"array": 0.1}, "b": [0.1], "c": {"tensor": [0.1, 0.2]}, "d": 0.1})

    given = as_logged(logs, hooks.world.tensor)

    assert [type(value).__name__ for value in given.values()] == ["ndarray", "ndarray", "EagerTensor", "float"]
    assert [value.shape for value in (given["a"], given["b"], given["c"])] == [(), (1,), (2,)]
    assert [str(given[name].dtype) for name in "ab"] == ["float64", "float64"]
    assert "float32" in str(given["c"].dtype)


# ---------------------------------------------------------------------------------------------- without a feeder


@dataclass(frozen=True, kw_only=True, slots=True)
class RealFit:
    """What a real fit with real metrics did, and the scenario that its recorded logs make."""

    scenario: Scenario
    stops: list[bool]
    rates: list[float]
    added: list[list[str]]
    after_epoch: list[list[float]]
    """The weights after each epoch's training."""
    final: list[float]
    """The weights after the fit."""
    files: dict[str, list[float]]
    """The weights in the files that are there after the fit, by relative path."""


def real_fit(
    callback: str, config: dict[str, Any], directory: Path, *, rate: float = 0.02, steps_per_execution: int = 1
) -> RealFit:
    """Eight epochs of five batches. The weight goes from 0 towards 1, validation wants 0.5: val_loss falls, then rises.

    Plain callbacks before and behind the subject write down the logs and the model's state, and change nothing.
    """
    keras = load("keras", "keras")
    import numpy as np

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(rate), loss="mse", metrics=["mae"], steps_per_execution=steps_per_execution)
    epochs: list[Epoch] = []
    batches: list[dict[str, float]] = []
    state: dict[str, list[Any]] = {"stops": [], "rates": [], "added": [], "after_epoch": []}

    def weights(of: Any) -> list[float]:
        return [float(of.get_weights()[0][0, 0])]

    def before_batch_end(batch: int, logs: dict[str, float]) -> None:
        # The scenario has every batch, the hook sees the last of each group.
        batches.extend([dict(logs)] * (min(batch, 4) + 1 - len(batches)))

    def before_epoch_end(epoch: int, logs: dict[str, float]) -> None:
        epochs.append(Epoch(logs=dict(logs), batches=tuple(batches)))
        batches.clear()
        state["after_epoch"].append(weights(model))

    def after_epoch_end(epoch: int, logs: dict[str, float]) -> None:
        state["stops"].append(bool(model.stop_training))
        state["rates"].append(float(model.optimizer.learning_rate.numpy()))
        state["added"].append(sorted(logs.keys() - epochs[-1].logs.keys()))

    plain = keras.callbacks.LambdaCallback
    model.fit(
        np.ones((10, 1)), np.ones((10, 1)), batch_size=2, epochs=8, verbose=0,
        validation_data=(np.ones((2, 1)), np.full((2, 1), 0.5)), validation_freq=2,
        callbacks=[
            plain(on_train_batch_end=before_batch_end, on_epoch_end=before_epoch_end),
            getattr(keras.callbacks, callback)(**arguments(config, str(directory), None)),
            plain(on_epoch_end=after_epoch_end),
        ],
    )  # fmt: skip
    files = {
        path.relative_to(directory).as_posix(): weights(keras.models.load_model(path))
        for path in directory.rglob("*.keras")
    }
    scenario = Scenario(
        callback=callback, config=config, learning_rate=rate, metrics=(metric_from_json("mae"),),
        steps_per_execution=steps_per_execution, fits=(Fit(epochs=tuple(epochs)),),
    )  # fmt: skip
    return RealFit(scenario=scenario, final=weights(model), files=files, **state)


REAL: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("EarlyStopping", {"patience": 1, "restore_best_weights": True}, {}),
    ("EarlyStopping", {"monitor": "val_mae", "patience": 2, "restore_best_weights": True}, {}),
    ("EarlyStopping", {"monitor": "loss", "baseline": 0.01, "patience": 2, "start_from_epoch": 1}, {}),
    ("ReduceLROnPlateau", {"patience": 1, "factor": 0.5}, {}),
    ("ReduceLROnPlateau", {"monitor": "loss", "patience": 1, "factor": 0.1, "min_delta": 0.2, "min_lr": 1e-4}, {}),
    ("ReduceLROnPlateau", {"monitor": "loss", "patience": 1, "cooldown": 2, "min_delta": 0.2, "mode": "min"}, {}),
    ("ModelCheckpoint", {"filepath": "m-{epoch}.keras", "save_best_only": True, "monitor": "val_loss"}, {}),
    ("ModelCheckpoint", {"filepath": "m-{epoch}-{batch}.keras", "save_freq": 7}, {"steps_per_execution": 2}),
    ("LearningRateScheduler", {"schedule": {"scale": 0.5}}, {}),
    ("TerminateOnNaN", {}, {"rate": 1e30}),
]


@pytest.mark.parametrize(("callback", "config", "options"), REAL, ids=[f"{c}-{i}" for i, (c, _, _) in enumerate(REAL)])
def test_a_feeder_changes_nothing(
    callback: str, config: dict[str, Any], options: dict[str, Any], hooks: Hooks, tmp_path: Path
) -> None:
    real = real_fit(callback, config, tmp_path, **options)

    trace = run(hooks, real.scenario)

    assert isinstance(trace, Trace)
    (fit,) = trace.fits
    assert fit.error is None
    assert [epoch.stop for epoch in fit.epochs] == real.stops
    assert [epoch.learning_rate for epoch in fit.epochs] == real.rates
    assert [sorted(epoch.logged or {}) for epoch in fit.epochs] == real.added
    assert fit.weights is not None
    assert repr(real.after_epoch[fit.weights.epoch]) == repr(real.final)
    saves = {save.path: (epoch, save) for epoch, content in enumerate(fit.epochs) for save in content.saved or ()}
    assert sorted(saves) == sorted(real.files)
    for epoch, save in saves.values():
        assert save.weights == Weights(epoch=epoch)
        if save.batch is None:
            assert real.files[save.path] == real.after_epoch[epoch]


def test_the_real_fits_make_the_callbacks_act(keras_fit: RealFit, tmp_path: Path) -> None:
    """What the test above compares is not nothing."""
    best = real_fit(*REAL[0][:2], tmp_path)
    reduced = real_fit(*REAL[3][:2], tmp_path)
    in_batches = real_fit(*REAL[7][:2], tmp_path, steps_per_execution=2)
    terminated = real_fit(*REAL[9][:2], tmp_path, rate=1e30)

    val_losses = [epoch.logs.get("val_loss") for epoch in best.scenario.fits[0].epochs]
    assert val_losses[::2] == [None] * len(val_losses[::2])
    assert best.stops[-1]
    assert len(best.stops) < 8
    assert best.final != best.after_epoch[-1]
    assert reduced.rates[0] > reduced.rates[-1]
    # Five batches, two at a time: the hook is called with 1, 3 and 5, and the name has one more.
    assert all(name.removesuffix(".keras").split("-")[2] in ("2", "4", "6") for name in in_batches.files)
    assert len(terminated.stops) == 1
    last_loss = terminated.scenario.fits[0].epochs[0].batch_logs()[-1]["loss"]
    assert isinstance(last_loss, float)
    assert not math.isfinite(last_loss)
    assert len(terminated.scenario.fits[0].epochs[0].batch_logs()) < 5


# ---------------------------------------------------------------------------------------------- files


def saving(filepath: str, weights_only: bool) -> Scenario:
    config = {"filepath": filepath, "save_weights_only": weights_only, "mode": "min"}
    return from_json({"callback": "ModelCheckpoint", "config": config, "fits": [{"epochs": [{"logs": {}}] * 3}]})


FILES = [("m-{epoch}.keras", False), ("m-{epoch}.h5", False), ("m-{epoch}.weights.h5", True)]


@pytest.mark.parametrize(("filepath", "weights_only"), FILES)
def test_a_saved_file_is_read(
    filepath: str, weights_only: bool, keras_fit: RealFit, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert saved_weights(run(keras_fit, saving(filepath, weights_only))) == [0, 1, 2]
    model, method = keras_fit.keras.Model, "save_weights" if weights_only else "save"
    save = getattr(model, method)

    def tampering(self: Any, path: str, **options: Any) -> None:
        save(self, path, **options)
        if "m-3" in path:
            shutil.copy(path.replace("m-3", "m-1"), path)

    monkeypatch.setattr(model, method, tampering)

    assert saved_weights(run(keras_fit, saving(filepath, weights_only))) == [0, 1, 0]


def saved_weights(result: Result) -> list[int]:
    assert isinstance(result, Trace), result
    saves = [save for epoch in result.fits[0].epochs for save in epoch.saved or ()]
    return [save.weights.epoch for save in saves if save.weights is not None]


def test_weights_that_no_epoch_produced_are_nonsense(keras_fit: RealFit, monkeypatch: pytest.MonkeyPatch) -> None:
    save = keras_fit.keras.Model.save

    def spoiling(self: Any, path: str, **options: Any) -> None:
        weights = self.get_weights()
        self.set_weights([weights[0], weights[1], weights[2] + 1.0])
        save(self, path, **options)
        self.set_weights(weights)

    monkeypatch.setattr(keras_fit.keras.Model, "save", spoiling)

    result = run(keras_fit, saving("m.keras", False))

    assert isinstance(result, Failed)
    assert result.kind == "nonsense"
    assert "these weights were never the model's" in result.message


def test_what_went_wrong_leaves_nothing_behind(keras_fit: RealFit, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = saving("m-{epoch}.keras", False)
    expected = run(keras_fit, scenario)
    failing = from_json(
        {"callback": "ModelCheckpoint", "config": {"filepath": "m-{missing}.keras", "mode": "min"},
         "fits": [{"epochs": [{"logs": {"val_loss": 1.0}}]}]}
    )  # fmt: skip

    failed = run(keras_fit, failing)

    assert isinstance(failed, Trace)
    error = failed.fits[0].error
    assert error is not None
    assert (error.type, error.hook, error.epoch) == ("KeyError", "epoch_end", 0)
    assert difference(run(keras_fit, scenario), expected) is None


@pytest.mark.parametrize("cls", DIRECTIONS)
def test_every_metric_that_can_be_named_can_be_trained_with(keras_fit: RealFit, hooks: Hooks, cls: str) -> None:
    scenario = from_json(
        {
            "callback": "EarlyStopping",
            "config": {"monitor": "val_mine"},
            "metrics": [{"class": cls, "name": "mine"}],
            "fits": [{"epochs": [{"logs": {"val_mine": 1.0}}, {"logs": {"val_mine": 2.0}}]}],
        }
    )

    assert difference(run(keras_fit, scenario), run(hooks, scenario)) is None


@pytest.mark.parametrize("version", ["1.2.2", "2.0.8"])
def test_a_keras_that_cannot_be_fed_epoch_by_epoch_says_so(version: str) -> None:
    world = StandaloneKeras.__new__(StandaloneKeras)
    with pytest.raises(Unavailable, match=r"keras:fit needs Keras 2\.1"):
        real_models(Package("keras", None, version, "tensorflow", world))
