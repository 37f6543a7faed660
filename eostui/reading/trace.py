"""What a chart is given to draw: traces and marks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64] | npt.NDArray[np.float64]

MODES = tuple(f"mode-{number}" for number in range(1, 11))
"""The inks of eigenvalues, of the first one or the first mode and so on."""
PREVIEW = "preview"
"""The ink of a threshold that is only proposed."""


@dataclass(frozen=True, eq=False)
class Trace:
    """One series over the step.

    Raises:
        ValueError: `x` and `y` are not two equally long one-dimensional arrays.
    """

    label: str
    """Name in the legend; a trace without one is drawn but not listed."""
    x: Steps
    """(n,) steps, nondecreasing."""
    y: Floats
    """(n,) values; NaN and ±Inf are drawn as gaps with a mark."""
    ink: str
    """What it is drawn with, by name: "loss" is the component class `chart--loss` of the chart."""
    stepped: bool = False
    """A value holds until the next sample: drawn as a staircase, which is dashed unless it is a reference."""
    reference: bool = False
    """A line to compare the others with: no curve hides it, and it may run out of the chart where it is far above them,
    or infinite."""
    points: bool = False
    """Each sample is a point of its own, joined to no other: a tick below the plot, where its value is not drawn."""
    sparse: bool = False
    """NaN is where nothing was to be measured: no line there, and no mark."""
    brief: str = ""
    """Name in the legend where there is no room for that of every trace."""

    def __post_init__(self) -> None:
        if self.x.ndim != 1 or self.x.shape != self.y.shape:
            raise ValueError(
                f"trace {self.label!r} has x of shape {self.x.shape} and y of shape {self.y.shape}: "
                "give two arrays of one dimension and the same length"
            )

    def value_at(self, step: float) -> float | None:
        """The value of the last sample at or before `step`, None where there is none."""
        index = int(np.searchsorted(self.x, self.x.dtype.type(np.floor(step)), side="right")) - 1
        return float(self.y[index]) if index >= 0 else None


@dataclass(frozen=True)
class Mark:
    """An event, drawn as a thin vertical line: a changed step size, a pause."""

    x: float
    """The step at which it happened."""
    label: str
    """What happened, told when the cursor is on it."""
    glyph: str = "▾"
    """One character at the top of the line."""
    ink: str = "mark"
    """What its glyph and its label are drawn with, like a trace."""
    weight: int = 0
    """Of the marks in one column the heaviest is drawn; one of more than 0 has its label beside its line."""
