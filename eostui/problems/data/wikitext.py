"""WikiText-2 (Merity et al. 2016): articles of Wikipedia, of whose words the next is to be predicted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from eostui.problems.data.download import Archive, Source, download
from eostui.problems.data.text import NAMES, read_text, text_dataset, tokenise
from eostui.problems.dataset import Dataset
from eostui.problems.datasets import Progress

# The first address, at Amazon's S3, is gone; this host is of the data set's first author. That it has the same file is
# for the MD5 sum to say, which is the one that torchtext published for the first address.
OFFICIAL = Source(
    title="WikiText-2",
    folder="wikitext-2",
    archives=(
        Archive("https://wikitext.smerity.com/wikitext-2-v1.zip", "542ccefacc6c27f945fb54453812b3cd", 4_475_746),
    ),
    by_hand="wiki.train.tokens, wiki.valid.tokens and wiki.test.tokens",
    instead="use --data path/to/file.txt, a text of your own",
)

# Rare words are `<unk>` in the first of these and as they were in the second: which is wanted depends on the level.
_FILES = {
    "words": ("wiki.{}.tokens", "{}.txt", "wiki.{}.raw"),
    "chars": ("wiki.{}.raw", "wiki.{}.tokens", "{}.txt"),
}
_FOLDERS = ("wikitext-2", "wikitext-2-raw", "")


@dataclass(frozen=True)
class _Found:
    train: Path
    test: Path | None
    note: str = ""


def load(data_dir: Path, progress: Progress, *, level: str, sequences: int | None) -> Dataset:
    """The first `sequences` (None: all) of its words or characters (`level`); see `text_dataset`.

    Looks in `data_dir` and its folders `wikitext-2` and `wikitext-2-raw` for `wiki.train.tokens`, `train.txt` or
    `wiki.train.raw` and its test (or else validation) text; where there is none, for `valid.txt` and `test.txt` (or
    the other names), and then trains on the validation text; and else downloads the tokens. Raises DataError.
    """
    files = _find(data_dir, level)
    if files is None:
        download(OFFICIAL, data_dir, progress)
        folder = data_dir / OFFICIAL.folder
        files = _Found(folder / "wiki.train.tokens", folder / "wiki.test.tokens")
    progress(f"reading {files.train}", None)
    train = tokenise(read_text(files.train), level)
    test = tokenise(read_text(files.test), level) if files.test is not None else ()
    provenance = f"the {NAMES[level]} of WikiText-2 (Merity et al. 2016) from {files.train}{files.note}"
    return text_dataset(train, test, provenance, sequences=sequences)


def _find(data_dir: Path, level: str) -> _Found | None:
    places = [data_dir / folder / name for folder in _FOLDERS for name in _FILES[level]]

    def part(place: Path, name: str) -> Path | None:
        path = place.with_name(place.name.format(name))
        return path if path.is_file() else None

    for place in places:
        train = part(place, "train")
        if train is not None:
            return _Found(train, part(place, "test") or part(place, "valid"))
    for place in places:
        valid, test = part(place, "valid"), part(place, "test")
        if valid is not None and test is not None:
            return _Found(valid, test, ", its validation text, for want of the training text")
    return None
