"""Where in a network the second derivative is NaN or infinite."""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path

import torch
from torch import Tensor

import eostui
from eostui.curvature.operators.hessian import HessianOperator
from eostui.objective.objective import Objective

_NOT_THE_USERS = ("<", *(str(Path(str(package.__file__)).parent) + os.sep for package in (torch, eostui)))
"""How the names of files begin that are torch's, eostui's or no files. A directory of the user may be called so."""


def where_not_finite(objective: Objective, theta: Tensor) -> str:
    """In words: the weights whose rows of the Hessian are not finite, and the operation and line that torch blames.

    The line is the innermost of the user's own; there is none where torch finds no culprit.
    """
    generator = torch.Generator().manual_seed(0)
    v = torch.randn(theta.shape, generator=generator).to(theta)
    with HessianOperator(objective, theta, graph_bytes=0) as hessian:
        image = hessian @ v
    pieces = zip(objective.weights.by_name, objective.split(image), strict=True)
    names = [name for name, piece in pieces if not bool(torch.isfinite(piece).all())]
    if not names:
        return "products are not finite"
    few = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"second derivatives by {few} are not finite{_culprit(objective, theta, v)}"


def _culprit(objective: Objective, theta: Tensor, v: Tensor) -> str:
    with warnings.catch_warnings(record=True) as caught, torch.autograd.detect_anomaly():
        warnings.simplefilter("always")
        try:
            with HessianOperator(objective, theta, graph_bytes=0) as hessian:
                hessian @ v
        except RuntimeError as error:
            function = re.search(r"Function '(\w+)'", str(error))
        else:
            return ""
    traces = [str(warning.message) for warning in caught]
    lines = [line for trace in traces for line in re.findall(r'File "([^"]+)", line (\d+)', trace)]
    own = [f"{file}:{line}" for file, line in lines if not file.startswith(_NOT_THE_USERS)]
    blamed = f": the derivative of {function[1].rstrip('0123456789').removesuffix('Backward')}" if function else ""
    return blamed + (f" at {own[-1]}" if own else "")
