"""Nothing that a scenario says leaves its temporary directory, by hooks or by a real fit; and what is saved are files."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from libraries import a_keras
from plain import Plain

from callcheck.conformance.driver.files import Directory
from callcheck.conformance.driver.loop import run
from callcheck.conformance.driver.model import Model, WithoutRate
from callcheck.conformance.driver.protocol import CannotExpress
from callcheck.conformance.driver.subjects import custom
from callcheck.conformance.driver.tensorflow_1 import TensorFlow1


def saving(filepath: Any, **more: Any) -> dict[str, Any]:
    config = {"filepath": filepath, "mode": "min"}
    fits = [{"epochs": [{"logs": {"val_loss": 1.0}}]}]
    return {"callback": "ModelCheckpoint", "config": config, "fits": fits, **more}


class Saves(Plain):
    """A callback that formats a path and saves there; what goes wrong then it does not care for."""

    careless = False

    def __init__(self, filepath: Any, mode: str = "min") -> None:
        self.filepath = filepath

    def on_epoch_end(self, epoch: int, logs: Any) -> None:
        try:
            self.model.save(self.path(epoch))
        except Exception:
            if not self.careless:
                raise

    def path(self, epoch: int) -> Any:
        return os.fspath(self.filepath).format(epoch=epoch)


@pytest.fixture(scope="module", params=["keras", "keras:fit", "tf-keras"])
def keras(request: pytest.FixtureRequest) -> Any:
    return a_keras(request.param)


def escapes(victim: Path) -> list[Any]:
    """File paths that are relative until they are formatted."""
    up = "/".join([".{epoch!s:.0}."] * 12)
    return [
        {"relative": "{epoch!s:.0}" + str(victim)},
        {"relative": f"{up}{victim}"},
        f"{up}{victim}",
        {"path_like": f"{up}{victim}"},
        {"relative": ".{epoch!s:.0}./victim.keras"},
        {"relative": "{epoch!s:.0}" + str(victim.parent / "made" / "victim.keras")},
    ]


@pytest.mark.parametrize("number", range(6))
def test_a_path_that_leaves_the_directory_when_it_is_formatted_is_not_expressible(
    number: int, keras: Any, tmp_path: Path
) -> None:
    victim = tmp_path / "victim.keras"
    victim.write_text("mine")
    answer = run(keras, saving(escapes(victim)[number]), time_limit=600.0)
    refused = answer.get("rejected") or {}  # Keras 2 takes no pathlib.Path
    assert answer == {"not_expressible": {"parameter": "filepath"}} or "PosixPath" in refused["message"]
    assert victim.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [victim]


class Elsewhere(Saves):
    """Saves in another place than it was told."""

    place = ""

    def path(self, epoch: int) -> Any:
        return self.place


class Careless(Elsewhere):
    careless = True


@pytest.mark.parametrize("made", [Elsewhere, Careless])
def test_a_save_elsewhere_is_not_done_also_if_the_callback_does_not_care(
    made: type[Elsewhere], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = tmp_path / "victim.keras"
    victim.write_text("mine")
    monkeypatch.setattr(made, "place", str(victim))
    answer = run(custom("Elsewhere", made, "ModelCheckpoint"), saving("m.keras"))
    assert answer == {"not_expressible": {"parameter": "filepath"}}
    assert victim.read_text() == "mine"


def test_links_are_followed(tmp_path: Path) -> None:
    with Directory() as directory:
        os.symlink(tmp_path, "link")
        for path in ("link/m.keras", "../m.keras", "/m.keras", "s3://bucket/m.keras"):
            with pytest.raises(CannotExpress):
                directory.inside(path)
        assert directory.inside("a/../m.keras") == "a/../m.keras"
        with pytest.raises(CannotExpress):
            directory.fill(["link/there"])
    assert not (tmp_path / "there").exists()


class Renames(Saves):
    """Saves, reads what it saved, and gives it another name."""

    def on_epoch_end(self, epoch: int, logs: Any) -> None:
        self.model.save(self.filepath)
        size = Path(self.filepath).stat().st_size
        os.rename(self.filepath, f"{self.filepath}.best")
        logs["size"] = float(size > 0)


def test_what_is_saved_is_a_file_that_can_be_read_and_renamed() -> None:
    answer = run(custom("Renames", Renames, "ModelCheckpoint"), saving("m.keras"), optional=True)
    (epoch,) = answer["fits"][0]["epochs"]
    assert answer["fits"][0]["error"] is None
    assert epoch["logged"] == {"size": 1.0}
    assert epoch["files"] == ["m.keras.best"]
    assert [each["path"] for each in epoch["saved"]] == ["m.keras.best"], "which it was renamed to"
    assert epoch["gone"] == []


class Wanders(Saves):
    """Saves where it was told to, goes to another place, and removes what lies there and what it saved before."""

    def on_train_begin(self, logs: Any) -> None:
        os.remove("notes.txt")

    def on_epoch_end(self, epoch: int, logs: Any) -> None:
        for saved in Path().glob("*.keras"):
            saved.unlink()
        self.model.save(self.filepath.format(epoch=epoch))
        os.chdir("/")

    def on_train_end(self, logs: Any) -> None:
        os.mkdir("gone")
        os.chdir("gone")
        os.rmdir(os.getcwd())


@pytest.mark.parametrize("path", ["m-{epoch}.keras", {"relative": "m-{epoch}.keras"}])
def test_what_is_removed_and_where_it_goes_is_seen_and_disturbs_nothing(path: Any) -> None:
    scenario = saving(path, existing=["notes.txt", "kept.txt"])
    scenario["fits"][0]["epochs"] *= 2
    (fit,) = run(custom("Wanders", Wanders, "ModelCheckpoint"), scenario, optional=True)["fits"]
    assert [epoch["files"] for epoch in fit["epochs"]] == [["m-0.keras"], ["m-1.keras"]]
    assert [epoch["gone"] for epoch in fit["epochs"]] == [[], ["m-0.keras"]]
    assert [epoch["side_effects"] for epoch in fit["epochs"]] == [{"working directory": ["epoch_end"]}] * 2
    assert (fit["gone"], fit["error"]) == (["notes.txt"], None)
    assert fit["side_effects"] == {"working directory": ["fit_end"]}


def test_a_directory_is_there_while_it_is_used() -> None:
    here = os.getcwd()
    with Directory() as directory:
        assert os.getcwd() == directory.path
        directory.fill(["a/b", "c/"])
        assert sorted(os.listdir()) == ["a", "c"]
    assert os.getcwd() == here
    assert not os.path.exists(directory.path), "what was left there goes with it"


@pytest.mark.parametrize(
    ("release", "path", "weights_only", "files"),
    [
        ("1.8.0", "m", True, ["m"]),
        ("1.8.0", "d/m", True, FileNotFoundError),
        ("1.12.3", "m.h5", True, ["m.h5"]),
        ("1.12.3", "d/m.hdf5", True, ["d/m.hdf5.data-00000-of-00001", "d/m.hdf5.index"]),
        ("1.12.3", "m", True, ValueError),
        ("1.12.3", "d/e/m", True, ValueError),
        ("1.13.2", "m.hdf5", True, ["m.hdf5"]),
        ("1.13.2", "d/e/m", True, ["d/e/m.data-00000-of-00001", "d/e/m.index"]),
        ("1.15.5", "m", True, ["m.data-00000-of-00002", "m.data-00001-of-00002", "m.index"]),
        ("1.15.5", "m", False, ["m"]),
        ("1.15.5", "d/m", False, FileNotFoundError),
    ],
)
def test_what_tensorflow_1_saves(
    release: str, path: str, weights_only: bool, files: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model is one file. Weights are from 1.9 on a checkpoint, whose folder is made, before 1.13 the last one alone."""
    sgd = SimpleNamespace(lr=None)
    keras = SimpleNamespace(
        callbacks=SimpleNamespace(Callback=object), models=SimpleNamespace(Model=SimpleNamespace(compile=lambda: None)),
        backend=SimpleNamespace(), optimizers=SimpleNamespace(SGD=lambda rate: sgd),
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "tensorflow", SimpleNamespace(__version__=release))
    with Directory() as directory:
        model = Model(WithoutRate(), directory, TensorFlow1(keras))
        save = model.save_weights if weights_only else model.save
        if isinstance(files, list):
            save(path)
            assert directory.changes()[0] == files
        else:
            with pytest.raises(files):
                save(path)


class SavesThenRenames(Saves):
    """What is half written is never found under the name."""

    def on_epoch_end(self, epoch: int, logs: Any) -> None:
        path = self.path(epoch)
        part = os.path.join(os.path.dirname(path), "part-" + os.path.basename(path))
        self.model.save(part)
        os.replace(part, path)


class SavesAndRemoves(Saves):
    def on_epoch_end(self, epoch: int, logs: Any) -> None:
        super().on_epoch_end(epoch, logs)
        os.remove(self.path(epoch))


@pytest.mark.parametrize("way", ["", ":fit"])
def test_what_is_renamed_in_the_hook_was_saved_under_its_last_name(way: str) -> None:
    made: type = SavesThenRenames
    if way:
        keras = pytest.importorskip(
            "keras", reason="keras is not installed; pip install 'callcheck[keras]' installs it"
        )
        hooks = {"on_epoch_end": SavesThenRenames.on_epoch_end, "path": Saves.path}
        body = {"__init__": _with_base(keras, Saves.__init__), **hooks}
        made = type("SavesThenRenames", (keras.callbacks.Callback,), body)
    (fit,) = run(custom("mine:Saves", made, "ModelCheckpoint", bool(way)), saving("m-{epoch}.keras"), optional=True)[
        "fits"
    ]
    epoch = fit["epochs"][0]
    assert [each["path"] for each in epoch["saved"]] == ["m-0.keras"]
    assert (epoch["files"], epoch["gone"]) == (["m-0.keras"], [])


def _with_base(keras: Any, init: Any) -> Any:
    def made(self: Any, filepath: Any, mode: str = "min") -> None:
        keras.callbacks.Callback.__init__(self)
        init(self, filepath, mode)

    return made


def test_what_is_removed_in_the_hook_was_saved_and_is_gone() -> None:
    (fit,) = run(custom("mine:Saves", SavesAndRemoves, "ModelCheckpoint"), saving("m.keras"), optional=True)["fits"]
    epoch = fit["epochs"][0]
    assert [each["path"] for each in epoch["saved"]] == ["m.keras"]
    assert (epoch["files"], epoch["gone"]) == ([], ["m.keras"])
