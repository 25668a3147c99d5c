"""Writing what somebody asked for, to the file that an option names."""

from collections.abc import Mapping
from pathlib import Path

from callcheck.spec.reading import Refused, printable


def write(text: str, file: str | Path, option: str) -> None:
    """Write it as UTF-8; what is no character is written as an escape. Raises Refused with one sentence."""
    try:
        Path(file).write_text(text, encoding="utf-8", errors="backslashreplace")
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
