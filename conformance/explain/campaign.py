"""Does `explain` say what really happened? Random real fits of Keras, recorded by CSVLogger, History and the console.

    python -m callcheck.conformance.explain.campaign --fits 300 --seed 0 --output conformance/explain/campaign_result.json

Rules
- Every fit is a real `fit` with real callbacks. In two of three the monitored value is replaced by a random stream with ties,
  near misses and NaN before the callbacks see it; in the others it is the real validation loss, with `validation_freq`.
- What really happened is seen from outside: the epochs that ran, `stopped_epoch`, the optimizer's rate in and after every epoch,
  a weight that holds the number of the epoch that trained it, and the files on disk.
- What `--output` names keeps the result of every run; `campaign_result.json` has those of the last 300 fits without a
  LearningRateScheduler among the callbacks, and of those since.
- `explain` is asked about each callback, and about all together, with the CSVLogger file alone, with History, and with the
  console output, where rounding may leave more than one answer: there it must not contradict the record.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callcheck.spec.version import VERSION

from ..driver.files import schedule_function
from ..driver.temporary import temporary
from .explanation import Explanation
from .public import explain
from .question import RATE_CALLBACKS
from .together import Together

EPOCHS = 12
"""Long enough for two reductions and a stop, short enough for a second a fit."""


@dataclass(frozen=True, kw_only=True)
class Real:
    """What really happened in a fit. Epochs by index; `rates`: in force in each epoch, `rate`: after the last."""

    csv: Path
    history: Mapping[str, list[float]]
    output: str
    planned: int
    epochs: int
    stopped: int | None
    weights: int
    rates: tuple[float, ...]
    rate: float
    saved: tuple[int, ...]


class Trainer:
    """One small compiled model, trained again and again from the same weights. Keras is loaded when this is made."""

    def __init__(self, folder: Path) -> None:
        import keras
        import numpy as np

        self.keras, self.folder, self.count = keras, folder, 0

        class Marker(keras.layers.Layer):  # type: ignore[misc]  # Keras has no complete types
            """Holds the number of the epoch that trained the weights."""

            def build(self, shape: Any) -> None:
                self.epoch = self.add_weight(name="epoch", shape=(), initializer="zeros", trainable=False)

            def call(self, inputs: Any) -> Any:
                return inputs

        keras.utils.set_random_seed(0)
        self.marker = Marker()
        self.model = keras.Sequential([keras.Input((3,)), self.marker, keras.layers.Dense(1, activation="sigmoid")])
        self.model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
        self.initial = self.model.get_weights()
        numbers = np.random.default_rng(0)
        self.x = numbers.random((32, 3))
        self.y = (self.x.sum(1) > 1.5).astype("float32")

    def fit(
        self, configs: Mapping[str, Mapping[str, Any]], stream: list[float | None] | None, rate: float, verbose: int,
        validation_freq: int,
    ) -> Real:  # fmt: skip
        """Train with these callbacks; `stream` replaces val_loss (None: missing), or the real one is left."""
        keras = self.keras
        self.count += 1
        place = self.folder / str(self.count)
        place.mkdir()
        self.model.set_weights(self.initial)
        self.model.optimizer.learning_rate = rate
        rates: list[float] = []
        marker = self.marker.epoch

        class Recorder(keras.callbacks.Callback):  # type: ignore[misc, name-defined]  # Keras has no complete types
            """Before all others: marks the weights, notes the rate of an epoch's first batch, and feeds the stream."""

            def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
                marker.assign(epoch)

            def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
                if batch == 0:
                    rates.append(float(self.model.optimizer.learning_rate.numpy()))

            def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
                if stream is not None:
                    logs.pop("val_loss", None)
                    if stream[epoch] is not None:
                        logs["val_loss"] = stream[epoch]

        callbacks = [Recorder()]
        for name, config in configs.items():
            config = {**config, "filepath": str(place / config["filepath"])} if "filepath" in config else config
            if "schedule" in config:
                config = {**config, "schedule": schedule_function(config["schedule"], None)}
            callbacks.append(getattr(keras.callbacks, name)(**config))
        csv = place / "log.csv"
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            history = self.model.fit(
                self.x, self.y, epochs=EPOCHS, batch_size=8, verbose=verbose, shuffle=False,
                validation_data=(self.x, 1 - self.y), validation_freq=validation_freq,
                callbacks=[*callbacks, keras.callbacks.CSVLogger(csv)],
            )  # fmt: skip
        early = next((each for each in callbacks if type(each).__name__ == "EarlyStopping"), None)
        return Real(
            csv=csv, history=history.history, output=output.getvalue(), planned=EPOCHS, epochs=len(history.epoch),
            stopped=early.stopped_epoch if early is not None and early.stopped_epoch else None,
            weights=int(marker.numpy()), rates=tuple(rates), rate=float(self.model.optimizer.learning_rate.numpy()),
            saved=tuple(sorted(int(path.name.split("-")[1].split(".")[0]) - 1 for path in place.glob("m-*.weights.h5"))),
        )  # fmt: skip


def random_configs(source: random.Random) -> dict[str, dict[str, Any]]:
    """Configurations of one to three callbacks."""
    mode = source.choice(["auto", "min", "min", "max"])
    delta = source.choice([0.0, 0.0, 0.001, 0.1, 1e-8])
    found: dict[str, dict[str, Any]] = {}
    if source.random() < 0.8:
        found["EarlyStopping"] = {
            "patience": source.randint(0, 5), "min_delta": delta, "mode": mode,
            "restore_best_weights": source.random() < 0.5, "start_from_epoch": source.choice([0, 0, 0, 2]),
            "baseline": source.choice([None, None, None, 0.5]), "verbose": 1,
        }  # fmt: skip
    if source.random() < 0.6 or not found:
        found["ReduceLROnPlateau"] = {
            "patience": source.randint(0, 3), "factor": source.choice([0.1, 0.5]), "cooldown": source.choice([0, 0, 1, 2]),
            "min_delta": delta, "mode": mode, "min_lr": source.choice([0.0, 0.0, 0.005]), "verbose": source.choice([0, 1]),
        }  # fmt: skip
    if source.random() < 0.3:
        table = [source.choice([0.1, 0.05, 0.01, 0.3]) for _ in range(EPOCHS)]
        found["LearningRateScheduler"] = {
            "schedule": source.choice([{"scale": source.choice([0.9, 0.5, 1.1])}, {"table": table}])
        }
    if source.random() < 0.4:
        found["ModelCheckpoint"] = {
            "filepath": "m-{epoch}.weights.h5", "save_weights_only": True, "save_best_only": True, "mode": mode, "verbose": 1,
        }  # fmt: skip
    return found


def random_stream(source: random.Random) -> list[float | None]:
    """Values with ties, near misses of float32 and of min_delta, NaN, and gaps."""
    grid = [source.choice([0.25, 0.5, 0.5, 0.5000000001, 0.501, 0.75, 1.0, source.random()]) for _ in range(EPOCHS)]
    values: list[float | None] = list(grid)
    for at in range(EPOCHS):
        if source.random() < 0.05:
            values[at] = source.choice([None, float("nan")])
    return values


def disagreements(trainer: Trainer, seed: int) -> Iterator[str]:
    """One random fit, asked about each of its callbacks alone and about all together: every way in which an answer is not what
    really happened."""
    source = random.Random(seed)
    configs = random_configs(source)
    stream = random_stream(source) if source.random() < 2 / 3 else None
    rate, verbose, frequency = source.choice([0.01, 0.1, 1.0]), source.choice([1, 2]), source.choice([1, 1, 2])
    real = trainer.fit(configs, stream, rate, verbose, frequency)
    file = real.csv.with_name("output.txt")
    file.write_text(real.output, encoding="utf-8")
    whole = all(len(values) == real.epochs for values in real.history.values())
    records = {
        "CSVLogger's file": str(real.csv),
        **({"History": dict(real.history)} if whole else {}),
        "console": str(file),
    }
    together = [{"callback": name, "config": config} for name, config in configs.items()]
    # Where two callbacks change the rate, neither can be told alone.
    alone = [
        [each] for each in together if not (each["callback"] in RATE_CALLBACKS and set(RATE_CALLBACKS) <= set(configs))
    ]
    for asked in alone if len(together) == 1 else (*alone, together):
        names = [each["callback"] for each in asked]
        around = None if set(RATE_CALLBACKS) & set(names) else rate
        for kind, record in records.items():
            told = explain(record, asked, epochs=real.planned, learning_rate=around)
            parts = told.parts if isinstance(told, Together) else (told,)
            place = f"seed {seed}, {' + '.join(part.title for part in parts)}, {kind}"
            yield from (f"{place}: {each}" for each in _wrong(parts, real, kind))


def _wrong(parts: Sequence[Explanation], real: Real, kind: str) -> Iterator[str]:
    """What the explanations of one record say wrongly."""
    # What the first epoch does not have is no column of CSVLogger's: such a file does not tell what happened, and says so.
    if (
        kind == "CSVLogger's file"
        and "val_loss" in real.history
        and "val_loss" not in parts[0].question.history.names()
    ):
        if not any("CSVLogger leaves out" in trap for part in parts for trap in part.traps):
            yield "it is not said that the file does not tell"
        return
    if parts[0].audit.agrees is False:
        yield f"the audit finds {parts[0].audit.sentence}"
    for told in parts:
        name = told.question.callback
        if kind != "console" or name == "EarlyStopping":  # elsewhere rounding leaves more than one answer
            yield from (f"{name}: {each}" for each in _compared(told, real, name))


def _compared(told: Explanation, real: Real, name: str) -> Iterator[str]:
    epochs = told.story.epochs(0)
    if name == "EarlyStopping":
        if told.stopped != real.stopped:
            yield f"stop after {told.stopped}, really {real.stopped}"
        if told.weights != real.weights:
            yield f"weights of {told.weights}, really {real.weights}"
    if name in RATE_CALLBACKS:
        rates = tuple(epoch.learning_rate_in_epoch for epoch in epochs)
        if rates != real.rates or epochs[-1].learning_rate != real.rate:
            yield f"rates {rates} and {epochs[-1].learning_rate}, really {real.rates} and {real.rate}"
    if name == "ModelCheckpoint":
        saved = tuple(row.epoch for row in told.rows() if "saved" in row.events)
        if saved != real.saved:
            yield f"saved after {saved}, really {real.saved}"


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare `explain` with real fits of Keras.")
    parser.add_argument("--fits", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, help="add the result to this file of JSON")
    options = parser.parse_args()
    with temporary("campaign") as folder:
        trainer = Trainer(Path(folder))
        wrong: list[str] = []
        for at in range(options.fits):
            wrong += disagreements(trainer, options.seed + at)
            if (at + 1) % 25 == 0:
                print(f"{at + 1} fits, {len(wrong)} disagreements", flush=True)
    for each in wrong:
        print(each)
    print(
        f"{options.fits} real fits with Keras {trainer.keras.__version__}, seed {options.seed}: {len(wrong)} disagreements"
    )
    if options.output is not None:
        runs = json.loads(options.output.read_text(encoding="utf-8")) if options.output.exists() else []
        runs.append(
            {
                "keras": trainer.keras.__version__,
                "specification": VERSION,
                "seed": options.seed,
                "fits": options.fits,
                "disagreements": wrong,
            }
        )
        options.output.write_text(json.dumps(runs, indent=1) + "\n", encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
