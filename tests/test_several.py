"""Several callbacks, later instances, resumed fits, and others at work: the hooks on a stand-in do what a real `fit` does."""

from typing import Any

import pytest
from libraries import a_keras

from callcheck.conformance.driver.loop import run
from callcheck.reference.replay import explain, replay
from callcheck.spec.dialect import release_dialect
from callcheck.spec.difference import difference
from callcheck.spec.scenario import from_json as scenario_from_json
from callcheck.spec.scenario import to_json
from callcheck.spec.trace import NotExpressible, Trace, from_json

STOPPING = {
    "callback": "EarlyStopping",
    "config": {"mode": "min", "patience": 1, "restore_best_weights": True, "verbose": 1},
}
REDUCING = {"callback": "ReduceLROnPlateau", "config": {"mode": "min", "patience": 1, "factor": 0.5, "verbose": 1}}
SAVING = {"callback": "ModelCheckpoint", "config": {"filepath": "m-{epoch}.keras", "mode": "min", "verbose": 1}}
SAVING_WEIGHTS = {
    "callback": "ModelCheckpoint",
    "config": {"filepath": "m-{epoch}.weights.h5", "save_weights_only": True, "mode": "min"},
}
IN_BATCHES = {"callback": "ModelCheckpoint", "config": {"filepath": "m-{epoch}.keras", "save_freq": 2, "mode": "min"}}
HALVING = {"callback": "LearningRateScheduler", "config": {"schedule": {"scale": 0.5}, "verbose": 1}}
WATCHING = {"callback": "TerminateOnNaN"}


def epochs(*values: Any, **more: Any) -> list[dict[str, Any]]:
    return [{"logs": {"loss": value, "val_loss": value}, **more} for value in values]


def others(*acts: dict[str, Any], value: float = 2.0, **more: Any) -> dict[str, Any]:
    return {"logs": {"loss": value, "val_loss": value}, "others": list(acts), **more}


SCENARIOS: dict[str, dict[str, Any]] = {
    "three callbacks": {"callbacks": [STOPPING, REDUCING, SAVING], "fits": [{"epochs": epochs(1.0, 0.5, 0.7, 0.8)}]},
    "four, over two fits": {
        "callbacks": [SAVING, HALVING, WATCHING, REDUCING],
        "fits": [{"epochs": epochs(1.0, 0.5, "NaN", 0.8)}, {"epochs": epochs(1.0)}],
    },
    "one in a list": {"callbacks": [STOPPING], "fits": [{"epochs": epochs(1.0, 2.0)}]},
    "saves within an epoch": {
        "callbacks": [IN_BATCHES, REDUCING],
        "fits": [{"epochs": epochs(1.0, 1.0, 1.0, batches=[{"loss": 1.0}] * 3)}],
    },
    "a new instance": {**REDUCING, "fits": [{"epochs": epochs(1.0)}, {"instances": "new", "epochs": epochs(1.0, 1.0)}]},
    "a copied instance": {
        **STOPPING, "fits": [{"epochs": epochs(1.0, 2.0)}, {"instances": "copied", "epochs": epochs(1.0, 2.0)}],
    },
    "pickled instances": {
        "callbacks": [HALVING, SAVING],
        "fits": [{"epochs": epochs(1.0)}, {"instances": "pickled", "epochs": epochs(1.0, 2.0)}],
    },
    "resumed from a model": {
        "callbacks": [HALVING, SAVING],
        "fits": [
            {"epochs": epochs(1.0, 2.0, 3.0)},
            {"initial_epoch": 2, "instances": "new", "resume": {"from": "m-2.keras"}, "epochs": epochs(1.0)},
        ],
    },
    "resumed from a model in HDF5": {
        "callbacks": [{"callback": "ModelCheckpoint", "config": {"filepath": "m.h5"}}, {"callback": "History"}],
        "fits": [
            {"epochs": epochs(1.0, 0.5)},
            {"initial_epoch": 2, "instances": "new", "resume": {"from": "m.h5"}, "epochs": epochs(1.0, 0.5)},
            {"initial_epoch": 2, "epochs": epochs(1.0)},
            {"resume": {"from": "m.h5", "load": "weights"}, "epochs": epochs(1.0)},
        ],
    },
    "others where a batch begins": {
        "callbacks": [
            {"callback": "ReduceLROnPlateau", "config": {"mode": "min", "patience": 1}},
            {"callback": "ModelCheckpoint", "config": {"filepath": "m-{epoch}-{batch}.keras", "save_freq": 1}},
        ],
        "fits": [
            {
                "epochs": [
                    {
                        "logs": {"val_loss": 1.0}, "batches": [{}, {}, {}],
                        "others": [
                            {"hook": "batch_begin", "batch": 1, "learning_rate": 0.25},
                            {"hook": "batch_begin", "batch": 1, "after": 1, "stop": True},
                        ],
                    }
                ]
            },
            {
                "epochs": [
                    {"logs": {"val_loss": 1.0}, "others": [{"hook": "batch_begin", "before": 1, "weights": "zero"}]},
                    {
                        "logs": {"val_loss": 1.0}, "batches": [{}, {}],
                        "others": [{"hook": "batch_begin", "batch": 1, "raise": "OSError"}],
                    },
                ]
            },
        ],
    },
    "others around an evaluation": {
        "callbacks": [
            {"callback": "ReduceLROnPlateau", "config": {"mode": "min", "patience": 1}},
            {"callback": "ModelCheckpoint", "config": {"filepath": "m-{epoch}.keras"}},
        ],
        "fits": [
            {
                "epochs": [
                    {
                        "logs": {"val_loss": 1.0},
                        "others": [{"hook": "test_begin", "learning_rate": 0.25}, {"hook": "test_end", "weights": "zero"}],
                    },
                    {"logs": {"val_loss": 1.0}, "others": [{"hook": "test_begin", "after": 0, "stop": True}]},
                    {"logs": {"val_loss": 1.0}},
                ]
            },
            {"epochs": [{"logs": {"val_loss": 1.0}, "others": [{"hook": "test_end", "after": 1, "raise": "ValueError"}]}]},
        ],
    },
    "others around the epochs": {
        "callbacks": [
            {"callback": "ReduceLROnPlateau", "config": {"mode": "min", "patience": 1}},
            {"callback": "ModelCheckpoint", "config": {"filepath": "m-{epoch}.keras"}},
        ],
        "fits": [
            {
                "others": [
                    {"hook": "fit_begin", "before": 1, "learning_rate": 0.25},
                    {"hook": "fit_end", "after": 1, "weights": "zero"},
                ],
                "epochs": epochs(1.0, 1.0),
            },
            {"others": [{"hook": "fit_begin", "after": 0, "raise": "KeyboardInterrupt"}], "epochs": epochs(1.0)},
            {"others": [{"hook": "fit_end", "raise": "OSError"}], "epochs": epochs(1.0)},
            {"epochs": epochs(1.0)},
        ],
    },
    "resumed from weights": {
        "callbacks": [HALVING, SAVING_WEIGHTS],
        "fits": [
            {"epochs": epochs(1.0, 2.0, 3.0)},
            {"resume": {"from": "m-2.weights.h5", "load": "weights"}, "epochs": epochs(1.0)},
        ],
    },
    "resumed from the weights of what is no file of weights": {
        "callback": "ModelCheckpoint", "config": {"filepath": "m.weights.h5"},
        "fits": [
            {"epochs": epochs(1.0)},
            {"resume": {"from": "m.weights.h5", "load": "weights"}, "epochs": epochs(1.0)},
        ],
    },
    "resumed from nothing": {
        **SAVING,
        "fits": [{"epochs": epochs(1.0)}, {"resume": {"from": "n.keras"}, "epochs": epochs(1.0)}, {"epochs": epochs(1.0)}],
    },
    "resumed from a file that is cut to nothing": {
        **SAVING,
        "fits": [
            {"epochs": epochs(1.0)},
            {"resume": {"from": "m-1.keras"}, "damaged": ["m-1.keras"], "epochs": epochs(1.0)},
            {"epochs": epochs(1.0)},
        ],
    },
    "a log that is cut to nothing is begun again": {
        "callback": "CSVLogger", "config": {"filename": "log.csv", "append": True},
        "fits": [{"epochs": epochs(1.0)}, {"damaged": ["log.csv", "none.csv"], "epochs": epochs(2.0)}],
    },
    "others stop between two": {
        "callbacks": [STOPPING, REDUCING],
        "fits": [{"epochs": [*epochs(1.0), others({"hook": "epoch_end", "after": 0, "stop": True}, value=1.0)]}],
    },
    "others set the rate": {
        **REDUCING,
        "fits": [
            {
                "epochs": [
                    others({"hook": "batch_end", "learning_rate": 0.1}, {"hook": "epoch_begin", "learning_rate": 0.3}),
                    *epochs(2.0),
                ]
            }
        ],
    },
    "others change the weights": {
        **STOPPING, "fits": [{"epochs": [*epochs(1.0), others({"hook": "epoch_end", "after": 0, "weights": "zero"})]}],
    },
    "others interrupt": {
        **STOPPING,
        "fits": [
            {"epochs": [*epochs(1.0), others({"hook": "epoch_begin", "raise": "KeyboardInterrupt"})]},
            {"epochs": epochs(1.0, 2.0, 3.0)},
        ],
    },
    "others raise at a batch": {
        **SAVING,
        "fits": [
            {"epochs": [others({"hook": "batch_end", "batch": 1, "raise": "OSError"}, batches=[{"loss": 1.0}] * 2)]}
        ],
    },
    "two outputs, one monitored": {
        "callback": "EarlyStopping", "config": {"monitor": "val_a_accuracy"}, "outputs": ["a", "b"],
        "metrics": {"a": ["accuracy"]}, "fits": [{"epochs": [{"logs": {"val_a_accuracy": 1.0}}] * 2}],
    },
    "two outputs, a metric with a name": {
        "callback": "EarlyStopping", "config": {"monitor": "val_auc"}, "outputs": ["a", "b"],
        "metrics": {"b": [{"class": "AUC", "name": "auc"}]},
        "fits": [{"epochs": [{"logs": {"val_auc": 0.5}}, {"logs": {"val_auc": 0.6}}]}],
    },
    "a metric that is a function": {
        "callback": "EarlyStopping", "config": {"monitor": "val_mine"}, "metrics": [{"function": "mine"}],
        "fits": [{"epochs": [{"logs": {"val_mine": 1.0}}] * 2}],
    },
    "the optimizer's own schedule, reduced": {
        **REDUCING, "learning_rate": {"schedule": 0.1}, "fits": [{"epochs": epochs(1.0, 1.0, 1.0)}],
    },
    "the optimizer's own schedule, scheduled": {
        **HALVING, "learning_rate": {"schedule": 0.1}, "fits": [{"epochs": epochs(1.0, 1.0)}],
    },
    "no value": {**STOPPING, "fits": [{"epochs": epochs({"none": True}, 1.0)}]},
    "true and false": {**STOPPING, "fits": [{"epochs": epochs(True, False, 1.0)}]},
}  # fmt: skip


@pytest.fixture(scope="module", params=["keras", "tf-keras"])
def pair(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    return a_keras(request.param), a_keras(f"{request.param}:fit")


@pytest.mark.parametrize("name", SCENARIOS)
def test_hooks_and_fit_agree(name: str, pair: tuple[Any, Any]) -> None:
    data = to_json(scenario_from_json(SCENARIOS[name]))
    by_hooks, by_fit = (from_json(run(each, data, internal=True, optional=True, time_limit=600.0)) for each in pair)
    assert isinstance(by_hooks, Trace), by_hooks
    assert isinstance(by_fit, Trace), by_fit
    assert difference(by_hooks, by_fit) is None
    assert by_hooks.rejected is None
    assert len(by_hooks.fits) >= 1
    if by_hooks.callbacks is not None and by_fit.callbacks is not None:
        for one, other in zip(by_hooks.callbacks, by_fit.callbacks, strict=True):
            assert repr(one.internal) == repr(other.internal)


BEYOND = {
    "the optimizer's own schedule, reduced": "learning_rate",
    "the optimizer's own schedule, scheduled": "learning_rate",
}
"""What the reference does not predict of Keras 2, and the field for which that is so."""


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_reference_predicts_it(name: str, pair: tuple[Any, Any]) -> None:
    by_hooks, _ = pair
    scenario = scenario_from_json(SCENARIOS[name])
    dialect = release_dialect(by_hooks.identity["package"], by_hooks.identity["version"]).dialect
    predicted = replay(scenario, dialect, internal=True)
    if name in BEYOND and dialect["learning-rate/log-key"] == "lr":
        assert predicted == NotExpressible(parameter=BEYOND[name])
        return
    seen = from_json(run(by_hooks, to_json(scenario), internal=True, optional=True, time_limit=600.0))
    assert isinstance(predicted, Trace), predicted
    assert isinstance(seen, Trace), seen
    assert difference(predicted, seen) is None
    assert _internal(predicted) == _internal(seen)


@pytest.mark.parametrize("instances", ["copied", "pickled"])
def test_what_made_backups_in_an_interrupted_fit_is_copied_and_pickled_if_it_can_be(
    instances: str, pair: tuple[Any, Any]
) -> None:
    interrupted = others({"hook": "epoch_begin", "raise": "OSError"})
    scenario = scenario_from_json(
        {
            "callback": "BackupAndRestore",
            "config": {"backup_dir": "backup"},
            "fits": [{"epochs": [interrupted]}, {"instances": instances, "epochs": epochs(1.0)}],
        }
    )
    for way in pair:
        dialect = release_dialect(way.identity["package"], way.identity["version"]).dialect
        predicted = replay(scenario, dialect)
        seen = from_json(run(way, to_json(scenario), optional=True, time_limit=600.0))
        assert isinstance(predicted, Trace)
        assert isinstance(seen, Trace), seen
        assert difference(predicted, seen) is None
        fails = (
            way.identity["package"] == "tf-keras" and instances == "pickled"
        )  # it holds a checkpoint of TensorFlow's
        assert (seen.fits[1].error is not None) == fails


def _internal(trace: Trace) -> str:
    """The state of every callback, as far as the reference knows it: numbers as they are written."""
    states = [each.internal for each in trace.callbacks or (trace,)]
    return repr([{name: state[name] for name in sorted(state) if state[name]} for state in states])


def test_a_decision_says_whose_it_is() -> None:
    data = {"callbacks": [REDUCING, STOPPING], "fits": [{"epochs": epochs(1.0, 2.0)}]}
    _, decisions = explain(scenario_from_json(data), release_dialect("keras", "3.15.1").dialect)
    last = [each for each in decisions if each.hook == "epoch_end" and each.epoch == 1]
    assert [(each.callback, type(each.config).__name__) for each in last] == [
        (0, "ReduceLROnPlateau"),
        (1, "EarlyStopping"),
    ]


@pytest.fixture(scope="module")
def keras() -> Any:
    return a_keras("keras")


def test_each_callback_has_what_is_its_own(keras: Any) -> None:
    trace = run(keras, SCENARIOS["three callbacks"])
    last = trace["fits"][0]["epochs"][-1]
    assert [place["printed"] for place in last["callbacks"]] == [[], ["reduced"], ["saving", "saved"]]
    assert [sorted(place["logged"]) for place in last["callbacks"]] == [[], ["learning_rate"], []]
    assert (last["stop"], last["learning_rate"]) == (True, 0.5)
    assert trace["fits"][0]["callbacks"] == [{"printed": ["early-stop", "restored"]}, {"printed": []}, {"printed": []}]
    assert trace["fits"][0]["weights_of_epoch"] == 1
    assert "saved" not in last


def test_a_resumed_fit_begins_with_what_was_saved(keras: Any) -> None:
    trace = run(keras, SCENARIOS["resumed from a model"], optional=True)
    again = trace["fits"][1]
    assert again["weights_at_begin"] == {"weights_of_epoch": 1, "weights_of_fit": 0}
    assert again["optimizer_steps"] == 3, "two of the file, and one"
    assert again["epochs"][0]["learning_rate"] == 0.125, "the rate of the second epoch, halved"
    nothing = run(keras, SCENARIOS["resumed from nothing"])
    error = nothing["fits"][1]["error"]
    assert (error["type"], error["hook"], error["by"]) == ("FileNotFoundError", "fit_begin", "other")
    assert len(nothing["fits"]) == 3, "what somebody else raises ends its fit only"


def test_an_interruption_ends_its_fit_only(keras: Any) -> None:
    first, second = run(keras, SCENARIOS["others interrupt"])["fits"]
    assert (first["error"]["type"], first["error"]["by"], first["epochs_run"]) == ("KeyboardInterrupt", "other", 2)
    assert first["printed"] == []
    assert second["error"] is None
    assert second["printed"] == ["early-stop", "restored"]


def test_what_is_optional_is_seen_where_it_is_asked_for(keras: Any) -> None:
    data = {**SAVING, "fits": [{"epochs": epochs(1.0)}]}
    (plain,) = run(keras, data)["fits"][0]["epochs"]
    (asked,) = run(keras, data, optional=True)["fits"][0]["epochs"]
    assert asked["files"] == ["m-1.keras"]
    beside = {"changed", "removed", "batches", "weights_set", "gone", "side_effects"}
    assert not any(asked[name] for name in beside)
    assert asked["saved"][0]["optimizer_steps"] == 1
    assert plain.keys() == asked.keys() - beside - {"files"}


class Tampers:
    """Changes, adds and removes what it is given, and says so in words that nobody knows."""

    def set_params(self, params: Any) -> None: ...
    def set_model(self, model: Any) -> None: ...
    def on_train_begin(self, logs: Any) -> None: ...
    def on_train_end(self, logs: Any) -> None: ...
    def on_epoch_begin(self, epoch: int, logs: Any) -> None: ...
    def on_train_batch_begin(self, batch: int, logs: Any) -> None: ...

    def on_train_batch_end(self, batch: int, logs: Any) -> None:
        del logs["loss"]

    def on_epoch_end(self, epoch: int, logs: Any) -> None:
        print("I was here")
        logs["new"] = 1.0
        logs["val_loss"] = 7.0
        del logs["loss"]


def test_what_a_callback_does_to_its_logs_is_seen() -> None:
    from callcheck.conformance.driver.subjects import custom

    data = {"callback": "EarlyStopping", "fits": [{"epochs": epochs(1.0)}]}
    tampering = custom("Tampers", Tampers, "EarlyStopping")
    (epoch,) = run(tampering, data, optional=True)["fits"][0]["epochs"]
    assert epoch["logged"] == {"new": 1.0, "val_loss": 7.0}
    assert (epoch["changed"], epoch["removed"]) == (["val_loss"], ["loss"])
    assert epoch["batches"] == [{"batch": 0, "logged": {}, "changed": [], "removed": ["loss"]}]
    assert epoch["printed"] == ["other"]
    assert run(tampering, data)["fits"][0]["epochs"][0]["printed"] == []


def test_a_real_model_that_had_a_backup_is_trained_without_one(pair: tuple[Any, Any]) -> None:
    """Keras 2 leaves it without something that every later fit asks for."""
    _, by_fit = pair
    backed_up = {"callback": "BackupAndRestore", "config": {"backup_dir": "backup"}}
    for listed in (backed_up, {"callback": "History"}):
        trace = from_json(run(by_fit, {**listed, "fits": [{"epochs": epochs(1.0)}]}, time_limit=600.0))
        assert isinstance(trace, Trace), trace
        assert trace.fits[0].error is None


@pytest.mark.parametrize("file", ["latest.weights.h5", "training_metadata.json"])
def test_a_damaged_backup_is_found_as_the_reference_predicts(file: str, pair: tuple[Any, Any]) -> None:
    """(Keras 2 knows no double_checkpoint: it refuses that.)"""
    cut = [*epochs(1.0, 2.0), others({"hook": "epoch_begin", "raise": "KeyboardInterrupt"})]
    again = {
        "instances": "new",
        "resume": {"load": "nothing"},
        "damaged": [f"backup/{file}"],
        "epochs": epochs(1.0, 2.0, 3.0),
    }
    scenario = scenario_from_json(
        {
            "callback": "BackupAndRestore",
            "config": {"backup_dir": "backup", "double_checkpoint": True},
            "fits": [{"epochs": cut}, again],
        }
    )
    for way in pair:
        predicted = replay(scenario, release_dialect(way.identity["package"], way.identity["version"]).dialect)
        seen = from_json(run(way, to_json(scenario), optional=True, time_limit=600.0))
        assert isinstance(predicted, Trace)
        assert isinstance(seen, Trace), seen
        assert difference(predicted, seen) is None
