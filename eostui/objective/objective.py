"""The training loss as a function of one flat parameter vector.

    L(θ) = (1/n) Σᵢ ℓ(f(xᵢ; θ), yᵢ),        θ ∈ R^size,  i = 1 … n

Every sum over training examples in eostui is an `Objective.mean`: the loss, its gradient, and every curvature product.
That is the one place that splits the data into physical batches, and the one place to spread over devices.
"""

from __future__ import annotations

import copy
import operator
import reprlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from eostui.objective.model_call import Inputs, call_model, check_labels, computed_loss, of_each
from eostui.objective.passes import DataGuard, Draws, ModuleState, Moved, TwiceDifferentiable, in_mode
from eostui.objective.slopes import slopes_of
from eostui.objective.weights import Weights, cast_for_now, flatten

Loss = Callable[[Any, Any], Tensor]
"""A loss: f(outputs, targets) -> 0-d tensor, the mean (or the sum) over these examples."""

Accuracy = Callable[[Any, Tensor], Tensor]
"""f(outputs, targets) -> 0-d tensor, the fraction in [0, 1] of right answers."""


@dataclass(frozen=True)
class Evaluation:
    """The objective at one point. All tensors stay on the device, and the host does not wait for them.

    loss: 0-d. accuracy: 0-d, fraction in [0, 1]; NaN where the objective has no function for it.
    """

    loss: Tensor
    accuracy: Tensor


@dataclass(frozen=True)
class Gradient(Evaluation):
    """The objective at one point, with its gradient: ∇L(θ), (size,)."""

    gradient: Tensor


@dataclass(frozen=True)
class Batch:
    """One physical batch: its `index`, its examples, and its `share` of all examples.

    weight: the factor of its loss in the whole loss; the share where the loss is a mean, 1 where it is a sum.
    """

    index: int
    inputs: Inputs
    targets: Tensor | None
    share: float
    weight: float


class Objective:
    """L(θ) of `model` on `inputs` (n, …) and `targets` (n, …), at any flat θ.

    θ holds the trainable parameters as `Weights` has them. A pass writes θ into the model and leaves it there. It
    changes nothing else. At most `physical_batch` examples (default: all) go through the model at once, in batches of
    nearly equal size and in the model's present mode. A batch norm in training mode therefore sees one physical batch
    at a time ("ghost batches", Cohen et al. 2021). With `evaluating` the model is in evaluation mode, which is for a
    test set.

    `call_model` calls the model, and `loss` is a function of the returned outputs and of the targets. With `loss` None
    the model computes the loss itself. It then gets the targets, unless they are None, and returns a scalar tensor or
    something that has one as `.loss` or `["loss"]`. The loss must be a mean over the examples, or with `summed` a sum
    over them. L would depend on the physical batch otherwise.

    L is a function: passes do not advance the model's state, and random numbers in model and loss (dropout) come from
    `draws`. They are the same in every pass until the step of `draws` is changed. `guard` gives copies of the examples
    to a model or loss that changes them in place. `moved` says what else a pass would change; that is restored.
    `differentiates` says that the model takes gradients itself, and needs a graph even where only a loss is wanted.
    `divisible` False says that the model takes all examples or none, as a network on one graph does. A subset is then
    the whole. `on_batch(done, total)` is called before every physical batch of every pass and may raise to abandon it.

    Raises ValueError for no examples, unequal numbers of them in inputs and targets, targets that are missing or
    would be given to the model twice, a physical batch below 1 or one that divides what is not divisible, and as
    `Weights` does.
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
        summed: bool = False,
        divisible: bool = True,
        guard: DataGuard | None = None,
        moved: Moved = Moved.BUFFERS,
        differentiates: bool = False,
        evaluating: bool = False,
        draws: Draws | None = None,
        on_batch: Callable[[int, int], None] | None = None,
    ) -> None:
        self.weights = Weights(model)
        if targets is None and not (loss is None and accuracy is None):
            raise ValueError("targets may be None only where the model computes its own loss (loss=None, no accuracy)")
        self.model = model
        self.loss = loss
        self.inputs = inputs
        self.targets = targets
        self.accuracy = accuracy
        self.summed = summed
        self.divisible = divisible
        self.draws = Draws() if draws is None else draws
        self.examples = _examples(inputs, targets)
        if loss is None:
            check_labels(inputs, targets)
        if physical_batch is not None and physical_batch < 1:
            raise ValueError(f"physical_batch must be at least 1, not {physical_batch}")
        self._at_once = physical_batch or self.examples
        if not divisible and self._at_once < self.examples:
            raise ValueError(f"the model takes all {self.examples} examples at once, not {physical_batch}")
        self._on_batch = on_batch
        self.device = self.weights.device
        self.dtype = self.weights.dtype
        self._guard = DataGuard() if guard is None else guard
        self._moved = moved
        self._differentiates = differentiates
        self._evaluating = evaluating
        self._state = ModuleState(model, moved)

    @property
    def size(self) -> int:
        """Number of trainable parameters, a complex one counted twice."""
        return self.weights.size

    @property
    def batches(self) -> int:
        """Number of physical batches in one pass over the examples."""
        return -(-self.examples // self._at_once)

    @property
    def physical_batch(self) -> int:
        """Examples in the largest physical batch."""
        return -(-self.examples // self.batches)

    def subset(self, examples: int) -> Objective:
        """The same objective on the first `examples` examples (all of them where there are fewer).

        Nothing is copied. An objective that is not divisible is returned whole.
        """
        return self._restricted(lambda tensor: tensor[:examples]) if self.divisible else self

    def spread(self, examples: int) -> Objective:
        """The same objective on copies of `examples` examples, spread evenly over the data (all where it has no more).

        An objective that is not divisible is returned whole.
        """
        if examples >= self.examples or not self.divisible:
            return self
        return self.select(torch.linspace(0, self.examples - 1, examples).round().long())

    def select(self, indices: Tensor) -> Objective:
        """The same objective on the examples `indices`, (batch,) int64 and not empty: a minibatch.

        The examples are copied, on the device where they are.
        """
        indices = indices.to(self.device)
        return self._restricted(lambda tensor: tensor.index_select(0, indices))

    def _restricted(self, rows_of: Callable[[Tensor], Tensor]) -> Objective:
        # A copy saves the constructor's checks, whose results are the same here: minibatches come at every step.
        part = copy.copy(self)
        part.inputs = of_each(self.inputs, rows_of)
        part.targets = None if self.targets is None else rows_of(self.targets)
        part.examples = _examples(part.inputs, part.targets)
        return part

    @contextmanager
    def in_double(self) -> Iterator[Objective]:
        """The same objective in float64, to check derivatives without the noise of float32. It is valid in here only.

        The model and the loss themselves are cast, and get their tensors back afterwards. A copy would not do: other
        objects may hold the model, and see it changed as well. Raises whatever model and loss raise in float64.
        """

        def double(tensor: Tensor) -> Tensor:
            return tensor.double() if tensor.is_floating_point() else tensor

        modules = [module for module in (self.model, self.loss) if isinstance(module, nn.Module)]
        with cast_for_now(modules, torch.float64):
            yield Objective(
                self.model,
                self.loss,
                of_each(self.inputs, double),
                None if self.targets is None else double(self.targets),
                physical_batch=self._at_once,
                summed=self.summed,
                divisible=self.divisible,
                guard=self._guard,
                moved=self._moved,
                differentiates=self._differentiates,
                draws=self.draws,
            )

    def parameters(self) -> Tensor:
        """A flat copy (size,) of the trainable parameters as they are in the model now."""
        return self.weights.read()

    def state_dict(self, theta: Tensor) -> dict[str, Tensor]:
        """The module's state_dict at θ: parameters and buffers, as detached copies."""
        at_theta = dict(zip(map(id, self.weights.parameters), self.split(theta), strict=True))
        # By identity, not by name: a tied parameter appears in a state_dict under each of its names.
        present = self.model.state_dict(keep_vars=True)
        return {name: at_theta.get(id(value), value).detach().clone() for name, value in present.items()}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Put the weights and buffers of a module's state_dict into the module. Raises what `nn.Module` raises."""
        self.model.load_state_dict(state)

    def moved(self) -> list[Any]:
        """A copy of everything that passes advance in the model, in its order: buffers, and whatever else moves."""
        return self._state.copied()

    def restore_moved(self, moved: list[Any]) -> None:
        """Set that back to what `moved` gave."""
        self._state.restore(moved)

    def evaluate(self, theta: Tensor) -> Evaluation:
        """L(θ) and the accuracy, without a gradient."""

        def values(batch: Batch) -> tuple[Tensor, Tensor]:
            outputs, loss = self.forward(batch)
            # A model that differentiates by its own inputs has a graph even here.
            return loss.detach(), self.batch_accuracy(outputs, batch)

        with self.without_graph():
            return Evaluation(*self.mean(theta, values))

    def gradient(self, theta: Tensor, *, advance_buffers: bool = False) -> Gradient:
        """L(θ), the accuracy and ∇L(θ).

        With `advance_buffers` this pass updates the model's buffers, as a training step should: training changes a
        batch norm's running statistics, and measuring does not.
        """
        return Gradient(*self.mean(theta, self.batch_gradient, advance_buffers=advance_buffers))

    def batch_gradient(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Loss, accuracy and gradient of one physical batch, as the fields of `Gradient`. For use within `mean`."""
        with torch.enable_grad():
            outputs, loss = self.forward(batch)
            slopes = slopes_of([loss], self.weights.parameters)
        return loss.detach(), self.batch_accuracy(outputs, batch), flatten(slopes)

    def mean(
        self, theta: Tensor, of_batch: Callable[[Batch], tuple[Tensor, ...]], *, advance_buffers: bool = False
    ) -> tuple[Tensor, ...]:
        """The mean over all n examples of quantities that `of_batch` gives as means over one physical batch.

        Where the loss is a sum, the loss and its derivatives are summed. `of_batch` is called with θ in the model and
        with everything set up for a pass. `advance_buffers` is that of `gradient`.
        """
        totals: list[Tensor] = []
        self.weights.write(theta)
        for batch in self.physical_batches():
            with TwiceDifferentiable(), self._mode(), self.passing(advance_buffers=advance_buffers):
                means = of_batch(batch)
            self._guard.look_at(_tensors(batch.inputs, batch.targets))
            if self.batches == 1:
                totals = list(means)
            elif totals:
                for total, value in zip(totals, means, strict=True):
                    total.add_(value, alpha=batch.weight)
            else:
                totals = [value * batch.weight for value in means]
        self._guard.passed(self.examples)
        return tuple(totals)

    def without_graph(self) -> AbstractContextManager[None]:
        """A context for passes without derivatives."""
        return torch.set_grad_enabled(self._differentiates)

    def passing(self, *, advance_buffers: bool = False) -> AbstractContextManager[None]:
        """A context for one pass of a batch through the model. It restores the model's state, or advances it."""
        return self._state.pass_over(advance=advance_buffers)

    def _mode(self) -> AbstractContextManager[None]:
        return in_mode(self.model, training=False) if self._evaluating else nullcontext()

    def physical_batches(self) -> Iterator[Batch]:
        """All examples in turn, at most `physical_batch` at a time, in batches whose sizes differ by at most one.

        A remainder in a batch of its own could be a single example, which batch norm cannot normalise.
        """
        size, larger = divmod(self.examples, self.batches)
        end = 0
        for index in range(self.batches):
            if self._on_batch is not None:
                self._on_batch(index, self.batches)
            start, end = end, end + size + (index < larger)
            rows = operator.itemgetter(slice(start, end))
            inputs, targets = of_each(self.inputs, rows), None if self.targets is None else rows(self.targets)
            if self._guard.copies:
                inputs, targets = of_each(inputs, torch.clone), None if targets is None else targets.clone()
            share = (end - start) / self.examples
            yield Batch(index, inputs, targets, share, 1.0 if self.summed else share)

    def split(self, theta: Tensor) -> list[Tensor]:
        """Views of θ (size,) in the shapes of the parameters."""
        return self.weights.split(theta)

    def data(self) -> list[Tensor]:
        """The tensors of all examples: the inputs, and the targets if any."""
        return _tensors(self.inputs, self.targets)

    def buffers(self) -> dict[str, Tensor]:
        """The model's buffers themselves, by name."""
        return dict(self.model.named_buffers())

    def drawing(self, batch: Batch) -> AbstractContextManager[None]:
        """A context for code that draws random numbers for a batch: the model, and the loss after it."""
        return self.draws.of_batch(self.device, batch.index)

    def outputs(self, batch: Batch) -> Any:
        """Whatever the model returns for one physical batch: f(x; θ). For use within `mean` and `drawing`.

        A model that computes its own loss returns the loss, or an object that has it.
        """
        return call_model(self.model, batch.inputs, batch.targets if self.loss is None else None)

    def forward(self, batch: Batch) -> tuple[Any, Tensor]:
        """The outputs and the mean loss of one physical batch. For use within `mean`."""
        with self.drawing(batch):
            outputs = self.outputs(batch)
            return outputs, self.batch_loss(outputs, batch)

    def batch_loss(self, outputs: Any, batch: Batch) -> Tensor:
        """The loss of one physical batch, 0-d.

        Raises TypeError where the loss function, or the model that computes its own, returns anything but a 0-d
        floating tensor, and ValueError where a gradient is wanted and the loss does not depend on the parameters.
        """
        if self.loss is None:
            loss, name = computed_loss(outputs), f"computed by the model {type(self.model).__name__}"
        else:
            assert batch.targets is not None  # checked by the constructor
            loss = self.loss(outputs, batch.targets)
            name = getattr(self.loss, "__name__", type(self.loss).__name__)
        if not isinstance(loss, Tensor):
            raise TypeError(f"the loss {name} must be a 0-d tensor (a mean loss), not {reprlib.repr(loss)}")
        if loss.ndim or not loss.is_floating_point():
            raise TypeError(
                f"the loss {name} must be a 0-d floating tensor (a mean loss), "
                f"not one of shape {tuple(loss.shape)} and {loss.dtype}: take its mean"
            )
        if torch.is_grad_enabled() and not loss.requires_grad:
            raise ValueError(f"the loss {name} does not depend on the parameters: look for a detach() or a no_grad()")
        return loss

    def batch_accuracy(self, outputs: Any, batch: Batch) -> Tensor:
        """The accuracy on one physical batch, 0-d; NaN where the objective has no function for it."""
        if self.accuracy is None:
            return torch.full((), torch.nan, device=self.device)
        assert batch.targets is not None  # checked by the constructor
        accuracy = self.accuracy(outputs, batch.targets)
        # An accuracy is a mean, even where the loss is a sum.
        return accuracy * (batch.share / batch.weight) if self.summed else accuracy


def _tensors(inputs: Inputs, targets: Tensor | None) -> list[Tensor]:
    tensors = [inputs] if isinstance(inputs, Tensor) else list(inputs.values())
    return tensors if targets is None else [*tensors, targets]


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
