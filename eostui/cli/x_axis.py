"""What the curves of a figure are drawn over."""

from __future__ import annotations

from enum import StrEnum


class XAxis(StrEnum):
    """What there is to choose from, as it is typed."""

    STEP = "step"
    TIME = "time"
    ETA_STEP = "eta-step"
