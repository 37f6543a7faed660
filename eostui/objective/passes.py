"""What surrounds a pass through a network, so that the loss is a function of θ and a pass leaves no trace."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.backends import cuda


@dataclass
class Draws:
    """Where the random numbers in a network come from: the run's seed and the step, the same for all passes of a step.

    `everywhere` seeds Python's and numpy's generators, too, for a network that draws from them; that takes a fifth of a
    millisecond a pass.
    """

    seed: int = 0
    step: int = 0
    everywhere: bool = False

    def of_batch(self, device: torch.device, index: int) -> AbstractContextManager[None]:
        """Random numbers in here are those of a physical batch; the ones outside go on as if nothing had been drawn."""
        # torch's generator on the CPU takes 32 bits of a seed.
        seed = zlib.crc32(f"{self.seed} {self.step} {index}".encode())
        return _seeded(device, seed, everywhere=self.everywhere)


@contextmanager
def _seeded(device: torch.device, seed: int, *, everywhere: bool) -> Iterator[None]:
    # torch.random.fork_rng seeds every backend there is, which costs more than a small network's whole pass.
    generators = [torch.default_generator]
    if device.type == "cuda":
        generators.append(torch.cuda.default_generators[device.index or 0])
    states = [generator.get_state() for generator in generators]
    # Users' code draws from numpy's old generator, if from any.
    others = (random.getstate(), np.random.get_state()) if everywhere else None  # noqa: NPY002
    try:
        for generator in generators:
            generator.manual_seed(seed)
        if everywhere:
            random.seed(seed)
            np.random.seed(seed)  # noqa: NPY002
        yield
    finally:
        for generator, state in zip(generators, states, strict=True):
            generator.set_state(state)
        if others is not None:
            random.setstate(others[0])
            np.random.set_state(others[1])  # noqa: NPY002


class Buffers:
    """The buffers of a module, such as running statistics, kept out of the way of a pass or advanced by it."""

    def __init__(self, model: nn.Module) -> None:
        # TorchScript's modules keep theirs out of reach; what is in them is advanced by every pass.
        self._owners = [
            (module, name)
            for module in model.modules()
            if not isinstance(module, torch.jit.ScriptModule)
            for name, buffer in module._buffers.items()
            if buffer is not None
        ]

    def pass_over(self, *, advance: bool) -> AbstractContextManager[None]:
        """In here the module has copies of its buffers; afterwards the buffers have what became of them, or nothing."""
        return self._swapped(advance=advance) if self._owners else nullcontext()

    @contextmanager
    def _swapped(self, *, advance: bool) -> Iterator[None]:
        # Copies, because a graph that is kept holds on to the buffers that it has met.
        copies: dict[int, Tensor] = {}
        own = [module._buffers[name] for module, name in self._owners]
        for (module, name), buffer in zip(self._owners, own, strict=True):
            if buffer is not None:
                module._buffers[name] = copies.setdefault(id(buffer), buffer.clone())
        finished = False
        try:
            yield
            finished = True
        finally:
            for (module, name), buffer in zip(self._owners, own, strict=True):
                after, module._buffers[name] = module._buffers[name], buffer
                if not (advance and finished) or buffer is None or after is None:
                    continue
                if buffer.shape == after.shape:
                    buffer.data.copy_(after.detach())
                else:
                    module._buffers[name] = after.detach()


class TwiceDifferentiable:
    """In here `scaled_dot_product_attention` takes the one kernel that has a second derivative.

    So do all passes, measured or not: kernels differ in the last digits, and training must not depend on measuring.
    `torch.nn.attention.sdpa_kernel` does the same and takes twenty times as long, which a small network would feel.
    """

    _SWITCHES: tuple[tuple[Callable[[], bool], Callable[[bool], None]], ...] = (
        (cuda.flash_sdp_enabled, cuda.enable_flash_sdp),
        (cuda.mem_efficient_sdp_enabled, cuda.enable_mem_efficient_sdp),
        (cuda.cudnn_sdp_enabled, cuda.enable_cudnn_sdp),
    )

    def __init__(self) -> None:
        self._restore: list[Callable[[bool], None]] = []

    def __enter__(self) -> None:
        for is_on, switch in self._SWITCHES:
            if is_on():
                switch(False)
                self._restore.append(switch)

    def __exit__(self, *_: object) -> None:
        while self._restore:
            self._restore.pop()(True)


@contextmanager
def in_mode(model: nn.Module, *, training: bool) -> Iterator[None]:
    """The module and all in it in training or evaluation mode; afterwards each in its own again."""
    modes = [(module, module.training) for module in model.modules()]
    model.train(training)
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
