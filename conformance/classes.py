"""Which releases do the same with a callback, and which of those classes are still to be compared with the reference.

Rules
- A class of one callback are the dialects of Keras in which its own choices, and those that it shares with others and that can
  show in what it does alone, have the same values: a test holds that on the stored scenarios no other choice tells two apart.
- One release stands for its class, on the backend that it has. What was compared counts wherever in the class it was run.
- Releases are taken so that few environments have to be made: always that which stands for the most classes left. Another
  backend than TensorFlow is taken for classes that have no other: what else its environment brings (NumPy) or lacks (TensorBoard)
  varies.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import cache

from callcheck.spec.callbacks import CALLBACKS, TRAINING
from callcheck.spec.dialect import Dialect, resolve, shipped

from .subjects.names import Name

_RATES = frozenset({"LearningRateScheduler", "ReduceLROnPlateau"})
CONCERNED = {
    "learning-rate/log-key": _RATES,
    "learning-rate/stored-as": CALLBACKS.keys() - {"TerminateOnNaN", "History", "CSVLogger"},
    "learning-rate/logged-as": _RATES,
    "learning-rate/empty-logs": _RATES,
    "learning-rate/several-optimizers": _RATES | {"TensorBoard"},
    "training/stop-when-a-fit-begins": frozenset[str](),
    "training/stop-in-an-epoch": frozenset({"BackupAndRestore", "TerminateOnNaN"}),
    "training/stop-and-evaluation": frozenset({"TerminateOnNaN"}),
    "training/batch-index": frozenset({"BackupAndRestore", "ModelCheckpoint"}),
    "training/short-last-group": CALLBACKS.keys(),
    "training/warnings": frozenset({"EarlyStopping", "ModelCheckpoint", "ReduceLROnPlateau"}),
    "training/model-in-hdf5": frozenset[str](),
}
"""By shared choice, the callbacks in what of which it can show when they are alone in a list, and no fit resumes from a model."""

Class = tuple[Dialect, ...]


@cache
def classes(callback: str) -> tuple[Class, ...]:
    """The dialects of Keras's releases, those together that do the same with a callback, or with all (TRAINING)."""
    found: dict[tuple[tuple[str, str], ...], list[Dialect]] = {}
    for dialect in shipped().values():
        if callback == "TensorBoard" and dialect.backend != "tensorflow":
            continue  # it writes with TensorFlow, which the environments of other backends have not
        if dialect.package is not None and (callback == TRAINING or dialect.has(callback)):
            found.setdefault(_choices(dialect, callback), []).append(dialect)
    return tuple(map(tuple, found.values()))


def _choices(dialect: Dialect, callback: str) -> tuple[tuple[str, str], ...]:
    """What can show: the values of the choices that concern the callback."""
    own = "" if callback == TRAINING else f"{CALLBACKS[callback].prefix}/"
    return tuple(
        (choice, value)
        for choice, value in dialect.choices.items()
        if choice.startswith(own) or callback in CONCERNED.get(choice, ())
    )


def release(dialect: Dialect) -> Name:
    """How the release of a dialect is named as a subject."""
    version = dialect.name.partition("+")[0].removeprefix(f"{dialect.package}-")
    backend = None if "+" not in dialect.name else dialect.backend
    return Name(kind="release", package=dialect.package, version=version, backend=backend)


def most_compared(compared: Mapping[tuple[str, str], int], callback: str, one: Class) -> int:
    """How many scenarios were compared on a release that does the same with the callback: of the one on which the most were, also
    if it has another backend or NumPy than those of the class. `compared`: how many, by the dialect that stands for a class of
    releases and the callback."""
    same = _choices(one[0], callback)
    return max((n for (where, of), n in compared.items() if of == callback and _decides(where, of) == same), default=0)


@cache
def _decides(where: str, callback: str) -> tuple[tuple[str, str], ...]:
    return _choices(resolve(where).dialect, callback)


def left(
    compared: Mapping[tuple[str, str], int], examples: int, callbacks: Collection[str]
) -> Iterator[tuple[Name, tuple[str, ...]]]:
    """The releases to be run, each with the callbacks for which it stands, until every class has its `examples`."""
    classes_left = [
        (callback, one)
        for callback in callbacks
        for one in classes(callback)
        if most_compared(compared, callback, one) < examples
    ]
    while classes_left:
        standing: dict[Dialect, list[tuple[str, Class]]] = {}
        for callback, one in classes_left:
            for dialect in one:
                standing.setdefault(dialect, []).append((callback, one))
        chosen = max(standing, key=lambda dialect: ("+" not in dialect.name, len(standing[dialect])))
        yield release(chosen), tuple(callback for callback, _ in standing[chosen])
        classes_left = [each for each in classes_left if each not in standing[chosen]]
