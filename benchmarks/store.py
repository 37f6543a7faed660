"""What a run on disk costs: writing a row, bringing rows to disk, reading a million of them, and disk space.

    python benchmarks/store.py

Prints the median time to append a row to the train table (and the mean, which bears the flusher thread's share) at full
speed, the time of a flush of ten rows, the time to open and read a train table of a million rows beside plain h5py, the
time to take notice of new rows, and the size of a run of a million and of 300 rows.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import h5py

from eostui.store import EVENTS, TEST, TRAIN, RunFile, RunWriter, Status, eigenvalue_table

ROWS = 1_000_000
SHORT_ROWS = 300
REPEATS = 9
HESSIAN = eigenvalue_table("hessian", "largest eigenvalues", 6)
TABLES = [TRAIN, TEST, EVENTS, HESSIAN]


def milliseconds(work: Callable[[], object]) -> float:
    """The median time of some work."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


def values_at(step: int) -> dict[str, float]:
    """The values of a row as a trainer has them."""
    return {
        "step": step, "time": step * 0.01, "lr": 0.02, "threshold": 100.0, "loss": 1 / (step + 1), "accuracy": 0.5,
        "grad_norm": 0.1,
    }  # fmt: skip


def write(path: Path, rows: int) -> list[int]:
    """Write a run and return what each row took to make and append, in nanoseconds."""
    times = []
    with RunWriter.create(path, name="benchmark", config={}, environment={}, tables=TABLES) as run:
        for step in range(rows):
            values = values_at(step)
            start = time.perf_counter_ns()
            run.append(TRAIN.row(values))
            times.append(time.perf_counter_ns() - start)
            if step % 100 == 0:
                measured = {"step": step, "eigenvalues": range(6), "products": 12, "certified": 1}
                run.append(HESSIAN.row(measured))
    return times


def flush_ten(run: RunWriter) -> None:
    """Append ten rows and wait for them to be on disk."""
    for step in range(10):
        run.append(TRAIN.row(values_at(step)))
    run.set_status(Status.RUNNING)


def read(path: Path) -> None:
    """Read the whole train table."""
    with RunFile.open(path) as run:
        run.read("train")


def read_plainly(path: Path) -> None:
    """Read the whole train table with nothing but h5py."""
    with h5py.File(path, "r", swmr=True) as file:
        for column in file["tables/train"].values():
            column[:]


def main() -> None:
    """Print every figure."""
    with tempfile.TemporaryDirectory() as directory:
        long, short, flushed = (Path(directory) / f"{name}.h5" for name in ("long", "short", "flushed"))
        times = write(long, ROWS)
        median, mean = statistics.median(times) / 1e3, statistics.mean(times) / 1e3
        print(f"append a row            {median:8.1f} µs (mean {mean:.1f})")
        with RunWriter.create(flushed, name="benchmark", config={}, environment={}, tables=TABLES) as run:
            print(f"flush ten rows          {milliseconds(lambda: flush_ten(run)):8.1f} ms")
        print(f"read {ROWS:,} rows     {milliseconds(lambda: read(long)):8.1f} ms")
        print(f"  the same, plain h5py  {milliseconds(lambda: read_plainly(long)):8.1f} ms")
        print(f"open a run              {milliseconds(lambda: RunFile.open(long).close()):8.1f} ms")
        with RunFile.open(long) as opened:
            opened.read("train")
            print(f"refresh                 {milliseconds(opened.refresh):8.1f} ms")
        print(f"{ROWS:,} rows on disk  {long.stat().st_size / 1e6:8.1f} MB")
        write(short, SHORT_ROWS)
        print(f"{SHORT_ROWS} rows on disk        {short.stat().st_size / 1e6:8.2f} MB")


if __name__ == "__main__":
    main()
