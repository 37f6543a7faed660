"""What a run is: one validated, serialisable `RunConfig`, its settings by concern.

A setting is one field of `ProblemSettings`, `Training`, `Measuring` or `Limits`, and says all about itself there: its
type, its default, which values it takes, and what the help of `eostui run` says of its flag. Flags, checks and the JSON
of a run's file are made from that. Settings are plain values, and nothing here imports torch or any other room, so a
viewer can read a config at once.
"""

from eostui.config.changeable import CHANGEABLE
from eostui.config.errors import ConfigError
from eostui.config.flags import Flag, Panel, flag
from eostui.config.interval import interval_seconds
from eostui.config.limits import Limits
from eostui.config.measuring import Measuring
from eostui.config.problem import ProblemSettings
from eostui.config.run_config import SETTINGS, RunConfig, checked
from eostui.config.settings import Setting
from eostui.config.step_size import (
    LR_TYPED,
    as_typed,
    cannot_be_held,
    not_a_step_size,
    parse_step_size,
    typed_in,
    typed_text,
)
from eostui.config.training import HYPERPARAMETERS, SCHEDULES, Training

__all__ = [
    "CHANGEABLE",
    "HYPERPARAMETERS",
    "LR_TYPED",
    "SCHEDULES",
    "SETTINGS",
    "ConfigError",
    "Flag",
    "Limits",
    "Measuring",
    "Panel",
    "ProblemSettings",
    "RunConfig",
    "Setting",
    "Training",
    "as_typed",
    "cannot_be_held",
    "checked",
    "flag",
    "interval_seconds",
    "not_a_step_size",
    "parse_step_size",
    "typed_in",
    "typed_text",
]
