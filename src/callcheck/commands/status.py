"""How a command ends, and how it speaks: one exit status, results on standard output, everything else on standard error."""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import CodeType
from typing import Any, TextIO

from callcheck.conformance.budget import BudgetSpent
from callcheck.conformance.driver.protocol import Unavailable
from callcheck.conformance.health import (
    DEVIATING,
    INTERRUPTED,
    NOT_STARTED,
    NOTHING_EXERCISED,
    OK,
    OUR_FAULT,
    WRONG,
)
from callcheck.conformance.report.words import one_line
from callcheck.spec.reading import Refused

__all__ = [
    "DEVIATING", "INTERRUPTED", "NOTHING_EXERCISED", "NOT_STARTED", "OK", "OUR_FAULT", "WRONG", "BudgetSpent", "Ended", "Refused",
    "Unavailable", "WrongInput", "orderly_end", "printing", "say",
]  # fmt: skip


class WrongInput(Refused):
    """A file or an argument cannot be used, or there is nowhere to write to."""


def say(sentence: str) -> None:
    """One sentence for the user, beside the results."""
    with contextlib.suppress(OSError, ValueError):  # nobody has to listen
        print(f"callcheck: {one_line(sentence)}", file=sys.stderr, flush=True)


# ---------------------------------------------------------------------------------------------- standard output


class _Output:
    """Standard output. A reader who has had enough ends the printing, and not the verdict. Raises WrongInput where it cannot be
    written."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with self._failing():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with self._failing():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            self._give_up()
        except OSError as error:
            self._give_up()
            raise WrongInput(f"standard output cannot be written ({error.strerror})") from None

    def _give_up(self) -> None:
        """It leads nowhere from here on, so that what is left in it makes no trouble when the process ends."""
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


@contextlib.contextmanager
def printing() -> Iterator[None]:
    """What is printed in here goes to a standard output whose end is no mistake of callcheck's."""
    before = sys.stdout
    sys.stdout = _Output(before)
    try:
        yield
    finally:
        try:
            sys.stdout.flush()
        finally:
            sys.stdout = before


# ---------------------------------------------------------------------------------------------- signals


class Ended(KeyboardInterrupt):
    """A signal asks the process to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


_ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


def _running(thread: threading.Thread) -> Iterator[CodeType]:
    """What runs in a thread at this moment, from the inside."""
    frame = sys._current_frames().get(thread.ident or 0)
    while frame is not None:
        yield frame.f_code
        frame = frame.f_back


@contextlib.contextmanager
def orderly_end() -> Iterator[None]:
    """A process that is asked to end leaves nothing behind: workers and their directories go as they go on Ctrl-C."""

    def end(number: int, frame: Any) -> None:
        for each in (signal.SIGINT, *_ENDING):  # once is enough, and the end is not to be disturbed
            signal.signal(each, signal.SIG_IGN)
        ends.append(KeyboardInterrupt() if number == signal.SIGINT else Ended(number))
        raise ends[-1]

    def end_again(lost: Any) -> None:
        """Python drops what is raised while it collects garbage; an end that was dropped there comes a moment later."""
        if not isinstance(lost.exc_value, KeyboardInterrupt):
            unraisable(lost)
            return
        number = lost.exc_value.number if isinstance(lost.exc_value, Ended) else signal.SIGINT
        signal.signal(number, end)
        threading.Thread(target=send_again, args=(number,), daemon=True).start()

    def send_again(number: int) -> None:
        """Not before the main thread has left what drops exceptions of its own."""
        while end_again.__code__ in _running(threading.main_thread()):
            time.sleep(0.01)
        os.kill(os.getpid(), number)

    ends: list[KeyboardInterrupt] = []
    before = {}
    unraisable, sys.unraisablehook = sys.unraisablehook, end_again
    with contextlib.suppress(ValueError):  # not the main thread: who started it there looks after it
        for number in (signal.SIGINT, *_ENDING):
            if signal.getsignal(number) not in (signal.SIG_IGN, None):  # `nohup` has it ignored
                before[number] = signal.signal(number, end)
    try:
        yield
    except Exception:
        if ends:  # a library that was disturbed in its work made something else of it
            raise ends[-1] from None
        raise
    finally:
        sys.unraisablehook = unraisable
        for number, handler in before.items():
            signal.signal(number, handler)
