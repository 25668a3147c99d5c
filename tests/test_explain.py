"""What `explain` says about small records: the story, the traps, the audit, what-ifs, and the forms it comes in."""

import gc
import json
import math
import re
import time
from pathlib import Path
from typing import Any

import pytest

import callcheck
from callcheck.cli import main
from callcheck.conformance.explain import question
from callcheck.conformance.explain.arguments import variations
from callcheck.conformance.explain.explanation import Explanation
from callcheck.conformance.explain.history import TENSORBOARD, History, RecordedFit
from callcheck.conformance.explain.releases import in_words
from callcheck.conformance.explain.summary import STORIES
from callcheck.conformance.explain.together import Together
from callcheck.spec.dialect import shipped
from callcheck.spec.numbers import float32
from callcheck.spec.scenario import Configured


def told(
    values: Any, callback: str = "EarlyStopping", config: dict[str, Any] | None = None, **more: Any
) -> Explanation:
    return callcheck.explain(values, callback, config or {}, **more)


# ---------------------------------------------------------------------------------------------- the story


def test_the_paragraph_names_what_decided() -> None:
    losses = [1.0, 0.8, 0.6, 0.412, 0.5, 0.4119, 0.45]
    explanation = told(losses, config={"patience": 3, "min_delta": 0.001})
    assert explanation.summaries == (
        "EarlyStopping stopped training after epoch 7 (index 6): 0.412 in epoch 4 was the best; 3 monitored epochs went by "
        "without an improvement (0.4119 in epoch 6 is better by less than min_delta=0.001), and patience is 3. The model holds "
        "the weights of epoch 7, the last one; restore_best_weights is off.",
    )
    assert (explanation.stopped, explanation.weights, explanation.audit.agrees) == (6, 6, True)


def test_the_rows_hold_the_state_and_the_reason() -> None:
    rows = list(told([1.0, 0.5, 0.75], config={"patience": 1}).rows())
    assert [(row.best, row.wait, row.events) for row in rows] == [
        (1.0, 0, ("improved",)),
        (0.5, 0, ("improved",)),
        (0.5, 1, ("stop",)),
    ]
    assert rows[2].sentence == "val_loss=0.75 does not improve on 0.5, and wait=1 has reached patience=1: stop."


def test_reductions_are_told_with_their_rates() -> None:
    explanation = told([1.0] * 6, "ReduceLROnPlateau", {"patience": 2, "factor": 0.5}, learning_rate=0.1)
    assert explanation.summaries[0].startswith(
        "The learning rate was reduced 2 times: from 0.1 to 0.05 after epoch 3; from 0.05 to 0.025 after epoch 5."
    )


@pytest.mark.parametrize("given", [None, 0.001])
@pytest.mark.parametrize("scale", [0.9, 0.5, 1 / 3, 1.1])
def test_a_schedule_that_is_a_factor_has_changed_the_first_rate_too(scale: float, given: float | None) -> None:
    rates = [float32(0.001)]
    for _ in range(4):
        rates.append(float32(rates[-1] * scale))
    record = {"val_loss": [1.0, 0.9, 0.8, 0.7], "learning_rate": rates[1:]}
    explanation = told(record, "LearningRateScheduler", {"schedule": {"scale": scale}}, learning_rate=given)
    assert [epoch.learning_rate_in_epoch for epoch in explanation.story.epochs(0)] == rates[1:]
    assert explanation.audit.agrees is True
    assert explanation.question.rate == 0.001
    wrong = told(record, "LearningRateScheduler", {"schedule": {"scale": scale}}, learning_rate=0.002)
    assert wrong.audit.agrees is False


def test_saves_are_told_with_their_file() -> None:
    config = {"filepath": "m.keras", "save_best_only": True}
    explanation = told([1.0, 0.5, 0.75], "ModelCheckpoint", config)
    assert explanation.summaries == ("Saved after epochs 1 and 2; m.keras holds what epoch 2 left.",)


def test_a_nan_stops_terminate_on_nan() -> None:
    explanation = told({"loss": [1.0, math.nan]}, "TerminateOnNaN")
    assert explanation.summaries[0].startswith("TerminateOnNaN stopped training in epoch 2 (index 1)")


def test_a_callback_without_a_story_of_its_own_is_told_by_its_last_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(STORIES, "TerminateOnNaN")
    acted, idle = ({"loss": [1.0, math.nan]}, {"loss": [1.0, 2.0]})
    assert told(acted, "TerminateOnNaN").summaries == (
        "TerminateOnNaN acted in epoch 2. loss=nan is not finite: stop.",
    )
    assert told(idle, "TerminateOnNaN").summaries == ("TerminateOnNaN did nothing in this fit.",)


def test_a_schedule_is_told() -> None:
    explanation = told({"loss": [1.0, 1.0]}, "LearningRateScheduler", {"schedule": {"table": [0.1, 0.05]}})
    assert "0.1, 0.05" in explanation.summaries[0]


def test_several_fits_are_told_one_by_one() -> None:
    explanation = told("1,1/2,1", config={"patience": 1})
    assert "stopped training after epoch 2" in explanation.summaries[0]
    assert "did not stop training" in explanation.summaries[1]


def test_what_an_instance_remembers_of_an_earlier_fit_is_said_to_be_that() -> None:
    fits = tuple(RecordedFit(columns={"val_loss": values}, length=2) for values in ([0.5, 0.6], [0.9, 0.8]))
    explanation = told(History(kind="two fits", fits=fits), config={"patience": 1}, dialect="keras-3.11.0")
    assert explanation.summaries[1].startswith(
        "EarlyStopping stopped training after epoch 2 (index 1): no epoch was better than 0.5, which the callback remembers "
        "from an earlier fit; 2 monitored epochs went by"
    )


def test_an_exception_of_the_callback_is_told() -> None:
    explanation = told([1.0, 1e39], config={"patience": 1})
    assert "In epoch 2 EarlyStopping raises ValueError" in explanation.summaries[0]
    assert explanation.audit.agrees is False
    assert (
        explanation.audit.sentence == "EarlyStopping raises ValueError, which would have ended training with an error"
    )


# ---------------------------------------------------------------------------------------------- traps


@pytest.mark.parametrize(
    ("values", "callback", "config", "said"),
    [
        ([0.5, 0.5000000001 - 2e-10], "EarlyStopping", {"patience": 1}, "sees no difference"),
        ([math.nan, 0.5, 0.25], "EarlyStopping", {"patience": 2}, "the first monitored val_loss was NaN"),
        ([0.5, 0.4, 0.4], "EarlyStopping", {"patience": 3, "baseline": 0.1}, "no epoch was better than baseline=0.1"),
        ([0.5, 0.4], "EarlyStopping", {"start_from_epoch": 1}, "epoch 1 is not looked at"),
        ([0.5, 0.5], "EarlyStopping", {}, "patience=0 acts as 1"),
        ({"loss": [0.5, 0.5]}, "EarlyStopping", {}, "val_loss is in no epoch of the record"),
        (
            {"loss": [0.5, 0.5]},
            "EarlyStopping",
            {"monitor": "loss", "restore_best_weights": True},
            "weights still change",
        ),
        ({"loss": [1, 1], "val_loss": [None, 1]}, "EarlyStopping", {}, "patience is in epochs that have it"),
        ([0.5, 0.5, 0.5], "ReduceLROnPlateau", {"patience": 1, "cooldown": 1}, "cooldown=1 does nothing"),
        ([0.5, 0.49999, 0.5], "ReduceLROnPlateau", {"patience": 1}, "min_delta is 0.0001 by default"),
        ([0.5, 0.5], "EarlyStopping", {"patience": 1}, "`stopped_epoch` counts from 0"),
    ],
)
def test_a_trap_is_named_where_it_applies(values: Any, callback: str, config: dict[str, Any], said: str) -> None:
    assert any(said in trap for trap in told(values, callback, config).traps), told(values, callback, config).traps


def test_no_trap_is_named_where_none_applies() -> None:
    assert told([0.5, 0.4, 0.3], config={"patience": 2}).traps == ()


# ---------------------------------------------------------------------------------------------- the audit


def test_a_record_that_goes_on_contradicts_and_a_parameter_explains() -> None:
    audit = told([1.0, 1.0, 1.0, 1.0], config={"patience": 2}).audit
    assert audit.agrees is False
    assert audit.sentence == "EarlyStopping stops after epoch 3, and the record goes on to epoch 4"
    assert "patience=3 or 4 in place of 2" in audit.explanations


def test_an_end_that_nothing_explains_is_found_if_more_epochs_were_planned() -> None:
    losses = [1.0, 0.9, 0.95, 0.92]
    assert told(losses, config={"patience": 3}).audit.agrees is True
    audit = told(losses, config={"patience": 3}, epochs=10).audit
    assert audit.agrees is False
    assert audit.sentence == "nothing stops training, and the record ends after epoch 4 of 10"
    assert "patience=2 in place of 3" in audit.explanations


LATER = ("the same configuration in Keras 1.1.1 to 2.1.5 or tensorflow 1.4.0 to 1.8.0", "patience=2 in place of 1")
"""What explains a rate that falls one epoch later than patience=1 has it fall."""


def test_a_recorded_rate_that_falls_elsewhere_contradicts() -> None:
    record = {"val_loss": [1.0, 1.0, 1.0, 1.0], "learning_rate": [0.1, 0.1, 0.1, 0.05]}
    audit = told(record, "ReduceLROnPlateau", {"patience": 1, "factor": 0.5}).audit
    assert audit.sentence == "in epoch 3 the record has the learning rate 0.1, and 0.05 is predicted"
    assert audit.explanations == LATER
    assert told(record, "ReduceLROnPlateau", {"patience": 2, "factor": 0.5}).audit.agrees is True


def test_rates_that_somebody_rounded_agree_and_it_is_said() -> None:
    # Keras stores float32: 0.001 reduced to a tenth is 0.00010000000474974513.
    columns = {"val_loss": [1.0, 1.0, 1.0, 1.0], "learning_rate": [0.001, 0.001, 0.001, 0.0001]}
    explanation = told(columns, "ReduceLROnPlateau", {"patience": 2}, what_if=[{"patience": 3}])
    assert explanation.audit.agrees is True
    assert explanation.audit.sentence.startswith(
        "the record agrees if its learning rates were rounded when they were written;"
    )
    assert "has the learning rate 0.0001, and 0.000100000005 is predicted" in explanation.audit.sentence
    assert explanation.what_ifs[0].unknown_from == 3
    assert told(columns, "ReduceLROnPlateau", {"patience": 1}).audit.explanations == LATER
    kept = told(columns, "ReduceLROnPlateau", {"patience": 2}, what_if=[{"verbose": 1}]).what_ifs[0]
    assert (kept.reduced, kept.unknown_from) == ((2,), None)


@pytest.mark.parametrize("patience", [2, 3])
def test_tensorboard_may_record_the_rates_after_the_epochs(patience: int) -> None:
    columns = {"val_loss": [1.0, 2.0, 2.0, 2.0], "learning_rate": [0.5, 0.5, 0.25, 0.25]}
    record = History(kind=TENSORBOARD, fits=(RecordedFit(columns=columns, length=4),))
    explanation = told(record, "ReduceLROnPlateau", {"patience": patience, "factor": 0.5})
    assert explanation.audit.agrees is (patience == 2)
    assert told(columns, "ReduceLROnPlateau", {"patience": patience, "factor": 0.5}).audit.agrees is False
    if patience == 2:
        assert "recorded the rates after each epoch" in explanation.audit.sentence
        assert [row.rate for row in explanation.rows()] == [0.5, 0.5, 0.5, 0.25]


def test_the_other_precision_explains_a_tie() -> None:
    audit = told([0.5, 0.5 - 1e-10, 0.6], config={"patience": 1}, epochs=3).audit
    assert audit.agrees is False
    assert any("tf-keras" in each and "on numpy" in each for each in audit.explanations)


def test_an_instance_that_served_before_explains_an_early_end() -> None:
    assert told([0.9, 0.8], config={"patience": 2}, epochs=10).audit.explanations == (
        "an instance used before, in an earlier fit whose best value was at or below 0.8, as in Keras 3.0.0 to 3.6.0 or Keras "
        "3.11.0 to 3.14.1",
    )


def test_dialects_are_named_by_the_releases_that_do_so() -> None:
    of = shipped()
    assert in_words(of.values())[0] == "Keras 1.0.0 to 3.15.1"
    names = ["keras-3.12.4", "keras-3.12.4+numpy", "keras-3.10.0+numpy", "documented"]
    assert in_words([of[name] for name in names]) == [
        "Keras 3.10.0 on numpy",
        "Keras 3.11.0 to 3.12.4 on numpy and tensorflow",
        "the documentation",
    ]
    assert in_words([of["keras-3.15.1"].replace("mine")]) == ["mine"]


def test_a_what_if_takes_several_values_of_a_parameter() -> None:
    callbacks = (Configured(callback="EarlyStopping"),)
    changes = [change for _, change in variations(callbacks, ["patience=1,2", "restore_best_weights=true,false"])]
    assert changes[1:3] == [
        {"patience": 1, "restore_best_weights": False},
        {"patience": 2, "restore_best_weights": True},
    ]
    with pytest.raises(ValueError, match="patience: one of the values in '1,,2' is empty"):
        variations(callbacks, ["patience=1,,2"])


def test_of_a_very_long_record_who_decides_by_no_metric_is_told_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line for every epoch of what is the same in each is not worth a minute of waiting."""
    monkeypatch.setattr(question, "MOST_TOLD", 100)
    losses = [1.0 / (1 + at) for at in range(120)]
    alone = told(losses, "TensorBoard", {})
    assert "TensorBoard does not decide by metrics, and is told of the first 100 epochs, of 120" in alone.notes
    assert len(alone.rows()) == 100
    schedule = {"callback": "LearningRateScheduler", "config": {"schedule": {"scale": 0.5}}}
    stopping, reducing = {"callback": "EarlyStopping"}, {"callback": "ReduceLROnPlateau"}
    together = callcheck.explain(losses, [{"callback": "TensorBoard"}, schedule, {"callback": "CSVLogger"}, reducing])
    assert isinstance(together, Together)
    assert [part.question.callback for part in together.parts] == [
        "LearningRateScheduler",
        "ReduceLROnPlateau",
    ]
    assert [len(part.rows()) for part in together.parts] == [120] * 2
    assert sum("not looked at" in note for note in together.parts[0].notes) == 2
    without = callcheck.explain(losses, [schedule, stopping])
    assert "LearningRateScheduler: not looked at" in str(without)
    best = told(losses, "ModelCheckpoint", {"filepath": "m.keras", "save_best_only": True})
    assert (len(best.rows()), best.notes) == (120, ())


def test_of_a_very_long_record_in_which_much_happens_the_first_epochs_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told of them is what is told of a record that ends there, but that this one goes on."""
    better, config = [1.0 / (1 + at) for at in range(120)], {"filepath": "m.keras", "save_best_only": True}
    monkeypatch.setattr(question, "MOST_WORK", 200)
    saving = told(better, "ModelCheckpoint", config)
    length = len(saving.rows())
    assert saving.notes == (f"the record has 120 epochs, and so much happens in them that the first {length} are told",)
    assert saving.summaries == told(better[:length], "ModelCheckpoint", config).summaries
    shorter = told(better[:length], "ModelCheckpoint", config)
    assert saving.to_json()["epochs"] == shorter.to_json()["epochs"]
    monkeypatch.setattr(question, "LONG", 10)
    assert 20 < len(told(better, "ModelCheckpoint", config).rows()) < 120
    calm = told(better, config={"patience": 200})
    assert (len(calm.rows()), calm.notes) == (120, ())
    stopping = {"callback": "EarlyStopping", "config": {"patience": 200}}
    together = callcheck.explain(better, [stopping, {"callback": "ModelCheckpoint", "config": config}])
    assert isinstance(together, Together)
    assert "after epoch 16 (index 15), the last that is told, 0.0625" in together.parts[0].summaries[0]
    assert together.audit.sentence == "the record agrees with the configuration, as far as it is told"


def test_a_record_that_goes_on_beyond_the_stop_is_no_shorter_for_being_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question, "MOST_WORK", 20)
    stops = told([1.0] * 40, config={"patience": 3})
    assert stops.audit.sentence == "EarlyStopping stops after epoch 4, and the record goes on to epoch 40"
    at_the_limit = told([1.0] * 40, config={"patience": 20})
    assert at_the_limit.notes == ("the record has 40 epochs, and so much happens in them that the first 19 are told",)
    fits = History(
        kind="two fits", fits=tuple(RecordedFit(columns={"val_loss": [1.0] * 9}, length=9) for _ in range(9))
    )
    assert [fit.length for fit in told(fits, config={"patience": 20}).question.history.fits] == [9, 8]


def test_who_has_forgotten_patience_may_have_forgotten_another_one(tmp_path: Path) -> None:
    losses = [1.0, 0.5, 0.75, 0.75, 0.75, 0.75, 0.75]
    rates = [0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.025]
    reduced = told({"val_loss": losses, "learning_rate": rates}, "ReduceLROnPlateau")
    assert reduced.audit.explanations == ("factor=0.5 in place of 0.1, and patience=2 in place of 10",)
    lines = "".join(f"Epoch {at}/9\n5/5 - 1s - loss: 1.0 - val_loss: {loss}\n" for at, loss in enumerate(losses[:4], 1))
    said = "Epoch 4: early stopping\nRestoring model weights from the end of the best epoch: 2.\n"
    (tmp_path / "output.txt").write_text(lines + said)
    stopped = told(str(tmp_path / "output.txt"), config={"verbose": 1})
    assert stopped.audit.explanations == ("restore_best_weights=True in place of False, and patience=2 in place of 0",)
    unexplained = told({"val_loss": losses, "learning_rate": [*rates[:-1], 0.5]}, "ReduceLROnPlateau")
    assert unexplained.audit.explanations == ()
    assert "No shipped dialect and no change among those tried" in str(unexplained)


def test_a_record_that_shows_nothing_is_not_judged() -> None:
    assert told([1.0, 1.0], "ModelCheckpoint", {"filepath": "m.keras"}).audit.agrees is None


def test_what_the_digits_leave_open_is_resolved_by_the_rest_of_the_record(tmp_path: Path) -> None:
    text = "".join(f"Epoch {at}/4\n5/5 - 1s - loss: 1.0 - val_loss: 0.5000\n" for at in (1, 2, 3, 4))
    (tmp_path / "output.txt").write_text(text)
    explanation = told(str(tmp_path / "output.txt"), config={"patience": 2})
    assert explanation.audit.agrees is True
    assert "if, below the printed digits, epoch 3 improved" in explanation.audit.sentence
    assert explanation.stopped is None
    changed = told(str(tmp_path / "output.txt"), config={"patience": 2}, what_if=[{"patience": 1}, {"monitor": "loss"}])
    assert [each.sentence.startswith("not known, as the printed digits do not tell") for each in changed.what_ifs] == [
        True
    ] * 2


def test_epochs_that_are_not_monitored_leave_nothing_open(tmp_path: Path) -> None:
    losses = ["0.1000", "0.5000", "0.5000", "0.5000"]
    text = "".join(f"Epoch {at}/4\n5/5 - 1s - loss: 1.0 - val_loss: {loss}\n" for at, loss in enumerate(losses, 1))
    (tmp_path / "output.txt").write_text(text)
    explanation = told(str(tmp_path / "output.txt"), config={"patience": 1, "start_from_epoch": 1})
    assert "if, below the printed digits, epoch 3 improved" in explanation.audit.sentence


def test_who_raises_without_its_metric_does_not_count_nothing() -> None:
    (trap,) = told({"loss": [1.0]}, dialect="transformers").traps
    assert (
        trap
        == "val_loss is in no epoch of the record: without it, EarlyStopping would have raised KeyError; recorded: loss"
    )


def test_a_column_that_csvlogger_left_out_is_no_claim_about_the_callback(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("epoch,loss\n0,1.0\n1,1.0\n")
    explanation = told(str(tmp_path / "log.csv"))
    assert explanation.summaries[0].startswith(
        "EarlyStopping did not stop training: no epoch of the record has val_loss."
    )
    assert any("CSVLogger leaves out what the first epoch does not have" in trap for trap in explanation.traps)


# ---------------------------------------------------------------------------------------------- what if


def sentences(explanation: Explanation) -> list[str]:
    return [each.sentence for each in explanation.what_ifs]


def test_a_range_of_patience() -> None:
    explanation = told(
        [1.0, 0.9, 0.95, 0.8, 0.85, 0.85],
        config={"patience": 2, "restore_best_weights": True},
        what_if=[{"patience": patience} for patience in (1, 2, 3)],
    )
    assert sentences(explanation) == [
        "stops after epoch 3, 3 before the record ends; the model holds the weights of epoch 2",
        "stops after epoch 6; the model holds the weights of epoch 4",
        "does not stop by epoch 6, where the record ends (wait is 2 by then); what comes after it is not known",
    ]
    assert [each.unknown_from for each in explanation.what_ifs] == [None, None, 6]
    assert [each.weights for each in explanation.what_ifs] == [1, 3, None]


def test_nothing_is_said_about_epochs_that_another_rate_would_have_trained() -> None:
    record = {"val_loss": [1.0] * 6, "learning_rate": [0.1, 0.1, 0.1, 0.05, 0.05, 0.025]}
    explanation = told(
        record, "ReduceLROnPlateau", {"patience": 2, "factor": 0.5}, what_if=[{"patience": 1}, {"patience": 4}]
    )
    early, late = explanation.what_ifs
    assert (early.reduced, early.unknown_from) == ((1,), 2)
    assert early.sentence.endswith("not known from epoch 3 on, which would have been trained differently")
    assert (late.reduced, late.unknown_from) == ((), 3)


def test_a_later_fit_is_not_known_after_other_weights() -> None:
    explanation = told("1,1/2,1", config={"patience": 1}, what_if=[{"restore_best_weights": True}])
    assert explanation.what_ifs[0].fit == 0


# ---------------------------------------------------------------------------------------------- forms


def test_an_instance_of_keras_is_read() -> None:
    keras = pytest.importorskip("keras")
    instance = keras.callbacks.EarlyStopping(monitor="val_accuracy", patience=2, min_delta=-0.01, mode="max")
    explanation = callcheck.explain({"val_accuracy": [0.5, 0.6, 0.6, 0.6]}, instance)
    config = explanation.question.config
    assert (config["monitor"], config["patience"], config["min_delta"], config["mode"]) == (
        "val_accuracy",
        2,
        0.01,
        "max",
    )
    assert explanation.stopped == 3


def test_what_cannot_be_asked_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="object is none of EarlyStopping"):
        callcheck.explain([1.0], object())
    with pytest.raises(ValueError, match="no parameter 'patiance'"):
        told([1.0], config={"patiance": 1})


def test_json_has_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "1,nan,1", "EarlyStopping", "patience=1", "--what-if", "patience=2", "--json"]) == 0
    assert gc.isenabled()
    data = json.loads(capsys.readouterr().out)
    assert (data["stopped"], data["weights_of_epoch"], len(data["epochs"])) == (1, 1, 2)
    assert data["epochs"][1]["value"] == "NaN"
    assert data["epochs"][1]["rule"] == "early-stopping/patience/stops-after-patience-epochs"
    assert data["what_if"][0]["change"] == {"patience": 2}
    assert data["audit"]["agrees"] is False


def test_settings_may_follow_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "1,1,1", "EarlyStopping", "--dialect", "keras-3.15.1", "patience=1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["stopped"] == 1


def test_a_page_escapes_what_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("epoch,<script>\n0,1\n1,2\n")
    file = tmp_path / "page.html"
    words = ["monitor=<script>", "mode=min", "patience=1"]
    assert main(["explain", str(tmp_path / "log.csv"), "EarlyStopping", *words, "--html", str(file)]) == 0
    page = file.read_text()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not re.search(r'(src|href)="http', page)
    assert told([1.0, 1.0])._repr_html_().startswith('<div class="callcheck">')


def test_a_long_record_is_told_in_part_and_soon(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "long.csv"
    lines = "".join(f"{at},1.0,{(at * 7919) % 10007 / 10007}\n" for at in range(100_000))
    file.write_text("epoch,loss,val_loss\n" + lines)
    start = time.process_time()
    assert main(["explain", str(file), "EarlyStopping", "patience=100000"]) == 0
    assert time.process_time() - start < 5.0
    out = capsys.readouterr().out
    assert "... 99998 epochs ..." in out
    assert len(out.splitlines()) < 100
