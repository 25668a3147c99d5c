"""What a case of the corpus of hostile inputs is, and short words for what it holds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One command, and what has to come of it.

    `words`: the command line. `files`: what lies in the working directory, by name; a name that ends with a slash is a
    directory, bytes that begin with LINK are a symbolic link, and PIPE is a named pipe. `stdin`: what comes in there; None: it is closed.
    `environment`: variables that it has besides. `status`: how it ends. `says`: what stands in the sentence on standard error,
    or, where the input is good, on standard output.
    """

    name: str
    words: tuple[str, ...]
    status: int
    says: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    stdin: bytes | None = b""
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_quick(self) -> bool:
        """Whether it takes no more than a moment: no worker is started, and nothing is large."""
        sizes = [*map(len, self.files.values()), *map(len, self.words)]
        endless = any(word in ("/dev/zero", "/dev/full") for word in self.words)
        return (
            max(sizes, default=0) < 3_000_000
            and not endless
            and PIPE not in self.files.values()
            and not self.name.startswith("name of an implementation")
        )


LINK = b"-> "
PIPE = b"| "


def encoded(content: Any) -> bytes:
    """The content of a file: bytes as they are, a text as UTF-8, anything else as JSON."""
    if isinstance(content, bytes):
        return content
    text = content if isinstance(content, str) else json.dumps(content)
    return text.encode("utf-8", "surrogatepass")


def of_file(group: str, command: str, file: str, table: Mapping[str, tuple[Any, int, str]]) -> list[Case]:
    """The cases of a table: the content of a file, the status and what is said, by name. `command` has the file's name in it."""
    return [
        Case(
            name=f"{group}: {name}",
            words=tuple(command.split()),
            files={file: encoded(content)},
            status=status,
            says=says,
        )
        for name, (content, status, says) in table.items()
    ]


def of_words(
    group: str, table: Mapping[str, tuple[str, int, str]], files: Mapping[str, bytes] | None = None
) -> list[Case]:
    """The cases of a table: the words of the command line, separated by one space each, the status and what is said, by name."""
    return [
        Case(name=f"{group}: {name}", words=tuple(words.split(" ")), files=files or {}, status=status, says=says)
        for name, (words, status, says) in table.items()
    ]
