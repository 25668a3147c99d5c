"""The corpus of hostile surroundings: streams that are closed, full or narrow, a directory that is gone, signals, pipes.

    python tests/hostile/surroundings.py [WORDS]     all, or those with WORDS in their names; how many came out as they have to

Rules
- A case is a line of `bash -o pipefail`, in which `callcheck` is this one, in a directory with what FILES holds and nothing else.
  It has the status that it has to have, says what it has to say, and no traceback; no file and no process is left.
- How busy the machine is decides nothing: the limit is for what hangs.
- Before callcheck's first line runs, a signal is answered by Python itself, and so is a standard stream that is a folder.
"""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import callcheck
from callcheck.conformance.driver.temporary import temporary

HANGS = 600.0
"""Seconds after which a command hangs."""
SOURCE = str(Path(callcheck.__file__).parents[1])
"""From where callcheck is imported; a traceback that names it is callcheck's."""
FILES = {
    "wrong.py": """
class EarlyStopping:
    def __init__(self, monitor="val_loss", patience=0): pass
    def set_params(self, params): pass
    def set_model(self, model): pass
    def __getattr__(self, name):
        if name.startswith("on_"):
            return lambda *arguments, **keywords: None
        raise AttributeError(name)
""",
    "s.json": """
{"callback": "EarlyStopping", "config": {"monitor": "\\u017ct"}, "fits": [{"epochs": [{"logs": {"\\u017ct": 1.0}}]}]}
""",
    "absent/keras.py": "raise ImportError('no Keras here')\n",
    "odd/keras.py": "__version__ = 'not a release'\n",
    "newer/keras.py": "__version__ = '99.0.0'\n",
}
"""`wrong:EarlyStopping` does nothing; in the folders are Kerases that cannot be used."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """`line`: of the shell. `status`: how it may end. `says`: what stands on standard output or error."""

    line: str
    status: tuple[int, ...]
    says: str = ""


def _case(line: str, *status: int, says: str = "") -> Case:
    return Case(line=line, status=status, says=says)


FEW = "--callback EarlyStopping --examples 5"
REFERENCE = f"callcheck check reference {FEW}"
DIFFERENCE = "callcheck diff --predicted reference@keras-3.11.0 reference --callback EarlyStopping"
LONG = "callcheck check reference --examples 3000"
NO_OUTPUT = "standard output cannot be written"
GONE, IN_IT = "the working directory does not exist any more", 'mkdir x; cd x; rmdir "$PWD";'
PLAIN, KERAS = f"callcheck check {FEW}", f"callcheck check keras {FEW}"
WITHOUT = "keras is left out: "
CASES = {
    # standard output
    "a full disk as standard output": _case(f"{REFERENCE} > /dev/full", 2, says=NO_OUTPUT + " (No space left on device)"),
    "a full disk, JSON": _case(f"{REFERENCE} --json > /dev/full", 2, says=NO_OUTPUT),
    "a full disk, dialects": _case("callcheck dialects > /dev/full", 2, says=NO_OUTPUT),
    "a full disk, help": _case("callcheck --help > /dev/full", 2, says=NO_OUTPUT),
    "a full disk, trace": _case("callcheck trace s.json > /dev/full", 2, says=NO_OUTPUT),
    "a full disk as both": _case(f"{REFERENCE} > /dev/full 2>&1", 2),
    "standard output is closed": _case(f"{REFERENCE} >&-", 0),
    "standard output is closed, deviations": _case(f"callcheck check wrong:EarlyStopping {FEW} >&-", 1),
    "standard error is closed": _case(f"{REFERENCE} 2>&-", 0, says="conforms"),
    "standard error is closed, refused": _case("callcheck check nothing 2>&-", 2),
    "standard error is a full disk, refused": _case("callcheck check nothing 2> /dev/full", 2),
    "all are closed": _case(f"{REFERENCE} <&- >&- 2>&-", 0),
    "all are closed, deviations": _case(f"callcheck check wrong:EarlyStopping {FEW} <&- >&- 2>&-", 1),
    "all are closed, refused": _case("callcheck trace nothing.json <&- >&- 2>&-", 2),
    "standard output can only be read": _case("callcheck dialects 1< /dev/null", 2, says=NO_OUTPUT),
    # standard input
    "standard input is closed": _case("callcheck trace - <&-", 2, says="standard input is closed"),
    "standard input is closed, explain": _case("callcheck explain - EarlyStopping <&-", 2, says="standard input is closed"),
    "standard input can only be written": _case("callcheck trace - 0> /dev/null", 2, says="standard input: cannot be read"),
    "standard input is closed, nobody reads it": _case(f"callcheck check wrong:EarlyStopping {FEW} <&-", 1, says="deviates"),
    "standard input has no end": _case("callcheck trace - < /dev/zero", 2, says="standard input: is larger than 256 MiB"),
    # pipes
    "nobody reads": _case(f"{REFERENCE} | true", 0),
    "nobody reads, deviations": _case(f"callcheck check wrong:EarlyStopping {FEW} | true", 1),
    "nobody reads, JSON and deviations": _case(f"callcheck check wrong:EarlyStopping {FEW} --json | true", 1),
    "nobody reads on": _case("callcheck vectors | head -c 100", 0),
    "nobody reads a difference": _case(f"{DIFFERENCE} | true", 1),
    "nobody reads what is refused": _case("callcheck check nothing 2>&1 | true", 2),
    # encodings
    "ASCII": _case("PYTHONIOENCODING=ascii callcheck trace s.json", 0, says="\\u017ct"),
    "ASCII, strictly": _case("PYTHONIOENCODING=ascii:strict callcheck trace s.json", 0, says="\\u017ct"),
    "Latin 1": _case("PYTHONIOENCODING=latin-1 callcheck trace s.json", 0, says="\\u017ct"),
    "EBCDIC": _case("PYTHONIOENCODING=cp500 callcheck trace s.json > /dev/null", 0),
    "the C locale": _case("LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 callcheck trace s.json", 0, says="\\u017ct"),
    "a locale that is not there": _case("LC_ALL=xx_YY.UTF-16 callcheck trace s.json", 0),
    "ASCII, a worker": _case(f"PYTHONIOENCODING=ascii LC_ALL=C callcheck check wrong:EarlyStopping {FEW}", 1, says="deviates"),
    # directories
    "the directory is gone": _case(f"{IN_IT} callcheck trace EarlyStopping loss=1", 2, says=GONE),
    "the directory is gone, check": _case(f"{IN_IT} {REFERENCE}", 2, says=GONE),
    "the directory is gone, help": _case(f"{IN_IT} callcheck --help", 0, says="usage"),
    "nowhere for temporary files": _case(f"TMPDIR=/dev/null callcheck check wrong:EarlyStopping {FEW}", 1, says="deviates"),
    "no home": _case("HOME=/nonexistent XDG_CACHE_HOME= callcheck environments", 0),
    # other Kerases
    "jax, plain check": _case(f"KERAS_BACKEND=jax callcheck check {FEW}", 0, says="keras 3.15.1 (jax, hooks): "),
    "a backend that is none": _case(f"KERAS_BACKEND=nothing callcheck check {FEW}", 0, says=WITHOUT),
    "a Keras that cannot be imported": _case(f"PYTHONPATH=absent:$PYTHONPATH {PLAIN}", 0, says=WITHOUT),
    "a Keras that is none": _case(f"PYTHONPATH=odd:$PYTHONPATH {PLAIN}", 0, says=WITHOUT),
    "a Keras of tomorrow that is none": _case(f"PYTHONPATH=newer:$PYTHONPATH {PLAIN}", 0, says=WITHOUT),
    "a Keras that cannot be imported, by name": _case(f"PYTHONPATH=absent:$PYTHONPATH {KERAS}", 4, says="no Keras here"),
    # signals
    **{
        f"Ctrl-C after {moment} s": _case(f"timeout -s INT {moment} callcheck check reference", 124, 130)
        for moment in ("0.02", "0.05", "0.1", "0.15", "0.2")
    },
    "Ctrl-C, the status": _case(f"timeout --preserve-status -s INT 2 {LONG}", 130, says="interrupted"),
    "the terminal is gone": _case(f"timeout --preserve-status -s HUP 2 {LONG}", 129),
    # little of everything
    "few open files": _case(f"ulimit -n 32; callcheck check wrong:EarlyStopping {FEW}", 1, says="deviates"),
    "no files can be written": _case(f"ulimit -f 0; callcheck check wrong:EarlyStopping {FEW}", 1, 4),
    "a report into a device": _case(f"{REFERENCE} --report /dev/null/r", 2, says="--report"),
    "a small stack": _case(f"ulimit -s 512; {REFERENCE}", 0),
}  # fmt: skip
"""By name."""
IN_CI = (
    "a full disk as standard output", "standard output is closed", "standard error is closed, refused",
    "all are closed, deviations", "standard input is closed", "nobody reads, deviations", "ASCII", "the directory is gone",
    "Ctrl-C after 0.1 s", "no files can be written", "a Keras that is none",
)  # fmt: skip
"""A few that take a moment, one of each kind."""


def _shell(line: str, place: Path) -> tuple[int | None, str]:
    """The status of a line, None for one that hangs, and what was printed."""
    program = place / "bin" / "callcheck"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m callcheck "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    variables = {
        **os.environ,
        "PATH": path,
        "PYTHONPATH": SOURCE,
        "TMPDIR": str(place / "tmp"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    running = subprocess.Popen(
        ["bash", "-o", "pipefail", "-c", line], cwd=place / "here", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=variables, start_new_session=True, preexec_fn=_heard,
    )  # fmt: skip
    try:
        out, _ = running.communicate(timeout=HANGS)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        return None, ""
    return running.returncode, out.decode("utf-8", "replace")


def _heard() -> None:
    """What is started in the background inherits that signals are ignored; a user's command does not."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def wrongs(case: Case) -> Iterator[str]:
    """What is wrong with how the line ends."""
    with temporary("hostile") as directory:
        place = Path(directory)
        (place / "tmp").mkdir()
        for name, content in FILES.items():
            (place / "here" / name).parent.mkdir(parents=True, exist_ok=True)
            (place / "here" / name).write_text(content)
        status, printed = _shell(case.line, place)
        if status is None:
            yield f"it does not end within {HANGS:g} s"
            return
        if status not in case.status:
            yield f"status {status}, not {' or '.join(map(str, case.status))}: {printed[-300:]!r}"
        if case.says not in printed:
            yield f"it says {printed[:300]!r}, and not {case.says!r}"
        ours = SOURCE if case.line.startswith("timeout -s INT") else ""
        if ("Traceback" in printed or "Exception ignored" in printed) and ours in printed:
            yield f"a traceback: {printed[-500:]!r}"
        yield from _left(place)


def _left(place: Path) -> Iterator[str]:
    """What a run left behind, after at most some seconds."""
    end = time.monotonic() + 20.0
    left: list[str] = []
    while time.monotonic() < end:
        files = (str(path.relative_to(place / "here")) for path in (place / "here").rglob("*") if path.is_file())
        left = [f"{name} is left" for name in files if name not in FILES]
        left += [f"tmp/{path.name} is left" for path in (place / "tmp").iterdir()]
        left += [f"process {number} is left" for number in _processes(place)]
        if not left:
            return
        time.sleep(0.1)
    yield from left


def _processes(place: Path) -> Iterator[str]:
    """Everything that was started there and is still alive."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"TMPDIR={place}/tmp".encode() in (folder / "environ").read_bytes():
                yield folder.name
        except OSError:  # it has ended meanwhile, or is somebody else's
            pass


def main(words: str = "") -> int:
    began = time.monotonic()
    chosen = [name for name in CASES if words in name]
    bad = 0
    for name in chosen:
        found = list(wrongs(CASES[name]))
        bad += bool(found)
        for wrong in found:
            print(f"{name}: {wrong}", flush=True)
    print(f"{len(chosen) - bad} of {len(chosen)} as they have to, in {time.monotonic() - began:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
