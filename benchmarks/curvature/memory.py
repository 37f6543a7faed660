"""The most memory that a measurement takes, above the network and its data, each method in a process of its own.

The peak is what Linux counts as resident, so buffers of libraries and ARPACK's vectors are in it. malloc is told to
give back at once what is freed: what was left over before the measurement would hide a part of what it takes.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from cases import Case
from method import Method, Point, Reference
from torch.nn.attention import SDPBackend, sdpa_kernel

from eostui.one_line import in_one_line

T = TypeVar("T")

FEW = 20
"""Examples of a measurement beforehand: libraries load themselves and take their buffers at the first use."""

_AT_ONCE = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
_PEAK_RESET = "5"  # proc(5), clear_refs


def compare_memory(case: Case, data_dir: Path, methods: Mapping[str, Method], threads: int) -> None:
    """Print the peak of one gradient and of each method."""
    if not Path("/proc/self/clear_refs").exists():
        print("  skipped: peaks are read from /proc, which only Linux has")
        return
    os.environ |= _AT_ONCE
    gradient, size = _in_a_process(_peak_of_gradient, case, data_dir, threads)
    print(f"  {'method':20} {'peak, MiB':>10}")
    print(f"  {'one gradient':20} {gradient:10.0f}")
    print(f"  {'bound for frugal':20} {2 * gradient + 11 * 4 * size / 2**20:10.0f}  two gradients and 11 vectors")
    for label, method in methods.items():
        try:
            peak = _in_a_process(_peak_of_method, case, data_dir, threads, type(method), method.k)
        except Exception as problem:  # a peer's failure is a result, too
            print(f"  {label:20} failed, {in_one_line(problem)}")
            continue
        print(f"  {label:20} {peak:10.0f}")


def _in_a_process(work: Callable[..., T], *arguments: Any) -> T:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def _peak_of_gradient(case: Case, data_dir: Path, threads: int) -> tuple[float, int]:
    """MiB at the peak, and the number of parameters."""
    torch.set_num_threads(threads)
    objective = case.objective(data_dir)
    theta = objective.parameters()
    objective.subset(FEW).gradient(theta)
    return _peak_of(lambda: objective.gradient(theta)), objective.size


def _peak_of_method(case: Case, data_dir: Path, threads: int, kind: type[Method], k: int) -> float:
    """MiB at the peak of two measurements, the second started from the first."""
    torch.set_num_threads(threads)
    objective = case.objective(data_dir)
    theta = objective.parameters()
    vectors = np.random.default_rng(0).standard_normal((objective.size, k)).astype(np.float32)
    before = Reference(np.ones(k), vectors)
    few = objective.subset(FEW)
    _measure(kind(k), [Point(0, 0, few, theta, before)])
    gradient = few.gradient(theta).gradient
    points = [Point(0, 0, objective, theta, before), Point(1, 1, objective, theta - 1e-3 * gradient, before)]
    return _peak_of(lambda: _measure(kind(k), points))


def _measure(method: Method, points: list[Point]) -> None:
    with sdpa_kernel(SDPBackend.MATH):
        for point in points:
            method.prepare(point)
            method.solve(point)


def _peak_of(work: Callable[[], object]) -> float:
    gc.collect()
    Path("/proc/self/clear_refs").write_text(_PEAK_RESET)
    before = _resident("VmRSS")
    work()
    return (_resident("VmHWM") - before) / 1024


def _resident(field: str) -> int:
    """KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))
