"""Hostile scripts, lists of callbacks and reviewed differences: what `collect`, `--script`, `--config` and `--accept` read."""

from typing import Any

from .case import LINK, Case, encoded

_IMPORTS = "from keras.callbacks import EarlyStopping\n"
_FIT = _IMPORTS + "model.fit(x, callbacks=[EarlyStopping(patience=3)])\n"
_DEEP = "[" * 100_000 + "]" * 100_000


def _notebook(*cells: Any) -> bytes:
    return encoded({"cells": list(cells)})


SOURCES: dict[str, tuple[Any, int, str]] = {
    "good": (_FIT, 0, "EarlyStopping"),
    "empty": ("", 2, "no callback of Keras's is made in t.py"),
    "null bytes": (b"\0" * 100, 2, "t.py: is binary, and no Python"),
    "UTF-16": (_FIT.encode("utf-16"), 2, "t.py: "),
    "a byte order mark in front": ("\ufeff" + _FIT, 0, "EarlyStopping"),
    "bytes that are no text": (b"x = '\xff'", 2, "t.py"),
    "an encoding that is none": ("# -*- coding: klingon -*-\n" + _FIT, 2, "t.py"),
    "an encoding that is a lie": (b"# -*- coding: utf-7 -*-\nx = '+AGE-'", 2, "no callback of Keras's is made in t.py"),
    "lists, deep": ("x = " + _DEEP, 2, "t.py"),
    "calls, deep": ("x = " + "f(" * 50_000 + ")" * 50_000, 2, "t.py"),
    "operators, deep": ("x = " + "-" * 100_000 + "1", 2, "t.py: "),
    "a long sum": ("x = " + "1 + " * 50_000 + "1", 2, "t.py: "),
    "attributes, deep": ("x = a" + ".b" * 50_000, 2, "t.py: "),
    "blocks, deep": ("".join(" " * n + "if x:\n" for n in range(99)) + " " * 99 + "pass\n", 2, "t.py"),
    "blocks, too deep": ("".join(" " * n + "if x:\n" for n in range(200)) + " " * 200 + "pass\n", 2, "t.py"),
    "5,000 digits": (_IMPORTS + "m.fit(callbacks=[EarlyStopping(patience=" + "1" * 5000 + ")])", 2, "t.py"),
    "a large power": (_IMPORTS + "m.fit(callbacks=[EarlyStopping(patience=9**9**9)])", 0, "EarlyStopping"),
    "a long product": (_IMPORTS + "m.fit(callbacks=[EarlyStopping(patience=[0] * 10**12)])", 0, "EarlyStopping"),
    "a surrogate in a name": (_IMPORTS + "m.fit(callbacks=[EarlyStopping(monitor='\\ud800')])", 0, ""),
    "ANSI in a name": (_IMPORTS + "m.fit(callbacks=[EarlyStopping(monitor='\\x1b[31m')])", 0, ""),
    "arguments that nobody knows": (_IMPORTS + "m.fit(callbacks=[EarlyStopping(*y, patience=3, **x)])", 0, ""),
    "a list that holds itself": (_FIT + "a = []\na.append(a)\na += a\nm.fit(callbacks=a)", 0, "EarlyStopping"),
    "values in a circle": (_IMPORTS + "a = b\nb = a\nm.fit(callbacks=[EarlyStopping(patience=a)])", 0, "EarlyStopping"),
    "names in a circle": (_FIT + "a = b\nb = a\nm.fit(callbacks=[a, b])", 0, "EarlyStopping"),
    "a function that calls itself": (_FIT + "def f():\n    return f()\nm.fit(callbacks=f())", 0, "EarlyStopping"),
    "a chain of 5,000 names": (
        _IMPORTS + "a0 = [EarlyStopping()]\n" + "".join(f"a{n + 1} = a{n}\n" for n in range(5000)) + "m.fit(callbacks=a5000)\n",
        2, "t.py: is nested too deeply",
    ),
    "a thousand fits": (_IMPORTS + "m.fit(callbacks=[EarlyStopping()])\n" * 1_000, 0, "EarlyStopping"),
    "a call with 10,000 arguments": ("f(" + ",".join(f"a{n}=1" for n in range(10_000)) + ")", 2, "no callback of Keras's is made in t.py"),
    "a line that ends in nothing": (_FIT + "\\", 2, "t.py"),
    "a form feed and carriage returns": (_FIT.replace("\n", "\r") + "\f", 0, "EarlyStopping"),
}  # fmt: skip
NOTEBOOKS: dict[str, tuple[Any, int, str]] = {
    "good": (_notebook({"cell_type": "code", "source": [_FIT]}), 0, "EarlyStopping"),
    "a list": ("[]", 2, "t.ipynb: is no notebook"),
    "cells a number": ({"cells": 1}, 2, "t.ipynb: is no notebook"),
    "a cell that is a number": (_notebook(1), 2, "t.ipynb: "),
    "a cell without a source": (_notebook({"cell_type": "code"}), 2, "t.ipynb: "),
    "a source that is a number": (_notebook({"cell_type": "code", "source": 1}), 2, "t.ipynb"),
    "a source with numbers in it": (_notebook({"cell_type": "code", "source": [1, None]}), 2, "t.ipynb"),
    "a source with null bytes": (_notebook({"cell_type": "code", "source": "x = 1\0"}), 2, "t.ipynb"),
    "a source with a lone surrogate": (
        b'{"cells": [{"cell_type": "code", "source": "x = \'\\ud800\'"}]}',
        2,
        "t.ipynb",
    ),
    "lists, deep": (_DEEP, 2, "t.ipynb: is no notebook"),
    "null bytes": (b"\0" * 10, 2, "t.ipynb: is no notebook"),
}
LISTS: dict[str, tuple[Any, int, str]] = {
    "good": ('[[fits]]\n[[fits.callbacks]]\ncallback = "EarlyStopping"\nconfig = {patience = 3}\n', 0, "t.toml: compared with Keras"),
    "empty": ("", 2, "t.toml: "),
    "null bytes": (b"\0" * 10, 2, "t.toml: is not TOML"),
    "UTF-16": ("[[fits]]".encode("utf-16"), 2, "t.toml: is not UTF-8 text"),
    "lists, deep": ("fits = " + _DEEP, 2, "t.toml: is nested too deeply"),
    "a dotted key, deep": ("fits" + ".a" * 100_000 + " = 1", 2, "t.toml: is nested too deeply"),
    "fits a number": ("fits = 1", 2, "t.toml: fits: expected a list"),
    "a fit that is a number": ("fits = [1]", 2, "t.toml: fits[0]: expected an object"),
    "an unknown field": ("[[fits]]\nfast = true", 2, "t.toml: fits[0].fast: unknown field"),
    "an unknown callback": ('[[fits]]\ncallbacks = [{callback = "Early"}]', 2, "t.toml: fits[0].callbacks[0].callback"),
    "a date for patience": ('[[fits]]\ncallbacks = [{callback = "EarlyStopping", config = {patience = 2026-11-21}}]', 2, "t.toml: "),
    "a filepath that climbs": (
        '[[fits]]\ncallbacks = [{callback = "ModelCheckpoint", config = {filepath = "../x.keras"}}]', 2, "t.toml: ",
    ),
    "ANSI in a field": ('[[fits]]\n"\\u001b[31m" = 1', 2, "\\x1b[31m"),
    "epochs of 5,000 digits": ("[[fits]]\nepochs = " + "1" * 5000, 2, "t.toml: "),
    "a link to a device without end": (LINK + b"/dev/zero", 2, "t.toml: is larger than 256 MiB"),
}  # fmt: skip
ACCEPTED: dict[str, tuple[Any, int, str]] = {
    "null bytes": (b"\0" * 10, 2, "t.toml: is not TOML"),
    "lists, deep": ("accept = " + _DEEP, 2, "t.toml: is nested too deeply"),
    "a number": ("accept = 1", 2, "t.toml: "),
    "an unknown table": ("[[fast]]", 2, "t.toml: "),
    "a link to itself": (LINK + b"t.toml", 2, "t.toml: cannot be read"),
}


def _of(group: str, command: str, file: str, table: dict[str, tuple[Any, int, str]]) -> list[Case]:
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


CASES = [
    *_of("script", "collect t.py --output -", "t.py", SOURCES),
    *_of("notebook", "collect t.ipynb --output -", "t.ipynb", NOTEBOOKS),
    *_of("list of callbacks", "check --script t.toml", "t.toml", LISTS),
    *_of("configurations of diff", "diff --predicted reference reference --config t.toml", "t.toml",
         {name: case for name, case in LISTS.items() if name != "good"}),
    *_of("reviewed differences", "diff --predicted reference reference --accept t.toml", "t.toml", ACCEPTED),
]  # fmt: skip
