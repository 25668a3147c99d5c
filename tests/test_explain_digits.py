"""What was printed with few digits: a record never contradicts the callbacks that made it."""

from pathlib import Path
from random import Random

import callcheck
from callcheck.reference.replay import replay
from callcheck.spec.dialect import NEWEST, resolve
from callcheck.spec.scenario import from_json
from callcheck.spec.trace import Trace

EPOCHS = 40


def stream(random: Random) -> list[float]:
    """Losses that fall, and then differ from each other below the fourth digit more often than not."""
    level, losses = 1.0, []
    for epoch in range(EPOCHS):
        level *= 1 - (0.4 * random.random() ** 3 if epoch < EPOCHS // 3 else 2e-4 * random.random())
        losses.append(level + (random.random() - 0.5) * random.choice((1e-2, 1e-4, 1e-5)))
    return losses


def printed(number: float) -> str:
    """A number as Keras prints it."""
    return f"{number:.4f}" if abs(number) > 1e-3 else f"{number:.4e}"


def test_what_was_printed_agrees_with_what_was_configured(tmp_path: Path) -> None:
    open_records = 0
    for seed in range(20):
        random, tells = Random(seed), seed % 2
        callbacks = [
            {"callback": "EarlyStopping", "config": {"patience": 2 + seed % 3, "mode": "min"}},
            {"callback": "ReduceLROnPlateau", "config": {"patience": 1, "factor": 0.3, "mode": "min"}},
        ]
        losses = stream(random)
        fit = {"epochs": [{"logs": {"val_loss": loss}} for loss in losses]}
        trace = replay(
            from_json({"callbacks": callbacks, "learning_rate": 0.05, "fits": [fit]}), resolve(NEWEST).dialect
        )
        assert isinstance(trace, Trace)
        lines = []
        for number, (epoch, loss) in enumerate(zip(trace.fits[0].epochs, losses, strict=False), 1):
            before, after = epoch.learning_rate_in_epoch, epoch.learning_rate
            assert isinstance(before, float)
            lines.append(f"Epoch {number}/{EPOCHS}")
            if tells and before != after:
                lines.append(f"Epoch {number}: ReduceLROnPlateau reducing learning rate to {after}.")
            lines.append(f"7/7 - 0s - 16ms/step - val_loss: {printed(loss)} - learning_rate: {printed(before)}")
        (tmp_path / "output.txt").write_text("\n".join(lines))
        found = callcheck.explain(tmp_path / "output.txt", callbacks)
        assert (seed, found.audit.agrees) == (seed, True)
        assert len(trace.fits[0].epochs) == (EPOCHS if found.stopped is None else found.stopped + 1)
        open_records += "below the printed digits" in found.audit.sentence
    assert open_records > 5


def test_what_the_search_does_not_come_to_the_end_of_is_not_known(tmp_path: Path) -> None:
    """The last epoch would have had to be the one that stops, among forty that are printed alike."""
    lines = [f"Epoch {number}/50\n7/7 - 0s - val_loss: 0.5000 - loss: 1.0" for number in range(1, 31)]
    (tmp_path / "output.txt").write_text("\n".join([*lines, "Epoch 20: early stopping"]))
    found = callcheck.explain(tmp_path / "output.txt", "EarlyStopping", {"patience": 3})
    assert found.audit.agrees is None
    assert found.audit.sentence.startswith(
        "the printed digits do not tell: going by them, EarlyStopping stops after epoch 4"
    )
    assert "The printed digits do not tell" in str(found)


def test_the_same_digits_again_may_be_an_improvement(tmp_path: Path) -> None:
    """Among numbers that are printed alike the second is the better one, and nothing is said of the first."""
    lines = []
    for number in (1, 2):
        said = f"Epoch {number}: val_loss improved from {'inf' if number == 1 else '0.50000'} to 0.50000, saving model to m.keras"
        lines += [f"Epoch {number}/2", said, "7/7 - 0s - loss: 1.0 - val_loss: 0.5000"]
    (tmp_path / "output.txt").write_text("\n".join(lines))
    config = {"filepath": "m.keras", "save_best_only": True, "verbose": 1}
    found = callcheck.explain(tmp_path / "output.txt", "ModelCheckpoint", config)
    assert found.audit.sentence.startswith("the record agrees if, below the printed digits, epoch 2 improved;")


def test_a_stop_that_would_have_been_told_and_was_not_is_none(tmp_path: Path) -> None:
    lines = [f"Epoch {number}/3\n7/7 - 0s - loss: 1.0 - val_loss: 0.5000" for number in (1, 2, 3)]
    (tmp_path / "output.txt").write_text("\n".join(lines))
    loud, silent = (
        callcheck.explain(tmp_path / "output.txt", "EarlyStopping", {"patience": 2, "verbose": verbose})
        for verbose in (1, 0)
    )
    assert (loud.stopped, loud.audit.agrees, silent.stopped, silent.audit.agrees) == (None, True, 2, True)


def test_an_epoch_that_had_begun_is_no_end(tmp_path: Path) -> None:
    lines = ["Epoch 1/5", "7/7 - 1s - val_loss: 1.0", "Epoch 2/5", "7/7 - 1s - val_loss: 2.0", "Epoch 3/5", "3/7 - 1s"]
    (tmp_path / "output.txt").write_text("\n".join(lines))
    patient, other = (
        callcheck.explain(tmp_path / "output.txt", "EarlyStopping", {"patience": n}).audit for n in (2, 1)
    )
    assert (patient.agrees, "epoch 3 had begun, and has not ended" in patient.sentence) == (True, True)
    assert other.sentence == "EarlyStopping stops after epoch 2, and the record goes on to epoch 3"


def test_an_infinity_that_was_logged_is_the_best() -> None:
    found = callcheck.explain([1.0, float("-inf"), 2.0], "EarlyStopping", {"patience": 1})
    assert "-inf in epoch 2 was the best" in found.summaries[0]
    first = callcheck.explain([float("inf")] * 2, "EarlyStopping", {"patience": 1}, dialect="keras-2.3.1")
    assert "no value was better than infinity" in first.summaries[0]
