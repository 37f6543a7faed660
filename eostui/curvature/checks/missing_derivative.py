"""Which layer or function of a network has no second derivative, or may have a wrong one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from eostui.objective.objective import Batch, Objective

INSTEAD: Mapping[str, str] = {
    "EmbeddingBag": "nn.Embedding and a mean over the tokens have one",
    "Embedding": "nn.Embedding without sparse=True has one",
    "_ctc_loss": "a CTC loss written in torch's basic operations has one",
    "_cdist": "(x[:, None] - y).square().sum(-1).sqrt() has one",
    "_cudnn_rnn": "it has one with torch.backends.cudnn.flags(enabled=False) around the call, or on the CPU",
    "_thnn_fused": "it has one on the CPU",
    "grid_sampler": "indexing with weights of your own has one",
}
"""What has a second derivative, by the layer or operation of torch that has none."""


def where_missing(objective: Objective, theta: Tensor, error: Exception) -> str:
    """In words: the layer at fault, as far as it can be found, what torch says, and what to use in its place."""
    message = str(error).splitlines()[0].rstrip(".")
    layer = _layer_without(objective, theta)
    kind = "" if layer is None else type(layer[1]).__name__
    key = next((name for name in INSTEAD if name in message or name == kind), "")
    whose = "the model or the loss" if layer is None else f"the layer {layer[0]} ({kind})"
    return f"{whose} has no second derivative ({message})" + (f"; {INSTEAD[key]}" if key else "")


def own_functions(objective: Objective, theta: Tensor) -> str:
    """The names of the `torch.autograd.Function`s in the network or the loss, each with a backward pass of its own."""
    names: list[str] = []

    def look(batch: Batch) -> tuple[Tensor]:
        _, loss = objective.forward(batch)
        for node in _nodes(loss.grad_fn):
            name = type(node).__name__
            if isinstance(node, torch.autograd.function.BackwardCFunction) and name not in names:
                names.append(name)
        return (loss.detach(),)

    with torch.enable_grad():
        objective.mean(theta, look)
    return " and ".join(name.removesuffix("Backward") for name in names)


def _nodes(root: Any) -> Iterator[Any]:
    """All nodes of the graph that leads to `root`."""
    seen, waiting = {root}, [root]
    while waiting:
        node = waiting.pop()
        if node is None:
            continue
        yield node
        for below, _ in node.next_functions:
            if below not in seen:
                seen.add(below)
                waiting.append(below)


def _layer_without(objective: Objective, theta: Tensor) -> tuple[str, nn.Module] | None:
    """The first layer, one with no others in it, whose outputs cannot be differentiated twice by what goes into it."""
    calls: list[tuple[str, nn.Module, list[Tensor], list[Tensor]]] = []

    def remember(name: str) -> Any:
        def hook(module: nn.Module, arguments: Any, keywords: Any, outputs: Any) -> None:
            own = [p for p in module.parameters() if p.requires_grad]
            given = [t for t in tree_leaves((arguments, keywords)) if isinstance(t, Tensor) and t.requires_grad]
            made = [t for t in tree_leaves(outputs) if isinstance(t, Tensor) and t.requires_grad]
            calls.append((name, module, [*own, *given], made))

        return hook

    layers = [(name, module) for name, module in objective.model.named_modules() if not [*module.children()]]
    hooks = [module.register_forward_hook(remember(name), with_kwargs=True) for name, module in layers]

    def call(batch: Batch) -> tuple[Tensor]:
        _, loss = objective.forward(batch)
        return (loss.detach(),)

    try:
        with torch.enable_grad():
            objective.mean(theta, call)
    finally:
        for hook in hooks:
            hook.remove()
    for name, module, given, made in calls:
        if given and made and not _twice_differentiable(given, made):
            return name, module
    return None


def _twice_differentiable(given: list[Tensor], made: list[Tensor]) -> bool:
    weights = [torch.randn_like(t, requires_grad=True) for t in made]
    try:
        slopes = torch.autograd.grad(made, given, weights, create_graph=True, allow_unused=True)
        kept = [slope for slope in slopes if slope is not None and slope.requires_grad]
        if kept:
            total = torch.stack([slope.to_dense().square().sum() for slope in kept]).sum()
            torch.autograd.grad(total, [*given, *weights], allow_unused=True)
    except (RuntimeError, NotImplementedError):
        return False
    return True
