"""Whether others can follow a growing HDF5 file on a file system."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

NETWORK = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "coda", "9p", "virtiofs", "fuse.sshfs", "fuse.rclone")
)
"""Types of file systems that show what one machine writes to another one in another order, or in parts.

HDF5's documentation asks for POSIX's order of writes, which NFS and SMB have not. Those of
clusters that keep it (Lustre, GPFS, CephFS, BeeGFS) are not among them.
"""
_ESCAPED = re.compile(r"\\([0-7]{3})")


def network_file_system(path: Path) -> str:
    """The type of the network file system that a directory is on; empty where it is on none, or nobody says."""
    kind = _type_of(path.resolve())
    return kind if kind in NETWORK else ""


def _type_of(path: Path) -> str:
    """The type of the file system with the longest mount point above a path; of several there, the last one."""
    best, kind = -1, ""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/self/mountinfo").read_text(errors="surrogateescape").splitlines():
            before, _, after = line.partition(" - ")
            point = Path(_ESCAPED.sub(lambda match: chr(int(match[1], 8)), before.split()[4]))
            if path.is_relative_to(point) and len(point.parts) >= best:
                best, kind = len(point.parts), after.split()[0]
    return kind
