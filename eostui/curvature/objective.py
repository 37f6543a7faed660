"""The training loss as a function of one flat parameter vector.

    L(θ) = (1/n) Σᵢ ℓ(f(xᵢ; θ), yᵢ),        θ ∈ R^size,  i = 1 … n

Every sum over training examples in eostui, be it the loss, its gradient or a curvature product, is an
`Objective.mean`: the one place that splits the data into physical batches and the one to spread over devices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

Loss = Callable[[Any, Tensor], Tensor]
"""A mean loss: f(outputs, targets) -> 0-d tensor, the mean over the examples it was given."""


@dataclass(frozen=True)
class Evaluation:
    """The objective at one point; everything stays on the device, nothing waits for it.

    loss: 0-d. accuracy: 0-d, fraction of examples in [0, 1], NaN where there are no classes.
    gradient: ∇L(θ), (size,), or None where it was not asked for.
    """

    loss: Tensor
    accuracy: Tensor
    gradient: Tensor | None = None


@dataclass(frozen=True)
class Batch:
    """One physical batch: `index` of it, its examples, and its share `weight` of all of them."""

    index: int
    inputs: Tensor
    targets: Tensor
    weight: float


class Objective:
    """L(θ) of `model` on `inputs` (n, …) and `targets` (n, …), at any flat θ, leaving the model untouched.

    θ holds the trainable parameters (`requires_grad`) in the order of `model.named_parameters()`. At most
    `physical_batch` examples (default: all) go through the model at once, in the model's present mode; a batch
    norm in training mode therefore sees one physical batch at a time ("ghost batches", Cohen et al. 2021).

    L is a function: passes do not advance the model's buffers, and random draws in the model (dropout) are the
    same in every pass. `on_batch(done, total)` is called before every physical batch of every pass and may raise
    to abandon it.

    Raises ValueError for no examples, unequal numbers of inputs and targets, a physical batch below 1 or a model
    without trainable parameters, and TypeError for trainable parameters that do not share one device and dtype.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: Loss,
        inputs: Tensor,
        targets: Tensor,
        *,
        physical_batch: int | None = None,
        on_batch: Callable[[int, int], None] | None = None,
    ) -> None:
        parameters = {name: p for name, p in model.named_parameters() if p.requires_grad}
        if not parameters:
            raise ValueError("the model has no trainable parameters: give it some with requires_grad=True")
        kinds = {(p.device, p.dtype) for p in parameters.values()}
        if len(kinds) > 1:
            found = ", ".join(sorted(f"{dtype} on {device}" for device, dtype in kinds))
            raise TypeError(f"trainable parameters must share one device and dtype, not {found}: use model.to(…)")
        if len(inputs) != len(targets):
            raise ValueError(f"{len(inputs)} inputs but {len(targets)} targets: give one target for each input")
        if len(inputs) == 0:
            raise ValueError("the objective needs at least one example, got 0")
        if physical_batch is not None and physical_batch < 1:
            raise ValueError(f"physical_batch must be at least 1, not {physical_batch}")
        self.model = model
        self.loss = loss
        self.inputs = inputs
        self.targets = targets
        self.physical_batch = min(physical_batch or len(inputs), len(inputs))
        self.on_batch = on_batch
        ((self.device, self.dtype),) = kinds
        self._parameters = parameters
        self._sizes = [p.numel() for p in parameters.values()]

    @property
    def size(self) -> int:
        """Number of trainable parameters."""
        return sum(self._sizes)

    @property
    def examples(self) -> int:
        """Number n of training examples."""
        return len(self.inputs)

    @property
    def batches(self) -> int:
        """Number of physical batches in one pass over the examples."""
        return -(-self.examples // self.physical_batch)

    def subset(self, examples: int) -> Objective:
        """The same objective on the first `examples` examples only (all of them where there are fewer)."""
        return Objective(
            self.model,
            self.loss,
            self.inputs[:examples],
            self.targets[:examples],
            physical_batch=self.physical_batch,
            on_batch=self.on_batch,
        )

    def parameters(self) -> Tensor:
        """A flat copy (size,) of the model's present trainable parameters."""
        return flatten([p.detach() for p in self._parameters.values()])

    def state_dict(self, theta: Tensor) -> dict[str, Tensor]:
        """The module's state_dict at θ: parameters and buffers, as detached copies."""
        at_theta = dict(zip(map(id, self._parameters.values()), self.split(theta), strict=True))
        # By identity, not by name: a tied parameter appears in a state_dict under each of its names.
        present = self.model.state_dict(keep_vars=True)
        return {name: at_theta.get(id(value), value).detach().clone() for name, value in present.items()}

    def evaluate(self, theta: Tensor) -> Evaluation:
        """L(θ) and the accuracy, without a gradient."""

        def values(batch: Batch) -> tuple[Tensor, Tensor]:
            outputs = self.outputs(self.split(theta), batch)
            return self.batch_loss(outputs, batch), accuracy(outputs, batch.targets)

        with torch.no_grad():
            return Evaluation(*self.mean(values))

    def gradient(self, theta: Tensor, *, advance_buffers: bool = False) -> Evaluation:
        """L(θ), the accuracy and ∇L(θ).

        `advance_buffers` lets this pass update the model's buffers, as a training step should: a batch norm's
        running statistics follow the training, and no measurement moves them.
        """

        def values(batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
            leaves = self.leaves(theta)
            outputs = self.outputs(leaves, batch, advance_buffers=advance_buffers)
            loss = self.batch_loss(outputs, batch)
            slopes = torch.autograd.grad(loss, leaves, materialize_grads=True)
            return loss.detach(), accuracy(outputs, batch.targets), flatten(slopes)

        with torch.enable_grad():
            return Evaluation(*self.mean(values))

    def mean(self, of_batch: Callable[[Batch], tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
        """The mean over all n examples of quantities that `of_batch` gives as means over one physical batch."""
        totals: list[Tensor] = []
        for batch in self._batches():
            means = of_batch(batch)
            if self.batches == 1:
                return means
            if totals:
                for total, value in zip(totals, means, strict=True):
                    total.add_(value, alpha=batch.weight)
            else:
                totals = [value * batch.weight for value in means]
        return tuple(totals)

    def _batches(self) -> Iterator[Batch]:
        starts = range(0, self.examples, self.physical_batch)
        for index, start in enumerate(starts):
            if self.on_batch is not None:
                self.on_batch(index, self.batches)
            end = min(start + self.physical_batch, self.examples)
            yield Batch(index, self.inputs[start:end], self.targets[start:end], (end - start) / self.examples)

    def split(self, theta: Tensor) -> list[Tensor]:
        """Views of θ (size,) in the shapes of the parameters."""
        pieces = torch.split(theta, self._sizes)
        return [piece.view_as(p) for piece, p in zip(pieces, self._parameters.values(), strict=True)]

    def leaves(self, theta: Tensor) -> list[Tensor]:
        """Like `split`, each a leaf to differentiate by: cheaper than differentiating by θ through its views."""
        return [piece.requires_grad_() for piece in self.split(theta.detach())]

    def outputs(self, parameters: Sequence[Tensor], batch: Batch, *, advance_buffers: bool = False) -> Any:
        """f(x; θ) of one physical batch, with the parameters in the shapes of `split`."""
        buffers = dict(self.model.named_buffers())
        if not advance_buffers:
            buffers = {name: value.clone() for name, value in buffers.items()}
        state = dict(zip(self._parameters, parameters, strict=True)) | buffers
        with same_draws(self.device, batch.index):
            return functional_call(self.model, state, (batch.inputs,))

    def batch_loss(self, outputs: Any, batch: Batch) -> Tensor:
        """The mean loss of one physical batch, 0-d.

        Raises TypeError where the loss function returns anything but a 0-d floating tensor, and ValueError where
        a gradient is wanted and the loss does not depend on the parameters.
        """
        loss = self.loss(outputs, batch.targets)
        name = getattr(self.loss, "__name__", type(self.loss).__name__)
        if not isinstance(loss, Tensor):
            raise TypeError(f"the loss {name} must return a 0-d tensor (a mean loss), not {loss!r}")
        if loss.ndim or not loss.is_floating_point():
            raise TypeError(
                f"the loss {name} must return a 0-d floating tensor (a mean loss), "
                f"not one of shape {tuple(loss.shape)} and {loss.dtype}: take its mean"
            )
        if torch.is_grad_enabled() and not loss.requires_grad:
            raise ValueError(f"the loss {name} does not depend on the parameters: is something detached in it?")
        return loss


def flatten(tensors: Sequence[Tensor]) -> Tensor:
    """One vector (size,) from tensors of any shapes."""
    return torch.cat([t.reshape(-1) for t in tensors])


def accuracy(outputs: Any, targets: Tensor) -> Tensor:
    """Fraction of examples whose largest output (n, classes) is their class (n,); NaN without classes."""
    classes = not (targets.is_floating_point() or targets.is_complex() or targets.dtype is torch.bool)
    if classes and targets.ndim == 1 and isinstance(outputs, Tensor) and outputs.ndim == 2:
        return (outputs.detach().argmax(dim=1) == targets).to(outputs.dtype).mean()
    return torch.full((), torch.nan, device=targets.device)


@contextmanager
def same_draws(device: torch.device, seed: int) -> Iterator[None]:
    """Random numbers in here start from `seed`; those outside go on as if nothing had been drawn."""
    # torch.random.fork_rng seeds every backend there is, which costs more than a small network's whole pass.
    generators = [torch.default_generator]
    if device.type == "cuda":
        generators.append(torch.cuda.default_generators[device.index or 0])
    states = [generator.get_state() for generator in generators]
    try:
        for generator in generators:
            generator.manual_seed(seed)
        yield
    finally:
        for generator, state in zip(generators, states, strict=True):
            generator.set_state(state)
