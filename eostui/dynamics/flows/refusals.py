"""Which optimizers have a flow. This module imports no torch."""

from __future__ import annotations

from collections.abc import Mapping

RULED = ("gd", "momentum", "nesterov", "sgd", "adam", "adamw", "rmsprop", "scalar-rmsprop")
"""The optimizers whose second moments a flow follows, or that have none."""


def why_no_flow(
    optimizer: str, hyperparameters: Mapping[str, float | bool | None], *, minibatches: bool, central: bool
) -> str:
    """Why a run has no flow, as words that follow the name of one; empty where it has one.

    Args:
        optimizer: a key of `OPTIMIZERS`.
        hyperparameters: those of the run, by name; None or missing ones are those of the optimizer.
        minibatches: whether a step sees fewer than all examples.
        central: whether it is the central flow, which knows less momentum than the gradient flow.
    """
    if minibatches:
        return "follows steps on all examples; of minibatches no averaged flow is known: leave --batch-size out"
    if optimizer not in RULED:
        return f"is not known of --optimizer {optimizer}; there is one of {', '.join(RULED)}"
    if hyperparameters.get("centered"):
        return "is not known of --centered RMSprop; there is one without the flag"
    if hyperparameters.get("weight_decay") and (optimizer == "adamw" or hyperparameters.get("decoupled")):
        return "is not known with decoupled weight decay; give --weight-decay 0, or an optimizer that couples it"
    if central and hyperparameters.get("momentum"):
        return (
            "is not known with momentum: its mean loss was 9 to 28 % off where it was tried; "
            "give --momentum 0 or --optimizer gd, or have the gradient flow alone"
        )
    return ""
