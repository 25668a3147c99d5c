"""What else they do: leave something behind, take tools away, become something else, resist being looked at."""

import builtins
import contextlib
import os
import signal
import sys
import threading
import time

from deeds import raising, saving, setting, setting_rate


def _as_text_of_itself(error):
    return str(error)


class _Recursive(Exception):
    __str__ = __repr__ = _as_text_of_itself


class _Evil:
    """Nothing can be asked of it."""

    def _refuse(self, *arguments, **options):
        raise RuntimeError("leave me alone")

    __repr__ = __str__ = __bool__ = __eq__ = __hash__ = __float__ = __len__ = __iter__ = __format__ = __reduce_ex__ = (
        _refuse
    )


class _EvilNumber(float):
    def _refuse(self, *arguments, **options):
        raise RuntimeError("leave me alone")

    __repr__ = __str__ = __bool__ = __eq__ = __hash__ = __float__ = __format__ = __lt__ = __gt__ = _refuse


class _EvilText(str):
    def _refuse(self, *arguments, **options):
        raise RuntimeError("leave me alone")

    __repr__ = __str__ = __eq__ = __len__ = __format__ = encode = _refuse
    __hash__ = str.__hash__


def _start_a_daemon(callback):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 64)
            time.sleep(1000)
        os._exit(0)


def _start_many(callback):
    for _ in range(40):
        if os.fork() == 0:
            os.setsid()
            time.sleep(1000)
            os._exit(0)


def _dig(callback):
    if not hasattr(callback, "dug"):
        callback.dug = True
        for _ in range(1200):  # deeper than Python recurses
            os.mkdir("d")
            os.chdir("d")


def _lay_links(callback):
    os.symlink("loop", "loop")
    os.symlink("/", "root")
    os.mkfifo("pipe")


def _fill(callback):
    with open("large", "wb") as file:
        file.write(bytes(2**26))
    os.truncate("large", 2**40)


def _lock_its_directory(callback):
    os.mkdir("locked")
    with open("locked/file", "w"):
        pass
    os.chmod("locked", 0)
    os.chmod(".", 0)


def _save_and(then):
    def deed(callback):
        callback.model.save("m.keras")
        then("m.keras")

    return deed


def _rename(path):
    if os.path.exists(path):
        os.rename(path, "other.keras")


def _remove(path):
    if os.path.exists(path):
        os.remove(path)


def _link_away(path):
    _remove(path)
    os.symlink("/etc/passwd", path)


def _replace_time(callback):
    time.time = time.monotonic = time.perf_counter = time.sleep = lambda *arguments: 1 / 0


def _replace_os(callback):
    os.getcwd = os.listdir = os.chdir = os.path.join = os.path.exists = None


def _replace_import(callback):
    builtins.__import__ = None


def _clear_modules(callback):
    sys.modules.clear()


def _become(**methods):
    def deed(callback):
        callback.__class__ = type("Other", (type(callback),), methods)

    return deed


class _Meta(type):
    def __getattribute__(cls, name):
        if name in ("__mro__", "__dict__", "__name__", "__module__", "__class__"):
            raise AttributeError(name)
        return super().__getattribute__(name)

    def __instancecheck__(cls, instance):
        raise RuntimeError("no instance of anything")


def _become_meta(callback):
    callback.__class__ = _Meta("Meta", (type(callback),), {})


def _become_nothing(callback):
    callback.__class__ = type("Nothing", (), {})


async def _coroutine(*arguments, **options):
    """Nobody awaits it."""


def _generator(*arguments, **options):
    yield 1


def _returns_much(callback):
    own = callback.on_epoch_end
    callback.on_epoch_end = lambda *arguments, **options: (own(*arguments, **options), bytes(2**28))


def _set_an_alarm(callback):
    signal.setitimer(signal.ITIMER_REAL, 0.2)


def _ignore_signals(callback):
    for number in range(1, signal.NSIG):
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_IGN)


def _limit_files(callback):
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (3, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def _limit_file_size(callback):
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def _change_locale(callback):
    import locale

    locale.setlocale(locale.LC_ALL, "C")
    os.environ["LC_ALL"] = os.environ["LANG"] = "tr_TR.ISO8859-9"


def _raise_in_a_thread(callback):
    threading.excepthook = None
    thread = threading.Thread(target=_coroutine().throw, args=(SystemExit(3),))
    thread.start()
    thread.join()


def _numpy_errors(callback):
    with contextlib.suppress(ImportError):
        import numpy

        numpy.seterr(all="raise")


def _group(depth):
    error = ValueError("inmost")
    for _ in range(depth):
        error = ExceptionGroup("group", [error])
    return error


def _chain(length):
    error = ValueError("first")
    for _ in range(length):
        following = ValueError("next")
        following.__cause__, error = error, following
    return error


def _nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


DEEDS = {
    # leaves something behind
    "starts-a-daemon": _start_a_daemon,
    "starts-forty": _start_many,
    "digs-deep": _dig,
    "lays-links": _lay_links,
    "fills-its-directory": _fill,
    "locks-its-directory": _lock_its_directory,
    "removes-its-directory": lambda callback: os.rmdir(os.getcwd()),
    "leaves-a-umask": lambda callback: os.umask(0o777),
    "sets-an-alarm": _set_an_alarm,
    "ignores-signals": _ignore_signals,
    "limits-files": _limit_files,
    "limits-file-size": _limit_file_size,
    "limits-recursion": lambda callback: sys.setrecursionlimit(sys.getrecursionlimit() // 10),
    "changes-locale": _change_locale,
    "numpy-errors": _numpy_errors,
    # does something with what was saved
    "renames-what-was-saved": _save_and(_rename),
    "removes-what-was-saved": _save_and(_remove),
    "links-what-was-saved-away": _save_and(_link_away),
    # takes the driver's tools away
    "replaces-time": _replace_time,
    "replaces-os": _replace_os,
    "replaces-import": _replace_import,
    "clears-modules": _clear_modules,
    "hooks-exits": lambda callback: setattr(sys, "excepthook", None),
    "raises-in-a-thread": _raise_in_a_thread,
    # becomes something else
    "becomes-nothing": _become_nothing,
    "becomes-everything": _become(__getattr__=lambda self, name: lambda *arguments, **options: None),
    "becomes-evil": _become(__repr__=_Evil._refuse, __eq__=_Evil._refuse, __hash__=_Evil._refuse),
    "becomes-a-metaclass's": _become_meta,
    "has-coroutines": lambda callback: setattr(callback, "on_epoch_end", _coroutine),
    "has-generators": lambda callback: setattr(callback, "on_epoch_end", _generator),
    "returns-much": _returns_much,
    "deletes-its-hooks": lambda callback: setattr(callback, "on_epoch_end", None),
    # raises, too
    "raises-recursively": raising(_Recursive()),
    "raises-a-name-with-ansi": raising(type("\x1b[31mRed\n", (Exception,), {})("x")),
    "raises-a-long-name": raising(type("x" * 10_000_000, (Exception,), {})("x")),
    "raises-a-deep-group": lambda callback: raising(_group(100))(callback),
    "raises-a-long-chain": lambda callback: raising(_chain(100_000))(callback),
    "raises-a-system-exit-with-text": raising(SystemExit("\x1b[31m")),
    "reads-stdin": lambda callback: input(),
    "asks-the-terminal": lambda callback: os.open("/dev/tty", os.O_RDWR),
    # shows nonsense, too
    "stop-is-evil": setting("stop_training", _Evil()),
    "rate-is-evil": setting_rate(_EvilNumber(0.5)),
    "rate-is-large": setting_rate(10**400),
    "rate-is-complex": setting_rate(1j),
    "saves-evil": saving(_EvilText("m.keras")),
    "saves-bytes": saving(b"m\xff.keras"),
    "saves-a-null": saving("m\0.keras"),
    "saves-a-surrogate": saving("m\ud800.keras"),
    "saves-ansi": saving("\x1b[31m\n.keras"),
    "saves-a-hundred": lambda callback: [callback.model.save(f"m{n}.keras") for n in range(100)],
}
"""What can go wrong, by name."""

LOGS = {
    "evil-number": lambda logs: logs.__setitem__("more", _EvilNumber(0.5)),
    "evil-name": lambda logs: logs.__setitem__(_EvilText("more"), 1.0),
    "evil-object": lambda logs: logs.__setitem__("more", _Evil()),
    "large-number": lambda logs: logs.__setitem__("more", 10**5000),
    "complex-number": lambda logs: logs.__setitem__("more", 1j),
    "nan-key": lambda logs: logs.__setitem__(float("nan"), 1.0),
    "surrogate-name": lambda logs: logs.__setitem__("\ud800", 1.0),
    "bytes-value": lambda logs: logs.__setitem__("more", b"\xff"),
    "many-keys": lambda logs: logs.update({f"k{n}": 1.0 for n in range(50_000)}),
    "deep-list": lambda logs: logs.__setitem__("more", _nested(100_000)),
}
"""What can be done to an epoch's logs, by name."""
