"""Differences of two implementations: known ones by choice, unknown ones by search, and witnesses in plain Keras."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from callcheck.cli import main
from callcheck.conformance.diff import (
    BEYOND,
    CONFIRMED,
    SEVERITIES,
    UNKNOWN,
    WRONG,
    Ask,
    confirmed,
    not_looked_at,
    predicted,
    severity,
    unpredicted,
)
from callcheck.conformance.unit_tests import unit_tests
from callcheck.conformance.witness import Print, Witness, script
from callcheck.reference.replay import replay
from callcheck.spec.dialect import Dialect, resolve
from callcheck.spec.difference import difference
from callcheck.spec.scenario import Scenario, loads
from callcheck.spec.search.samples import sample
from callcheck.spec.trace import NotExpressible, Result, Trace

NEW, OLD = (resolve(name).dialect for name in ("keras-3.15.1", "tf-keras-2.21.0"))


def speaking(dialect: Dialect) -> Ask:
    """A subject that does what the reference does in a dialect."""

    def ask(scenarios: Sequence[Scenario]) -> list[Result]:
        return [replay(scenario, dialect) for scenario in scenarios]

    return ask


def test_every_choice_in_which_two_dialects_differ_is_shown_by_a_scenario_of_its_own() -> None:
    found = list(predicted(OLD, NEW))
    # When a folder is made shows only where files lie before, of which a Keras that writes folders is not asked.
    apart = {choice for choice in NEW.choices if NEW[choice] != OLD[choice]} - {"model-checkpoint/folder"}
    assert {choice for each in found for choice in each.choices} == apart
    for each in found:
        missing = any("no-such-callback" in values for values in each.choices.values())
        assert isinstance(each.a, NotExpressible if missing else Trace)
        assert difference(each.a, each.b) is not None
        assert each.choices == {choice: (OLD[choice], NEW[choice]) for choice in each.choices}


def test_only_choices_of_the_callbacks_asked_for_are_shown() -> None:
    found = list(predicted(OLD, NEW, ["EarlyStopping"]))
    assert {each.callback for each in found} == {"EarlyStopping"}
    assert {choice.split("/")[0] for each in found for choice in each.choices} == {"early-stopping"}


def test_a_difference_shows_the_worst_that_comes_of_it() -> None:
    """A difference in precision decides about weights, and not only about a printed line."""
    found = {tuple(each.choices): each for each in predicted(OLD, NEW, ["EarlyStopping"])}
    assert SEVERITIES[found["early-stopping/precision",].severity] == "weights"


def test_one_dialect_does_not_differ_from_itself() -> None:
    assert list(predicted(NEW, NEW)) == []


def test_subjects_that_do_as_predicted_confirm_the_difference_and_others_show_what_they_do() -> None:
    known = list(predicted(OLD, NEW, ["EarlyStopping"]))
    assert {each.status for each in confirmed(known, speaking(OLD), speaking(NEW))} == {CONFIRMED}
    wrong = confirmed(known, speaking(NEW), speaking(NEW))
    assert {each.status for each in wrong} == {WRONG}
    assert all(difference(each.a, each.b) is None for each in wrong)


def test_what_the_dialects_do_not_predict_is_found_grouped_and_shrunk() -> None:
    strange = NEW.replace("strange", **{"early-stopping/reuse": "best-value"})
    scenarios = sample("EarlyStopping", 100, 0)
    found = unpredicted(scenarios, speaking(strange), speaking(NEW), (NEW, NEW))
    assert found
    assert {each.status for each in found} == {UNKNOWN}
    assert min(sum(len(fit.epochs) for fit in each.scenario.fits) for each in found) <= 3
    assert unpredicted(scenarios, speaking(strange), speaking(NEW), (strange, NEW)) == []


def test_what_the_reference_declines_to_predict_is_not_said_to_be_unexplained() -> None:
    """A TensorBoard that is made anew after a fit that was interrupted: what its file then begins with is not known."""
    interrupted = '{"logs": {}, "others": [{"hook": "batch_begin", "raise": "OSError"}]}'
    made_anew = '{"instances": "new", "epochs": [{"logs": {"val_accuracy": 1.0}}]}'
    tensor_board = '{"callback": "TensorBoard", "config": {"update_freq": 2}}'
    scenario = loads(f'{{"callbacks": [{tensor_board}], "fits": [{{"epochs": [{interrupted}]}}, {made_anew}]}}')
    assert isinstance(replay(scenario, NEW), NotExpressible)
    epoch = '{"logs": {"val_loss": 1.0}}'
    short, long = (
        f'{{"callback": "EarlyStopping", "fits": [{{"epochs": [{epochs}]}}]}}'
        for epochs in (epoch, f"{epoch}, {epoch}")
    )
    seen = [replay(loads(each), NEW) for each in (short, long)]
    assert difference(*seen) is not None
    found = unpredicted(
        [scenario], lambda asked: seen[:1] * len(asked), lambda asked: seen[1:] * len(asked), (OLD, NEW)
    )
    assert [each.status for each in found] == [BEYOND]


def test_what_first_differs_in_rows_of_the_same_field_is_one_difference() -> None:
    """Tags, steps and values of a TensorBoard, in whichever row."""
    strange = NEW.replace("strange", **{"tensor-board/batch-step": "zero", "tensor-board/learning-rate": "a-schedules"})
    scenarios = sample("TensorBoard", 60, 0)
    found = unpredicted(scenarios, speaking(strange), speaking(NEW), (NEW, NEW))
    apart = [difference(each.a, each.b) for each in found]
    assert [each.field.split("[")[0] for each in apart if each is not None] == ["recorded"]


def test_of_a_callback_that_was_not_looked_at_nothing_is_shown_but_that_it_was_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    early, late = resolve("keras-2.3.1").dialect, resolve("keras-2.15.0").dialect
    assert not_looked_at(early, late) == ("TensorBoard",)
    assert not_looked_at(late, NEW, None) == ()
    assert "TensorBoard" not in {each.callback for each in predicted(early, late)}
    main(["diff", "keras==2.3.1", "keras==2.15.0", "--predicted"])
    printed = capsys.readouterr().out
    assert (
        "not tested: TensorBoard before keras 2.7.0, lists of several callbacks (--callback training), metrics"
        in printed
    )
    main(["diff", "keras==2.3.1", "keras==2.15.0", "--predicted", "--json"])
    assert json.loads(capsys.readouterr().out)["not_tested"][0] == "TensorBoard before keras 2.7.0"


def test_lists_of_several_callbacks_are_asked_about_where_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "reference@keras-3.14.1", "reference@keras-3.15.1", "--callback", "training", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert "lists of several" not in " ".join(found["not_tested"])
    assert found["scenarios"] > 100
    choices = {choice for each in found["differences"] for choice in each["choices"]}
    assert {"early-stopping/reuse", "reduce-lr-on-plateau/reuse"} <= choices
    assert {each["status"] for each in found["differences"]} == {"confirmed"}
    several = [each for each in found["differences"] if "callbacks" in each["scenario"]]
    assert {each["callback"] for each in several} <= {"training"}
    assert main(["diff", "reference@keras-3.15.0", "reference@keras-3.15.1", "--callback", "training"]) == 0


def test_what_one_of_the_two_cannot_be_asked_is_no_difference_and_no_wrong_prediction() -> None:
    def silent(scenarios: Sequence[Scenario]) -> list[Result]:
        return [NotExpressible(parameter="existing") for _ in scenarios]

    known = list(predicted(OLD, NEW, ["EarlyStopping"]))
    assert confirmed(known, speaking(OLD), silent) == known
    assert unpredicted(sample("EarlyStopping", 20, 0), speaking(OLD), silent, (OLD, NEW)) == []


def test_an_error_that_both_raise_is_not_the_difference() -> None:
    """What matters is what is logged before it."""
    scenario = (
        '{"callback": "LearningRateScheduler", "config": {"schedule": {"table": [1.0]}}, '
        '"fits": [{"epochs": [{"logs": {"loss": 1.0}}, {"logs": {}}]}]}'
    )
    a, b = (replay(loads(scenario), dialect) for dialect in (OLD, NEW))
    assert isinstance(a, Trace)
    assert a.fits[0].error is not None
    assert SEVERITIES[severity(a, b)] == "messages"


LOSSES = '{"callback": "EarlyStopping", "config": {"patience": 2}, "fits": [{"epochs": [{"logs": {"val_loss": 1.0}}]}]}'


@pytest.mark.parametrize(
    ("package", "version", "words"),
    [
        ("keras", (3, 10, 0), "import keras\n"),
        ("keras", (2, 6, 0), "from tensorflow import keras\n"),
        ("tf-keras", (2, 16, 0), "import tf_keras as keras\n"),
        ("keras", (1, 0, 0), "nb_epoch=len(feed.stream)"),
    ],
)
def test_a_witness_is_written_for_a_release(package: str, version: tuple[int, ...], words: str) -> None:
    text = script(loads(LOSSES), package, version)
    assert text is not None
    assert words in text
    assert len(text.splitlines()) <= 15
    compile(text, "witness", "exec")


def test_what_takes_more_than_metrics_has_no_witness() -> None:
    assert script(loads(LOSSES.replace("1.0", "[1.0, 2.0]"))) is None
    assert script(loads(LOSSES.replace('"fits"', '"steps_per_execution": 2, "fits"'))) is None
    assert script(loads(LOSSES.replace("}]}]}", '}]}, {"instances": "new", "epochs": [{}]}]}'))) is None


def test_a_witness_begins_where_the_fit_does() -> None:
    text = script(loads(LOSSES.replace('"fits"', '"initial_epoch": 3, "fits"')))
    assert text is not None
    assert "for feed.stream in [{3: {'val_loss': 1.0}}]:" in text
    assert "initial_epoch=min(feed.stream)" in text


def test_the_command_says_each_difference_with_its_history_and_ends_with_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["diff", "keras==3.10.0", "keras==3.11.0", "--predicted", "--callback", "EarlyStopping"]) == 1
    said = capsys.readouterr().out
    assert said.startswith("keras==3.10.0 and keras==3.11.0: ")
    assert "early-stopping/reuse" in said
    assert "since keras 3.11.0: " in said
    assert "predicted, and not run" in said
    assert max(len(line) for line in said.splitlines() if "{" not in line) <= 120  # a scenario to replay is one line


def test_the_command_finds_nothing_between_two_releases_that_do_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "keras==3.15.0", "keras==3.15.1", "--predicted"]) == 0
    assert capsys.readouterr().out.startswith("keras==3.15.0 and keras==3.15.1: no difference")


def test_two_references_are_run_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["diff", "reference@keras-3.14.1", "reference@keras-3.15.1", "--callback", "EarlyStopping"]
    assert main([*arguments, "--examples", "30", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert {each["status"] for each in said["differences"]} == {CONFIRMED}
    assert said["scenarios"] == 30
    assert {choice for each in said["differences"] for choice in each["choices"]} >= {"early-stopping/reuse"}


def test_what_is_not_predicted_is_not_said_to_be_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "callbacks.toml").write_text('[[fits]]\n[[fits.callbacks]]\ncallback = "TensorBoard"\n')
    config = ["--config", str(tmp_path / "callbacks.toml")]
    main(["diff", "keras==2.3.1", "keras==2.6.0", "--predicted", *config])
    assert "  TensorBoard(): not predicted" in capsys.readouterr().out


def test_what_has_no_dialect_cannot_be_predicted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "mine:Stopping", "keras==3.15.1", "--predicted"]) == 2
    assert "mine:Stopping has no dialect of its own" in capsys.readouterr().err


def test_environments_are_listed_and_removed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CALLCHECK_ENVIRONMENTS", str(tmp_path))
    assert main(["environments"]) == 0
    assert "no environment was made yet" in capsys.readouterr().err
    (tmp_path / "keras-3.10.0").mkdir()
    marker = '{"release": "keras==3.10.0", "interpreter": "3.11.7", "requirements": ["keras==3.10.0"]}'
    (tmp_path / "keras-3.10.0" / "callcheck.json").write_text(marker)
    assert main(["environments"]) == 0
    assert "keras==3.10.0, Python 3.11.7" in capsys.readouterr().out
    assert main(["environments", "--remove", "keras-3.9.0"]) == 2
    assert "there is no environment 'keras-3.9.0'; there are keras-3.10.0" in capsys.readouterr().err
    assert main(["environments", "--remove", "all"]) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_witness_of_two_says_which_lines_are_others_for_the_one() -> None:
    scripts = tuple(script(loads(LOSSES), "tensorflow", version) for version in ((2, 4, 4), (2, 6, 0)))
    told = Witness(scripts=(scripts[0] or "", scripts[1] or ""), printed=("1", "2")).told("old", "new")
    assert "#   for old: feed._supports_tf_logs = True" in told
    assert told[-2:] == ["# old: 1", "# new: 2"]
    compile("\n".join(told), "witness", "exec")


def test_unit_tests_in_kerass_own_style_hold_to_what_the_first_did() -> None:
    apart = printing("[[1]]", "[[2]]")
    known = [each for each in predicted(OLD, NEW, ["EarlyStopping"]) if unit_tests([each], ("a", "b"), apart)]
    assert known
    (text,) = unit_tests(known[:1], ("a", "b"), apart).values()
    compile(text, "tests", "exec")
    assert "class CallbacksBehaviorTest(testing.TestCase):" in text
    assert "            [[1]]," in text
    (text,) = unit_tests(known[:1], ("a", "b"), printing("TypeError: no", "[[2]]")).values()
    assert "with self.assertRaises(TypeError):" in text
    for both in (printing("[[1]]", "[[1]]"), printing("[[nan]]", "[[1]]"), printing(None, "[[1]]")):
        assert unit_tests(known, ("a", "b"), both) == {}


def printing(*printed: str | None) -> list[Print]:
    """Kerases in which every script prints the same."""

    def prints(said: str | None) -> Print:
        return lambda scripts: [said] * len(scripts)

    return [prints(said) for said in printed]
