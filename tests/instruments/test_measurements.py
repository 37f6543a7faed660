"""Instruments that cannot measure: the run goes on without them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from eostui.instruments.hessian import Hessian
from eostui.reading.regime import Regime, present_regime
from eostui.reading.saved import SavedFeed
from eostui.store import RunFile, Status
from eostui.store.events import Checked, TrackingChanged
from eostui.trainer.plan import plan_run
from tests.trainer.test_checkpoint import SMALL, STEPS, train


def _told(path: Path) -> list[tuple[int, str]]:
    with RunFile.open(path) as file:
        assert file.status() is Status.FINISHED
        assert file.length("train") == 12
        return [(event.step, event.what.text) for event in file.events() if isinstance(event.what, Checked)]


@pytest.mark.parametrize("error", [RuntimeError("no memory"), KeyError("w"), MemoryError(), StopIteration()], ids=repr)
def test_a_run_goes_on_without_a_hessian_and_what_needs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    measure = Hessian.measure

    def fails(instrument: Hessian, point: Any, *arguments: Any) -> Any:
        if point.step >= 6:
            raise error
        return measure(instrument, point, *arguments)

    monkeypatch.setattr(Hessian, "measure", fails)
    train(plan_run({**SMALL, **STEPS, "track": ("tracked", "trace")}), tmp_path / "run")
    (told,) = _told(tmp_path / "run" / "run.h5")
    assert told[0] == 6
    assert told[1].startswith("hessian cannot be measured: ")
    assert told[1].endswith("; the run goes on without it and followed, tracked")
    with RunFile.open(tmp_path / "run" / "run.h5") as file:
        out = [event.what for event in file.events() if isinstance(event.what, TrackingChanged)]
        assert [(one.instrument, one.measures) for one in out] == [
            ("hessian", False),
            ("followed", False),
            ("tracked", False),
        ]
        assert present_regime(SavedFeed(file)) is Regime.OFF
        assert list(file.read("hessian", ["step"])["step"]) == [0, 3]
        assert list(file.read("trace", ["step"])["step"]) == [0, 3, 6, 9]
