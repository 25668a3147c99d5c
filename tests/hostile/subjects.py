"""Callbacks that misbehave: a correct pure-Python EarlyStopping, and one thing that goes wrong at one place.

Rules
- Standard library only, as a subject in any interpreter: this file is imported by the worker, not by the tests.
- `subjects:make` is told by `monitor` what to do: "hostile/<deed>/<place>" misbehaves at that place; every other name is the
  correct callback. So a run holds good scenarios and bad ones, and the good ones have to come out right.
- What happens at import is chosen by the module's name: `at_import.py` beside this file.
"""

import builtins
import contextlib
import ctypes
import gc
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings


class EarlyStopping:
    """What Keras 3.15.1 does on numpy, for mode "min": a correct implementation in plain Python."""

    def __init__(self, monitor="val_loss", min_delta=0.0, patience=0, mode="auto", restore_best_weights=False):
        self.monitor = monitor
        self.min_delta = abs(min_delta)
        self.patience = patience
        self.restore_best_weights = restore_best_weights

    def set_params(self, params):
        self.params = params

    def set_model(self, model):
        self.model = model

    def on_train_begin(self, logs=None):
        self.wait = 0
        self.best = None
        self.best_weights = None

    def on_epoch_begin(self, epoch, logs=None):
        pass

    def on_train_batch_begin(self, batch, logs=None):
        pass

    def on_train_batch_end(self, batch, logs=None):
        pass

    def on_epoch_end(self, epoch, logs=None):
        value = (logs or {}).get(self.monitor)
        if value is None:
            warnings.warn(f"early stopping needs {self.monitor}, which is not available", stacklevel=2)
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights = self.model.get_weights()
        self.wait += 1
        if self.best is None or value + self.min_delta < self.best:
            self.best = value
            self.wait = 0
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            return
        if self.wait >= self.patience and epoch > 0:
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        if self.restore_best_weights and self.best_weights is not None:
            self.model.set_weights(self.best_weights)


# ---------------------------------------------------------------------------------------------- deeds


class _Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no text for you")

    __repr__ = __str__


def _raise(error):
    def deed(callback):
        raise error

    return deed


def _busy_and_deaf(callback):
    while True:
        try:
            while True:
                time.sleep(0.01)
        except BaseException:  # a subject that catches everything, the interruption too
            continue


def _sleep_in_c_with_signals_blocked(callback):
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP})
    ctypes.CDLL(None).sleep(1000)


def _block_on_a_lock(callback):
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def _reset_the_alarm_and_sleep(callback):
    signal.alarm(0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    time.sleep(1000)


def _flood(write):
    def deed(callback):
        block = b"x" * 2**20
        for _ in range(1024):
            write(block)

    return deed


def _write_to_every_descriptor(callback):
    for descriptor in range(3, 64):
        with contextlib.suppress(OSError):  # not open, or not for writing
            os.write(descriptor, b'{"id": 0, "result": {"rejected": null, "fits": []}}\n')


def _leave_a_thread(callback):
    threading.Thread(target=time.sleep, args=(1000,)).start()


def _leave_a_flooding_thread(callback):
    def flood():
        while True:
            print("still here", flush=True)
            time.sleep(0.001)

    threading.Thread(target=flood).start()


def _leave_a_child(callback):
    subprocess.Popen(["sleep", "1000"])


def _fork_and_answer_twice(callback):
    os.fork()


def _work_in_a_deleted_directory(callback):
    os.mkdir("gone")
    os.chdir("gone")
    os.rmdir(os.getcwd())


def _recurse(callback):
    sys.setrecursionlimit(2**30)

    def deeper(x):
        return deeper(x) + 1

    deeper(0)


def _recurse_as_far_as_allowed(callback):
    def deeper(x):
        return deeper(x) + 1

    deeper(0)


def _allocate(callback):
    kept = []
    while True:
        kept.append(bytearray(2**28))


def _replace_json(callback):
    json.dumps = lambda *arguments, **options: "not JSON"
    json.loads = lambda *arguments, **options: {}


def _replace_print_and_open(callback):
    builtins.print = builtins.open = None


def _replace_standard_streams(callback):
    sys.stdout = sys.stderr = sys.stdin = None


def _collect_noisily(callback):
    gc.callbacks.append(lambda phase, info: 1 / 0)


def _trace_everything(callback):
    def tracer(frame, event, argument):
        raise ValueError("traced")

    sys.settrace(tracer)


def _hold_up_the_exit(callback):
    import atexit

    atexit.register(time.sleep, 1000)


def _set(name, value):
    def deed(callback):
        setattr(callback.model, name, value)

    return deed


def _set_rate(value):
    def deed(callback):
        callback.model.optimizer.learning_rate = value

    return deed


def _save(path):
    def deed(callback):
        callback.model.save(path)

    return deed


DEEDS = {
    # ends the process
    "exit-0": lambda callback: os._exit(0),
    "exit-3": lambda callback: os._exit(3),
    "killed": lambda callback: os.kill(os.getpid(), signal.SIGKILL),
    "terminated": lambda callback: os.kill(os.getpid(), signal.SIGTERM),
    "aborted": lambda callback: os.abort(),
    "segmentation-fault": lambda callback: ctypes.string_at(0),
    "stack-overflow": _recurse,
    # does not answer
    "sleeps": lambda callback: time.sleep(1000),
    "sleeps-in-c": _sleep_in_c_with_signals_blocked,
    "busy-and-deaf": _busy_and_deaf,
    "blocked": _block_on_a_lock,
    "resets-the-alarm": _reset_the_alarm_and_sleep,
    "stopped": lambda callback: os.kill(os.getpid(), signal.SIGSTOP),
    # takes what it can get
    "allocates": _allocate,
    # raises
    "raises": _raise(ValueError("no")),
    "raises-system-exit": _raise(SystemExit(0)),
    "raises-keyboard-interrupt": _raise(KeyboardInterrupt()),
    "raises-base-exception": _raise(BaseException("base")),
    "raises-generator-exit": _raise(GeneratorExit()),
    "raises-stop-iteration": _raise(StopIteration()),
    "raises-memory-error": _raise(MemoryError()),
    "raises-recursion-error": _recurse_as_far_as_allowed,
    "raises-unprintable": _raise(_Unprintable()),
    "raises-at-length": _raise(ValueError("line\n" * 100000)),
    "raises-ansi": _raise(ValueError("\x1b[2J\x1b[31mred\r\nnew line\0")),
    "raises-surrogates": _raise(ValueError("\ud800")),
    # says too much
    "floods-stdout": _flood(lambda block: os.write(1, block)),
    "floods-stderr": _flood(lambda block: os.write(2, block)),
    "prints-at-length": lambda callback: print("x" * 2**24),
    "prints-surrogates": lambda callback: print("\ud800"),
    "warns-a-lot": lambda callback: [warnings.warn(f"warning {n}", stacklevel=2) for n in range(20000)],
    # meddles with the process
    "closes-stdout": lambda callback: os.close(1),
    "closes-all": lambda callback: os.closerange(0, 256),
    "closes-sys-stdout": lambda callback: sys.stdout.close(),
    "writes-to-every-descriptor": _write_to_every_descriptor,
    "changes-directory": lambda callback: os.chdir("/"),
    "deletes-its-directory": _work_in_a_deleted_directory,
    "leaves-a-thread": _leave_a_thread,
    "leaves-a-flooding-thread": _leave_a_flooding_thread,
    "leaves-a-child": _leave_a_child,
    "forks": _fork_and_answer_twice,
    "replaces-json": _replace_json,
    "replaces-print-and-open": _replace_print_and_open,
    "replaces-streams": _replace_standard_streams,
    "warnings-are-errors": lambda callback: warnings.simplefilter("error"),
    "silences-warnings": lambda callback: setattr(warnings, "warn", lambda *arguments, **options: None),
    "disables-logging": lambda callback: logging.disable(logging.CRITICAL),
    "clears-the-environment": lambda callback: os.environ.clear(),
    "empties-the-path": lambda callback: sys.path.clear(),
    "traces-everything": _trace_everything,
    "collects-noisily": _collect_noisily,
    "holds-up-the-exit": _hold_up_the_exit,
    # shows nonsense
    "stop-is-text": _set("stop_training", "yes"),
    "stop-is-none": _set("stop_training", None),
    "rate-is-text": _set_rate("fast"),
    "rate-is-none": _set_rate(None),
    "rate-is-a-list": _set_rate([1.0, 2.0]),
    "no-optimizer": _set("optimizer", None),
    "saves-elsewhere": _save(tempfile.gettempdir() + "/callcheck-hostile-elsewhere.keras"),
    "saves-above": _save("../../callcheck-hostile-above.keras"),
    "saves-a-long-name": _save("x" * 5000000 + ".keras"),
    "saves-a-number": _save(3),
}
"""What can go wrong, by name."""

LOGS = {
    "clears": lambda logs: logs.clear(),
    "no-text-key": lambda logs: logs.__setitem__(3, 1.0),
    "text-value": lambda logs: logs.__setitem__("more", "text"),
    "object-value": lambda logs: logs.__setitem__("more", object()),
    "cyclic-value": lambda logs: logs.__setitem__("more", logs),
    "long-name": lambda logs: logs.__setitem__("x" * 50000000, 1.0),
    "ansi-name": lambda logs: logs.__setitem__("\x1b[31mred\n", 1.0),
}
"""What can be done to an epoch's logs, by name."""

PLACES = (
    "constructor", "set_model", "on_train_begin", "on_epoch_begin", "on_train_batch_end", "on_epoch_end", "on_train_end",
)  # fmt: skip
"""Where it can go wrong."""


def _misbehaving(hook, deed):
    """EarlyStopping with one method that first does the deed."""

    def method(self, *arguments, **options):
        getattr(EarlyStopping, hook)(self, *arguments, **options)
        deed(self)

    return type("Misbehaving", (EarlyStopping,), {hook: method})


def make(monitor="val_loss", min_delta=0.0, patience=0, mode="auto", restore_best_weights=False):
    """The callback that `monitor` asks for, as the rules say."""
    parts = monitor.split("/")
    if parts[0] != "hostile":
        return EarlyStopping(monitor, min_delta, patience, mode, restore_best_weights)
    kind, place = parts[1:]
    if kind.startswith("logs-"):
        change = LOGS[kind[len("logs-") :]]

        class Changing(EarlyStopping):
            def on_epoch_end(self, epoch, logs=None):
                super().on_epoch_end(epoch, logs)
                change(logs)

        return Changing("val_loss", min_delta, patience, mode, restore_best_weights)
    deed = DEEDS[kind]
    if place == "constructor":
        callback = EarlyStopping("val_loss", min_delta, patience, mode, restore_best_weights)
        deed(callback)
        return callback
    return _misbehaving(place, deed)("val_loss", min_delta, patience, mode, restore_best_weights)
