"""The free memory of a device."""

from __future__ import annotations

from pathlib import Path

import psutil
import torch

_CONTAINER_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""The files with the memory limit of a Linux container, in versions 2 and 1 of control groups."""


def available_memory(device: torch.device) -> int | None:
    """Bytes that are free on `device`; None where that is unknown."""
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
