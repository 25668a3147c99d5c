"""The runner: refusals, exceptions, hangs and nonsense are outcomes, and a good callback is driven like by a training loop."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from callcheck.conformance.driver.hooks import Hooks
from callcheck.conformance.driver.protocol import CannotExpress, Capabilities, Observation
from callcheck.conformance.driver.worlds import PlainWorld
from callcheck.conformance.subjects.transport import run
from callcheck.spec.scenario import Epoch, Fit, Scenario, from_json
from callcheck.spec.trace import Failed, NotExpressible, Trace


def scenario(*values: float, **config: Any) -> Scenario:
    epochs = tuple(Epoch(logs={"val_loss": value}) for value in values)
    return Scenario(callback="EarlyStopping", config=config, fits=(Fit(epochs=epochs),))


class Callback:
    """The Keras callback protocol, with nothing in it."""

    model: Any

    def __init__(self, monitor: str = "val_loss") -> None:
        self.monitor = monitor

    def set_params(self, params: Mapping[str, Any]) -> None: ...
    def set_model(self, model: Any) -> None:
        self.model = model

    def on_train_begin(self, logs: Any = None) -> None: ...
    def on_train_end(self, logs: Any = None) -> None: ...
    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None: ...
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None: ...
    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None: ...
    def on_train_batch_end(self, batch: int, logs: Any = None) -> None: ...


def hooks(callback: type[Callback]) -> Hooks:
    return Hooks("a callback", lambda name, **config: callback(**config), PlainWorld())


class StopsAtTwo(Callback):
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs["seen"] = 1.0
        self.model.optimizer.learning_rate = 0.1
        if epoch == 1:
            print("Epoch 2: early stopping")
            self.model.stop_training = True


def test_what_happens_is_seen_epoch_by_epoch() -> None:
    trace = run(hooks(StopsAtTwo), scenario(1.0, 2.0, 3.0))
    assert isinstance(trace, Trace)
    first, second = trace.fits[0].epochs
    assert (first.stop, second.stop) == (False, True)
    assert first.learning_rate == 0.10000000149011612, "a rate is stored as float32"
    assert first.learning_rate_in_epoch == 1.0
    assert second.logged == {"seen": 1.0}
    assert second.printed == ("early-stop",)
    assert trace.fits[0].weights is not None
    assert trace.fits[0].weights.epoch == 1


def test_a_constructor_that_refuses_is_an_outcome() -> None:
    trace = run(hooks(Callback), scenario(1.0, patience=3))
    assert isinstance(trace, Trace)
    assert trace.rejected is not None
    assert trace.rejected.type == "TypeError"


class RaisesInTheSecondEpoch(Callback):
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if epoch == 1:
            raise ValueError("no more")


def test_an_exception_ends_the_scenario_and_is_recorded() -> None:
    two_fits = from_json(
        {"callback": "EarlyStopping", "fits": [{"epochs": [{"logs": {}}] * 3}, {"epochs": [{"logs": {}}]}]}
    )
    trace = run(hooks(RaisesInTheSecondEpoch), two_fits)
    assert isinstance(trace, Trace)
    assert len(trace.fits) == 1, "later fits are not run"
    assert trace.fits[0].epochs_run == 2, "the raising epoch counts"
    error = trace.fits[0].error
    assert error is not None
    assert (error.type, error.message, error.epoch, error.hook) == ("ValueError", "no more", 1, "epoch_end")


class Hangs(Callback):
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        while True:
            try:
                time.sleep(0.01)
            except Exception:  # a subject that catches everything has to be stopped all the same
                continue


def test_a_hang_ends_at_the_time_limit() -> None:
    result = run(hooks(Hangs), scenario(1.0), time_limit=0.2)
    assert isinstance(result, Failed)
    assert result.kind == "timeout"


class OwnRun:
    """An adapter's run that sees what it is told to see."""

    def __init__(self, observation: Observation) -> None:
        self.observation = observation

    def epoch_end(self, epoch: int, logs: Mapping[str, Any]) -> None: ...

    def observe(self) -> Observation:
        return self.observation


class Own:
    """An adapter with only what the protocol requires."""

    name = "an adapter"
    capabilities = Capabilities(callbacks=frozenset({"EarlyStopping"}), observables=frozenset({"stop"}))

    def __init__(self, observation: Observation) -> None:
        self.observation = observation

    def build(self, scenario: Scenario) -> OwnRun:
        if "patience" in scenario.config:
            raise CannotExpress("patience")
        return OwnRun(self.observation)


def test_an_adapter_needs_two_methods_and_shows_what_it_can() -> None:
    trace = run(Own(Observation(stop=False)), scenario(1.0, 2.0))
    assert isinstance(trace, Trace)
    assert [epoch.stop for epoch in trace.fits[0].epochs] == [False, False]
    assert trace.fits[0].epochs[0].learning_rate is None
    assert trace.fits[0].epochs[0].warned is None
    assert trace.fits[0].weights is None


def test_what_cannot_be_expressed_is_said() -> None:
    assert run(Own(Observation(stop=False)), scenario(1.0, patience=1)) == NotExpressible(parameter="patience")
    other = Scenario(callback="TerminateOnNaN", fits=(Fit(epochs=(Epoch(),)),))
    assert run(Own(Observation(stop=False)), other) == NotExpressible(parameter="callback")


def test_nonsense_is_no_trace() -> None:
    nonsense: Any = "yes"
    result = run(Own(Observation(stop=nonsense)), scenario(1.0))
    assert result == Failed(kind="nonsense", message="stop is 'yes', not a boolean")


class Crashes(Own):
    def build(self, scenario: Scenario) -> OwnRun:
        raise RuntimeError("broken adapter")


def test_a_crash_outside_of_a_hook_is_no_trace() -> None:
    result = run(Crashes(Observation()), scenario(1.0))
    assert result == Failed(kind="crash", message="RuntimeError: broken adapter")


class Saves(Callback):
    """Says where it is, and saves there."""

    places: ClassVar[list[str]] = []

    def __init__(self, filepath: str, then: str = "") -> None:
        super().__init__()
        self.filepath = filepath
        self.then = then

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.places.append(os.getcwd())
        if self.then == "hangs":
            while True:
                time.sleep(0.01)
        self.model.save(self.filepath)
        if self.then == "raises":
            raise ValueError


def saving(filepath: Any, **config: Any) -> Scenario:
    epochs = [{"logs": {}}]
    return from_json(
        {"callback": "ModelCheckpoint", "config": {"filepath": filepath, **config}, "fits": [{"epochs": epochs}]}
    )


@pytest.mark.parametrize("then", ["", "raises", "hangs"])
def test_a_relative_path_is_given_in_another_directory_which_is_left_again(then: str) -> None:
    here = os.getcwd()

    result = run(hooks(Saves), saving({"relative": "m.keras"}, then=then), time_limit=0.3)

    assert os.getcwd() == here
    assert Saves.places.pop() != here
    assert isinstance(result, Failed if then == "hangs" else Trace)
    if isinstance(result, Trace):
        assert [save.path for save in result.fits[0].epochs[0].saved or ()] == ["m.keras"]


def test_a_path_is_given_as_it_is_asked_for() -> None:
    given: list[Any] = []

    def noting(name: str, filepath: Any) -> Callback:
        given.append(filepath)
        return Callback()

    for filepath in ("a/m.keras", {"path_like": "a/m.keras"}, {"relative": "a/m.keras"}):
        run(Hooks("a callback", noting, PlainWorld()), saving(filepath))

    string, path, relative = given
    assert isinstance(string, str)
    assert string.endswith("/a/m.keras")
    assert isinstance(path, Path)
    assert path.is_absolute()
    assert relative == "a/m.keras"


class ClearsLate(PlainWorld):
    """As Keras up to 2.3: the stop flag is cleared when the hooks of a fit's beginning are over; and empty hooks can be known."""

    stop_at_begin = "cleared"
    callback_class = Callback


class StopsAtOnce(Callback):
    def on_train_begin(self, logs: Any = None) -> None:
        self.begun = True

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.model.stop_training = True


def test_a_fit_after_a_stop_trains_all_its_batches_where_the_flag_is_cleared_late() -> None:
    """Nobody looks at the flag in between: what is known of it at an empty batch hook is what was seen before it was cleared."""
    epochs = (Epoch(logs={"loss": 1.0}, batches=({"loss": 1.0},) * 3),)
    asked = Scenario(callback="EarlyStopping", config={}, fits=(Fit(epochs=epochs), Fit(epochs=epochs)))
    trace = run(Hooks("a callback", lambda name: StopsAtOnce(), ClearsLate()), asked)
    assert isinstance(trace, Trace)
    assert [fit.optimizer_steps for fit in trace.fits] == [3, 6]


class TellsOfBatches(PlainWorld):
    """As tf.keras up to 2.1: the loop itself puts something into the logs of a batch."""

    tells_of_batches = True


class NotesBatches(Callback):
    def on_train_begin(self, logs: Any = None) -> None:
        self.noted: list[Any] = []

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.noted.append(dict(logs))

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.noted.append(dict(logs))


@pytest.mark.parametrize(
    ("world", "noted"),
    [
        (PlainWorld(), [{}, {"loss": 1.0}, {}, {"size": 4.0}]),
        (
            TellsOfBatches(),
            [
                {"batch": 0, "size": 1}, {"batch": 0, "size": 1, "loss": 1.0},
                {"batch": 1, "size": 1}, {"batch": 1, "size": 4.0},
            ],
        ),
    ],
)  # fmt: skip
def test_what_a_loop_puts_into_the_logs_of_a_batch_is_there_and_no_change_of_the_callback(
    world: PlainWorld, noted: list[Any]
) -> None:
    callback = NotesBatches()
    epochs = (Epoch(logs={"loss": 1.0}, batches=({"loss": 1.0}, {"size": 4.0})),)
    asked = Scenario(callback="EarlyStopping", config={}, fits=(Fit(epochs=epochs),))
    trace = run(Hooks("a callback", lambda name: callback, world), asked)
    assert isinstance(trace, Trace)
    assert callback.noted == noted
    (seen,) = trace.fits[0].epochs
    assert (seen.logged, seen.changed, seen.removed) == ({}, (), ())
