"""What a run computes with, as its config has it."""

from __future__ import annotations

import pytest

from eostui.trainer.plan import plan_run
from eostui.trainer.setup import DeviceError, set_up


def test_a_device_without_random_numbers_is_refused_with_what_works() -> None:
    with pytest.raises(DeviceError, match=r"--device: 'meta' .*random numbers.*--device cpu"):
        set_up(plan_run({"device": "meta"}), lambda _text, _fraction: None)


def test_whoever_listens_is_told_of_the_passes_of_all_objectives() -> None:
    settings = {"arch": "fc-tanh", "width": 4, "data": "digits", "device": "cpu", "eig_samples": 30}
    setup = set_up(plan_run(settings), lambda _text, _fraction: None)
    assert setup.test is not None
    objectives = (setup.objective, setup.curvature, setup.test, setup.objective.subset(20))
    assert len({objective.examples for objective in objectives}) == 4
    setup.objective.evaluate(setup.theta)  # nobody listens yet
    heard: list[tuple[int, int]] = []
    setup.listener.target = lambda done, total: heard.append((done, total))
    for number, objective in enumerate(objectives, 1):
        objective.evaluate(setup.theta)
        assert heard == [(0, 1)] * number
