"""How a run ends that somebody ends: nothing is left of it, whoever is killed at whichever moment, and nothing is a traceback."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import callcheck

SOURCE = str(Path(callcheck.__file__).parents[1])
SLOW = """
import time

class EarlyStopping:
    def __init__(self, monitor="val_loss", patience=0): pass
    def set_params(self, params): pass
    def set_model(self, model): pass
    def on_train_begin(self, logs=None): pass
    def on_train_end(self, logs=None): pass
    def on_epoch_begin(self, epoch, logs=None): pass
    def on_train_batch_begin(self, batch, logs=None): pass
    def on_train_batch_end(self, batch, logs=None): pass
    def on_epoch_end(self, epoch, logs=None):
        with open("left-behind", "w") as file:
            file.write("something")
        time.sleep(0.05)
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with a slow callback, and one in it for temporary files."""
    (tmp_path / "slow.py").write_text(SLOW)
    (tmp_path / "tmp").mkdir()
    return tmp_path


def heard() -> None:
    """What is started in the background, or by nohup, inherits that signals are ignored; a user's command does not."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def started(place: Path, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "callcheck", *words], cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=surroundings(place), preexec_fn=heard,
    )  # fmt: skip


def surroundings(place: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": SOURCE, "TMPDIR": str(place / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"}


def processes(place: Path) -> Iterator[int]:
    """Everything that was started there and is still alive."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if f"TMPDIR={place}/tmp".encode() in (folder / "environ").read_bytes():
                    yield int(folder.name)
            except OSError:  # it has ended meanwhile, or is somebody else's
                pass


def left(place: Path) -> list[str]:
    """What is left of a run, after at most some seconds: processes, temporary files, files beside the user's."""
    for _ in range(50):
        alive = [f"process {number}" for number in processes(place)]
        seen = ((folder, name) for folder, folders, names in os.walk(place) for name in (*folders, *names))
        files = [os.path.join(folder, name) for folder, name in seen if name not in ("slow.py", "tmp")]
        if not alive and not files:
            return []
        time.sleep(0.1)
    return alive + files


pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked for in /proc")


@pytest.mark.parametrize("moment", [0.1, 0.4, 0.8, 1.6])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_a_run_that_is_ended(place: Path, number: signal.Signals, moment: float) -> None:
    run = started(place, "check", "slow:EarlyStopping")
    time.sleep(moment)
    run.send_signal(number)
    run.communicate(timeout=30)
    if number == signal.SIGKILL and not any(each.startswith("process ") for each in left(place)):
        # Where the worker that would see to it had not begun, the directory is removed by the next one who makes any.
        subprocess.run([sys.executable, "-c", MAKES_ONE], env=surroundings(place), check=True, timeout=60)
    assert left(place) == []


MAKES_ONE = """
from callcheck.conformance.driver.temporary import discard, make
discard(make())
"""
"""A next run, as far as directories go: before it makes its first one, it removes those that nobody holds any more."""


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGKILL, -9)]
)
def test_the_status_tells_the_signal(place: Path, number: signal.Signals, status: int) -> None:
    run = started(place, "check", "slow:EarlyStopping")
    while not any((place / "tmp").iterdir()):  # there is a worker
        time.sleep(0.05)
    time.sleep(1.0)
    run.send_signal(number)
    out, error = run.communicate(timeout=30)
    assert run.returncode == status
    assert b"Traceback" not in error
    assert out == b""
    assert left(place) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_a_run_whose_worker_is_killed(place: Path, number: signal.Signals) -> None:
    run = started(place, "check", "slow:EarlyStopping", "--budget", "5", "--examples", "20")
    while not list((place / "tmp").glob("*/work")):
        time.sleep(0.05)
    for _ in range(3):
        time.sleep(0.8)
        for process in set(processes(place)) - {run.pid}:  # the guardian too
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)
    run.communicate(timeout=100)
    assert run.returncode in (1, 4)  # 4: it was killed before it could say who it is
    assert left(place) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_in_process_too(place: Path, number: signal.Signals) -> None:
    run = started(place, "check", "slow:EarlyStopping", "--in-process")
    while not any((place / "tmp").iterdir()):
        time.sleep(0.05)
    time.sleep(0.3)
    run.send_signal(number)
    _, error = run.communicate(timeout=30)
    assert run.returncode == 128 + number
    assert b"Traceback" not in error
    assert left(place) == []


DROPPED = """
    import gc, os, signal, sys, time
    from callcheck.commands.status import Ended, orderly_end

    def at_a_bad_moment(phase, info):
        gc.callbacks.remove(at_a_bad_moment)
        os.kill(os.getpid(), {number})

    try:
        with orderly_end():
            gc.callbacks.append(at_a_bad_moment)
            gc.collect()
            time.sleep(20)
    except KeyboardInterrupt as ended:
        print(type(ended).__name__)
"""
"""A signal that arrives while Python collects garbage, where whatever is raised is dropped."""


@pytest.mark.parametrize(("number", "ended"), [(signal.SIGINT, "KeyboardInterrupt"), (signal.SIGTERM, "Ended")])
def test_no_moment_is_too_bad_for_an_end(number: signal.Signals, ended: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(DROPPED.format(number=int(number)))],
        capture_output=True, text=True, timeout=60, env={**os.environ, "PYTHONPATH": SOURCE}, preexec_fn=heard,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == (f"{ended}\n", "")


INTERRUPTED = """
    import sys
    from callcheck.__main__ import main

    class Finder:
        left = {imports}

        def find_spec(self, name, path=None, target=None):
            self.left -= 1
            if not self.left:
                raise KeyboardInterrupt

    sys.meta_path.insert(0, Finder())
    sys.argv = ["callcheck", *{words}]
    sys.exit(main())
"""
"""Ctrl-C while something is imported for the n-th time: what the first moments of a command consist of."""


@pytest.mark.parametrize("imports", [1, 2, 5, 10, 20, 40, 80])
@pytest.mark.parametrize(
    "words", [["explain", "1,2", "EarlyStopping"], ["check", "reference"], ["dialects"], ["--help"]]
)
def test_an_interruption_at_the_very_beginning_is_a_line(words: list[str], imports: int, place: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(INTERRUPTED.format(imports=imports, words=words))],
        capture_output=True, text=True, cwd=place, timeout=60, env={**os.environ, "PYTHONPATH": SOURCE},
    )  # fmt: skip
    if words == ["--help"] and done.returncode == 0:
        return  # it does not import as much
    assert (done.returncode, done.stderr) == (130, "callcheck: interrupted\n")
