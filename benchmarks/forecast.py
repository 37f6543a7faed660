"""What each instrument is said to cost, beside what it takes: `python benchmarks/forecast.py`.

A line an instrument: seconds of a row as the forecast reckons them before a run, the median of what rows took along
the run, and their ratio. Rows of the first steps are left out, for they start from nothing. With `--busy N`, N other
processes keep a core busy each all the while.
"""

from __future__ import annotations

import argparse
import time
from statistics import median

import torch
from waiting import busy

from eostui.config import RunConfig
from eostui.dynamics.descent import Descent
from eostui.instruments.base.found import Found
from eostui.instruments.base.instrument import Instrument
from eostui.instruments.base.point import Point
from eostui.instruments.base.scope import Scope
from eostui.instruments.catalogue import INSTRUMENTS, instruments_of
from eostui.store.events import Happening
from eostui.trainer.forecast import forecast
from eostui.trainer.plan import plan_run
from eostui.trainer.setup import Setup, set_up

WARM, ROWS, EVERY = 60, 8, 5
"""Steps before the first row that counts, rows that count, and steps from one to the next."""
ROUNDS = 3
"""How often a forecast is made, for it is timed on a few examples."""


class Nobody:
    """Does not listen."""

    def event(self, happening: Happening) -> None: ...
    def progress(self, text: str, fraction: float | None = None) -> None: ...


def planned(arch: str, data: str, name: str) -> RunConfig:
    """A run with one instrument besides those that come unasked."""
    batches = {"optimizer": "sgd", "batch_size": 32} if name == "batch-sharpness" else {}
    track = (name,) if not INSTRUMENTS[name].when else ()
    return plan_run({"arch": arch, "data": data, "device": "cpu", "eig_above": float("inf"), "track": track, **batches})


def foreseen(config: RunConfig, setup: Setup, name: str) -> float:
    """Seconds of a row, as the median of some forecasts has them."""
    return median(forecast(config, setup, lambda text, fraction: None).rows[name] for _ in range(ROUNDS))


def taken(config: RunConfig, setup: Setup, name: str) -> float:
    """The median of what a row takes along the run, on graphs that are there."""
    scope = Scope.of(config)
    there: list[Instrument] = [kind(scope) for kind in instruments_of(config)]
    descent = Descent(setup.objective, setup.optimizer, setup.theta)
    found, seconds = Found(), []
    for step in range(WARM + ROWS * EVERY):
        with Point(
            step=step,
            theta=setup.theta,
            lr=descent.lr,
            objective=setup.objective,
            curvature=setup.curvature,
            threshold=descent.threshold,
            preconditioner=descent.preconditioner,
            test=setup.test,
            classes=setup.classes,
        ) as point:
            for instrument in there if step % EVERY == 0 else ():
                start = time.perf_counter()
                instrument.measure(point, found, Nobody())
                if instrument.name == name and step >= WARM:
                    seconds.append(time.perf_counter() - start)
        descent.evaluate()
        descent.advance()
    return median(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--arch", default="cnn-relu")
    parser.add_argument("--data", default="digits-500")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--only", nargs="*", help="instruments, where not all are wanted")
    parser.add_argument("--busy", type=int, default=0, help="number of processes that keep a core busy")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    print(f"{given.arch} on {given.data}, {given.threads} threads, {given.busy} busy processes; seconds of a row")
    print(f"{'instrument':22} {'forecast':>9} {'taken':>9} {'ratio':>6}")
    with busy(given.busy):
        for name, kind in INSTRUMENTS.items():
            if kind.when or kind.every_step or name not in (given.only or INSTRUMENTS):
                continue
            config = planned(given.arch, given.data, name)
            setup = set_up(config, lambda text, fraction: None)
            said, took = foreseen(config, setup, name), taken(config, setup, name)
            print(f"{name:22} {said:9.3f} {took:9.3f} {said / took:6.2f}")


if __name__ == "__main__":
    main()
