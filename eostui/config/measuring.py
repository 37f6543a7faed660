"""Settings of what is measured, how often and how well."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

from eostui.config.flags import COUNT, Flag, Panel, between, from_up_to, one_of
from eostui.config.settings import Settings


def _names(text: str) -> tuple[str, ...]:
    """`gauss-newton,trace` as names; `none` is none."""
    return tuple(part for part in text.split(",") if part not in ("", "none"))


@dataclass(frozen=True, kw_only=True)
class Measuring(Settings):
    """What a run measures.

    `eig_every` counts steps (updates); `eig_tol` is relative to |λ₁|, `eig_above` to the threshold, `measure_share` to
    the wall time; `graph_memory` is in GiB. None means "no more than `eigs`" for `eig_above`, "no limit" for
    `measure_share`, and "all examples" for `eig_samples`.
    """

    eigs: Annotated[int, Flag("How many eigenvalues to follow.", Panel.MEASURED, COUNT)] = 3
    eig_every: Annotated[int, Flag("Measure every so many steps.", Panel.MEASURED, COUNT, planned=True)] = 10
    eig_tol: Annotated[
        float,
        Flag(
            "Largest estimated error of an eigenvalue, relative to |λ₁|.",
            Panel.MEASURED,
            between(0, 1, "a relative error between 0 and 1, such as 1e-3"),
        ),
    ] = 1e-3
    eig_above: Annotated[
        float | None,
        Flag(
            "Follow every eigenvalue above this share of the stability threshold, up to 10 of them; "
            "inf follows --eigs only [{default}].",
            Panel.MEASURED,
            between(0, math.inf, "a share of the threshold such as 0.75"),
            planned=True,
        ),
    ] = 0.75
    measure_share: Annotated[
        float | None,
        Flag(
            "Measure less often than asked where measuring would take more than this share of the time, "
            "such as 0.3; the events say how often it is [no limit].",
            Panel.MEASURED,
            between(0, 1, "a share of the time such as 0.3"),
        ),
    ] = None
    graph_memory: Annotated[
        float,
        Flag(
            "Memory for the graphs of a measurement: what does not fit is built anew for every product, "
            "which takes about twice the time. 0 keeps nothing, and makes the search for eigenvectors frugal: "
            "it keeps fewer vectors and takes more products.",
            Panel.MEASURED,
            from_up_to(0, math.inf, "zero or a positive number of GiB"),
            metavar="GIB",
        ),
    ] = 1.0
    search_dtype: Annotated[
        str,
        Flag(
            "auto tries whether products in bfloat16 make the search for eigenvectors faster, and has them "
            "compiled in the background in a long run; exact ones give the eigenvalues anyway. float32 does without: "
            "the same eigenvalues to the last bit in every run.",
            Panel.MEASURED,
            one_of("auto", "float32"),
        ),
    ] = "auto"
    products: Annotated[
        str,
        Flag(
            "Where curvature comes from: auto takes autograd's second derivatives where they agree with "
            "differences of gradients on a few examples, and else the differences, whose errors are larger and said. "
            "autograd and differences take just that; what has failed the check is then not certified.",
            Panel.MEASURED,
            one_of("auto", "autograd", "differences"),
        ),
    ] = "auto"
    eig_samples: Annotated[int | None, Flag("Measure curvature on the first N examples.", Panel.MEASURED, COUNT)] = None
    track: Annotated[
        tuple[str, ...],
        Flag(
            "More instruments, with commas between, or `none` [{default}]; "
            "`eostui list instruments` has them, with what each costs.",
            Panel.MEASURED,
            completes="instruments",
            planned=True,
            typed=str,
            read=_names,
        ),
    ] = ("gauss-newton", "tracked")
    flow: Annotated[
        tuple[str, ...],
        Flag(
            "Curves that theory predicts, beside the run: central, gradient and quadratic, with commas between; "
            "docs/flows.md says what each means.",
            Panel.MEASURED,
            metavar="NAMES",
            completes=("central", "gradient", "quadratic"),
            planned=True,
            typed=str,
            read=_names,
        ),
    ] = ()

    @property
    def frugal(self) -> bool:
        """Whether the search for eigenvectors keeps fewer vectors and takes more products: with `--graph-memory 0`.

        Whoever has no memory for the graphs has none for the vectors of a wide search, each as long as θ, either.
        """
        return self.graph_memory == 0
