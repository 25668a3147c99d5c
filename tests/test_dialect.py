"""Dialects: chains, overlays, files, refusals; a policy for every value, and a scenario that shows it."""

from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import pytest

from callcheck.conformance.vectors import bases
from callcheck.reference import reduce_lr_on_plateau
from callcheck.reference.early_stopping import BASELINE, MISSING_METRIC, PASSED_OVER, PATIENCE_ZERO, REACHED, REUSE
from callcheck.reference.learning_rate_scheduler import ASKED, REFUSALS
from callcheck.reference.model_checkpoint import ARRAYS, PATH_LIKES, SUFFIXES
from callcheck.reference.monitor import ARRAY_ERRORS, BETTER_HIGH, EXACT_CHANGES, SIDES, SIGNS
from callcheck.reference.rate import STORED
from callcheck.reference.reduce_lr_on_plateau import MINIMUM
from callcheck.reference.replay import replay
from callcheck.spec.chain import Chain, Change, InvalidDialect, chains, version
from callcheck.spec.choices import CHOICES
from callcheck.spec.dialect import NEWEST, nearest, path, promises, resolve, shipped
from callcheck.spec.dialect import before as before_it
from callcheck.spec.difference import difference, told_apart
from callcheck.spec.numbers import ADDENDS, ARRAY_PRECISIONS, PRECISIONS
from callcheck.spec.scenario import Scenario, from_json
from callcheck.spec.vectors import stored


def test_a_release_resolves_to_the_dialect_in_force() -> None:
    assert resolve("keras-3.15.1").dialect.name == "keras-3.15.1"
    assert resolve("keras-3.15").dialect is resolve("keras-3.15.0").dialect
    assert resolve("keras-3.14.1").dialect["early-stopping/reuse"] == "best-value"
    assert resolve("keras-3.10.0").dialect["early-stopping/reuse"] == "nothing"
    assert resolve("keras-3.15.1").note is None
    assert resolve("keras-3.0.1").dialect is resolve("keras-3.0.0").dialect
    assert resolve("keras-3.6.0+np2").dialect.choices == resolve("keras-3.5.0").dialect.choices
    assert resolve("keras-3.6.0").dialect["early-stopping/reuse"] == "best-value"
    newer = resolve("keras-3.99.0")
    assert newer.dialect.name == "keras-3.15.1"
    assert newer.note is not None
    assert "newer than the last known release" in newer.note


def test_the_backend_and_numpy_lie_over_a_release() -> None:
    """Of one release, EarlyStopping compares by the backend and ReduceLROnPlateau by NumPy."""
    precisions = {
        name: (dialect["early-stopping/precision"], dialect["reduce-lr-on-plateau/precision"])
        for name in ("keras-3.7.0", "keras-3.7.0+jax", "keras-3.7.0+numpy")
        for dialect in (resolve(name).dialect,)
    }
    assert precisions == {
        "keras-3.7.0": ("float32-tensorflow", "float64"),
        "keras-3.7.0+jax": ("float32-jax", "float64"),
        "keras-3.7.0+numpy": ("float64", "float64"),
    }
    tensors = {name: resolve(name).dialect["terminate-on-nan/tensors"] for name in (*precisions, "keras-3.7.0+torch")}
    assert {name for name, raised in tensors.items() if raised == "runtime-error"} == {"keras-3.7.0+torch"}
    assert resolve("tf-keras-2.21.0").dialect["reduce-lr-on-plateau/rate-arithmetic"] == "float32"
    assert resolve("tf-keras-2.21.0+np1").dialect["reduce-lr-on-plateau/rate-arithmetic"] == "float64"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("kears", "unknown dialect 'kears'"),
        ("kears-3.0.0", "no release of kears is known"),
        ("keras-0.3.3", "older than the first known release"),
        ("keras-2.5.0", "what keras 2.5.0 does is not known: it lies between 2.4.3 and 2.6.0, which differ"),
        ("tensorflow-1.3.0", "older than the first known release, 1.4.0"),
        (
            "tensorflow-2.16.1",
            "tensorflow 2.16.1 has no callbacks of its own: they are those of the keras that is installed",
        ),
        ("keras-3.15.1+mxnet", "is not known with mxnet"),
        ("keras-2.3.1+jax", "is not known with jax; it is with tensorflow"),
        ("keras-3.0.5+np2", "is not known with np2; it is with np1"),
        ("keras-2.3.1+np2", "is not known with np2; it is with np1"),
        ("keras-3.15.1+jax+torch", "names more than one backend"),
        ("nowhere.toml", "nowhere.toml: cannot be read"),
    ],
)
def test_what_is_no_dialect_is_refused(name: str, message: str) -> None:
    with pytest.raises(InvalidDialect, match=message):
        resolve(name)


CHANGES = [(chain, change) for chain in chains().values() for change in chain.changes]


@pytest.mark.parametrize(("chain", "change"), CHANGES, ids=[f"{c.package}-{r.release}-{r.choice}" for c, r in CHANGES])
def test_a_change_record_is_shown_by_its_scenario(chain: Chain, change: Change) -> None:
    """On the scenario the choice makes a difference where the change happens: with what was changed before it in its release,
    or with all of it."""
    after = resolve(f"{chain.package}-{change.release}").dialect
    older = before_it(chain.package, change.release)
    assert older is not None
    before = dict(older.choices)
    for other in chain.changes[: chain.changes.index(change)]:
        if other.release == change.release:
            before[other.choice] = after[other.choice]
    one = after.replace("before", **before)
    two = one.replace("after", **{change.choice: after[change.choice]})
    assert one[change.choice] != two[change.choice], "the record changes nothing"
    scenario = from_json(change.scenario)
    assert difference(replay(scenario, one), replay(scenario, two)) is not None


def test_the_root_of_a_chain_lists_every_choice_and_changes_are_in_order() -> None:
    for chain in chains().values():
        assert set(chain.root) == (set() if chain.fork(chain.known[0]) else set(CHOICES))
        assert list(chain.known) == sorted(chain.known, key=version)
        assert {change.release for change in chain.changes} <= set(chain.known)
        releases = [version(change.release) for change in chain.changes]
        assert releases == sorted(releases)
        assert {fork.release for fork in chain.forks} <= set(chain.known)


def test_a_release_goes_on_from_the_package_whose_code_it_took_over() -> None:
    """Keras 2.4 is TensorFlow's, 2.6 took TensorFlow 2.5's over, and TensorFlow from 2.6 on is the keras package."""
    assert resolve("keras-2.4.3").dialect.choices == resolve("tensorflow-2.4.4").dialect.choices
    assert resolve("tensorflow-2.10.1").dialect is resolve("keras-2.10.0").dialect
    old, new = resolve("keras-2.3.1").dialect, resolve("keras-2.6.0").dialect
    led = {change.choice: (package, change.release) for package, change in path(new)}
    left_behind = {choice for choice in CHOICES if new[choice] == resolve("keras-2.0.8").dialect[choice]}
    assert {choice for choice in CHOICES if old[choice] != new[choice]} <= set(led) | left_behind
    assert "training/stop-and-evaluation" in left_behind - set(led), "Keras 2.2.5 to 2.3.1 alone"
    assert led["early-stopping/baseline"] == ("tensorflow", "2.5.0")
    assert resolve("tf-keras-2.14.1").dialect.lineage[-1] == "keras-1.0.0"


def test_the_documentation_is_asked_of_every_choice() -> None:
    assert set(promises()) == set(CHOICES)
    assert resolve("documented").dialect["reduce-lr-on-plateau/cooldown"] == "exact"


@pytest.mark.parametrize(
    ("release", "name", "note"),
    [
        (("keras", "3.15.1", "jax"), "keras-3.15.1+jax", None),
        (("keras", "3.99.0", "jax"), "keras-3.15.1+jax", "newer than the last known release"),
        (("keras", "3.15.1", "openvino"), "keras-3.15.1", "is not known with openvino"),
        (("keras", "3.9.0", "numpy", "np1"), "keras-3.9.2+numpy+np1", None),
        (("keras", "3.0.0", "tensorflow", "np2"), "keras-3.0.2", "is not known with np2"),
        (("keras", "0.3", "theano"), None, "older than the first known release"),
        (("mxkeras", "3.15.1", "numpy"), "keras-3.15.1+numpy", "no release of mxkeras is known"),
    ],
)
def test_a_keras_that_no_chain_knows_is_judged_by_the_nearest_dialect(
    release: tuple[str, ...], name: str | None, note: str | None
) -> None:
    found = nearest(*release)
    assert found.dialect.name == name or (name is None and found.dialect.since == chains()["keras"].known[0])
    assert (found.note is None) == (note is None)
    assert note is None or note in str(found.note)


def test_a_file_extends_a_known_dialect(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        f'[[dialect]]\nname = "mine"\nextends = "{NEWEST}"\n[dialect.choices]\n"early-stopping/anchor" = "best-value"\n'
    )
    dialect = resolve(str(file)).dialect
    assert dialect.name == "mine"
    assert dialect["early-stopping/anchor"] == "best-value"
    assert dialect["early-stopping/baseline"] == shipped()[NEWEST]["early-stopping/baseline"]
    assert not dialect.lineage, "nothing is stored of it, whatever its name is"


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
        (
            '[[dialect]]\nname = "x"\n[dialect.choices]\n"early-stopping/anchor" = ["c"]',
            r"early-stopping/anchor cannot be \['c'\]",
        ),
        ('[[dialect]]\nname = "x"', "no value for early-stopping/precision"),
        ("dialect = [1]", r"a \[\[dialect\]\] has a name"),
        (f'[[dialect]]\nname = "x"\nextends = ["{NEWEST}"]', r"a \[\[dialect\]\] has a name"),
        ("dialect = " + "[" * 5000 + "]" * 5000, "is nested too deeply"),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(text)
    with pytest.raises(InvalidDialect, match=message):
        resolve(str(file))


TABLES: list[tuple[str, Mapping[str, object]]] = [
    ("early-stopping/baseline", BASELINE),
    ("early-stopping/reuse", REUSE),
    ("early-stopping/patience", REACHED),
    ("early-stopping/patience-zero", PATIENCE_ZERO),
    ("early-stopping/unit", PASSED_OVER),
    ("early-stopping/missing-metric", MISSING_METRIC),
    ("early-stopping/min-delta-sign", SIGNS),
    ("early-stopping/min-delta-side", SIDES),
    ("early-stopping/exact-change", EXACT_CHANGES),
    ("early-stopping/precision", ADDENDS),
    ("reduce-lr-on-plateau/reuse", reduce_lr_on_plateau.REUSE),
    ("reduce-lr-on-plateau/patience", reduce_lr_on_plateau.PATIENCE),
    ("reduce-lr-on-plateau/smallest-change", reduce_lr_on_plateau.SMALLEST_CHANGE),
    ("learning-rate/stored-as", STORED),
    ("learning-rate-scheduler/schedule", ASKED),
    ("learning-rate-scheduler/refusal", REFUSALS),
    ("reduce-lr-on-plateau/min-lr", MINIMUM),
    ("model-checkpoint/suffix", SUFFIXES),
    ("model-checkpoint/path-like", PATH_LIKES),
    ("model-checkpoint/array-metric", ARRAYS),
    ("early-stopping/precision", PRECISIONS),
    ("early-stopping/precision", ARRAY_PRECISIONS),
    ("early-stopping/precision", ARRAY_ERRORS),
]


@pytest.mark.parametrize(("choice", "table"), TABLES)
def test_the_reference_has_a_policy_for_every_value(choice: str, table: Mapping[str, object]) -> None:
    assert set(table) == set(CHOICES[choice].values)


def test_the_directions_are_those_of_the_callbacks() -> None:
    prefixes = ("early-stopping", "reduce-lr-on-plateau", "model-checkpoint")
    assert set(BETTER_HIGH) == {value for prefix in prefixes for value in CHOICES[f"{prefix}/direction"].values}


PAIRS = [(id, *pair) for id, choice in CHOICES.items() for pair in combinations(choice.values, 2)]


@pytest.mark.parametrize(("choice", "one", "other"), PAIRS)
def test_every_value_is_told_apart_from_every_other(choice: str, one: str, other: str) -> None:
    """A choice that no scenario can show is not a choice."""
    scenarios = [vector.scenario for vector in stored() if choice in vector.about]
    assert any(_shown(scenario, choice, one, other) for scenario in scenarios)


def _shown(scenario: Scenario, choice: str, one: str, other: str) -> bool:
    for base in bases():
        a, b = (replay(scenario, base.replace(value, **{choice: value})) for value in (one, other))
        if told_apart(a, b, [choice]):
            return True
    return False
