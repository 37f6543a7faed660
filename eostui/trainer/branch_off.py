"""Starting a run that branches off from another one."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eostui.config import RunConfig
from eostui.store import TRAIN, RunFile, StoreError, clean_text
from eostui.trainer.launch import Launched, launch_branch
from eostui.trainer.plan import plan_branch

UNTIL_WRITTEN = 1.0
"""Seconds after which the rows of a live run are in its file."""


def branch_off(path: Path, at: int, changes: Mapping[str, Any], *, name: str | None, runs_dir: Path) -> Launched:
    """Start a trainer of a run that has the steps before `at` from that of a file, and other settings from there on.

    changes: by the names of `config.CHANGEABLE`; None is no change. Raises `ConfigError` for settings that are
    impossible, `StoreError` for a run that has not made so many steps, and what `launch` raises.
    """
    with RunFile.open(path) as file:
        deadline = time.monotonic() + UNTIL_WRITTEN
        while at > file.length(TRAIN.name) and not file.status().ended and time.monotonic() < deadline:
            time.sleep(0.05)
            file.refresh()
        made = file.length(TRAIN.name)
        if at > made:
            raise StoreError(f"--at {at:,} is beyond the {made:,} steps of {clean_text(path.parent.name)}")
        lr = float(file.read(TRAIN.name, ["lr"], start=min(at, made - 1), stop=min(at, made - 1) + 1)["lr"][0])
        config = plan_branch(RunConfig.from_dict(file.config), changes, at=at, lr=lr)
        return launch_branch(file, at, config, name=name, runs_dir=runs_dir)
