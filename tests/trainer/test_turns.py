"""A turn is all that is decided about a step: whoever repeats the turns of a run repeats the run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import Tensor

from eostui.config import RunConfig
from eostui.instruments.catalogue import tables_of
from eostui.link.address import listen
from eostui.link.client import LinkClient
from eostui.link.messages import Argument
from eostui.link.server import LinkServer
from eostui.link.verb import Verb
from eostui.store import By, RunFile, RunWriter, Status
from eostui.store.events import Started, StepSizeChanged, TrackingChanged
from eostui.trainer.checked_products import checked_products
from eostui.trainer.control import Control
from eostui.trainer.decider import Decider
from eostui.trainer.loop import Trainer
from eostui.trainer.plan import plan_run
from eostui.trainer.record import Record
from eostui.trainer.setup import set_up
from eostui.trainer.turn import Outcome, Turn

SMALL: dict[str, Any] = {"arch": "fc-tanh", "width": 8, "data": "digits-80", "lr": 0.2, "threads": 1, "device": "cpu"}


class Listening:
    """Decides as a decider does, and keeps its turns."""

    def __init__(self, decider: Decider) -> None:
        self.turns: list[Turn] = []
        self._decider = decider

    def next(self) -> Turn:
        self.turns.append(self._decider.next())
        return self.turns[-1]

    def learn(self, turn: Turn, outcome: Outcome) -> None:
        self._decider.learn(turn, outcome)

    def saves(self, turn: Turn) -> None:
        self._decider.saves(turn)

    def record_signals(self) -> None:
        self._decider.record_signals()

    def state_dict(self) -> dict[str, Any]:
        return self._decider.state_dict()


class Repeating:
    """Makes turns that somebody else has decided."""

    def __init__(self, turns: list[Turn]) -> None:
        self._turns: Iterator[Turn] = iter(turns)

    def next(self) -> Turn:
        return next(self._turns)

    def learn(self, turn: Turn, outcome: Outcome) -> None:
        """Nothing is decided here."""

    def saves(self, turn: Turn) -> None:
        """Nothing is decided here."""

    def record_signals(self) -> None:
        """Nobody sends any."""

    def state_dict(self) -> dict[str, Any]:
        return {}


def _train(
    config: RunConfig,
    directory: Path,
    turns: list[Turn] | None = None,
    asked: Sequence[tuple[Verb, Argument]] = (),
) -> tuple[list[Turn], Tensor]:
    """Train in this process, where somebody has asked something before step 0; the turns, and θ at the end."""
    directory.mkdir()
    server = LinkServer(listen(directory))
    client = LinkClient.to_run(directory)
    for command in asked:
        client.send(*command)
    setup = set_up(config, lambda text, fraction: None)
    products = checked_products(setup.config, setup, setup.theta)
    writer = RunWriter.create(
        directory / "run.h5",
        name=directory.name,
        config=config.to_dict(),
        environment={},
        tables=tables_of(setup.config, classes=setup.classes),
    )
    record = Record(writer, server)
    control = Control(server, paused=config.limits.paused)
    trainer = Trainer(setup.config, setup, record, control, products=products)
    decider: Any = Listening(trainer._decider) if turns is None else Repeating(turns)
    trainer._decider = decider
    assert trainer.run() is Status.FINISHED
    record.close(Status.FINISHED)
    client.close()
    server.close()
    return (decider.turns if turns is None else turns), setup.theta


def _numbers(directory: Path) -> dict[tuple[str, str], bytes]:
    """Every column of every table, bit for bit, but for the time that things took."""
    with RunFile.open(directory / "run.h5") as file:
        tables = {name: file.read(name) for name in file.tables if name not in ("timing", "events")}
    return {
        (name, column): values.tobytes()
        for name, columns in tables.items()
        for column, values in columns.items()
        if column != "time"
    }


def test_repeated_turns_repeat_a_run_whose_cadence_a_clock_has_decided(tmp_path: Path) -> None:
    track = ("tracked", "oscillation")
    config = plan_run({**SMALL, "steps": 120, "eig_every": 1, "eigs": 1, "measure_share": 0.7, "track": track})
    turns, theta = _train(config, tmp_path / "decided")
    measured = [turn.step for turn in turns if "hessian" in turn.measure]
    assert 1 < len(measured) < 120  # the clock has left out some
    _, again = _train(config, tmp_path / "repeated", turns)
    assert np.array_equal(theta.numpy(), again.numpy())
    assert _numbers(tmp_path / "decided") == _numbers(tmp_path / "repeated")


def test_instruments_that_begin_and_end_along_a_run_are_in_its_turns_and_leave_the_weights_alone(
    tmp_path: Path,
) -> None:
    config = plan_run({**SMALL, "steps": 12, "eig_every": 3, "eigs": 1, "track": ("lowest",)})
    asked = [(Verb.TRACK, "gauss-newton"), (Verb.UNTRACK, "lowest"), (Verb.RESUME, None)]
    turns, theta = _train(config.replace(paused=True), tmp_path / "asked", asked=asked)
    assert [(turn.track, turn.untrack) for turn in turns if turn.track or turn.untrack] == [
        (("gauss-newton",), ()),
        ((), ("lowest",)),
    ]
    _, again = _train(config, tmp_path / "repeated", turns)
    assert np.array_equal(theta.numpy(), again.numpy())
    assert _numbers(tmp_path / "asked") == _numbers(tmp_path / "repeated")
    changes = [turn for turn in turns if turn.track or turn.untrack]
    others = [turn for turn in turns if turn not in changes]
    later = [replace(turn, step=6) for turn in changes]
    _, late = _train(config, tmp_path / "late", [*others[:6], *later, *others[6:]])
    assert np.array_equal(theta.numpy(), late.numpy())
    with RunFile.open(tmp_path / "late" / "run.h5") as file:
        assert file.read("gauss_newton")["step"].tolist() == [6, 9]
        said = [event.what for event in file.events() if isinstance(event.what, TrackingChanged)]
    assert [(change.instrument, change.measures) for change in said] == [("gauss-newton", True), ("lowest", False)]


def test_a_schedule_moves_the_step_size_and_the_threshold(tmp_path: Path) -> None:
    told = {key: value for key, value in SMALL.items() if key != "lr"}  # the schedule says every step size
    config = plan_run({**told, "steps": 12, "lr_schedule": "0:2/50,5:2/100", "eig_every": 100, "track": ()})
    _train(config, tmp_path / "two")
    with RunFile.open(tmp_path / "two" / "run.h5") as file:
        train = file.read("train")
    assert train["lr"] == pytest.approx([2 / 50] * 5 + [2 / 100] * 7)
    assert train["threshold"] == pytest.approx([50] * 5 + [100] * 7)


def test_a_step_size_that_was_held_and_is_not_any_more_is_an_event_of_the_schedule(tmp_path: Path) -> None:
    told = {key: value for key, value in SMALL.items() if key != "lr"}
    for schedule, changes in (("0:2/50,12:2/100,15:2/80,30:2/70", [12, 30]), ("step:10:0.5", [10, 20, 30])):
        how = told if schedule[0] == "0" else SMALL
        config = plan_run({**how, "steps": 32, "lr_schedule": schedule, "eig_every": 100, "track": ()})
        _train(config, tmp_path / schedule[:4])
        with RunFile.open(tmp_path / schedule[:4] / "run.h5") as file:
            train = file.read("train")
            found = [(event.step, event.by, event.what) for event in file.events() if event.kind == "lr"]
        assert [(step, by) for step, by, _ in found] == [(step, By.SCHEDULE) for step in changes]
        for step, _, change in found:
            lr, threshold = train["lr"][step], train["threshold"][step]
            assert change == StepSizeChanged(lr, train["lr"][step - 1], threshold)


def test_a_run_says_the_step_size_that_its_schedule_begins_with(tmp_path: Path) -> None:
    config = plan_run({**SMALL, "steps": 2, "lr_schedule": "warmup:10", "track": ()})
    _train(config, tmp_path / "warm")
    with RunFile.open(tmp_path / "warm" / "run.h5") as file:
        (started,) = [event.what for event in file.events() if isinstance(event.what, Started)]
        assert file.read("train")["lr"].tolist() == pytest.approx([0.02, 0.04])
    assert (started.lr, started.threshold) == pytest.approx((0.02, 100.0))


NETWORKS = """
import torch
from torch import nn

class Noisy(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.MultiheadAttention(8, 2, dropout=0.1, batch_first=True)
        self.n, self.o = nn.BatchNorm1d(8), nn.Linear(8, 2)

    def forward(self, x):
        h = self.a(x, x, x)[0] + x
        h = nn.functional.scaled_dot_product_attention(h, h, h)
        h = self.n(h.flatten(0, 1)).view_as(h)
        return self.o(nn.functional.dropout(h.mean(1), 0.2, self.training))

class Recurrent(nn.Module):
    kind = nn.LSTM

    def __init__(self):
        super().__init__()
        self.r, self.o = self.kind(8, 16, batch_first=True), nn.Linear(16, 2)

    def forward(self, x):
        return self.o(self.r(x)[0][:, -1])

class Gated(Recurrent):
    kind = nn.GRU

class Convolutional(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.g, self.o = nn.Conv1d(5, 6, 3, padding=1), nn.GroupNorm(2, 6), nn.Linear(48, 2)

    def forward(self, x):
        return self.o(nn.functional.gelu(self.g(self.c(x))).flatten(1))

def data():
    x = torch.randn(61, 5, 8)
    return x, (x[:, 0, 0] > 0).long()
"""


@pytest.mark.parametrize("network", ["Noisy", "Recurrent", "Gated", "Convolutional"])
@pytest.mark.parametrize("batch_size", [None, 20])
def test_measuring_at_any_step_and_between_two_changes_no_bit_of_the_weights(
    tmp_path: Path, network: str, batch_size: int | None
) -> None:
    own = tmp_path / "own.py"
    own.write_text(NETWORKS)
    what = {"arch": f"{own}:{network}", "data": f"{own}:data", "loss": "ce"}
    how: dict[str, Any] = {"lr": 0.1, "threads": 1, "device": "cpu", "steps": 8, "eig_every": 1000}
    if batch_size is not None:
        how |= {"optimizer": "sgd", "batch_size": batch_size}
    track = ("gauss-newton", "lowest", "trace", "directional", "effective-smoothness")
    config = plan_run({**what, **how, "track": track})
    turns, theta = _train(config, tmp_path / "seldom")
    everything = next(turn for turn in turns if "hessian" in turn.measure).measure
    more = []
    for turn in turns:
        if turn.step in (2, 3, 6) and turn.end is None:
            more.append(replace(turn, advance=False, measure=everything))  # as when somebody asks while it is paused
        more.append(replace(turn, measure=everything) if turn.step in (4, 5, 6) else turn)
    _, watched = _train(config, tmp_path / "often", more)
    assert np.array_equal(theta.numpy(), watched.numpy())
    seldom, often = _numbers(tmp_path / "seldom"), _numbers(tmp_path / "often")
    assert {key: value for key, value in often.items() if key[0] == "train"} == {
        key: value for key, value in seldom.items() if key[0] == "train"
    }
    assert len(often["hessian", "step"]) > len(seldom["hessian", "step"])
