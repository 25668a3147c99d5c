"""A printed line is an event only if the numbers and the path in it are right."""

import logging
import os
import sys

import pytest

from callcheck.conformance.driver.capture import Facts, captured
from callcheck.conformance.driver.values import Origin
from callcheck.spec.numbers import float32

FACTS = Facts(epoch=4, batch=2, rate=float32(0.1), weights=Origin(0, 1), saved=("m-05.keras",), logs={"val_loss": 0.25})
RIGHT = {
    "Epoch 5: early stopping": "early-stop",
    "Restoring model weights from the end of the best epoch: 2.": "restored",
    "Epoch 5: ReduceLROnPlateau reducing learning rate to 0.1.": "reduced",
    "Epoch 5: LearningRateScheduler setting learning rate to 0.10000000149011612.": "scheduled",
    "Batch 2: Invalid loss, terminating training": "nan",
    "Epoch 5: saving model to /runs/1/m-05.keras": "saving",
    "Epoch 5: finished saving model to /runs/1/m-05.keras": "saved",
    "Epoch 5: val_loss improved from None to 0.25000, saving model to /runs/1/m-05.keras": "improved",
    "Epoch 5: val_loss did not improve from 0.25000": "not-improved",
    "Epoch 5: saving model to m-05.keras": "saving",
}
WRONG = [
    "Epoch 4: early stopping",
    "Restoring model weights from the end of the best epoch: 1.",
    "Epoch 5: ReduceLROnPlateau reducing learning rate to 0.2.",
    "Epoch 6: LearningRateScheduler setting learning rate to 0.1.",
    "Batch 3: Invalid loss, terminating training",
    "Epoch 5: saving model to /runs/1/m-04.keras",
    "Epoch 5: saving model to am-05.keras",
    "Epoch 3: finished saving model to /runs/1/m-05.keras",
    "Epoch 5: val_loss improved from None to 0.50000, saving model to /runs/1/m-05.keras",
    "Epoch 5: val_loss improved from nothing to 0.25000, saving model to /runs/1/m-05.keras",
]


def events(*lines: str, facts: Facts = FACTS) -> tuple[str, ...]:
    with captured() as heard:
        for line in lines:
            print(line)
        return heard.printed(lambda: facts)


@pytest.mark.parametrize(("line", "event"), RIGHT.items())
def test_a_right_line_is_its_event(line: str, event: str) -> None:
    assert events(line) == (event,)


SEVERAL = Facts(epoch=4, rate={"head": 0.5, "body": 0.25})


@pytest.mark.parametrize(
    ("line", "event"),
    [
        ("Epoch 5: ReduceLROnPlateau reducing head learning rate to 0.5.", ("reduced",)),
        ("Epoch 5: LearningRateScheduler setting body learning rate to 0.25.", ("scheduled",)),
        ("Epoch 5: LearningRateScheduler setting body learning rate to 0.5.", ()),
        ("Epoch 5: ReduceLROnPlateau reducing tail learning rate to 0.5.", ()),
        ("Epoch 5: ReduceLROnPlateau reducing learning rate to 0.5.", ()),
    ],
)
def test_a_line_names_which_of_several_optimizers_it_is_about(line: str, event: tuple[str, ...]) -> None:
    assert events(line, facts=SEVERAL) == event


def test_a_line_names_no_optimizer_where_there_is_one() -> None:
    assert events("Epoch 5: ReduceLROnPlateau reducing head learning rate to 0.1.") == ()


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_line_is_no_event(line: str) -> None:
    assert events(line) == ()


@pytest.mark.parametrize("line", WRONG[:-1])
def test_what_is_not_known_is_not_compared(line: str) -> None:
    assert len(events(line, facts=Facts())) == 1


def test_a_best_value_that_was_not_announced_is_wrong() -> None:
    improved = "Epoch 5: val_loss improved from None to 0.25000, saving model to /runs/1/m-05.keras"
    assert events(improved, "Epoch 5: val_loss did not improve from 0.50000") == ("improved",)
    assert events(improved, "Epoch 5: val_loss did not improve from 0.25000") == ("improved", "not-improved")


def test_what_goes_to_standard_error_or_to_a_logger_is_heard(capfd: pytest.CaptureFixture[str]) -> None:
    with captured() as heard:
        print("Epoch 5: early stopping", file=sys.stderr)
        os.write(2, b"from native code\n")
        logging.getLogger("somebody").warning("Metric is not available")
        logging.getLogger("somebody").info("nobody listens")
        assert heard.something
        assert heard.printed(lambda: FACTS, others=True) == ("other",)
        assert heard.warned() == ("missing-metric",)
        print("something", file=sys.stderr)
        assert heard.printed(lambda: FACTS) == ()
        assert not heard.something
    assert "Epoch 5: early stopping" in capfd.readouterr().err


def test_a_warning_whose_arguments_do_not_fit_is_none() -> None:
    """logging writes a traceback to standard error in its place, and goes on."""
    with captured() as heard:
        logging.getLogger("tensorflow").warning("EarlyStopping mode %s is unknown", "other", RuntimeWarning)
        assert heard.warned() == ()
