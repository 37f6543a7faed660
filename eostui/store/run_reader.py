"""What every reader of a run offers, whichever file of the run it reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np

from eostui.store.events import Event
from eostui.store.parent import Parent
from eostui.store.schema import Status, Table


class RunReader(Protocol):
    """A run as it was at the last `refresh`; `RunFile` says what each of these is."""

    path: Path
    name: str
    created: datetime
    parent: Parent | None
    eostui_version: str
    config: dict[str, Any]
    environment: dict[str, Any]

    @property
    def table_names(self) -> Sequence[str]: ...

    @property
    def tables(self) -> Mapping[str, Table]: ...

    def refresh(self) -> None: ...

    def status(self) -> Status: ...

    def length(self, table: str) -> int: ...

    def read(
        self, table: str, columns: Sequence[str] | None = None, start: int = 0, stop: int | None = None
    ) -> dict[str, np.ndarray[Any, np.dtype[Any]]]: ...

    def events(self) -> list[Event]: ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...
