"""What a run is said to cost, against what it costs."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from eostui.config import RunConfig
from eostui.curvature.hessian import HessianOperator
from eostui.trainer import forecast as module
from eostui.trainer.forecast import Forecast, TooLarge, _duration, _rounded, _size, _subset, forecast
from eostui.trainer.memory import available_memory
from eostui.trainer.plan import plan_run
from eostui.trainer.setup import Setup, set_up

CPU = torch.device("cpu")


def quiet(_text: str, _fraction: float | None) -> None:
    pass


def planned(**given: object) -> tuple[RunConfig, Setup]:
    config = plan_run({"arch": "cnn-relu", "data": "digits", "device": "cpu", **given})
    return config, set_up(config, quiet)


def foreseen(**given: object) -> Forecast:
    return forecast(*planned(**given), quiet)


def test_the_demonstration_is_not_slow() -> None:
    config = plan_run({"device": "cpu"})
    assert not forecast(config, set_up(config, quiet), quiet).slow


def test_twice_the_examples_at_once_take_twice_the_memory() -> None:
    one, two = (foreseen(physical_batch=size, eig_samples=size).memory_bytes for size in (300, 600))
    four = foreseen(physical_batch=1200, eig_samples=1200).memory_bytes
    assert four - two == pytest.approx(2 * (two - one), rel=0.05)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux tells the height of memory")
def test_the_memory_of_a_product_is_about_what_autograd_keeps() -> None:
    """Against the height of the resident memory of a process that takes one product."""
    code = """
from pathlib import Path
from eostui.curvature.hessian import HessianOperator
from eostui.trainer.plan import plan_run
from eostui.trainer.setup import set_up

def memory(kind):
    return next(1024 * int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(kind))

config = plan_run({"arch": "cnn-relu", "data": "digits", "device": "cpu", "physical_batch": 1500, "threads": 1})
setup = set_up(config, lambda *_: None)
HessianOperator(setup.objective.subset(2), setup.theta) @ setup.theta
Path("/proc/self/clear_refs").write_text("5")  # the height starts anew
before = memory("VmRSS")
HessianOperator(setup.objective, setup.theta) @ setup.theta
print(memory("VmHWM") - before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    took = int(done.stdout)
    expected = foreseen(physical_batch=1500, eig_samples=1500).memory_bytes
    assert 0.5 * took < expected < 1.5 * took


def test_what_does_not_fit_is_refused_with_the_flag_that_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    config, setup = planned(physical_batch=1500, eig_samples=1500)
    monkeypatch.setattr(module, "available_memory", lambda device: 30_000_000)
    with pytest.raises(
        TooLarge, match=r"1,500 examples at once through cnn-relu .* --physical-batch \d+ or less"
    ) as error:
        forecast(config, setup, quiet)
    smaller = int(str(error.value).split("--physical-batch ")[1].split()[0])
    forecast(*planned(physical_batch=smaller, eig_samples=smaller), quiet)


def test_the_time_of_a_step_is_that_of_a_gradient() -> None:
    torch.set_num_threads(1)
    config, setup = planned(threads=1)
    expected = forecast(config, setup, quiet).step_seconds
    start = time.perf_counter()
    setup.objective.gradient(setup.theta)
    took = time.perf_counter() - start
    assert took / 3 < expected < 3 * took


def test_the_trial_leaves_the_weights_and_the_random_numbers_alone() -> None:
    config, setup = planned()
    before, state = setup.theta.clone(), torch.get_rng_state()
    forecast(config, setup, quiet)
    assert torch.equal(setup.theta, before)
    assert torch.equal(torch.get_rng_state(), state)
    assert not HessianOperator(setup.objective, setup.theta).theta.requires_grad


def test_free_memory_is_known_on_the_cpu() -> None:
    free = available_memory(CPU)
    assert free is not None
    assert 10**7 < free < 10**14


@pytest.mark.parametrize(
    ("data", "size", "name"),
    [
        ("cifar10", 1000, "cifar10-1k"),
        ("cifar10-5k", 300, "cifar10-300"),
        ("cifar10-1k-4c", 500, "cifar10-500-4c"),
        ("wikitext-2", 100, "wikitext-2-100"),
        ("wikitext-2-char-1k", 300, "wikitext-2-char-300"),
        ("chebyshev-5", 100, None),
        ("sorting", 100, None),
        ("model.py:data", 100, None),
    ],
)
def test_a_smaller_data_set_of_the_same_kind_has_a_name(data: str, size: int, name: str | None) -> None:
    assert _subset(data, size) == name


def test_costs_are_written_as_people_say_them() -> None:
    assert [_duration(s) for s in (0.034, 52.4, 900, 12345)] == ["0.034 s", "52 s", "15 min", "3.4 h"]
    assert [_size(b) for b in (3.5e8, 1.24e9, 3e10)] == ["350 MB", "1.2 GB", "30 GB"]
    assert [_rounded(n) for n in (1, 9.9, 734, 1999)] == [1, 9, 700, 1000]


def test_a_slow_run_is_told_how_to_be_quicker(shared_data: Path) -> None:
    config = plan_run({"arch": "resnet32", "device": "cpu", "data_dir": str(shared_data)})
    expected = forecast(config, set_up(config, quiet), quiet)
    assert expected.slow
    assert "a step will take about" in expected.text
    assert any(flag.startswith("--data cifar10-") for flag in expected.cheaper)
