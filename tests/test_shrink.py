"""What a scenario says beside its stream is left out by shrinking, or made plain, unless it matters."""

from collections.abc import Callable
from typing import Any

import pytest

from callcheck.spec.files import PATH_LIKE, handed_over_as, path_of
from callcheck.spec.scenario import Scenario, from_json, to_json
from callcheck.spec.search.shrink import smallest
from callcheck.spec.values import ArrayNumber, Tensor

START = from_json(
    {
        "callback": "ModelCheckpoint",
        "config": {"filepath": {"path_like": "a/b/m-{epoch:02d}.weights.h5"}, "save_weights_only": True},
        "existing": ["a/b/m-02.weights.h5/", "other", "x/"],
        "fits": [
            {"epochs": [{"logs": {"val_loss": value}} for value in ({"array": 0.7}, {"tensor": [0.3, 0.2, 0.1]})]}
        ],
    }
)


def in_logs(kind: type) -> Callable[[Scenario], bool]:
    return lambda scenario: any(isinstance(value, kind) for value in scenario.fits[0].epochs[0].logs.values())


PLAIN: dict[str, Any] = {"callback": "ModelCheckpoint", "config": {"filepath": "m.weights.h5"}}
CASES: list[tuple[Callable[[Scenario], bool], dict[str, Any]]] = [
    (lambda scenario: True, {**PLAIN, "fits": [{"epochs": [{"logs": {}}]}]}),
    (
        lambda scenario: handed_over_as(scenario.config) == PATH_LIKE,
        {**PLAIN, "config": {"filepath": {"path_like": "m.weights.h5"}}, "fits": [{"epochs": [{"logs": {}}]}]},
    ),
    (
        lambda scenario: f"{path_of(scenario.config['filepath']).format(epoch=2, batch=2)}/" in scenario.existing,
        {**PLAIN, "existing": ["m.weights.h5/"], "fits": [{"epochs": [{"logs": {}}]}]},
    ),
    (in_logs(ArrayNumber), {**PLAIN, "fits": [{"epochs": [{"logs": {"val_loss": {"array": 1.0}}}]}]}),
    (in_logs(Tensor), {**PLAIN, "fits": [{"epochs": [{"logs": {"val_loss": {"tensor": [1.0, 1.0]}}}]}]}),
]


@pytest.mark.parametrize(("condition", "expected"), CASES)
def test_what_does_not_matter_is_left_out(condition: Callable[[Scenario], bool], expected: dict[str, Any]) -> None:
    start = START
    if not condition(start):  # the tensor is in the second epoch
        start = from_json({**to_json(START), "fits": [{"epochs": to_json(START)["fits"][0]["epochs"][::-1]}]})
    assert to_json(smallest(start, condition)) == expected


@pytest.mark.parametrize("value", [None, True])
def test_what_is_no_number_becomes_one_unless_it_matters(value: Any) -> None:
    start = from_json(
        {**PLAIN, "fits": [{"epochs": [{"logs": {"val_loss": {"none": True} if value is None else value}}]}]}
    )
    kept = smallest(start, lambda scenario: any(v is value for v in scenario.fits[0].epochs[0].logs.values()))
    assert kept.fits[0].epochs[0].logs["val_loss"] is value
    number = smallest(start, lambda scenario: "val_loss" in scenario.fits[0].epochs[0].logs)
    assert repr(number.fits[0].epochs[0].logs["val_loss"]) == "1.0"


def test_what_makes_a_scenario_one_of_training_is_left_out_unless_it_matters() -> None:
    start = from_json(
        {
            "callbacks": [
                {"callback": "EarlyStopping", "config": {"patience": 3}},
                {"callback": "ModelCheckpoint", "config": {"filepath": "a/m-{epoch}.keras", "verbose": 1}},
                {"callback": "TerminateOnNaN"},
            ],
            "fits": [
                {"epochs": [{"others": [{"hook": "epoch_end", "after": 2, "stop": True}]}, {}]},
                {
                    "instances": "pickled", "resume": {"from": "a/m-1.keras"},
                    "epochs": [{"others": [{"hook": "batch_end", "batch": 0, "before": 1, "raise": "OSError"}]}],
                },
            ],
        }
    )  # fmt: skip
    assert to_json(smallest(start, lambda scenario: True)) == {
        "callback": "EarlyStopping",
        "fits": [{"epochs": [{"logs": {}}]}],
    }
    resumed = smallest(start, lambda scenario: any(fit.resume for fit in scenario.fits))
    assert to_json(resumed) == {
        "callback": "EarlyStopping",
        "fits": [{"epochs": [{"logs": {}}]}, {"resume": {"from": "a/m-1.keras"}, "epochs": [{"logs": {}}]}],
    }
    raising = smallest(start, lambda scenario: any(a.raises for f in scenario.fits for e in f.epochs for a in e.others))
    assert to_json(raising)["fits"] == [
        {"epochs": [{"logs": {}, "others": [{"hook": "batch_end", "raise": "OSError"}]}]}
    ]
