"""The catalogue of methods."""

from __future__ import annotations

from method import Method
from ours import Frugal, Ours
from packages import Curvlinops, Eigenthings, PyHessian
from rebuilt import Expert, Papers, PapersLoose

METHODS: dict[str, type[Method]] = {
    "ours": Ours,
    "frugal": Frugal,
    "papers": Papers,
    "papers-1e-3": PapersLoose,
    "expert": Expert,
    "pyhessian": PyHessian,
    "eigenthings": Eigenthings,
    "curvlinops": Curvlinops,
}

SEVERAL = ("ours", "papers", "expert")
"""Those that are asked for more than the largest eigenvalue, too."""


def chosen(names: list[str], ks: list[int]) -> dict[str, Method]:
    """The methods of these names for every k, by a name that says both; a line for each that is not installed."""
    methods: dict[str, Method] = {}
    for k in ks:
        for name in names:
            if k > 1 and name not in SEVERAL:
                continue
            try:
                methods[name if k == 1 else f"{name}, top {k}"] = METHODS[name](k)
            except ModuleNotFoundError as missing:
                print(f"{name} skipped: {missing}")
    return methods
