"""Making the two compiled programs of `tangent_program`: tracing the product, splitting it, compiling the halves.

This takes from half a minute to several minutes, and holds Python's lock for most of them: run it in another process.
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call, functionalize, grad, jvp
from torch.fx import Graph, GraphModule, Node
from torch.fx.experimental.proxy_tensor import make_fx
from torch.nn.attention import SDPBackend, sdpa_kernel

from eostui.curvature.compiled.scratch import scratch_in
from eostui.curvature.compiled.tangent_program import PRIMAL, TANGENT, arguments
from eostui.curvature.compiled.tangent_rewrites import drop_zeros, lay_out_rows
from eostui.objective.model_call import call_model
from eostui.objective.objective import Batch, Objective


def compile_tangent(objective: Objective, theta: Tensor, directory: Path) -> None:
    """Leave the programs for `objective` in a directory, for any θ like this one (size,) and full physical batches.

    Raises ValueError for a model that draws random numbers, which would be others than those of the exact products,
    and whatever torch raises where it can not trace a model or finds no compiler.
    """
    primal, tangent = trace_tangent(objective, theta)
    given = arguments(objective, theta, next(objective.physical_batches()))
    with torch.no_grad(), scratch_in(directory):
        residuals = primal(*given)
        for module, inputs, name in (
            (primal, given, PRIMAL),
            (tangent, [torch.zeros_like(theta), *given, *residuals], TANGENT),
        ):
            exported = torch.export.export(module, tuple(inputs))
            torch._inductor.aoti_compile_and_package(exported, package_path=str(directory / name))


def trace_tangent(objective: Objective, theta: Tensor) -> tuple[GraphModule, GraphModule]:
    """The primal and the tangent of a physical batch as programs that torch can run, too; raises as above."""
    return _split(_traced(objective, theta, next(objective.physical_batches())))


def _traced(objective: Objective, theta: Tensor, batch: Batch) -> GraphModule:
    """H v as one graph of v, θ, buffers and examples, in torch's basic operations, none of them in place."""
    names = list(objective.buffers())

    def product(v: Tensor, theta: Tensor, *others: Tensor) -> Tensor:
        buffers = dict(zip(names, others, strict=False))
        here = _with_examples(batch, others[len(names) :])

        def loss(theta: Tensor) -> Tensor:
            # Traced weights cannot be written into a module. What this does not reach would make the programs wrong;
            # they are compared with exact products before they are used.
            weights = dict(zip(objective.weights.by_name, objective.split(theta), strict=True))
            # Copies of the buffers, because the network may change them in place.
            state = weights | {name: value.clone() for name, value in buffers.items()}

            def call(*arguments: Tensor, **keywords: Tensor) -> Any:
                return functional_call(objective.model, state, arguments, keywords)

            outputs = call_model(call, here.inputs, here.targets if objective.loss is None else None)
            return objective.batch_loss(outputs, here)

        image: Tensor = jvp(grad(loss), (theta,), (v,))[1]
        return image

    # Without values, so that the model cannot choose its way by them, which the programs would take for ever.
    trace = make_fx(functionalize(product, remove="mutations"), tracing_mode="fake")
    with (
        sdpa_kernel(SDPBackend.MATH),  # the fused kernels have no forward derivative
        torch.autocast(objective.device.type, torch.bfloat16, cache_enabled=False),
    ):
        traced = trace(torch.zeros_like(theta), *arguments(objective, theta, batch))
    drop_zeros(traced.graph)
    lay_out_rows(traced.graph)
    for node in traced.graph.nodes:
        if torch.Tag.nondeterministic_seeded in getattr(node.target, "tags", ()):
            raise ValueError(f"the model draws random numbers ({node.target})")
    return traced


def _with_examples(batch: Batch, tensors: Sequence[Tensor]) -> Batch:
    """The batch with other tensors in the order of `examples_of`."""
    inputs, targets = tensors, None
    if batch.targets is not None:
        *inputs, targets = tensors
    one = isinstance(batch.inputs, Tensor)
    return dataclasses.replace(
        batch, inputs=inputs[0] if one else dict(zip(batch.inputs, inputs, strict=True)), targets=targets
    )


def _split(traced: GraphModule) -> tuple[GraphModule, GraphModule]:
    """The part of the graph that does not depend on v, and the one that does.

    What the second needs of the first are the residuals; views are taken anew.
    """
    v, *given = traced.graph.find_nodes(op="placeholder")
    (output,) = traced.graph.find_nodes(op="output")
    depends = {v}
    for node in traced.graph.nodes:
        if node is not output and depends.intersection(node.all_input_nodes):
            depends.add(node)

    residuals: list[Node] = []
    viewed: set[Node] = set()
    needed = [source for node in traced.graph.nodes if node in depends for source in node.all_input_nodes]
    known = {*given, *depends}
    while needed:
        node = needed.pop()
        if node in known:
            continue
        known.add(node)
        if node.op == "get_attr" or _is_view(node):
            viewed.add(node)
            needed.extend(node.all_input_nodes)
        else:
            residuals.append(node)

    primal, copies = Graph(), dict[Node, Node]()
    for node in traced.graph.nodes:
        if node is not output and node not in depends:
            copies[node] = primal.node_copy(node, copies.__getitem__)
    primal.output(tuple(copies[node] for node in residuals))
    primal.eliminate_dead_code()

    tangent, copies = Graph(), {}
    for node in (v, *given):
        copies[node] = tangent.node_copy(node)
    for index, node in enumerate(residuals):
        copies[node] = tangent.placeholder(f"residual_{index}")
    for node in traced.graph.nodes:
        if node in viewed or (node in depends and node is not v):
            copies[node] = tangent.node_copy(node, copies.__getitem__)
    (image,) = output.all_input_nodes
    tangent.output((copies[image],))
    tangent.eliminate_dead_code()
    return GraphModule(traced, primal), GraphModule(traced, tangent)


def _is_view(node: Node) -> bool:
    if node.target is operator.getitem:
        return _is_view(node.all_input_nodes[0])
    return bool(getattr(node.target, "is_view", False))
