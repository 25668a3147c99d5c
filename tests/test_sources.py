"""Two sources of the callbacks are the same code, or are not, whatever surrounds it."""

import sys
import zipfile
from pathlib import Path

import pytest

from callcheck.conformance.sources import _of, main

OLD = """
class EarlyStopping(Callback):
    def __init__(self, patience=0):
        super(EarlyStopping, self).__init__()
        self.patience = K.int(patience)
"""
NEW = """
@keras_export("keras.callbacks.EarlyStopping")
class EarlyStopping(Callback):
    \"\"\"Stops.\"\"\"

    def __init__(self, patience: int = 0):  # epochs
        super().__init__()
        self.patience = backend.int(patience)
"""


def test_what_does_the_same_is_the_same_code(tmp_path: Path) -> None:
    for name, text in (("old", OLD), ("new", NEW), ("other", NEW.replace("= 0", "= 1"))):
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    old, new, other = (dict(_of(tmp_path / f"{name}.py")) for name in ("old", "new", "other"))
    assert list(old) == ["EarlyStopping"]
    assert old == new
    assert old != other
    assert dict(_of(tmp_path / "none.py")) == {}


def test_files_of_releases_are_compared_each_with_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [str(tmp_path / f"keras-{number}.whl") for number in (1, 2, 3)]
    for file, text in zip(files, (OLD, NEW, NEW.replace("= 0", "= 1")), strict=True):
        with zipfile.ZipFile(file, "w") as wheel:
            wheel.writestr("keras/src/callbacks/early_stopping.py", text)
    monkeypatch.setattr(sys, "argv", ["sources", *files])
    assert main() == 1
    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    assert lines == [["keras-2.whl", "the same code"], ["keras-3.whl", "EarlyStopping"]]
    Path(files[1]).write_text("no wheel", encoding="utf-8")
    assert main() == 2
    assert f"{files[1]}: cannot be unpacked" in capsys.readouterr().err
