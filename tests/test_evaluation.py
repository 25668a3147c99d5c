"""A callback that has hooks for an evaluation has them called where a real `fit` calls them, and what they do is seen."""

from typing import Any

import pytest
from libraries import a_keras

from callcheck.conformance.driver.loop import run
from callcheck.conformance.driver.subjects import custom
from callcheck.spec.difference import difference
from callcheck.spec.trace import from_json

EVALUATED = {"logs": {"loss": 1.0, "val_loss": 2.0}}
SCENARIO = {
    "callback": "EarlyStopping",
    "config": {"patience": 5},
    "fits": [{"epochs": [EVALUATED, {"logs": {"loss": 1.0}}]}],
}
HOOKS = [
    "on_epoch_begin", "on_train_batch_begin", "on_train_batch_end", "on_test_begin", "on_test_batch_begin", "on_test_batch_end",
    "on_test_end", "on_epoch_end",
]  # fmt: skip


@pytest.fixture(scope="module", params=["keras", "tf-keras"])
def keras(request: pytest.FixtureRequest) -> Any:
    return a_keras(request.param).world.keras


def noting(keras: Any, calls: list[tuple[str, Any]]) -> type:
    """An EarlyStopping that notes which hook is called with what, the numbers aside."""

    def hook(name: str) -> Any:
        def call(self: Any, *given: Any, **named: Any) -> None:
            getattr(super(made, self), name)(*given, **named)
            told = (*given, *named.values())
            calls.append((name, [sorted(each) if isinstance(each, dict) else each for each in told]))

        return call

    made = type("Noting", (keras.callbacks.EarlyStopping,), {name: hook(name) for name in HOOKS})
    return made


def test_they_are_called_in_the_order_of_a_real_fit_and_with_what_it_gives(keras: Any) -> None:
    import numpy as np

    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(loss="mse")
    real: list[tuple[str, Any]] = []
    data = np.zeros((2, 1))
    model.fit(data, data, validation_data=(data, data), verbose=0, callbacks=[noting(keras, real)(patience=5)])

    driven: list[tuple[str, Any]] = []
    run(custom("Noting", noting(keras, driven), "EarlyStopping"), SCENARIO)
    assert driven[: len(HOOKS)] == real
    assert [name for name, _ in driven[len(HOOKS) :]] == [name for name in HOOKS if "test" not in name]


@pytest.mark.parametrize("by_fit", [False, True])
def test_a_stop_and_an_exception_in_one_are_seen(keras: Any, by_fit: bool) -> None:
    class Stops(keras.callbacks.EarlyStopping):  # type: ignore[misc, name-defined]  # Keras has no complete types
        def on_test_end(self, logs: Any = None) -> None:
            if logs["loss"] == 2.0:
                self.model.stop_training = True

    class Fails(keras.callbacks.EarlyStopping):  # type: ignore[misc, name-defined]
        def on_test_begin(self, logs: Any = None) -> None:
            raise RuntimeError

    (fit,) = run(custom("Stops", Stops, "EarlyStopping", by_fit), SCENARIO)["fits"]
    assert [epoch["stop"] for epoch in fit["epochs"]] == [True]
    (fit,) = run(custom("Fails", Fails, "EarlyStopping", by_fit), SCENARIO)["fits"]
    assert (fit["error"]["type"], fit["error"]["hook"], fit["error"]["epoch"]) == ("RuntimeError", "epoch_end", 0)


def test_a_real_fit_calls_them_in_the_same_order_and_shows_the_same(keras: Any) -> None:
    by_hooks, by_fit = [], []
    traces = [
        run(custom("Noting", noting(keras, calls), "EarlyStopping", way), SCENARIO, optional=True)
        for calls, way in ((by_hooks, False), (by_fit, True))
    ]
    assert by_fit == by_hooks
    assert difference(*map(from_json, traces)) is None
