"""What callcheck states about Keras without running it, held to the installed Keras."""

import inspect

import pytest

keras = pytest.importorskip("keras", reason="keras is not installed; pip install 'callcheck[keras]' installs it")

import numpy as np  # noqa: E402 - after the skip

from callcheck.conformance.driver.metrics import compiled  # noqa: E402
from callcheck.conformance.driver.packages import package  # noqa: E402
from callcheck.conformance.driver.scenario import index_told  # noqa: E402
from callcheck.spec.callbacks import CALLBACKS, defaults, parameters  # noqa: E402
from callcheck.spec.metrics import _BY_NAME, DIRECTIONS, default_name, metric_from_json  # noqa: E402

MODES = {"up": "max", "down": "min"}


@pytest.mark.parametrize("cls", DIRECTIONS)
def test_the_direction_of_a_metric_is_keras(cls: str) -> None:
    (metric,) = compiled(keras, [{"class": cls, "name": "mine"}])
    assert metric.name == "mine"
    assert MODES.get(getattr(metric, "_direction", None)) == DIRECTIONS[cls]


def test_every_metric_class_of_keras_is_known() -> None:
    base = keras.metrics.Metric
    # Bases, and two that take no targets and so cannot be compiled.
    abstract = {"Metric", "MeanMetricWrapper", "Mean", "Sum"}
    classes = {
        name for name, value in vars(keras.metrics).items() if inspect.isclass(value) and issubclass(value, base)
    }
    assert classes - abstract == set(DIRECTIONS)


@pytest.mark.parametrize("name", _BY_NAME)
def test_a_metric_that_is_named_is_the_one_keras_takes(name: str) -> None:
    if name in ("accuracy", "acc"):  # resolved by the shape of the output
        assert metric_from_json(name).cls == "BinaryAccuracy"
        return
    assert type(keras.metrics.get(name)).__name__ == _BY_NAME[name]


@pytest.mark.parametrize("cls", DIRECTIONS)
def test_the_default_name_is_keras(cls: str) -> None:
    try:
        name = getattr(keras.metrics, cls)().name
    except TypeError:  # it needs arguments; then Keras makes the name of the class
        name = default_name(cls)
    assert name.startswith(default_name(cls)), "Keras may add a number"


@pytest.mark.parametrize("callback", CALLBACKS)
def test_parameters_and_defaults_are_keras(callback: str) -> None:
    signature = inspect.signature(getattr(keras.callbacks, callback).__init__)
    named = {
        name: parameter.default
        for name, parameter in signature.parameters.items()
        if name != "self" and parameter.kind is not inspect.Parameter.VAR_KEYWORD
    }
    assert tuple(named) == parameters(callback)
    assert {name: value for name, value in named.items() if value is not inspect.Parameter.empty} == defaults(callback)


def test_the_schedule_of_the_documentation_is_refused_on_tensorflow() -> None:
    """The example of LearningRateScheduler's own documentation: ten epochs as they are, then lr * ops.exp(-0.1)."""

    def scheduler(epoch: int, lr: float) -> object:
        return lr if epoch < 10 else lr * keras.ops.exp(-0.1)

    model = keras.models.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    seen = []
    counts = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))
    ones = keras.ops.ones((1, 1))
    callbacks = [keras.callbacks.LearningRateScheduler(scheduler), counts]
    with pytest.raises(ValueError, match="should be a float"):
        model.fit(ones, ones, epochs=15, callbacks=callbacks, verbose=0)
    assert seen == list(range(10))


@pytest.mark.parametrize("name", ["keras", "tf-keras"])
def test_the_index_that_a_batch_hook_is_told_is_that_of_a_real_fit(name: str) -> None:
    """Of three batches, two at a time: of a full group, and of one that is short."""
    module = pytest.importorskip(name.replace("-", "_"))
    told = []

    class Look(module.callbacks.Callback):  # type: ignore[misc, name-defined]  # whatever Keras it is
        def on_train_batch_end(self, batch: int, logs: object = None) -> None:
            told.append(batch)

    model = module.models.Sequential([module.layers.Dense(1, input_shape=(1,))])
    model.compile(optimizer="sgd", loss="mse", steps_per_execution=2, run_eagerly=True)
    model.fit(np.ones((3, 1)), np.ones((3, 1)), batch_size=1, verbose=0, callbacks=[Look()])
    which = package(name).world.index_told
    assert told == [index_told(which, 1, 2, 2), index_told(which, 3, 2, 1)]
