"""Help in which a switch, such as `--paused`, is not said to take a value."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup, TyperOption


class Command(TyperCommand):
    """A command of the program."""

    def get_params(self, ctx: Any) -> list[Any]:
        """All arguments and options, `--help` included."""
        return _without_types(super().get_params(ctx))


class Group(TyperGroup):
    """The program itself, which has commands."""

    def get_params(self, ctx: Any) -> list[Any]:
        """All options, `--help` included."""
        return _without_types(super().get_params(ctx))


def _without_types(parameters: list[Any]) -> list[Any]:
    """The same; in the help of a switch nothing stands for its value."""
    for parameter in parameters:
        if isinstance(parameter, TyperOption) and parameter.is_flag:
            parameter.metavar = ""
    return parameters
