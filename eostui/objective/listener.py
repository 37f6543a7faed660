"""The listener to the progress of passes over the examples."""

from __future__ import annotations

from collections.abc import Callable


class Listener:
    """The `on_batch` of several objectives. It calls `target`, once that is set.

    Objectives are made before the trainer that wants to hear of their passes.
    """

    def __init__(self) -> None:
        self.target: Callable[[int, int], None] | None = None

    def __call__(self, done: int, total: int) -> None:
        """Report that `done` of `total` physical batches went through the model. Raises what the target raises."""
        if self.target is not None:
            self.target(done, total)
