"""No temporary directory stays for good: what a process leaves that is killed, the next one removes."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

import callcheck
from callcheck.conformance.driver import temporary

pytest.importorskip("fcntl", reason="directories are locked with it")
SOURCE = str(Path(callcheck.__file__).parents[1])


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary directories are made, which was not swept."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(temporary, "_swept", False)
    return tmp_path


def said_by(program: str, place: Path) -> list[str]:
    """The words of a program that makes the directory `there`, and whose end is a kill."""
    begin = "import os, signal; from callcheck.conformance.driver.temporary import make; there = make('worker'); "
    ended = subprocess.run(
        [sys.executable, "-c", f"{begin}{program}; os.kill(os.getpid(), signal.SIGKILL)"], stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": SOURCE, "TMPDIR": str(place)}, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == -signal.SIGKILL
    return ended.stdout.split()


def test_it_is_removed_when_it_is_not_needed_any_more(place: Path) -> None:
    with temporary.temporary("finding") as directory:
        Path(directory, "file").touch()
        assert os.listdir(place) == [os.path.basename(directory)]
    assert os.listdir(place) == []


def test_the_next_process_removes_what_one_left_that_was_killed(place: Path) -> None:
    (left,) = map(Path, said_by("os.makedirs(there + '/some/deep'); print(there, flush=True)", place))
    assert (left / "some" / "deep").is_dir()
    with temporary.temporary():
        assert not left.exists()


def test_what_somebody_holds_or_calls_so_is_not_touched(place: Path) -> None:
    others = ["callcheck-checkout", "callcheck-worker-ab12cd34", "mine.temporary", "callcheck-notes.temporary"]
    for name in others:
        (place / name).mkdir()
    (place / "callcheck-ab12cd34.temporary").write_text("no directory")
    (place / "callcheck-link1234.temporary").symlink_to(place / "callcheck-checkout")
    with temporary.temporary() as held:
        temporary.sweep(str(place))
        assert Path(held).is_dir()
    assert sorted(os.listdir(place)) == sorted(
        [*others, "callcheck-ab12cd34.temporary", "callcheck-link1234.temporary"]
    )


def test_a_fork_holds_it_too(place: Path) -> None:
    """A process that still works in there keeps it, also when the one that made it was killed."""
    number, left = said_by("fork = os.fork() or (os.close(1), signal.pause()); print(fork, there, flush=True)", place)
    temporary.sweep(str(place))
    assert Path(left).is_dir()
    os.kill(int(number), signal.SIGKILL)
    for _ in range(100):
        temporary.sweep(str(place))
        if not Path(left).exists():
            return
        time.sleep(0.05)
    pytest.fail("it stays")


def test_they_are_made_in_memory_where_there_is_room_and_nobody_names_another_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(temporary, "MEMORY", str(tmp_path))
    monkeypatch.setattr(temporary, "ROOM", 1)
    with temporary.temporary() as made:
        assert Path(made).parent == tmp_path.resolve()
    monkeypatch.setattr(temporary, "ROOM", 2**80)
    assert temporary.place() == tempfile.gettempdir()
    monkeypatch.setattr(temporary, "ROOM", 1)
    monkeypatch.setattr(temporary, "MEMORY", str(tmp_path / "nowhere"))
    assert temporary.place() == tempfile.gettempdir()
    monkeypatch.setattr(temporary, "MEMORY", str(tmp_path))
    monkeypatch.setenv("TMPDIR", "/tmp")
    assert temporary.place() == tempfile.gettempdir()
