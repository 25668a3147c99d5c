"""Schedules that `callcheck collect` reads are what Python computes, to the last digit; others are listed, with the reason."""

import math
from pathlib import Path
from typing import Any

import pytest

from callcheck.conformance.collecting.collect import collect
from callcheck.spec.script import ScriptCallback

EPOCHS = 9
IMPORTS = (
    "import math\nimport tensorflow as tf\nfrom math import exp\nfrom keras.callbacks import LearningRateScheduler\n"
)
NAMES = "BASE = 0.1\nDROP = 0.5\nSTEPS = {0: 0.1, 3: 0.01, 6: 1e-4}\nRATES = [0.1, 0.02, 0.003]\n"
CLASSIC = """
def schedule(epoch):
    '''As in many an example.'''
    lr = 1e-3
    if epoch > 6:
        lr *= 0.5e-3
    elif epoch > 4:
        lr *= 1e-1
    print("Learning rate: ", lr)
    return lr
"""
BRANCHES = """
def schedule(epoch, lr=None):
    if epoch < 2:
        return 0.1
    if not epoch % 2 or epoch in (3, 5) and epoch != 5:
        rate = BASE / (1 + epoch)
    else:
        pass
        return max(0.01, BASE * DROP ** epoch)
    return rate
"""
OF_THE_EPOCH = [
    "lambda epoch: 0.1 * 0.9**epoch",
    "lambda epoch: 0.1 if epoch < 5 else 0.01",
    "lambda epoch: 0.1 if epoch < 3 else 0.01 if epoch < 6 else 0.001",
    "lambda e, lr: BASE * DROP ** (e // 3)",
    "lambda e: BASE * math.pow(DROP, math.floor((1 + e) / 4))",
    "lambda e: 1e-3 * (0.5 * (1 + math.cos(math.pi * e / 9)))",
    "lambda e: BASE * exp(-0.1 * e)",
    "lambda e: STEPS.get(e, 0.001)",
    "lambda e: {0: 0.1, 1: 0.2}.get(e, 0.001)",
    "lambda e: RATES[e // 3]",
    "lambda e: [0.1, 0.2, 0.3][e % 3]",
    "lambda e: min(0.1, 0.02 * (e + 1))",
    "lambda e: 0.1 * (e < 4) + 0.01 * (e >= 4)",
    "lambda e: float(2 ** -e)",
    "lambda e: 1",
    "lambda epoch, lr=0.3: 0.5 / (epoch + 1)",
]
FACTORS = [
    "lambda epoch, lr: lr * 0.9",
    "lambda epoch, lr: DROP * lr",
    "lambda epoch, lr: lr",
    "lambda epoch, lr: lr / 4",
    "lambda epoch, rate: rate * (1 - 0.05)",
]


def read(
    tmp_path: Path, schedule: str, fit: str = f"epochs={EPOCHS}, ", before: str = ""
) -> tuple[ScriptCallback, str]:
    """The callback that a script gives to a fit, and what was said of it."""
    file = tmp_path / "train.py"
    file.write_text(f"{IMPORTS}{NAMES}{before}\nm.fit(x, y, {fit}callbacks=[LearningRateScheduler({schedule})])\n")
    script = collect([file])
    return script.fits[0].callbacks[0], " ".join(each.says for each in script.unread)


def run(schedule: str, before: str = "") -> Any:
    names: dict[str, Any] = {"math": math, "exp": math.exp}
    exec(NAMES + before, names)
    return eval(schedule, names)


@pytest.mark.parametrize(
    ("schedule", "before"),
    [
        *((each, "") for each in OF_THE_EPOCH),
        ("schedule", CLASSIC),
        ("schedule", BRANCHES),
        ("own", "own = lambda e: 0.5 ** e"),
    ],
)
def test_a_schedule_of_the_epoch_is_a_table(schedule: str, before: str, tmp_path: Path) -> None:
    function = run(schedule, before)
    wants_the_rate = function.__code__.co_argcount == 2 and not function.__defaults__
    expected = [function(epoch, 0.7) if wants_the_rate else function(epoch) for epoch in range(EPOCHS)]
    callback, said = read(tmp_path, schedule, before=before)
    assert not callback.unread, said
    read_as = callback.config["schedule"]
    assert read_as["table"] == expected
    assert read_as.get("accepts") == (None if wants_the_rate else "epoch")
    assert read_as.get("returns") == ("int" if type(expected[0]) is int else None)


@pytest.mark.parametrize("schedule", FACTORS)
def test_a_product_with_the_rate_is_a_factor(schedule: str, tmp_path: Path) -> None:
    callback, said = read(tmp_path, schedule, fit="")
    assert not callback.unread, said
    assert set(callback.config["schedule"]) == {"scale"}
    for rate in (0.1, 1e-3, 0.10000000149011612, 3e38, 1e-44):
        assert run(schedule)(3, rate) == rate * callback.config["schedule"]["scale"]


@pytest.mark.parametrize(
    ("schedule", "fit", "reason"),
    [
        ("lambda epoch, lr: lr if epoch < 3 else lr * 0.1", "epochs=9, ", "something else of the rate before than one product"),
        ("lambda epoch, lr: lr / 3", "epochs=9, ", "something else of the rate before than one product"),
        ("lambda epoch, lr: lr * tf.math.exp(-0.1)", "epochs=9, ", "something else of the rate before than one product"),
        ("lambda epoch: 0.9**epoch", "epochs=args.n, ", "how many epochs there are is not known"),
        ("lambda epoch: 0.9**epoch", "**more, ", "how many epochs there are is not known"),
        ("lambda epoch: 0.9**epoch", "epochs=5000, ", "more than 2000 of them"),
        ("lambda epoch: 1 if epoch == 3 else 0.5", "epochs=9, ", "in epoch index 3 it returns 1, which is no float"),
        ("lambda epoch: STEPS.get(epoch)", "epochs=9, ", "in epoch index 1 it returns None, which is no float"),
        ("lambda epoch, lr, more: 0.1", "epochs=9, ", "something else than an epoch and a rate"),
        ("lambda *epoch: 0.1", "epochs=9, ", "something else than an epoch and a rate"),
        ("lambda epoch: tf.math.exp(-epoch)", "epochs=9, ", ""),
        ("lambda epoch: STEPS[epoch]", "epochs=9, ", ""),
        ("lambda epoch: 1.0 / epoch", "epochs=9, ", ""),
        ("lambda epoch: 10.0 ** (10 ** 9)", "epochs=9, ", ""),
        ("lambda epoch: len([0] * 10 ** 9)", "epochs=9, ", ""),
        ("lambda epoch: 10 ** 5000", "epochs=9, ", ""),
        ("lambda epoch: 10 ** 5000 if epoch else 0.1", "epochs=9, ", "returns a number with more digits than Python writes"),
        ("lambda epoch, lr: lr * 10 ** 5000", "epochs=9, ", ""),
        ("lambda epoch: (-1.0) ** 0.5", "epochs=9, ", "in epoch index 0 it returns (6"),
        ("lambda epoch: unknown", "epochs=9, ", ""),
        ("tf.keras.optimizers.schedules.CosineDecay(0.1, 10)", "epochs=9, ", ""),
        ("make()", "epochs=9, ", ""),
    ],
)  # fmt: skip
def test_what_no_scenario_says_is_listed(schedule: str, fit: str, reason: str, tmp_path: Path) -> None:
    callback, said = read(tmp_path, schedule, fit)
    assert list(callback.unread) == ["schedule"]
    assert "schedule" not in callback.config
    assert (reason in said) if reason else said == ""


def test_without_a_fit_there_is_no_table(tmp_path: Path) -> None:
    file = tmp_path / "train.py"
    file.write_text(
        f"{IMPORTS}a = LearningRateScheduler(lambda e: 0.1)\nb = LearningRateScheduler(lambda e, lr: lr * 0.5)\n"
    )
    a, b = (each for fit in collect([file]).fits for each in fit.callbacks)
    assert a.unread == {"schedule": "lambda e: 0.1"}
    assert b.config == {"schedule": {"scale": 0.5}}
