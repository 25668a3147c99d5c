"""The campaign counts what it compares, and what was kept of it says that real releases equal their dialects."""

import re
from collections.abc import Iterator, Sequence

import pytest

from callcheck.conformance import agreement
from callcheck.conformance.agreement import Ran, agree, kept, scenarios
from callcheck.conformance.classes import CONCERNED, classes, left
from callcheck.conformance.subjects.names import parse
from callcheck.reference.replay import replay
from callcheck.spec.callbacks import CALLBACKS, TRAINING
from callcheck.spec.choices import CHOICES
from callcheck.spec.dialect import Dialect, InvalidDialect, release_dialect, resolve
from callcheck.spec.difference import difference
from callcheck.spec.scenario import Scenario, from_json, key, to_json
from callcheck.spec.search.samples import stored
from callcheck.spec.trace import Failed, NotExpressible, Result, Trace

NEW, OLD = resolve("keras-3.15.1").dialect, resolve("keras-2.3.1").dialect


def test_a_subject_that_does_something_else_is_told_apart() -> None:
    def other(asked: Sequence[Scenario]) -> Iterator[Result]:
        return (replay(scenario, NEW) for scenario in asked)

    same, changed = (agree(other, dialect, "EarlyStopping", 100, 0) for dialect in (NEW, OLD))
    assert (same.counts["compared"], same.counts["different"]) == (100, 0)
    assert changed.counts["different"] > 0
    assert changed.differences


def test_what_is_no_trace_does_not_count() -> None:
    def silent(asked: Sequence[Scenario]) -> Iterator[Result]:
        for index, _ in enumerate(asked):
            yield NotExpressible(parameter="x") if index % 2 else Failed(kind="crash", message="it ended")

    counts = agree(silent, NEW, "TerminateOnNaN", 20, 0).counts
    assert counts == {"compared": 0, "different": 0, "failed": 20, "not_expressible": 20}


def test_most_scenarios_lie_within_the_signature() -> None:
    known = set(CALLBACKS["EarlyStopping"].parameters(OLD.signature("EarlyStopping")))
    drawn = list(scenarios("EarlyStopping", OLD, 400, 0))
    outside = [scenario for scenario in drawn if not scenario.config.keys() <= known]
    assert 0 < len(outside) < 0.1 * len(drawn)


def test_the_releases_that_were_run_equal_their_dialects() -> None:
    found = list(kept())
    assert found
    for where, subject, record in found:
        for callback, counts in record["callbacks"].items():
            assert counts["different"] == 0, f"{subject}: {callback}"
        dialect = resolve(where).dialect
        assert where in (*dialect.lineage[:1], dialect.name), f"{where} is no class of releases"


def test_what_was_kept_stands_with_the_class_of_its_release() -> None:
    """A change that is told of a release later moves it to another class."""
    for where, subject, record in kept():
        found = re.fullmatch(r"(keras|tf-keras|tensorflow) (\S+) \((\w+), (?:hooks|fit)\)", subject)
        if found:
            package, version, backend = found.groups()
            held_to = release_dialect(package, version, backend, f"np{record['versions']['numpy'][0]}").dialect
            assert where in (*held_to.lineage[:1], held_to.name), f"{subject} is in {where}.json"


@pytest.mark.parametrize("dialect", [NEW, OLD], ids=lambda dialect: dialect.name)
def test_scenarios_of_training_are_valid_and_predicted(dialect: Dialect) -> None:
    drawn = list(scenarios(TRAINING, dialect, 300, 0))
    assert all(key(from_json(to_json(scenario))) == key(scenario) for scenario in drawn)
    assert {scenario.about for scenario in drawn} >= {TRAINING}
    predicted = [replay(scenario, dialect) for scenario in drawn]
    assert sum(isinstance(trace, Trace) for trace in predicted) > 0.95 * len(drawn)
    errors = [fit.error for trace in predicted if isinstance(trace, Trace) for fit in trace.fits if fit.error]
    assert {"KeyboardInterrupt", "FileNotFoundError", "ValueError"} <= {error.type for error in errors}
    resumed = [fit for scenario in drawn for fit in scenario.fits if fit.resume is not None]
    assert len([error for error in errors if error.type == "FileNotFoundError"]) < 0.7 * len(resumed)


def test_a_subject_that_cannot_be_asked_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def campaign(text: str, *_: object) -> Iterator[Ran]:
        asked.append(text)
        if text == "keras==0.1":
            raise InvalidDialect("there is none")
        for callback in CALLBACKS:
            yield Ran(subject=text, dialect=NEW, seed=0, versions={}, callback=callback, counts={"different": 0})

    monkeypatch.setattr(agreement, "campaign", campaign)
    monkeypatch.setattr("sys.argv", ["agreement", "keras==0.1", "keras"])
    assert agreement.main() == 2
    assert asked == ["keras==0.1", "keras"]
    assert capsys.readouterr().err == "keras==0.1: there is none\n"


def test_a_class_is_of_one_callback_alone() -> None:
    """Between 3.13 and 3.14 ModelCheckpoint changed, and History did not."""

    def together(callback: str) -> bool:
        return any({"keras-3.13.2", "keras-3.14.1"} <= {each.name for each in one} for one in classes(callback))

    assert together("History")
    assert not together("ModelCheckpoint")
    for callback in (*CALLBACKS, TRAINING):
        named = [dialect.name for one in classes(callback) for dialect in one]
        assert len(named) == len(set(named))


def test_what_is_left_is_a_release_of_every_class() -> None:
    """Few releases stand for all; each is held to the dialect that it was taken for; what was compared is not run again."""
    every = list(left({}, 10, tuple(CALLBACKS)))
    assert sum(len(callbacks) for _, callbacks in every) == sum(len(classes(callback)) for callback in CALLBACKS)
    assert len(every) < len({dialect.name for callback in CALLBACKS for one in classes(callback) for dialect in one})
    assert all(parse(str(name)) == name for name, _ in every)
    done = {(dialect.lineage[0], "History"): 10 for one in classes("History") for dialect in one[-1:]}
    assert list(left(done, 10, ["History"])) == []
    assert {callback for _, callbacks in left(done, 11, ["History", "TensorBoard"]) for callback in callbacks} == {
        "History",
        "TensorBoard",
    }


@pytest.mark.parametrize("callback", CALLBACKS)
def test_only_choices_that_concern_a_callback_divide_its_classes(callback: str) -> None:
    asked = [scenario for drawn in stored(callback).values() for scenario in drawn]
    predicted = [replay(scenario, NEW) for scenario in asked]
    for choice in CHOICES:
        if choice.split("/")[0] in ("learning-rate", TRAINING):
            others = [
                NEW.replace("other", **{choice: value}) for value in CHOICES[choice].values if value != NEW[choice]
            ]
            tells = any(
                difference(replay(scenario, other), trace) is not None
                for other in others
                for scenario, trace in zip(asked, predicted, strict=True)
            )
            assert callback in CONCERNED[choice] or not tells, choice
