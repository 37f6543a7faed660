"""The check before a run: whether the loss is what training and measuring assume, tried on a few examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils._pytree import tree_leaves, tree_map

from eostui.objective.model_call import call_model, computed_loss, of_each
from eostui.objective.objective import Gradient, Objective
from eostui.objective.passes import DataGuard, Draws, ModuleState, Moved, TwiceDifferentiable, in_mode, same
from eostui.objective.weights import flatten
from eostui.problems.dataset import Dataset
from eostui.problems.errors import ProblemError
from eostui.problems.networks.batch_norm import BatchNorm
from eostui.problems.trial import Criterion, blame

FEW = 8
"""Examples that the check takes, spread over the data. A model that takes all examples or none gets all."""
PARTED = 32
"""Examples whose loss is compared with the losses of their parts."""
PARTS = 7
SHIFT = 0.05
"""How far the check moves the weights, relative to their root mean square."""


@dataclass(frozen=True)
class Findings:
    """What the check found about a model, its loss and its data.

    copies: the code changes its inputs or targets in place, and gets copies. moved: what a forward pass changes besides
    the weights. differentiates: the model takes gradients itself, and needs a graph even where only a loss is wanted.
    everywhere: the code draws from Python's or numpy's random numbers, which are then seeded for each step.
    repeatable: two passes at the same weights agree. reduction: "mean" where the loss of several examples is the mean
    of their losses, "sum" where it is their sum, and "neither" otherwise; then all examples must go through the network
    together. notes: each finding in words, for the run's events.
    """

    copies: bool = False
    moved: Moved = Moved.BUFFERS
    differentiates: bool = False
    everywhere: bool = False
    repeatable: bool = True
    reduction: str = "mean"
    notes: tuple[str, ...] = ()


def check_problem(
    model: nn.Module, criterion: Criterion | None, dataset: Dataset, *, divisible: bool, arch: str, data: str, loss: str
) -> Findings:
    """Compare the loss and gradient of `Objective` with the model's own, at weights a little away from the first ones.

    The model is left as it was. Raises ProblemError, with one line, where training would be wrong.
    """
    check = _Check(model, criterion, dataset, divisible=divisible, arch=arch, loss=loss)
    with torch.enable_grad():
        try:
            return check.run()
        except (RuntimeError, TypeError, ValueError, NotImplementedError) as error:
            if "compatible with .grad()" in str(error):
                raise ProblemError(
                    f"{arch}: torch's checkpoint with use_reentrant=True works with backward() alone; "
                    "write checkpoint(…, use_reentrant=False)"
                ) from error
            raise ProblemError(f"{arch} and {loss} fail when a gradient is taken: {blame(error, arch)}") from error
        finally:
            check.restore()


class _Check:
    def __init__(
        self, model: nn.Module, criterion: Criterion | None, dataset: Dataset, *, divisible: bool, arch: str, loss: str
    ) -> None:
        self._model, self._criterion, self._dataset = model, criterion, dataset
        self._divisible = divisible
        self._arch, self._loss = arch, loss
        self._state = ModuleState(model, Moved.ALL)
        self._before = self._state.copied()
        # All objectives share one source of random numbers. The check finds out which generators it must seed.
        self._options: dict[str, Any] = {"draws": Draws()}
        self._objective = self._on(FEW)
        self._first = self._objective.parameters()
        scale = self._first.square().mean().sqrt()
        noise = torch.randn(self._first.shape, generator=torch.Generator().manual_seed(0))
        self._shifted = self._first + SHIFT * scale * noise.to(self._first)
        self._notes: list[str] = []

    def _on(self, examples: int) -> Objective:
        """The objective on copies of `examples` examples, spread over the data. Not divisible means all of them."""
        x, y = self._dataset.x, self._dataset.y
        there = len(x) if isinstance(x, Tensor) else len(next(iter(x.values())))
        chosen = torch.arange(there)
        if self._divisible and examples < there:
            chosen = torch.linspace(0, there - 1, examples).round().long()

        def rows(tensor: Tensor) -> Tensor:
            return tensor[chosen.to(tensor.device)]

        return Objective(
            self._model,
            self._criterion,
            of_each(x, rows),
            None if y is None else rows(y),
            divisible=self._divisible,
            **self._options,
        )

    def run(self) -> Findings:
        differentiates = self._differentiates()
        copies = self._changes_data()
        moved = self._moves()
        self._check_finite()
        buffers = [buffer.clone() for buffer in self._model.buffers()]
        first = self._objective.gradient(self._shifted)
        self._check_weights_unchanged()
        self._check_buffers_unchanged(buffers)
        everywhere, repeatable = self._repeats(first)
        if repeatable:
            self._compare_with_backward()
        return Findings(copies, moved, differentiates, everywhere, repeatable, self._reduction(), tuple(self._notes))

    def restore(self) -> None:
        """Give the model back its first weights and everything else that it had."""
        self._objective.weights.write(self._first)
        self._state.restore(self._before)

    def _with(self, **options: Any) -> None:
        """Restore the model, and go on with an objective that has these options."""
        self._options |= options
        self.restore()
        self._objective = self._on(FEW)

    def _differentiates(self) -> bool:
        """Whether the model takes gradients itself, and therefore fails in a pass without a graph."""
        try:
            self._objective.evaluate(self._shifted)
        except RuntimeError as error:
            if "does not require grad" not in str(error):
                raise
            self._with(differentiates=True)
            return True
        return False

    def _changes_data(self) -> bool:
        self._with()
        before = [tensor.clone() for tensor in self._objective.data()]
        self._objective.gradient(self._shifted)
        with in_mode(self._model, training=False):
            self._objective.evaluate(self._shifted)
        if all(same(*pair) for pair in zip(before, self._objective.data(), strict=True)):
            return False
        self._with(guard=DataGuard(copies=True))
        self._notes.append("the model or the loss changes its inputs or targets in place: it gets copies of them")
        return True

    def _moves(self) -> Moved:
        """What a pass changes besides buffers."""
        moved = Moved.BUFFERS
        for kind, what in ((Moved.FROZEN, "frozen weights"), (Moved.ATTRIBUTES, "numbers that it keeps as attributes")):
            self.restore()
            state = ModuleState(self._model, kind)
            before = state.copied()
            self._objective.gradient(self._shifted)
            if state.changed(before):
                moved |= kind
                self._notes.append(f"a forward pass changes {what}: training keeps the change, measuring undoes it")
        self._with(moved=moved)
        return moved

    def _check_finite(self) -> None:
        """Raise ProblemError where a gradient at the first weights is not finite, and no step could be made."""
        slope = self._objective.gradient(self._first).gradient
        for name, piece in zip(self._objective.weights.by_name, self._objective.split(slope), strict=True):
            if not bool(torch.isfinite(torch.view_as_real(piece) if piece.is_complex() else piece).all()):
                raise ProblemError(
                    f"{self._arch}: the gradient by {name} is NaN or infinite at the first weights, even if the loss "
                    "is finite: look for a root, a norm or a logarithm that has no derivative there, on both sides of "
                    "a torch.where"
                )

    def _check_weights_unchanged(self) -> None:
        objective = self._objective
        objective.weights.write(self._shifted)
        versions = [p._version for p in objective.weights.parameters]
        objective.evaluate(self._shifted)
        found = objective.split(objective.parameters())
        for (name, p), version, now, given in zip(
            objective.weights.by_name.items(), versions, found, objective.split(self._shifted), strict=True
        ):
            if not torch.equal(now, given) or p._version != version:
                raise ProblemError(
                    f"{self._arch}: after a forward pass the weight {name} is not what was written into it; either it "
                    "shares its memory with another weight (make them the same Parameter), or the model changes it "
                    "itself (let the forward pass use a changed copy)"
                )

    def _check_buffers_unchanged(self, before: Sequence[Tensor]) -> None:
        for (name, buffer), then in zip(self._model.named_buffers(), before, strict=True):
            if not same(buffer, then):
                scripted = any(isinstance(module, torch.jit.ScriptModule) for module in self._model.modules())
                remedy = "change it as self.NAME in the module that has it"
                if scripted:
                    remedy = "return the module as it was before torch.jit.script"
                raise ProblemError(
                    f"{self._arch}: a pass changed the buffer {name}, but not through its module: measuring would "
                    f"change the training; {remedy}"
                )

    def _repeats(self, first: Gradient) -> tuple[bool, bool]:
        """Whether Python's and numpy's random numbers must be seeded, too, and whether repeated passes then agree."""
        if _repeat(first, self._objective.gradient(self._shifted)):
            return False, True
        self._objective.draws.everywhere = True
        first, *others = [self._objective.gradient(self._shifted) for _ in range(3)]
        if all(_repeat(first, other) for other in others):
            self._notes.append("the code draws random numbers of Python or numpy: these are seeded for each step, too")
            return True, True
        self._objective.draws.everywhere = False
        self._notes.append(
            "two passes at the same weights give two losses (a random generator of its own, or a state that every call "
            "changes): the loss is not a function of the weights, no eigenvalue is certified, and the training depends "
            "on the number of measurements"
        )
        return False, False

    def _compare_with_backward(self) -> None:
        """Compare loss, gradient and buffers with those of the model's own forward pass and `backward()`.

        Raises ProblemError where they differ.
        """
        objective = self._objective
        ours = objective.gradient(self._shifted, advance_buffers=True)
        buffers = {name: buffer.clone() for name, buffer in self._model.named_buffers()}
        self.restore()
        objective.weights.write(self._shifted)
        parameters = objective.weights.parameters
        before = [p.grad for p in parameters]
        for p in parameters:
            p.grad = None
        try:
            (batch,) = objective.physical_batches()
            with TwiceDifferentiable():
                _, loss = objective.forward(batch)
                torch.autograd.backward(loss)
            slopes = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
            theirs = Gradient(loss.detach(), ours.accuracy, flatten(slopes))
        finally:
            for p, grad in zip(parameters, before, strict=True):
                p.grad = grad
        if not _agree(ours, theirs):
            raise ProblemError(
                f"{self._arch}: the gradient of the loss is not what backward() leaves in the weights, and training "
                "would not be what you have written; look for a hook, such as register_post_accumulate_grad_hook"
            )
        for name, buffer in self._model.named_buffers():
            if not _close(buffer, buffers[name]):
                raise ProblemError(
                    f"{self._arch}: a training step of eostui leaves another buffer {name} than your own forward pass"
                )

    def _reduction(self) -> str:
        """How the loss of many examples follows from the losses of their parts: a value of `Findings.reduction`."""
        if not self._divisible:
            self._notes.append("the model takes all examples or none: it gets all of them at once")
            return "neither"
        objective = self._on(PARTED)
        objective.weights.write(self._shifted)
        rows = torch.arange(objective.examples, device=objective.device).tensor_split(min(PARTS, objective.examples))
        try:
            with objective.without_graph(), ModuleState(self._model, Moved.ALL).pass_over(advance=False):
                if self._criterion is None:
                    whole, parts = self._computed_losses(objective, rows)
                elif self._mixes_examples(objective, rows[0]):
                    return "neither"
                else:
                    whole, parts = self._losses_of_outputs(objective, rows)
        except Exception:  # the user's code may raise anything for a part of the examples: it is not made for parts
            return "neither"
        shares = [len(part) / objective.examples for part in rows]
        means = sum(share * part for share, part in zip(shares, parts, strict=True))
        allowed = _tolerance(objective.dtype) * max(abs(whole), *map(abs, parts))
        if abs(means - whole) <= allowed:
            return "mean"
        return "sum" if abs(sum(parts) - whole) <= allowed else "neither"

    def _computed_losses(self, objective: Objective, rows: Sequence[Tensor]) -> tuple[float, list[float]]:
        """The loss that the model computes for all examples, and those for parts of them.

        The model is in evaluation mode, where batch norm and dropout treat every example by itself.
        """
        x, y = objective.inputs, objective.targets

        def of(part: Tensor | slice) -> float:
            with objective.draws.of_batch(objective.device, 0):
                found = call_model(self._model, of_each(x, lambda t: t[part].clone()), None if y is None else y[part])
                return float(computed_loss(found))

        with in_mode(self._model, training=False):
            return of(slice(None)), [of(part) for part in rows]

    def _mixes_examples(self, objective: Objective, part: Tensor) -> bool:
        """Whether the outputs of some examples depend on other examples, batch norm aside."""
        if any(isinstance(m, BatchNorm) or _normalises_batches(m) for m in self._model.modules()):
            return False
        x = objective.inputs
        with in_mode(self._model, training=False), objective.draws.of_batch(objective.device, 0):
            together = call_model(self._model, of_each(x, torch.clone))
            apart = call_model(self._model, of_each(x, lambda t: t[part].clone()))
        pairs = zip(_tensors(together), _tensors(apart), strict=True)
        return not all(_close(one[part], other) for one, other in pairs if one.ndim and len(one) == objective.examples)

    def _losses_of_outputs(self, objective: Objective, rows: Sequence[Tensor]) -> tuple[float, list[float]]:
        """The loss of the outputs of all examples, and those of parts of the same outputs."""
        assert self._criterion is not None
        (batch,) = objective.physical_batches()
        with objective.draws.of_batch(objective.device, 0):
            outputs = objective.outputs(batch)

        def of(part: Tensor | slice) -> float:
            assert self._criterion is not None
            assert batch.targets is not None
            with objective.draws.of_batch(objective.device, 0):
                found = _of_every_tensor(outputs, lambda t: t[part].clone() if len(t) == objective.examples else t)
                return float(self._criterion(found, batch.targets[part]))

        return of(slice(None)), [of(part) for part in rows]


def _normalises_batches(module: nn.Module) -> bool:
    """Whether it is torch's batch norm without running statistics: that normalises the batch in evaluation, too."""
    return isinstance(module, _BatchNorm) and not module.track_running_stats


def _of_every_tensor(value: Any, function: Callable[[Tensor], Tensor]) -> Any:
    """A nest of tuples, lists and dictionaries with `function` of every tensor in it."""
    return tree_map(lambda leaf: function(leaf) if isinstance(leaf, Tensor) and leaf.ndim else leaf, value)


def _tensors(value: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(value) if isinstance(leaf, Tensor)]


def _tolerance(dtype: torch.dtype) -> float:
    """The allowed difference between two computations of the same number, relative to that number."""
    return 2e-5 if dtype == torch.float32 else 1e-9


def _close(one: Tensor, other: Tensor) -> bool:
    if not one.is_floating_point():
        return torch.equal(one, other)
    size = float(one.abs().nan_to_num().max()) if one.numel() else 0.0
    return torch.allclose(one, other, rtol=0.0, atol=_tolerance(one.dtype) * size, equal_nan=True)


def _repeat(one: Gradient, other: Gradient) -> bool:
    """Whether two passes at the same weights agree: to the bit on the CPU; GPUs may add in another order."""
    if one.loss.device.type == "cpu":
        return same(one.loss, other.loss) and same(one.gradient, other.gradient)
    return _agree(one, other)


def _agree(one: Gradient, other: Gradient) -> bool:
    return _close(one.loss, other.loss) and _close(one.gradient, other.gradient)
