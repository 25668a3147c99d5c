"""The corpus of hostile inputs: files, command lines and surroundings, each with the outcome that it has to have.

    python tests/hostile/inputs.py [WORDS]     all of them, or those with WORDS in their names; how many came out as they have to

Rules
- The cases are data, in `cases/`. What holds for all of them stands here: the status is the one that it has to be, what is
  wrong is one sentence on standard error that names the field or the file, nothing that acts on a terminal is printed, no line
  is longer than LONGEST, nothing is left in the working directory, and nothing takes longer than TIME_LIMIT, or hangs.
- Every case has an empty directory with its files as working directory.
"""

import contextlib
import io
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from cases import ALL
from cases.case import LINK, PIPE, Case

from callcheck.cli import main as callcheck
from callcheck.conformance.driver.temporary import temporary

TIME_LIMIT = 60
"""Seconds of processor time for one command: most need a hundredth, those of 50 MB some seconds."""
HANGS = 600
"""Seconds after which a command that uses no processor hangs, however busy the machine is."""
LONGEST = 1200
"""Characters of a line, in what people read: what is longer is cut. JSON is not."""
_ACTING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\ud800-\udfff]")


class TooSlow(BaseException):
    """A command did not end."""


def _too_slow(number: int, frame: Any) -> None:
    raise TooSlow


@contextlib.contextmanager
def _prepared(case: Case) -> Iterator[None]:
    """The working directory and the variables of the case."""
    before, variables = os.getcwd(), dict(os.environ)
    with temporary("hostile") as directory:
        for name, content in case.files.items():
            path = Path(directory, name)
            (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
            if content.startswith(LINK):
                path.symlink_to(os.fsdecode(content[len(LINK) :]))
            elif content == PIPE:
                os.mkfifo(path)
            elif not name.endswith("/"):
                path.write_bytes(content)
        os.chdir(directory)
        os.environ.update(case.environment)
        try:
            yield
        finally:
            os.chdir(before)
            os.environ.clear()
            os.environ.update(variables)


def _listed() -> list[str]:
    return sorted(os.path.join(folder, name) for folder, *inside in os.walk(".") for names in inside for name in names)


def _run(case: Case) -> tuple[int, str, str]:
    """The status, and what was printed on standard output and standard error."""
    out, error = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n") for _ in range(2))
    stdin = None if case.stdin is None else io.TextIOWrapper(io.BytesIO(case.stdin), encoding="utf-8")
    before = sys.stdin
    sys.stdin = stdin  # type: ignore[assignment]  # None is what a closed one is
    for number in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(number, _too_slow)
    signal.alarm(HANGS)
    signal.setitimer(signal.ITIMER_PROF, TIME_LIMIT)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
            try:
                status = callcheck(list(case.words))
            except SystemExit as ended:
                status = int(ended.code or 0)
    finally:
        signal.alarm(0)
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.stdin = before
    printed = []
    for stream in (out, error):
        stream.flush()
        printed.append(stream.buffer.getvalue().decode("utf-8", "replace"))
    return status, printed[0], printed[1]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How a command ended. `status`: None if it did not. `wrongs`: what no command may do, whatever it was given."""

    status: int | None
    out: str = ""
    error: str = ""
    wrongs: tuple[str, ...] = ()


def ended(case: Case) -> Outcome:
    """Run the case in its own directory."""
    with _prepared(case):
        there = _listed()
        try:
            status, out, error = _run(case)
        except TooSlow:
            return Outcome(
                status=None, wrongs=(f"it did not end within {TIME_LIMIT} s of processor time, nor {HANGS} s at all",)
            )
        except BaseException as escaped:
            return Outcome(status=None, wrongs=(f"{type(escaped).__name__} came out of it: {str(escaped)[:200]}",))
        left = [name for name in _listed() if name not in there]
    return Outcome(status=status, out=out, error=error, wrongs=tuple(_wrongs(status, (out, error), left)))


def _wrongs(status: int, printed: tuple[str, str], left: list[str]) -> Iterator[str]:
    if left:
        yield f"it left {left[:3]} behind"
    if "Traceback" in "".join(printed) or status == 5:
        yield f"a mistake of callcheck itself: {printed[1][-300:]!r}"
    for text in printed:
        if acting := _ACTING.search(text):
            yield f"it prints {acting[0]!r}: {text[max(0, acting.start() - 60) :][:120]!r}"
        longest = "" if text.startswith("{") else max(text.split("\n"), key=len)
        if len(longest) > LONGEST:
            yield f"it prints a line of {len(longest)} characters: {longest[:100]!r}"


def wrongs(case: Case) -> Iterator[str]:
    """What is wrong with the outcome of the case."""
    came = ended(case)
    yield from came.wrongs
    if came.status is None:
        return
    if came.status != case.status:
        yield f"status {came.status}, not {case.status}"
    said = {0: came.out, 1: came.out, 3: came.out + came.error}.get(case.status, came.error)
    if case.says not in said:
        yield f"it says {said[:300]!r}, and not {case.says!r}"
    if case.status in (2, 4) and came.error.count("\n") != 1:
        yield f"{came.error.count(chr(10))} lines on standard error: {came.error[:300]!r}"


def main(words: str = "") -> int:
    began = time.monotonic()
    chosen = [case for case in ALL if words in case.name]
    bad = 0
    for case in chosen:
        found = list(wrongs(case))
        bad += bool(found)
        for wrong in found:
            print(f"{case.name}: {wrong}", flush=True)
    print(f"{len(chosen) - bad} of {len(chosen)} as they have to, in {time.monotonic() - began:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
