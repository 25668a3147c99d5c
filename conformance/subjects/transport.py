"""How scenarios reach a subject, and results come back.

A scenario goes to the driver as JSON data, and so does its result come back, wherever the subject lives. What answers for whole
records itself, the reference and what is made from it, is asked directly.
"""

from typing import Any, Protocol, runtime_checkable

from callcheck.spec.scenario import Scenario, to_json
from callcheck.spec.trace import Failed, NotExpressible, Result, from_json

from ..driver import loop
from ..driver.protocol import Capabilities

TIME_LIMIT = 60.0
"""Seconds for one scenario, by default: a real fit of ten epochs needs one, a new compiled model a few."""


def run(subject: Any, scenario: Scenario, *, internal: bool = False, time_limit: float = TIME_LIMIT) -> Result:
    """What the subject, in this process, does with the scenario. `internal` asks for optional state; `time_limit` is in
    seconds."""
    if isinstance(subject, Replaying):
        return _replayed(subject, scenario, internal)
    return read(loop.run(subject, to_json(scenario), internal=internal, time_limit=time_limit))


def read(data: Any) -> Result:
    """The result that a driver's answer describes; a failed one for what is none."""
    try:
        return from_json(data)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return Failed(kind="nonsense", message=f"the answer is no result: {type(error).__name__}: {error}")


@runtime_checkable
class Replaying(Protocol):
    """What answers for whole records: the reference, and what is made from it. `internal` asks for the trace's optional state."""

    name: str
    capabilities: Capabilities

    def replay(self, scenario: Scenario, *, internal: bool = False) -> Result: ...


def _replayed(subject: Replaying, scenario: Scenario, internal: bool) -> Result:
    if scenario.callback not in subject.capabilities.callbacks:
        return NotExpressible(parameter="callback")
    parameters = (subject.capabilities.parameters or {}).get(scenario.callback)
    for name in scenario.config:
        if parameters is not None and name not in parameters:
            return NotExpressible(parameter=name)
    try:
        return subject.replay(scenario, internal=internal)
    except Exception as error:
        return Failed(kind="crash", message=f"{type(error).__name__}: {error}")
