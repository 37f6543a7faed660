"""A column as its Gaussian mean over the steps around each row."""

from __future__ import annotations

import numpy as np

from eostui.reading.series import Series
from eostui.reading.trace import Floats

REACH = 3
"""How many widths of the Gaussian a mean reaches to each side."""


class Smoothed:
    """Smoothed columns of one feed, which grow with it.

    A mean is there once all rows that it takes are: the last `REACH` widths have none. No mean changes any more.
    """

    def __init__(self) -> None:
        self._means: dict[tuple[str, str, int], Floats] = {}

    def means(self, series: Series, column: str, width: int) -> tuple[int, Floats]:
        """The number of the first row that has a mean, and the means from there on, as far as rows are visible.

        width: the standard deviation of the Gaussian, in rows.
        """
        reach = REACH * width
        key = (series.table.name, column, width)
        known = self._means.get(key, np.empty(0))
        complete = max(series.length - 2 * reach, 0)
        if complete < len(known):
            known = np.empty(0)  # the series has begun again
        if complete > len(known):
            offsets = np.arange(-reach, reach + 1)
            kernel = np.exp(-0.5 * (offsets / width) ** 2)
            rows = series.all(column)[len(known) :]
            known = np.append(known, np.convolve(rows, kernel / kernel.sum(), mode="valid"))
            self._means[key] = known
        return reach, known[: max(series.shown - 2 * reach, 0)]
