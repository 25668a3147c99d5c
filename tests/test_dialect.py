"""Dialects: the chain, releases, files, refusals; and every value of every choice makes a difference that a scenario shows."""

from functools import cache
from pathlib import Path

import pytest

from callcheck.reference.replay import replay
from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.choices import CHOICES
from callcheck.spec.dialect import NEWEST, InvalidDialect, resolve, shipped
from callcheck.spec.scenario import Scenario
from callcheck.spec.search.strategies import sample
from callcheck.spec.trace import Trace, difference

IDS = Path(__file__).resolve().parents[1] / "spec" / "choices.txt"


def test_a_release_resolves_to_the_dialect_in_force() -> None:
    assert resolve("keras-3.15.1").dialect.name == "keras-3.15.1"
    assert resolve("keras-3.15.1").note is None
    newer = resolve("keras-3.99.0")
    assert newer.dialect.name == "keras-3.15.1"
    assert newer.note is not None
    assert "newer than the last known release" in newer.note


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("kears", "unknown dialect 'kears'"),
        ("keras-1.0.0", "older than the first known release"),
        ("keras-3.15.1+mxnet", "no dialect is known"),
        ("nowhere.toml", "nowhere.toml: cannot be read"),
    ],
)
def test_what_is_no_dialect_is_refused(name: str, message: str) -> None:
    with pytest.raises(InvalidDialect, match=message):
        resolve(name)


def test_a_file_extends_a_known_dialect(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        f'[[dialect]]\nname = "mine"\nextends = "{NEWEST}"\n[dialect.choices]\n"early-stopping/anchor" = "best-value"\n'
    )
    dialect = resolve(str(file)).dialect
    assert dialect.name == "mine"
    assert dialect["early-stopping/anchor"] == "best-value"
    assert dialect["early-stopping/baseline"] == shipped()[NEWEST]["early-stopping/baseline"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[dialect", "not TOML"),
        ('name = "x"', "a dialect file holds"),
        ('[[dialect]]\nname = "x"\nextends = "y"', "it extends 'y', which is not known"),
        ('[[dialect]]\nname = "x"\n[dialect.choices]\n"a/b" = "c"', "unknown choice 'a/b'"),
        (
            '[[dialect]]\nname = "x"\n[dialect.choices]\n"early-stopping/anchor" = "c"',
            "early-stopping/anchor cannot be 'c'",
        ),
        ('[[dialect]]\nname = "x"', "no value for early-stopping/precision"),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(text)
    with pytest.raises(InvalidDialect, match=message):
        resolve(str(file))


@cache
def pool() -> list[Scenario]:
    """Enough scenarios of every callback."""
    return [scenario for callback in CALLBACKS for scenario in sample(callback, 1000, 0)]


def test_every_id_is_listed() -> None:
    """Ids and values are cited by files of other people's: none vanishes, and none changes its meaning."""
    lines = IDS.read_text(encoding="utf-8").splitlines()
    assert lines == [f"{choice.id} {value}" for choice in CHOICES.values() for value in choice.values]


VALUES = [(choice.id, value) for choice in CHOICES.values() for value in choice.values]


@pytest.mark.parametrize(("choice", "value"), VALUES)
def test_every_value_is_told_apart_from_every_other(choice: str, value: str) -> None:
    """A choice that no scenario can show is not a choice."""
    base = shipped()[NEWEST]
    one = base.replace("one", **{choice: value})
    for other_value in CHOICES[choice].values:
        if other_value == value:
            continue
        other = base.replace("other", **{choice: other_value})
        traces = [(replay(scenario, one), replay(scenario, other)) for scenario in pool()]
        assert any(isinstance(a, Trace) and isinstance(b, Trace) and difference(a, b) for a, b in traces), (
            f"no scenario tells {choice} = {value} from {other_value}"
        )
