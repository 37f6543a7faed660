"""What a trainer process is told to do, on its standard input."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from eostui.config import RunConfig, parse_step_size, typed_text


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
    """The settings of a run, and where its first steps are from; None for a run from step 0.

    trouble: what is out of the ordinary about its socket and its file system, in words. plain_rows: whether rows go
    into a plain file, too.
    """

    config: RunConfig
    origin: Origin | None = None
    trouble: str = ""
    plain_rows: bool = False

    def to_json(self) -> str:
        """As JSON text."""
        origin = None if self.origin is None else asdict(self.origin)
        if origin is not None and origin["lr"] is not None:
            origin["lr"] = typed_text(origin["lr"]) or origin["lr"]
        rest = {"trouble": self.trouble, "plain_rows": self.plain_rows}
        return json.dumps({"config": self.config.to_dict(), "origin": origin, **rest})

    @classmethod
    def from_json(cls, text: str) -> Assignment:
        """Read what `to_json` wrote. Raises `ConfigError` for an impossible config."""
        values = json.loads(text)
        origin = values["origin"]
        if origin is not None:
            lr = origin.pop("lr")
            origin = Origin(**origin, lr=parse_step_size(lr) if isinstance(lr, str) else lr)
        return cls(RunConfig.from_dict(values["config"]), origin, values["trouble"], values["plain_rows"])
