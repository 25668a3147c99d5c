"""Epochs in which nothing new happens are passed: the trace and the reasons are those of the loop that leaves nothing out."""

from random import Random
from typing import Any

import pytest

from callcheck.conformance.pool import known
from callcheck.reference import replay as loop
from callcheck.reference.replay import explain
from callcheck.spec.callbacks import CALLBACKS, TRAINING
from callcheck.spec.dialect import NEWEST, resolve
from callcheck.spec.difference import difference
from callcheck.spec.scenario import Configured, Epoch, Fit, Other, Scenario

DIALECTS = [resolve(name).dialect for name in (NEWEST, "keras-2.3.1")]
STOPPING = Configured(callback="EarlyStopping", config={"mode": "min", "patience": 20, "restore_best_weights": True})
REDUCING = Configured(callback="ReduceLROnPlateau", config={"mode": "min", "patience": 3, "cooldown": 2, "factor": 0.5})
SAVING = Configured(callback="ModelCheckpoint", config={"filepath": "m.h5", "mode": "min", "save_best_only": True})
TERMINATING = Configured(callback="TerminateOnNaN")
RECORDING = Configured(callback="History")
LISTS = [
    (STOPPING,), (REDUCING,), (SAVING,), (STOPPING, REDUCING, SAVING), (TERMINATING,), (RECORDING,),
    (RECORDING, TERMINATING, REDUCING),
]  # fmt: skip
LOGGING_THE_SAME = (REDUCING, STOPPING, REDUCING)
"""The second finds the rate in the logs, and no epoch is passed."""


def scenario(callbacks: tuple[Configured, ...], seed: int) -> Scenario:
    """Noise, with gaps, a rate among the metrics, and somebody else at work now and then."""
    random = Random(seed)

    def epoch() -> Epoch:
        logs = {} if random.random() < 0.03 else {"val_loss": random.choice((random.random(), float("nan"), 1e39))}
        more: dict[str, Any] = {}
        if random.random() < 0.5:
            logs["loss"] = 1.0 if random.random() < 0.99 else float("nan")
        if random.random() < 0.03:
            more["batches"] = ({"loss": 1.0}, {"loss": 1.0})
        if random.random() < 0.03:
            logs[random.choice(("learning_rate", "lr"))] = 1.0
        if random.random() < 0.03:
            more["others"] = (Other(hook=random.choice(("epoch_begin", "epoch_end")), learning_rate=0.25),)
        return Epoch(logs=logs, **more)

    fits = tuple(Fit(epochs=tuple(epoch() for _ in range(60))) for _ in range(2))
    return Scenario(callbacks=callbacks, fits=fits)


def check(asked: Scenario, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many epochs were passed; everything else is the same as when none is."""
    counted = 0

    def counting(*arguments: Any) -> int:
        nonlocal counted
        counted += (number := loop_passed(*arguments))
        return number

    loop_passed = loop.passed
    for dialect in DIALECTS:
        with monkeypatch.context() as patched:
            patched.setattr(loop, "passed", counting)
            trace, decisions = explain(asked, dialect)
        with monkeypatch.context() as patched:
            patched.setattr(loop, "can_be_calm", lambda run: False)
            every, all_decisions = explain(asked, dialect)
        assert difference(trace, every) is None
        assert repr(trace) == repr(every)
        assert repr(decisions) == repr(all_decisions)
    return counted


@pytest.mark.parametrize("callback", [*CALLBACKS, TRAINING])
def test_stored_scenarios(callback: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for asked in known(callback)[::5]:
        check(asked, monkeypatch)


@pytest.mark.parametrize("callbacks", LISTS, ids=lambda listed: "+".join(each.callback for each in listed))
def test_noise(callbacks: tuple[Configured, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    assert sum(check(scenario(callbacks, seed), monkeypatch) for seed in range(8)) > 100


def test_a_key_that_is_there_already(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [check(scenario(LOGGING_THE_SAME, seed), monkeypatch) for seed in range(4)] == [0] * 4
