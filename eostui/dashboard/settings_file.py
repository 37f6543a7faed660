"""The file that keeps what a user has chosen for good: where it is, what is in it, and what of it everybody may need.

The command line reads it, too, where no dashboard is shown: this imports no Textual.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from eostui.home import expand_home
from eostui.store import clean_text

DATA_DIR = "data_dir"
"""The setting of the directory for data where neither a flag nor the environment gives one."""
_MAX_BYTES = 1 << 20


class SettingsError(Exception):
    """The settings cannot be read or written; the message says why, in one line."""


def settings_path(environment: Mapping[str, str]) -> Path:
    """Where the settings are: $EOSTUI_SETTINGS, or eostui/settings.toml in $XDG_CONFIG_HOME or ~/.config."""
    if given := environment.get("EOSTUI_SETTINGS"):
        return expand_home(given)
    base = environment.get("XDG_CONFIG_HOME", "")
    return (Path(base) if base.startswith("/") else expand_home("~/.config")) / "eostui" / "settings.toml"


def text_in(path: Path) -> str:
    """The text of a file that is there."""
    return path.read_text(encoding="utf-8")


def values_in(path: Path) -> dict[str, Any]:
    """The values in a file, none where there is no file. Raises `SettingsError`."""
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES)
        return tomllib.loads(text.decode())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}; the defaults are used") from None
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{path} is no TOML: {clean_text(error, 200)}; the defaults are used") from None


def data_dir_in(values: Mapping[str, Any], path: Path) -> tuple[str | None, list[str]]:
    """The directory for data among the values of a file, None where there is none, and a line for one that will not do.

    It is the same from wherever a run is started.
    """
    given = values.get(DATA_DIR)
    if given is None or (isinstance(given, str) and given.startswith(("/", "~")) and clean_text(given) == given):
        return given, []
    return None, [f'{path}: {DATA_DIR} = {shown(given)} will not do; give a path from / or ~ on, such as "~/data"']


def data_dir_of(environment: Mapping[str, str]) -> tuple[str | None, list[str]]:
    """That of whoever has this environment, and a line where the file or the setting cannot be understood."""
    path = settings_path(environment)
    try:
        return data_dir_in(values_in(path), path)
    except SettingsError as error:
        return None, [str(error)]


def shown(value: object) -> str:
    """A value of the file, short and clean enough for a line."""
    text = clean_text(value, 40)
    return repr(text) if isinstance(value, str) else text


def replace_file(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(text, encoding="utf-8")
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from None
