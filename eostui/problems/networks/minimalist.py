"""The minimalist example of the edge of stability: the product of four weights (Zhu et al., arXiv 2210.03294)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from eostui.problems.errors import ProblemError


class Minimalist(nn.Module):
    """f(u) = xyzw·u for one number u, with θ = (x, y, z, w) = (X0, Y0, X0, Y0) at the start.

    With u = 1 and the target 1, ½(1 − xyzw)² is the loss. Takes (n, 1), gives (n, 1). The seed has no say. Raises
    ProblemError for other data.
    """

    def __init__(self, input_shape: tuple[int, ...], outputs: int, *, x0: float, y0: float) -> None:
        if input_shape != (1,) or outputs != 1:
            raise ProblemError(
                f"the minimalist example needs one input and one output, not {input_shape} and {outputs}"
            )
        super().__init__()
        self.weights = nn.Parameter(torch.tensor([x0, y0, x0, y0], dtype=torch.float64))

    def forward(self, u: Tensor) -> Tensor:
        x, y, z, w = self.weights.unbind()
        # Weights that are alike have gradients that are alike to the bit, and stay so.
        return ((x * z) * (y * w)) * u
