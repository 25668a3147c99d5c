"""Reviewed differences: a file of those that are known and accepted, each with the reason.

    [[difference]]
    callback = "EarlyStopping"
    choices = ["early-stopping/reuse"]
    reason = "we make a new instance for every fit"

Rules
- A difference is known by its callback and the choices that explain it; one that none explains by the `field` of the trace in
  which it shows first.
- A new difference fails, and so does one that has vanished: the file says what is so, and no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.choices import CHOICES
from callcheck.spec.difference import difference
from callcheck.spec.reading import Refused, parse_toml, read_text, shown

from .diff import Difference

_FIELDS = {"callback", "choices", "field", "reason"}


@dataclass(frozen=True, slots=True)
class Identity:
    """Which difference: of which callback, by which choices, or in which field."""

    callback: str
    choices: frozenset[str]
    field: str = ""

    def __str__(self) -> str:
        return ", ".join((self.callback, *sorted(self.choices), *filter(None, [self.field])))

    def table(self) -> str:
        """The table that accepts it, without its reason."""
        lines = ["[[difference]]", f'callback = "{self.callback}"']
        if self.choices:
            lines.append("choices = [" + ", ".join(f'"{choice}"' for choice in sorted(self.choices)) + "]")
        else:
            lines.append(f'field = "{self.field}"')
        return "\n".join([*lines, 'reason = ""'])


@dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """What a file makes of the differences that were found. `accepted`: by index, the reason; `vanished`: what is in the file,
    and was not found."""

    accepted: dict[int, str]
    vanished: tuple[Identity, ...]


def identity(found: Difference) -> Identity:
    """Which difference it is."""
    if found.choices:
        return Identity(found.callback, frozenset(found.choices))
    apart = difference(found.a, found.b)
    return Identity(found.callback, frozenset(), "" if apart is None else apart.field)


def read(file: str) -> dict[Identity, str]:
    """The reasons in a file, by difference. Raises Refused, with the file's name."""
    try:
        data = parse_toml(read_text(file))
    except Refused as error:
        raise Refused(str(error) if str(error).startswith(file) else f"{file}: {error}") from None
    tables = data.get("difference", [])
    if set(data) - {"difference"} or not isinstance(tables, list):
        raise Refused(f"{file}: it holds [[difference]] tables, and nothing else")
    return dict(_read(file, number, table) for number, table in enumerate(tables, 1))


def _read(file: str, number: int, table: object) -> tuple[Identity, str]:
    where = f"{file}: difference {number}"
    if not isinstance(table, dict) or set(table) - _FIELDS:
        raise Refused(f"{where} has the fields {', '.join(sorted(_FIELDS))} and no others")
    callback, choices, field = table.get("callback"), table.get("choices", []), table.get("field", "")
    if callback not in CALLBACKS:
        raise Refused(f"{where}: callback has to be one of {', '.join(CALLBACKS)}, not {shown(callback)}")
    unknown = [each for each in choices if each not in CHOICES] if isinstance(choices, list) else [choices]
    if unknown:
        raise Refused(f"{where}: there is no choice {shown(unknown[0])}")
    if not isinstance(field, str) or bool(choices) == bool(field):
        raise Refused(f"{where}: it is known by its choices, or by a field where none explains it")
    if not isinstance(table.get("reason"), str) or not table["reason"].strip():
        raise Refused(f"{where}: a reason is missing")
    return Identity(callback, frozenset(choices), field), table["reason"]


def review(known: dict[Identity, str], found: Sequence[Difference], callbacks: Sequence[str]) -> Review:
    """What the file makes of what was found; what it says of other callbacks than those that were asked is left alone."""
    identities = [identity(each) for each in found]
    return Review(
        accepted={index: known[each] for index, each in enumerate(identities) if each in known},
        vanished=tuple(each for each in known if each not in identities and each.callback in callbacks),
    )
