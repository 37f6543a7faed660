"""The papers' figures: every command of every script works as it stands there, and the science comes out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from eostui.reading.edge import edge_of_run
from eostui.store import RunFile, Status, find_run
from tests.conftest import REPOSITORY
from tests.e2e.conftest import Eostui

PAPERS = REPOSITORY / "examples" / "papers"
SCRIPTS = {path.stem: path for path in sorted(PAPERS.glob("*.sh"))}
FIRST = next(iter(SCRIPTS))
STEPS = 3

pytestmark = pytest.mark.xdist_group("papers")  # the scripts run once, for all of these tests

CHEAP = f"""#!/bin/sh
# the last repetition of an option is the one that holds
test "$1" = run && set -- "$@" --steps {STEPS} --eigs 1 --eig-samples 50 --threads 1
exec "{sys.executable}" -m eostui "$@"
"""


@dataclass(frozen=True)
class Made:
    """A script that has run to its end, in a directory of its own."""

    directory: Path
    done: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def made(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Made]]]:
    """Every script as it stands there, two at a time, with an `eostui` that trains for a few steps only."""
    place = tmp_path_factory.mktemp("papers")
    (place / "bin").mkdir()
    (place / "bin" / "eostui").write_text(CHEAP)
    (place / "bin" / "eostui").chmod(0o755)
    environment = {**os.environ, "PATH": f"{place / 'bin'}:{os.environ['PATH']}", "EOSTUI_DATA": str(shared_data)}
    environment.pop("EOSTUI_RUNS", None)

    def make(name: str) -> Made:
        directory = place / name
        directory.mkdir(exist_ok=True)
        command = ["bash", str(SCRIPTS[name])]
        return Made(
            directory,
            subprocess.run(
                command, cwd=directory, env=environment, capture_output=True, text=True, timeout=280, check=False
            ),
        )

    with ThreadPoolExecutor(2) as pool:
        futures = {name: pool.submit(make, name) for name in SCRIPTS}
        yield futures | {"again": pool.submit(lambda: futures[FIRST].result() and make(FIRST))}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_trains_its_runs_and_draws_its_figure(made: dict[str, Future[Made]], name: str) -> None:
    directory, done = (outcome := made[name].result()).directory, outcome.done
    assert done.returncode == 0, done.stderr
    named = re.findall(r"^finished: .*/runs/(.+)/run\.h5$", done.stdout, re.MULTILINE)
    assert sorted(named) == sorted(path.name for path in (directory / "runs").iterdir())
    for run in named:
        assert run.startswith(name)
        with RunFile.open(find_run(run, directory / "runs")) as file:
            assert file.status() is Status.FINISHED
            assert file.length("train") == STEPS
            assert edge_of_run(file).text in done.stdout
    assert (directory / f"{name}.svg").read_bytes().startswith(b"<?xml")


def test_a_script_that_is_taken_up_again_trains_no_run_anew(made: dict[str, Future[Made]]) -> None:
    first, again = made[FIRST].result(), made["again"].result()
    assert again.done.returncode == 0, again.done.stderr
    assert "finished: " not in again.done.stdout
    assert again.done.stdout == first.done.stdout[first.done.stdout.rindex("run.h5\n") + len("run.h5\n") :]


def test_the_table_of_the_papers_names_every_script_and_its_figure() -> None:
    readme = (PAPERS / "README.md").read_text()
    for name in SCRIPTS:
        assert f"{name}.sh" in readme
        assert (REPOSITORY / "docs" / "gallery" / f"{name}.svg").is_file()


def test_chebyshev_regression_of_degree_5_reaches_the_edge_near_step_420_and_stays(eostui: Eostui) -> None:
    """Cohen et al. 2021: 2/η is crossed near step 420, and the sharpness averages 2/η from there on.

    After the crossing the trajectory is chaotic: its statistics alone are compared.
    """
    script = (PAPERS / "chebyshev.sh").read_text()
    (shared,) = re.findall(r"^options=\((.*)\)$", script, re.MULTILINE)
    (own,) = re.findall(r"^train chebyshev-5 (--.*) \"\$\{options", script, re.MULTILINE)
    done = eostui("run", "--headless", "--name", "degree-5", *own.split(), *shared.split(), "--steps", "1800")
    assert done.returncode == 0, done.stderr
    with eostui.open("degree-5") as run:
        edge = edge_of_run(run)
        measured = run.read("hessian", ["step", "eigenvalues"])
    assert edge.crossing is not None
    assert 380 <= edge.crossing <= 460
    assert 0.93 <= edge.mean <= 1.07
    late = measured["eigenvalues"][measured["step"] >= 600, 0] / (2 / 0.4)
    assert late.min() > 0.75
    assert late.max() < 1.25
    assert np.mean(late) == pytest.approx(1.0, abs=0.08)
