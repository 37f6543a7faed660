"""Settings of how the weights move, and of what they move on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

from eostui.config.flags import COUNT, DECAY, NOT_NEGATIVE, Flag, Panel, between, from_up_to, one_of
from eostui.config.settings import Settings
from eostui.config.step_size import parse_step_size

SCHEDULES = "constant, warmup:STEPS, step:STEPS:FACTOR, cosine:STEPS, or a list such as 0:2/50,300:2/100"
"""The forms of `--lr-schedule`; `trainer.schedule` reads them."""
HYPERPARAMETERS = ("momentum", "beta1", "beta2", "eps", "weight_decay", "decoupled", "centered")
"""The settings that an optimizer may take besides its step size."""


@dataclass(frozen=True, kw_only=True)
class Training(Settings):
    """How a run trains.

    `lr` is η. None means "all examples" for `batch_size` and `physical_batch`, "the optimizer has none" for its
    hyperparameters, and "as torch has it" for `threads`.
    """

    optimizer: Annotated[
        str,
        Flag(
            "gd, momentum, nesterov, sgd, adam, adamw, nadam, rmsprop, adagrad or scalar-rmsprop.",
            Panel.HOW,
            completes="optimizers",
        ),
    ] = "gd"
    lr: Annotated[
        float,
        Flag(
            "Step size η: 0.02, or a fraction such as 2/100.",
            Panel.HOW,
            between(0, math.inf, "a positive number such as 0.02 or 2/100"),
            metavar="ETA",
            typed=str,
            read=parse_step_size,
        ),
    ]
    lr_schedule: Annotated[
        str,
        Flag(
            f"{SCHEDULES}. A step size that you set by hand overrides it from then on.",
            Panel.HOW,
            metavar="SCHEDULE",
        ),
    ] = "constant"
    batch_size: Annotated[
        int | None,
        Flag("Examples in a step: minibatch training, reshuffled every epoch [all].", Panel.HOW, COUNT),
    ] = None
    momentum: Annotated[float | None, Flag("Momentum μ [0.9; sgd and rmsprop 0].", Panel.HOW, DECAY)] = None
    beta1: Annotated[float | None, Flag("Decay β₁ of the mean of gradients [0.9].", Panel.HOW, DECAY)] = None
    beta2: Annotated[
        float | None, Flag("Decay β₂ of the mean of squared gradients [0.999; rmsprop 0.99].", Panel.HOW, DECAY)
    ] = None
    eps: Annotated[float | None, Flag("ε, added to the root of the mean square.", Panel.HOW, NOT_NEGATIVE)] = None
    weight_decay: Annotated[
        float | None,
        Flag(
            "Weight decay w, coupled: the gradient of ½w‖θ‖², which is not part of the loss shown; "
            "adamw's is decoupled.",
            Panel.HOW,
            NOT_NEGATIVE,
        ),
    ] = None
    decoupled: Annotated[bool, Flag("Decouple the weight decay: θ ← (1 − ηw)θ.", Panel.HOW)] = False
    centered: Annotated[bool, Flag("rmsprop: divide by the standard deviation.", Panel.HOW)] = False
    seed: Annotated[
        int,
        Flag(
            "Seed of the weights, of the random numbers at every step (dropout), and of data that you draw "
            "yourself, which come from another stream.",
            Panel.HOW,
            from_up_to(0, 2**63, "a whole number from 0 to 2^63 - 1"),
        ),
    ] = 0
    device: Annotated[
        str,
        Flag(
            "auto, cpu, cuda, cuda:1 or mps; auto takes a GPU where there is one.",
            Panel.HOW,
            completes=("auto", "cpu", "cuda", "mps"),
        ),
    ] = "auto"
    dtype: Annotated[
        str,
        Flag(
            "float32 or float64 [{default}; float64 for minimalist].",
            Panel.HOW,
            one_of("float32", "float64"),
            planned=True,
        ),
    ] = "float32"
    physical_batch: Annotated[
        int | None,
        Flag(
            "Examples that go through the network at once: bounds the memory and changes no result, except with "
            "batch norm, which normalises each physical batch by itself (ghost batches, as in the papers). Refused "
            "where the loss is neither a mean nor a sum over examples, as with class weights.",
            Panel.HOW,
            COUNT,
        ),
    ] = None
    threads: Annotated[int | None, Flag("Processor threads for torch.", Panel.HOW, COUNT)] = None
