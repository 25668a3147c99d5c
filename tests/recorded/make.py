"""Makes the recorded files of this folder anew: real trainings, in environments of their own, with what really happened.

    python tests/recorded/make.py keras-3.15.1=PYTHON tf_keras-2.21.0=PYTHON keras-2.3.1=PYTHON \\
                                  lightning=PYTHON transformers=PYTHON

`PYTHON` is the interpreter of an environment that has the package; callcheck makes those of Keras
(`callcheck environments` says where they are), the other two are made with

    uv venv --python 3.11 there && uv pip install --python there/bin/python torch lightning transformers accelerate

Keras trains before a terminal (`verbose=1`: progress bars with their escapes) and into a pipe (`verbose=1` and `2`). Only what
is named is made anew. Nothing of callcheck is needed in these environments.
"""

import os
import pathlib
import pty
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent


def main(arguments):
    for argument in arguments:
        name, _, python = argument.partition("=")
        package = name.split("-")[0]
        if package in ("lightning", "transformers"):
            record = {"lightning": "metrics.csv", "transformers": "trainer_state.json"}[package]
            command = [python, str(HERE / f"train_{package}.py"), str(HERE / record), str(HERE / f"{package}.json")]
            subprocess.run(command, check=True)
            continue
        for kind, verbose, run in (("terminal", 1, before_terminal), ("pipe", 1, into_pipe), ("lines", 2, into_pipe)):
            with tempfile.TemporaryDirectory() as folder:
                happened = os.path.join(folder, "happened.json")
                output = run([python, str(HERE / "train_keras.py"), package, str(verbose), happened])
                output = without_places(output, python, folder)
                (HERE / f"{name}-{kind}.txt").write_bytes(output)
                (HERE / f"{name}-{kind}.json").write_bytes(pathlib.Path(happened).read_bytes())


def without_places(output, python, folder):
    """What was printed without the folders of this machine."""
    environment = os.path.dirname(os.path.dirname(os.path.abspath(python)))
    for place, name in (
        (environment, "/env"),
        (folder, "/run"),
        (str(HERE), "/train"),
        (os.path.expanduser("~"), "/home"),
    ):
        output = output.replace(place.encode(), name.encode())
    return output


def into_pipe(command):
    """What a program prints into a pipe, its log included."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


def before_terminal(command):
    """What a program prints before a terminal, byte by byte."""
    output = bytearray()

    def read(descriptor):
        data = os.read(descriptor, 65536)
        output.extend(data)
        return data

    quiet = os.open(os.devnull, os.O_WRONLY)
    own = os.dup(1)
    os.dup2(quiet, 1)  # pty.spawn copies everything to standard output
    try:
        if pty.spawn(command, read):
            raise SystemExit(f"{command} failed: {bytes(output).decode(errors='replace')[-2000:]}")
    finally:
        os.dup2(own, 1)
    return bytes(output)


if __name__ == "__main__":
    main(sys.argv[1:])
