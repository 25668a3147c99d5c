"""`diff` for a user's CI: their own configurations first, reviewed differences with reasons, and what makes it fail."""

from pathlib import Path

import pytest

from callcheck.cli import main
from callcheck.conformance.own import configurations
from callcheck.spec.script import loads

SCRIPT = """
[[fits]]
source = "train.py, line 20"
metrics = ["accuracy"]

[[fits.callbacks]]
source = "train.py, line 12"
callback = "EarlyStopping"
config = { monitor = "val_accuracy", patience = 3, restore_best_weights = true }

[[fits.callbacks]]
source = "train.py, line 13"
callback = "TerminateOnNaN"
"""
DIFF = ["diff", "keras==2.15.0", "keras==3.0.0", "--predicted", "--callback", "EarlyStopping"]
REVIEWED = "".join(
    f'[[difference]]\ncallback = "EarlyStopping"\nchoices = ["{choice}"]\nreason = "seen"\n'
    for choice in (
        "early-stopping/direction",
        "early-stopping/restored-when",
        "early-stopping/reuse",
        "early-stopping/precision",
        "early-stopping/restored-message",
        "training/short-last-group",
    )
)


def written(folder: Path, text: str) -> str:
    (folder / "given.toml").write_text(text, encoding="utf-8")
    return str(folder / "given.toml")


def test_a_configuration_stays_as_it_is_and_what_it_sees_is_random() -> None:
    own = configurations(loads(SCRIPT + SCRIPT))
    assert [each.title for each in own] == [
        "EarlyStopping(monitor='val_accuracy', patience=3, restore_best_weights=True) in train.py, line 12",
        "TerminateOnNaN() in train.py, line 13",
    ]
    scenarios = list(own[0].scenarios(50))
    assert all(own[0].holds(scenario) for scenario in scenarios)
    assert {scenario.config["patience"] for scenario in scenarios} == {3}
    assert {metric.name for scenario in scenarios for metric in scenario.metrics} == {"accuracy"}
    seen = [epoch.logs for scenario in scenarios for fit in scenario.fits for epoch in fit.epochs]
    assert sum("val_accuracy" in logs for logs in seen) > len(seen) / 2
    assert not own[1].holds(scenarios[0])


def test_the_users_own_configurations_come_first_and_decide(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main([*DIFF, "--config", written(tmp_path, SCRIPT)]) == 1
    said = capsys.readouterr().out
    assert "risk: high" in said
    assert "your configurations: 1 of 1 do something else" in said
    assert said.index("(yours)") < said.index("early-stopping/direction")
    plain = SCRIPT.replace('monitor = "val_accuracy", patience = 3, restore_best_weights = true', "patience = 3")
    assert main(["diff", "keras==3.8.0", "keras==3.10.0", "--predicted", "--config", written(tmp_path, plain)]) == 0
    said = capsys.readouterr().out
    assert "your configurations: 0 of 2 do something else" in said
    assert "TerminateOnNaN() in train.py, line 13: no difference" in said
    assert "model-checkpoint/missing-metric" in said, "the rest is told, and does not fail"


def test_reviewed_differences_pass_and_new_and_vanished_ones_fail(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main([*DIFF, "--accept", written(tmp_path, REVIEWED)]) == 0
    assert "accepted: [1], seen" in capsys.readouterr().out
    assert main([*DIFF, "--accept", written(tmp_path, REVIEWED.replace("reuse", "anchor"))]) == 1
    said = capsys.readouterr().out
    assert "vanished: EarlyStopping, early-stopping/anchor" in said
    assert 'choices = ["early-stopping/reuse"]\nreason = ""' in said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[difference", "is not TOML"),
        ('[[difference]]\ncallback = "Stopping"\n', "callback has to be one of"),
        ('[[difference]]\ncallback = "EarlyStopping"\nchoices = ["x/y"]\n', "there is no choice 'x/y'"),
        ('[[difference]]\ncallback = "EarlyStopping"\nreason = "x"\n', "known by its choices, or by a field"),
        ('[[difference]]\ncallback = "EarlyStopping"\nfield = "error"\nreason = " "\n', "a reason is missing"),
        ("[[other]]\n", "it holds [[difference]] tables, and nothing else"),
    ],
)
def test_a_file_of_reviewed_differences_with_nonsense_in_it_is_refused(
    text: str, message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main([*DIFF, "--accept", written(tmp_path, text)]) == 2
    said = capsys.readouterr().err
    assert "given.toml" in said
    assert message in said
