"""What is wrong with a setting."""

from __future__ import annotations


class ConfigError(ValueError):
    """A value that no run can have; the message names the flag, the value and what would be right."""
