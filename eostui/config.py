"""What a run is: one validated, serialisable `RunConfig`.

Everything that decides the numbers of a run is in it, so the same config on the same machine gives the same numbers.
It holds plain values only and imports neither torch nor any other room, so a viewer can read it at once.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

DTYPES = ("float32", "float64")
SEARCH_DTYPES = ("auto", "float32")
PRODUCTS = ("auto", "autograd", "differences")
SCHEDULES = "constant, warmup:STEPS, step:STEPS:FACTOR, cosine:STEPS, or a list such as 0:2/50,300:2/100"
"""The forms of `--lr-schedule`; `trainer.schedule` reads them."""
_COUNTS = ("width", "depth", "steps", "batch_size", "physical_batch", "eig_samples", "threads", "checkpoint_every")


class ConfigError(ValueError):
    """A value that no run can have; the message names the flag, the value and what would be right."""


def flag(field: str) -> str:
    """The command-line flag that sets a field: `eig_every` -> `--eig-every`."""
    return "--" + field.replace("_", "-")


def parse_step_size(text: str) -> float:
    """Read a step size as a person types it: `0.02`, `2e-2` or the fraction `2/100`.

    Raises `ConfigError` for what is not a positive finite number.
    """
    numerator, slash, denominator = text.strip().partition("/")
    try:
        value = float(numerator) / float(denominator) if slash else float(numerator)
    except (ValueError, ZeroDivisionError):
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise ConfigError(not_a_step_size(text.strip()))
    return value


def not_a_step_size(given: object) -> str:
    """The error text for a value that is not a step size."""
    return f"{given!r} is not a step size: give a positive number or fraction, such as 0.02 or 2/100"


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """A run, completely: what is trained, how, for how long, and what is measured.

    Units: `lr` is η; `eig_every` and `checkpoint_every` count steps (updates); `eig_tol` is relative to |λ₁|;
    `eig_above` is relative to the threshold, `measure_share` to the wall time; `graph_memory` is in GiB. `None`
    means "as the architecture has it" for `width` and `depth`, "all examples" for `batch_size`, `physical_batch` and
    `eig_samples`, "no more than `eigs`" for `eig_above`, "there is none" for the optimizer's hyperparameters, "never"
    for the rest. Raises `ConfigError` on construction.
    """

    arch: str
    data: str
    loss: str
    lr: float
    width: int | None = None
    depth: int | None = None
    optimizer: str = "gd"
    lr_schedule: str = "constant"
    batch_size: int | None = None
    momentum: float | None = None
    beta1: float | None = None
    beta2: float | None = None
    eps: float | None = None
    weight_decay: float | None = None
    decoupled: bool = False
    centered: bool = False
    steps: int | None = None
    until_loss: float | None = None
    until_accuracy: float | None = None
    seed: int = 0
    device: str = "auto"
    dtype: str = "float32"
    physical_batch: int | None = None
    eigs: int = 3
    eig_every: int = 10
    eig_tol: float = 1e-3
    eig_above: float | None = 0.75
    eig_samples: int | None = None
    measure_share: float | None = None
    graph_memory: float = 1.0
    search_dtype: str = "auto"
    products: str = "auto"
    track: tuple[str, ...] = ("gauss-newton", "tracked")
    data_dir: str = "~/.local/share/eostui"
    threads: int | None = None
    checkpoint_every: int | None = None
    paused: bool = False

    def __post_init__(self) -> None:
        self._require(math.isfinite(self.lr) and self.lr > 0, "lr", "a positive number such as 0.02 or 2/100")
        self._require(0 < self.eig_tol < 1, "eig_tol", "a relative error between 0 and 1, such as 1e-3")
        self._require(0 <= self.graph_memory < math.inf, "graph_memory", "zero or a positive number of GiB")
        self._require_if_given("eig_above", lambda value: 0 < value < math.inf, "a share of the threshold such as 0.75")
        self._require_if_given("measure_share", lambda value: 0 < value < 1, "a share of the time such as 0.3")
        self._require(self.dtype in DTYPES, "dtype", " or ".join(DTYPES))
        self._require(self.search_dtype in SEARCH_DTYPES, "search_dtype", " or ".join(SEARCH_DTYPES))
        self._require(self.products in PRODUCTS, "products", " or ".join(PRODUCTS))
        self._require(0 <= self.seed < 2**63, "seed", "a whole number from 0 to 2^63 - 1")
        for field in ("eigs", "eig_every", *_COUNTS):
            self._require_if_given(field, lambda value: value >= 1, "a whole number of at least 1")
        for field in ("momentum", "beta1", "beta2"):
            self._require_if_given(field, lambda value: 0 <= value < 1, "a number from 0 up to, not including, 1")
        for field in ("eps", "weight_decay"):
            self._require_if_given(field, lambda value: 0 <= value < math.inf, "zero or a positive number")
        self._require_if_given("until_loss", math.isfinite, "a finite number")
        self._require_if_given("until_accuracy", lambda value: 0 < value <= 1, "a fraction above 0, such as 0.99")

    def _require_if_given(self, field: str, holds: Callable[[Any], bool], right: str) -> None:
        value = getattr(self, field)
        self._require(value is None or holds(value), field, right)

    def _require(self, holds: bool, field: str, right: str) -> None:
        if not holds:
            raise ConfigError(f"{flag(field)}: {getattr(self, field)!r} will not do; give {right}")

    def replace(self, **changes: Any) -> RunConfig:
        """A copy with some values changed, validated again."""
        return dataclasses.replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return dataclasses.asdict(self) | {"track": list(self.track)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RunConfig:
        """Read what `to_dict` wrote. Raises `ConfigError` for a missing, unknown or ill-typed value."""
        unknown = sorted(set(values) - {field.name for field in fields(cls)})
        if unknown:
            raise ConfigError(f"unknown value {unknown[0]!r} in the config; this version knows no such setting")
        try:
            return cls(**{**values, "track": tuple(values.get("track", ()))})
        except TypeError as error:
            raise ConfigError(f"the config cannot be read: {error}") from error

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
