"""The user's own configurations, from a `callbacks.toml`: what two releases are asked about them first.

Rules
- A configuration stays as it is, and so do the compiled metrics, the rate, the first epoch and the steps per execution of its
  fit, as far as they are known. What is random is what the callback sees.
- Equal configurations in equal fits are one, however often a script has them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from callcheck.spec.callbacks import defaults
from callcheck.spec.editing import each_fit, each_logs
from callcheck.spec.scenario import Scenario, key
from callcheck.spec.script import Script, ScriptCallback, ScriptFit
from callcheck.spec.search.samples import sample
from callcheck.spec.values import Logs

EXAMPLES = 100
"""Random streams of logs for each configuration."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Own:
    """One configuration. `source`: where it stands first."""

    callback: ScriptCallback
    fit: ScriptFit

    @property
    def title(self) -> str:
        """The configuration as a call, and where it stands."""
        call = ", ".join(f"{name}={value!r}" for name, value in self.callback.config.items())
        place = self.callback.source or self.fit.source
        return f"{self.callback.callback}({call})" + (f" in {place}" if place else "")

    def holds(self, scenario: Scenario) -> bool:
        """Whether a scenario is one of this configuration."""
        asked = self._of(scenario)
        return key(replace(asked, fits=scenario.fits)) == key(scenario)

    def scenarios(self, examples: int = EXAMPLES, seed: int = 0) -> Iterator[Scenario]:
        """Random streams of logs for it."""
        for drawn in sample(self.callback.callback, examples, seed):
            before, after = _monitored(drawn.callback, drawn.config), _monitored(drawn.callback, self.callback.config)

            def renamed(logs: Logs, before: str = before, after: str = after) -> Logs:
                kept = ((name, value) for name, value in logs.items() if before in (name, after) or name != after)
                return {after if name == before else name: value for name, value in kept}

            plain = each_fit(drawn, lambda fit: replace(fit, metrics=None, learning_rate=None, initial_epoch=None))
            yield self._of(each_logs(plain, renamed))

    def _of(self, scenario: Scenario) -> Scenario:
        """The scenario, with this configuration in its fit."""
        fit = self.fit
        drawn = scenario.learning_rate if isinstance(scenario.learning_rate, float) else 1.0
        rate = drawn if fit.learning_rate is None else fit.learning_rate
        return replace(
            scenario, config=self.callback.config, metrics=fit.metrics, learning_rate=rate, initial_epoch=fit.initial_epoch,
            steps_per_execution=fit.steps_per_execution, outputs=fit.outputs, existing=(),
        )  # fmt: skip


def _monitored(callback: str, config: Mapping[str, Any]) -> str:
    """The metric that the callback looks at."""
    return str(config.get("monitor", defaults(callback).get("monitor", "loss")))


def configurations(script: Script) -> tuple[Own, ...]:
    """The configurations of a script, each once, in their order."""
    found: dict[tuple[str, str], Own] = {}
    for fit in script.fits:
        for callback in fit.callbacks:
            bare = replace(fit, source="", callbacks=(), others=(), unread={})
            identity = repr((callback.callback, callback.config)), repr(bare)
            found.setdefault(identity, Own(callback=callback, fit=fit))
    return tuple(found.values())
