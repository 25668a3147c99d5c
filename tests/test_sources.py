"""Two sources of the callbacks are the same code, or are not, whatever surrounds it."""

from pathlib import Path

from callcheck.conformance.sources import _of

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
