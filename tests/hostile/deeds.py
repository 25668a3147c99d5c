"""What callbacks do that misbehave: end the process, hang, flood, raise, meddle, show nonsense. Each is given the callback."""

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


class _Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no text for you")

    __repr__ = __str__


def raising(error):
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


def setting(name, value):
    def deed(callback):
        setattr(callback.model, name, value)

    return deed


def setting_rate(value):
    def deed(callback):
        callback.model.optimizer.learning_rate = value

    return deed


def saving(path):
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
    "raises": raising(ValueError("no")),
    "raises-system-exit": raising(SystemExit(0)),
    "raises-keyboard-interrupt": raising(KeyboardInterrupt()),
    "raises-base-exception": raising(BaseException("base")),
    "raises-generator-exit": raising(GeneratorExit()),
    "raises-stop-iteration": raising(StopIteration()),
    "raises-memory-error": raising(MemoryError()),
    "raises-recursion-error": _recurse_as_far_as_allowed,
    "raises-unprintable": raising(_Unprintable()),
    "raises-at-length": raising(ValueError("line\n" * 100000)),
    "raises-ansi": raising(ValueError("\x1b[2J\x1b[31mred\r\nnew line\0")),
    "raises-surrogates": raising(ValueError("\ud800")),
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
    "stop-is-text": setting("stop_training", "yes"),
    "stop-is-none": setting("stop_training", None),
    "rate-is-text": setting_rate("fast"),
    "rate-is-none": setting_rate(None),
    "rate-is-a-list": setting_rate([1.0, 2.0]),
    "no-optimizer": setting("optimizer", None),
    "saves-elsewhere": saving(tempfile.gettempdir() + "/callcheck-hostile-elsewhere.keras"),
    "saves-above": saving("../../callcheck-hostile-above.keras"),
    "saves-a-long-name": saving("x" * 5000000 + ".keras"),
    "saves-a-number": saving(3),
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
