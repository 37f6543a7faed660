"""Standard input, output and error as whoever starts a program left them: closed, or in an encoding without η and ×."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
import unicodedata
from typing import TextIO

_PLAIN = {
    "×": "x", "÷": "/", "·": "|", "−": "-", "–": "-", "—": "-", "…": "...", "→": "->", "←": "<-", "↑": "^", "↓": "v",
    "≤": "<=", "≥": ">=", "≈": "~", "‖": "||", "√": "sqrt", "∇": "grad", "•": "*", "∈": "in", "⊥": "_perp", "ℓ": "l",
    "⁻": "-", "▾": "v", "“": '"', "”": '"', "‘": "'", "’": "'",
}  # fmt: skip
"""What can be read in place of the signs that help, messages and tables are written with."""
_TRANSLITERATED = "eostui.transliterated"


def fill_standard_descriptors() -> None:
    """Open /dev/null in the place of every standard descriptor that is closed, as supervisors and daemons leave them.

    To be called before anything else opens a file: a socket or a run's file that got the number 0 would be read,
    written or closed by whoever means the standard stream.
    """
    descriptor = os.open(os.devnull, os.O_RDWR)
    while descriptor <= 2:
        os.set_inheritable(descriptor, True)
        descriptor = os.open(os.devnull, os.O_RDWR)
    os.close(descriptor)
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:  # as Python says that it was closed
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


class _Unfailing(io.TextIOWrapper):
    """Loses what cannot be written."""

    def write(self, text: str, /) -> int:
        with contextlib.suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            super().flush()


def write_what_can_be_written() -> None:
    """From here on standard output and error raise no OSError: a log on a full disk must not end what is logged."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            unfailing = _Unfailing(
                stream.detach(), encoding="utf-8", errors="backslashreplace", line_buffering=True, write_through=True
            )
            setattr(sys, name, unfailing)
            setattr(sys, f"__{name}__", unfailing)


def write_what_can_be_read() -> None:
    """From here on a character that standard output or error has no code for is written in others: η as eta."""
    codecs.register_error(_TRANSLITERATED, _transliterated)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_TRANSLITERATED)


def can_show(text: str, stream: TextIO) -> bool:
    """Whether a stream has codes for all of `text`."""
    try:
        text.encode(stream.encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def as_shown(text: str) -> str:
    """`text` as standard output will show it, to know how wide that is."""
    return "".join(
        character if can_show(character, sys.stdout) else transliterated(character, text[place + 1 : place + 2])
        for place, character in enumerate(text)
    )


def silence(descriptor: int) -> None:
    """Let a descriptor that can no longer be written swallow what comes, so that Python can close it in peace."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _transliterated(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    return transliterated(lost, error.object[error.end : error.end + 1]), error.end


def transliterated(text: str, following: str = "") -> str:
    """`text` in ASCII, to be read aloud the same: λ₁ is lambda_1, 10⁻³ is 10^-3. `following` is what comes after it."""
    said, script = [], ""
    for character, after in zip(text, text[1:] + (following or " "), strict=False):
        before, script = script, _script(character)
        mark = {"sub": "_", "super": "^"}.get(script, "") if script != before else ""
        spelled = _spelled(character)
        # ηv is a product, and no word
        runs_on = not _script(after) and (after.isalpha() or after == "∇")
        gap = " " if len(spelled) > 1 and spelled.isalpha() and runs_on else ""
        said.append(mark + spelled + gap)
    return "".join(said)


def _script(character: str) -> str:
    """Whether a character is a small raised or lowered one: "super", "sub" or neither."""
    decomposition = unicodedata.decomposition(character)
    return next((script for script in ("sub", "super") if decomposition.startswith(f"<{script}>")), "")


def _spelled(character: str) -> str:
    if character in _PLAIN:
        return _PLAIN[character]
    letters = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    if letters.isascii() and letters:
        return letters
    name = unicodedata.name(letters[:1] or character, "")
    if name.startswith("GREEK ") and " LETTER " in name:
        letter = name.partition(" LETTER ")[2].partition(" ")[0].lower().replace("lamda", "lambda")
        return letter.capitalize() if " CAPITAL " in name else letter
    return character.encode("ascii", "backslashreplace").decode()
