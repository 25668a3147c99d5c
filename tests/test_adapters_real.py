"""The adapters against the real thing: the real loop of a library agrees with the stand-in, and one changed line is seen.

CI has XGBoost and LightGBM; `.ci/adapters` has them all.
"""

import importlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from libraries import adapted

from callcheck.conformance.agreement import agree
from callcheck.conformance.defects import DOCUMENT, defects, reproduced, script_of
from callcheck.conformance.limits import limits
from callcheck.conformance.results import Here
from callcheck.reference.machine import Stop
from callcheck.reference.replay import explain, replay
from callcheck.spec.callbacks import defaults
from callcheck.spec.dialect import resolve
from callcheck.spec.editing import change_fit
from callcheck.spec.scenario import Epoch, Scenario, from_json
from callcheck.spec.search.samples import sample
from callcheck.spec.trace import Trace

FINDINGS = Path(__file__).resolve().parents[1] / DOCUMENT

# ---------------------------------------------------------------------------------------------- one changed line

CHANGED = [
    ("xgboost", "xgboost.callback", "EarlyStopping", "self.current_rounds >= self.rounds", "self.current_rounds > self.rounds"),
    ("lightgbm", "lightgbm.callback", "_EarlyStoppingCallback", "curr_score < best_score", "curr_score <= best_score"),
    ("ignite", "ignite.handlers", "EarlyStopping", "            self.counter = 0\n", "            pass\n"),
    ("transformers", "transformers", "EarlyStoppingCallback", "> self.early_stopping_t", ">= self.early_stopping_t"),
    ("lightning", "lightning.pytorch.callbacks", "EarlyStopping", "count >= self.patience", "count > self.patience"),
    ("lightning", "lightning.pytorch.callbacks", "ModelCheckpoint", '"min": torch.lt', '"min": torch.le'),
    ("torch", "torch.optim.lr_scheduler", "ReduceLROnPlateau", "> self.eps", ">= self.eps * 1e6"),
]  # fmt: skip
"""The adapter, the library's module and class, a line of it, and another in its place."""


@pytest.mark.parametrize(
    ("name", "module", "attribute", "line", "other"), CHANGED, ids=[f"{each[0]} {each[2]}" for each in CHANGED]
)
def test_one_changed_line_turns_it_red(
    name: str, module: str, attribute: str, line: str, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy of the library's class with that line, in the class's place."""
    found = adapted(name)
    holder = importlib.import_module(module)
    original = getattr(holder, attribute)
    source = inspect.getsource(original)
    assert line in source, "the library has changed: another line has to be chosen"
    home = dict(vars(importlib.import_module(original.__module__)))
    exec(compile("from __future__ import annotations\n" + source.replace(line, other), "changed", "exec"), home)
    monkeypatch.setattr(importlib.import_module(original.__module__), attribute, home[attribute])
    monkeypatch.setattr(holder, attribute, home[attribute])
    driven = importlib.import_module(f"callcheck.conformance.driver.adapters.{name}_adapter")
    if hasattr(driven, attribute):
        monkeypatch.setattr(driven, attribute, home[attribute])
    dialect = resolve(found.identity["dialect"]).dialect
    callback = "EarlyStopping" if "EarlyStopping" in attribute else attribute
    done = agree(Here(found).ask, dialect, callback, 300, 0, limits(found.capabilities, callback))
    assert done.counts["different"] > 0


# ---------------------------------------------------------------------------------------------- the real loop


def streams(callback: str, within: Any, count: int) -> Iterator[Scenario]:
    """Scenarios of one fit that a real loop can be given, brought inside the limits."""
    drawn = (within.inside(scenario) for scenario in sample(callback, 10 * count, 3))
    plain = (
        scenario
        for scenario in drawn
        if len(scenario.fits) == 1
        and scenario.first_epoch(scenario.fits[0]) == 0
        and not any(epoch.stop or epoch.others for epoch in scenario.fits[0].epochs)
    )
    for _, scenario in zip(range(count), plain, strict=False):
        yield scenario


def stops(scenario: Scenario, dialect: str) -> list[bool] | None:
    """What the reference predicts, each time that the callback looks; None where the fit raises."""
    trace, decisions = explain(scenario, resolve(dialect).dialect)
    assert isinstance(trace, Trace)
    if trace.rejected is not None or trace.fits[0].error is not None:
        return None
    looked = [each for each in decisions if each.hook in ("validation_end", "epoch_end")]
    return [any(isinstance(effect, Stop) for effect in each.effects) for each in looked]


def monitored(scenario: Scenario) -> list[Any]:
    """The values of the validations, in the middle of epochs and at their ends."""
    monitor = scenario.config.get("monitor", "val_loss")
    return [logs.get(monitor) for epoch in scenario.fits[0].epochs for logs in (*epoch.validations, epoch.logs)]


def validated_twice(scenario: Scenario) -> Scenario | None:
    """What two epochs show in one, which is validated in its middle and at its end; None for less than two, and where the metric
    is missing."""
    epochs = scenario.fits[0].epochs
    if len(epochs) < 2 or None in monitored(scenario):
        return None
    pairs = zip(epochs[::2], epochs[1::2], strict=False)
    joined = tuple(Epoch(logs=second.logs, validations=(first.logs,)) for first, second in pairs)
    return change_fit(scenario, 0, epochs=joined)


def test_torch_in_a_real_training_loop() -> None:
    """A real model, a real optimizer that steps, and the scheduler on what a closure says the loss is."""
    found = adapted("torch")
    import torch

    within = limits(found.capabilities, "ReduceLROnPlateau")
    for scenario in streams("ReduceLROnPlateau", within, 40):
        predicted = replay(scenario, resolve("torch").dialect)
        assert isinstance(predicted, Trace)
        if predicted.rejected is not None:
            continue
        config = {**defaults("ReduceLROnPlateau"), **scenario.config}
        model = torch.nn.Linear(1, 1)
        optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
        optimizer.param_groups[0]["lr"] = scenario.rate_given(0)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
            optimizer, threshold=config["min_delta"],
            **{name: config[name] for name in ("factor", "patience", "cooldown", "min_lr", "mode")},
        )  # fmt: skip
        rates = []
        for value in monitored(scenario):
            optimizer.zero_grad()
            model(torch.ones(1, 1)).sum().backward()
            optimizer.step()
            scheduler.step(torch.tensor(value, dtype=torch.float64))
            rates.append(float(optimizer.param_groups[0]["lr"]) + 0.0)
        expected = [epoch.learning_rate for epoch in predicted.fits[0].epochs]
        assert list(map(repr, rates)) == list(map(repr, expected)), scenario


@pytest.mark.parametrize("within", [False, True], ids=["epochs", "validations"])
def test_ignite_in_real_engines(within: bool) -> None:
    """A trainer that has its evaluator run after an epoch, or in its middle too, and the handler hung in as the documentation has
    it."""
    found = adapted("ignite")
    from ignite.engine import Engine, Events
    from ignite.handlers import EarlyStopping

    def run(scenario: Scenario) -> int:
        """How often the evaluator ran."""
        config = {**defaults("EarlyStopping"), **scenario.config}
        values, sign = iter(monitored(scenario)), 1.0 if config["mode"] == "max" else -1.0
        trainer, evaluator = Engine(lambda engine, batch: None), Engine(lambda engine, batch: None)
        handler = EarlyStopping(
            config["patience"], lambda engine: sign * engine.state.metrics["told"], trainer, config["min_delta"]
        )
        done = []

        @evaluator.on(Events.COMPLETED)
        def tell(engine: Any) -> None:
            value = next(values)
            engine.state.metrics = {} if value is None else {"told": value}
            done.append(value)

        evaluator.add_event_handler(Events.COMPLETED, handler)
        trainer.add_event_handler(Events.ITERATION_COMPLETED(every=1 if within else 2), lambda: evaluator.run([0]))
        trainer.run([0, 0], max_epochs=len(scenario.fits[0].epochs))
        return len(done)

    _agrees("ignite", found, run, 40, within)


@pytest.mark.parametrize("within", [False, True], ids=["epochs", "validations"])
def test_lightning_in_a_real_trainer(within: bool, tmp_path: Any) -> None:
    found = adapted("lightning")
    import lightning
    import torch

    class Told(lightning.LightningModule):
        """It logs what it is told to."""

        def __init__(self, monitor: str, values: list[Any]) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(1, 1)
            self.monitor, self.values, self.done = monitor, values, 0

        def training_step(self, batch: Any, index: int) -> Any:
            return self.layer(batch).sum()

        def tell(self) -> None:
            value = self.values[self.done]
            self.done += 1
            if value is not None:
                self.log(self.monitor, value)

        def on_train_epoch_end(self) -> None:
            if not within:
                self.tell()

        def validation_step(self, batch: Any, index: int) -> None:
            pass

        def on_validation_epoch_end(self) -> None:
            if within:
                self.tell()

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=1e-6)

    run = _in_a_trainer(lightning, torch, Told, tmp_path, within)
    _agrees("lightning", found, run, 12, within)


def _in_a_trainer(lightning: Any, torch: Any, told: Any, folder: Any, within: bool) -> Callable[[Scenario], int]:
    def run(scenario: Scenario) -> int:
        """How often the callback is told."""
        config = {"monitor": "val_loss", "patience": 0, "min_delta": 0.0, "mode": "min"} | dict(scenario.config)
        values = monitored(scenario)
        trainer = lightning.Trainer(
            max_epochs=len(scenario.fits[0].epochs), val_check_interval=0.5 if within else 1.0, num_sanity_val_steps=0,
            callbacks=[lightning.pytorch.callbacks.EarlyStopping(**config)], logger=False, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False, accelerator="cpu", default_root_dir=folder,
        )  # fmt: skip
        model, batches = told(config["monitor"], values), torch.utils.data.DataLoader(torch.ones(2, 1))
        trainer.fit(model, batches, batches)
        return int(model.done)

    return run


@pytest.mark.parametrize("within", [False, True], ids=["epochs", "validations"])
def test_transformers_in_a_real_trainer(within: bool, tmp_path: Any) -> None:
    found = adapted("transformers")
    import torch
    import transformers

    class Model(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(1, 1)

        def forward(self, x: Any) -> Any:
            return {"loss": self.layer(x).sum()}

    class Told(transformers.Trainer):
        """Its evaluations say what they are told to."""

        def __init__(self, name: str, values: list[Any], **arguments: Any) -> None:
            super().__init__(**arguments)
            self.name, self.values, self.done = name, values, 0

        def evaluate(self, *arguments: Any, **more: Any) -> dict[str, float]:
            value = self.values[self.done]
            self.done += 1
            metrics = {} if value is None else {self.name: value}
            self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
            return metrics

    def run(scenario: Scenario) -> int:
        config = {"monitor": "val_loss", "patience": 0, "min_delta": 0.0, "mode": "min"} | dict(scenario.config)
        values = monitored(scenario)
        arguments = transformers.TrainingArguments(
            output_dir=str(tmp_path), num_train_epochs=len(scenario.fits[0].epochs), eval_strategy="steps" if within else "epoch",
            eval_steps=1, save_strategy="no", use_cpu=True,
            metric_for_best_model=config["monitor"], greater_is_better=config["mode"] == "max", report_to=[],
            disable_tqdm=True, logging_strategy="no", per_device_train_batch_size=1,
        )  # fmt: skip
        stopping = transformers.EarlyStoppingCallback(config["patience"], config["min_delta"])
        trainer = Told(
            f"eval_{config['monitor']}", values, model=Model(), args=arguments, train_dataset=2 * [{"x": torch.ones(1)}],
            eval_dataset=[{"x": torch.ones(1)}], callbacks=[stopping],
        )  # fmt: skip
        trainer.train()
        return trainer.done

    _agrees("transformers", found, run, 12, within)


def test_the_finding_about_ignite_is_reproduced() -> None:
    adapted("ignite")
    (defect,) = (each for each in defects() if each.release.startswith("pytorch-ignite"))
    lines = "\n".join(f"# {line}" for line in reproduced(defect).splitlines())
    assert f"{script_of(defect)}{lines}" in FINDINGS.read_text(encoding="utf-8")


def _agrees(dialect: str, found: Any, run: Callable[[Scenario], int], count: int, within: bool) -> None:
    """The callback looks as often in the real loop as the reference predicts, and some fits are stopped."""
    compared = stopped = 0
    drawn = streams("EarlyStopping", limits(found.capabilities, "EarlyStopping"), (3 if within else 1) * count)
    shown = (validated_twice(each) if within else each for each in drawn)
    for scenario in [each for each in shown if each is not None][:count]:
        predicted = stops(scenario, dialect)
        if predicted is None:
            with pytest.raises(Exception):  # noqa: B017, PT011 - whatever the library raises, it does not train on
                run(scenario)
            continue
        assert run(scenario) == len(predicted), scenario
        compared += 1
        stopped += predicted[-1]
    assert compared >= count // 2
    assert stopped


def test_a_scenario_of_a_real_loop_is_one() -> None:
    plain = from_json(
        {"callback": "EarlyStopping", "config": {"mode": "min"}, "fits": [{"epochs": [{"logs": {"val_loss": 1.0}}]}]}
    )
    assert stops(plain, "ignite") is None, "ignite refuses a patience of 0"
    assert stops(plain, "xgboost") == [True]
    assert monitored(plain) == [1.0]
