"""Whether the gradient that comes with the graphs of a Hessian is the gradient of a training step, bit for bit."""

from __future__ import annotations

import torch
from torch import Tensor

from eostui.curvature.products import Products
from eostui.objective.objective import Objective


def same_gradient(products: Products, objective: Objective, theta: Tensor) -> bool:
    """Compare the two at θ, (size,), on one physical batch.

    Some kernels have another backward pass where a second derivative is wanted, oneDNN's recurrent layers for one
    (torch 2.14), and its last digits differ.
    """
    batch = objective.subset(objective.physical_batch)
    plain = batch.gradient(theta)
    with products.hessian(batch, theta) as hessian:
        graphed = hessian.gradient()
        return torch.equal(plain.gradient, graphed.gradient) and torch.equal(plain.loss, graphed.loss)
