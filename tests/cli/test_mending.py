"""Which errors a user is asked to mend: one line and exit code 2. All others are shown as the mistakes they are."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

import eostui
from eostui.cli import main
from eostui.cli.mending import to_mend
from eostui.config import ConfigError
from eostui.link.address import LinkError
from eostui.store import StoreError

INSIDE = str(Path(eostui.__file__).parent / "dashboard" / "eostui.tcss")


def of_system(number: int, filename: str | bytes | int | None = None) -> OSError:
    return OSError(number, os.strerror(number)) if filename is None else OSError(number, os.strerror(number), filename)


@pytest.mark.parametrize(
    "error",
    [
        ConfigError("--lr: not a number"),
        StoreError("no run"),
        LinkError("no trainer is running"),
        of_system(errno.EACCES, "runs/demo"),
        of_system(errno.ENOENT, b"own.py"),
        of_system(errno.ENOTDIR, "/etc/passwd/runs"),
        of_system(errno.ENOSPC),
        of_system(errno.EIO),
        of_system(errno.EAGAIN),
    ],
    ids=repr,
)
def test_what_a_user_named_or_the_machine_lacks_is_theirs_to_mend(error: Exception) -> None:
    assert to_mend(error) == str(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a mistake"),
        of_system(errno.EBADF),
        of_system(errno.EBADF, 7),
        of_system(errno.EINVAL),
        of_system(errno.ENOENT),
        of_system(errno.ENOENT, INSIDE),
        OSError("a library's own words"),
    ],
    ids=repr,
)
def test_what_no_user_can_mend_is_not_theirs(error: Exception) -> None:
    assert to_mend(error) is None


def test_a_mistake_in_this_program_is_shown_with_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed_twice(*_: object) -> None:
        os.close(os.open(os.devnull, os.O_RDONLY) + 1000)

    monkeypatch.setattr("eostui.store.list_runs", closed_twice)
    monkeypatch.setattr(sys, "argv", ["eostui", "ls"])
    with pytest.raises(OSError, match="Bad file descriptor"):
        main()


def test_a_working_directory_that_has_gone_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    monkeypatch.setattr(sys, "argv", ["eostui", "run", "--headless"])
    assert main() == 2
    assert capfd.readouterr().err == "eostui: the working directory has been removed: change to another one\n"
