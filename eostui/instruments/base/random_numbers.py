"""The random numbers of an instrument, which go on where they were after a run is resumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eostui.instruments.base.instrument import State

if TYPE_CHECKING:
    import torch


class RandomNumbers:
    """A generator from a seed, on the device where it is asked for first."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._state: torch.Tensor | None = None
        self._generator: torch.Generator | None = None

    def on(self, device: torch.device | str) -> torch.Generator:
        """The generator, from one call to the next the same one."""
        import torch

        if self._generator is None:
            self._generator = torch.Generator(device).manual_seed(self._seed)
            if self._state is not None:
                self._generator.set_state(self._state)
        return self._generator

    def state_dict(self) -> State:
        """Where the generator is; None before it was asked for."""
        return {"generator": self._state if self._generator is None else self._generator.get_state()}

    def load_state_dict(self, state: State) -> None:
        """Go on from there."""
        self._generator, self._state = None, state["generator"]
