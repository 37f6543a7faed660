"""What a trainer that was killed has left of its compiled products is removed by the next one, and nothing else is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from eostui.link.heartbeat import here
from eostui.trainer.compiled_files import new_directory, remove_those_of_the_dead

MAKES = """
from eostui.trainer.compiled_files import new_directory
print(new_directory(), flush=True)
input()
"""


def test_the_dead_ones_go_and_all_others_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    process = subprocess.Popen(
        [sys.executable, "-c", MAKES], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ
    )
    assert process.stdout is not None
    other = Path(process.stdout.readline().strip())
    (other / "program.so").touch()
    of_a_user, elsewhere = tmp_path / "eostui-mine", tmp_path / f"eostui-{'0' * 12}-{2**30}-1-abc"
    for path in (of_a_user, elsewhere):
        path.mkdir()
    aim = tmp_path / "aim"
    aim.mkdir()
    link = tmp_path / f"eostui-{here()}-{2**30}-1-abc"
    link.symlink_to(aim)
    stay = {new_directory(), other, of_a_user, elsewhere, aim, link}
    remove_those_of_the_dead()
    assert set(tmp_path.iterdir()) == stay
    process.kill()
    process.wait()
    process.communicate()
    remove_those_of_the_dead()
    assert set(tmp_path.iterdir()) == stay - {other}
    shutil.rmtree(aim)
