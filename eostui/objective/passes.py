"""What surrounds a pass through a network, so that the loss is a function of θ and a pass changes nothing."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from enum import Flag, auto
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.backends import cuda


@dataclass
class Draws:
    """The seeds of the random numbers in a network. All passes of a step draw the same numbers.

    The numbers depend on the run's seed, the step and the physical batch. `everywhere` also seeds Python's and numpy's
    generators, for a network that draws from them. That takes a fifth of a millisecond a pass.
    """

    seed: int = 0
    step: int = 0
    everywhere: bool = False

    def of_batch(self, device: torch.device, index: int) -> AbstractContextManager[None]:
        """Random numbers in here are those of one physical batch. Afterwards the generators go on as if unused."""
        # torch's generator on the CPU takes 32 bits of a seed.
        seed = zlib.crc32(f"{self.seed} {self.step} {index}".encode())
        return _seeded(device, seed, everywhere=self.everywhere)


def default_generators(device: torch.device) -> list[torch.Generator]:
    """The generators that torch draws from in a pass on `device`: the CPU's, and that of a GPU.

    Raises NotImplementedError for a device whose generator is not known.
    """
    generators = [torch.default_generator]
    if device.type == "mps":
        generators.append(torch.mps._get_default_mps_generator())
    elif device.type in ("cuda", "xpu"):
        generators.append(torch.get_device_module(device).default_generators[device.index or 0])
    elif device.type != "cpu":
        raise NotImplementedError(f"eostui cannot seed the random numbers of {device.type!r} devices")
    return generators


@contextmanager
def _seeded(device: torch.device, seed: int, *, everywhere: bool) -> Iterator[None]:
    # torch.random.fork_rng seeds every backend, which costs more than a whole pass of a small network.
    generators = default_generators(device)
    states = [generator.get_state() for generator in generators]
    # Of numpy's generators, users' code draws from the old global one.
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


class DataGuard:
    """Whether a model or a loss changes its examples in place, and must get copies of them.

    `copies` says that it is known to change them. With `watch`, the number of all examples, it gets copies until all
    have gone through once. After that, it gets copies if any example was changed: code may change only a few of them.
    """

    def __init__(self, *, copies: bool = False, watch: int | None = None) -> None:
        self._known = copies
        self._watch = watch

    @property
    def changed(self) -> bool:
        """Whether examples are known to be changed."""
        return self._known

    @property
    def copies(self) -> bool:
        """Whether model and loss must get copies."""
        return self._known or self._watch is not None

    def look_at(self, given: Iterable[Tensor]) -> None:
        """Note whether a pass has changed the tensors that it was given."""
        if self._watch is not None and any(tensor._version > 0 for tensor in given):
            self._known = True

    def passed(self, examples: int) -> None:
        """Note that a pass over `examples` examples has ended."""
        if examples == self._watch:
            self._watch = None


class Moved(Flag):
    """What the forward pass of a module changes, besides its weights."""

    BUFFERS = auto()
    """Registered buffers, such as the running statistics of batch norm."""
    FROZEN = auto()
    """Parameters without `requires_grad`, such as those of a teacher that follows its student."""
    ATTRIBUTES = auto()
    """Plain tensors, numbers and flags that are attributes, such as a count of calls."""

    ALL = BUFFERS | FROZEN | ATTRIBUTES


class ModuleState:
    """The state that a pass changes in a module. A pass can advance the state or leave it as it was.

    The state of TorchScript's modules is out of reach: every pass advances it.
    """

    def __init__(self, model: nn.Module, moved: Moved = Moved.BUFFERS) -> None:
        self._places: list[tuple[dict[str, Any], str]] = []
        for module in model.modules():
            if isinstance(module, torch.jit.ScriptModule):
                continue
            if Moved.BUFFERS in moved:
                self._places += [
                    (module._buffers, name) for name, value in module._buffers.items() if value is not None
                ]
            if Moved.FROZEN in moved:
                frozen = [name for name, p in module._parameters.items() if p is not None and not p.requires_grad]
                self._places += [(module._parameters, name) for name in frozen]
            if Moved.ATTRIBUTES in moved:
                plain = [name for name, value in vars(module).items() if _is_plain(name, value)]
                self._places += [(vars(module), name) for name in plain]

    def pass_over(self, *, advance: bool) -> AbstractContextManager[None]:
        """In here the module has copies of its state. With `advance` the changed copies become the state afterwards."""
        return self._swapped(advance=advance) if self._places else nullcontext()

    @contextmanager
    def _swapped(self, *, advance: bool) -> Iterator[None]:
        # The pass gets copies, because a graph that is kept holds the tensors of its pass.
        copies: dict[int, Any] = {}
        own = [place[name] for place, name in self._places]
        for (place, name), value in zip(self._places, own, strict=True):
            if id(value) not in copies:
                copies[id(value)] = _copied(value)
            place[name] = copies[id(value)]
        finished = False
        try:
            yield
            finished = True
        finally:
            for (place, name), value in zip(self._places, own, strict=True):
                after, place[name] = place.get(name), value
                if advance and finished:
                    place[name] = _advanced(value, after)

    def changed(self, before: list[Any]) -> bool:
        """Whether the state differs from `before`, which `copied` gave."""
        return not all(_same(now, then) for now, then in zip(self.copied(), before, strict=True))

    def copied(self) -> list[Any]:
        """A copy of the state, for `changed` and `restore`."""
        return [_copied(place.get(name)) for place, name in self._places]

    def restore(self, before: list[Any]) -> None:
        """Set the state back to `before`, which `copied` gave. The tensors stay the same objects."""
        for (place, name), then in zip(self._places, before, strict=True):
            place[name] = _advanced(place.get(name), then)


def _is_plain(name: str, value: Any) -> bool:
    if isinstance(value, bool | int | float):
        return name != "training"
    return type(value) is Tensor and not value.requires_grad


def _copied(value: Any) -> Any:
    if isinstance(value, nn.Parameter):
        return nn.Parameter(value.detach().clone(), requires_grad=value.requires_grad)
    return value.detach().clone() if isinstance(value, Tensor) else value


def _advanced(own: Any, after: Any) -> Any:
    """The new value of a place that holds `own` and is to have the value `after`: the same tensor if it can hold it."""
    if isinstance(own, Tensor) and isinstance(after, Tensor) and own.shape == after.shape and own.dtype == after.dtype:
        own.data.copy_(after.detach())
        return own
    return after.detach() if isinstance(after, Tensor) and not isinstance(after, nn.Parameter) else after


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return same(one, other)
    return bool(one == other or (one != one and other != other))  # NaN counts as equal to NaN


def same(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors are equal, with NaN equal to itself."""
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    return torch.equal(one, other) or torch.allclose(one, other, rtol=0.0, atol=0.0, equal_nan=True)


class TwiceDifferentiable:
    """In here `scaled_dot_product_attention` takes the one kernel that has a second derivative.

    All passes are in here, those of the training, too: kernels differ in the last digits, and training must not depend
    on measuring. `torch.nn.attention.sdpa_kernel` does the same but takes twenty times as long, which would slow down
    a small network.
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
    """In here the module and its submodules are in training or evaluation mode; afterwards each has its own again."""
    modes = [(module, module.training) for module in model.modules()]
    model.train(training)
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
