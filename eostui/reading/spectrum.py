"""The lines of a spectrum: one an eigenvalue, or one an eigenvector where the run knows which is which."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from eostui.reading.trace import MODES, Floats, Steps, Trace

_MOST_MODES = 20  # that have a line of their own: those seen most often

Modes = npt.NDArray[np.int64]


def numbered(label: str, number: int) -> str:
    """The name of the value with this number, from 1 on: λ₁."""
    return label + str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def lower_lines(label: str, steps: Steps, values: Floats) -> list[Trace]:
    """A line for every eigenvalue but the first of (n, k), the second one last; none for one never measured."""
    return [
        Trace(numbered(label, rank + 1), steps, values[:, rank], MODES[min(rank, len(MODES) - 1)], sparse=True)
        for rank in reversed(_measured(values))
    ]


def lines_of_modes(label: str, steps: Steps, values: Floats, modes: Modes) -> list[Trace]:
    """A line for every eigenvector with its eigenvalues below the first: it keeps its colour where two of them cross.

    values: (n, k) eigenvalues from the largest down. modes: (n, k) the number of the eigenvector of each, -1 for none.
    A line has the name of the place that it has now, and none where it has no place. What belongs to eigenvectors that
    were seen seldom is drawn faintly, by its place.
    """
    lower, which = values[:, 1:], modes[:, 1:]
    counts = np.bincount(which[which >= 0]) if which.size else np.zeros(0, np.intp)
    often = np.argsort(-counts, kind="stable")[:_MOST_MODES]
    often = often[counts[often] > 0]
    own = np.zeros(len(counts) + 1, dtype=np.bool_)  # the last one is for -1
    own[often] = True
    rest = np.where(own[which], np.nan, lower)
    seldom = [
        Trace("", steps, rest[:, place], "faint", sparse=True)
        for place in range(rest.shape[1])
        if not np.isnan(rest[:, place]).all()
    ]
    places: dict[int, int] = (
        {int(mode): place for place, mode in enumerate(modes[-1]) if mode >= 0 and place} if len(modes) else {}
    )
    last: int = values.shape[1]
    ordered: list[int] = sorted(often.tolist(), key=lambda mode: places.get(mode, last), reverse=True)
    return [*seldom, *(_line_of(label, steps, lower, which == mode, mode, places.get(mode)) for mode in ordered)]


def _line_of(
    label: str, steps: Steps, lower: Floats, there: npt.NDArray[np.bool_], mode: int, place: int | None
) -> Trace:
    values = np.fmax.reduce(np.where(there, lower, np.nan), axis=1)
    name = "" if place is None else numbered(label, place + 1)
    ink = MODES[1 + (mode - 1) % (len(MODES) - 1)]  # the first one is that of the largest eigenvalue, whichever it is
    return Trace(name, steps, values, ink, sparse=True)


def _measured(values: Floats) -> list[int]:
    """Which columns of (n, k) values, the first one aside, were ever measured."""
    if not len(values):
        return []
    there: list[int] = (np.flatnonzero(~np.isnan(values[:, 1:]).all(axis=0)) + 1).tolist()
    return there
