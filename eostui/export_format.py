"""The formats of `eostui export`. It imports nothing, because the command line has to know them at once."""

from __future__ import annotations

from enum import StrEnum


class ExportFormat(StrEnum):
    """What other programs read."""

    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"
    NPZ = "npz"
