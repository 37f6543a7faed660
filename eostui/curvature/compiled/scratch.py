"""Where torch's compiler and loader put their files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_VARIABLES = ("TORCHINDUCTOR_CACHE_DIR", "TMPDIR")


@contextmanager
def scratch_in(directory: Path) -> Iterator[None]:
    """Inside, torch compiles and unpacks programs below a directory, and leaves nothing of them elsewhere.

    The C++ headers that every program is compiled with stay in torch's own cache: they take as long to compile as all
    else of a small program, and are the same for the next one.
    """
    tempfile.gettempdir()  # Python looks at TMPDIR once; torch has its headers where Python has its temporary files
    before = {name: os.environ.get(name) for name in _VARIABLES}
    os.environ |= dict.fromkeys(_VARIABLES, str(directory))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
