"""What a stream has no code for is written so that it can still be read, and what is closed is filled."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from eostui.streams import transliterated


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2/η", "2/eta"),
        ("θ − η∇L(θ)", "theta - eta grad L(theta)"),
        ("μv", "mu v"),
        ("λ₁₂ ≤ 10⁻³", "lambda_12 <= 10^-3"),
        ("H = ∇²L", "H = grad^2L"),
        ("‖g‖ × √v", "||g|| x sqrt v"),
        ("Gauss–Newton … naïve", "Gauss-Newton ... naive"),
        ("漢", r"\u6f22"),
    ],
)
def test_signs_are_spelled_as_they_are_read_aloud(text: str, said: str) -> None:
    assert transliterated(text) == said
    assert said.isascii()


def test_closed_descriptors_are_filled_before_a_file_can_get_their_numbers() -> None:
    code = (
        "import os, sys\n"
        "for number in (0, 1, 2): os.close(number)\n"
        "sys.stdin = sys.stdout = sys.stderr = None\n"
        "from eostui.streams import fill_standard_descriptors\n"
        "fill_standard_descriptors()\n"
        "opened = os.open('/', os.O_RDONLY)\n"
        "print('nobody reads this', file=sys.stderr)\n"
        "os._exit(opened if sys.stdin.read() == '' and all(map(os.get_inheritable, range(3))) else 99)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], timeout=60, check=False, env=dict(os.environ))
    assert done.returncode >= 3
    assert done.returncode < 10


def test_a_log_that_cannot_be_written_ends_nothing() -> None:
    code = (
        "import sys, traceback\n"
        "from eostui.streams import write_what_can_be_written\n"
        "write_what_can_be_written()\n"
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n    traceback.print_exc()\n"
        "print('η', flush=True)\n"
        "sys.stderr.flush()\n"
        "raise SystemExit(3)\n"
    )
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-c", code], stdout=full, stderr=full, check=False)
    assert done.returncode == 3


def test_what_can_be_written_is() -> None:
    code = "from eostui.streams import write_what_can_be_written\nwrite_what_can_be_written()\nprint('η \\udc80')\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.decode() == "η \\udc80\n"
