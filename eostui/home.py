"""`~` in paths that the shell has left as they are."""

from __future__ import annotations

import os
from pathlib import Path


def expand_home(path: str | Path) -> Path:
    """`~/net.py` as a path below the home directory, for `--arch=~/net.py` and `EOSTUI_RUNS='~/runs'`.

    A `~name` that is nobody's stays as it is, as in a shell; `Path.expanduser` would raise.
    """
    return Path(os.path.expanduser(path))  # noqa: PTH111
