"""The adapters of other libraries: each is green on the dialect that comes with it, and its domain is held against nobody."""

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from libraries import adapted

from callcheck.conformance.agreement import agree, kept
from callcheck.conformance.driver.adapters import INSTALL, adapter
from callcheck.conformance.driver.adapters.shared import Adapter, Checking, Stopping, stopping
from callcheck.conformance.driver.domain import DEFAULTS, Domain, bound, renamed
from callcheck.conformance.driver.loop import run
from callcheck.conformance.driver.protocol import Capabilities, Unavailable
from callcheck.conformance.limits import limits, reasons
from callcheck.conformance.pool import known, pool, share
from callcheck.conformance.results import Here
from callcheck.conformance.subjects.names import ADAPTERS
from callcheck.reference.replay import replay
from callcheck.spec.callbacks import CALLBACKS, defaults
from callcheck.spec.choices import CHOICES
from callcheck.spec.dialect import documented, resolve, third_party, unlike_any_keras
from callcheck.spec.difference import difference
from callcheck.spec.scenario import Scenario, from_json
from callcheck.spec.search.samples import sample_aimed
from callcheck.spec.trace import NotExpressible, Trace

WAYS = [(name, way) for name in INSTALL for way in ("hooks", "translated") if way == "hooks" or name == "torch"]
STOPPER = Capabilities(
    callbacks={"EarlyStopping"},
    parameters={"EarlyStopping": ("monitor", "patience", "mode")},
    domain=Domain(
        accepts={"mode": ("min", "max")}, kinds={"patience": "whole"}, every_epoch=True, numbers=True, finite=True
    ),
)


@pytest.mark.parametrize(("name", "way"), WAYS)
def test_an_adapter_is_green_on_its_dialect(name: str, way: str) -> None:
    """On more scenarios: python -m callcheck.conformance.agreement IMPL --examples 1000 --write"""
    found = adapted(name, way)
    dialect = resolve(found.identity["dialect"]).dialect
    for callback in found.capabilities.callbacks:
        done = agree(Here(found).ask, dialect, callback, 150, 7, limits(found.capabilities, callback))
        assert done.differences == ()
        assert done.counts["compared"] == 150
        within = limits(found.capabilities, callback)
        aimed = [within.inside(each) for each in (*known(callback), *sample_aimed(callback, 60, 7))]
        for scenario, seen in zip(aimed, Here(found).ask(aimed), strict=True):
            assert not isinstance(seen, Trace) or difference(replay(scenario, dialect), seen) is None, scenario


def test_every_third_party_dialect_was_run_on_a_thousand_scenarios_without_a_difference() -> None:
    found = {where: record["callbacks"] for where, _, record in kept() if where in third_party()}
    assert set(found) == set(third_party())
    for callbacks in found.values():
        assert callbacks
        assert all(count["compared"] >= 1000 and count["different"] == 0 for count in callbacks.values())


def test_a_library_that_is_not_there_is_told_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xgboost", None)
    monkeypatch.delitem(sys.modules, "callcheck.conformance.driver.adapters.xgboost_adapter", raising=False)
    with pytest.raises(Unavailable, match="pip install xgboost"):
        adapter("xgboost", "hooks")
    with pytest.raises(Unavailable, match="no adapter for paddle"):
        adapter("paddle", "hooks")
    assert set(INSTALL) <= set(ADAPTERS)


def test_the_defaults_of_the_driver_are_those_of_the_specification() -> None:
    assert {name: dict(defaults(name)) for name in CALLBACKS} == DEFAULTS


def test_what_is_called_otherwise_elsewhere_is_handed_over_by_that_name() -> None:
    config = bound("EarlyStopping", {"min_delta": 0.5})
    assert renamed(config, "patience", min_delta="threshold") == {"patience": 0, "threshold": 0.5}


def beside(value: str) -> Iterator[str]:
    """The dialects that come with callcheck and have this value, which no Keras has."""
    choice, _, name = value.rpartition(" ")
    yield from (each.name for each in third_party().values() if each[choice] == name)


HOME_MADE = {
    "early-stopping/direction always-minimum", "reduce-lr-on-plateau/direction always-minimum",
    "early-stopping/missing-metric says-nothing",
    "early-stopping/exact-change always-is-one", "early-stopping/improvement leaves-the-count",
    "early-stopping/min-delta-sign turned", "early-stopping/nonfinite skipped", "early-stopping/patience more-than",
    "early-stopping/patience exactly", "early-stopping/threshold relative", "reduce-lr-on-plateau/min-lr not-at-all",
    "reduce-lr-on-plateau/anchor best-value", "backup-and-restore/batch-count fewer-at-first",
}  # fmt: skip
"""The values that no dialect of a library has yet: mistakes that people make, and what libraries do that have no adapter."""


def test_a_value_that_no_keras_has_is_that_of_a_library_or_a_known_mistake() -> None:
    everything = {f"{id} {value}" for id, choice in CHOICES.items() for value in choice.values}
    unheard = set()
    for each in everything:
        choice, _, value = each.rpartition(" ")
        if unlike_any_keras(documented().replace("turned", **{choice: value})):
            unheard.add(each)
    assert {each for each in unheard if not list(beside(each))} == HOME_MADE


def test_what_lies_outside_the_domain_is_brought_inside_and_what_lies_inside_stays() -> None:
    within = limits(STOPPER, "EarlyStopping")
    outside = scenario({"mode": "auto", "baseline": 1.0, "patience": "2"}, 1.0, None, "NaN", [2.0, 3.0])
    brought = within.inside(outside)
    assert brought.config == {"mode": "min", "patience": 1}
    assert [epoch.logs["val_loss"] for epoch in brought.fits[0].epochs] == [1.0, 1.0, 1.0, 2.0]
    fine = scenario({"mode": "max", "patience": 2}, 1.0, 2.0)
    assert within.inside(fine) is not None
    assert within.inside(fine) == fine
    assert within.inside(scenario({"monitor": "val_accuracy"}, 1.0)).config["mode"] == "max"


def test_the_whole_pool_lies_inside_and_the_share_that_did_before_is_told() -> None:
    within = limits(STOPPER, "EarlyStopping")
    assert sum(reasons(pool("EarlyStopping", 60, 0, within), within).values()) == 0
    part, why = share("EarlyStopping", 60, 0, within)
    assert 0.0 < part < 0.5
    assert "mode=auto" in why


def test_what_lies_outside_is_not_expressible_in_the_driver() -> None:
    class Stopper:
        name = "a stopper"
        capabilities = STOPPER

        def build(self, scenario: Any) -> Any:
            raise AssertionError("never asked")

    answers = Here(Stopper()).ask([scenario({"mode": "auto"}, 1.0), scenario({"mode": "min"}, None)])
    assert [answer.parameter for answer in answers if isinstance(answer, NotExpressible)] == [
        "mode=auto",
        "a missing metric",
    ]


def test_a_domain_crosses_to_another_process_whole() -> None:
    again = Capabilities.from_json(json.loads(json.dumps(STOPPER.to_json())))
    assert again.to_json() == STOPPER.to_json()


@pytest.mark.parametrize(("kind", "asked"), [(Checking, [1.0, 2.0]), (Stopping, [4.0])])
def test_an_adapter_is_asked_in_the_middle_of_an_epoch_if_it_has_a_hook_for_that(
    kind: type[Stopping], asked: list[float]
) -> None:
    """A validation that stops ends its epoch."""
    told: list[float] = []

    def ask(value: float, epoch: int, logs: Any) -> bool:
        told.append(value)
        return value >= 2.0

    epoch = {"logs": {"val_loss": 4.0}, "validations": [{"val_loss": 1.0}, {"val_loss": 2.0}, {"val_loss": 3.0}]}
    adapter = Adapter("mine", stopping(), lambda config, scenario: kind(config["monitor"], ask), "documented")
    trace = run(adapter, {"callback": "EarlyStopping", "config": {"mode": "min"}, "fits": [{"epochs": [epoch, epoch]}]})
    assert [each["stop"] for each in trace["fits"][0]["epochs"]] == [True]
    assert told == asked


def scenario(config: dict[str, Any], *values: Any) -> Scenario:
    epochs = [{"logs": {} if value is None else {config.get("monitor", "val_loss"): value}} for value in values]
    return from_json({"callback": "EarlyStopping", "config": config, "fits": [{"epochs": epochs}]})
