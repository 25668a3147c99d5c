"""Writing what somebody asked for, to the file that an option names."""

import os
from collections.abc import Mapping
from pathlib import Path

from callcheck.spec.reading import Refused, printable, unblocked


def write(content: str | bytes, file: str | Path, option: str) -> None:
    """Write it, a text as UTF-8; what is no character is written as an escape. Raises Refused with one sentence, also for a pipe
    that nobody reads."""
    try:
        with open(file, "wb", opener=unblocked) as stream:
            os.set_blocking(stream.fileno(), True)
            stream.write(content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace"))
    except (OSError, ValueError) as error:
        raise _refused(file, option, error) from None


def write_all(texts: Mapping[str, str], root: Path, option: str) -> None:
    """Write several, by their paths below `root`, which is there; the folders of theirs are made. Raises Refused."""
    for name, text in texts.items():
        folder = (root / name).parent
        try:
            if folder != root:
                folder.mkdir(exist_ok=True)
        except OSError as error:
            raise _refused(folder, option, error) from None
        write(text, root / name, option)


def _refused(file: str | Path, option: str, error: OSError | ValueError) -> Refused:
    """One sentence. A ValueError is a path with a null byte in it."""
    why = error.strerror if isinstance(error, OSError) else error
    return Refused(f"{option} {printable(str(file))}: cannot be written ({why})")
