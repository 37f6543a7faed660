"""The flags of `eostui run`, made from the settings of a run."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from eostui.cli.options import listed, names_of, trackable, words
from eostui.config import SETTINGS, ConfigError, Flag, Panel, Setting, flag


def with_settings(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command, which takes them as `**given`, a flag for every setting.

    The help shows options in the order of the signature: the settings that have a panel, the command's own options, and
    the settings that have none.
    """
    own = [
        parameter
        for parameter in inspect.signature(command, eval_str=True).parameters.values()
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    first = [setting for panel in Panel for setting in SETTINGS.values() if setting.flag.panel is panel]
    last = [setting for setting in SETTINGS.values() if setting.flag.panel is None]
    parameters = [*map(_option, first), *own, *map(_option, last)]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return command


def settings_given(typed: Mapping[str, Any]) -> dict[str, Any]:
    """The settings for what was typed, None where nothing was. Raises `ConfigError`."""
    return {name: _read(SETTINGS[name], value) for name, value in typed.items()}


def _option(setting: Setting) -> inspect.Parameter:
    said = setting.flag
    default = None if said.planned or setting.required else setting.default
    kind = said.typed or setting.kind
    option = typer.Option(
        flag(setting.name),  # without this, Typer gives a switch a second flag that turns it off
        help=said.help.replace("{default}", _shown(setting.default)),
        rich_help_panel=said.panel,
        metavar=said.metavar,
        envvar=said.envvar,
        autocompletion=_completion(said),
    )
    return inspect.Parameter(
        setting.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind | None if default is None else kind, option],
    )


def _completion(said: Flag) -> Callable[[str], list[str]] | None:
    """What completes the value of a flag."""
    match said.completes:
        case None:
            return words(*said.check.names) if said.check and said.check.names else None
        case tuple() as there:
            return words(*there)
        case "instruments":
            return listed(trackable)
        case listing:
            return names_of(listing)


def _shown(default: Any) -> str:
    return ",".join(default) if isinstance(default, tuple) else str(default)


def _read(setting: Setting, typed: Any) -> Any:
    if typed is None or setting.flag.read is None:
        return typed
    try:
        return setting.flag.read(typed)
    except ConfigError as error:
        raise ConfigError(f"{flag(setting.name)}: {error}") from None
