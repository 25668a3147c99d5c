"""How scenarios reach a subject, and results come back."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from callcheck.spec.dialect import Resolution, release_dialect
from callcheck.spec.scenario import Scenario
from callcheck.spec.scenario import to_json as scenario_to_json
from callcheck.spec.trace import Failed, Result
from callcheck.spec.trace import from_json as result_from_json

from ..driver import loop
from ..driver.protocol import Capabilities

TIME_LIMIT = 60.0
"""Seconds for one scenario, by default: a real fit of ten epochs needs one, a new compiled model a few."""
