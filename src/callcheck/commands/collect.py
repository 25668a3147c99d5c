"""`callcheck collect`: the callbacks of training scripts, read off their source, as callbacks.toml."""

import argparse
import sys
from pathlib import Path

from callcheck.conformance.collecting.collect import collect as read_scripts
from callcheck.conformance.report.document import write
from callcheck.spec.script import Script, dumps

from .status import OK, WrongInput, say

DEFAULT = "callbacks.toml"


def collect(options: argparse.Namespace) -> int:
    """Write the callbacks that scripts give to `fit`, and list what could not be read."""
    output = options.output or DEFAULT
    if options.output is None and Path(DEFAULT).exists():
        raise WrongInput(f"{DEFAULT} exists; --output {DEFAULT} overwrites it, and --output - prints")
    files = [each for name in options.scripts for each in _files(name)]
    script = read_scripts(files)
    if not any(fit.callbacks for fit in script.fits):
        for each in script.unread:
            say(f"{each.source}: {each.says}")
        raise WrongInput(f"no callback of Keras's is made in {', '.join(options.scripts)}")
    text = dumps(script)
    if output == "-":
        print(text, end="")
    else:
        write(text, output, "--output")
        print(f"{output}: {_counted(script)}")
    for line in not_read(script):
        print(line, file=sys.stderr if output == "-" else sys.stdout)
    return OK


def _files(name: str) -> list[Path]:
    """The file, or a folder's scripts and notebooks."""
    path = Path(name)
    try:
        is_folder = path.is_dir()
    except (OSError, ValueError):
        is_folder = False
    if not is_folder:
        return [path]
    found = sorted(
        each for each in path.rglob("*") if each.suffix in (".py", ".ipynb") and ".ipynb_checkpoints" not in each.parts
    )
    if not found:
        raise WrongInput(f"{name}: there is no script in this folder")
    return found


def _counted(script: Script) -> str:
    callbacks = sum(len(fit.callbacks) for fit in script.fits)
    return f"{callbacks} callback{'s' * (callbacks != 1)} in {len(script.fits)} fit{'s' * (len(script.fits) != 1)}"


def not_read(script: Script) -> list[str]:
    """What could not be read, a line each."""
    lines = [f"{each.source}: {each.says}" for each in script.unread]
    for fit in script.fits:
        lines += [f"{fit.source}: {name} is {said}, no literal" for name, said in fit.unread.items()]
        lines += [
            f"{each.source}: {name} of {each.callback} is {said}, no literal"
            for each in fit.callbacks
            for name, said in each.unread.items()
        ]
    lines = list(dict.fromkeys(lines))
    return ["not read:", *(f"  {line}" for line in lines)] if lines else []
