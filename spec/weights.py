"""Whose weights: where they come from, and how a trace says that."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from .fields import BOOLEAN, INTEGER, Field, Kind, Table
from .reading import integer_from_json


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """Whose training produced the weights: an absolute epoch, or -1 for those with which the fit began.

    `fit` is set only where they come from an earlier fit than the one in which they are seen. `averaged`: they are the average
    that the optimizer kept up to that training, not the weights themselves.
    """

    epoch: int
    fit: int | None = None
    averaged: bool = False


class Origin(NamedTuple):
    """Where weights come from, counted from the start of the scenario: the training of `epoch` in `fit`; `averaged`: as the
    optimizer's average of them."""

    fit: int
    epoch: int
    averaged: bool = False


UNTRAINED = Origin(-1, -1)
"""The weights with which the scenario begins."""
ZERO = Origin(-2, -2)
"""Weights that somebody set to zero, and an average before the first step: no epoch's."""

WEIGHTS = Table(
    Weights,
    Field("epoch", INTEGER, json="weights_of_epoch"),
    Field("fit", Kind(lambda value: integer_from_json(value, -1)), json="weights_of_fit"),
    Field("averaged", BOOLEAN),
)


def _seen_from_json(value: dict[str, Any]) -> Weights | None:
    return None if value["weights_of_epoch"] is None else WEIGHTS.read(value)


def _seen_to_json(weights: Weights | None) -> dict[str, Any]:
    return {"weights_of_epoch": None} if weights is None else WEIGHTS.write(weights)


SEEN = Kind(_seen_from_json, _seen_to_json)
"""Weights as they are seen; null for those of no epoch."""


def weights_seen() -> Field:
    """The weights among the other fields of what holds them; null where they are not observable."""
    parts = ("weights_of_epoch", "weights_of_fit", "averaged")
    return Field("weights", SEEN, json=parts, required=True, observed=True)
