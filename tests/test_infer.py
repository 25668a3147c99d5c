"""Inferring: what an unknown callback does otherwise is named once, in words, although one difference hides another."""

import json
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import pytest

from callcheck.cli import main
from callcheck.conformance.declarations import pinned
from callcheck.conformance.derivation import keras_dialects
from callcheck.conformance.driver.domain import Domain
from callcheck.conformance.driver.protocol import Capabilities
from callcheck.conformance.driver.subjects import custom
from callcheck.conformance.infer import infer
from callcheck.conformance.inference import ARITHMETIC, NOT_EXPRESSIBLE, NOT_OBSERVABLE, SEEN, Inference, Unexplained
from callcheck.conformance.pool import EXAMPLES
from callcheck.conformance.questions import differ, questions, values
from callcheck.conformance.report.in_short import IN_SHORT, in_short
from callcheck.conformance.report.inference import beside_choices, inferred
from callcheck.conformance.results import Here, Results
from callcheck.conformance.subjects.reference import Reference
from callcheck.reference.replay import replay
from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.dialect import NEWEST, Dialect, documented, resolve, third_party
from callcheck.spec.difference import difference
from callcheck.spec.scenario import Scenario, from_json
from callcheck.spec.trace import Failed, Result

PLAIN = Path(__file__).with_name("planted") / "plain.py"
STOPPER = Capabilities(
    callbacks={"EarlyStopping"},
    parameters={"EarlyStopping": ("monitor", "patience", "min_delta", "mode")},
    observables={"stop"},
    domain=Domain(accepts={"mode": ("min", "max")}, kinds={"patience": "whole"}, numbers=True),
)


class EarlyStopping:
    """At home made, with three mistakes: >= for >, a wait that is not reset, and min_delta on the wrong side."""

    def __init__(self, monitor: str = "val_loss", patience: int = 0, min_delta: float = 0.0, mode: str = "min") -> None:
        self.monitor, self.patience, self.min_delta, self.mode = monitor, patience, abs(min_delta), mode

    def set_params(self, params: Any) -> None: ...
    def set_model(self, model: Any) -> None:
        self.model = model

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None: ...
    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None: ...
    def on_train_batch_end(self, batch: int, logs: Any = None) -> None: ...
    def on_train_end(self, logs: Any = None) -> None: ...
    def on_train_begin(self, logs: Any = None) -> None:
        self.wait = 0
        self.best: float | None = None

    def improves(self, value: float) -> bool:
        if self.best is None:
            return True
        if self.mode == "max":
            return value + self.min_delta >= self.best
        return value - self.min_delta <= self.best

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        value = (logs or {}).get(self.monitor)
        if not isinstance(value, float):
            return
        if self.improves(value):
            self.best = value
            return
        self.wait += 1
        if self.wait >= self.patience and epoch > 0:
            self.model.stop_training = True


class Nothing(EarlyStopping):
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None: ...


class Raises(EarlyStopping):
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        raise RuntimeError("it always does")


class Unmade(EarlyStopping):
    def __init__(self, monitor: str = "val_loss", patience: int = 0) -> None:
        raise OSError("no licence")


class Shares(EarlyStopping):
    """What it counts is kept in the class."""

    counted: ClassVar[dict[str, int]] = {"epochs": 0}

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.counted["epochs"] += 1
        if self.counted["epochs"] % 7 == 0:
            self.model.stop_training = True


def results_of(made: type[EarlyStopping]) -> Results:
    implementation = custom(f"mine:{made.__name__}", made, "EarlyStopping")
    implementation.capabilities = Capabilities(
        callbacks={"EarlyStopping"}, parameters=STOPPER.parameters, observables={"stop"}, domain=STOPPER.domain
    )
    return Results(Here(implementation))


@cache
def found_in(made: type[EarlyStopping]) -> Inference:
    return infer(results_of(made), "EarlyStopping", examples=150, seed=0)


@cache
def as_found(dialect: str) -> Inference:
    implementation = Reference(resolve(dialect))
    implementation.capabilities = STOPPER
    return infer(Results(Here(implementation)), "EarlyStopping", examples=150, seed=0)


def differences(found: Inference) -> dict[str, str]:
    return {each.choice.partition("/")[2]: each.value for each in found.differences}


def test_three_mistakes_are_three_differences_in_words() -> None:
    found = found_in(EarlyStopping)
    assert found.unexplained == ()
    assert differences(found) == {
        "exact-change": "always-is-one",
        "improvement": "leaves-the-count",
        "min-delta-sign": "turned",
    }
    said = " ".join(" ".join(inferred("mine", [found])).split())
    assert said.startswith(
        "mine: EarlyStopping: 3 differences: a change of exactly min_delta is an improvement, and so is the same value again "
        "(exact-change = always-is-one); min_delta stands on the wrong side (min-delta-sign = turned); an improvement does not "
        "reset the wait (improvement = leaves-the-count) "
    )
    assert "where min_delta is 0 the same value again is an improvement too" in said
    assert "What does an improvement do to the count of epochs? Nothing" in said
    assert "min_delta stands on the wrong side" in said


def test_the_reference_is_run_no_more_often_than_two_seconds_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = 0

    def counted(scenario: Scenario, dialect: Dialect, **options: Any) -> Result:
        nonlocal runs
        runs += 1
        return replay(scenario, dialect, **options)

    for module in ("infer", "predictions"):
        monkeypatch.setattr(f"callcheck.conformance.{module}.replay", counted)
    infer(results_of(EarlyStopping), "EarlyStopping", examples=EXAMPLES, seed=0)
    assert runs < 10_000, "one takes about a tenth of a millisecond"


PLATEAU = {
    "self.wait >= max(self.patience, 1) and rate > self.min_lr": "self.wait > max(self.patience, 0) and rate > self.min_lr",
    'self.best = float("-inf") if self.mode == "max" else float("inf")\n        self.wait': (
        'self.best = getattr(self, "best", float("-inf") if self.mode == "max" else float("inf"))\n        self.wait'
    ),
    '        logs["learning_rate"] = rate\n': "",
}
"""A patience that is one longer, a best value that is kept for the next fit, and no rate in the logs."""


def test_what_a_plateau_leaves_out_everywhere_is_told_once_and_hides_no_mistake() -> None:
    source = PLAIN.read_text(encoding="utf-8")
    for right, wrong in PLATEAU.items():
        assert source.count(right) == 1
        source = source.replace(right, wrong)
    home: dict[str, Any] = {}
    exec(compile(source, "plateau.py", "exec"), home)
    subject = Here(custom("mine:Plateau", home["ReduceLROnPlateau"], "ReduceLROnPlateau"))
    found = infer(Results(subject), "ReduceLROnPlateau", examples=100, seed=0)
    assert differences(found) == {"patience": "more-than", "reuse": "best-value"}
    assert found.left_out.keys() == {"logged"}
    assert [each.scenario.config for each in found.unexplained] == [{"min_lr": None}], "which it cannot store"
    said = " ".join(" ".join(inferred("mine", [found])).split())
    assert (
        "2 differences: patience counts one more: it reduces an epoch later (patience = more-than); the best value is kept for "
        "the next fit (reuse = best-value); it puts nothing into logs" in said
    )


def test_who_never_warns_is_not_said_to_lose_warnings() -> None:
    source = PLAIN.read_text(encoding="utf-8")
    assert "warnings.warn(" in source
    home: dict[str, Any] = {}
    exec(compile(source.replace("warnings.warn(", "str("), "plateau.py", "exec"), home)
    subject = Here(custom("mine:Plateau", home["ReduceLROnPlateau"], "ReduceLROnPlateau"))
    found = infer(Results(subject), "ReduceLROnPlateau", examples=30, seed=0)
    assert differences(found) == {}
    assert found.left_out.keys() == {"warned"}


@pytest.mark.parametrize("callback", CALLBACKS)
def test_a_dialect_without_the_callback_explains_nothing(callback: str) -> None:
    assert all(dialect.has(callback) for dialect in keras_dialects(callback))
    assert all(documented().replace("one", **{choice: value}).has(callback) for choice, value in values(callback))


def test_each_difference_has_a_smallest_scenario_on_which_the_documented_value_does_something_else() -> None:
    found = found_in(EarlyStopping)
    for each in found.differences:
        assert each.scenario is not None
        assert sum(len(fit.epochs) for fit in each.scenario.fits) <= 5
        back = found.dialect.replace("back", **{each.choice: documented()[each.choice]})
        assert differ(replay(each.scenario, found.dialect), replay(each.scenario, back))


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        (
            "ignite",
            {
                "anchor": "best-value", "nonfinite": "nan-improves", "patience-zero": "refused", "min-delta-sign": "refused",
                "missing-metric": "raises-key-error", "unit": "validation", "first-epoch": "as-any-other",
            },
        ),
        ("lightgbm", {"min-delta-sign": "refused-at-the-first-epoch", "patience-zero": "disables"}),
        (
            "transformers",
            {
                "anchor": "best-value", "first-value": "not-kept", "unit": "validation", "min-delta-sign": "as-zero",
                "first-epoch": "as-any-other", "patience-zero": "stops-in-the-first-epoch", "missing-metric": "raises-key-error",
            },
        ),
    ],
)  # fmt: skip
def test_a_library_is_told_by_what_it_does_although_one_difference_hides_another(
    dialect: str, expected: dict[str, str]
) -> None:
    found = as_found(dialect)
    assert found.unexplained == ()
    assert {**expected, **differences(found)} == {**differences(found), **expected}
    assert differences(found).keys() - expected.keys() <= {"reuse"}
    assert (found.nearest, found.nearest_fits) == (dialect, found.asked)


def test_a_keras_has_no_difference() -> None:
    found = as_found("keras-3.15.1+numpy")
    assert (found.differences, found.unexplained) == ((), ())
    assert {each.value for each in found.like_keras} >= {"accepted", "is-none"}


def test_what_was_not_told_says_why() -> None:
    status = {each.choice.partition("/")[2]: each.status for each in as_found("ignite").choices}
    assert status["patience-zero"] == SEEN
    assert status["baseline"] != SEEN
    assert status["restored-when"] in {NOT_EXPRESSIBLE, NOT_OBSERVABLE}
    assert status["arguments"] == SEEN, "it takes a min_delta, as the oldest ones did not"


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (Raises, "RuntimeError out of epoch_end: it always does"),
        (Unmade, "could be constructed in none"),
        (Nothing, "never stopped training in any of"),
        (Shares, "it keeps something beside its instances, in its class or its module, or decides by chance"),
    ],
)
def test_what_cannot_be_told_is_said_first(made: type[EarlyStopping], sentence: str) -> None:
    found = found_in(made)
    assert found.complaint is not None
    assert found.differences == ()
    assert sentence in " ".join(" ".join(inferred("mine", [found])).split())


def test_what_hangs_is_told_beside_what_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    results = results_of(EarlyStopping)
    answered = results.ask
    hung = Failed(kind="timeout", message="no answer within 1 s")

    def ask(scenarios: Sequence[Scenario], again: bool = False) -> list[Result | None]:
        return [
            hung if each.config.get("patience") == 3 else seen
            for each, seen in zip(scenarios, answered(scenarios, again=again), strict=True)
        ]

    monkeypatch.setattr(results, "ask", ask)
    found = infer(results, "EarlyStopping", examples=40, seed=0)
    assert set(differences(found)) >= {"exact-change", "min-delta-sign"}
    assert [each.seen for each in found.unanswered] == [hung]
    assert not found.conforms
    said = " ".join(" ".join(inferred("mine", [found])).split())
    assert "are left unanswered" in said
    assert "of which this is the simplest: no answer within 1 s" in said


SILENT = {
    ("early-stopping/baseline", "is-the-first-best"),
    ("model-checkpoint/failed-save", "passes-for-a-save"),
    ("model-checkpoint/failed-save", "raises-attribute-error"),
}
"""What does the same as the documentation says, wherever nothing else is other than documented."""


def test_every_value_has_a_question_of_its_own() -> None:
    for callback in CALLBACKS:
        asked = {(each.choice, each.value) for each in questions(callback)}
        silent = {each for each in values(callback) if each not in asked}
        own = {each for each in silent if each[0].startswith(f"{CALLBACKS[callback].prefix}/")}
        assert own <= SILENT, "remade with: python -m callcheck.conformance.questions"


def test_a_question_separates_its_value_from_the_documented_one() -> None:
    for callback in CALLBACKS:
        for each in questions(callback):
            base = documented() if each.beside is None else documented().replace("beside", **dict([each.beside]))
            changed = base.replace("changed", **{each.choice: each.value})
            assert differ(replay(each.scenario, base), replay(each.scenario, changed)), each


HOME_MADE = Path(__file__).read_text(encoding="utf-8")


def test_what_is_pinned_is_green_and_a_drift_from_it_is_red(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begin, end = HOME_MADE.index("class EarlyStopping"), HOME_MADE.index("class Nothing")
    source = "from typing import Any\n\n\n" + HOME_MADE[begin:end]
    (tmp_path / "made_at_home.py").write_text(source)
    (tmp_path / "drifted.py").write_text(source.replace("self.best = value\n", "self.best, self.wait = value, 0\n"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    drawn = ("--examples", "60", "--seed", "5")
    assert main(["infer", "made_at_home:EarlyStopping", "--pin", "mine.toml", *drawn]) == 1
    assert "improvement" in capsys.readouterr().out
    held = ["--dialect", "mine.toml"]
    assert pinned("mine.toml").seed == 5
    assert sum(len(each.others) for each in pinned("mine.toml").declarations) > 20
    assert len(Path("mine.toml").read_text()) < 20_000, "of each kind one is written out"
    assert main(["check", "made_at_home:EarlyStopping", *held]) == 0, capsys.readouterr().out
    capsys.readouterr()
    assert main(["check", "drifted:EarlyStopping", *held, "--json"]) == 1
    deviations = [
        each["scenario"] for each in json.loads(capsys.readouterr().out)["results"] if each["verdict"] == "deviates"
    ]
    assert deviations
    was, now = (
        Here(custom(name, import_module(name).EarlyStopping, "EarlyStopping")) for name in ("made_at_home", "drifted")
    )
    shown = [from_json(each) for each in deviations]
    same = [a for a, b in zip(was.ask(shown), now.ask(shown), strict=True) if difference(a, b) is None]
    assert same == [], "what is shown of a drift is one"


def test_check_pins_one_implementation_and_no_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = ("--callback", "TerminateOnNaN", "--examples", "10")
    pin = str(tmp_path / "pin.toml")
    assert main(["check", "reference@documented", "reference@keras-2.3.1", "--pin", pin, *few]) == 2
    assert "one implementation is pinned in a file, not 2" in capsys.readouterr().err
    assert main(["check", "reference@keras-2.3.1", "--pin", pin, *few]) == 0
    assert resolve(pin).dialect["terminate-on-nan/arguments"] == "none"


def test_what_is_in_a_headline_is_said_of_a_difference_in_words() -> None:
    unknown = [
        (id, value)
        for dialect in third_party().values()
        for id, value in dialect.choices.items()
        if id.startswith(("early-stopping/", "reduce-lr-on-plateau/", "model-checkpoint/"))
        if value != documented()[id] and value != resolve(NEWEST).dialect[id]
        if value not in IN_SHORT.get(id, {}) and id.rpartition("/")[2] not in ARITHMETIC
    ]
    assert unknown == [], "what libraries do otherwise has words"
    assert all(len(said) <= 100 for words in IN_SHORT.values() for said in words.values())
    assert in_short("early-stopping/stop-message", "at-every-later-end") == "stop-message = at-every-later-end"


RAISES_TOO = ("missing-metric", "warns-and-raises-type-error")


@pytest.mark.parametrize(
    ("turn", "logs", "sentence"),
    [
        (("patience", "more-than"), [1.0, 2.0], "fit 1, epoch 1: stop is expected to be true, and is false"),
        (RAISES_TOO, [1.0, None], "fit 1: expected is no error, and there is a TypeError out of epoch_end"),
        (RAISES_TOO, [1.0, None, 0.5], "fit 1, epoch 2 is expected to be run, and is not run"),
    ],
)
def test_what_no_choice_explains_is_said_by_where_it_is(
    turn: tuple[str, str], logs: list[float | None], sentence: str
) -> None:
    epochs = [{"logs": {} if value is None else {"val_loss": value}} for value in logs]
    config = {"mode": "min", "patience": 1}
    scenario = from_json({"callback": "EarlyStopping", "config": config, "fits": [{"epochs": epochs}]})
    seen = replay(scenario, documented().replace("other", **{f"early-stopping/{turn[0]}": turn[1]}))
    left = Unexplained(scenarios=1, scenario=scenario, seen=seen, predicted=replay(scenario, documented()))
    found = Inference(callback="EarlyStopping", dialect=documented(), unexplained=(left,))
    ((said, _),) = beside_choices(found)
    assert said == f"no choice explains 1 scenario, of which this is a smallest: {sentence}"
