"""Downloads with torchvision. They report their progress, print nothing, and leave either all files or none."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eostui.problems.datasets import Progress
from eostui.problems.errors import DataError


@dataclass(frozen=True)
class Archive:
    """A file on the web: its address, its MD5 sum and its size in bytes."""

    url: str
    md5: str
    size: int


@dataclass(frozen=True)
class Source:
    """What a data set is downloaded from.

    title:    the name of the data set in messages
    folder:   the folder of its files, below the directory of all data
    archives: a .tar.gz or .zip holds the folder itself and is unpacked; any other file goes into the folder as it is
    by_hand:  what a user without a network can put under the directory of all data
    instead:  how such a user can train without a download
    """

    title: str
    folder: str
    archives: tuple[Archive, ...]
    by_hand: str
    instead: str = "use --data digits, which needs no download"


# torchvision has no timeout and reports only to a progress bar on stderr. In a process of its own it can be stopped and
# prints nothing on the terminal. The sizes of its files show the progress.
_FETCH = """
import json, os, sys
from torchvision.datasets.utils import download_url, extract_archive
for url, md5, path, unpack_to in json.loads(sys.argv[1]):
    try:
        download_url(url, os.path.dirname(path), os.path.basename(path), md5)
        if unpack_to is not None:
            extract_archive(path, unpack_to)
    except Exception as error:
        sys.exit(f"{url}: {type(error).__name__}: {error}")
"""


def download(source: Source, data_dir: Path, progress: Progress, patience: float = 60.0) -> None:
    """Put the folder of `source` under `data_dir`, reporting the fraction downloaded to `progress`.

    Files are downloaded and unpacked in a temporary folder under `data_dir`. The finished folder is renamed into place
    once every archive has passed its checksum, so an interrupted download leaves nothing that looks complete. Raises
    DataError without a network, space or permission, where nothing has come for `patience` seconds, and where the
    folder already exists with other files in it.
    """
    target = data_dir / source.folder
    if target.is_file():
        raise DataError(f"{target} is a file, but must be the folder of {source.title}: move the file away")
    if target.is_dir() and any(target.iterdir()):
        raise DataError(f"{target} lacks {source.by_hand}: complete it, or delete it to have {source.title} downloaded")
    cannot = f"cannot download {source.title}"
    remedies = f"put {source.by_hand} under {data_dir}, or pass --data-dir DIR or set EOSTUI_DATA, or {source.instead}"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        staging = tempfile.TemporaryDirectory(prefix=".download-", dir=data_dir, ignore_cleanup_errors=True)
    except OSError as error:
        raise DataError(f"{cannot} into {data_dir}: {error.strerror}; {remedies}") from error
    with staging:
        failure = _fetch(source, Path(staging.name), progress, patience)
        if failure is not None:
            raise DataError(f"{cannot}: {failure}; {remedies}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            (Path(staging.name) / source.folder).rename(target)
        except OSError as error:
            # Another run that started at the same time may have put the same files there first.
            if not target.is_dir():
                raise DataError(f"cannot put {source.folder} into {data_dir}: {error.strerror}") from error


def _fetch(source: Source, staging: Path, progress: Progress, patience: float) -> str | None:
    """Download and unpack into `staging`; returns what went wrong, or None."""
    jobs, files = [], []
    for archive in source.archives:
        packed = archive.url.endswith((".tar.gz", ".zip"))
        file = staging / ("" if packed else source.folder) / archive.url.rpartition("/")[2]
        jobs.append((archive.url, archive.md5, str(file), str(staging) if packed else None))
        files.append(file)
    progress(f"asking for {source.title}", None)
    with (staging / "stderr").open("w+", encoding="utf-8", errors="replace") as stderr:
        # -P: a torchvision.py in the working directory must not be imported.
        command = [sys.executable, "-P", "-c", _FETCH, json.dumps(jobs)]
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr)
        try:
            if not _watch(child, files, source, progress, patience):
                late = next(a for a, f in zip(source.archives, files, strict=True) if _size(f) < a.size)
                return f"{late.url}: nothing came for {patience:g} s"
        finally:
            child.kill()
            child.wait()
        if child.returncode == 0:
            return None
        stderr.seek(0)
        said = stderr.read().splitlines()
        # The last line of a traceback names the exception.
        return said[-1] if said else f"its process ended with {child.returncode}"


def _watch(
    child: subprocess.Popen[bytes], files: Sequence[Path], source: Source, progress: Progress, patience: float
) -> bool:
    """Report how `files` grow until `child` ends; False where they stopped growing for too long."""
    size = sum(archive.size for archive in source.archives)
    seen, changed = 0, time.monotonic()
    while True:
        try:
            child.wait(timeout=0.25)
        except subprocess.TimeoutExpired:
            now = sum(map(_size, files))
        else:
            return True
        if now != seen:
            seen, changed = now, time.monotonic()
            if now < size:
                progress(f"downloading {source.title}, {now / 1e6:.0f} of {size / 1e6:.0f} MB", now / size)
            else:
                progress(f"unpacking {source.title}", None)
        elif now < size and time.monotonic() - changed > patience:
            return False


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
