"""Networks that reach their weights by other ways than their modules, as people's own code does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize
from torch.utils.checkpoint import checkpoint, checkpoint_sequential


class Checkpointed(nn.Module):
    """Repeats parts of its forward pass during the backward pass, one of them within another."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 5), nn.Linear(5, 5)
        self.head = nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 2))

    def forward(self, x: Tensor) -> Tensor:
        def inner(h: Tensor) -> Tensor:
            return torch.tanh(self.second(h))

        def outer(x: Tensor) -> Tensor:
            return checkpoint(inner, torch.tanh(self.first(x)), use_reentrant=False)

        h = checkpoint(outer, x, use_reentrant=False)
        outputs: Tensor = checkpoint_sequential(self.head, 2, h, use_reentrant=False)
        return outputs


class Listed(nn.Module):
    """Keeps a list of its weights, and a view of one, for a penalty."""

    def __init__(self) -> None:
        super().__init__()
        first, last = nn.Linear(4, 5), nn.Linear(5, 2)
        self.net = nn.Sequential(first, nn.Tanh(), last)
        self.penalized = [p for p in self.net.parameters() if p.ndim > 1]
        self.row = first.weight.view(-1)[:3]
        self.constant = last.weight.detach()[0]

    def forward(self, x: Tensor) -> Tensor:
        penalty = sum((w.square().square().sum() for w in self.penalized), self.row.sin().sum())
        outputs: Tensor = self.net(x) * (1 + 0.1 * penalty) + self.constant.square().sum()
        return outputs


class Hooked(nn.Module):
    """A hook puts another weight together before every call."""

    weight: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.low, self.high = nn.Parameter(torch.randn(2, 3) / 2), nn.Parameter(torch.randn(3, 4) / 2)
        self.bias = nn.Parameter(torch.zeros(2))
        self.register_forward_pre_hook(lambda module, _: setattr(module, "weight", torch.tanh(self.low @ self.high)))

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight.T + self.bias


class Tied(nn.Module):
    """One matrix encodes, and, turned over, decodes."""

    def __init__(self) -> None:
        super().__init__()
        self.encode, self.mix, self.decode = nn.Linear(4, 4, bias=False), nn.Linear(4, 4), nn.Linear(4, 4, bias=False)
        self.decode.weight = self.encode.weight

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.decode(torch.tanh(self.mix(self.encode(x))))[:, :2]
        return outputs


class Spectral(nn.Module):
    """Complex weights on the frequencies of its input, and a complex buffer."""

    shift: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.filter = nn.Parameter(0.3 * torch.randn(3, dtype=torch.cdouble))
        self.register_buffer("shift", torch.exp(1j * torch.arange(3, dtype=torch.float64)))
        self.head = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.head(torch.tanh(torch.fft.irfft(torch.fft.rfft(x) * self.filter * self.shift, n=4)))
        return outputs


class Halved(nn.Module):
    """The parametrization of a weight of its own."""

    def forward(self, weight: Tensor) -> Tensor:
        return weight.tril() + weight.triu(1).sin() / 2


def parametrized() -> nn.Module:
    square = nn.Linear(4, 4)
    parametrize.register_parametrization(square, "weight", Halved())
    return nn.Sequential(square, nn.Tanh(), parametrizations.orthogonal(nn.Linear(4, 2)))


def normalized() -> nn.Module:
    """Spectral norms, by the parametrization and by the older hook, whose power iteration lives in buffers."""
    first, second = parametrizations.spectral_norm(nn.Linear(4, 5)), nn.utils.spectral_norm(nn.Linear(5, 2))
    return nn.Sequential(first, nn.Tanh(), second)


def squared_error(_: nn.Module) -> Callable[[Any, Tensor], Tensor]:
    return lambda out, y: (out - y).square().mean()


@dataclass(frozen=True)
class Hidden:
    """A network whose weights are reached by another way; `loss` may be another way to them."""

    name: str
    build: Callable[[], nn.Module]
    loss: Callable[[nn.Module], Callable[[Any, Tensor], Tensor]] = squared_error

    def made(self) -> tuple[nn.Module, Callable[[Any, Tensor], Tensor], Tensor, Tensor]:
        """Model, loss, inputs (8, 4) and targets (8, 2), in float64."""
        torch.manual_seed(0)
        torch.set_default_dtype(torch.float64)
        try:
            model = self.build()
            x, y = torch.randn(8, 4), torch.randn(8, 2)
        finally:
            torch.set_default_dtype(torch.float32)
        return model, self.loss(model), x, y


def _held(model: nn.Module) -> Callable[[Any, Tensor], Tensor]:
    """A loss that holds the model, for a penalty of its own."""
    weights = dict(model.named_parameters())
    return lambda out, y: (out - y).square().mean() + 0.1 * sum(w.sin().sum() for w in weights.values())


HIDDEN = [
    Hidden("checkpointed", Checkpointed),
    Hidden("listed", Listed),
    Hidden("held-by-the-loss", lambda: nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2)), _held),
    Hidden("hooked", Hooked),
    Hidden("tied", Tied),
    Hidden("complex", Spectral),
    Hidden("parametrized", parametrized),
    Hidden("normalized", normalized),
    Hidden("data-parallel", lambda: nn.DataParallel(nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2)))),
]
