"""Where the time goes, and that time paused goes nowhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eostui.instruments.timing import Timing
from tests.instruments.runs import Run, scope, small_network


def test_time_paused_counts_neither_against_the_pace_nor_for_the_training() -> None:
    run, timing = Run(small_network(), 0.1), Timing(scope())
    assert run.measure(timing, replace(run.point(0), elapsed=10.0, measuring=1.0)) is None
    row = run.measure(timing, replace(run.point(20), elapsed=120.0, waited=100.0, measuring=6.0))
    assert row == pytest.approx({"time": 120.0, "steps_per_second": 2.0, "measuring_share": 0.5})
