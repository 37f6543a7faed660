"""Where torch's compiler and loader put their files."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from eostui.curvature.compiled.scratch import scratch_in


@pytest.mark.parametrize("before", [None, "/somewhere"])
def test_what_the_environment_said_before_it_says_again_even_after_an_error(
    before: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TORCHINDUCTOR_CACHE_DIR", "TMPDIR"):
        monkeypatch.delenv(name, raising=False) if before is None else monkeypatch.setenv(name, before)

    def fail() -> None:
        with scratch_in(tmp_path):
            assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == os.environ["TMPDIR"] == str(tmp_path)
            raise RuntimeError("no compiler")

    with pytest.raises(RuntimeError, match="no compiler"):
        fail()
    assert os.environ.get("TORCHINDUCTOR_CACHE_DIR") == os.environ.get("TMPDIR") == before


def test_pythons_temporary_directory_stays_the_machines_as_torchs_headers_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines, ours = tmp_path / "machines", tmp_path / "ours"
    machines.mkdir()
    ours.mkdir()
    monkeypatch.setenv("TMPDIR", str(machines))
    monkeypatch.setattr(tempfile, "tempdir", None)  # as in a process that has not asked for it yet
    with scratch_in(ours):
        assert tempfile.gettempdir() == str(machines)
