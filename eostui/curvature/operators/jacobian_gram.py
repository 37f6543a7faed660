"""The Gram matrix of the network's Jacobian."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from eostui.curvature.operators.gauss_newton import GaussNewtonOperator
from eostui.objective.objective import Batch


class JacobianGramOperator(GaussNewtonOperator):
    """(1/n) Σᵢ JᵢᵀJᵢ, (size, size): the Gauss–Newton matrix without the curvature of the loss.

    For the squared error it is the Gauss–Newton matrix itself. For the cross-entropy it goes on growing while ∇²_zℓ
    fades as the examples are fitted, which is why the sharpness falls late in training (Cohen et al. 2021, appendix).
    The outputs of a sequence are those of all its positions. Raises TypeError where GaussNewtonOperator does.
    """

    def loss_curvature(self, z: Tensor, batch: Batch) -> Callable[[Tensor], Tensor]:
        # Of a loss that is a sum, the batches count alike.
        examples = len(z) * batch.weight / batch.share
        return lambda w: w / examples
