"""The directories of compiled products: one below the system's temporary directory for each trainer that compiles.

A trainer removes its own one when it ends. One that is killed cannot: the next one does. The name says which trainer a
directory is of.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from pathlib import Path

from eostui.link.heartbeat import begun_of, here

_NAME = re.compile(r"eostui-(?P<here>[0-9a-f]{12})-(?P<pid>[0-9]{1,10})-(?P<begun>[0-9]{1,20})-\w+")


def new_directory() -> Path:
    """A new directory of this process's own. Raises OSError."""
    pid = os.getpid()
    return Path(tempfile.mkdtemp(prefix=f"eostui-{here()}-{pid}-{begun_of(pid) or 0}-"))


def remove_those_of_the_dead() -> None:
    """Remove what this user's trainers that were killed have left; those of other machines and containers stay."""
    with contextlib.suppress(OSError):
        for path in Path(tempfile.gettempdir()).glob("eostui-*"):
            found = _NAME.fullmatch(path.name)
            if found is None or found["here"] != here() or begun_of(int(found["pid"])) == int(found["begun"]):
                continue
            if path.lstat().st_uid == os.getuid() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
