"""Names of implementations: what each form means, and that a name is who is meant and not how it was written."""

from pathlib import Path

import pytest

from callcheck.conformance.judge import CONFORMS, NOT_APPLICABLE
from callcheck.conformance.session import Suite
from callcheck.conformance.subjects.names import Name, UnknownImplementation, parse, parse_all
from callcheck.spec.dialect import NEWEST, InvalidDialect


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("reference", Name(kind="reference", dialect=NEWEST)),
        ("reference@keras-3.15.0", Name(kind="reference", dialect=NEWEST)),
        ("reference@own.toml", None),
        ("keras", Name(kind="installed", package="keras")),
        ("keras:fit", Name(kind="installed", package="keras", way="fit")),
        ("keras[numpy]", Name(kind="installed", package="keras", backend="numpy")),
        ("keras[jax]@venv/bin/python", Name(kind="installed", package="keras", backend="jax", interpreter="venv/bin/python")),
        ("tf-keras", Name(kind="installed", package="tf-keras")),
        ("keras@/old/bin/python", Name(kind="installed", package="keras", interpreter="/old/bin/python")),
        ("keras:fit@venv/bin/python", Name(kind="installed", package="keras", way="fit", interpreter="venv/bin/python")),
        ("keras==3.10.0", Name(kind="release", package="keras", version="3.10.0")),
        ("keras==3.10.0:fit", Name(kind="release", package="keras", version="3.10.0", way="fit")),
        ("keras==2.5.0rc0", Name(kind="release", package="keras", version="2.5.0rc0")),
        ("keras[jax]==3.10.0", Name(kind="release", package="keras", version="3.10.0", backend="jax")),
        ("keras==3.10.0[jax]", Name(kind="release", package="keras", version="3.10.0", backend="jax")),
        ("tensorflow==2.4.4", Name(kind="release", package="tensorflow", version="2.4.4")),
        ("tf-keras==2.21.0", Name(kind="release", package="tf-keras", version="2.21.0")),
        ("torch", Name(kind="adapter", package="torch")),
        ("torch:translated", Name(kind="adapter", package="torch", way="translated")),
        ("mine:Stopping", Name(kind="own", module="mine", attribute="Stopping")),
        ("my.own:Outer.Stopping", Name(kind="own", module="my.own", attribute="Outer.Stopping")),
        ("mine:Stopping:fit", Name(kind="own", module="mine", attribute="Stopping", way="fit")),
        ("mine:Stopping@/p/python", Name(kind="own", module="mine", attribute="Stopping", interpreter="/p/python")),
        ("keras_extra:MyEarlyStopping", Name(kind="own", module="keras_extra", attribute="MyEarlyStopping")),
        ("keras.callbacks:EarlyStopping", Name(kind="own", module="keras.callbacks", attribute="EarlyStopping")),
    ],
)  # fmt: skip
def test_a_name_is_read_once(text: str, name: Name | None) -> None:
    if name is None:
        with pytest.raises(InvalidDialect, match="cannot be read"):
            parse(text)
        return
    assert parse(text) == name
    assert parse(str(name)) == name, "what is printed can be given again"


@pytest.mark.parametrize(
    "text",
    [
        "kears",
        "",
        "keras@",
        "keras==",
        "numpy==2.0",
        "mine:",
        ":Stopping",
        "keras==3.10.0[jax",
        "keras[",
        "tf-keras[jax]",
    ],
)
def test_what_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(UnknownImplementation):
        parse(text)


def test_two_spellings_are_one_name() -> None:
    assert parse_all(["reference", f"reference@{NEWEST}", "keras", "reference", "keras"]) == (
        Name(kind="reference", dialect=NEWEST),
        Name(kind="installed", package="keras"),
    )


def test_a_release_newer_than_the_chain_is_noted() -> None:
    assert parse("reference@keras-99.0.0") == parse("reference")
    assert parse("reference@keras-99.0.0").note is not None


def test_an_interpreter_is_given_to_all_that_live_in_one() -> None:
    assert [str(parse(text).living_in("/p")) for text in ("keras", "mine:A@/q", "reference")] == [
        "keras@/p",
        "mine:A@/q",
        f"reference@{NEWEST}",
    ]


def agreement(name: str, dialect: str | None = None) -> str:
    """The verdict on the agreement of EarlyStopping, as far as it is asked for."""
    suite = Suite(names=[name], dialect=dialect, prefix="early-stopping/agreement", examples=20)
    return " ".join(suite.judgement(item).verdict for item in suite.items())


def test_agreement_is_asked_of_what_is_held_to_a_dialect_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not of a callback of somebody's own, however its module is called, unless it is held to a dialect in so many words; and
    not of the reference, which would agree with itself."""
    monkeypatch.chdir(Path(__file__).resolve().parents[1] / "examples")
    assert agreement("reference") == ""
    assert agreement("early_stopping:EarlyStopping") == NOT_APPLICABLE
    assert agreement("early_stopping:EarlyStopping", dialect=f"{NEWEST}+numpy") == CONFORMS
