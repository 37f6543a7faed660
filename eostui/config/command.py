"""The command line that repeats a run."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Iterator
from typing import Any

from eostui.config.flags import flag
from eostui.config.run_config import KEYS, SETTINGS, RunConfig
from eostui.config.settings import Setting
from eostui.config.step_size import typed_text

_NUMERATORS = (2, 1, 3)  # η is mostly 2/threshold
_DEMONSTRATION = ("fc-tanh", "digits")
"""What is trained where neither --arch nor --data is given; curvature is then measured on all examples, which no flag
can say for an architecture that measures it on some."""
_ALWAYS = ("arch", "data", "loss", "lr", "eig_every", "track")
"""Said whatever they are: their defaults depend on the others."""


def command_line(config: RunConfig) -> str:
    """`eostui run …` with every flag that the config needs, quoted for a shell: parsing it gives the same config.

    A step size that a schedule says is left to the schedule.
    """
    values = config.to_dict()
    words = ["eostui", "run"]
    for name in KEYS:
        if not _goes_without_saying(name, config):
            words += _flag(SETTINGS[name], values[name])
    return shlex.join(words)


def _goes_without_saying(name: str, config: RunConfig) -> bool:
    """Whether a setting is as it is because of another one."""
    problem, training = config.problem, config.training
    if name in ("arch", "data"):
        return (problem.arch, problem.data) == _DEMONSTRATION and config.measuring.eig_samples is None
    if name == "lr":
        return re.match(r"\d+:", training.lr_schedule) is not None
    return name == "weight_decay" and not training.weight_decay and training.optimizer != "adamw"


def step_size_text(lr: float) -> str:
    """η as it was typed, or else as somebody would type it: 2/12 rather than 0.16666666666666666."""
    if text := typed_text(lr):
        return text
    shortest = repr(float(lr))
    for numerator in _NUMERATORS:
        denominator = round(numerator / lr) if 0 < numerator / lr < 1e6 else 0
        if denominator and numerator / denominator == lr and len(f"{numerator}/{denominator}") < len(shortest):
            return f"{numerator}/{denominator}"
    return shortest


def _flag(setting: Setting, value: Any) -> Iterator[str]:
    if value is None and setting.name == "eig_above":
        value = math.inf  # which JSON cannot say
    default = list(setting.default) if isinstance(setting.default, tuple) else setting.default
    if value is None or (value == default and setting.name not in _ALWAYS):
        return
    yield flag(setting.name)
    if isinstance(value, list):
        yield ",".join(value) or "none"
    elif setting.name == "lr":
        yield step_size_text(value)
    elif not isinstance(value, bool):
        yield str(value)
