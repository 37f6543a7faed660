"""How colours look: luminance, contrast, differences, and what a colour-blind eye makes of them."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from textual.color import Color

Vision = Literal["normal", "deuteranopia", "protanopia"]
Rgb = npt.NDArray[np.float64]
"""(3,) red, green and blue from 0 to 1."""

_SEEN: dict[Vision, npt.NDArray[np.float64]] = {
    "normal": np.eye(3),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
}
"""Machado, Oliveira and Fernandes 2009, severity 1.0, for linear RGB."""
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = _TO_XYZ.sum(axis=1)


def rgb(colour: str) -> Rgb:
    """A colour as CSS writes it."""
    return np.array(Color.parse(colour).rgb) / 255


def contrast(colour: Rgb, ground: Rgb) -> float:
    """The contrast of WCAG 2, from 1 to 21."""
    high, low = sorted((_luminance(colour), _luminance(ground)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def difference(first: Rgb, second: Rgb, vision: Vision = "normal") -> float:
    """ΔE of CIE 1976 between two colours as an eye of that kind sees them."""
    return float(np.linalg.norm(_lab(first, vision) - _lab(second, vision)))


def _luminance(colour: Rgb) -> float:
    return float(_linear(colour) @ np.array([0.2126, 0.7152, 0.0722]))


def _linear(colour: Rgb) -> Rgb:
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)


def _lab(colour: Rgb, vision: Vision) -> Rgb:
    ratio = _TO_XYZ @ np.clip(_SEEN[vision] @ _linear(colour), 0, 1) / _WHITE
    x, y, z = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])
