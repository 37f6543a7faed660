"""How much memory a device has left."""

from __future__ import annotations

from pathlib import Path

import psutil
import torch

_CONTAINER_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Where a Linux container is told what it may use, in versions 2 and 1 of control groups."""


def available_memory(device: torch.device) -> int | None:
    """Bytes that can still be had on `device`; None where nobody knows."""
    if device.type == "cuda":
        free: int = torch.cuda.mem_get_info(device)[0]
        return free
    if device.type != "cpu":
        return None
    available = int(psutil.virtual_memory().available)
    for path in _CONTAINER_LIMITS:
        try:
            available = min(available, int(path.read_text()))
        except (OSError, ValueError):
            continue  # no such group, or no limit ("max")
    return available
