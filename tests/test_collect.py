"""`callcheck collect`: what a script says in so many words is read, nothing of it is run, and what it does not say is listed."""

import json
from pathlib import Path
from typing import Any

import pytest

from callcheck.cli import main
from callcheck.conformance.collecting.collect import collect
from callcheck.conformance.collecting.sources import Unparsable
from callcheck.conformance.script import read_script
from callcheck.spec.script import Script

IMPORTS = "import keras\nfrom keras.callbacks import EarlyStopping, ReduceLROnPlateau, ModelCheckpoint\n"


def collected(tmp_path: Path, text: str, name: str = "train.py") -> Script:
    file = tmp_path / name
    file.write_text(text)
    return collect([file])


def configs(script: Script) -> list[dict[str, Any]]:
    return [dict(each.config) for fit in script.fits for each in fit.callbacks]


def test_a_fit_with_its_callbacks_and_what_is_known_of_it(tmp_path: Path) -> None:
    text = f"""{IMPORTS}
PATIENCE = 5
model.compile(optimizer=keras.optimizers.Adam(1e-3), metrics=["accuracy", keras.metrics.AUC(name="auc")])
early = EarlyStopping("val_auc", mode="max", patience=2 * PATIENCE, baseline=None, min_delta=-1e-3)
model.fit(x, y, epochs=30, validation_freq=2, initial_epoch=3, callbacks=[early, keras.callbacks.TensorBoard("logs"),
                                                                          ReduceLROnPlateau(factor=0.5)])
"""
    script = collected(tmp_path, text)
    (fit,) = script.fits
    assert fit.source == f"{tmp_path / 'train.py'}, line 7"
    assert (fit.epochs, fit.validation_freq, fit.initial_epoch, fit.learning_rate) == (30, 2, 3, 0.001)
    assert [metric.name for metric in fit.metrics] == ["accuracy", "auc"]
    assert fit.others == ()
    assert [each.callback for each in fit.callbacks] == ["EarlyStopping", "TensorBoard", "ReduceLROnPlateau"]
    assert [each.source for each in fit.callbacks] == [f"{tmp_path / 'train.py'}, line {line}" for line in (6, 7, 8)]
    assert configs(script) == [
        {"monitor": "val_auc", "mode": "max", "patience": 10, "min_delta": -0.001},
        {"log_dir": "logs"},
        {"factor": 0.5},
    ]
    assert script.unread == ()


def test_a_tensorboard_is_a_callback_like_others(tmp_path: Path) -> None:
    made = 'keras.callbacks.TensorBoard(log_dir=f"logs/{name}", histogram_freq=1)'
    script = collected(tmp_path, f'{IMPORTS}name = "run"\nmodel.fit(x, y, callbacks={made})')
    assert [(each.callback, each.config) for each in script.fits[0].callbacks] == [
        ("TensorBoard", {"log_dir": "logs/run", "histogram_freq": 1})
    ]


@pytest.mark.parametrize(
    "code",
    [
        "import tensorflow as tf\nm.fit(callbacks=[tf.keras.callbacks.EarlyStopping(patience=3)])",
        "from tensorflow import keras as K\nm.fit(callbacks=[K.callbacks.EarlyStopping(patience=3)])",
        "from tensorflow.keras.callbacks import EarlyStopping as ES\nm.fit(callbacks=[ES(patience=3)])",
        "from tensorflow.keras.callbacks import *\nm.fit(callbacks=[EarlyStopping(patience=3)])",
        "import tf_keras\nm.fit(callbacks=tf_keras.callbacks.EarlyStopping(patience=3))",
        "import keras.callbacks as cb\nES = cb.EarlyStopping\nm.fit(callbacks=(ES(patience=3),))",
        "from keras import callbacks\nm.fit(x, y, 32, 10, 1, [callbacks.EarlyStopping(patience=3)])",
        "import keras\ncbs = []\ncbs.append(keras.callbacks.EarlyStopping(patience=3))\nm.fit(callbacks=cbs)",
        "import keras\ncbs = []\ncbs += [keras.callbacks.EarlyStopping(patience=3)]\nm.fit(callbacks=cbs)",
        "import keras\na = [keras.callbacks.EarlyStopping(patience=3)]\nm.fit(callbacks=[*a] + [])",
        "import keras\nC = {'p': 3}\nm.fit(callbacks=[keras.callbacks.EarlyStopping(patience=C['p'])])",
        "import keras\nclass C:\n    p = 3\nm.fit(callbacks=[keras.callbacks.EarlyStopping(patience=C.p)])",
        "import keras\ndef f(p):\n    return [keras.callbacks.EarlyStopping(patience=p)]\nm.fit(callbacks=f(3))",
        "import keras\ndef f(p=3):\n    return [keras.callbacks.EarlyStopping(patience=p)]\nm.fit(callbacks=f())",
        "import keras\nif __name__ == '__main__':\n    c = keras.callbacks.EarlyStopping(patience=3)\n    m.fit(callbacks=[c])",
    ],
)
def test_the_same_in_many_words(code: str, tmp_path: Path) -> None:
    script = collected(tmp_path, code)
    assert configs(script) == [{"patience": 3}]
    assert len(script.fits) == 1
    assert script.unread == ()


@pytest.mark.parametrize(
    ("path", "read"),
    [
        ("'m.keras'", "m.keras"),
        ("'/data/run/m-{epoch:02d}.keras'", "data/run/m-{epoch:02d}.keras"),
        ("f'{out}/m-{{epoch}}.keras'", "m-{epoch}.keras"),
        ("os.path.join(out, 'a', 'm.keras')", "a/m.keras"),
        ("Path(out) / 'm.keras'", "m.keras"),
        ("str(Path('a') / f'{run}' / 'b' / 'm.keras')", "b/m.keras"),
        ("out + '/m.keras'", "m.keras"),
        ("'../m.keras'", "m.keras"),
        ("r'C:\\runs\\m.keras'", "runs/m.keras"),
    ],
)
def test_a_path_is_read_from_its_last_known_directory_on(path: str, read: str, tmp_path: Path) -> None:
    code = f"{IMPORTS}out = input()\nm.fit(callbacks=[ModelCheckpoint({path})])"
    assert configs(collected(tmp_path, code)) == [{"filepath": read}]


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("patience=args.patience", {"patience": "args.patience"}),
        ("patience=3 if quick else 9", {"patience": "3 if quick else 9"}),
        ("patience=P", {"patience": "P"}),
        ("**settings", {"**": "settings"}),
        ("patience=[1]", {}),
        ("patience=None", {"patience": "None"}),
        ("min_delta='low'", {"min_delta": "'low'"}),
        ("monitor=f'val_{name}'", {"monitor": "f'val_{name}'"}),
    ],
)
def test_what_is_no_literal_is_kept_as_it_is_written(argument: str, said: dict[str, str], tmp_path: Path) -> None:
    code = f"{IMPORTS}P = 1\nP = 2\nm.fit(epochs=E, callbacks=[EarlyStopping({argument})])"
    (fit,) = collected(tmp_path, code).fits
    assert fit.callbacks[0].unread == said
    assert fit.unread == {"epochs": "E"}


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            "cbs = []\nif quick:\n    cbs.append(EarlyStopping())\ncbs.append(ReduceLROnPlateau())\nm.fit(callbacks=cbs)",
            "EarlyStopping is added to cbs under a condition: left out",
        ),
        ("cbs = a\ncbs = b\nEarlyStopping()\nm.fit(callbacks=cbs)", "cbs is given more than one value"),
        ("EarlyStopping()\nm.fit(callbacks=a or b)", "a or b is no list of constructor calls"),
        ("EarlyStopping()", "no fit of this file is given it: EarlyStopping stands by itself"),
        (
            "from lightning.callbacks import ModelCheckpoint\nEarlyStopping()\nModelCheckpoint()",
            "ModelCheckpoint is lightning.callbacks.ModelCheckpoint, and none of Keras's",
        ),
        ("tuner.search(x, callbacks=[EarlyStopping()])", "callbacks are given to tuner.search, which is no fit"),
    ],
)
def test_what_cannot_be_told_is_listed_with_its_line(code: str, said: str, tmp_path: Path) -> None:
    script = collected(tmp_path, IMPORTS + code)
    assert any(said in each.says for each in script.unread), script.unread
    assert all(each.source.startswith(f"{tmp_path / 'train.py'}, line ") for each in script.unread)


def test_an_instance_given_twice_is_the_same_line_twice(tmp_path: Path) -> None:
    script = collected(tmp_path, IMPORTS + "e = EarlyStopping()\na.fit(callbacks=[e])\na.fit(callbacks=[e])")
    assert [fit.callbacks[0].source for fit in script.fits] == [f"{tmp_path / 'train.py'}, line 3"] * 2


def test_nothing_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "was-run"
    run = f"open({str(mark)!r}, 'w')"
    code = f"{run}\nraise SystemExit\n{IMPORTS}m.fit(callbacks=[EarlyStopping(patience={run})])"
    assert len(collected(tmp_path, code).fits) == 1
    assert not mark.exists()


def notebook(*cells: str) -> str:
    made = [{"cell_type": "code", "source": [line + "\n" for line in cell.split("\n")]} for cell in cells]
    return json.dumps({"cells": [{"cell_type": "markdown", "source": "# Title"}, *made], "nbformat": 4})


def test_a_notebook_is_read_by_cells(tmp_path: Path) -> None:
    text = notebook(
        "%matplotlib inline\n!pip install keras\nimport keras",
        "%%bash\nrm -rf nothing",
        "%%time\nif True:\n    %cd ..\nm.fit(x, epochs=3,\n      callbacks=[keras.callbacks.EarlyStopping(patience=1)])",
    )
    (fit,) = collected(tmp_path, text, "train.ipynb").fits
    assert fit.source == f"{tmp_path / 'train.ipynb'}, cell 4, line 4"
    assert (fit.epochs, fit.callbacks[0].config) == (3, {"patience": 1})


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.ipynb", b"{}", "a.ipynb: is no notebook, as it has no list of cells"),
        ("a.ipynb", b"nothing", "is no notebook, as it is not JSON"),
        ("a.ipynb", notebook().encode(), "a notebook without code"),
        ("a.ipynb", notebook("x = (").encode(), "cell 2, line 1: is not Python"),
        ("a.py", b"x = (\n", "a.py, line 1: is not Python"),
        ("a.py", b"\x00\x01", "is binary, and no Python"),
        ("a.py", b"\xff\xfe", "a.py"),
    ],
)
def test_what_holds_no_python_is_one_sentence(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Unparsable, match=r"^[^\n]*$") as refusal:
        collect([tmp_path / name])
    assert message in str(refusal.value)


def test_of_several_files_the_rest_is_told(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(IMPORTS + "m.fit(callbacks=[EarlyStopping()])")
    (tmp_path / "bad.py").write_text("x = (")
    script = collect([tmp_path / "bad.py", tmp_path / "good.py", tmp_path / "nowhere.py"])
    assert len(script.fits) == 1
    assert [each.source.rsplit("/", 1)[-1] for each in script.unread] == ["bad.py, line 1", "nowhere.py"]


def test_the_command_writes_the_file_and_says_what_it_could_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("train.py").write_text(
        IMPORTS + "m.fit(epochs=E, callbacks=[EarlyStopping(patience=args.p), ReduceLROnPlateau()])"
    )
    assert main(["collect", "train.py"]) == 0
    assert capsys.readouterr().out == (
        "callbacks.toml: 2 callbacks in 1 fit\n"
        "not read:\n"
        "  train.py, line 3: epochs is E, no literal\n"
        "  train.py, line 3: patience of EarlyStopping is args.p, no literal\n"
    )
    assert len(read_script("callbacks.toml", incomplete=True).fits) == 1
    assert main(["collect", "."]) == 2
    assert "callbacks.toml exists; --output callbacks.toml overwrites it" in capsys.readouterr().err
    assert main(["collect", ".", "--output", "-"]) == 0
    assert capsys.readouterr().out.startswith("[[fits]]\n")


def test_scripts_without_callbacks_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "train.py").write_text("print(1)")
    assert main(["collect", str(tmp_path / "train.py"), "--output", "-"]) == 2
    assert "no callback of Keras's is made in" in capsys.readouterr().err
