"""How a command ends, and how it speaks: one exit status, results on standard output, everything else on standard error."""

import contextlib
import os
import sys
from collections.abc import Iterator

from callcheck.conformance.health import DEVIATING, NOT_STARTED, NOTHING_EXERCISED
from callcheck.conformance.report.words import printable
from callcheck.conformance.session import OK

__all__ = ["DEVIATING", "NOTHING_EXERCISED", "NOT_STARTED", "OK", "WRONG", "WrongInput", "say", "written"]

WRONG = 2


class WrongInput(ValueError):
    """A file or an argument cannot be used; the message is one sentence."""


def say(sentence: str) -> None:
    """One sentence for the user, beside the results."""
    with contextlib.suppress(OSError, ValueError):  # nobody has to listen
        print(f"callcheck: {printable(sentence)}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def written() -> Iterator[None]:
    """Print the results in here. A reader who has had enough ends that, and not the verdict; raises WrongInput where standard
    output cannot be written."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _give_up()
    except OSError as error:
        _give_up()
        raise WrongInput(f"standard output cannot be written ({error.strerror})") from None


def _give_up() -> None:
    """Standard output leads nowhere from here on, so that what is left in it makes no trouble when the process ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
