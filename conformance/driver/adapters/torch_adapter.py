"""PyTorch's ReduceLROnPlateau on a real optimizer: `step` is called with the metric at the end of every epoch.

Literal: the numbers of a Keras configuration under torch's names, as somebody hands them over who ports one; min_delta is its
threshold, relative as it is there by default. Translated: what they mean in Keras's documentation. patience is one less, since
torch reduces after more than patience epochs; the threshold is absolute; and every change of the rate is made.
"""

from typing import Any, Callable, Dict

import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau

from ..domain import Domain, renamed
from ..protocol import Capabilities, Observation, Unavailable
from ..scenario import Scenario
from ..values import unsigned_zero
from .shared import MODES, Adapter

_CAPABILITIES = Capabilities(
    callbacks={"ReduceLROnPlateau"},
    parameters={"ReduceLROnPlateau": ("monitor", "factor", "patience", "mode", "min_delta", "cooldown", "min_lr")},
    observables={"stop", "learning_rate", "learning_rate_in_epoch"},
    domain=Domain(
        accepts={"mode": MODES},
        kinds={
            "monitor": "text", "patience": "whole", "cooldown": "whole", "factor": "number", "min_delta": "number",
            "min_lr": "number",
        },
        every_epoch=True, numbers=True, stored_as="float64",
    ),
)  # fmt: skip


def _literal(config: Dict[str, Any]) -> Dict[str, Any]:
    return renamed(config, "mode", "factor", "patience", "cooldown", "min_lr", min_delta="threshold")


def _translated(config: Dict[str, Any]) -> Dict[str, Any]:
    patience = max(config["patience"] - 1, 0)
    return dict(_literal(config), patience=patience, threshold=abs(config["min_delta"]), threshold_mode="abs", eps=0.0)


MAPPINGS: Dict[str, Callable[[Dict[str, Any]], Dict[str, Any]]] = {"hooks": _literal, "translated": _translated}
"""From a Keras configuration to torch's, by the way of driving."""


class _Run:
    """A scheduler, and the optimizer whose rate it sets."""

    def __init__(self, mapping: Callable[..., Dict[str, Any]], config: Dict[str, Any], scenario: Scenario) -> None:
        self.scenario = scenario
        self.monitor = config["monitor"]
        optimizer = _optimizer()
        self.group = optimizer.param_groups[0]
        self.set_rate(scenario.learning_rate)
        self.scheduler = ReduceLROnPlateau(optimizer, **mapping(config))
        self.stop = False

    def fit_begin(self, fit: int) -> None:
        self.stop = False
        rate = self.scenario.fits[fit].learning_rate
        if rate is not None:
            self.set_rate(rate)

    def epoch_end(self, epoch: int, logs: Dict[str, Any]) -> None:
        self.scheduler.step(logs[self.monitor])

    def set_rate(self, rate: float) -> None:
        self.group["lr"] = unsigned_zero(rate)

    def set_stop(self) -> None:
        self.stop = True

    def observe(self) -> Observation:
        return Observation(stop=self.stop, learning_rate=unsigned_zero(float(self.group["lr"])))


def _optimizer() -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)


def subject(way: str) -> Adapter:
    if way not in MAPPINGS:
        raise Unavailable(f"torch is driven as it is, or translated; there is no way {way}")
    _optimizer()  # the first one imports half of torch, which is nobody's answer
    name = f"torch {torch.__version__} ReduceLROnPlateau" + ("" if way == "hooks" else " (translated)")

    def make(config: Dict[str, Any], scenario: Scenario) -> _Run:
        return _Run(MAPPINGS[way], config, scenario)

    return Adapter(name, _CAPABILITIES, make, "torch" if way == "hooks" else "torch-translated")
