"""Writing a document that somebody asked for, to the file that an option names."""

from pathlib import Path

from callcheck.spec.reading import Refused, printable


def write(text: str, file: str | Path, option: str) -> None:
    """Write it as UTF-8; what is no character is written as an escape. Raises Refused with one sentence."""
    try:
        Path(file).write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise Refused(f"{option} {printable(str(file))}: cannot be written ({error.strerror})") from None
    except ValueError as error:  # a path with a null byte in it
        raise Refused(f"{option} {printable(str(file))}: cannot be written ({error})") from None
