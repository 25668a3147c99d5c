"""Hostile dialect files, for every command that takes one."""

from .case import LINK, Case, encoded, of_file

MINE = '[[dialect]]\nname = "mine"\nextends = "keras-3.15.1"\n'
CHOICE = '"early-stopping/anchor"'
PINNED = MINE + "[[declaration]]\n"


def choices(text: str) -> str:
    return f"{MINE}[dialect.choices]\n{text}\n"


def declared(**fields: str) -> str:
    """A declaration with other fields."""
    good = {
        "clause": "early-stopping/patience/stops-after-patience-epochs", "reason": "mine", "predicted": '{"rejected": null, "warned": [], "fits": []}',
        "scenario": '{"callback": "EarlyStopping", "fits": [{"epochs": [{}]}]}',
    }  # fmt: skip
    return PINNED + "".join(f"{name} = '''{value}'''\n" for name, value in {**good, **fields}.items())


TEXTS: dict[str, tuple[str | bytes, int, str]] = {
    "empty": ("", 2, "d.toml: a dialect file holds [[dialect]] tables"),
    "binary": (bytes(range(256)), 2, "d.toml: "),
    "null bytes": (b"\0" * 100, 2, "d.toml: is not TOML"),
    "UTF-16": (MINE.encode("utf-16"), 2, "d.toml: "),
    "a byte order mark in front": ("\ufeff" + MINE, 0, "mine"),
    "JSON": ("{}", 2, "d.toml: is not TOML"),
    "cut off": (MINE[:-3], 2, "d.toml: is not TOML"),
    "the same key twice": (MINE + 'name = "mine"\n', 2, "d.toml: is not TOML"),
    "the same table twice": ("[dialect]\n[dialect]\n", 2, "d.toml: is not TOML"),
    "lists, deep": ("a = " + "[" * 100_000, 2, "d.toml: is nested too deeply"),
    "lists, deep and closed": ("a = " + "[" * 100_000 + "]" * 100_000, 2, "d.toml: is nested too deeply"),
    "tables, deep": ("a = " + "{b = " * 50_000 + "1" + "}" * 50_000, 2, "d.toml: is nested too deeply"),
    "a dotted key, deep": ("a" + ".a" * 5_000 + " = 1", 2, "d.toml: is nested too deeply"),
    "a dotted key, very deep": ("a" + ".a" * 500_000 + " = 1", 2, "d.toml: is nested too deeply"),
    "a dotted key with quotes and spaces, very deep": ("a" + " . 'b'" * 200_000 + " = 1", 2, "d.toml: is nested too deeply"),
    "a dotted table, very deep": ("[a" + ".a" * 500_000 + "]", 2, "d.toml: is nested too deeply"),
    "a hundred thousand keys": ("".join(f"a{n} = 1\n" for n in range(100_000)), 2, "d.toml: a dialect file holds"),
    "5,000 digits": ("a = " + "1" * 5000, 2, "d.toml: "),
    "5,000 digits in a name": ("[[dialect]]\nname = " + "1" * 5000, 2, "d.toml: "),
    "a date that is none": ("a = 2026-99-99", 2, "d.toml: is not TOML"),
    "a time that is none": ("a = 25:99:99", 2, "d.toml: is not TOML"),
    "a lone surrogate": (MINE.replace("mine", "\\ud800"), 2, "d.toml: is not TOML"),
    "a surrogate in bytes": (MINE.encode().replace(b"mine", b"\xed\xa0\x80"), 2, "d.toml: "),
    "a raw escape": (MINE.replace("mine", "\x1b[31m"), 2, "d.toml: is not TOML"),
    "dialect a number": ("dialect = 1", 2, "d.toml: a dialect file holds [[dialect]] tables"),
    "dialect a list of numbers": ("dialect = [1]", 2, "d.toml: a [[dialect]] has a name"),
    "dialect an empty list": ("dialect = []", 2, "d.toml: a dialect file holds [[dialect]] tables"),
    "dialect a table": ('[dialect]\nname = "mine"', 2, "d.toml: a dialect file holds [[dialect]] tables"),
    "dialect a list of lists": ("dialect = [[]]", 2, "d.toml: a [[dialect]] has a name"),
    "another table": (MINE + "[other]", 2, "d.toml: a dialect file holds [[dialect]] tables"),
    "another table with ANSI": (MINE + '["\\u001b[31m"]', 2, "d.toml: a dialect file holds [[dialect]] tables"),
    "another field": (MINE + "color = 1", 2, "d.toml: a [[dialect]] has a name"),
    "no name": ('[[dialect]]\nextends = "keras-3.15.1"', 2, "d.toml: a [[dialect]] has a name"),
    "name a list": ('[[dialect]]\nname = ["mine"]', 2, "d.toml: a [[dialect]] has a name"),
    "name a date": ("[[dialect]]\nname = 2026-11-21", 2, "d.toml: a [[dialect]] has a name"),
    "the same name twice": (MINE + MINE, 2, "d.toml: two dialects are called 'mine'"),
    "name empty": (MINE.replace("mine", "") + "[dialect.choices]\na = 'b'", 2, "unknown choice 'a'"),
    "name with ANSI": (choices("a = 'b'").replace("mine", "\\u001b[31m"), 2, "dialect \\x1b[31m: unknown choice 'a'"),
    "name with a newline": (choices("a = 'b'").replace("mine", "a\\nb"), 2, "dialect a\\nb: unknown choice 'a'"),
    "name of a million characters": (choices("a = 'b'").replace("mine", "x" * 1_000_000), 2, "characters)"),
    "extends a list": ('[[dialect]]\nname = "mine"\nextends = ["keras-3.15.1"]', 2, "d.toml: a [[dialect]] has a name"),
    "extends a number": ('[[dialect]]\nname = "mine"\nextends = 3', 2, "d.toml: a [[dialect]] has a name"),
    "extends itself": ('[[dialect]]\nname = "mine"\nextends = "mine"', 2, "dialect mine: it extends 'mine', which is not known"),
    "extends what comes later": (MINE.replace("keras-3.15.1", "b") + MINE.replace("mine", "b"), 2, "it extends 'b', which is not"),
    "extends an old release": (MINE.replace("3.15.1", "0.1.0"), 2, "dialect mine: it extends 'keras-0.1.0', which is not known"),
    "extends a release with 5,000 digits": (MINE.replace("3.15.1", "9" * 5000), 2, "dialect mine: it extends"),
    "extends a file": (MINE.replace("keras-3.15.1", "d.toml"), 2, "dialect mine: it extends 'd.toml', which is not known"),
    "extends with ANSI": (MINE.replace("keras-3.15.1", "\\u001b[31m"), 2, "it extends '\\x1b[31m', which is not known"),
    "extends nothing": ('[[dialect]]\nname = "mine"\nextends = ""', 2, "dialect mine: it extends ''"),
    "extends nobody and lists nothing": ('[[dialect]]\nname = "mine"', 2, "dialect mine: no value for"),
    "choices a list": (MINE + "choices = []", 2, "d.toml: a [[dialect]] has a name"),
    "choices a text": (MINE + 'choices = "all"', 2, "d.toml: a [[dialect]] has a name"),
    "an unknown choice": (choices("a = 'b'"), 2, "dialect mine: unknown choice 'a'"),
    "an unknown choice with ANSI": (choices('"\\u001b[31m" = "b"'), 2, "dialect mine: unknown choice '\\x1b[31m'"),
    "an unknown choice of a million characters": (choices("x" * 1_000_000 + " = 'b'"), 2, "dialect mine: unknown choice"),
    "a choice by dotted keys": (choices("early-stopping.anchor = 'best-value'"), 2, "dialect mine: unknown choice 'early-stopping'"),
    "an unknown value": (choices(f"{CHOICE} = 'mine'"), 2, "dialect mine: early-stopping/anchor cannot be 'mine'"),
    "a value that is a list": (choices(f"{CHOICE} = ['best-value']"), 2, "early-stopping/anchor cannot be ['best-value']"),
    "a value that is a table": (choices(f"{CHOICE} = {{}}"), 2, "early-stopping/anchor cannot be {}"),
    "a value that is a number": (choices(f"{CHOICE} = 1"), 2, "early-stopping/anchor cannot be 1"),
    "a value that is NaN": (choices(f"{CHOICE} = nan"), 2, "early-stopping/anchor cannot be nan"),
    "a value that is a date": (choices(f"{CHOICE} = 2026-11-21"), 2, "early-stopping/anchor cannot be"),
    "a value with ANSI": (choices(f'{CHOICE} = "\\u001b[31m"'), 2, "early-stopping/anchor cannot be '\\x1b[31m'"),
    "a value of a million characters": (choices(f"{CHOICE} = '{'x' * 1_000_000}'"), 2, "early-stopping/anchor cannot be"),
    "a value of 5,000 digits": (choices(f"{CHOICE} = {'1' * 5000}"), 2, "d.toml: "),
    "a value, deep": (choices(f"{CHOICE} = {'[' * 100_000}"), 2, "d.toml: is nested too deeply"),
}  # fmt: skip

DECLARATIONS: dict[str, tuple[str | bytes, int, str]] = {
    "a number": (f"declaration = 1\n{MINE}", 2, "d.toml: declarations are [[declaration]] tables"),
    "a table": (MINE + "[declaration]\n", 2, "d.toml: declarations are [[declaration]] tables"),
    "a list of numbers": (f"declaration = [1]\n{MINE}", 2, "d.toml, declaration 1: its fields are"),
    "empty": (PINNED, 2, "d.toml, declaration 1: its fields are"),
    "another field": (declared(color="red"), 2, "d.toml, declaration 1: its fields are"),
    "a field that is a number": (declared() .replace("'''mine'''", "3"), 2, "d.toml, declaration 1: its fields are"),
    "the second is empty": (declared() + "\n" + "[[declaration]]\n", 2, "d.toml, declaration 2: its fields are"),
    "an unknown clause": (declared(clause="nothing"), 2, "d.toml, declaration 1: there is no clause 'nothing'"),
    "an unknown clause with ANSI": (
        declared(clause="@").replace("'''@'''", '"\\u001b[31m"'), 2, "declaration 1: there is no clause '\\x1b[31m'",
    ),
    "a scenario that is no JSON": (declared(scenario="{"), 2, "d.toml, declaration 1: not JSON"),
    "a scenario that is none": (declared(scenario="{}"), 2, "d.toml, declaration 1: fits: this field is required"),
    "a scenario that is a list": (declared(scenario="[]"), 2, "d.toml, declaration 1: expected an object, got a list"),
    "a scenario, deep": (declared(scenario="[" * 100_000), 2, "d.toml, declaration 1: not a scenario: nested too deeply"),
    "a scenario of a trace that is no JSON": (declared(predicted="{"), 2, "d.toml, declaration 1: "),
    "a trace that is a number": (declared(predicted="3"), 2, "d.toml, declaration 1: "),
    "a trace that is null": (declared(predicted="null"), 2, "d.toml, declaration 1: "),
    "a trace with an unknown field": (declared(predicted='{"fit": []}'), 2, "d.toml, declaration 1: "),
    "a trace, deep": (declared(predicted="[" * 100_000), 2, "d.toml, declaration 1: "),
    "a trace of 5,000 digits": (declared(predicted="1" * 5000), 2, "d.toml, declaration 1: "),
    "a trace with NaN": (declared(predicted='{"fits": NaN}'), 2, "d.toml, declaration 1: "),
    "a trace with a key twice": (declared(predicted='{"fits": [], "fits": []}'), 2, "d.toml, declaration 1: "),
    "a trace with a lone surrogate": (declared(predicted='{"\\\\ud800": []}'), 2, "d.toml, declaration 1: "),
    "a failure for a trace": (
        declared(predicted='{"failed": {"kind": "crash", "message": ""}}'), 2, "d.toml, declaration 1: predicted is no trace",
    ),
}  # fmt: skip

_CHECK = "check reference --clause terminate-on-nan --examples 1 --dialect"
_IN_FILES: dict[str, tuple[str, dict[str, bytes], int, str]] = {
    "not there": ("dialects nowhere.toml", {}, 2, "nowhere.toml: cannot be read"),
    "a folder": ("dialects d.toml", {"d.toml/": b""}, 2, "d.toml: cannot be read"),
    "a link to itself": ("dialects d.toml", {"d.toml": LINK + b"d.toml"}, 2, "d.toml: cannot be read"),
    "a link to a device without end": ("dialects d.toml", {"d.toml": LINK + b"/dev/zero"}, 2, "d.toml: is larger than 256 MiB"),
    "a null in the name": ("dialects a\0.toml", {}, 2, "a\\x00.toml: cannot be read"),
    "ANSI in the name": ("dialects \x1b[31m.toml", {}, 2, "\\x1b[31m.toml: cannot be read"),
    "a newline in the name": ("dialects a\nb.toml", {}, 2, "a\\nb.toml: cannot be read"),
    "a name of a million characters": ("dialects " + "x" * 1_000_000 + ".toml", {}, 2, "cannot be read"),
    "a lone surrogate in the name": ("dialects \udcff.toml", {}, 2, "\\udcff.toml: cannot be read"),
    "only the suffix": ("dialects .toml", {}, 2, ".toml: cannot be read"),
    "vectors, bad": ("vectors --for d.toml", {"d.toml": b"dialect = [1]"}, 2, "d.toml: a [[dialect]] has a name"),
    "vectors, another of the same name": (
        "vectors --for d.toml",
        {"d.toml": encoded(choices(f"{CHOICE} = 'best-value'").replace("mine", "keras-3.15.1+numpy"))},
        0, '"dialect": "keras-3.15.1+numpy"',
    ),
    "trace, bad": ("trace EarlyStopping loss=1 --on reference@d.toml", {"d.toml": b"dialect = [1]"}, 2, "d.toml: a [[dialect]]"),
    "trace, good": ("trace EarlyStopping loss=1 --on reference@d.toml", {"d.toml": MINE.encode()}, 0, "EarlyStopping("),
    "check, bad": (f"{_CHECK} d.toml", {"d.toml": b"dialect = [1]"}, 2, "d.toml: a [[dialect]] has a name"),
    "check, good": (f"{_CHECK} d.toml", {"d.toml": MINE.encode()}, 0, "compared with the dialect mine"),
    "explain, bad": ("explain 1,2 EarlyStopping --dialect d.toml", {"d.toml": b"dialect = [1]"}, 2, "d.toml: a [[dialect]]"),
    "explain, good": ("explain 1,2 EarlyStopping --dialect d.toml", {"d.toml": MINE.encode()}, 0, "compared with"),
    "diff, bad": ("diff --predicted reference reference@d.toml", {"d.toml": b"dialect = [1]"}, 2, "d.toml: a [[dialect]]"),
    "diff, the same": ("diff --predicted reference reference@d.toml", {"d.toml": MINE.encode()}, 0, "no difference"),
    "two files": ("dialects d.toml e.toml", {"d.toml": MINE.encode(), "e.toml": b"["}, 2, "e.toml: is not TOML"),
}  # fmt: skip

CASES = [
    *of_file("dialect as text", "dialects d.toml", "d.toml", TEXTS),
    *of_file("declaration", f"{_CHECK} d.toml", "d.toml", DECLARATIONS),
    *[
        Case(name=f"dialect in a file: {name}", words=tuple(words.split(" ")), files=files, status=status, says=says)
        for name, (words, files, status, says) in _IN_FILES.items()
    ],
]
