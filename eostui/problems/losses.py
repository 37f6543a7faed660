"""The catalogue of losses. Plain data: importing it must stay cheap, so no torch here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Loss:
    """A loss that can be asked for by name.

    `function` names the code as `module:function`. It is called as `function(outputs, targets)` and returns
    the mean loss over the examples, a scalar tensor.
    """

    name: str
    function: str
    summary: str


_LOSSES = (
    Loss(
        "mse",
        "eostui.problems.criteria:mse",
        "½‖f(x) − y‖² summed over outputs, mean over examples; one-hot 0/1 classes",
    ),
    Loss("ce", "eostui.problems.criteria:ce", "cross-entropy of the softmax, in nats, mean over examples"),
)

LOSSES: dict[str, Loss] = {loss.name: loss for loss in _LOSSES}
