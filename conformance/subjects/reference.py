"""The reference as an implementation, in one dialect."""

from callcheck.reference.replay import replay
from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.dialect import Resolution
from callcheck.spec.scenario import Scenario
from callcheck.spec.trace import Result

from ..driver.protocol import OBSERVABLES, Capabilities


class Reference:
    """`reference@DIALECT`: what the reference predicts for that dialect."""

    def __init__(self, dialect: Resolution) -> None:
        self.dialect = dialect
        self.name = f"reference@{dialect.dialect.name}"
        self.capabilities = Capabilities(
            callbacks=[callback for callback in CALLBACKS if dialect.dialect.has(callback)],
            observables=OBSERVABLES | {"optimizer_steps"},
        )

    def replay(self, scenario: Scenario, *, internal: bool = False) -> Result:
        return replay(scenario, self.dialect.dialect, internal=internal)
