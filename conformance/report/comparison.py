"""The libraries side by side, as a document: for each callback one row per choice, one column per dialect.

Rules
- Of a Keras and of the documentation every value is told. Of another library those alone of which something was seen when it
  was run (`seen.json`): what it cannot be asked, or what does not show, is left blank.
- The words are those of the choices, below the table; what the newest Keras does is in plain type, anything else in bold.
"""

from collections.abc import Iterator, Mapping, Sequence

from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.choices import CHOICES
from callcheck.spec.dialect import DOCUMENTED, NEWEST, Dialect, resolve

from ..infer import choices_of
from ..seen import kept
from .words import compared_with

KERAS = (
    DOCUMENTED,
    NEWEST,
    *(f"{NEWEST}+{each}" for each in ("jax", "torch", "numpy")),
    "keras-2.3.1",
    "tf-keras-2.21.0",
)
"""The columns of every table; those of the libraries follow."""
_TITLE = """# How callbacks differ, from library to library

Made by `callcheck dialects --markdown FILE`. Each library was run beside the reference in the dialect of its column on at least a
thousand random scenarios for each callback, and did the same on all of them. What a library cannot be asked is blank; in bold is
what the newest Keras does not do. `callcheck infer NAME` shows each difference on a smallest example.
"""


def markdown() -> str:
    """The whole document."""
    return "\n".join([_TITLE, *(line for callback in CALLBACKS for line in _about(callback))]) + "\n"


def _about(callback: str) -> Iterator[str]:
    seen = {
        dialect: (about["subject"], about["choices"])
        for dialect, about in kept().items()
        if callback in about["callbacks"]
    }
    columns: list[tuple[str, Dialect, Sequence[str] | None]] = [
        (_headed(name), resolve(name).dialect, None) for name in KERAS
    ]
    columns += [(dialect, resolve(dialect).dialect, told) for dialect, (_, told) in sorted(seen.items())]
    rows = [choice for choice in choices_of(callback) if len({dialect[choice] for _, dialect, _ in columns}) > 1]
    if not rows or not seen:
        return
    yield f"## {callback}"
    yield ""
    yield "; ".join(f"{dialect}: {name}" for dialect, (name, _) in sorted(seen.items())) + "."
    yield ""
    yield "| | " + " | ".join(title for title, _, _ in columns) + " |"
    yield "|---" * (len(columns) + 1) + "|"
    for choice in rows:
        cells = [_cell(choice, dialect, told) for _, dialect, told in columns]
        yield f"| {choice.partition('/')[2]} | " + " | ".join(cells) + " |"
    yield ""
    for choice in rows:
        yield f"**{choice.partition('/')[2]}**: {CHOICES[choice].question}"
        yield ""
        values = {dialect[choice] for _, dialect, told in columns if told is None or choice in told}
        yield from (f"- {value}: {text}" for value, text in CHOICES[choice].values.items() if value in values)
        yield ""


def _headed(name: str) -> str:
    return "documented" if name == DOCUMENTED else compared_with(name)


def _cell(choice: str, dialect: Dialect, told: Sequence[str] | Mapping[str, str] | None) -> str:
    if told is not None and choice not in told:
        return ""
    value = dialect[choice]
    return value if value == resolve(NEWEST).dialect[choice] else f"**{value}**"
