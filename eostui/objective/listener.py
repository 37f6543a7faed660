"""Who is told how far passes over the examples are."""

from __future__ import annotations

from collections.abc import Callable


class Listener:
    """The `on_batch` of several objectives: it calls `target`, once there is one.

    Objectives are made before there is anybody to tell.
    """

    def __init__(self) -> None:
        self.target: Callable[[int, int], None] | None = None

    def __call__(self, done: int, total: int) -> None:
        """`done` of `total` physical batches went through the model; raises what the target raises."""
        if self.target is not None:
            self.target(done, total)
