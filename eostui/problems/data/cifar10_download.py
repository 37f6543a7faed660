"""Downloading CIFAR-10 with torchvision: watched, silent, and either complete or not there at all."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from eostui.problems.data.cifar10_batches import FOLDER
from eostui.problems.datasets import Progress
from eostui.problems.errors import DataError


@dataclass(frozen=True)
class Archive:
    """A file to be had by http: its address, its MD5 sum and its size in bytes."""

    url: str
    md5: str
    size: int


OFFICIAL = Archive(
    url="https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    md5="c58f30108f718f92721af3b95e74349a",
    size=170_498_071,
)

# torchvision has no timeout and reports only to a progress bar on stderr. In a process of its own it can be stopped,
# says nothing on the terminal, and the size of its file tells how far it is.
_FETCH = """
import sys
from torchvision.datasets.utils import download_and_extract_archive
url, md5, folder, name = sys.argv[1:]
download_and_extract_archive(url, folder, filename=name, md5=md5)
"""


def download(data_dir: Path, progress: Progress, archive: Archive = OFFICIAL, patience: float = 60.0) -> None:
    """Put `cifar-10-batches-py` under `data_dir`, reporting the fraction downloaded to `progress`.

    Everything happens in a temporary folder beside it, which is renamed into place when the archive has its checksum
    and is unpacked: an interrupted download leaves nothing that looks complete. Raises DataError where there is no
    network, space or permission, or where nothing has come for `patience` seconds.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        staging = tempfile.TemporaryDirectory(prefix=".cifar-10-download-", dir=data_dir, ignore_cleanup_errors=True)
    except OSError as error:
        raise DataError(f"cannot download CIFAR-10 into {data_dir}: {error.strerror}; {_remedies(data_dir)}") from error
    with staging:
        failure = _fetch(archive, Path(staging.name), progress, patience)
        if failure is not None:
            raise DataError(f"cannot download CIFAR-10 from {archive.url}: {failure}; {_remedies(data_dir)}")
        try:
            (Path(staging.name) / FOLDER).rename(data_dir / FOLDER)
        except OSError as error:
            # Another run that started at the same time may have been faster, with the same files.
            if not (data_dir / FOLDER).is_dir():
                raise DataError(f"cannot put {FOLDER} into {data_dir}: {error.strerror}") from error


def _fetch(archive: Archive, folder: Path, progress: Progress, patience: float) -> str | None:
    """Download and unpack into `folder`; what went wrong, or None."""
    name = archive.url.rpartition("/")[2]
    progress("asking for CIFAR-10", None)
    with (folder / "stderr").open("w+", encoding="utf-8", errors="replace") as stderr:
        # -P: a torchvision.py in the working directory is not meant.
        command = [sys.executable, "-P", "-c", _FETCH, archive.url, archive.md5, str(folder), name]
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr)
        try:
            if not _watch(child, folder / name, archive.size, progress, patience):
                return f"nothing came for {patience:g} s"
        finally:
            child.kill()
            child.wait()
        if child.returncode == 0:
            return None
        stderr.seek(0)
        said = stderr.read().splitlines()
        # The last line of a traceback names the exception.
        return said[-1] if said else f"its process ended with {child.returncode}"


def _watch(child: subprocess.Popen[bytes], file: Path, size: int, progress: Progress, patience: float) -> bool:
    """Report how `file` grows until `child` ends; False where it has not grown for too long."""
    seen, changed = 0, time.monotonic()
    while True:
        try:
            child.wait(timeout=0.25)
        except subprocess.TimeoutExpired:
            now = file.stat().st_size if file.exists() else 0
        else:
            return True
        if now != seen:
            seen, changed = now, time.monotonic()
            if now < size:
                progress(f"downloading CIFAR-10, {now / 1e6:.0f} of {size / 1e6:.0f} MB", now / size)
            else:
                progress("unpacking CIFAR-10", None)
        elif now < size and time.monotonic() - changed > patience:
            return False


def _remedies(data_dir: Path) -> str:
    """What a user can do who has no CIFAR-10 and no network."""
    return (
        f"put the official {FOLDER} folder under {data_dir}, or pass --data-dir DIR or set EOSTUI_DATA, "
        "or use --data digits, which needs no download"
    )
