"""What a run is said to cost, against what it costs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from eostui.config import RunConfig
from eostui.curvature.operators.hessian import HessianOperator
from eostui.durations import duration
from eostui.instruments.secant import CurvatureOfStep
from eostui.trainer.contention import Contention, Stopwatch
from eostui.trainer.forecast import Forecast, TooLarge, _rounded, _size, forecast
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


@pytest.mark.parametrize(("step", "measurement", "slow"), [(0.9, 4.9, False), (1.1, 0.1, True), (0.1, 5.1, True)])
def test_a_run_is_slow_where_a_person_would_wonder(step: float, measurement: float, slow: bool) -> None:
    assert Forecast(step, measurement, 0, ()).slow is slow


def test_twice_the_examples_at_once_take_twice_the_memory() -> None:
    one, two = (foreseen(physical_batch=size, eig_samples=size).memory_bytes for size in (300, 600))
    four = foreseen(physical_batch=1200, eig_samples=1200).memory_bytes
    assert four - two == pytest.approx(2 * (two - one), rel=0.05)


def test_the_vectors_that_an_instrument_keeps_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    config, setup = planned(data="digits-60")
    usual = forecast(config, setup, quiet).memory_bytes
    monkeypatch.setattr(CurvatureOfStep, "keeps", 0)
    vector = setup.theta.numel() * setup.theta.element_size()
    assert usual - forecast(config, setup, quiet).memory_bytes == pytest.approx(2 * vector, abs=1)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux tells the height of memory")
def test_the_memory_of_a_product_is_about_what_autograd_keeps() -> None:
    """Against the height of the resident memory of a process that takes one product."""
    code = """
from pathlib import Path
from eostui.curvature.operators.hessian import HessianOperator
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


def test_what_does_not_fit_is_refused_with_the_flag_that_helps() -> None:
    config, setup = planned(physical_batch=1500, eig_samples=1500)
    with pytest.raises(
        TooLarge, match=r"1,500 examples at once through cnn-relu .* --physical-batch \d+ or less"
    ) as error:
        forecast(config, setup, quiet, memory_of=lambda _device: 30_000_000)
    smaller = int(str(error.value).split("--physical-batch ")[1].split()[0])
    fitting = planned(physical_batch=smaller, eig_samples=smaller)
    forecast(*fitting, quiet, memory_of=lambda _device: 30_000_000)


SLEEPER = """
import time
from torch import nn

class Sleeper(nn.Linear):
    def forward(self, x):
        time.sleep(0.02 * len(x))
        return super().forward(x.flatten(1))

def model():
    return Sleeper(64, 10)
"""


def test_the_time_of_a_step_is_that_of_all_examples(tmp_path: Path) -> None:
    """A network that takes 20 ms for an example, whatever else the machine does."""
    (tmp_path / "own.py").write_text(SLEEPER)
    expected = foreseen(arch=f"{tmp_path / 'own.py'}:model", data="digits-500")
    assert 10 <= expected.step_seconds < 20
    assert expected.slow


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


def test_costs_are_written_as_people_say_them() -> None:
    assert [duration(s, fine=True) for s in (0.034, 5.23, 52.4, 900, 12345)] == [
        *("0.034 s", "5.2 s", "52 s", "15 min", "3.4 h")
    ]
    assert [_size(b) for b in (3.5e8, 1.24e9, 3e10)] == ["350 MB", "1.2 GB", "30 GB"]
    assert [_rounded(n) for n in (1, 9.9, 734, 1999)] == [1, 9, 700, 1000]


def test_a_slow_run_is_told_how_to_be_quicker(shared_data: Path) -> None:
    config = plan_run({"arch": "resnet32", "device": "cpu", "data_dir": str(shared_data)})
    expected = forecast(config, set_up(config, quiet), quiet)
    assert expected.slow
    assert "a step will take about" in expected.text
    assert any(flag.startswith("--data cifar10-") for flag in expected.cheaper)


def test_a_forecast_beside_others_is_a_range_and_says_so() -> None:
    config, setup = planned()
    cores = os.cpu_count() or 1
    said = forecast(config, setup, quiet, load_of=lambda: cores + 3.1).text
    assert f"; others use the machine, too (load {cores + 3.1:.1f} on {cores} core" in said
    assert re.search(r"a step will take about [\d.]+ to [\d.]+ s, a measurement [\d.]+ (s )?to [\d.]+ s,", said), said


@pytest.mark.parametrize(
    ("others", "text"),
    [
        (Contention(1.0, 0.4, cores=2, threads=2), "about 2 s, a measurement 20 s,"),
        (Contention(1.0, 3.0, cores=2, threads=1), "about 2 to 4 s, a measurement 20 to 40 s,"),
        (Contention(4.0, 1.0, cores=2, threads=2), "about 0.5 to 2 s, a measurement 5 to 20 s,"),
        (Contention(2.0, 13.0, cores=4, threads=3), "about 1 to 4 s, a measurement 10 to 40 s,"),
        (Contention(4.0, 90.0, cores=2, threads=2), "about 0.5 to 23 s, a measurement 5 s to 4 min,"),
        (None, "about 2 s, a measurement 20 s,"),
    ],
)
def test_the_range_is_from_alone_to_what_the_machine_does_now(others: Contention | None, text: str) -> None:
    assert text in Forecast(2.0, 20.0, 0, (), contention=others).text


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="only Linux tells how long a thread waits")
def test_the_time_that_threads_wait_for_a_core_is_seen() -> None:
    """Two processes on one core, of which this one does the same work beside the other and alone."""
    code = """
import os, sys, time
from eostui.trainer.contention import Stopwatch
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
def work(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
watch = Stopwatch()
if other := os.fork():
    work(1.0)
    print(watch.slowdown())
    os.kill(other, 9)
else:
    work(60)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) > 1.5
    assert Stopwatch().slowdown() >= 1
