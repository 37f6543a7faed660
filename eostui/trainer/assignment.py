"""What a trainer process is told to do, on its standard input."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from eostui.config import RunConfig


@dataclass(frozen=True)
class Origin:
    """The run that a trainer does not begin from nothing, but has its first steps from.

    run: that run's directory; where it is the trainer's own, that run goes on. at: the step from which a run that
    branches off has its own steps; None for one that goes on. lr: another step size η for a run that goes on.
    """

    run: str
    at: int | None = None
    lr: float | None = None


@dataclass(frozen=True)
class Assignment:
    """The settings of a run, and where its first steps are from; None for a run from step 0."""

    config: RunConfig
    origin: Origin | None = None

    def to_json(self) -> str:
        """As JSON text."""
        origin = None if self.origin is None else asdict(self.origin)
        return json.dumps({"config": self.config.to_dict(), "origin": origin})

    @classmethod
    def from_json(cls, text: str) -> Assignment:
        """Read what `to_json` wrote. Raises `ConfigError` for an impossible config."""
        values = json.loads(text)
        origin = None if values["origin"] is None else Origin(**values["origin"])
        return cls(RunConfig.from_dict(values["config"]), origin)
