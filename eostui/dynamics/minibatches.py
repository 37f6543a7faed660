"""The examples that each step of minibatch training sees."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


class Minibatches:
    """Random reshuffling: every epoch visits all `examples` once, in a new order, at most `size` of them a step.

    All minibatches of an epoch have nearly equal sizes. A small remainder could be a single example, which batch norm
    cannot normalise. The order is a function of the seed and the epoch alone, so a run can be resumed at any step.
    """

    def __init__(self, examples: int, size: int, *, seed: int, device: torch.device) -> None:
        self._examples = examples
        self._seed = seed
        self._device = device
        self._steps_an_epoch = -(-examples // size)
        self._epoch = -1
        self._order = torch.empty(0, dtype=torch.int64)

    def at(self, step: int) -> Tensor:
        """The numbers of the examples that update `step` sees, (size,) or a few fewer, int64, on the device."""
        epoch, place = divmod(step, self._steps_an_epoch)
        if epoch != self._epoch:
            order = np.random.default_rng([self._seed, epoch]).permutation(self._examples)
            self._order = torch.from_numpy(order).to(self._device)
            self._epoch = epoch
        size, larger = divmod(self._examples, self._steps_an_epoch)
        start = place * size + min(place, larger)
        return self._order[start : start + size + (place < larger)]
