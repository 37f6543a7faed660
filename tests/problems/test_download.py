"""Downloads: from a server of our own, and from nowhere."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from torchvision.datasets import CIFAR10, MNIST, SVHN, FashionMNIST

from eostui.problems.by_path import load_callable
from eostui.problems.data import cifar10, mnist, svhn
from eostui.problems.data.cifar10_batches import FOLDER, read_batch
from eostui.problems.data.download import Archive, Source, download
from eostui.problems.datasets import find_dataset
from eostui.problems.errors import DataError
from tests.problems.official_cifar import write_official


@contextmanager
def server(files: Mapping[str, bytes], stall_after: int | None = None) -> Iterator[str]:
    """The address of a server on this machine; it falls silent after `stall_after` bytes of a file."""
    released = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            content = files.get(self.path.removeprefix("/"))
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()

        def do_GET(self) -> None:
            self.do_HEAD()
            self.wfile.write(files.get(self.path.removeprefix("/"), b"")[:stall_after])
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
            yield f"http://127.0.0.1:{httpd.server_port}"
        finally:
            released.set()
            httpd.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def _no_proxy_to_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def cifar(tmp_path: Path, shared_data: Path) -> tuple[bytes, dict[str, str]]:
    """A small archive shaped like the official one, and the checksums of the files in it."""
    checksums = write_official(tmp_path / "made" / FOLDER, shared_data / "cifar10_mini_500_100.npz")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        tar.add(tmp_path / "made" / FOLDER, arcname=FOLDER)
    return buffer.getvalue(), checksums


def served(source: Source, host: str, files: Mapping[str, bytes]) -> Source:
    """The same data set, from another host and with the checksums of what is there."""
    archives = tuple(
        Archive(f"{host}/{name}", hashlib.md5(content, usedforsecurity=False).hexdigest(), len(content))
        for name, content in files.items()
    )
    return replace(source, archives=archives)


def ignore(_text: str, _fraction: float | None) -> None:
    pass


def test_addresses_and_checksums_are_those_of_torchvision() -> None:
    (archive,) = cifar10.OFFICIAL.archives
    assert (archive.url, archive.md5) == (CIFAR10.url, CIFAR10.tgz_md5)
    for name, theirs in (("mnist", MNIST), ("fashion-mnist", FashionMNIST)):
        mirrored = [{(f"{mirror}{file}", md5) for file, md5 in theirs.resources} for mirror in theirs.mirrors]
        assert {(archive.url, archive.md5) for archive in mnist.SOURCES[name].archives} in mirrored
        assert mnist.SOURCES[name].folder == f"{theirs.__name__}/raw"
    assert [(a.url, a.url.rpartition("/")[2], a.md5) for a in svhn.OFFICIAL.archives] == [
        tuple(SVHN.split_list[split]) for split in ("train", "test")
    ]


def test_a_download_ends_in_place_with_progress_and_without_a_word_on_the_terminal(
    tmp_path: Path, cifar: tuple[bytes, dict[str, str]], capfd: pytest.CaptureFixture[str]
) -> None:
    content, checksums = cifar
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr(f"{FOLDER}/zipped.txt", "from the zip")
    # All three kinds at once, for the sake of the time that a process takes to start.
    files = {CIFAR10.filename: content, "other.zip": zipped.getvalue(), "images.gz": b"as it is"}
    reports: list[tuple[str, float | None]] = []
    data_dir = tmp_path / "new" / "data"
    with server(files) as host:
        download(served(cifar10.OFFICIAL, host, files), data_dir, lambda *report: reports.append(report))
    assert [path.name for path in data_dir.iterdir()] == [FOLDER]
    assert read_batch(data_dir / FOLDER, "data_batch_1", checksums)[1][:5].tolist() == [6, 9, 9, 4, 1]
    assert (data_dir / FOLDER / "zipped.txt").read_text() == "from the zip"
    assert (data_dir / FOLDER / "images.gz").read_text() == "as it is"
    assert reports[0] == ("asking for CIFAR-10", None)
    assert capfd.readouterr() == ("", "")


def test_when_one_file_has_another_checksum_nothing_is_left(tmp_path: Path) -> None:
    files = {"train-images-idx3-ubyte.gz": b"right", "train-labels-idx1-ubyte.gz": b"wrong"}
    with server(files) as host:
        source = served(mnist.SOURCES["mnist"], host, {**files, "train-labels-idx1-ubyte.gz": b"right"})
        with pytest.raises(DataError) as caught:
            download(source, tmp_path / "data", ignore)
    message = str(caught.value)
    assert f"cannot download MNIST: {host}/train-labels-idx1-ubyte.gz: " in message
    assert "corrupted" in message
    assert list((tmp_path / "data").iterdir()) == []


def test_who_interrupts_a_download_does_not_wait_and_leaves_nothing(
    tmp_path: Path, cifar: tuple[bytes, dict[str, str]]
) -> None:
    files = {CIFAR10.filename: cifar[0]}
    data_dir = tmp_path / "data"
    fractions: list[float] = []

    def interrupt(_text: str, fraction: float | None) -> None:
        if fraction is not None:
            fractions.append(fraction)
            raise KeyboardInterrupt

    with server(files, stall_after=100_000) as host:
        with pytest.raises(KeyboardInterrupt):
            download(served(cifar10.OFFICIAL, host, files), data_dir, interrupt)
        assert list(data_dir.iterdir()) == []
    assert 0 < fractions[0] <= 100_000 / len(cifar[0])


def test_a_download_where_nothing_comes_is_given_up(tmp_path: Path, cifar: tuple[bytes, dict[str, str]]) -> None:
    files = {CIFAR10.filename: cifar[0]}
    with (
        server(files, stall_after=0) as host,
        pytest.raises(DataError, match=rf"{CIFAR10.filename}: nothing came for 0\.5 s"),
    ):
        download(served(cifar10.OFFICIAL, host, files), tmp_path / "data", ignore, patience=0.5)
    assert list((tmp_path / "data").iterdir()) == []


def test_without_a_network_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A port that was free a moment ago: nobody listens there, so every connection is refused.
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as closed:
        nowhere = f"http://127.0.0.1:{closed.server_port}"
    for variable in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(variable, nowhere)
    with pytest.raises(DataError, match="Connection refused.*; put .*"):
        cifar10.load(tmp_path / "data", ignore, images=1000)
    assert list((tmp_path / "data").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "by_hand", "instead"),
    [
        ("cifar10-1k", f"put the official {FOLDER} folder under", "or use --data digits"),
        ("svhn-5k", "put the official train_32x32.mat and test_32x32.mat under", "or use --data digits"),
        ("mnist", "put its four files (train-images-idx3-ubyte.gz, …), in a folder MNIST/raw, under", "--data digits"),
        ("fashion-mnist-2c", "in a folder FashionMNIST/raw, under", "or use --data digits"),
        ("wikitext-2-char-1k", "put wiki.train.tokens, wiki.valid.tokens and wiki.test.tokens under", "file.txt"),
    ],
)
def test_where_nothing_can_be_downloaded_the_remedies_are_named(
    tmp_path: Path, name: str, by_hand: str, instead: str
) -> None:
    (tmp_path / "file").write_text("not a directory")
    entry = find_dataset(name)
    assert entry is not None
    with pytest.raises(DataError) as caught:
        load_callable(entry.load)(tmp_path / "file" / "data", ignore, **entry.options)
    message = str(caught.value)
    assert message.startswith("cannot download ")
    assert f"into {tmp_path}/file/data: Not a directory; " in message
    assert f"{by_hand} {tmp_path}/file/data, or pass --data-dir DIR or set EOSTUI_DATA, " in message
    assert instead in message


def test_a_folder_with_other_things_in_it_is_left_alone_before_anything_is_downloaded(tmp_path: Path) -> None:
    (tmp_path / "svhn").mkdir()
    (tmp_path / "svhn" / "test_32x32.mat").write_text("half of it")
    with pytest.raises(DataError, match=r"svhn lacks the official train_32x32\.mat and .*or delete it to have SVHN"):
        download(svhn.OFFICIAL, tmp_path, ignore)
