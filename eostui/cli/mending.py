"""Which errors whoever called can mend; every other one is a mistake in this program."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import eostui
from eostui.config import ConfigError

_SHORT = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EFBIG,
        errno.EROFS,
        errno.EIO,
        errno.ENOMEM,
        errno.EAGAIN,
        errno.EMFILE,
        errno.ENFILE,
    }
)
"""What a disk, a terminal or the machine lacks, whichever file is being worked on."""


def to_mend(error: Exception) -> str | None:
    """What there is to mend; None for a mistake in this program, whose traceback somebody has to see.

    An `OSError` is a user's to mend where it names a file, other than one of this package, or where the machine is
    short of something. One that says neither, such as a descriptor that was closed twice, or one that a library raises
    in words of its own, would send them looking for a mistake that they have not made.
    """
    from eostui.link.address import LinkError
    from eostui.store import StoreError

    if isinstance(error, (ConfigError, StoreError, LinkError)):
        return str(error)
    if not isinstance(error, OSError):
        return None
    if error.errno in _SHORT or _names_a_users_file(error):
        return str(error)
    if error.errno == errno.ENOENT and _is_working_directory_gone():
        return "the working directory has been removed: change to another one"
    return None


def _names_a_users_file(error: OSError) -> bool:
    name = error.filename
    if not isinstance(name, (str, bytes)):  # a number is a descriptor
        return False
    return not Path(os.fsdecode(name)).is_relative_to(Path(eostui.__file__).parent)


def _is_working_directory_gone() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False
