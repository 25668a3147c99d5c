"""`callbacks.toml`: what it says is read, what is wrong in it is named, and what is written is read back."""

import math
import tomllib
from pathlib import Path
from typing import Any

import pytest

from callcheck.conformance.script import InvalidScript, read_script
from callcheck.spec.scenario import Epoch, Fit, to_json
from callcheck.spec.script import Script, ScriptCallback, ScriptFit, Unread, dumps, loads
from callcheck.spec.toml import array_of_tables, value

FILE = """\
[[fits]]
source = "train.py, line 20"
epochs = 50
validation_freq = 2
learning_rate = 0.1
metrics = ["accuracy", { class = "AUC", name = "myauc" }]
others = ["TensorBoard"]

[[fits.callbacks]]
source = "train.py, line 12"
callback = "EarlyStopping"
config = { monitor = "val_myauc", patience = 3, min_delta = 1 }

[[fits.callbacks]]
callback = "ReduceLROnPlateau"

[[unread]]
source = "train.py, line 40"
says = "the callbacks are no list"
"""


def test_the_file_is_read() -> None:
    script = loads(FILE)
    (fit,) = script.fits
    assert [each.callback for each in fit.callbacks] == ["EarlyStopping", "ReduceLROnPlateau"]
    assert fit.callbacks[0].config == {"monitor": "val_myauc", "patience": 3, "min_delta": 1.0}
    assert isinstance(fit.callbacks[0].config["min_delta"], float)
    assert (fit.epochs, fit.validation_freq, fit.learning_rate, fit.others) == (50, 2, 0.1, ("TensorBoard",))
    assert [metric.name for metric in fit.metrics] == ["accuracy", "myauc"]
    assert script.unread[0].source == "train.py, line 40"


def test_who_only_looks_on_is_looked_at_where_there_is_nobody_else(tmp_path: Path) -> None:
    """Most of its arguments are about what is not predicted, or not known: that must not keep the others from being told of."""
    board = '[[fits.callbacks]]\ncallback = "TensorBoard"\nconfig = { histogram_freq = 1 }\nunread = { log_dir = "here()" }\n'
    (tmp_path / "beside.toml").write_text(FILE.replace("[[unread]]", f"{board}[[unread]]"))
    (fit,) = read_script(tmp_path / "beside.toml").fits
    assert [each.callback for each in fit.callbacks] == ["EarlyStopping", "ReduceLROnPlateau"]
    assert fit.others == ("TensorBoard", "TensorBoard")
    (tmp_path / "alone.toml").write_text(f"[[fits]]\n{board}")
    (fit,) = read_script(tmp_path / "alone.toml", incomplete=True).fits
    assert ([each.callback for each in fit.callbacks], fit.others) == (["TensorBoard"], ())


def test_what_is_written_is_read_back() -> None:
    script = loads(FILE)
    assert loads(dumps(script)) == script
    text = 'quoted "so", back\\slash, \x7f, \t, ü, 𝄞'
    config = {"filepath": "m-{epoch}.keras", "monitor": text, "initial_value_threshold": math.inf}
    odd = Script(
        fits=(
            ScriptFit(callbacks=(), source=text, unread={"epochs": "args.epochs", "not a bare key": "x"}),
            ScriptFit(callbacks=(ScriptCallback(callback="ModelCheckpoint", config=config, unread={"verbose": "v"}),)),
        ),
        unread=(Unread(source="", says=text),),
    )
    assert loads(dumps(odd)) == odd


@pytest.mark.parametrize(
    "data", [True, 0, -7, 1.0, 1e-05, 1e300, math.inf, -math.inf, "", [], [1, [2.5]], {}, {"a b": {"c": ""}}]
)
def test_values_are_toml(data: Any) -> None:
    read = tomllib.loads(f"x = {value(data)}")["x"]
    assert (read, type(read)) == (data, type(data))


def test_tables_in_tables_are_toml() -> None:
    tables = [{"a": 1, "below": [{"b": 2}, {"c": 3}]}, {"below": [{"d": 4}], "e": [{}]}]
    assert tomllib.loads(array_of_tables("top", tables)) == {"top": tables}


def test_what_toml_does_not_have_is_refused() -> None:
    assert math.isnan(tomllib.loads(f"x = {value(math.nan)}")["x"])
    with pytest.raises(TypeError, match="TOML has no NoneType"):
        value(None)


def test_a_fit_becomes_a_scenario() -> None:
    epoch = Epoch(logs={"val_loss": 1.0})
    (fit,) = loads(FILE).fits
    written = to_json(fit.scenario(Fit(epochs=(epoch,))))
    assert [each["callback"] for each in written["callbacks"]] == ["EarlyStopping", "ReduceLROnPlateau"]
    assert (written["learning_rate"], written["metrics"][0]) == (0.1, "accuracy")
    alone = ScriptFit(callbacks=fit.callbacks[1:]).scenario(Fit(epochs=(epoch,)))
    assert (alone.callback, alone.callbacks) == ("ReduceLROnPlateau", ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there is no callback in it"),
        ("[[fits]]\ncallbacks = []", "there is no callback in it"),
        ("[fits", "is not TOML"),
        ('fits = "x"', "fits: expected a list"),
        ("[[fits]]\nepochs = 3", "fits[0].callbacks: this field is required"),
        ("[[fit]]", "fit: unknown field; the fields here are fits, unread"),
        ('[[fits]]\nepochs = 0\ncallbacks = [{callback = "TerminateOnNaN"}]', "fits[0].epochs: expected at least 1"),
        ('[[fits]]\ncallbacks = [{callback = "Early"}]', "fits[0].callbacks[0].callback: unknown callback 'Early'"),
        (
            '[[fits]]\ncallbacks = [{callback = "EarlyStopping", config = {min_delta = "low"}}]',
            "fits[0].callbacks[0].config.min_delta: expected a number",
        ),
        (
            '[[fits]]\ncallbacks = [{callback = "EarlyStopping", unread = {patience = "args.p", verbose = "v"}}]',
            "patience of EarlyStopping is not known (args.p); write its value into config, and remove it from unread (and 1 more",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence_with_its_place(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "callbacks.toml"
    file.write_text(text)
    with pytest.raises(InvalidScript, match=r"^[^\n]*$") as refusal:
        read_script(file)
    assert str(refusal.value).startswith(f"{file}: ")
    assert message in str(refusal.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidScript, match="cannot be read"):
        read_script(tmp_path / "nowhere.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidScript, match="is not UTF-8 text"):
        read_script(tmp_path / "binary.toml")
    with pytest.raises(InvalidScript, match="cannot be read"):
        read_script("nul\0byte")
