"""The deep linear networks of Cohen et al. 2021."""

from __future__ import annotations

from torch import nn

from eostui.problems.errors import ProblemError
from eostui.problems.networks.sizes import positive


class DeepLinear(nn.Sequential):
    """f(x) = W_depth ⋯ W₂ W₁ x with square matrices (width, width), from Xavier's normal distribution, no bias.

    Takes and gives (n, width). Raises ProblemError where the data have inputs or targets of another size, and
    for a width or depth below 1.
    """

    def __init__(self, input_shape: tuple[int, ...], outputs: int, *, width: int, depth: int) -> None:
        positive("a deep linear network", width=width, depth=depth)
        if input_shape != (width,) or outputs != width:
            remedy = f"; give --width {outputs}" * (input_shape == (outputs,))
            raise ProblemError(
                f"a deep linear network of {width}×{width} layers needs inputs and targets of {width} numbers; "
                f"this data set has inputs of shape {input_shape} and {outputs} outputs{remedy}"
            )
        layers = [nn.Linear(width, width, bias=False) for _ in range(depth)]
        for layer in layers:
            nn.init.xavier_normal_(layer.weight)
        super().__init__(*layers)
