"""The command line: what can be said, and how a command ends. Heavy imports happen inside of the commands.

Errors go to standard error, one sentence, without a traceback.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from callcheck import __version__
from callcheck.conformance.options import positive, seconds
from callcheck.spec.callbacks import CALLBACKS, TRAINING

INTERRUPTED = 130
"""The status when the user interrupts, as a shell has it; also before anything is imported."""

STATUSES = """\
exit status:
  0  everything conforms; declared deviations, "as in Keras", "not applicable" and
     "not exercised" count as that
  1  deviations or stale declarations
  2  the command line or an input file is wrong
  3  nothing was exercised, nearly nothing could be expressed, or the budget ran out
  4  an implementation could not be started, or a callback never be constructed
  5  callcheck itself failed
  130  interrupted (Ctrl-C); by another signal, 128 and its number
"""
IMPLEMENTATIONS = """\
IMPL is reference, reference@DIALECT, keras, keras:fit, tf-keras, a release such as keras==3.10.0, torch, ignite, lightning,
transformers, xgboost or lightgbm, or module:attribute;
`callcheck implementations` lists them.
"""

_ALWAYS = "exit status: 0; 2 if the command line or a file is wrong, 5 if callcheck itself failed\n"
_COMPARES = "exit status: 0 if there is no difference, 1 if there is one; 2 to 5 as `callcheck check --help` has them\n"
EXAMPLES = {
    "check": ("check mine:MyEarlyStopping --report failures", STATUSES),
    "trace": (
        "trace plateau.json --on keras --against reference@keras-3.10.0",
        "exit status: 0 whatever the outcomes are, 2 if a scenario is invalid, 4 and 5 as `callcheck check --help` has them\n",
    ),
    "explain": ("explain history.csv EarlyStopping patience=3 --what-if patience=5", _ALWAYS),
    "collect": ("collect train/*.py --output callbacks.toml", _ALWAYS),
    "diff": ("diff keras==3.10.0 keras==3.11.0", _COMPARES),
    "infer": ("infer mine:MyEarlyStopping --pin mine.toml", _COMPARES),
    "history": ("history early-stopping", _ALWAYS),
    "environments": ("environments --remove keras-3.10.0", _ALWAYS),
    "clauses": ("clauses early-stopping/patience", _ALWAYS),
    "dialects": ("dialects keras-3.10.0 keras-3.11.0", _ALWAYS),
    "vectors": ("vectors --for keras-3.15.1", _ALWAYS),
    "implementations": ("implementations", _ALWAYS),
}
"""By command: an example, and what its exit statuses mean."""

COMMANDS = {"check": "check", "trace": "trace", "explain": "explain", "diff": "diff", "infer": "infer", "clauses": "known",
            "dialects": "known", "vectors": "known", "implementations": "known", "environments": "known", "history": "known",
            "collect": "collect"}  # fmt: skip
"""The module in `callcheck.commands` in which each command is a function."""


class _Once(argparse.Action):
    """An option with a value, which can be given once."""

    given = False

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        if option is not None and self.given:
            raise argparse.ArgumentError(self, "can be given only once")
        self.given = True
        setattr(namespace, self.dest, values)


class _Parser(argparse.ArgumentParser):
    """What is wrong on the command line is refused as anything else is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.register("action", None, _Once)

    def error(self, message: str) -> NoReturn:
        from .commands.status import WrongInput

        raise WrongInput(message)


def _add_manner(command: argparse.ArgumentParser) -> None:
    """The options of all that run a subject."""
    command.add_argument("--python", metavar="PATH", help="the interpreter whose environment holds the implementations")
    command.add_argument("--in-process", action="store_true", help="run them in this process, for a debugger")
    command.add_argument(
        "--time-limit",
        type=seconds,
        metavar="SECONDS",
        help="for one scenario (default: 10 by hooks, 60 through a real fit)",
    )


def _add_report(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--report", metavar="DIR",
        help="also write into this folder: index.html, summary.md for a pull request, junit.xml, and the JSON",
    )  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="callcheck", description="Hold training callbacks to their specification.", epilog=STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=f"callcheck {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)

    check = commands.add_parser("check", help="hold implementations to the specification")
    check.add_argument(
        "implementations", nargs="*", metavar="IMPL", help="default: the reference in all dialects, keras"
    )
    check.add_argument(
        "--callback", choices=(*CALLBACKS, TRAINING), metavar="NAME",
        help=f"only this callback: {', '.join(CALLBACKS)}, or {TRAINING} (default: the one that --clause is about, or all)",
    )  # fmt: skip
    check.add_argument(
        "--script",
        metavar="FILE",
        help="what can go wrong with the callbacks in a callbacks.toml, seen as a whole; no IMPL",
    )
    check.add_argument("--clause", default="", metavar="PREFIX", help="only the clauses whose id begins so")
    check.add_argument("--dialect", metavar="D", help="hold them to this dialect: a name or a TOML file")
    pinned = "or as the dialect was pinned"
    check.add_argument(
        "--examples", type=positive, metavar="N",
        help=f"random scenarios per callback (default: 300, through a real fit 30, {pinned})",
    )  # fmt: skip
    check.add_argument("--seed", type=int, metavar="S", help=f"seed of the random scenarios (default: 0, {pinned})")
    check.add_argument(
        "--report",
        metavar="DIR",
        help="also write a report into this folder: a page, a summary for a pull request, junit.xml, JSON",
    )
    check.add_argument(
        "--verbose", action="store_true", help="also print every verdict, and how often each boundary was reached"
    )
    _add_manner(check)
    check.add_argument(
        "--budget", type=seconds, metavar="SECONDS", help="to start, draw and ask in; the rest is not tried"
    )
    check.add_argument("--json", action="store_true", help="print the results as JSON")
    check.add_argument(
        "--pin", metavar="FILE", help="write what it does as a dialect with which `check --dialect FILE` is green"
    )
    check.add_argument(
        "--claim",
        action="store_true",
        help="print what each may claim of itself, as a sentence and as the JSON of a badge",
    )

    trace = commands.add_parser("trace", help="run scenarios on an implementation and print what is seen")
    trace.add_argument(
        "scenarios", metavar="SCENARIOS",
        help="files of JSON or JSON lines, folders of such files, - for standard input; or in short a callback, its parameters "
        "and what it sees: EarlyStopping patience=2 val_loss=1,.9,.95",
    )  # fmt: skip
    trace.add_argument(
        "settings", nargs="*", default=[], metavar="...", help="more files, or the key=value of the short form"
    )
    trace.add_argument("--on", default="reference", metavar="IMPL", help="who runs them (default: reference)")
    trace.add_argument("--against", metavar="IMPL", help="who runs them too: print both, and the first difference")
    trace.add_argument(
        "--callback", choices=CALLBACKS, metavar="NAME",
        help=f"what a callback of your own is meant to be: {', '.join(CALLBACKS)} (default: what the scenarios say)",
    )  # fmt: skip
    _add_manner(trace)
    trace.add_argument("--json", action="store_true", help="print one JSON result per scenario")

    _add_explain(commands)

    collect = commands.add_parser("collect", help="read the callbacks off training scripts, without running them")
    collect.add_argument("scripts", nargs="+", metavar="SCRIPT", help="scripts, notebooks, or folders of them")
    collect.add_argument("--output", metavar="FILE", help="where to write them (default: callbacks.toml); - prints")

    diff = commands.add_parser("diff", help="say what two implementations do differently")
    diff.add_argument("a", metavar="IMPL")
    diff.add_argument("b", metavar="IMPL")
    diff.add_argument(
        "--predicted", action="store_true", help="what the two dialects predict, without running anything"
    )
    diff.add_argument(
        "--callback", choices=(*CALLBACKS, TRAINING), metavar="NAME",
        help=f"only this callback: {', '.join(CALLBACKS)}, or {TRAINING}: lists of several, and what is resumed (default: each "
        f"callback, without {TRAINING})",
    )  # fmt: skip
    diff.add_argument(
        "--config", metavar="FILE", help="your own configurations, a callbacks.toml: they are asked first"
    )
    diff.add_argument("--accept", metavar="FILE", help="reviewed differences with reasons; new and vanished ones fail")
    diff.add_argument("--examples", type=positive, metavar="N", help="random scenarios per callback (default: 150)")
    diff.add_argument("--seed", type=int, default=0, metavar="S", help="seed of the random scenarios (default: 0)")
    _add_manner(diff)
    _add_report(diff)
    diff.add_argument("--json", action="store_true", help="print the differences as JSON")

    infer = commands.add_parser("infer", help="say what an unknown callback does otherwise")
    infer.add_argument("implementation", metavar="IMPL")
    infer.add_argument(
        "--callback",
        choices=CALLBACKS,
        metavar="NAME",
        help=f"what it is meant to be, or only this callback: {', '.join(CALLBACKS)}",
    )
    infer.add_argument(
        "--pin", metavar="FILE", help="write what was found as a dialect with which `check --dialect FILE` is green"
    )
    infer.add_argument("--examples", type=positive, metavar="N", help="random scenarios (default: 300)")
    infer.add_argument("--seed", type=int, default=0, metavar="S", help="seed of the random scenarios (default: 0)")
    _add_manner(infer)
    _add_report(infer)
    infer.add_argument("--json", action="store_true", help="print what was found as JSON")

    history = commands.add_parser("history", help="say what changed in which release")
    history.add_argument("prefix", nargs="?", default="", metavar="PREFIX", help="only choices whose id begins so")
    history.add_argument("--markdown", metavar="FILE", help="write the whole history, with scenarios, as a document")

    environments = commands.add_parser("environments", help="list the environments of releases, or remove some")
    environments.add_argument("--remove", nargs="+", metavar="NAME", help="remove these; `all` removes every one")

    clauses = commands.add_parser("clauses", help="print the clauses of the specification")
    clauses.add_argument("prefix", nargs="?", default="", metavar="PREFIX", help="only those whose id begins so")
    clauses.add_argument(
        "--markdown",
        metavar="FILE",
        help="write the whole specification: all sentences, and pages with examples beside it",
    )
    clauses.add_argument("--html", metavar="FILE", help="the same as one self-contained page")

    dialects = commands.add_parser("dialects", help="list the dialects, print one, or how two differ")
    dialects.add_argument("names", nargs="*", metavar="NAME", help="a dialect, a release, or a TOML file; two at most")

    dialects.add_argument("--markdown", metavar="FILE", help="write all libraries side by side, as a document")

    vectors = commands.add_parser("vectors", help="print the stored scenarios with their expected traces, as JSON")
    vectors.add_argument("--for", dest="dialect", metavar="DIALECT", help="only what this dialect or release expects")

    commands.add_parser("implementations", help="list what can be held to the specification")
    for name, command in commands.choices.items():
        command.formatter_class = argparse.RawDescriptionHelpFormatter
        command.epilog = _ending(name)
    return parser


def _ending(command: str) -> str:
    """How the help of a command ends: an example, what IMPL stands for, the exit statuses."""
    words, status = EXAMPLES[command]
    known = f"{IMPLEMENTATIONS}\n" if command in ("check", "trace", "diff", "infer") else ""
    return f"example:\n  callcheck {words}\n\n{known}{status}"


def _add_explain(commands: argparse._SubParsersAction[_Parser]) -> None:
    explain = commands.add_parser("explain", help="say why a recorded training stopped, and whose weights it left")
    explain.add_argument(
        "history",
        metavar="HISTORY",
        help="CSVLogger's file, History.history as JSON, a TensorBoard folder, metrics.csv, trainer_state.json, the output "
        "of fit, numbers such as 1,.9,.95, or - for standard input",
    )
    explain.add_argument(
        "callback", nargs="?", metavar="CALLBACK", help="EarlyStopping, ReduceLROnPlateau, ModelCheckpoint, ..."
    )
    explain.add_argument(
        "settings",
        nargs="*",
        default=[],
        metavar="key=value",
        help="its parameters, and + before another callback of the same fit; and what the record does not say: epochs, "
        "learning_rate, initial_epoch, validation_freq",
    )
    explain.add_argument("--script", metavar="FILE", help="the callbacks in a callbacks.toml, in their place")
    explain.add_argument(
        "--fit", metavar="N", help="which fit of it, where there are several: its number, or a part of its place"
    )
    explain.add_argument(
        "--dialect", metavar="D", help="whose rules: a dialect or a release (default: the newest Keras)"
    )
    explain.add_argument(
        "--what-if",
        nargs="+",
        action="append",
        metavar="key=value",
        help="what this change would have done; patience=1..20 and min_delta=0,.001 ask for each",
    )
    explain.add_argument("--plot", metavar="FILE", help="draw it as PNG, SVG or PDF (needs matplotlib)")
    explain.add_argument("--html", metavar="FILE", help="write it as one self-contained page")
    _add_report(explain)
    explain.add_argument("--json", action="store_true", help="print it as JSON")


def _options(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options; `key=value` may stand after an option too, where argparse does not look for it."""
    options, rest = parser.parse_known_args(arguments)
    if rest and (not hasattr(options, "settings") or any(word.startswith("-") for word in rest)):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:
        options.settings += rest
    if options.command == "dialects" and len(options.names) > 2:
        parser.error("dialects: two names at most can be compared")
    return options


def _open_streams() -> None:
    """Give every standard stream a working end, and let nothing that is printed fail on its encoding."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started the process
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - until the process ends
        reconfigure = getattr(getattr(sys, name), "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    try:
        _open_streams()
        from .commands.status import Ended

        try:
            return _run(arguments)
        except Ended as ended:
            return 128 + ended.number
    except KeyboardInterrupt:
        print("callcheck: interrupted", file=sys.stderr)
        return INTERRUPTED


def _run(arguments: Sequence[str] | None) -> int:
    from .commands.status import (
        NOT_STARTED,
        NOTHING_EXERCISED,
        WRONG,
        BudgetSpent,
        Refused,
        Unavailable,
        WrongInput,
        orderly_end,
        printing,
        say,
    )  # fmt: skip

    try:
        with orderly_end(), printing():
            options = _options(_parser(), arguments)
            try:
                os.getcwd()
            except OSError:
                raise WrongInput("the working directory does not exist any more") from None
            command = importlib.import_module(f"callcheck.commands.{COMMANDS[options.command]}")
            return int(getattr(command, options.command)(options))
    except Refused as error:
        say(str(error))
        return WRONG
    except BudgetSpent as error:
        say(str(error))
        return NOTHING_EXERCISED
    except Unavailable as error:
        say(str(error))
        return NOT_STARTED
    except Exception as error:
        return _our_fault(error)


def _our_fault(error: Exception) -> int:
    """One sentence about what should not have happened, with what somebody needs to look into it."""
    import traceback

    from .commands.status import OUR_FAULT, say

    places = traceback.extract_tb(error.__traceback__)
    where = f"{os.path.basename(places[-1].filename)}, line {places[-1].lineno}" if places else "nowhere"
    say(
        f"this is a mistake in callcheck {__version__} itself: {type(error).__name__}: {str(error)[:500]} ({where}); please "
        "report it, with the command, at the project's issue tracker"
    )
    if os.environ.get("CALLCHECK_TRACEBACK"):
        traceback.print_exception(error)
    return OUR_FAULT
