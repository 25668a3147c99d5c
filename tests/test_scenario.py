"""Scenarios and traces survive JSON, the schemas agree with the readers, and what is wrong is named."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from schemas import valid

from callcheck.reference.replay import replay
from callcheck.spec import scenario as scenarios
from callcheck.spec import trace as traces
from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.dialect import shipped
from callcheck.spec.difference import difference
from callcheck.spec.reading import InvalidScenario
from callcheck.spec.scenario import Scenario
from callcheck.spec.search.strategies import scenarios as random_scenarios

any_scenario = st.sampled_from(list(CALLBACKS)).flatmap(random_scenarios)


@settings(deadline=None, database=None, max_examples=200)
@given(any_scenario)
def test_a_scenario_survives_json(scenario: Scenario) -> None:
    text = scenarios.dumps(scenario)
    assert scenarios.key(scenarios.loads(text)) == scenarios.key(scenario)
    assert valid("scenario", json.loads(text))


@settings(deadline=None, database=None, max_examples=200)
@given(any_scenario, st.sampled_from(list(shipped().values())))
def test_a_trace_survives_json(scenario: Scenario, dialect: Any) -> None:
    trace = replay(scenario, dialect, internal=True)
    written = json.loads(json.dumps(traces.to_json(trace), allow_nan=False))
    assert valid("result", written)
    assert traces.to_json(traces.from_json(written)) == written
    assert difference(traces.from_json(written), trace) is None


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", -0.0, 0.0, 5e-324, 1e-40, 1.7976931348623157e308, 1])
def test_every_number_is_read_back_as_itself(value: Any) -> None:
    data = {"callback": "TerminateOnNaN", "fits": [{"epochs": [{"logs": {"loss": value}}]}]}
    read = scenarios.from_json(data)
    written = scenarios.to_json(scenarios.loads(scenarios.dumps(read)))["fits"][0]["epochs"][0]["logs"]["loss"]
    assert repr(written) == repr(value if isinstance(value, str) else float(value))
    assert isinstance(read.fits[0].epochs[0].logs["loss"], float)


EPOCH = {"logs": {"val_loss": 1.0}}
GOOD: dict[str, Any] = {"callback": "EarlyStopping", "fits": [{"epochs": [EPOCH]}]}
WRONG: list[tuple[dict[str, Any], str]] = [
    ({**GOOD, "callback": "EarlyStoping"}, "callback"),
    ({**GOOD, "callback": []}, "callback"),
    ({**GOOD, "fit": []}, "fit"),
    ({"callback": "EarlyStopping"}, "fits"),
    ({**GOOD, "fits": []}, "fits"),
    ({**GOOD, "fits": 3}, "fits"),
    ({**GOOD, "fits": [{"epochs": []}]}, "fits[0].epochs"),
    ({**GOOD, "fits": [{"epochs": [{"logs": {"val_loss": None}}]}]}, "fits[0].epochs[0].logs.val_loss"),
    ({**GOOD, "fits": [{"epochs": [{"logs": {"val_loss": "nan"}}]}]}, "fits[0].epochs[0].logs.val_loss"),
    ({**GOOD, "fits": [{"epochs": [{"logs": {"val_loss": []}}]}]}, "fits[0].epochs[0].logs.val_loss"),
    ({**GOOD, "fits": [{"epochs": [{"logs": {"val_loss": {}}}]}]}, "fits[0].epochs[0].logs.val_loss"),
    (
        {**GOOD, "fits": [{"epochs": [{"logs": {"val_loss": {"array": [1.0]}}}]}]},
        "fits[0].epochs[0].logs.val_loss.array",
    ),
    (
        {**GOOD, "fits": [{"epochs": [{"logs": {"val_loss": {"tensor": 1.0}}}]}]},
        "fits[0].epochs[0].logs.val_loss.tensor",
    ),
    (
        {**GOOD, "fits": [{"epochs": [{"logs": {"val_loss": {"tensor": [1]}}}]}]},
        "fits[0].epochs[0].logs.val_loss.tensor",
    ),
    ({**GOOD, "fits": [{"epochs": [{"logs": {"val_loss": {"value": 1.0}}}]}]}, "fits[0].epochs[0].logs.val_loss.value"),
    ({**GOOD, "fits": [{"epochs": [{**EPOCH, "batches": []}]}]}, "fits[0].epochs[0].batches"),
    ({**GOOD, "fits": [{"epochs": [{**EPOCH, "stop": 1}]}]}, "fits[0].epochs[0].stop"),
    ({**GOOD, "fits": [{"epochs": [EPOCH], "metrics": ["acuracy"]}]}, "fits[0].metrics[0]"),
    ({**GOOD, "config": []}, "config"),
    ({**GOOD, "config": {"min_delta": "small"}}, "config.min_delta"),
    ({**GOOD, "config": {"baseline": True}}, "config.baseline"),
    ({**GOOD, "initial_epoch": 0.5}, "initial_epoch"),
    ({**GOOD, "steps_per_execution": 0}, "steps_per_execution"),
    ({**GOOD, "learning_rate": "fast"}, "learning_rate"),
    ({**GOOD, "learning_rate": {}}, "learning_rate"),
    ({**GOOD, "learning_rate": {"head": None}}, "learning_rate.head"),
    ({**GOOD, "learning_rate": {"the head": 1.0}}, "learning_rate.the head"),
    ({**GOOD, "callback": "ModelCheckpoint", "config": {"filepath": "/models/m.keras"}}, "config.filepath"),
    ({**GOOD, "callback": "ModelCheckpoint", "config": {"filepath": "../m.keras"}}, "config.filepath"),
    ({**GOOD, "callback": "ModelCheckpoint", "config": {"filepath": {}}}, "config.filepath"),
    ({**GOOD, "callback": "ModelCheckpoint", "config": {"filepath": {"path": "m"}}}, "config.filepath.path"),
    (
        {**GOOD, "callback": "ModelCheckpoint", "config": {"filepath": {"relative": "m", "path_like": "m"}}},
        "config.filepath",
    ),
    ({**GOOD, "callback": "ModelCheckpoint", "config": {"filepath": {"relative": 1}}}, "config.filepath.relative"),
    ({**GOOD, "callback": "ModelCheckpoint", "config": {"filepath": {"relative": ""}}}, "config.filepath.relative"),
    ({**GOOD, "callback": "ModelCheckpoint", "config": {"filepath": {"path_like": "/m"}}}, "config.filepath.path_like"),
    ({**GOOD, "callback": "ModelCheckpoint", "config": {"filepath": {"path_like": "a/"}}}, "config.filepath.path_like"),
    (
        {**GOOD, "callback": "ModelCheckpoint", "config": {"filepath": {"path_like": "a/../m"}}},
        "config.filepath.path_like",
    ),
    ({**GOOD, "existing": "m.keras"}, "existing"),
    ({**GOOD, "existing": ["a", 1]}, "existing[1]"),
    ({**GOOD, "existing": [""]}, "existing[0]"),
    ({**GOOD, "existing": ["/"]}, "existing[0]"),
    ({**GOOD, "existing": ["a/../b"]}, "existing[0]"),
    ({**GOOD, "existing": ["./a"]}, "existing[0]"),
    ({**GOOD, "existing": ["a//b"]}, "existing[0]"),
    ({**GOOD, "callback": "LearningRateScheduler", "config": {"schedule": {}}}, "config.schedule"),
    ({**GOOD, "callback": "LearningRateScheduler", "config": {"schedule": {"table": []}}}, "config.schedule.table"),
]


@pytest.mark.parametrize(("data", "field"), WRONG, ids=[field + str(index) for index, (_, field) in enumerate(WRONG)])
def test_what_is_wrong_is_named(data: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidScenario) as caught:
        scenarios.from_json(data)
    assert caught.value.field == field
    # A schema knows no names of metrics; everything else it refuses too.
    assert "metrics" in field or not valid("scenario", data)


@pytest.mark.parametrize(
    ("rate", "later", "message"),
    [
        (1.0, {"head": 1.0}, "expected a number, as in the scenario's learning_rate"),
        ({"head": 1.0, "body": 1.0}, {"head": 1.0}, "expected a rate for each of body, head"),
        ({"head": 1.0}, 1.0, "expected a rate for each of head"),
        (None, 1.0, "an optimizer that has no learning rate gets none"),
        (1.0, None, "null is no learning rate"),
    ],
)
def test_a_fit_sets_the_rates_of_the_optimizers_that_there_are(rate: Any, later: Any, message: str) -> None:
    with pytest.raises(InvalidScenario, match=message) as caught:
        scenarios.from_json({**GOOD, "learning_rate": rate, "fits": [{"epochs": [EPOCH], "learning_rate": later}]})
    assert caught.value.field == "fits[0].learning_rate"


@pytest.mark.parametrize("existing", [["a", "a/"], ["a", "a/b"], ["a/b/", "a"]])
def test_a_path_is_not_both_a_file_and_a_directory(existing: list[str]) -> None:
    with pytest.raises(InvalidScenario, match=r"'a/?' would have to be a file and a directory"):
        scenarios.from_json({**GOOD, "existing": existing})


@pytest.mark.parametrize(
    "text", ['{"callback": "EarlyStopping\\ud800"}', '{"initial_epoch": 1' + "0" * 5000 + "}", "[" * 100000]
)
def test_json_that_python_cannot_use_is_refused(text: str) -> None:
    with pytest.raises(InvalidScenario):
        scenarios.loads(text)


def test_the_literal_nan_is_refused() -> None:
    with pytest.raises(InvalidScenario, match="NaN is not JSON"):
        scenarios.loads('{"callback": "TerminateOnNaN", "fits": [{"epochs": [{"logs": {"loss": NaN}}]}]}')


def test_traces_differ_where_they_differ() -> None:
    dialect = shipped()["keras-3.15.1"]
    first = replay(scenarios.from_json(GOOD), dialect)
    second = replay(scenarios.from_json({**GOOD, "learning_rate": 0.5}), dialect)
    found = difference(first, second)
    assert found is not None
    assert (found.place, found.a, found.b) == ("fits[0].epochs[0].learning_rate", 1.0, 0.5)
    assert difference(first, first) is None


@pytest.mark.parametrize("rate", [0.0, -0.0])
def test_a_rate_of_zero_has_no_sign(rate: float) -> None:
    trace = replay(scenarios.from_json({**GOOD, "learning_rate": rate}), shipped()["keras-3.15.1"])
    assert isinstance(trace, traces.Trace)
    assert repr(trace.fits[0].epochs[0].learning_rate) == "0.0"


def test_a_logged_rate_that_only_one_has_is_a_difference() -> None:
    trace = replay(scenarios.from_json({**GOOD, "callback": "ReduceLROnPlateau"}), shipped()["keras-3.15.1"])
    assert isinstance(trace, traces.Trace)
    written = traces.to_json(trace)
    written["fits"][0]["epochs"][0]["logged"] = {}
    found = difference(trace, traces.from_json(written))
    assert found is not None
    assert found.place == "fits[0].epochs[0].logged.learning_rate"


def test_what_one_cannot_see_is_no_difference() -> None:
    trace = replay(scenarios.from_json(GOOD), shipped()["keras-3.15.1"])
    written = traces.to_json(trace)
    del written["fits"][0]["epochs"][0]["learning_rate"]
    written["fits"][0]["weights_of_epoch"] = None
    assert difference(trace, traces.from_json(written)) is None
