"""What an implementation may claim of itself after a check: one sentence, and the JSON of a badge as shields.io reads it.

Rules
- A claim names the callbacks, the dialect, the version of the specification, how much was judged, and the day.
- Whoever deviates, or was asked too little, has none; the sentence says why, and the badge is red or grey.
- Defaults of its own are named: they were never left to it.
- "Same as" is claimed of a dialect alone, whose agreement was asked for; of the documentation it is that its clauses are kept.
"""

import json
from datetime import UTC, datetime

from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.version import VERSION

from ..health import OK
from ..judge import FAILING, Judgement
from ..rules import Agreement
from ..session import Suite
from ..subjects.names import Name
from .words import compared_with


def claim(suite: Suite, name: Name) -> tuple[str, str]:
    """The sentence, and the badge."""
    hearing = suite.hearing(name)
    judgements = suite.judgements[name]
    told = compared_with(hearing.dialect.name)
    day = datetime.now(UTC).date().isoformat()
    about = f"version {VERSION} of the specification, {day}"
    if suite.status([name]) != OK:
        why = _why_not(suite, name, judgements)
        color = "red" if any(each.verdict in FAILING for each in judgements) else "lightgrey"
        return f"{hearing.subject.name} has no claim to make about {told}: {why} ({about})", _badge("no claim", color)
    agreeing = [each for each in judgements if isinstance(each.clause, Agreement) and each.exercised]
    callbacks = [
        callback for callback in CALLBACKS if any(each.callback == callback and each.exercised for each in judgements)
    ]
    kept = [each for each in judgements if each.exercised and not isinstance(each.clause, Agreement)]
    what = f"does the same as {told}" if agreeing else f"keeps what {told} promises"
    compared = f", compared on {sum(each.exercised for each in agreeing)}" if agreeing else ""
    sentence = (
        f"{hearing.subject.name} {what} in {', '.join(callbacks)}: {len(kept)} clauses judged on {hearing.results.answered} "
        f"scenarios{compared} ({about}, dialect {hearing.dialect.name}, seed {suite.seed})"
    )
    own = [
        f"{callback}'s {name}"
        for callback in callbacks
        for name in hearing.subject.capabilities.defaults.get(callback, ())
    ]
    if own:
        sentence += f"; with other defaults of {', '.join(own)}"
    return sentence, _badge(f"same as {told}" if agreeing else f"keeps {told}", "brightgreen")


def _why_not(suite: Suite, name: Name, judgements: list[Judgement]) -> str:
    complaints = suite.complaints(name)
    if complaints:
        return complaints[0].sentence
    failing = sum(each.verdict in FAILING for each in judgements)
    return f"{failing} rules are not kept" if failing else "nothing was exercised"


def _badge(message: str, color: str) -> str:
    return json.dumps({"schemaVersion": 1, "label": "callcheck", "message": message, "color": color})
