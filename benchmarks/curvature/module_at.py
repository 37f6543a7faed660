"""The network as a module of its own, for code that reads the weights from there."""

from __future__ import annotations

import copy

from method import Point
from torch import nn
from torch.nn.utils import vector_to_parameters


def module_at(point: Point) -> nn.Module:
    """A copy of the model with the weights θ."""
    model = copy.deepcopy(point.objective.model)
    vector_to_parameters(point.theta, model.parameters())
    return model
