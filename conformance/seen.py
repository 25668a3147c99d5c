"""Of which choices something is seen when another library is run: what can be told of it, and what is blank in a comparison.

    python -m callcheck.conformance.seen xgboost torch@/path/to/python      infer them again, and keep that

What was kept is in `seen.json`, by dialect. Epochs with an index below 0, of which nobody promises anything, show nothing. Which
arguments there are is declared by an adapter, and not seen.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .agreement import worker
from .infer import callbacks_of, infer
from .inference import SEEN
from .pool import EXAMPLES
from .results import Results, There

FILE = Path(__file__).with_name("seen.json")


def kept() -> Mapping[str, Mapping[str, Any]]:
    """By dialect the `subject` that was run, its `callbacks`, and the `choices` of which something was seen."""
    found: Mapping[str, Mapping[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def looked_at(text: str) -> tuple[str, dict[str, Any]]:
    """The dialect of an adapter, and what is seen of it. Raises what cannot be started."""
    with worker(text, None) as process:
        results = Results(There(process, process.greeting.name))
        found = [infer(results, callback, examples=EXAMPLES, seed=0) for callback in callbacks_of(results)]
        told = [each for one in found for each in one.choices if each.status == SEEN and not each.odd]
        choices = [each.choice for each in told if not each.choice.endswith("/arguments")]
        about = {"subject": process.greeting.name, "callbacks": [one.callback for one in found], "choices": choices}
        return str(process.greeting.dialect), about


def main() -> int:
    records = dict(kept()) if FILE.exists() else {}
    records.update(map(looked_at, sys.argv[1:]))
    lines = ",\n".join(f"{json.dumps(dialect)}: {json.dumps(about)}" for dialect, about in sorted(records.items()))
    FILE.write_text("{\n" + lines + "\n}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
