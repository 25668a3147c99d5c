"""Workers: whatever a subject does to its process is a named outcome of that scenario, and everything else goes on."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import callcheck
from callcheck.conformance.budget import Budget, BudgetSpent
from callcheck.conformance.driver.leftovers import MARK
from callcheck.conformance.driver.protocol import Unavailable
from callcheck.conformance.driver.subjects import UnknownSubject
from callcheck.conformance.subjects import transport
from callcheck.conformance.subjects.process import NOISE_LIMIT
from callcheck.conformance.subjects.transport import InProcess, WorkerProcess, greeting

MODULE = '''
import ctypes
import os
import signal
import sys
import threading
import time
import warnings

from callcheck.conformance.driver.protocol import Capabilities, CannotExpress, Observation


class EarlyStopping:
    """A callback that does something else when it comes to the second epoch, in the way that it is told."""

    def __init__(self, how="nothing"):
        self.how = how

    def set_params(self, params): ...
    def set_model(self, model):
        self.model = model
    def on_train_begin(self, logs): assert logs == {}
    def on_train_end(self, logs): assert isinstance(logs, dict)
    def on_epoch_begin(self, epoch, logs): ...
    def on_train_batch_begin(self, batch, logs): ...
    def on_train_batch_end(self, batch, logs): ...

    def on_epoch_end(self, epoch, logs):
        if epoch == 1:
            getattr(self, self.how)()
            self.model.stop_training = True

    def nothing(self): ...
    def exits(self): os._exit(0)
    def exits_with_three(self): os._exit(3)
    def leaves_by_sys_exit(self): sys.exit(1)
    def kills_itself(self): os.kill(os.getpid(), signal.SIGKILL)
    def segfaults(self): ctypes.string_at(0)
    def hangs(self):
        while True:
            try:
                time.sleep(60)
            except BaseException:
                pass
    def hangs_in_native_code(self):
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, signal.NSIG))
        ctypes.PyDLL(None).sleep(600)  # which keeps the interpreter's lock, too
    def floods(self):
        for _ in range(1000):
            os.write(1, b"x" * 1000000)
    def prints_without_end(self):
        while True:
            print("x" * 100000)
    def answers_in_the_drivers_place(self):
        for descriptor in range(3, 20):
            try:
                os.write(descriptor, b"this is no answer\\n")
            except OSError:
                pass
    def closes_everything(self): os.closerange(0, 100)
    def closes_stdout(self):
        os.close(1)
        sys.stdout.close()
        open("a file that has the number of standard output", "w").write("x")
    def changes_directory(self): os.chdir("/")
    def removes_its_directory(self): os.rmdir(os.getcwd())
    def leaves_a_thread(self): threading.Thread(target=time.sleep, args=(600,)).start()
    def leaves_a_fork(self):
        if os.fork() == 0:
            time.sleep(600)
    def comes_back_twice(self): os.fork()
    def monkeypatches(self):
        sys.stdout = sys.stderr = None
        warnings.showwarning = warnings.warn = None
    def raises_base_exception(self): raise BaseException("not even an Exception")
    def raises_generator_exit(self): raise GeneratorExit("enough")
    def raises_keyboard_interrupt(self): raise KeyboardInterrupt
    def allocates(self): self.kept = bytearray(20 * 2**30)
    def recurses(self): self.recurses()
    def has_much_to_say(self): raise ValueError("x" * 10000000)
    def cannot_say_it(self): raise type("Mute", (Exception,), {"__str__": lambda self: 1 / 0})()
    def works_on_one_processor(self):
        os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
        end = time.process_time() + 0.8
        while time.process_time() < end: pass
    def logs_nonsense(self): self.model.optimizer.learning_rate = "fast"


class Adapter:
    name = "an adapter"
    capabilities = Capabilities(callbacks=["EarlyStopping"], observables=["stop"])

    def build(self, scenario):
        if "patience" in scenario.config:
            raise CannotExpress("patience")
        return self

    def epoch_end(self, epoch, logs): ...
    def observe(self): return Observation(stop=False)


def where(*arguments, **keywords): return EarlyStopping()
'''


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hostile.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)


def scenario(how: str = "nothing") -> dict[str, Any]:
    epochs = [{"logs": {"val_loss": value}} for value in (1.0, 2.0, 3.0)]
    return {"callback": "EarlyStopping", "config": {"how": how}, "fits": [{"epochs": epochs}]}


@pytest.fixture
def worker() -> Iterator[WorkerProcess]:
    with WorkerProcess("hostile:EarlyStopping", time_limit=5.0) as made:
        yield made


def ask(worker: WorkerProcess, how: str) -> dict[str, Any]:
    """The answer, after and before others that have to be as ever."""
    before, answer, after, last = worker.ask([scenario(), scenario(how), scenario(), scenario()])
    assert [epoch["stop"] for epoch in before["fits"][0]["epochs"]] == [False, True]
    assert before == after == last
    return answer


@pytest.mark.parametrize(
    ("how", "kind", "words"),
    [
        ("exits", "exit", "status 0"),
        ("exits_with_three", "exit", "status 3"),
        ("kills_itself", "crash", "SIGKILL"),
        ("segfaults", "crash", "SIGSEGV"),
        ("hangs", "timeout", "no answer within 5 s"),
        ("hangs_in_native_code", "timeout", "no answer within 5 s"),
        ("floods", "flood", str(NOISE_LIMIT)),
        ("prints_without_end", "flood", "characters printed"),
        ("answers_in_the_drivers_place", "nonsense", "this is no answer"),
        ("closes_everything", "crash", "stream"),
    ],
)
def test_what_leaves_no_trace_is_named(how: str, kind: str, words: str, worker: WorkerProcess) -> None:
    begun = time.monotonic()
    failed = ask(worker, how)["failed"]
    assert failed["kind"] in (kind, "exit" if how == "closes_everything" else kind), failed
    assert words in failed["message"] or how == "closes_everything"
    assert time.monotonic() - begun < 20.0


@pytest.mark.parametrize(
    "how",
    [
        "closes_stdout", "changes_directory", "removes_its_directory", "leaves_a_thread", "leaves_a_fork",
        "comes_back_twice", "monkeypatches",
    ],
)  # fmt: skip
def test_what_is_left_behind_disturbs_nobody(how: str, worker: WorkerProcess) -> None:
    answer = ask(worker, how)
    assert [epoch["stop"] for epoch in answer["fits"][0]["epochs"]] == [False, True]
    assert worker.starts == 1


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("raises_base_exception", "BaseException"),
        ("raises_generator_exit", "GeneratorExit"),
        ("raises_keyboard_interrupt", "KeyboardInterrupt"),
        ("leaves_by_sys_exit", "SystemExit"),
        ("allocates", "MemoryError"),
        ("recurses", "RecursionError"),
        ("has_much_to_say", "ValueError"),
        ("cannot_say_it", "Mute"),
        ("logs_nonsense", "ValueError"),
    ],
)
def test_what_a_hook_raises_is_in_the_trace(how: str, error: str, worker: WorkerProcess) -> None:
    raised = ask(worker, how)["fits"][0]["error"]
    assert (raised["type"], raised["hook"], raised["epoch"]) == (error, "epoch_end", 1)
    assert len(raised["message"]) < 20_000
    assert worker.starts == 1


def test_nothing_is_left_of_a_worker(worker: WorkerProcess) -> None:
    assert worker._process is not None
    directory, group = Path(worker._process.directory), worker._process.process.pid
    assert list(worker.ask([scenario("leaves_a_fork")]))
    worker.close()
    assert not directory.exists()
    assert gone(group)


def gone(group: int) -> bool:
    """Whether no process of the group is left, after a moment."""
    for _ in range(50):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def test_a_worker_ends_with_its_parent(tmp_path: Path) -> None:
    program = f"""
        from callcheck.conformance.subjects.transport import WorkerProcess
        worker = WorkerProcess("hostile:EarlyStopping")
        print(worker._process.process.pid, worker._process.directory, flush=True)
        list(worker.ask([{scenario("hangs_in_native_code")!r}]))
    """
    source = str(Path(callcheck.__file__).parents[1])
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": source},
    )  # fmt: skip
    assert parent.stdout is not None
    group, directory = parent.stdout.readline().split()
    time.sleep(0.5)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert gone(int(group))
    for _ in range(50):
        if not Path(directory).exists():
            break
        time.sleep(0.1)
    assert not Path(directory).exists()


def test_who_did_not_wait_for_answers_does_not_get_them_later(worker: WorkerProcess) -> None:
    answers = worker.ask([scenario()] * 5)
    next(answers)
    answers.close()  # type: ignore[attr-defined]  # it is a generator
    (raised,) = worker.ask([scenario("raises_generator_exit")])
    assert raised["fits"][0]["error"]["type"] == "GeneratorExit"


def test_a_worker_that_died_meanwhile_is_started_again(worker: WorkerProcess) -> None:
    first = list(worker.ask([scenario()]))
    assert worker._process is not None
    os.kill(worker._process.process.pid, signal.SIGKILL)
    worker._process.process.wait()
    assert list(worker.ask([scenario()])) == first
    assert worker.starts == 2


def test_an_adapter_imports_the_protocol_and_is_greeted(tmp_path: Path) -> None:
    with WorkerProcess("hostile:Adapter") as worker:
        assert worker.greeting.name == "an adapter"
        assert worker.greeting.capabilities.observables == {"stop"}
        assert worker.greeting.capabilities.domain is None
        plain = {"callback": "EarlyStopping", "fits": scenario()["fits"]}
        trace, patient = worker.ask([plain, {**plain, "config": {"patience": 1}}])
    assert trace["fits"][0]["epochs"] == [{"stop": False}] * 3
    assert patient == {"not_expressible": {"parameter": "patience"}}


@pytest.mark.parametrize(
    ("name", "source", "words"),
    [
        ("nowhere:Thing", "", "ModuleNotFoundError"),
        ("broken:Thing", "1 / 0", "ZeroDivisionError"),
        ("broken:Thing", "import sys; sys.exit(0)", "SystemExit"),
        ("broken:Thing", "import os; os._exit(0)", "status 0"),
        (
            "broken:Thing",
            "import sys, os; os.write(2, b'the last words'); os.abort()",
            "SIGABRT (Aborted): the last words",
        ),
        ("broken:Thing", "class Thing:\n def __init__(self): 1 / 0\n capabilities = build = 1", "ZeroDivisionError"),
        ("broken:Thing", "class Thing:\n capabilities = build = 1", "needs a name"),
    ],
)
def test_what_cannot_be_started_is_said_in_a_sentence(name: str, source: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(source)
    with pytest.raises(Unavailable) as raised:
        WorkerProcess(name)
    assert words in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


def test_what_is_too_slow_to_start_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text("import time; time.sleep(60)")
    with pytest.raises(Unavailable, match="not ready within 1 s"):
        WorkerProcess("slow:Thing", start_limit=1.0)


def test_an_interpreter_that_is_none_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="cannot be started"):
        WorkerProcess("hostile:Adapter", python="/no/such/python")


def test_what_it_is_meant_to_be_has_to_be_told() -> None:
    with pytest.raises(UnknownSubject, match="--callback"):
        WorkerProcess("hostile:where")
    with WorkerProcess("hostile:where", callback="EarlyStopping") as worker:
        assert worker.greeting.capabilities.callbacks == {"EarlyStopping"}


def test_a_worker_answers_as_the_driver_does_here(worker: WorkerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    from callcheck.conformance.driver.subjects import subject

    for name in ("warn", "showwarning"):  # what the subject replaces, in this process too, is put back
        monkeypatch.setattr(warnings, name, getattr(warnings, name))
    here = InProcess(subject("hostile:EarlyStopping"))
    asked = [scenario("raises_base_exception"), scenario("monkeypatches")]
    assert json.dumps(list(here.ask(asked, internal=True))) == json.dumps(list(worker.ask(asked, internal=True)))
    assert here.greeting.name == worker.greeting.name


@pytest.mark.parametrize(("numpy", "era"), [("1.26.4", "np1"), ("2.3.1", "np2"), (None, None)])
def test_a_greeting_names_the_numpy_with_which_its_keras_calculates(numpy: str | None, era: str | None) -> None:
    said = {"package": "keras", "version": "3.9.0", "backend": "jax", "numpy": numpy}
    known = {"name": "it", "capabilities": {}}
    for told in (said, {"derived_from": {**said, "callback": "EarlyStopping"}}):
        assert greeting({**known, **told}).release == ("keras", "3.9.0", "jax", era)
    assert greeting(known).release is None


def test_a_budget_ends_a_scenario_that_hangs_and_is_not_its_fault() -> None:
    began = time.monotonic()
    with WorkerProcess("hostile:EarlyStopping", time_limit=60.0, budget=Budget(3.0)) as worker:
        answers = list(worker.ask([scenario(), scenario("hangs"), scenario()]))
    assert len(answers) == 1
    assert time.monotonic() - began < 30.0  # 3 s of the budget, and what a busy machine takes


def test_a_budget_ends_a_start_that_takes_too_long(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text("import time\ntime.sleep(100)\n")
    with pytest.raises(BudgetSpent, match="slow:Thing: the budget was spent before it was ready"):
        WorkerProcess("slow:Thing", budget=Budget(1.0))


def test_time_in_which_others_have_the_processor_does_not_count() -> None:
    """Two processes that share one processor with the worker, each for as long as it takes."""
    one = str(min(os.sched_getaffinity(0)))
    spin = [sys.executable, "-c", f"import os; os.sched_setaffinity(0, [{one}])\nwhile True: pass"]
    others = [subprocess.Popen(spin) for _ in range(3)]
    try:
        with WorkerProcess("hostile:EarlyStopping", time_limit=2.0) as worker:
            assert worker.greeting.name
            (answer,) = worker.ask([scenario("works_on_one_processor")])
    finally:
        for each in others:
            each.kill()
            each.wait()
    assert "fits" in answer


DAEMON = """
import os, time

class EarlyStopping:
    def __init__(self, patience=0): pass
    def set_params(self, params): pass
    def set_model(self, model): pass
    def on_train_begin(self, logs=None):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.closerange(0, 64)
                time.sleep(1000)
            os._exit(0)
    def __getattr__(self, name):
        if not name.startswith("on_"):
            raise AttributeError(name)
        return lambda *arguments: None
"""


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked for in /proc")
def test_a_daemon_ends_with_its_worker(tmp_path: Path) -> None:
    (tmp_path / "forks.py").write_text(DAEMON)
    with WorkerProcess("forks:EarlyStopping") as worker:
        (answer,) = worker.ask([{**scenario(), "config": {}}])
        mark = f"{MARK}={worker._process.directory if worker._process else ''}".encode()
        deadline = time.monotonic() + 20
        while len(_marked(mark)) < 3:  # the worker, its guardian, the daemon
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert "fits" in answer
    assert _marked(mark) == []


def _marked(mark: bytes) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (folder / "environ").read_bytes():
                found.append(folder.name)
    return found


def test_scripts_meet_nothing_of_each_other_and_one_that_does_not_end_says_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The module stands for Keras: it is imported once, and only scripts have it behind them."""
    monkeypatch.setattr(transport, "SCRIPT_LIMIT", 3.0)
    scripts = [
        "import json\njson.mine = 1\nopen('left', 'w').close()\nprint('made', end='')",
        "import json, os, sys\nprint(hasattr(json, 'mine'), os.listdir('.'), 'fractions' in sys.modules)\nexit('one\\ntwo')",
        "import time\ntime.sleep(60)",
        "import os\nos.abort()",
        "print('after')",
    ]
    with WorkerProcess("hostile:EarlyStopping", witnesses="fractions") as worker:
        assert worker.printed(scripts) == ["made", "False [] True\nSystemExit: one", None, None, "after"]
        assert worker.starts == 3
