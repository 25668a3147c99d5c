"""A recorded history: what a finished training left behind, epoch by epoch, whatever file it was read from.

Rules
- Epochs are absolute and count from 0, as hooks are told; a reader converts what counts otherwise.
- A metric is a column, with None for an epoch in which it was not recorded; NaN is a value.
- A number that was printed with few digits is a `Rounded`: it knows how far the real one may lie away.
- Nothing is filled in. What a reader had to decide, and what is missing, is said in `notes`, in whole sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from callcheck.spec.reading import Refused

RATE_KEYS = ("learning_rate", "lr")
"""The names under which Keras 3 and Keras 2 log the learning rate."""


LIGHTNING, TRANSFORMERS = "Lightning's metrics.csv", "transformers' trainer_state.json"
"""The kinds of records that other libraries than Keras leave."""
CONSOLE = "the console output of fit"
"""The kind of record in which callbacks say what they do, if they were told to."""
TENSORBOARD = "a TensorBoard event folder"
"""The kind of record whose learning rates are those after the epoch, if the callback comes after the one that changes them."""


class UnreadableHistory(Refused):
    """There is no history to explain; the message is one sentence that names the file or the place."""


class Rounded(float):
    """A number as it was printed. `text`: the print; `margin`: half a unit of its last digit. In words it is its text."""

    __slots__ = ("margin", "text")
    text: str
    margin: float

    def __new__(cls, text: str, value: float | None = None) -> Rounded:
        self = super().__new__(cls, text if value is None else value)
        exponent = Decimal(text).as_tuple().exponent
        self.text = text
        self.margin = float(f"5e{exponent - 1}") if isinstance(exponent, int) else 0.0
        return self

    def __format__(self, specification: str) -> str:
        return format(float(self), specification) if specification else self.text

    def __str__(self) -> str:
        return self.text

    @property
    def printed(self) -> float:
        """The number that its text is."""
        return float(self.text)

    def moved(self, value: float) -> Rounded:
        """Another number that is printed alike."""
        return Rounded(self.text, value)


@dataclass(frozen=True, kw_only=True)
class Printed:
    """What callbacks printed between the epochs: evidence of what they did. Epochs are indices from 0.

    `stopped`: EarlyStopping's last word; `restored`: the epoch whose weights it put back; `reduced`: the new learning rates;
    `improved`: what ModelCheckpoint said about the epoch.
    """

    stopped: int | None = None
    restored: int | None = None
    reduced: Mapping[int, float] = field(default_factory=dict)
    improved: Mapping[int, bool] = field(default_factory=dict)


Column = Sequence[float | None]
"""The values of a metric, one for each epoch; None where it was not recorded."""


class _Beginnings(Mapping[str, Column]):
    """The columns of the first epochs, each read when it is asked for."""

    def __init__(self, columns: Mapping[str, Column], length: int) -> None:
        self._columns, self._length = columns, length
        self._read: dict[str, Column] = {}

    def __getitem__(self, name: str) -> Column:
        if name not in self._read:
            self._read[name] = self._columns[name][: self._length]
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


@dataclass(frozen=True, kw_only=True)
class RecordedFit:
    """One `fit`: its metrics, a column for each, with a value for each epoch, the first of which has the index `first_epoch`.

    `length`: how many epochs. `planned`: up to which epoch it was to go, where the record tells (the `epochs` of `fit`).
    `interrupted`: another epoch had begun, and has not ended: somebody interrupted it, or it goes on. `cut`: there are more
    epochs, which are not looked at.
    """

    columns: Mapping[str, Column]
    length: int
    first_epoch: int = 0
    planned: int | None = None
    interrupted: bool = False
    cut: bool = False
    printed: Printed = field(default_factory=Printed)

    @classmethod
    def of(cls, logs: Sequence[Mapping[str, float]], **more: Any) -> RecordedFit:
        """The fit whose epochs had these logs."""
        names = dict.fromkeys(name for each in logs for name in each)
        return cls(columns={name: [each.get(name) for each in logs] for name in names}, length=len(logs), **more)

    @property
    def last_epoch(self) -> int:
        """The index of its last epoch."""
        return self.first_epoch + self.length - 1

    def column(self, name: str) -> Column:
        """The values of a metric, be it recorded or not."""
        return self.columns[name] if name in self.columns else [None] * self.length

    def first(self, length: int) -> RecordedFit:
        """Its first epochs. What came after them is not looked at: neither whether more were planned, nor what was printed."""
        if length >= self.length:
            return self
        columns = _Beginnings(self.columns, length)
        return replace(
            self, columns=columns, length=length, planned=None, interrupted=False, cut=True, printed=Printed()
        )

    def rate_key(self) -> str | None:
        """The name under which the learning rate was recorded."""
        return next((key for key in RATE_KEYS if key in self.columns), None)

    @cached_property
    def rates(self) -> Column:
        """The learning rate of each epoch, as recorded."""
        return self.column(self.rate_key() or RATE_KEYS[0])


@dataclass(frozen=True, kw_only=True)
class History:
    """What was read. `kind` says in words what it was recognised as, `source` where it comes from."""

    kind: str
    fits: tuple[RecordedFit, ...]
    source: str = ""
    notes: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        """The metrics that occur, the learning rate among them, in the order of their first appearance."""
        return tuple(dict.fromkeys(name for fit in self.fits for name in fit.columns))

    def with_rates_of_the_epoch_before(self) -> History:
        """This history, if its rates are those after each epoch: a fit begins with its first, which no first epoch reduces."""
        fits = []
        for fit in self.fits:
            key = fit.rate_key()
            moved = {} if key is None else {key: [fit.rates[0], *fit.rates[:-1]]}
            fits.append(replace(fit, columns={**fit.columns, **moved}))
        return replace(self, fits=tuple(fits))

    def replace(self, *notes: str, fits: tuple[RecordedFit, ...] | None = None) -> History:
        """This history with other fits, and with more notes."""
        return replace(self, fits=self.fits if fits is None else fits, notes=self.notes + notes)


def number(text: str) -> float | None:
    """The number in a text, None for what stands for no value (`NA`, nothing). Raises ValueError for other texts."""
    text = text.strip()
    return None if text in ("", "NA", "None", "null", "-") else float(text)


def missing_notes(names: Iterable[str], fits: tuple[RecordedFit, ...]) -> Iterator[str]:
    """A sentence for each metric that some epochs have and others have not."""
    for name in names:
        for index, fit in enumerate(fits):
            column = fit.column(name)
            without = (
                [fit.first_epoch + at for at, value in enumerate(column, 1) if value is None] if None in column else []
            )
            if without and len(without) < fit.length:
                where = f" of fit {index + 1}" if len(fits) > 1 else ""
                hint = _frequency(column) if name.startswith("val_") else ""
                yield f"no {name} in {epochs_in_words(without)}{where}{hint}"


def _frequency(column: Column) -> str:
    """What the gaps look like: those of `validation_freq`, or perhaps so."""
    first = next((at for at, value in enumerate(column, 1) if value is not None), 0)
    regular = first > 1 and all((value is None) == bool(at % first) for at, value in enumerate(column, 1))
    return f", as with validation_freq={first}" if regular else ": validation_freq?"


def epochs_in_words(epochs: list[int]) -> str:
    """`epoch 2`, `epochs 2, 4 and 6`, `epochs 1 to 9`, or the first few and how many there are."""
    if len(epochs) == 1:
        return f"epoch {epochs[0]}"
    if epochs[-1] - epochs[0] == len(epochs) - 1 and len(epochs) > 2:
        return f"epochs {epochs[0]} to {epochs[-1]}"
    if len(epochs) > 8:
        return f"epochs {', '.join(map(str, epochs[:5]))}, ... ({len(epochs)} in all)"
    return f"epochs {', '.join(map(str, epochs[:-1]))} and {epochs[-1]}"
