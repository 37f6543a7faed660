"""Files that are read only if their checksum is the published one."""

from __future__ import annotations

import hashlib
from pathlib import Path

from eostui.problems.errors import DataError


def read_verified(path: Path, md5: str, remedy: str) -> bytes:
    """The content of a file with the MD5 sum `md5`.

    Raises DataError where the file is missing, unreadable, or another one. `remedy` says how to get the right file.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path} is missing: {remedy}") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if found != md5:
        raise DataError(f"{path} is truncated or damaged ({len(content):,} bytes, MD5 {found}, not {md5}): {remedy}")
    return content
