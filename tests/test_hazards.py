"""What can go wrong with the callbacks of a script is found, and shown by a scenario on the reference; what cannot is not."""

import json
from pathlib import Path
from typing import Any

import pytest

from callcheck.cli import main
from callcheck.conformance.assurances import assurances
from callcheck.conformance.hazards import RULES, SEVERITIES, hazards
from callcheck.reference.replay import replay
from callcheck.spec.dialect import NEWEST, resolve
from callcheck.spec.scenario import from_json, to_json
from callcheck.spec.script import ScriptFit, loads
from callcheck.spec.trace import Trace

DIALECT = resolve(NEWEST).dialect
EARLY = '[[fits.callbacks]]\ncallback = "EarlyStopping"\nconfig = '
REDUCE = '[[fits.callbacks]]\ncallback = "ReduceLROnPlateau"\nconfig = '
SAVE = '[[fits.callbacks]]\ncallback = "ModelCheckpoint"\nconfig = '
SWAP = '[[fits.callbacks]]\ncallback = "SwapEMAWeights"\nconfig = '
SCHEDULE = '[[fits.callbacks]]\ncallback = "LearningRateScheduler"\nconfig = '


def fit(*callbacks: str, around: str = "") -> ScriptFit:
    (only,) = loads("[[fits]]\n" + around + "\n" + "\n".join(callbacks)).fits
    return only


CASES: dict[str, tuple[ScriptFit, ScriptFit]] = {
    "every-save-overwrites-the-last": (
        fit(SAVE + '{ filepath = "m.keras" }'), fit(SAVE + '{ filepath = "m-{epoch}.keras" }'),
    ),
    "the-last-checkpoint-is-not-the-model": (
        fit(EARLY + "{ patience = 2, restore_best_weights = true }", SAVE + '{ filepath = "m-{epoch}.keras" }'),
        fit(EARLY + "{ patience = 2 }", SAVE + '{ filepath = "m-{epoch}.keras" }'),
    ),
    "a-stop-loses-the-average": (
        fit(SWAP + "{ swap_on_epoch = true }", EARLY + "{ patience = 2 }"), fit(SWAP + "{}", EARLY + "{ patience = 2 }"),
    ),
    "the-best-is-kept-without-its-average": (
        fit(SWAP + "{}", EARLY + "{ patience = 2, restore_best_weights = true }"),
        fit(SWAP + "{ swap_on_epoch = true }", SAVE + '{ filepath = "best.keras", save_best_only = true }'),
    ),
    "a-batch-has-no-validation-metric": (
        fit(SAVE + '{ filepath = "m-{epoch}-{batch}.keras", save_best_only = true, save_freq = 3 }'),
        fit(SAVE + '{ filepath = "m-{epoch}-{batch}.keras", save_best_only = true, save_freq = 3, monitor = "loss" }'),
    ),
    "a-resumed-run-forgets-the-best": (
        fit(SAVE + '{ filepath = "best.keras", save_best_only = true }', around="initial_epoch = 10"),
        fit(
            SAVE + '{ filepath = "best.keras", save_best_only = true, initial_value_threshold = 0.5 }',
            around="initial_epoch = 10",
        ),
    ),
    "a-model-in-hdf5-cannot-be-trained-on": (
        fit(SAVE + '{ filepath = "m.h5" }'), fit(SAVE + '{ filepath = "m.keras" }'),
    ),
    "validation-freq-stretches-patience": (
        fit(EARLY + "{ patience = 2 }", around="validation_freq = 2"), fit(EARLY + "{ patience = 2 }"),
    ),
    "too-few-epochs-to-stop": (
        fit(EARLY + "{ patience = 10 }", around="epochs = 10"), fit(EARLY + "{ patience = 9 }", around="epochs = 10"),
    ),
    "auto-cannot-decide": (
        fit(EARLY + '{ monitor = "val_mine" }', around='metrics = ["accuracy"]'),
        fit(EARLY + '{ monitor = "val_accuracy" }', around='metrics = ["accuracy"]'),
    ),
    "early-stopping-comes-first": (
        fit(EARLY + "{ patience = 3 }", REDUCE + "{ patience = 5 }"),
        fit(EARLY + "{ patience = 5 }", REDUCE + "{ patience = 3 }"),
    ),
    "cooldown-of-one": (fit(REDUCE + "{ cooldown = 1, patience = 2 }"), fit(REDUCE + "{ cooldown = 2, patience = 2 }")),
    "a-schedule-undoes-every-reduction": (
        fit(SCHEDULE + "{ schedule = { table = [1.0, 1.0, 1.0, 1.0] } }", REDUCE + "{ patience = 1 }"),
        fit(SCHEDULE + "{ schedule = { scale = 1.0 } }", REDUCE + "{ patience = 1 }"),
    ),
    "a-checkpoint-forgets-the-reduction": (
        fit(SAVE + '{ filepath = "m-{epoch}.keras" }', REDUCE + "{ patience = 1 }"),
        fit(REDUCE + "{ patience = 1 }", SAVE + '{ filepath = "m-{epoch}.keras" }'),
    ),
    "an-epoch-without-validation-warns": (
        fit(REDUCE + "{ patience = 2 }", around="validation_freq = 3"),
        fit(REDUCE + '{ monitor = "loss", patience = 2 }', around="validation_freq = 3"),
    ),
}  # fmt: skip
"""By rule: a list of callbacks in which it finds something, and one much like it in which it does not."""

LOG = '[[fits.callbacks]]\ncallback = "CSVLogger"\nconfig = '
CHART = '[[fits.callbacks]]\ncallback = "TensorBoard"\nconfig = '
NAN = '[[fits.callbacks]]\ncallback = "TerminateOnNaN"\nconfig = {}'
BACKUP = '[[fits.callbacks]]\ncallback = "BackupAndRestore"\nconfig = '
BEST = SAVE + '{ filepath = "best.keras", save_best_only = true }'
HARMLESS = {
    "stop": fit(EARLY + '{ monitor = "loss", patience = 3 }', around="epochs = 100"),
    "stop with the best weights": fit(EARLY + "{ patience = 10, restore_best_weights = true }", around="epochs = 100"),
    "the best, and stop": fit(BEST, EARLY + "{ patience = 5 }", around="epochs = 100"),
    "plateau, then stop": fit(
        REDUCE + "{ factor = 0.2, patience = 5, min_lr = 1e-5 }", EARLY + "{ patience = 12 }",
        around="epochs = 100\nlearning_rate = 1e-3",
    ),
    "the best, plateau, stop": fit(
        BEST, REDUCE + "{ patience = 3, verbose = 1 }", EARLY + "{ patience = 8, restore_best_weights = true }",
        around="epochs = 50",
    ),
    "by accuracy": fit(
        EARLY + '{ monitor = "val_accuracy", patience = 5 }', REDUCE + '{ monitor = "val_accuracy", patience = 2 }',
        around='epochs = 50\nmetrics = ["accuracy"]',
    ),
    "weights of every epoch": fit(SAVE + '{ filepath = "cp-{epoch:04d}.weights.h5", save_weights_only = true }'),
    "a schedule": fit(SCHEDULE + "{ schedule = { scale = 0.95 } }", around="epochs = 20"),
    "written down": fit(LOG + '{ filename = "training.log" }', NAN, CHART + '{ log_dir = "logs" }', around="epochs = 10"),
    "backed up": fit(BACKUP + '{ backup_dir = "backup" }', around="epochs = 10"),
    "charted, and stop": fit(CHART + '{ log_dir = "logs" }', EARLY + "{ patience = 3 }", around="epochs = 10"),
    "an average": fit(SWAP + "{ swap_on_epoch = true }", around="epochs = 50"),
}  # fmt: skip
"""Lists as tutorials have them, which do what they say."""


def test_every_rule_has_a_case() -> None:
    assert set(CASES) == {*RULES, "auto-cannot-decide"}


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_the_harmful_list_and_not_the_harmless_one(rule: str) -> None:
    harmful, harmless = CASES[rule]
    (found,) = [each for each in hazards(harmful, DIALECT) if each.rule == rule]
    assert found.severity in SEVERITIES
    assert from_json(to_json(found.scenario)) == found.scenario
    assert isinstance(replay(found.scenario, DIALECT), Trace)
    assert rule not in {each.rule for each in hazards(harmless, DIALECT)}


@pytest.mark.parametrize("name", HARMLESS)
def test_a_harmless_list_gives_no_alarm(name: str) -> None:
    assert hazards(HARMLESS[name], DIALECT) == []


def test_the_worst_comes_first() -> None:
    listed = fit(
        EARLY + "{ patience = 3 }", REDUCE + "{ patience = 5, cooldown = 1 }", SAVE + '{ filepath = "m.keras" }',
        around="validation_freq = 2",
    )  # fmt: skip
    assert [each.severity for each in hazards(listed, DIALECT)] == [
        "weights",
        "stop",
        "rate",
        "rate",
        "message",
        "message",
    ]


def test_what_the_documentation_promises_is_no_hazard_where_it_is_kept() -> None:
    harmful, _ = CASES["cooldown-of-one"]
    assert hazards(harmful, resolve("documented").dialect) == []


def test_what_is_known_of_a_metric_by_its_name_is_used() -> None:
    listed = fit(
        EARLY + '{ monitor = "val_accuracy", patience = 3 }', REDUCE + '{ monitor = "val_accuracy", patience = 4 }'
    )
    assert [each.rule for each in hazards(listed, DIALECT)] == ["early-stopping-comes-first"]


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "callbacks.toml"
    listed = (EARLY + "{ patience = 3 }", REDUCE + "{ patience = 5 }", SAVE + '{ filepath = "m.keras" }')
    path.write_text("[[fits]]\n" + "\n".join(listed), encoding="utf-8")
    return str(path)


def test_the_command_says_what_can_go_wrong_the_worst_first(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--script", file]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "fit 1: EarlyStopping + ReduceLROnPlateau + ModelCheckpoint" in said
    assert said.index("1. weights: every save of ModelCheckpoint(filepath='m.keras')") < said.index("2. rate: ")
    assert "EarlyStopping(patience=3) stops a training that does not improve after 4 epochs, before" in said
    assert main(["check", "--script", file, "--json"]) == 1
    found: Any = json.loads(capsys.readouterr().out)
    assert [each["rule"] for each in found["hazards"]] == [
        "every-save-overwrites-the-last",
        "early-stopping-comes-first",
    ]


def test_the_command_refuses_what_it_cannot_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--script", str(tmp_path / "nothing.toml")]) == 2
    assert "nothing.toml" in capsys.readouterr().err
    path = tmp_path / "callbacks.toml"
    path.write_text("[[fits]]\n" + EARLY + "{ patience = 3 }", encoding="utf-8")
    assert main(["check", "keras", "--script", str(path)]) == 2
    assert "--script" in capsys.readouterr().err
    assert main(["check", "--script", str(path)]) == 0
    assert "nothing that these rules know of" in capsys.readouterr().out


# ---------------------------------------------------------------------------------------------- what cannot happen

TIMELY = (
    EARLY + "{ patience = 10 }",
    REDUCE + "{ patience = 3 }",
    SAVE + '{ filepath = "m-{epoch:02d}.keras" }',
)


def assured(listed: ScriptFit, examples: int = 100) -> list[str]:
    return [each.rule for each in assurances(listed, DIALECT, examples)]


def test_what_cannot_happen_is_said() -> None:
    listed = fit(*TIMELY)
    assert hazards(listed, DIALECT) == []
    assert assured(listed) == [
        "early-stopping-comes-first", "the-last-checkpoint-is-not-the-model", "every-save-overwrites-the-last",
        "a-checkpoint-forgets-the-reduction",
    ]  # fmt: skip


@pytest.mark.parametrize("rule", CASES)
def test_what_can_happen_is_not_assured(rule: str) -> None:
    harmful, _ = CASES[rule]
    assert rule not in assured(harmful)


def test_a_stream_that_speaks_against_it_ends_an_assurance() -> None:
    """A rate that is reduced by less than float32 can tell is the rate that it was."""
    by = {factor: fit(TIMELY[0], REDUCE + f"{{ patience = 3, factor = {factor} }}") for factor in (0.5, 0.9999999999)}
    assert {factor: assured(listed) for factor, listed in by.items()} == {
        0.5: ["early-stopping-comes-first"],
        0.9999999999: [],
    }


def test_the_command_says_what_cannot_happen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "callbacks.toml"
    file.write_text("[[fits]]\n" + "\n".join(TIMELY))
    assert main(["check", "--script", str(file), "--examples", "50"]) == 0
    assert "cannot happen, in 50 random streams of metrics and by the argument:" in capsys.readouterr().out
    assert main(["check", "--script", str(file), "--examples", "50", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(each["rule"], each["tried"]) for each in told["assurances"]] == [
        (rule, 50) for rule in assured(fit(*TIMELY))
    ]
