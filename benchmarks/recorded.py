"""A file such as a run leaves, made at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from eostui.instruments.catalogue import tables_of
from eostui.store import TRAIN, RunWriter, Status
from eostui.trainer.plan import plan_run


def run_file(directory: Path, steps: int) -> Path:
    """A file such as a run of so many steps leaves, measured every hundred of them."""
    config = plan_run({"steps": steps, "eig_every": 100})
    directory.mkdir(parents=True)
    path = directory / "run.h5"
    generator = np.random.default_rng(0)
    step = np.arange(steps)
    loss = np.exp(-step / (0.2 * steps)) * (1 + 0.1 * generator.standard_normal(steps))
    sharpness = np.minimum(4 + 40 * step / steps, 10) + 0.2 * generator.standard_normal(steps)
    with RunWriter.create(
        path,
        name=directory.name,
        config=config.to_dict(),
        environment={"threshold": "2/η"},
        tables=tables_of(config, classes=True),
    ) as writer:
        for t in range(steps):
            row = {"step": t, "time": t / 400, "lr": 0.2, "threshold": 10.0, "loss": abs(loss[t])}
            writer.append(TRAIN.row({**row, "accuracy": 0.9, "grad_norm": 0.1}))
            writer.append(writer.table("tracked").row({"step": t, "sharpness": sharpness[t], "certified": 0}))
            if t % 100 == 0:
                values = sharpness[t] * np.array([1, 0.9, 0.8])
                measured = {"eigenvalues": values, "residuals": 1e-3 * values, "errors": 1e-4 * values}
                measured |= {"step": t, "products": 5, "certified": 1}
                writer.append(writer.table("hessian").row(measured))
                writer.append(writer.table("gauss_newton").row(measured))
        writer.set_status(Status.FINISHED)
    return path
