"""The reference explains itself: every decision cites a clause or a choice that exists, with the values in it."""

import pytest

from callcheck.conformance.derivation import keras_dialects
from callcheck.reference import (
    early_stopping,
    learning_rate_scheduler,
    machine,
    model_checkpoint,
    reduce_lr_on_plateau,
    terminate_on_nan,
)
from callcheck.reference.replay import explain, replay
from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.choices import CHOICES
from callcheck.spec.clauses.clause import CLAUSES
from callcheck.spec.dialect import DOCUMENTED, NEWEST, resolve, shipped
from callcheck.spec.difference import difference
from callcheck.spec.scenario import Scenario, from_json, loads
from callcheck.spec.search.samples import sample
from callcheck.spec.trace import NotExpressible, Trace

MODULES = (early_stopping, learning_rate_scheduler, model_checkpoint, reduce_lr_on_plateau, terminate_on_nan)
REASONS = [value for module in MODULES for value in vars(module).values() if isinstance(value, machine.Reason)]


def test_every_reason_cites_what_exists() -> None:
    unknown = {reason.rule for reason in REASONS if reason is not machine.NOTHING} - set(CLAUSES) - set(CHOICES)
    assert not unknown


@pytest.mark.parametrize("callback", CALLBACKS)
def test_every_decision_can_be_put_into_words(callback: str) -> None:
    for dialect in (resolve(DOCUMENTED).dialect, *keras_dialects(callback)):
        for scenario in sample(callback, 100, 0):
            trace, decisions = explain(scenario, dialect)
            assert difference(trace, replay(scenario, dialect)) is None
            assert all("{" not in decision.sentence for decision in decisions)


def plateau(**config: object) -> Scenario:
    epochs = [{"logs": {"val_loss": value}} for value in (1.0, 0.5, 0.5, 0.5)]
    return from_json({"callback": "EarlyStopping", "config": config, "fits": [{"epochs": epochs}]})


def test_an_explanation_names_the_epoch_and_the_values() -> None:
    _, decisions = explain(plateau(patience=2), shipped()[NEWEST])
    last, ending = decisions[-2:]
    assert (last.epoch, last.hook, last.rule) == (3, "epoch_end", "early-stopping/patience/stops-after-patience-epochs")
    assert last.sentence == "val_loss=0.5 does not improve on 0.5, and wait=2 has reached patience=2: stop."
    assert (ending.hook, ending.rule) == ("fit_end", "early-stopping/restore-best-weights/false-keeps-the-last-weights")
    assert ending.sentence == "Training ends: restore_best_weights is off, and the model keeps the weights that it has."


def test_internal_state_is_given_when_asked_for() -> None:
    trace, without = (replay(plateau(patience=2), shipped()[NEWEST], internal=asked) for asked in (True, False))
    assert isinstance(trace, Trace)
    assert isinstance(without, Trace)
    assert not without.internal
    assert trace.internal["wait"] == ((0, 0, 1, 2),)
    assert trace.internal["best"] == ((1.0, 0.5, 0.5, 0.5),)


def test_an_uneventful_epoch_without_a_learning_rate_is_seen() -> None:
    scenario = loads(
        '{"callback": "EarlyStopping", "learning_rate": null, "fits": [{"epochs": [{"logs": {"val_loss": 1.0}}]}]}'
    )
    trace = replay(scenario, shipped()[NEWEST])
    assert isinstance(trace, Trace)
    (epoch,) = trace.fits[0].epochs
    assert (epoch.stop, epoch.saved, epoch.warned, epoch.learning_rate) == (False, (), (), None)


def test_on_torch_a_number_in_an_array_is_rounded_once_min_delta_was_taken_from_it() -> None:
    """So that -0.2 in an array improves on the same -0.2, which is kept as it is. Seen with keras 3.15.1 on torch 2.13."""
    logs = [{"val_loss": {"array": value}} for value in (0.3, -0.2, -0.2)]
    scenario = from_json(
        {
            "callback": "EarlyStopping",
            "config": {"mode": "min", "patience": 1},
            "fits": [{"epochs": [{"logs": each} for each in logs]}],
        }
    )
    stops = {}
    for name in ("keras-3.15.1+torch", "keras-3.15.1+numpy"):
        trace = replay(scenario, resolve(name).dialect)
        assert isinstance(trace, Trace)
        stops[name] = [epoch.stop for epoch in trace.fits[0].epochs]
    assert stops == {"keras-3.15.1+torch": [False, False, False], "keras-3.15.1+numpy": [False, False, True]}


@pytest.mark.parametrize("dialect", ["keras-1.0.4", "keras-1.2.2", "keras-2.0.6", "keras-2.3.1", "tensorflow-1.8.0"])
@pytest.mark.parametrize(
    ("filepath", "existing", "error"),
    [
        ("m.h5", "m.h5", None),
        ("m.h5", "m.h5/", "OSError"),
        ("a/m", "a/", None),
        ("a/m", "a/b", None),
        ("a/m", "a", "OSError"),
        ("a/m", "b/", "OSError"),
        ("a/b/m", "a/", "OSError"),
        ("./m.h5", "b", None),
        ("a/", "b", "OSError"),
        ("a/", "a/", "OSError"),
    ],
)
def test_an_early_keras_writes_one_file_and_makes_no_folder(
    filepath: str, existing: str, error: str | None, dialect: str
) -> None:
    """Seen with these releases in a real fit."""
    scenario = from_json(
        {
            "callback": "ModelCheckpoint",
            "config": {"filepath": filepath},
            "existing": [existing],
            "fits": [{"epochs": [{"logs": {"val_loss": 1.0}}]}],
        }
    )
    trace = replay(scenario, resolve(dialect).dialect)
    assert isinstance(trace, Trace)
    (fit,) = trace.fits
    assert (None if fit.error is None else fit.error.type) == error
    assert [save.path for epoch in fit.epochs for save in epoch.saved or ()] == ([filepath] if error is None else [])


NOT_PREDICTED = NotExpressible(parameter="existing")


@pytest.mark.parametrize(
    ("dialect", "config", "existing", "outcome"),
    [
        ("tensorflow-2.4.4", {"filepath": "a/m.h5"}, "b", None),
        ("tensorflow-2.4.4", {"filepath": "a/m.h5", "save_weights_only": True}, "b", "OSError"),
        ("tensorflow-2.4.4", {"filepath": "a/m.h5", "save_weights_only": True}, "a/", None),
        ("tensorflow-2.4.4", {"filepath": "a/m.h5", "save_weights_only": True}, "a", "OSError"),
        ("tensorflow-2.4.4", {"filepath": "m.keras"}, "m.keras/", "OSError"),
        ("tensorflow-2.4.4", {"filepath": "a/m.h5"}, "a", NOT_PREDICTED),
        ("tensorflow-2.4.4", {"filepath": "m"}, "b", NOT_PREDICTED),
        ("tensorflow-2.4.4", {"filepath": "m.h5", "load_weights_on_restart": True}, "m.h5", NOT_PREDICTED),
        ("tensorflow-2.3.4", {"filepath": "m.h5"}, "m.h5", None),
        ("tensorflow-2.3.4", {"filepath": "m.h5"}, "m.h5/", NOT_PREDICTED),
        ("tensorflow-1.15.5", {"filepath": "m.h5"}, "m.h5/", "OSError"),
        ("tensorflow-1.15.5", {"filepath": "a/m.h5"}, "b", "OSError"),
        ("tensorflow-1.15.5", {"filepath": "a/m.h5"}, "a", NOT_PREDICTED),
        ("keras-2.15.0", {"filepath": "a/b/m.weights.h5", "save_weights_only": True}, "a/", None),
        ("keras-2.15.0", {"filepath": "a/b/m.weights.h5", "save_weights_only": True}, "a", NOT_PREDICTED),
    ],
)
def test_what_is_in_the_way_is_predicted_where_tensorflow_writes_one_file(
    dialect: str, config: dict[str, object], existing: str, outcome: object
) -> None:
    """Seen with these releases in a real fit. What is raised where TensorFlow makes the folder depends on h5py, too."""
    scenario = from_json(
        {
            "callback": "ModelCheckpoint",
            "config": config,
            "existing": [existing],
            "fits": [{"epochs": [{"logs": {"val_loss": 1.0}}]}],
        }
    )
    result = replay(scenario, resolve(dialect).dialect)
    if isinstance(result, Trace):
        (fit,) = result.fits
        assert (None if fit.error is None else fit.error.type) == outcome
    else:
        assert result == outcome
