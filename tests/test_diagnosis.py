"""What somebody's own callback does otherwise comes first, each thing once, with the clauses that fail by it."""

import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from command import call

from callcheck.conformance.diagnosis import differences
from callcheck.conformance.driver.subjects import _making, custom
from callcheck.conformance.findings import Finding, findings
from callcheck.conformance.hearing import Hearing
from callcheck.conformance.infer import infer
from callcheck.conformance.inference import Inference, Inferred
from callcheck.conformance.judge import FAILING
from callcheck.conformance.results import Here
from callcheck.spec.clauses.clause import CLAUSES
from callcheck.spec.dialect import documented

SPARSE = (Path(__file__).parent / "planted" / "sparse.py").read_text(encoding="utf-8")
THREE = {
    "self.weights = self.model.get_weights()  # the mistake: of every epoch\n        if value < self.best - self.min_delta:": (
        "if value <= self.best + self.min_delta:"
    ),
    "            self.wait = 0\n            return\n        self.wait += 1\n        if self.wait": (
        "            return\n        self.wait += 1\n        if self.wait"
    ),
}
"""Not more than, but as much as; min_delta on the wrong side; and the count not begun anew."""


@cache
def found_in(callback: str, three: bool = False) -> tuple[Inference, list[Finding], list[str]]:
    """What was inferred, the findings, and which clauses fail."""
    source = SPARSE
    for right, wrong in THREE.items() if three else ():
        assert source.count(right) == 1
        source = source.replace(right, wrong)
    module = sys.modules["sparse"] = ModuleType("sparse")  # where pickle looks for its class
    exec(compile(source, "sparse.py", "exec"), module.__dict__)
    subject = Here(custom(f"sparse:{callback}", getattr(module, callback), callback))
    hearing = Hearing(subject, documented(), agrees=False, as_keras=True, examples=60)
    judged = [hearing.judgement(rule, callback) for rule in CLAUSES.values() if callback in rule.callbacks]
    inferred = infer(hearing.results, callback, examples=60, seed=0)
    failing = [each.clause.id for each in judged if each.verdict in FAILING]
    return inferred, findings(hearing, judged, [inferred]), failing


def clauses_of(found: list[Finding]) -> dict[str, set[str]]:
    """By choice, the clauses that fail by it."""
    own = [each for each in found if isinstance(each.difference, Inferred)]
    return {
        each.difference.choice: {one.clause.id for one in each.all}
        for each in own
        if isinstance(each.difference, Inferred)
    }


def test_three_mistakes_are_three_differences_each_with_the_clauses_that_fail_by_it() -> None:
    _, found, _ = found_in("EarlyStopping", three=True)
    by = clauses_of(found)
    assert "early-stopping/improvement/a-later-nan-is-none" in by["early-stopping/improvement"]
    assert "early-stopping/min-delta/a-smaller-change-is-no-improvement" in by["early-stopping/min-delta-sign"]
    assert "early-stopping/patience/stops-after-patience-epochs" in by["early-stopping/exact-change"]


def test_differences_come_before_what_none_explains_and_every_failing_clause_is_in_one_finding() -> None:
    for callback, three in (("EarlyStopping", True), ("ReduceLROnPlateau", False)):
        _, found, failing = found_in(callback, three)
        known = [each.difference is not None for each in found]
        assert known == sorted(known, reverse=True)
        assert sorted(each.clause.id for one in found for each in one.all) == sorted(failing)


def test_a_parameter_that_is_ignored_is_told_once_and_explains_what_fails_by_it() -> None:
    inferred, found, _ = found_in("ReduceLROnPlateau")
    assert list(inferred.ignored) == ["cooldown"]
    (lead,) = (each for each in found if each.difference is inferred.ignored["cooldown"])
    assert {each.clause.id for each in lead.all} >= {
        "reduce-lr-on-plateau/cooldown/waits-cooldown-epochs", "reduce-lr-on-plateau/cooldown/acts-as-given"
    }  # fmt: skip
    assert "reduce-lr-on-plateau/cooldown" not in {each.choice for each in inferred.differences}


def test_what_is_left_out_everywhere_explains_the_clauses_that_ask_for_it() -> None:
    inferred, found, _ = found_in("ReduceLROnPlateau")
    by = {name: one for name, each in inferred.left_out.items() for one in found if one.difference is each}
    assert [each.clause.id for each in by["logged"].all] == [
        "reduce-lr-on-plateau/logs/logs-the-rate-before-the-reduction"
    ]
    assert set(map(id, differences(inferred))) >= {id(each.difference) for each in by.values()}


def test_nothing_is_ignored_by_who_looks_at_everything() -> None:
    inferred, _, _ = found_in("EarlyStopping")
    assert inferred.ignored == {}


@pytest.mark.usefixtures("own")
def test_check_tells_the_differences_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("check", "mine:MyEarlyStopping", "--callback", "EarlyStopping", "--examples", "20") == 1
    said = " ".join(capsys.readouterr().out.split())
    headline, _, rest = said.partition("1. ")
    assert (
        "EarlyStopping: 3 differences: mode auto always means the minimum (direction = always-minimum); patience counts one "
        "more: it stops an epoch later (patience = more-than); a missing metric is passed over without a word (missing-metric = "
        "says-nothing)" in headline
    )
    assert rest.startswith("When is patience at its end? After more than patience epochs without an improvement")
    assert "fails by it: early-stopping/patience/stops-after-patience-epochs" in rest


FIVE = """

class Five(EarlyStopping):
    def __init__(self, monitor="val_loss", patience=5, min_delta=0, mode="auto"):
        super().__init__(monitor=monitor, patience=patience, min_delta=min_delta, mode=mode)
"""


def test_a_default_of_ones_own_is_told_once_and_held_against_nothing(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = Path(__file__).resolve().parents[1] / "examples" / "early_stopping.py"
    (own / "five.py").write_text(plain.read_text(encoding="utf-8") + FIVE)
    few = ("--callback", "EarlyStopping", "--clause", "early-stopping/patience", "--examples", "40")
    assert call("check", "five:Five", *few) == 0, capsys.readouterr().out
    assert "EarlyStopping: the default of patience is 5 (Keras: 0); wherever" in capsys.readouterr().out


class Refusing:
    """It has no mode auto, and another default of patience."""

    def __init__(self, patience: int = 5, mode: str = "min") -> None:
        if mode not in ("min", "max"):
            raise ValueError(mode)
        self.given = patience, mode

    def on_epoch_end(self, epoch: int, logs: object = None) -> None: ...


def test_keras_s_default_is_given_unless_it_is_refused() -> None:
    made = custom("mine:Refusing", Refusing, "EarlyStopping")
    assert made.capabilities.defaults == {"EarlyStopping": {"patience": "5", "mode": "'min'"}}
    make = _making(Refusing, {"patience": 0, "mode": "auto"})
    assert make("EarlyStopping", mode="max").given == (0, "max")
    assert make("EarlyStopping").given == (5, "min")
    with pytest.raises(ValueError, match="none"):
        make("EarlyStopping", patience=1, mode="none")
