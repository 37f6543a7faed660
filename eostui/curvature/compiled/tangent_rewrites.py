"""Rewrites of a traced product that make it cheaper and do not change its result."""

from __future__ import annotations

import operator
from typing import Any

import torch
from torch import Tensor
from torch._inductor.inductor_prims import force_stride_order
from torch.fx import Graph, Node

aten = torch.ops.aten

ZEROS = (aten.zeros.default, aten.zeros_like.default)
"""Operations whose results are zeros whatever they are given: forward mode writes them for what has no derivative."""

RESHAPING = (aten.alias.default, aten.expand.default, aten.view.default, aten._to_copy.default)
"""Operations that change the shape or the dtype of their first argument only, and give zeros if that is zeros."""

BILINEAR = (aten.mm.default, aten.bmm.default, aten.convolution.default)
"""Operations that are linear in each of their first two arguments, and give zeros if one of these is zeros.

A third argument is a bias, which is added: with one the result is not zeros.
"""


def drop_zeros(graph: Graph) -> None:
    """Take terms that are zeros out of sums, and what computes them out of the graph.

    Forward mode writes down the derivative of what has none as zeros. That of the examples is multiplied by the first
    layer's weights, and once more on the way back: in a wide network this is most of the primal's work.
    """
    zeros: set[Any] = set()
    for node in graph.nodes:
        if _is_zeros(node, zeros):
            zeros.add(node)
        elif node.target == aten.add.Tensor:
            terms = [term for term in node.args if term not in zeros]
            if len(terms) == 1 and not node.kwargs and _value(terms[0]).dtype == _value(node).dtype:
                shape = list(_value(node).shape)
                with graph.inserting_before(node):
                    term = graph.call_function(aten.expand.default, (terms[0], shape))
                term.meta["val"] = _value(terms[0]).expand(shape)
                node.replace_all_uses_with(term)
    graph.eliminate_dead_code()


def _is_zeros(node: Node, zeros: set[Any]) -> bool:
    """Whether the value consists of zeros, where `zeros` are the nodes before it that do."""
    given: list[Any] = list(node.args)
    if node.target in ZEROS:
        return True
    if node.target in RESHAPING:
        return given[0] in zeros
    if node.target in BILINEAR:
        return not zeros.isdisjoint(given[:2]) and given[2:3] in ([], [None])
    if node.target is operator.getitem and given[0].target == aten.convolution_backward.default:
        slopes, inputs, weight, *_ = given[0].args
        # By the inputs, by the weight and by the bias.
        return slopes in zeros or (weight, inputs, slopes)[given[1]] in zeros
    return False


def lay_out_rows(graph: Graph) -> None:
    """Copy the first factors of matrix products where they are transposed, unless they are the larger ones.

    In bfloat16 the products are then faster, more than twice so on a CPU with matrix units.
    """
    for node in graph.find_nodes(op="call_function", target=aten.mm.default):
        first, second = node.args
        value = _value(first)
        if value.dtype == torch.bfloat16 and not value.is_contiguous() and value.numel() <= _value(second).numel():
            rows = value.contiguous()
            with graph.inserting_before(node):
                # The compiler would give a mere copy the layout of what it is copied from.
                copy = graph.call_function(force_stride_order, (first, rows.stride()))
            copy.meta["val"] = rows
            node.replace_input_with(first, copy)


def _value(node: Node) -> Tensor:
    """The tensor without contents that stood for the node's value when it was traced."""
    value: Tensor = node.meta["val"]
    return value
