"""The run that another one branched off from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from eostui.store.text import clean_text

PARENT = "parent"
"""The attribute of a run's file that names its parent."""


@dataclass(frozen=True)
class Parent:
    """A run that another one has the steps before `step` from.

    name: its directory's name at that time. created: by which it is known for certain, whatever it is called by now.
    step: the first step of the child's own.
    """

    name: str
    created: datetime
    step: int

    def to_json(self) -> str:
        """As the file has it."""
        return json.dumps({**asdict(self), "created": self.created.isoformat()})

    @classmethod
    def from_json(cls, text: str) -> Parent | None:
        """Read what `to_json` wrote; None where the text is anything else."""
        try:
            match json.loads(text):
                case {"name": str(name), "created": str(created), "step": int(step)} if not isinstance(step, bool):
                    return cls(clean_text(name, 100), datetime.fromisoformat(created).astimezone(UTC), step)
        except (ValueError, OverflowError, RecursionError):
            pass
        return None
