"""The random numbers of an instrument. In a resumed run they go on where they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eostui.instruments.base.instrument import State

if TYPE_CHECKING:
    import torch


class RandomNumbers:
    """A generator from a seed, on the device of the first request."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._state: torch.Tensor | None = None
        self._generator: torch.Generator | None = None

    def on(self, device: torch.device | str) -> torch.Generator:
        """The generator; the same object at every call."""
        import torch

        if self._generator is None:
            self._generator = torch.Generator(device).manual_seed(self._seed)
            if self._state is not None:
                self._generator.set_state(self._state)
        return self._generator

    def state_dict(self) -> State:
        """The state of the generator; None before the first request."""
        return {"generator": self._state if self._generator is None else self._generator.get_state()}

    def load_state_dict(self, state: State) -> None:
        """Go on from there."""
        self._generator, self._state = None, state["generator"]
