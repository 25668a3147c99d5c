"""Environments of releases: what a requirement names, what a release needs, and what counts as made.

That real releases run in them is shown where they are asked: in the campaign of agreement.
"""

import json
import sys
from pathlib import Path

import pytest

from callcheck.cli import main
from callcheck.conformance.subjects import environments
from callcheck.conformance.subjects.environments import (
    MARKER,
    EnvironmentFailed,
    NoSuchRelease,
    environment,
    folder_of,
    interpreter,
    made,
    needs,
    remove,
)
from callcheck.conformance.subjects.names import Name, parse


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CALLCHECK_ENVIRONMENTS", str(tmp_path / "environments"))


@pytest.mark.parametrize(
    ("text", "python", "companion"),
    [
        ("keras==3.15.1", "3.11", "tensorflow==2.21.0"),
        ("keras==3.15.1", "3.11", "tensorboard==2.21.0"),
        ("tf-keras==2.21.0", "3.11", "tensorboard==2.21.*"),
        ("keras[jax]==3.11.0", "3.11", "jax==0.4.38"),
        ("keras==2.15.0", "3.11", "tensorflow==2.15.*"),
        ("keras==2.6.0", "3.9", "tensorflow==2.6.*"),
        ("keras==2.3.1", "3.7", "tensorflow==2.0.4"),
        ("keras==1.0.0", "3.6", "tensorflow==1.4.1"),
        ("tensorflow==1.15.5", "3.7", "tensorflow==1.15.5"),
        ("tensorflow==1.4.1", "3.6", "numpy<1.17"),
        ("tf-keras==2.16.0", "3.11", "tensorflow==2.16.*"),
    ],
)
def test_a_release_needs_an_interpreter_and_companions_of_its_time(text: str, python: str, companion: str) -> None:
    found = needs(parse(text))
    assert found.python == python
    assert companion in found.requirements
    assert found.requirements[0] == text.replace("[jax]", "")


def test_a_backend_that_a_release_has_not_is_refused() -> None:
    with pytest.raises(NoSuchRelease, match=r"keras 2.15.0 has no jax backend; it has tensorflow"):
        needs(parse("keras[jax]==2.15.0"))


def test_a_release_before_the_first_is_refused() -> None:
    with pytest.raises(NoSuchRelease, match=r"releases of keras before 1.0.0 are not supported"):
        needs(parse("keras==0.3.3"))


def test_an_interpreter_that_nobody_has_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(EnvironmentFailed, match=r"Python 3.6 is not on this machine"):
        interpreter("3.6")
    assert interpreter("3.11") == "3.11"  # uv fetches it


def test_what_was_left_half_made_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = environments.root() / "keras-3.10.0"
    (folder / "bin").mkdir(parents=True)
    assert made() == ()
    (folder / MARKER).write_text('{"release": ', encoding="utf-8")
    assert made() == ()

    def fails(command: list[str], release: Name) -> None:
        raise EnvironmentFailed(f"{release}: no network")

    monkeypatch.setattr(environments, "_installer", fails)
    for way in ("", ":fit"):
        with pytest.raises(EnvironmentFailed, match=r"^keras==3.10.0: no network"):
            environment(parse(f"keras==3.10.0{way}"))
    assert not folder.exists()


def test_an_environment_that_is_made_is_found_and_can_be_removed(capsys: pytest.CaptureFixture[str]) -> None:
    release = parse("keras[jax]==3.10.0")
    folder = environments.root() / folder_of(release)
    folder.mkdir(parents=True)
    marker = {"release": str(release), "interpreter": "3.11.7", "requirements": needs(release).requirements}
    (folder / MARKER).write_text(json.dumps(marker), encoding="utf-8")
    assert [each.release for each in made()] == [release]
    assert environment(release).path == folder
    assert main(["environments", "--remove", "keras-3.10.0+jax"]) == 0
    assert capsys.readouterr().out == "keras-3.10.0+jax is removed\n"
    assert made() == ()
    assert not remove("keras-3.10.0+jax")
    assert not remove("../environments")


def test_an_environment_of_something_else_than_the_table_says_by_now_is_made_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    release = parse("keras==2.0.7")
    folder = environments.root() / folder_of(release)
    folder.mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(sys.executable)
    now = list(needs(release).requirements)
    marker = {"release": str(release), "interpreter": "3.6.15", "requirements": [*now, "numpy<2"]}
    (folder / MARKER).write_text(json.dumps(marker), encoding="utf-8")
    said: list[str] = []

    def installs(command: list[str], asked: Name) -> None:
        if "venv" in command:
            (folder / "bin").mkdir(parents=True)
            (folder / "bin" / "python").symlink_to(sys.executable)

    monkeypatch.setattr(environments, "_installer", installs)
    monkeypatch.setattr(environments, "interpreter", lambda version: sys.executable)
    assert environment(release, said.append).requirements == tuple(now)
    assert "keras==2.0.7 was made of something else than is needed by now (numpy<2)" in said[0]


def test_a_version_that_does_not_exist_is_no_failure_of_the_installer() -> None:
    """The words are those of the real installer, which is asked: it needs the package index."""
    release = parse("keras==3.99.0")
    with pytest.raises(
        NoSuchRelease, match=r"keras==3.99.0: there is no such release; the nearest one known here is 3"
    ):
        environment(release)
