"""A recorded history: what a finished training left behind, epoch by epoch, whatever file it was read from.

Rules
- Epochs are absolute and count from 0, as hooks are told; a reader converts what counts otherwise.
- A metric that was not recorded in an epoch is left out of that epoch; NaN is a value.
- A number that was printed with few digits is a `Rounded`: it knows how far the real one may lie away.
- Nothing is filled in. What a reader had to decide, and what is missing, is said in `notes`, in whole sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

RATE_KEYS = ("learning_rate", "lr")
"""The names under which Keras 3 and Keras 2 log the learning rate."""


class UnreadableHistory(ValueError):
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
        self.margin = 0.5 * 10.0**exponent if isinstance(exponent, int) else 0.0
        return self

    def __format__(self, specification: str) -> str:
        return format(float(self), specification) if specification else self.text

    def __str__(self) -> str:
        return self.text

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


@dataclass(frozen=True, kw_only=True)
class RecordedFit:
    """One `fit`: the logs of its epochs, in order, the first of which has the index `first_epoch`.

    `planned`: up to which epoch it was to go, where the record tells (the `epochs` of `fit`).
    """

    logs: tuple[Mapping[str, float], ...]
    first_epoch: int = 0
    planned: int | None = None
    printed: Printed = field(default_factory=Printed)

    @property
    def last_epoch(self) -> int:
        """The index of its last epoch."""
        return self.first_epoch + len(self.logs) - 1

    def rate_key(self) -> str | None:
        """The name under which the learning rate was recorded."""
        return next((key for key in RATE_KEYS if key in self.logs[0]), None)

    def rates(self) -> tuple[float | None, ...]:
        """The learning rate of each epoch, as recorded."""
        key = self.rate_key()
        return tuple(None if key is None else logs.get(key) for logs in self.logs)


@dataclass(frozen=True, kw_only=True)
class History:
    """What was read. `kind` says in words what it was recognised as, `source` where it comes from."""

    kind: str
    fits: tuple[RecordedFit, ...]
    source: str = ""
    notes: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        """The metrics that occur, the learning rate among them, in the order of their first appearance."""
        return tuple(dict.fromkeys(name for fit in self.fits for logs in fit.logs for name in logs))

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
            without = [fit.first_epoch + at + 1 for at, logs in enumerate(fit.logs) if name not in logs]
            if without and len(without) < len(fit.logs):
                where = f" of fit {index + 1}" if len(fits) > 1 else ""
                hint = ": validation_freq?" if name.startswith("val_") else ""
                yield f"no {name} in {epochs_in_words(without)}{where}{hint}"


def epochs_in_words(epochs: list[int]) -> str:
    """`epoch 2`, `epochs 2, 4 and 6`, `epochs 1 to 9`, or the first few and how many there are."""
    if len(epochs) == 1:
        return f"epoch {epochs[0]}"
    if epochs[-1] - epochs[0] == len(epochs) - 1 and len(epochs) > 2:
        return f"epochs {epochs[0]} to {epochs[-1]}"
    if len(epochs) > 8:
        return f"epochs {', '.join(map(str, epochs[:5]))}, ... ({len(epochs)} in all)"
    return f"epochs {', '.join(map(str, epochs[:-1]))} and {epochs[-1]}"
