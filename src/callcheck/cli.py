"""The command line. Each command is a module-level function; heavy imports happen inside of it.

Exit status: 0 everything conforms; 1 deviations or stale declarations; 2 the command line or an input file is wrong;
3 nothing was exercised; 4 an implementation could not be started. Errors go to standard error, one sentence, without a
traceback.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from callcheck import __version__
from callcheck.spec.callbacks import CALLBACKS

WRONG_INPUT = 2
NOT_STARTED = 4


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        print(f"callcheck: {message}", file=sys.stderr)
        raise SystemExit(WRONG_INPUT)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, got {text!r}")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="callcheck", description="Hold training callbacks to their specification.")
    parser.add_argument("--version", action="version", version=f"callcheck {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)

    check = commands.add_parser("check", help="hold implementations to the specification")
    check.add_argument(
        "implementations", nargs="*", metavar="IMPL", help="default: the reference in all dialects, keras"
    )
    check.add_argument("--callback", choices=tuple(CALLBACKS), metavar="NAME", help="only this callback")
    check.add_argument("--clause", default="", metavar="PREFIX", help="only the clauses whose id begins so")
    check.add_argument("--dialect", metavar="D", help="hold them to this dialect: a name or a TOML file")
    check.add_argument("--examples", type=_positive, metavar="N", help="random scenarios per callback (default: 300)")
    check.add_argument("--seed", type=int, default=0, metavar="S", help="seed of the random scenarios (default: 0)")
    check.add_argument(
        "--report", metavar="DIR", help="also write the results and the counterexamples into this folder"
    )
    check.add_argument("--verbose", action="store_true", help="also say how often each boundary was reached")
    check.add_argument("--json", action="store_true", help="print the results as JSON")

    trace = commands.add_parser("trace", help="run scenarios on an implementation and print what is seen")
    trace.add_argument(
        "scenarios",
        metavar="SCENARIOS",
        help="a file of JSON or JSON lines, - for standard input, or in short a callback, its parameters and what it sees: "
        "EarlyStopping patience=2 val_loss=1,.9,.95",
    )
    trace.add_argument("settings", nargs="*", metavar="key=value", help="the parameters and values of the short form")
    trace.add_argument(
        "--on",
        default="reference",
        metavar="IMPL",
        help="who runs them (default: reference); `callcheck implementations` lists them",
    )
    trace.add_argument("--json", action="store_true", help="print one JSON result per scenario")

    _add_explain(commands)

    clauses = commands.add_parser("clauses", help="print the clauses of the specification")
    clauses.add_argument("prefix", nargs="?", default="", metavar="PREFIX", help="only those whose id begins so")

    dialects = commands.add_parser("dialects", help="list the dialects, or print one of them")
    dialects.add_argument("name", nargs="?", metavar="NAME", help="a dialect, a release, or a TOML file")

    vectors = commands.add_parser("vectors", help="print the stored scenarios with their expected traces, as JSON")
    vectors.add_argument("--for", dest="dialect", metavar="DIALECT", help="only what this dialect or release expects")

    commands.add_parser("implementations", help="list what can be held to the specification")
    return parser


def _add_explain(commands: argparse._SubParsersAction[_Parser]) -> None:
    explain = commands.add_parser("explain", help="say why a recorded training stopped, and whose weights it left")
    explain.add_argument(
        "history",
        metavar="HISTORY",
        help="CSVLogger's file, History.history as JSON, a TensorBoard folder, metrics.csv, trainer_state.json, the output "
        "of fit, numbers such as 1,.9,.95, or - for standard input",
    )
    explain.add_argument("callback", metavar="CALLBACK", help="EarlyStopping, ReduceLROnPlateau, ModelCheckpoint, ...")
    explain.add_argument(
        "settings",
        nargs="*",
        metavar="key=value",
        help="its parameters; and what the record does not say: epochs, learning_rate, initial_epoch, validation_freq",
    )
    explain.add_argument(
        "--dialect", metavar="D", help="whose rules: a dialect or a release (default: the newest Keras)"
    )
    explain.add_argument(
        "--what-if",
        nargs="+",
        action="append",
        metavar="key=value",
        help="what this change would have done; patience=1..20 asks for each",
    )
    explain.add_argument("--plot", metavar="FILE", help="draw it as PNG, SVG or PDF (needs matplotlib)")
    explain.add_argument("--html", metavar="FILE", help="write it as one self-contained page")
    explain.add_argument("--json", action="store_true", help="print it as JSON")


def _options(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options; `key=value` may stand after an option too, where argparse does not look for it."""
    options, rest = parser.parse_known_args(arguments)
    if rest and (not hasattr(options, "settings") or any(word.startswith("-") for word in rest)):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:
        options.settings += rest
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    options = _options(_parser(), arguments)
    from callcheck import commands

    try:
        return int(getattr(commands, options.command)(options))
    except commands.WRONG_INPUT_ERRORS as error:
        print(f"callcheck: {error}", file=sys.stderr)
        return WRONG_INPUT
    except commands.NOT_STARTED_ERRORS as error:
        print(f"callcheck: {error}", file=sys.stderr)
        return NOT_STARTED
    except BrokenPipeError:  # the reader of a pipe has had enough
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        print("callcheck: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
