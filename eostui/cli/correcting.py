"""What is wrong with what was typed: the option or argument, the value, and what would be right."""

from __future__ import annotations

from enum import Enum
from typing import Any

import typer
from typer.core import TyperArgument

from eostui.config import SETTINGS, flag

_RIGHT = {int: "a whole number", float: "a number"}


def to_correct(error: typer.TyperException) -> str:
    """The error in one line. Typer's own words neither name the value nor say what would be right."""
    parameter = getattr(error, "param", None)
    found = getattr(error.__cause__, "errors", None)
    if parameter is None or found is None:
        return error.format_message()
    wrong = found()[0]
    name = str(parameter.name).upper() if isinstance(parameter, TyperArgument) else parameter.opts[0]
    right = _right(parameter)
    if not right:
        return f"{name}: {str(wrong['msg']).removeprefix('Value error, ')}"
    least = wrong.get("ctx", {}).get("ge")
    beyond = "" if least is None or " of at least " in right else f" of at least {least}"
    return f"{name}: {wrong['input']!r} will not do; give {right}{beyond}"


def _right(parameter: Any) -> str:
    """The values that an option or argument takes, in words; empty where nobody knows."""
    setting = SETTINGS.get(parameter.name)
    if setting is not None and flag(setting.name) in parameter.opts:
        return setting.right
    kind = parameter.type_descriptor.annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        *others, last = (str(member.value) for member in kind)
        return f"{', '.join(others)} or {last}"
    return _RIGHT.get(kind, "")
