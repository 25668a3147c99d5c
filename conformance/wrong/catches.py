"""What catches each wrong variant: data, in a TOML file beside the module that has the variant.

Rules
- A `[[catch]]` names a variant and a clause that fails on it, and a smallest `scenario` (JSON) that shows it.
- `at` is the place that the failure names: `[fit, epoch]`, both counted from zero; `[fit]`; or `[]`, nowhere in particular.
- `words` stand in the failure's message.
- One that is `shown` is the example of the clause in the specification; where there is none, one is chosen.
- The variant speaks and is judged in the newest Keras, unless another `dialect` is named, with the `changes` of its choices
  for a clause that no shipped dialect is held to.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from callcheck.spec.dialect import NEWEST, Resolution, resolve
from callcheck.spec.scenario import Scenario, loads

from .all import ALL
from .wrong import Wrong


@dataclass(frozen=True, kw_only=True, slots=True)
class Catch:
    """`clause` fails on what `variant` does with `scenario`."""

    variant: Wrong
    clause: str
    scenario: Scenario
    at: tuple[int, ...]
    words: str
    dialect: str = NEWEST
    changes: Mapping[str, str] = field(default_factory=dict)
    shown: bool = False

    def __str__(self) -> str:
        return f"{self.variant.name}-{self.clause}"

    @property
    def place(self) -> tuple[int | None, int | None]:
        """The indices of the fit and of the epoch in it, None where the failure names none."""
        fit, epoch, *_ = (*self.at, None, None)
        return fit, epoch

    def spoken(self) -> Resolution:
        """The dialect with its changes."""
        resolution = resolve(self.dialect)
        if not self.changes:
            return resolution
        return Resolution(dialect=resolution.dialect.replace(f"{self.dialect}, changed", **self.changes))


def _read() -> Iterator[Catch]:
    variants = {wrong.name: wrong for wrong in ALL}
    for file in files(__package__).iterdir():
        if not file.name.endswith(".toml"):
            continue
        for number, table in enumerate(tomllib.loads(file.read_text(encoding="utf-8"))["catch"], 1):
            place = f"{file.name}, catch {number}"
            if table.get("variant") not in variants:
                raise ValueError(f"{place}: there is no variant {table.get('variant')!r}")
            try:
                catch = {**table, "variant": variants[table["variant"]], "scenario": loads(table["scenario"])}
                yield Catch(**{**catch, "at": tuple(table["at"])})
            except (KeyError, TypeError, ValueError) as error:
                raise ValueError(f"{place}: {error}") from None


@cache
def catches() -> tuple[Catch, ...]:
    """Every catch, in the order of the variants. Raises ValueError, which names the file and the catch, for what is none."""
    order = {wrong.name: position for position, wrong in enumerate(ALL)}
    return tuple(sorted(_read(), key=lambda catch: order[catch.variant.name]))
