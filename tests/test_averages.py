"""Averages of weights: whose weights a model holds while SwapEMAWeights is at work, on the stand-in and in a real `fit`."""

from typing import Any

import pytest

from callcheck.conformance.driver.loop import run
from callcheck.conformance.driver.protocol import Unavailable
from callcheck.conformance.driver.subjects import subject
from callcheck.reference.replay import replay
from callcheck.spec.dialect import NEWEST, resolve
from callcheck.spec.difference import difference
from callcheck.spec.reading import InvalidScenario
from callcheck.spec.scenario import from_json as scenario_from_json
from callcheck.spec.scenario import to_json
from callcheck.spec.trace import NotExpressible, Trace, from_json

SWAPPING = {"callback": "SwapEMAWeights"}
ON_EPOCH = {"callback": "SwapEMAWeights", "config": {"swap_on_epoch": True}}
SAVING = {"callback": "ModelCheckpoint", "config": {"filepath": "m-{epoch}.keras"}}
SAVING_WEIGHTS = {
    "callback": "ModelCheckpoint", "config": {"filepath": "m-{epoch}.weights.h5", "save_weights_only": True},
}  # fmt: skip
STOPPING = {"callback": "EarlyStopping", "config": {"patience": 1, "restore_best_weights": True, "mode": "min"}}
BACKUP = {"callback": "BackupAndRestore", "config": {"backup_dir": "backup"}}


def epochs(*values: float, **more: Any) -> list[dict[str, Any]]:
    return [{"logs": {"val_loss": value}, **more} for value in values]


INTERRUPTED = {"logs": {"val_loss": 1.0}, "others": [{"hook": "epoch_begin", "raise": "KeyboardInterrupt"}]}
SCENARIOS: dict[str, dict[str, Any]] = {
    "evaluations, and epochs without one": {
        **SWAPPING, "fits": [{"epochs": [*epochs(1.0, 2.0), {"logs": {"loss": 1.0}}]}, {"epochs": epochs(1.0)}],
    },
    "the average becomes the weights every two steps": {
        **ON_EPOCH, "ema_overwrite_frequency": 2, "steps_per_execution": 2, "learning_rate": 0.0,
        "fits": [{"epochs": epochs(1.0, 2.0, 1.0, batches=[{}, {}, {}])}],
    },
    "saved behind it and before it, and stopped": {
        "callbacks": [{**SAVING, "config": {"filepath": "before-{epoch}.keras"}}, ON_EPOCH, SAVING, STOPPING],
        "fits": [{"epochs": epochs(1.0, 0.5, 2.0, 3.0, 4.0)}, {"epochs": epochs(1.0, 2.0)}],
    },
    "resumed from a model that holds the average": {
        "callbacks": [ON_EPOCH, SAVING],
        "fits": [
            {"epochs": epochs(1.0, 0.5, 2.0)},
            {"instances": "new", "resume": {"from": "m-2.keras"}, "epochs": epochs(1.0, 2.0)},
            {"instances": "same", "resume": {"load": "nothing"}, "epochs": epochs(1.0, 2.0)},
        ],
    },
    "resumed from weights": {
        "callbacks": [ON_EPOCH, SAVING_WEIGHTS],
        "fits": [
            {"epochs": epochs(1.0, 0.5)},
            {"instances": "new", "resume": {"from": "m-2.weights.h5", "load": "weights"}, "epochs": epochs(1.0, 2.0)},
            {"resume": {"from": "m-1.weights.h5", "load": "weights"}, "epochs": epochs(1.0, 2.0)},
        ],
    },
    "interrupted, and taken up by a new instance": {
        **ON_EPOCH, "fits": [{"epochs": [*epochs(1.0, 2.0), INTERRUPTED]}, {"instances": "new", "epochs": epochs(1.0, 2.0)}],
    },
    "interrupted, and taken up from a backup": {
        "callbacks": [ON_EPOCH, BACKUP],
        "fits": [
            {"epochs": [*epochs(1.0, 2.0), INTERRUPTED, *epochs(1.0)]},
            {"instances": "new", "resume": {"load": "nothing"}, "epochs": epochs(1.0, 2.0, 1.0, 1.0)},
        ],
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def ways() -> tuple[Any, Any]:
    try:
        return subject("keras"), subject("keras:fit")
    except Unavailable as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("name", SCENARIOS)
def test_hooks_and_fit_do_what_is_predicted(name: str, ways: tuple[Any, Any]) -> None:
    scenario = scenario_from_json({"use_ema": True, **SCENARIOS[name]})
    predicted = replay(scenario, resolve(NEWEST).dialect)
    assert isinstance(predicted, Trace), predicted
    for way in ways:
        seen = from_json(run(way, to_json(scenario), optional=True, time_limit=600.0))
        assert isinstance(seen, Trace), seen
        assert difference(predicted, seen) is None
        assert all(epoch.held is not None for fit in seen.fits for epoch in fit.epochs)


def test_an_optimizer_without_average_is_refused_at_the_first_evaluation(ways: tuple[Any, Any]) -> None:
    data = {**SWAPPING, "fits": [{"epochs": [{"logs": {"loss": 1.0}}, *epochs(1.0)]}]}
    for way in ways:
        error = run(way, data, time_limit=600.0)["fits"][0]["error"]
        assert (error["type"], error["hook"], error["epoch"]) == ("ValueError", "epoch_end", 1)


def test_a_fit_that_is_stopped_ends_with_the_weights(ways: tuple[Any, Any]) -> None:
    """The defect, in a real fit: the average was in the model when the last epoch ended, and is lost."""
    stopped = {**epochs(2.0)[0], "stop": True}
    data = {**ON_EPOCH, "use_ema": True, "fits": [{"epochs": [*epochs(1.0), stopped, *epochs(1.0)]}]}
    seen = run(ways[1], data, time_limit=600.0)["fits"][0]
    average = {"weights_of_epoch": 1, "averaged": True}
    assert seen["epochs"][1]["held"] == {
        "epoch_begin": {"weights_of_epoch": 0}, "evaluation": average, "epoch_end": average,
    }  # fmt: skip
    assert (seen["weights_of_epoch"], "averaged" in seen) == (1, False)


def test_exchanged_by_addition_weights_come_back_rounded(ways: tuple[Any, Any]) -> None:
    """Of Keras on TensorFlow. No scenario shows it: what trains here makes weights whose sums are exact."""
    keras = ways[0].world.keras
    variable = keras.Variable([0.1, float("inf")])
    model = keras.Sequential()
    model.optimizer = optimizer = keras.optimizers.SGD(1.0, use_ema=True)
    optimizer.build([variable])
    (average,) = optimizer._model_variables_moving_average
    average.assign([1e6, 1.0])
    callback = keras.callbacks.SwapEMAWeights()
    callback.set_model(model)
    callback.on_test_begin()
    assert [float(each) for each in variable.numpy()] != [1e6, 1.0], "the average of what is infinite is not a number"
    callback.on_test_end()
    weights = variable.numpy()
    assert weights[0] != keras.Variable(0.1).numpy()
    assert weights[0] == pytest.approx(0.1, abs=0.1)
    assert weights[1] != weights[1], "NaN, where it was infinite"


def test_only_one_optimizer_keeps_an_average() -> None:
    fits = [{"epochs": [{"logs": {}}]}]
    for more in ({"learning_rate": {"head": 0.1}}, {"learning_rate": None}, {"outputs": ["a", "b"]}):
        with pytest.raises(InvalidScenario, match="use_ema: one optimizer"):
            scenario_from_json({**SWAPPING, "use_ema": True, "fits": fits, **more})
    with pytest.raises(InvalidScenario, match="ema_overwrite_frequency: there is no average"):
        scenario_from_json({**SWAPPING, "ema_overwrite_frequency": 2, "fits": fits})


def test_a_release_without_the_callback_has_no_averages() -> None:
    scenario = scenario_from_json({**STOPPING, "use_ema": True, "fits": [{"epochs": epochs(1.0)}]})
    assert replay(scenario, resolve("tf-keras-2.21.0").dialect) == NotExpressible(parameter="use_ema")
