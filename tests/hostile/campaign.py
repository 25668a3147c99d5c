"""A campaign of generated input files: what nearly makes sense never ends in a mistake of callcheck's own.

    python tests/hostile/campaign.py [--minutes 10] [--seed 0]

Rules
- Files are made by changing good ones: a value is replaced by a hostile one, removed, doubled, nested; bytes are cut, turned,
  inserted. What still makes sense is as welcome as what does not.
- Every command line is one of `COMMANDS`, in this process, in an empty directory, with a time limit for each.
- What counts as a find: a traceback, status 5 or one that is not in the table, something on standard error that is not one line
  where the input is refused, a control character, a line that was not cut, a file left behind, no end in time.
- A find is printed with its command and kept in `--keep DIR`; the last line says how many inputs there were, and how they ended.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import inputs
from cases import dialects, histories
from cases.case import Case, encoded

from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.scenario import to_json
from callcheck.spec.vectors import stored

HOSTILE_TEXTS = (
    "", " ", "\0", "\n", "\x1b[2J", "\u2028", "\u202e", "\ud800", "NaN", "Infinity", "-Infinity", "nan", "inf", "1e999", "null", "..", "/",
    "../x", "{epoch}", "{epoch!s:.0}/x", "{", "}", "{}", "{0}", "%s", "val_loss", "min", "auto", "model", "same", "x" * 3000, "__class__",
    "\u0661", "keras-3.15.1", "documented", "epoch_end", "EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint", "batch_end",
)  # fmt: skip
HOSTILE: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 10**20, 10**400, -(10**400), 0.5, -0.0, 1e308, 5e-324, 1e39, [], {}, [[]], [{}], {"": ""}, [1.0, 2.0],
    {"array": 1.0}, {"tensor": [1.0]}, {"none": True}, {"schedule": 0.1}, {"table": [0.1]}, {"scale": 0.5}, {"relative": "m.keras"},
    {"path_like": "m.keras"}, {"class": "AUC"}, {"function": "f"}, {"from": "m.keras"}, *HOSTILE_TEXTS,
)  # fmt: skip
STATUSES = {0, 1, 2, 3, 4}

Made = tuple[tuple[str, ...], dict[str, bytes]]
"""The words of a command, and the files that it is given."""


# ---------------------------------------------------------------------------------------------- changes


def _places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield from _places(each, (*at, key))


def changed(value: Any, draw: random.Random) -> Any:
    """A copy of JSON data with a few of its places changed."""
    value = json.loads(json.dumps(value))
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        at = draw.choice(list(_places(value)))
        if not at:
            continue
        holder = value
        for key in at[:-1]:
            holder = holder[key]
        key, kind = at[-1], draw.randrange(8)
        if kind == 0:
            del holder[key]
        elif kind == 1 and isinstance(holder, dict):
            holder[draw.choice(HOSTILE_TEXTS)] = holder.pop(key)
        elif kind == 2 and isinstance(holder, dict):
            holder[draw.choice(HOSTILE_TEXTS)] = draw.choice(HOSTILE)
        elif kind == 3:
            holder[key] = [holder[key]] * draw.choice((1, 2, 30))
        elif kind == 4 and isinstance(holder, list):
            holder.insert(draw.randrange(len(holder) + 1), draw.choice(HOSTILE))
        else:
            holder[key] = draw.choice(HOSTILE)
    return value


def turned(content: bytes, draw: random.Random) -> bytes:
    """Bytes with a few of them cut out, doubled, or replaced."""
    for _ in range(draw.choice((1, 1, 2, 5))):
        begin = draw.randrange(len(content) + 1)
        end = min(len(content), begin + draw.choice((0, 1, 1, 2, 10, 100)))
        middle = draw.choice((
            b"", content[begin:end] * 2, draw.randbytes(draw.choice((1, 4))), encoded(draw.choice(HOSTILE_TEXTS)), b"[" * 2000,
            b"1" * 5000, b"1e999", b"NaN", b'"', b"\n", b",", b"=", b"'''",
        ))  # fmt: skip
        content = content[:begin] + middle + content[end:]
    return content


# ---------------------------------------------------------------------------------------------- what is made


_SCENARIOS = [to_json(vector.scenario) for vector in stored()]
_TABLE = b"epoch,loss,val_loss,learning_rate\n0,1.0,1.0,0.1\n1,0.9,0.8,0.1\n2,0.8,0.9,0.05\n"
_HISTORIES = [
    _TABLE, _TABLE.replace(b",", b"\t"), b"epoch,step,val_loss\n0,1,1\n0,2,\n1,3,0.5\n", b"1, .9, .95, nan", b"1 2 / 3 4", b"{'val_loss': [1.0, nan]}",
    encoded({"val_loss": [1.0, 0.5, 0.7], "loss": [1.0, 0.5, 0.7]}), encoded(histories.STATE), encoded(histories.PRINTED),
    encoded({"val_loss": {"0": 1.0, "1": 0.5}}), encoded(histories.PRINTED + "Epoch 2: early stopping\n"),
]  # fmt: skip
_DIALECTS = [encoded(text) for text, _, _ in (*dialects.TEXTS.values(), *dialects.DECLARATIONS.values())] + [
    encoded(dialects.choices(f"{dialects.CHOICE} = 'best-value'")), encoded(dialects.declared()),
]  # fmt: skip
_DIALECTS = [each for each in _DIALECTS if len(each) < 10_000]
_CALLBACKS = tuple(CALLBACKS)
_SETTINGS = ("patience=2", "min_delta=.1", "monitor=loss", "mode=max", "baseline=1", "factor=.5", "cooldown=1", "min_lr=.1",
             "restore_best_weights=true", "epochs=5", "initial_epoch=2", "learning_rate=.1", "validation_freq=2", "filepath=m.keras",
             "save_best_only=true", "schedule={'scale':.5}", "start_from_epoch=1", "verbose=1")  # fmt: skip


def _word(draw: random.Random) -> str:
    """`key=value`, mostly with sense."""
    word = draw.choice(_SETTINGS)
    if draw.random() < 0.15:
        key, _, value = word.partition("=")
        part = str(draw.choice(HOSTILE)).replace("\0", "")
        word = f"{key}={part}" if draw.random() < 0.8 else f"{part}={value}"
    return word


def a_scenario(draw: random.Random) -> Made:
    """`trace`, with a file of one scenario or of some, as a table or as JSON, sometimes side by side with another dialect."""
    wrong = [changed(draw.choice(_SCENARIOS), draw) for _ in range(draw.choice((1, 1, 3)))]
    content = b"\n".join(encoded(each) for each in wrong) if draw.random() < 0.7 else encoded(wrong)
    if draw.random() < 0.25:
        content = turned(content, draw)
    more = draw.choice(((), ("--json",), ("--against", "reference@keras-2.3.1"), ("--on", "reference@documented")))
    return ("trace", "s.json", *more), {"s.json": content}


def a_short_form(draw: random.Random) -> Made:
    words = [_word(draw) for _ in range(draw.randrange(4))]
    metric = draw.choice(
        ("val_loss=1,.9,.95", "loss=1,2 /3", "loss=nan,-", "loss=" + str(draw.choice(HOSTILE)).replace("\0", ""))
    )
    return ("trace", draw.choice(_CALLBACKS), *words, metric), {}


def a_history(draw: random.Random) -> Made:
    words = [_word(draw) for _ in range(draw.randrange(4))]
    content = draw.choice(_HISTORIES)
    content = turned(content, draw) if draw.random() < 0.7 else content
    more = draw.choice(
        ((), (), ("--json",), ("--what-if", "patience=1..3"), ("--html", "/dev/null"), ("--dialect", "keras-2.3.1"))
    )
    return ("explain", "h", draw.choice(_CALLBACKS), *words, *more), {"h": content}


def a_dialect(draw: random.Random) -> Made:
    content = turned(draw.choice(_DIALECTS), draw)
    command = draw.choice((
        "dialects d.toml", "dialects d.toml documented", "vectors --for d.toml", "trace EarlyStopping loss=1,2 --on reference@d.toml",
        "explain 1,2 EarlyStopping --dialect d.toml", "diff --predicted reference@d.toml reference --callback TerminateOnNaN",
        "check reference --clause terminate-on-nan --examples 1 --dialect d.toml",
    ))  # fmt: skip
    return tuple(command.split(" ")), {"d.toml": content}


COMMANDS: tuple[Callable[[random.Random], Made], ...] = (
    a_scenario,
    a_scenario,
    a_short_form,
    a_history,
    a_history,
    a_dialect,
)


# ---------------------------------------------------------------------------------------------- the campaign


def found(words: tuple[str, ...], files: dict[str, bytes]) -> tuple[int | None, list[str]]:
    """The status of the command, and what is wrong with how it ended."""
    case = Case(name="campaign", words=words, files=files, status=0, says="")
    ended = inputs.ended(case)
    if ended.status is None:
        return None, list(ended.wrongs)
    wrong = list(ended.wrongs) + ([] if ended.status in STATUSES else [f"status {ended.status}"])
    refused = ended.status in (2, 4) and "--json" not in words and words[0] != "trace"
    if refused and ended.error.count("\n") != 1:
        wrong.append(f"{ended.error.count(chr(10))} lines on standard error")
    return ended.status, wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long (default: 10)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where the files of what was found are kept")
    options = parser.parse_args()
    end = time.monotonic() + 60.0 * options.minutes
    draw = random.Random(options.seed)
    endings: Counter[str] = Counter()
    finds = 0
    while time.monotonic() < end:
        words, files = draw.choice(COMMANDS)(draw)
        status, wrong = found(words, files)
        endings[f"{words[0]} {status}"] += 1
        if wrong:
            finds += 1
            print(f"{' '.join(words)[:200]!r}: {'; '.join(wrong)}", flush=True)
            if options.keep is not None:
                place = options.keep / str(finds)
                place.mkdir(parents=True, exist_ok=True)
                (place / "words.json").write_text(json.dumps(words))
                for name, content in files.items():
                    (place / name).write_bytes(content)
    print(", ".join(f"{name}: {count}" for name, count in sorted(endings.items())))
    print(f"{endings.total()} inputs in {options.minutes:g} minutes, seed {options.seed}: {finds} finds")
    return 1 if finds else 0


if __name__ == "__main__":
    sys.exit(main())
