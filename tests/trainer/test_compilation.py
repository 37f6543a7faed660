"""Products compiled by a real process, beside a run."""

from __future__ import annotations

import re
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from eostui.config import RunConfig
from eostui.curvature.linear_operator import COMPILED
from eostui.instruments.base import rough_trials
from eostui.instruments.base.rough_trials import RoughTrials, TrialLimits
from eostui.link.address import listen
from eostui.link.messages import Hello
from eostui.link.server import LinkServer
from eostui.store import By, Kind, RunFile
from eostui.store.events import Happening, ProductsReported
from eostui.trainer import loop
from eostui.trainer.assignment import Assignment
from eostui.trainer.compilation import USUAL_LIMITS, Compilation, CompilationLimits
from eostui.trainer.control import Control
from eostui.trainer.plan import plan_run
from eostui.trainer.process import train
from eostui.trainer.record import Record

SMALL = {"arch": "fc-tanh", "width": 5, "data": "digits-60", "loss": "ce", "lr": 0.5, "physical_batch": 25}

pytestmark = pytest.mark.xdist_group("compilation")  # it begins early: its first test is a long one

needs_a_compiler = pytest.mark.skipif(
    not (shutil.which("g++") or shutil.which("clang++")) or not hasattr(torch._inductor, "aoti_compile_and_package"),
    reason="no C++ compiler, or a torch that is too old to compile programs",
)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory in the place of the temporary one."""
    directory = tmp_path / "temporary"
    directory.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(directory))
    return directory


def until_told(compiled: Compilation, seconds: float = 240) -> str:
    for _ in range(int(seconds / 0.1)):
        time.sleep(0.1)
        if told := compiled.advance(USUAL_LIMITS.worthwhile, wanted=True):
            return told
    raise TimeoutError(f"nothing after {seconds} s")


@needs_a_compiler
def test_a_run_goes_over_to_products_that_another_process_has_compiled(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "Compilation", partial(Compilation, limits=CompilationLimits(worthwhile=0.0)))
    monkeypatch.setattr(rough_trials, "RoughTrials", partial(RoughTrials, TrialLimits(worthwhile=0.0)))
    config = plan_run({**SMALL, "eig_every": 1, "threads": 1, "steps": 1_000_000})
    directory = tmp_path / "run"
    directory.mkdir()
    server = LinkServer(listen(directory))
    control = Control(server, paused=False)
    told: list[tuple[int, ProductsReported]] = []
    event = Record.event

    def noted(record: Record, step: int, happening: Happening, by: By | None = None) -> None:
        event(record, step, happening, by)
        if isinstance(happening, ProductsReported):
            told.append((step, happening))
            if COMPILED in happening.text or "could not" in happening.text:
                control.stop(By.VIEWER)

    row = Record.row

    def leisurely(record: Record, *arguments: Any) -> None:
        row(record, *arguments)
        time.sleep(0.01)  # the core is the compiler's

    monkeypatch.setattr(Record, "event", noted)
    monkeypatch.setattr(Record, "row", leisurely)
    hello = Hello(directory.name, "", config.to_dict(), {}, {})
    assert train(Assignment(config), directory, hello, server, control) == 0
    (begun_at, begun), (done_at, done), (_, tried) = [
        (step, reported) for step, reported in told if reported.table is None or COMPILED in reported.text
    ]
    assert begun.text == "compiling products in a process of its own"
    assert done.text == "products are compiled"
    found = re.search(f"in {COMPILED} .* s .* off by ([0-9.e-]+)$", tried.text)
    assert found, tried
    assert 1e-4 < float(found[1]) < 0.05
    assert done_at - begun_at > 20  # it has not waited
    with RunFile.open(directory / "run.h5") as run:
        assert [(event.step, event.what) for event in run.events() if event.kind == Kind.PRODUCTS] == told
    assert not list(temporary.iterdir())


def test_it_begins_when_it_is_wanted_and_the_run_has_measured_for_long_enough(temporary: Path) -> None:
    compiled = Compilation(plan_run(SMALL), 25)
    assert not compiled.advance(2 * USUAL_LIMITS.worthwhile, wanted=False)
    assert not compiled.advance(USUAL_LIMITS.worthwhile / 2, wanted=True)
    assert compiled.advance(USUAL_LIMITS.worthwhile, wanted=True) == "compiling products in a process of its own"
    assert not compiled.advance(USUAL_LIMITS.worthwhile, wanted=True)
    compiled.close()


def test_a_process_that_is_not_waited_for_ends_and_leaves_nothing(temporary: Path) -> None:
    config = plan_run(SMALL)
    compiled = Compilation(config, 25)
    assert compiled.advance(USUAL_LIMITS.worthwhile, wanted=True)
    process = compiled._process
    assert process is not None
    assert process.poll() is None
    compiled.close()
    assert process.poll() is not None
    assert not list(temporary.iterdir())
    compiled.close()


def test_a_process_whose_run_was_killed_ends_and_leaves_nothing(temporary: Path) -> None:
    compiled = Compilation(plan_run(SMALL), 25)
    assert compiled.advance(USUAL_LIMITS.worthwhile, wanted=True)
    process = compiled._process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()  # as the system does when the trainer dies
    assert process.wait(timeout=60) == -signal.SIGKILL
    assert not list(temporary.iterdir())


def with_dropout() -> torch.nn.Module:
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 4), torch.nn.Dropout(), torch.nn.Linear(4, 10))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda config: config.replace(arch=f"{Path(__file__)}:with_dropout", width=None), "draws random numbers"),
        (lambda config: config.replace(data="/nowhere.py:data"), "/nowhere.py"),
    ],
    ids=["a model that draws", "data that have gone"],
)
def test_what_cannot_be_compiled_is_told_with_the_reason(
    temporary: Path, change: Callable[[RunConfig], RunConfig], reason: str
) -> None:
    compiled = Compilation(change(plan_run(SMALL)), 25)
    assert compiled.advance(USUAL_LIMITS.worthwhile, wanted=True)
    told = until_told(compiled)
    assert told.startswith("products could not be compiled: ")
    assert reason in told
    assert compiled.program is None
    assert not list(temporary.iterdir())


def test_without_the_memory_for_it_nothing_is_started() -> None:
    compiled = Compilation(plan_run(SMALL), 25, CompilationLimits(memory=1 << 60))
    told = compiled.advance(USUAL_LIMITS.worthwhile, wanted=True)
    assert re.fullmatch(r"products are not compiled: 1073741824 GiB of memory are needed, \d+\.\d are free", told)
    assert not compiled.advance(USUAL_LIMITS.worthwhile, wanted=True)
