"""Traces for charts in tests."""

from __future__ import annotations

import numpy as np

from eostui.dashboard.widgets import Trace


def trace(y: object, label: str = "y", role: str = "loss", stepped: bool = False) -> Trace:
    """A trace over the steps 0, 1, …"""
    values = np.asarray(y, dtype=np.float64)
    return Trace(label, np.arange(len(values)), values, role, stepped)
