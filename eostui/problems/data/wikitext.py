"""WikiText-2 (Merity et al. 2016): articles of Wikipedia. The task is to predict the next word or character."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from eostui.problems.data.download import Archive, Source, download
from eostui.problems.data.text import NAMES, read_text, text_dataset, tokenise
from eostui.problems.dataset import Dataset
from eostui.problems.datasets import Progress

# The first address, at Amazon's S3, is gone. This host belongs to the data set's first author. The MD5 sum is the one
# that torchtext published for the first address: it shows that this is the same file.
OFFICIAL = Source(
    title="WikiText-2",
    folder="wikitext-2",
    archives=(
        Archive("https://wikitext.smerity.com/wikitext-2-v1.zip", "542ccefacc6c27f945fb54453812b3cd", 4_475_746),
    ),
    by_hand="wiki.train.tokens, wiki.valid.tokens and wiki.test.tokens",
    instead="use --data path/to/file.txt, a text of your own",
)

# The `.tokens` files have `<unk>` in place of rare words, and the `.raw` files have the words themselves. Each level
# prefers one of them.
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
    """The first `sequences` sequences (None: all) of the words or characters (`level`) of WikiText-2; see
    `text_dataset`.

    Looks in `data_dir` and its folders `wikitext-2` and `wikitext-2-raw` for a training text: `wiki.train.tokens`,
    `train.txt` or `wiki.train.raw`. The test text beside it is used, or the validation text where there is no test
    text. Without a training text, a validation text (`valid.txt` and so on) is used to train on, if a test text is
    beside it. Otherwise the tokens are downloaded. Raises DataError.
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
            return _Found(valid, test, ", its validation text, because the training text is missing")
    return None
