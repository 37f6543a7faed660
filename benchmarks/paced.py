"""A trainer that computes nothing: it records 100 steps a second, in a file and on a pipe, for viewers to follow.

    python benchmarks/paced.py runs/NAME

The sharpness rises to its threshold and swings there, as does a jagged loss; `eostui attach NAME` follows it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from eostui.instruments.catalogue import tables_of
from eostui.link.address import listen
from eostui.link.messages import Hello
from eostui.link.server import LinkServer
from eostui.store import RunWriter, Status
from eostui.store.events import Started
from eostui.trainer.plan import plan_run
from eostui.trainer.record import Record

STEPS_PER_SECOND = 100
BEFORE = 2000
"""Steps that are recorded before the first second."""
EIG_EVERY = 20
_LR, _THRESHOLD = 0.02, 100.0


def rows(steps: int, tables: set[str]) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Of each step the rows that it has in some tables: every value at every step, spectra every `EIG_EVERY` steps."""
    random = np.random.default_rng(0)
    for step in range(steps):
        sharpness = min(5 + 0.08 * step, _THRESHOLD * (1 + 0.03 * (-1) ** step * random.uniform(0.2, 1)))
        jag = np.exp(0.3 * random.uniform() * (sharpness > 0.9 * _THRESHOLD))
        loss = float(0.6 / (1 + step / 300) * jag)
        measured = {
            "train": {
                **{"step": step, "time": step / STEPS_PER_SECOND, "lr": _LR, "threshold": _THRESHOLD, "loss": loss},
                **{"accuracy": min(0.2 + step / 4000, 0.97) - 0.01 * jag, "grad_norm": loss**0.5},
            },
            "tracked": {"step": step, "sharpness": sharpness, "certified": 0},
        }
        if step % EIG_EVERY == 0:
            values = sharpness * np.array([1, 0.9, 0.8])
            spectrum = {"eigenvalues": values, "residuals": 1e-3 * values, "errors": 1e-4 * values}
            spectrum |= {"step": step, "products": 5, "certified": 1}
            measured |= {"hessian": spectrum, "gauss_newton": spectrum}
            measured |= {"test": {"step": step, "loss": 1.2 * loss, "accuracy": 0.7}}
            measured |= {"trace": {"step": step, "trace": 3 * sharpness, "standard_error": 0.1, "products": 9}}
            measured |= {"timing": {"step": step, "time": step / STEPS_PER_SECOND, "steps_per_second": 100.0}}
        yield [(table, row) for table, row in measured.items() if table in tables]


def main() -> None:
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True)
    config = plan_run(
        {"steps": 60_000, "eig_every": EIG_EVERY, "lr": _LR, "track": ["gauss-newton", "tracked", "trace"]}
    )
    tables, environment = tables_of(config, classes=True), {"threshold": "2/η"}
    path = directory / "run.h5"
    described = {table.name: table.to_json() for table in tables}
    with RunWriter.create(
        path, name=directory.name, config=config.to_dict(), environment=environment, tables=tables
    ) as writer:
        record = Record(writer, LinkServer(listen(directory)))
        record.introduce(Hello(directory.name, str(path), config.to_dict(), environment, described))
        record.set_status(Status.RUNNING)
        record.event(0, Started(_LR, _THRESHOLD))
        start = time.monotonic()
        for step, measured in enumerate(rows(60_000, {table.name for table in tables})):
            time.sleep(max(start + (step - BEFORE) / STEPS_PER_SECOND - time.monotonic(), 0.0))
            for table, row in measured:
                record.row(table, row)


if __name__ == "__main__":
    main()
