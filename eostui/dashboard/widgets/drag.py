"""The mouse on its way over a picture, from one step to another."""

from __future__ import annotations

from dataclasses import dataclass, replace

_LEAST_DRAG = 2  # columns: less is a click of an unsteady hand


@dataclass(frozen=True)
class Drag:
    """The mouse on its way with its left button held.

    start: the step where it began, None while none goes on. column: the cell where it began. steps: the two steps, in
    either order, once it has gone far enough. done: it has just ended, and a click is about to come of it.
    """

    start: float | None = None
    column: int = 0
    steps: tuple[float, float] | None = None
    done: bool = False

    def to(self, step: float, column: int) -> Drag:
        """The drag, gone on to a step in a column of cells."""
        far = self.steps is not None or abs(column - self.column) >= _LEAST_DRAG
        return replace(self, steps=(self.start, step)) if far and self.start is not None else self
