"""What the public attributes of a callback hold when a fit has ended is seen, and told apart only where nothing else differs."""

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from callcheck.conformance.driver.attributes import ATTRIBUTES
from callcheck.conformance.driver.loop import run
from callcheck.conformance.driver.protocol import Unavailable
from callcheck.conformance.driver.subjects import custom, subject
from callcheck.reference.replay import replay
from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.dialect import NEWEST, resolve
from callcheck.spec.difference import difference, told_apart
from callcheck.spec.scenario import from_json
from callcheck.spec.trace import Trace
from callcheck.spec.values import ArrayNumber

STOPPED: dict[str, Any] = {
    "callback": "EarlyStopping",
    "config": {"patience": 1, "restore_best_weights": True},
    "fits": [{"initial_epoch": 3, "epochs": [{"logs": {"val_loss": value}} for value in (1.0, 0.5, 0.75, 0.25)]}],
}
HELD = {
    "wait": 1, "best": 0.5, "stopped_epoch": 5, "best_epoch": 4, "best_weights": {"weights_of_epoch": 4}, "model": True,
    "params.epochs": 7,
}  # fmt: skip


class Plain:
    """A callback that does nothing."""

    def __init__(self, **arguments: Any) -> None: ...
    def set_params(self, params: Any) -> None: ...
    def set_model(self, model: Any) -> None: ...
    def on_train_begin(self, logs: Any) -> None: ...
    def on_train_end(self, logs: Any) -> None: ...
    def on_epoch_begin(self, epoch: int, logs: Any) -> None: ...
    def on_train_batch_begin(self, batch: int, logs: Any) -> None: ...
    def on_train_batch_end(self, batch: int, logs: Any) -> None: ...
    def on_epoch_end(self, epoch: int, logs: Any) -> None: ...


class Odd(Plain):
    best = "x" * 2000
    wait = 2**70
    best_weights = (1, 2, 3)
    params = MappingProxyType({"verbose": 0})

    @property
    def stopped_epoch(self) -> int:
        raise RuntimeError("not yet")

    @property
    def best_epoch(self) -> object:
        return self


def held(implementation: Any, scenario: dict[str, Any] = STOPPED) -> Any:
    (fit,) = run(implementation, scenario, optional=True)["fits"]
    return fit.get("attributes")


def test_the_driver_is_told_of_the_records() -> None:
    assert {name: list(callback.attributes) for name, callback in CALLBACKS.items()} == ATTRIBUTES


@pytest.mark.parametrize("name", ["keras", "keras:fit"])
def test_they_are_those_of_a_real_callback_when_the_fit_has_ended(name: str) -> None:
    try:
        implementation = subject(name)
    except Unavailable as error:
        pytest.skip(str(error))
    assert held(implementation) == HELD
    # somebody else ends the fit: the callback is whole
    others = [{"hook": "epoch_end", "before": 0, "raise": "KeyboardInterrupt"}]
    epochs = [{"logs": {"val_loss": 1.0}}, {"logs": {"val_loss": 0.5}, "others": others}]
    ended = held(implementation, {**STOPPED, "fits": [{"epochs": epochs}]})
    assert (ended["best"], ended["stopped_epoch"], ended["params.epochs"]) == (1.0, 0, 2)
    # its own hook raises: it was left in the middle of one
    assert held(implementation, {**STOPPED, "config": {"patience": "2"}, "fits": [{"epochs": epochs[:1] * 2}]}) is None


def test_the_reference_holds_the_same() -> None:
    trace = replay(from_json(STOPPED), resolve(NEWEST).dialect)
    assert isinstance(trace, Trace)
    assert {**(trace.fits[0].attributes or {}), "best_weights": None} == {**HELD, "best_weights": None}


def test_what_is_not_there_or_no_data_does_no_harm() -> None:
    assert held(custom("Plain", Plain, "EarlyStopping")) == {}
    assert held(custom("Odd", Odd, "EarlyStopping")) == {"wait": "<int>", "best": "<str>", "best_epoch": "<Odd>"}


def test_an_attribute_is_a_difference_where_there_is_no_other() -> None:
    trace = replay(from_json(STOPPED), resolve(NEWEST).dialect)
    assert isinstance(trace, Trace)
    (fit,) = trace.fits
    assert fit.attributes is not None
    later = replace(trace, fits=(replace(fit, attributes={**fit.attributes, "stopped_epoch": 6}),))
    found = difference(trace, later)
    assert found is not None
    assert (found.place, found.a, found.b) == ("fits[0].attributes.stopped_epoch", 5, 6)
    assert difference(trace, later, attributes=False) is None
    assert not told_apart(trace, later)
    silent = replace(trace, fits=(replace(fit, attributes={}),))
    assert difference(trace, silent) is None
    louder = replace(later, fits=(replace(later.fits[0], printed=("restored",)),))
    other = difference(trace, louder)
    assert other is not None
    assert other.field.startswith("printed")


@pytest.mark.parametrize(
    ("release", "kind"),
    [
        ("keras-2.7.0", ArrayNumber), ("keras-2.8.0", float), ("tf-keras-2.21.0", float), ("keras-3.0.0", ArrayNumber),
        (NEWEST, ArrayNumber),
    ],
)  # fmt: skip
def test_the_best_of_an_array_is_of_the_kind_that_the_release_keeps(release: str, kind: type) -> None:
    """As the real releases did when they were asked."""
    epoch = {"logs": {"val_loss": {"array": 1.0}}}
    suffix = "keras" if release.startswith("keras-3") or release == NEWEST else "h5"
    config = {"filepath": f"m.{suffix}", "save_best_only": True}
    asked = {"callback": "ModelCheckpoint", "config": config, "fits": [{"epochs": [epoch]}]}
    trace = replay(from_json(asked), resolve(release).dialect)
    assert isinstance(trace, Trace)
    assert trace.fits[0].attributes is not None
    assert type(trace.fits[0].attributes["best"]) is kind
