"""Text from outside, made safe for a terminal."""

from __future__ import annotations

import math
import re
from typing import Any

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
"""C0 and C1 controls (an escape sequence starts with one), what breaks or reorders a line, lone surrogates."""
MAX_TEXT = 4096
"""The most characters of a text from outside that are kept."""
MAX_DEPTH = 32
"""The most lists and objects in each other in a JSON value from outside that are kept."""


def clean_text(text: object, limit: int = MAX_TEXT) -> str:
    """`text` on one line, without control characters, and at most `limit` characters long."""
    plain = _UNSAFE.sub(" ", str(text)).strip()
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"


def clean_json(value: Any, depth: int = MAX_DEPTH) -> Any:
    """A decoded JSON value with every key and string in it cleaned, and with what would trouble its reader made small.

    A whole number beyond 64 bits becomes a float, infinite if need be; what is nested deeper than `depth` is left out.
    """
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [clean_json(item, depth - 1) for item in value] if depth else []
    if isinstance(value, dict):
        return {clean_text(key): clean_json(item, depth - 1) for key, item in value.items()} if depth else {}
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 63:
        return float(value) if value.bit_length() < 1023 else math.inf if value > 0 else -math.inf
    return value
