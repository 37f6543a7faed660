"""The states of the generators that a user's code may draw from, beside torch's on the CPU."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch

from eostui.objective.passes import default_generators


def random_states(device: torch.device) -> dict[str, Any]:
    """The states of Python's and numpy's generators and of torch's for `device`, as plain values and tensors."""
    numpy = np.random.get_state(legacy=False)  # noqa: NPY002 (the generator that users' code draws from)
    return {
        "python": random.getstate(),
        "numpy": {**numpy, "state": {**numpy["state"], "key": numpy["state"]["key"].tolist()}},
        "torch": [generator.get_state() for generator in default_generators(device)],
    }


def set_random_states(states: dict[str, Any], device: torch.device) -> None:
    """Go on from the states that `random_states` gave for this device."""
    random.setstate(states["python"])
    np.random.set_state(states["numpy"])  # noqa: NPY002
    for generator, state in zip(default_generators(device), states["torch"], strict=True):
        generator.set_state(state)
