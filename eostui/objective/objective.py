"""The training loss as a function of one flat parameter vector.

    L(θ) = (1/n) Σᵢ ℓ(f(xᵢ; θ), yᵢ),        θ ∈ R^size,  i = 1 … n

Every sum over training examples in eostui, be it the loss, its gradient or a curvature product, is an
`Objective.mean`: the one place that splits the data into physical batches and the one to spread over devices.
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

Loss = Callable[[Any, Tensor], Tensor]
"""A mean loss: f(outputs, targets) -> 0-d tensor, the mean over the examples it was given."""

Accuracy = Callable[[Any, Tensor], Tensor]
"""f(outputs, targets) -> 0-d tensor, the fraction in [0, 1] of what it was given that is right."""

LABELS = "labels"
"""The argument by which a model that computes its own loss takes the targets, beside inputs that have names."""

Inputs = Tensor | Mapping[str, Tensor]
"""What goes into a model: one tensor, or several by the names of its arguments; the first axis is the examples."""


@dataclass(frozen=True)
class Evaluation:
    """The objective at one point; everything stays on the device, nothing waits for it.

    loss: 0-d. accuracy: 0-d, fraction in [0, 1], NaN where the objective was given no function for it.
    gradient: ∇L(θ), (size,), or None where it was not asked for.
    """

    loss: Tensor
    accuracy: Tensor
    gradient: Tensor | None = None


@dataclass(frozen=True)
class Batch:
    """One physical batch: `index` of it, its examples, and its share `weight` of all of them."""

    index: int
    inputs: Inputs
    targets: Tensor | None
    weight: float


class Objective:
    """L(θ) of `model` on `inputs` (n, …) and `targets` (n, …), at any flat θ, leaving the model untouched.

    θ holds the trainable parameters (`requires_grad`) in the order of `model.named_parameters()`. At most
    `physical_batch` examples (default: all) go through the model at once, in the model's present mode; a batch
    norm in training mode therefore sees one physical batch at a time ("ghost batches", Cohen et al. 2021).

    The model is called with what the inputs are, `model(x)` for a tensor and `model(**x)` for a mapping of tensors,
    and `loss` is a function of what it returns and of the targets. With `loss` None the model computes the mean loss
    itself: it also gets the targets, as `model(x, y)` or `model(**x, labels=y)`, unless they are None, and returns a
    scalar tensor or something that has one as `.loss` or `["loss"]`. Either is a mean over the examples it was
    given: that is what makes L independent of the physical batch.

    L is a function: passes do not advance the model's buffers, and random draws in the model (dropout) are the
    same in every pass. `on_batch(done, total)` is called before every physical batch of every pass and may raise
    to abandon it.

    Raises ValueError for no examples, unequal numbers of them in inputs and targets, targets that are missing or
    would be given to the model twice, a physical batch below 1 or a model without trainable parameters, and TypeError
    for trainable parameters that do not share one device and dtype.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: Loss | None,
        inputs: Inputs,
        targets: Tensor | None,
        *,
        accuracy: Accuracy | None = None,
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
        if targets is None and not (loss is None and accuracy is None):
            raise ValueError("targets may be None only where the model computes its own loss (loss=None, no accuracy)")
        if loss is None and targets is not None and isinstance(inputs, Mapping) and LABELS in inputs:
            raise ValueError(f"the model would get {LABELS!r} twice: leave it out of the inputs, or give no targets")
        self.model = model
        self.loss = loss
        self.inputs = inputs
        self.targets = targets
        self.accuracy = accuracy
        self.examples = _examples(inputs, targets)
        if physical_batch is not None and physical_batch < 1:
            raise ValueError(f"physical_batch must be at least 1, not {physical_batch}")
        self.physical_batch = min(physical_batch or self.examples, self.examples)
        self.on_batch = on_batch
        ((self.device, self.dtype),) = kinds
        self._parameters = parameters
        self._sizes = [p.numel() for p in parameters.values()]

    @property
    def size(self) -> int:
        """Number of trainable parameters."""
        return sum(self._sizes)

    @property
    def batches(self) -> int:
        """Number of physical batches in one pass over the examples."""
        return -(-self.examples // self.physical_batch)

    def subset(self, examples: int) -> Objective:
        """The same objective on the first `examples` examples only (all of them where there are fewer).

        Nothing is copied.
        """
        return self._restricted(lambda tensor: tensor[:examples])

    def select(self, indices: Tensor) -> Objective:
        """The same objective on the examples `indices`, (batch,) int64 and not empty: a minibatch.

        The examples are copied, on the device where they are.
        """
        indices = indices.to(self.device)
        return self._restricted(lambda tensor: tensor.index_select(0, indices))

    def _restricted(self, rows_of: Callable[[Tensor], Tensor]) -> Objective:
        # A copy, because what the constructor looks through and checks is the same, and minibatches come every step.
        part = copy.copy(self)
        part.inputs = _of_each(self.inputs, rows_of)
        part.targets = None if self.targets is None else rows_of(self.targets)
        part.examples = _examples(part.inputs, part.targets)
        part.physical_batch = min(self.physical_batch, part.examples)
        return part

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
            # A model may differentiate by its own inputs, and have a graph even here.
            return self.batch_loss(outputs, batch).detach(), self.batch_accuracy(outputs, batch)

        with torch.no_grad():
            return Evaluation(*self.mean(values))

    def gradient(self, theta: Tensor, *, advance_buffers: bool = False) -> Evaluation:
        """L(θ), the accuracy and ∇L(θ).

        `advance_buffers` lets this pass update the model's buffers, as a training step should: a batch norm's
        running statistics follow the training, and no measurement moves them.
        """

        def values(batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
            return self.batch_gradient(theta, batch, advance_buffers=advance_buffers)

        return Evaluation(*self.mean(values))

    def batch_gradient(
        self, theta: Tensor, batch: Batch, *, advance_buffers: bool = False
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Loss, accuracy and gradient of one physical batch, as the fields of `Evaluation`."""
        with torch.enable_grad():
            leaves = self.leaves(theta)
            outputs = self.outputs(leaves, batch, advance_buffers=advance_buffers)
            loss = self.batch_loss(outputs, batch)
            slopes = torch.autograd.grad(loss, leaves, materialize_grads=True)
        return loss.detach(), self.batch_accuracy(outputs, batch), flatten(slopes)

    def mean(self, of_batch: Callable[[Batch], tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
        """The mean over all n examples of quantities that `of_batch` gives as means over one physical batch."""
        totals: list[Tensor] = []
        for batch in self.physical_batches():
            means = of_batch(batch)
            if self.batches == 1:
                return means
            if totals:
                for total, value in zip(totals, means, strict=True):
                    total.add_(value, alpha=batch.weight)
            else:
                totals = [value * batch.weight for value in means]
        return tuple(totals)

    def physical_batches(self) -> Iterator[Batch]:
        """All examples in turn, `physical_batch` at a time; the last batch may have fewer."""
        starts = range(0, self.examples, self.physical_batch)
        for index, start in enumerate(starts):
            if self.on_batch is not None:
                self.on_batch(index, self.batches)
            end = min(start + self.physical_batch, self.examples)
            rows = operator.itemgetter(slice(start, end))
            targets = None if self.targets is None else rows(self.targets)
            yield Batch(index, _of_each(self.inputs, rows), targets, (end - start) / self.examples)

    def split(self, theta: Tensor) -> list[Tensor]:
        """Views of θ (size,) in the shapes of the parameters."""
        pieces = torch.split(theta, self._sizes)
        return [piece.view_as(p) for piece, p in zip(pieces, self._parameters.values(), strict=True)]

    def leaves(self, theta: Tensor) -> list[Tensor]:
        """Like `split`, each a leaf to differentiate by: cheaper than differentiating by θ through its views."""
        return [piece.requires_grad_() for piece in self.split(theta.detach())]

    def buffers(self) -> dict[str, Tensor]:
        """The model's buffers themselves, by name."""
        return dict(self.model.named_buffers())

    def outputs(
        self,
        parameters: Sequence[Tensor],
        batch: Batch,
        *,
        buffers: Mapping[str, Tensor] | None = None,
        advance_buffers: bool = False,
    ) -> Any:
        """f(x; θ) of one physical batch, with the parameters in the shapes of `split`.

        `buffers` stand in for the model's own. It is whatever the model returns; of a model that computes its own loss,
        the loss or what has it.
        """
        buffers = self.buffers() if buffers is None else buffers
        if not advance_buffers:
            buffers = {name: value.clone() for name, value in buffers.items()}
        state = dict(zip(self._parameters, parameters, strict=True)) | dict(buffers)
        arguments: tuple[Tensor, ...] = ()
        keywords: dict[str, Tensor] = {}
        if isinstance(batch.inputs, Tensor):
            arguments = (batch.inputs,)
        else:
            keywords.update(batch.inputs)
        if self.loss is None and batch.targets is not None:
            if arguments:
                arguments += (batch.targets,)
            else:
                keywords[LABELS] = batch.targets
        with same_draws(self.device, batch.index):
            return functional_call(self.model, state, arguments, keywords)

    def batch_loss(self, outputs: Any, batch: Batch) -> Tensor:
        """The mean loss of one physical batch, 0-d.

        Raises TypeError where the loss function, or the model that computes its own, returns anything but a 0-d
        floating tensor, and ValueError where a gradient is wanted and the loss does not depend on the parameters.
        """
        if self.loss is None:
            loss, name = _computed_loss(outputs), f"computed by the model {type(self.model).__name__}"
        else:
            assert batch.targets is not None  # the constructor saw to that
            loss = self.loss(outputs, batch.targets)
            name = getattr(self.loss, "__name__", type(self.loss).__name__)
        if not isinstance(loss, Tensor):
            raise TypeError(f"the loss {name} must be a 0-d tensor (a mean loss), not {loss!r}")
        if loss.ndim or not loss.is_floating_point():
            raise TypeError(
                f"the loss {name} must be a 0-d floating tensor (a mean loss), "
                f"not one of shape {tuple(loss.shape)} and {loss.dtype}: take its mean"
            )
        if torch.is_grad_enabled() and not loss.requires_grad:
            raise ValueError(f"the loss {name} does not depend on the parameters: is something detached in it?")
        return loss

    def batch_accuracy(self, outputs: Any, batch: Batch) -> Tensor:
        """The accuracy on one physical batch, 0-d; NaN without a function for it."""
        if self.accuracy is None:
            return torch.full((), torch.nan, device=self.device)
        assert batch.targets is not None  # the constructor saw to that
        return self.accuracy(outputs, batch.targets)


def flatten(tensors: Sequence[Tensor]) -> Tensor:
    """One vector (size,) from tensors of any shapes."""
    return torch.cat([t.reshape(-1) for t in tensors])


def _examples(inputs: Inputs, targets: Tensor | None) -> int:
    """How many examples there are, in every one of the tensors."""
    tensors = dict(inputs) if isinstance(inputs, Mapping) else {"the inputs": inputs}
    if targets is not None:
        tensors["the targets"] = targets
    counts = {name: len(tensor) for name, tensor in tensors.items()}
    if len(set(counts.values())) > 1:
        found = ", ".join(f"{count} in {name}" for name, count in counts.items())
        raise ValueError(f"unequal numbers of examples, {found}: give every tensor one row for each example")
    examples = next(iter(counts.values()), 0)
    if examples == 0:
        raise ValueError("the objective needs at least one example, got 0")
    return examples


def _of_each(inputs: Inputs, function: Callable[[Tensor], Tensor]) -> Inputs:
    if isinstance(inputs, Tensor):
        return function(inputs)
    return {name: function(tensor) for name, tensor in inputs.items()}


def _computed_loss(returned: Any) -> Any:
    """The loss in what a model that computes it has returned."""
    if isinstance(returned, Mapping):
        return returned.get("loss")
    return returned if isinstance(returned, Tensor) else getattr(returned, "loss", None)


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
