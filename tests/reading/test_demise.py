"""The last words of a trainer are those that say most of its end, and its end is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from eostui.reading.demise import ended, last_words

CRASH = """Fatal Python error: {what}

Thread 0x00007f2a (most recent call first):
  File "/usr/lib/other.py", line 3 in idles

Current thread 0x00007f2b (most recent call first):
  File "/home/ada/net.py", line 12 in forward
  File "/home/ada/net.py", line 30 in model

Extension modules: numpy.core._multiarray_umath, torch._C (total: 2)
"""


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("", ""),
        ("a warning\n  indented source\n\n", "a warning"),
        ("Traceback (most recent call last):\n  File x\nKeyError: 'key'\n", "KeyError: 'key'"),
        ("a warning\n" + CRASH.format(what="Bus error"), "Bus error, in forward (/home/ada/net.py:12)"),
        (
            "terminate called\n  what():  no GPU\n" + CRASH.format(what="Aborted"),
            "what():  no GPU, in forward (/home/ada/net.py:12)",
        ),
        ("\x1b[31mred\x1b[0m\n", "[31mred [0m"),
    ],
)
def test_the_last_words(tmp_path: Path, log: str, words: str) -> None:
    (tmp_path / "trainer.log").write_text(log)
    assert last_words(tmp_path / "trainer.log") == words


def test_there_may_be_no_log(tmp_path: Path) -> None:
    assert last_words(tmp_path / "trainer.log") == ""


def test_an_end_has_a_name() -> None:
    assert ended(3) == "ended with exit status 3"
    assert ended(-11) == "ended by signal 11 (SIGSEGV)"
    assert ended(-9) == "ended by signal 9 (SIGKILL), as the system does where memory runs out"
    assert ended(-40) == "ended by signal 40"
