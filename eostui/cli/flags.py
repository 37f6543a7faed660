"""The flags of `eostui run`, made from the settings of a run."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any

import typer

from eostui.cli.options import listed, names_of, trackable, words
from eostui.config import SETTINGS, ConfigError, Flag, Panel, Setting, flag


def with_settings(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command, which takes them as `**given`, a flag for every setting.

    The help shows options in the order of the signature: the settings that have a panel, the command's own options, and
    the settings that have none.
    """
    own = _parameters_of(command)
    first = [setting for panel in Panel for setting in SETTINGS.values() if setting.flag.panel is panel]
    last = [setting for setting in SETTINGS.values() if setting.flag.panel is None]
    parameters = [*map(_option, first), *own, *map(_option, last)]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return command


def with_changes(names: Collection[str]) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Give a command, which takes them as `**given`, a flag for each of these settings, which is None if not typed."""

    def with_them(command: Callable[..., int]) -> Callable[..., int]:
        own = _parameters_of(command)
        wanted = [setting for panel in Panel for setting in SETTINGS.values() if setting.flag.panel is panel]
        changes = [_option(setting, planned=True) for setting in wanted if setting.name in names]
        command.__signature__ = inspect.Signature([*own, *changes])  # type: ignore[attr-defined]
        return command

    return with_them


def settings_given(typed: Mapping[str, Any]) -> dict[str, Any]:
    """The settings for what was typed, None where nothing was. Raises `ConfigError`."""
    return {name: _read(SETTINGS[name], value) for name, value in typed.items()}


def _parameters_of(command: Callable[..., int]) -> list[inspect.Parameter]:
    """A command's own parameters."""
    parameters = inspect.signature(command, eval_str=True).parameters.values()
    return [parameter for parameter in parameters if parameter.kind is not inspect.Parameter.VAR_KEYWORD]


def _option(setting: Setting, *, planned: bool = False) -> inspect.Parameter:
    said = setting.flag
    default = None if planned or said.planned or setting.required else setting.default
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
