"""`eostui export`: a run's tables for other programs."""

from __future__ import annotations


def export() -> None:
    """x"""
