"""What is said of a constructor beside any verdict: parameters that may go by another name, and defaults of its own."""

from collections.abc import Iterator

from callcheck.spec.callbacks import parameters

from ..driver.domain import DEFAULTS
from ..driver.protocol import Capabilities


def of_constructor(capabilities: Capabilities, callback: str) -> Iterator[str]:
    """The sentences about that callback."""
    own = capabilities.defaults.get(callback, {})
    if own:
        each = ", ".join(f"{name} is {value} (Keras: {DEFAULTS[callback].get(name)!r})" for name, value in own.items())
        yield f"{callback}: the default of {each}; wherever it is judged, Keras's is given."
    taken = (capabilities.parameters or {}).get(callback)
    if taken is None:
        return
    known = parameters(callback)
    missing = [name for name in known if name not in taken]
    others = sorted(taken.difference(known))
    if missing and others:
        yield (
            f"{callback} is constructed without {', '.join(missing)}, and can be given {', '.join(others)}, which is never done: "
            "it is judged with its own defaults. An adapter says which parameter goes by another name."
        )
