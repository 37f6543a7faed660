"""The environment in which a trainer is started."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from eostui.trainer.launch import WAITING, patient


def test_the_threads_of_a_trainer_sleep_while_they_wait() -> None:
    assert patient({"HOME": "/root"}) == {"HOME": "/root", "OMP_WAIT_POLICY": "PASSIVE"}


@pytest.mark.parametrize("name", WAITING)
def test_a_user_who_says_how_threads_wait_is_heeded(name: str) -> None:
    assert patient({name: "7"}) == {name: "7"}


@pytest.mark.skipif(sys.platform != "linux", reason="torch brings another OpenMP elsewhere")
def test_openmp_takes_the_word_for_sleeping() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in WAITING}
    told = subprocess.run(
        [sys.executable, "-c", "import torch"],
        env={**patient(environment), "OMP_DISPLAY_ENV": "TRUE"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in told.stderr
