"""What a step takes while threads wait in different ways: `python benchmarks/waiting.py [--busy N …]`.

A line a case and a number of busy processes beside it, which the benchmark starts and ends: the median time of a step
of `eostui run` in milliseconds, as the median of some rounds taken in turn, and by how much the system's way is slower
than the one that a trainer is started with. Nothing is measured but training. `--data` names the folder of CIFAR-10.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import numpy as np

from eostui.store import RunFile
from eostui.trainer.launch import WAITING

CASES = {
    "digits": ("--steps", "150"),
    "cifar10-1k": ("--arch", "fc-tanh", "--data", "cifar10-1k", "--lr", "2/60", "--steps", "40"),
}
WAYS = {
    # What libgomp does unasked. A trainer would be started with another way if nothing were said.
    "the system's": ({"GOMP_SPINCOUNT": "300000"}, ()),
    "sleeping": ({"OMP_WAIT_POLICY": "PASSIVE"}, ()),
    "one thread": ({"OMP_WAIT_POLICY": "PASSIVE"}, ("--threads", "1")),
}
"""What is set in the environment, and the flags."""
WARM = 10
"""Steps that do not count."""


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """So many processes that keep a core busy while inside."""
    started = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def step_of(case: str, way: str, data: Path | None) -> float:
    """The median time of a step of one run, in milliseconds."""
    variables, flags = WAYS[way]
    environment = {name: value for name, value in os.environ.items() if name not in (*WAITING, "OMP_NUM_THREADS")}
    with tempfile.TemporaryDirectory() as runs:
        command = [sys.executable, "-m", "eostui", "run", "--headless", "--track", "none", "--eig-every", "1000"]
        where = ["--runs-dir", runs, "--name", "timed", *(["--data-dir", str(data)] if data else [])]
        subprocess.run(
            [*command, *where, *CASES[case], *flags],
            env={**environment, **variables},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        with RunFile.open(Path(runs) / "timed" / "run.h5") as run:
            return 1e3 * float(np.median(np.diff(run.read("train")["time"])[WARM:]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--busy", type=int, nargs="*", default=[0, 1], help="numbers of busy processes")
    parser.add_argument("--cases", nargs="*", default=list(CASES), choices=list(CASES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before; milliseconds a step")
    print(f"{'case':12} {'busy':>4} " + " ".join(f"{way:>12}" for way in WAYS) + f" {'ratio':>6}")
    for case in given.cases:
        for processes in given.busy:
            times: dict[str, list[float]] = {way: [] for way in WAYS}
            with busy(processes):
                for _ in range(given.rounds):
                    for way, taken in times.items():
                        taken.append(step_of(case, way, given.data))
            medians = {way: median(taken) for way, taken in times.items()}
            ratio = medians["the system's"] / medians["sleeping"]
            print(f"{case:12} {processes:4} " + " ".join(f"{one:12.1f}" for one in medians.values()) + f" {ratio:6.2f}")


if __name__ == "__main__":
    main()
