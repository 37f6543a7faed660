"""Downloading CIFAR-10: from a server of our own, and from nowhere."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from torchvision.datasets import CIFAR10

from eostui.problems.data.cifar10 import load
from eostui.problems.data.cifar10_batches import FOLDER, read_batch
from eostui.problems.data.cifar10_download import OFFICIAL, Archive, download
from eostui.problems.errors import DataError
from tests.problems.official_cifar import write_official


@contextmanager
def server(archive: bytes, stall_after: int | None = None) -> Iterator[str]:
    """The address of a server on this machine with one file; it falls silent after `stall_after` bytes of it."""
    released = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(archive)))
            self.end_headers()

        def do_GET(self) -> None:
            self.do_HEAD()
            self.wfile.write(archive[:stall_after])
            if stall_after is not None:
                released.wait(30)

        def log_message(self, *_args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_args: object) -> None:
            pass  # a client that hangs up early is its own affair, and its traceback none of what is tested

    with Server(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{httpd.server_port}/{CIFAR10.filename}"
        finally:
            released.set()
            httpd.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def _no_proxy_to_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def archive(tmp_path: Path, shared_data: Path) -> tuple[bytes, dict[str, str]]:
    """A small archive shaped like the official one, and the checksums of the files in it."""
    checksums = write_official(tmp_path / "made" / FOLDER, shared_data / "cifar10_mini_500_100.npz")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        tar.add(tmp_path / "made" / FOLDER, arcname=FOLDER)
    return buffer.getvalue(), checksums


def served(url: str, content: bytes) -> Archive:
    return Archive(url, hashlib.md5(content, usedforsecurity=False).hexdigest(), len(content))


def test_the_official_archive_is_the_one_of_torchvision() -> None:
    assert (OFFICIAL.url, OFFICIAL.md5) == (CIFAR10.url, CIFAR10.tgz_md5)


def test_a_download_ends_in_place_with_progress_and_without_a_word_on_the_terminal(
    tmp_path: Path, archive: tuple[bytes, dict[str, str]], capfd: pytest.CaptureFixture[str]
) -> None:
    content, checksums = archive
    reports: list[tuple[str, float | None]] = []
    data_dir = tmp_path / "new" / "data"
    with server(content) as url:
        download(data_dir, lambda *report: reports.append(report), served(url, content))
    assert [path.name for path in data_dir.iterdir()] == [FOLDER]
    assert read_batch(data_dir / FOLDER, "data_batch_1", checksums)[1][:5].tolist() == [6, 9, 9, 4, 1]
    assert reports[0] == ("asking for CIFAR-10", None)
    assert capfd.readouterr() == ("", "")


def test_an_archive_with_another_checksum_leaves_nothing(tmp_path: Path, archive: tuple[bytes, dict[str, str]]) -> None:
    content, _ = archive
    data_dir = tmp_path / "data"
    with (
        server(content[:-100]) as url,
        pytest.raises(DataError, match=r"cannot download CIFAR-10 from http.*corrupted.*or use --data digits"),
    ):
        download(data_dir, lambda _text, _fraction: None, served(url, content))
    assert list(data_dir.iterdir()) == []


def test_who_interrupts_a_download_does_not_wait_and_leaves_nothing(
    tmp_path: Path, archive: tuple[bytes, dict[str, str]]
) -> None:
    content, _ = archive
    data_dir = tmp_path / "data"
    fractions: list[float] = []

    def interrupt(_text: str, fraction: float | None) -> None:
        if fraction is not None:
            fractions.append(fraction)
            raise KeyboardInterrupt

    with server(content, stall_after=100_000) as url:
        with pytest.raises(KeyboardInterrupt):
            download(data_dir, interrupt, served(url, content))
        assert list(data_dir.iterdir()) == []
    assert 0 < fractions[0] <= 100_000 / len(content)


def test_a_download_where_nothing_comes_is_given_up(tmp_path: Path, archive: tuple[bytes, dict[str, str]]) -> None:
    content, _ = archive
    with server(content, stall_after=0) as url, pytest.raises(DataError, match=r"nothing came for 0\.5 s"):
        download(tmp_path / "data", lambda _text, _fraction: None, served(url, content), patience=0.5)
    assert list((tmp_path / "data").iterdir()) == []


def test_without_a_network_the_remedies_are_named_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A port that was free a moment ago: nobody listens there, so every connection is refused.
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as closed:
        nowhere = f"http://127.0.0.1:{closed.server_port}"
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, nowhere)
    with pytest.raises(DataError) as caught:
        load(tmp_path / "data", lambda _text, _fraction: None, images=1000)
    message = str(caught.value)
    assert "Connection refused" in message
    assert f"put the official {FOLDER} folder under {tmp_path / 'data'}" in message
    assert "--data-dir" in message
    assert "EOSTUI_DATA" in message
    assert list((tmp_path / "data").iterdir()) == []


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(DataError, match=r"cannot download CIFAR-10 into .*file/data: Not a directory"):
        download(tmp_path / "file" / "data", lambda _text, _fraction: None)
