"""A run's settings together, and their flat form in a run's file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from eostui.config.errors import ConfigError
from eostui.config.flags import flag
from eostui.config.limits import Limits
from eostui.config.measuring import Measuring
from eostui.config.problem import ProblemSettings
from eostui.config.settings import Settings
from eostui.config.step_size import LR_TYPED, as_typed, typed_text
from eostui.config.training import Training

_Concern = TypeVar("_Concern", bound=Settings)

SETTINGS = {
    setting.name: setting for concern in (ProblemSettings, Training, Measuring, Limits) for setting in concern.settings
}
"""All settings by name, concern after concern. No two concerns have a name in common."""

KEYS = (
    *("arch", "data", "loss", "lr", "width", "depth", "optimizer", "lr_schedule", "batch_size"),
    *("momentum", "beta1", "beta2", "eps", "weight_decay", "decoupled", "centered"),
    *("steps", "until_loss", "until_accuracy", "seed", "device", "dtype", "physical_batch"),
    *("eigs", "eig_every", "eig_tol", "eig_above", "eig_samples", "measure_share", "graph_memory"),
    *("search_dtype", "products", "track", "flow", "data_dir", "threads"),
    *("checkpoint_every", "keep_checkpoints", "paused", "on_end", "requeue"),
)
"""The keys of the flat form, in the order in which a run's file has them."""


@dataclass(frozen=True)
class RunConfig:
    """A run, completely: what is trained, how, what is measured, and for how long.

    Everything that decides the numbers of a run is in it: the same config on the same machine gives the same numbers.
    """

    problem: ProblemSettings
    training: Training
    measuring: Measuring
    limits: Limits

    @classmethod
    def of(cls, **values: Any) -> RunConfig:
        """The config with these settings, whichever their concern; defaults for the others.

        Raises `ConfigError` for a missing, unknown, ill-typed or impossible value.
        """
        values = checked(values)
        for name, setting in SETTINGS.items():
            if setting.required and name not in values:
                raise ConfigError(f"{flag(name)} is missing; give {setting.right}")
        return cls(
            _made(ProblemSettings, values), _made(Training, values), _made(Measuring, values), _made(Limits, values)
        )

    def replace(self, **changes: Any) -> RunConfig:
        """A copy with some settings changed, whichever their concern, checked again."""
        return self.of(**{**self._flat(), **changes})

    def to_dict(self) -> dict[str, Any]:
        """Plain values by the names of the settings, ready for JSON."""
        flat = self._flat()
        plain = {key: list(flat[key]) if isinstance(flat[key], tuple) else flat[key] for key in KEYS}
        text = typed_text(self.training.lr)
        return {**plain, "lr": float(self.training.lr), LR_TYPED: text} if text else plain

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RunConfig:
        """Read what `to_dict` wrote. Raises `ConfigError` for a missing, unknown, ill-typed or impossible value.

        A run of a version that did not know a setting has that setting's default; without `track` it tracked nothing.
        """
        settings = {name: value for name, value in values.items() if name != LR_TYPED}
        if isinstance(settings.get("lr"), float) and not typed_text(settings["lr"]):
            settings["lr"] = as_typed(settings["lr"], values.get(LR_TYPED))
        return cls.of(**{"track": (), **settings})

    def to_json(self) -> str:
        """The config as JSON text."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_json(cls, text: str) -> RunConfig:
        """Read what `to_json` wrote. Raises `ConfigError`."""
        try:
            values = json.loads(text)
        except ValueError as error:
            raise ConfigError(f"the config is no JSON: {error}") from error
        if not isinstance(values, dict):
            raise ConfigError(f"the config is no JSON object but {type(values).__name__}")
        return cls.from_dict(values)

    def _flat(self) -> dict[str, Any]:
        concerns: tuple[Settings, ...] = (self.problem, self.training, self.measuring, self.limits)
        return {name: value for concern in concerns for name, value in vars(concern).items()}


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same values, JSON's lists as tuples. Raises `ConfigError` for an unknown setting or an ill-typed value."""
    unknown = sorted(set(values) - set(SETTINGS))
    if unknown:
        raise ConfigError(f"unknown value {unknown[0]!r} in the config; this version knows no such setting")
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    for name, value in values.items():
        SETTINGS[name].check_type(value)
    return values


def _made(concern: type[_Concern], values: Mapping[str, Any]) -> _Concern:
    return concern(**{setting.name: values[setting.name] for setting in concern.settings if setting.name in values})
