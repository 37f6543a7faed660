"""What a stream has no code for is written so that it can still be read, and what is closed is filled."""

from __future__ import annotations

import os
import subprocess
import sys

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
