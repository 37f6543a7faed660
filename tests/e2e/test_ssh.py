"""A session over a real SSH connection that is cut. Skipped where no `sshd` is installed."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.e2e.conftest import Eostui, alone_in
from tests.e2e.test_terminal import Terminal

pytestmark = pytest.mark.alone
SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
PRIVILEGES = Path("/run/sshd")
"""Where root's `sshd` wants a directory, which the system makes for its own one."""
CONFIG = """
ListenAddress 127.0.0.1
HostKey {there}/host
AuthorizedKeysFile {there}/key.pub
PidFile none
StrictModes no
UsePAM no
PermitRootLogin yes
"""


@dataclass
class Remote(Eostui):
    """The command line on a machine that is reached over SSH."""

    port: int = 0

    def command(self, *arguments: str) -> list[str]:
        known = {"EOSTUI_SETTINGS": self.environment["EOSTUI_SETTINGS"], "PYTHONPATH": str(REPOSITORY)}
        known |= {"XDG_STATE_HOME": os.environ["XDG_STATE_HOME"], "LANG": "C.UTF-8"}
        there = ["env", *(f"{name}={value}" for name, value in known.items()), sys.executable, "-m", "eostui"]
        options = ("UserKnownHostsFile=/dev/null", "StrictHostKeyChecking=no", "BatchMode=yes", "LogLevel=ERROR")
        said = (word for option in options for word in ("-o", option))
        key = str(self.directory / "key")
        line = f"cd {shlex.quote(str(self.directory))} && exec {shlex.join([*there, *arguments])}"
        return ["ssh", "-tt", "-F", "none", "-i", key, "-p", str(self.port), *said, "127.0.0.1", line]


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A server of our own, and its port."""
    if SSHD is None or shutil.which("ssh") is None or (os.geteuid() == 0 and not PRIVILEGES.is_dir()):
        pytest.skip("no sshd is installed here")
    for name in ("host", "key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True)
    (tmp_path / "sshd.conf").write_text(CONFIG.format(there=tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen([SSHD, "-D", "-e", "-p", str(port), "-f", str(tmp_path / "sshd.conf")])
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    yield server, port
    server.kill()
    server.wait()


def connections_of(server: subprocess.Popen[bytes]) -> list[int]:
    """The processes of a server's connections."""
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent in (server.pid, *found):
            found.append(int(path.parent.name))
    return found


def test_a_training_outlives_the_connection_that_it_was_started_over(
    sshd: tuple[subprocess.Popen[bytes], int], tmp_path: Path
) -> None:
    server, port = sshd
    with alone_in(tmp_path) as here:
        remote = Remote(tmp_path, here.environment, port)
        small = ("--data", "digits-80", "--arch", "fc-tanh", "--width", "8", "--lr", "0.01", "--threads", "1")
        first = Terminal(remote, "run", *small, "--eigs", "1", "--steps", "10000000", "--name", "far")
        first.wait_for(r"running +step")
        (connection, *_) = connections_of(server)
        os.kill(connection, signal.SIGKILL)
        first.end()
        with here.open("far") as run:
            before = run.length("train")
        second = Terminal(remote, "attach", "far")
        second.wait_for(r"running +step")
        second.type("q")
        second.wait_for("Leave it running")
        second.type("l")
        assert second.end() == 0
        assert "far is still training" in second.last_words
        with here.open("far") as run:
            assert run.length("train") > before
            assert not run.status().ended
        assert here("control", "far", "stop").returncode == 0
