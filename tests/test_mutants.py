"""The machinery of the mutation campaign; the campaign itself is a command, `python -m callcheck.conformance.mutants`."""

import ast
import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import callcheck
from callcheck.conformance.mutants import main
from callcheck.conformance.mutation.forking import in_children
from callcheck.conformance.mutation.insertions import insertions
from callcheck.conformance.mutation.operators import Mutant, mutants
from callcheck.conformance.mutation.records import Campaign, Excused, Verdict, excused, read, stale, table

SOURCE = '''
class Stopper:
    """Stops after 3 epochs."""

    def __init__(self, patience=2):
        self.patience = patience

    def on_epoch_end(self, epoch, logs=None):
        """At the end of epoch 5."""
        if epoch >= self.patience:
            print_msg(f"Epoch {epoch + 1}: stop after {self.patience}")
            self.stop = True
        if epoch < 0:
            raise ValueError("epoch 7 is wrong")

    def _unused(self):
        return 9
'''


def made() -> dict[str, str]:
    return {mutant.id: mutant.change for mutant in mutants(SOURCE, "stopper.py", ("_unused",))}


def test_every_single_change_is_made() -> None:
    assert made() == {
        "stopper.py:5:32 plus-one": "2 -> 3",
        "stopper.py:5:32 minus-one": "2 -> 1",
        "stopper.py:6:8 drop": "self.patience = patience -> pass",
        "stopper.py:10:11 if-true": "epoch >= self.patience -> True",
        "stopper.py:10:11 if-false": "epoch >= self.patience -> False",
        "stopper.py:10:11 GtE-to-Gt": "epoch >= self.patience -> epoch > self.patience",
        "stopper.py:10:11 GtE-to-Lt": "epoch >= self.patience -> epoch < self.patience",
        "stopper.py:10:11 GtE-to-Eq": "epoch >= self.patience -> epoch == self.patience",
        "stopper.py:11:12 drop": "print_msg(f'Epoch {epoch + 1}: stop after {self.patience}') -> pass",
        "stopper.py:11:31 to-Sub": "epoch + 1 -> epoch - 1",
        "stopper.py:11:39 plus-one": "1 -> 2",
        "stopper.py:11:39 minus-one": "1 -> 0",
        "stopper.py:12:12 drop": "self.stop = True -> pass",
        "stopper.py:12:24 flipped": "True -> False",
        "stopper.py:13:11 if-true": "epoch < 0 -> True",
        "stopper.py:13:11 if-false": "epoch < 0 -> False",
        "stopper.py:13:11 Lt-to-LtE": "epoch < 0 -> epoch <= 0",
        "stopper.py:13:11 Lt-to-GtE": "epoch < 0 -> epoch >= 0",
        "stopper.py:13:11 Lt-to-NotEq": "epoch < 0 -> epoch != 0",
        "stopper.py:13:19 plus-one": "0 -> 1",
        "stopper.py:13:19 minus-one": "0 -> -1",
        "stopper.py:14:12 drop": "raise ValueError('epoch 7 is wrong') -> pass",
        "stopper.py:14:18 other-exception": "ValueError -> Exception",
    }


def test_each_mutant_differs_from_the_original_and_from_the_others() -> None:
    sources = [mutant.source for mutant in mutants(SOURCE, "stopper.py")]
    assert len({ast.unparse(ast.parse(SOURCE)), *sources}) == len(sources) + 1


def test_the_ids_are_the_same_every_time_and_unique() -> None:
    twice = [[mutant.id for mutant in mutants(SOURCE, "stopper.py")] for _ in range(2)]
    assert twice[0] == twice[1]
    assert len(set(twice[0])) == len(twice[0])


def test_a_mutant_has_just_its_change() -> None:
    mutant = next(each for each in mutants(SOURCE, "stopper.py") if each.id == "stopper.py:10:11 GtE-to-Gt")
    original = ast.unparse(ast.parse(SOURCE))
    changed = set(mutant.source.splitlines()) - set(original.splitlines())
    assert changed == {"        if epoch > self.patience:"}


def test_a_task_that_hangs_or_dies_is_named_as_such() -> None:
    tasks = [
        ("answers", lambda: ["a", 1]),
        ("hangs", lambda: time.sleep(60)),
        ("raises", lambda: 1 // 0),
        ("dies", lambda: os._exit(3)),
    ]
    ended = {each.name: (each.result, each.failure) for each in in_children(tasks, jobs=2, time_limit=2.0)}
    assert ended["answers"] == (["a", 1], None)
    assert ended["hangs"] == (None, "timeout")
    assert ended["raises"] == (None, "crash: ZeroDivisionError: integer division or modulo by zero")
    assert ended["dies"][1] is not None
    assert ended["dies"][1].startswith("crash: the process ended")


def test_the_table_counts_equivalent_mutants_against_nobody() -> None:
    noticed = Verdict(
        subject="EarlyStopping", change="a -> b", callcheck_by="x/y/z", clauses_by="x/y/z", seconds=0.5, keras_by=None,
        keras_seconds=9.0,
    )  # fmt: skip
    got_by = Verdict(subject="EarlyStopping", change="a -> c", seconds=1.5)
    campaign = Campaign(
        keras="keras-3.15.1", examples=300, seed=0, mutants={"f.py:1:0 drop": noticed, "f.py:2:0 drop": got_by}
    )
    row = "| EarlyStopping | 2 | {} | 0 | {} | {} | 0 of 1 (0 %) | 1.0 |"
    equivalent = Excused(mutant="f.py:2:0 drop", change="a -> c", kind="equivalent", reason="The same.")
    assert row.format(1, *["1 of 1 (100 %)"] * 2) in table(campaign, {equivalent.mutant: equivalent})
    assert row.format(0, *["1 of 2 (50 %)"] * 2) in table(campaign, {})


def test_an_excuse_for_another_change_is_stale() -> None:
    excuse = Excused(mutant="f.py:1:0 drop", change="a -> b", kind="equivalent", reason="The same.")
    mutant = Mutant(id=excuse.mutant, file="f.py", line=1, change="a -> c", source="")
    assert stale([excuse], {mutant.id: mutant}) == [excuse]
    assert stale([excuse], {}) == [excuse]


def test_the_committed_excuses_are_for_mutants_that_got_by() -> None:
    verdicts = read().mutants
    for excuse in excused().values():
        assert excuse.reason
        verdict = verdicts[excuse.mutant]
        assert verdict.change == excuse.change
        assert verdict.callcheck_by is None, f"{excuse.mutant} is noticed by {verdict.callcheck_by}"


def test_every_committed_mutant_is_noticed_or_excused() -> None:
    excuses = excused()
    assert [id for id, each in read().mutants.items() if each.callcheck_by is None and id not in excuses] == []


@pytest.mark.skipif(importlib.util.find_spec("keras") is None, reason="needs Keras: pip install 'callcheck[keras]'")
def test_a_wrong_keras_is_noticed_and_the_installed_one_is_not(tmp_path: Path) -> None:
    """A process of its own: TensorFlow may have been started in this one, and then it cannot be forked."""
    output = tmp_path / "verdicts.json"
    command = [sys.executable, "-m", "callcheck.conformance.mutants", "--callback", "TerminateOnNaN", "--mutant", "flipped",
               "--part", "suite", "--examples", "40", "--output", str(output)]  # fmt: skip
    source = str(Path(callcheck.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([source, os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr  # the original, tried first, got by
    verdicts = json.loads(output.read_text(encoding="utf-8"))["mutants"].values()
    assert [each["clauses_by"].split("/")[0] for each in verdicts] == ["terminate-on-nan"] * len(verdicts)
    assert len(verdicts) >= 2


@pytest.mark.skipif(importlib.util.find_spec("keras") is None, reason="needs Keras: pip install 'callcheck[keras]'")
def test_those_that_are_excused_can_be_left_out() -> None:
    """In a process of its own, as Keras is imported."""
    source = str(Path(callcheck.__file__).parents[1])
    ask = "from callcheck.conformance.mutants import main\nwords = ['--callback', 'TerminateOnNaN', '--list']\n"
    ask += "main(words)\nprint('---')\nmain([*words, '--unexcused'])"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([source, os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        [sys.executable, "-c", ask], env=environment, capture_output=True, text=True, check=True, timeout=300
    )
    listed = [{line.split(": ")[0] for line in part.splitlines() if line} for part in done.stdout.split("---\n")]
    assert listed[0] - listed[1] == {id for id in excused() if id.startswith("terminate_on_nan.py")}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--limit", "0"], "--limit: expected a number from 1"),
        (["--survivors"], "--output is missing"),
        (["--output", "nowhere/verdicts.json"], "there is no directory nowhere"),
        (["--output", "broken.json"], "broken.json: this is no file of verdicts"),
        (["--output", "other.json"], "other.json: its verdicts are of --examples 7 --seed 5"),
    ],
)
def test_a_wrong_command_is_refused_before_anything_is_tried(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.json").write_text("{}")
    (tmp_path / "other.json").write_text(Campaign(keras="keras-3.15.1", examples=7, seed=5, mutants={}).dumps())
    try:
        status: object = main(arguments)
    except SystemExit as stop:
        status = stop.code
    assert status == 2
    assert message in capsys.readouterr().err


def test_every_insertion_is_made_at_the_end_of_every_hook() -> None:
    made = insertions(SOURCE, "stopper.py", "Stopper")
    hooks = {each.id.rpartition("-in-")[2] for each in made}
    assert hooks == {"on_train_begin", "on_epoch_begin", "on_train_batch_end", "on_epoch_end", "on_train_end"}
    assert len({each.id for each in made}) == len({each.source for each in made}) == len(made) == 5 * 12 + 2 * 4


def test_an_insertion_runs_after_what_the_hook_does_however_that_ends() -> None:
    (mutant,) = (
        each for each in insertions(SOURCE, "stopper.py", "Stopper") if each.id.endswith("add-a-log-in-on_epoch_end")
    )
    assert mutant.id == "stopper.py:8:4 insert-add-a-log-in-on_epoch_end"
    assert mutant.change == "on_epoch_end ends with logs['inserted'] = 1.0"
    names: dict[str, Any] = {"print_msg": lambda line: None}
    exec(mutant.source, names)
    stopper, stopped, raised = names["Stopper"](), {}, {}
    stopper.on_epoch_end(2, stopped)
    with pytest.raises(ValueError, match="epoch 7"):
        stopper.on_epoch_end(-1, raised)
    assert stopper.stop
    assert stopped == raised == {"inserted": 1.0}


def test_a_hook_that_the_class_has_not_is_added() -> None:
    (mutant,) = (
        each
        for each in insertions(SOURCE, "stopper.py", "Stopper")
        if each.id.endswith("clear-the-logs-in-on_train_batch_end")
    )
    names: dict[str, Any] = {}
    exec(mutant.source, names)
    logs = {"loss": 1.0}
    names["Stopper"]().on_train_batch_end(0, logs)
    assert logs == {}
