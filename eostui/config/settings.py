"""Settings that check themselves: their types by their annotations, their values by their flags."""

from __future__ import annotations

import operator
import sys
from dataclasses import MISSING, dataclass
from functools import reduce
from types import NoneType, UnionType
from typing import Any, ClassVar, get_args, get_origin, get_type_hints

from eostui.config.errors import ConfigError
from eostui.config.flags import Flag, flag

_IN_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text", tuple: "a list of names"}


@dataclass(frozen=True)
class Setting:
    """One field of a concern, and its flag.

    kind: its type without None; optional: whether it may be None. default: MISSING where a run has to have a value.
    """

    name: str
    kind: Any
    optional: bool
    default: Any
    flag: Flag

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return self.default is MISSING

    @property
    def right(self) -> str:
        """The values that it takes, in words."""
        return self.flag.check.right if self.flag.check else _IN_WORDS[get_origin(self.kind) or self.kind]

    def check_type(self, value: Any) -> None:
        """Raise `ConfigError` for a value of another type."""
        self._require((value is None and self.optional) or _is_of(value, self.kind), value)

    def check(self, value: Any) -> None:
        """Raise `ConfigError` for a value that no run can have."""
        self.check_type(value)
        self._require(value is None or self.flag.check is None or self.flag.check.holds(value), value)

    def _require(self, holds: bool, value: Any) -> None:
        if not holds:
            raise ConfigError(f"{flag(self.name)}: {value!r} will not do; give {self.right}")


class Settings:
    """The settings of one concern: a frozen dataclass whose every field is `Annotated[type, Flag(…)]`.

    settings: the fields, in their order. Raises `ConfigError` on construction for a value that no run can have.
    """

    settings: ClassVar[tuple[Setting, ...]]

    def __init_subclass__(cls) -> None:
        # Annotations are evaluated outside of their module, and a lambda in one would not find the module's names.
        hints = get_type_hints(cls, include_extras=True)
        cls.settings = tuple(_setting(name, hints[name], vars(cls).get(name, MISSING)) for name in cls.__annotations__)

    def __post_init__(self) -> None:
        for setting in self.settings:
            setting.check(getattr(self, setting.name))


def _setting(name: str, hint: Any, default: Any) -> Setting:
    kind, said = get_args(hint)
    parts = get_args(kind) if get_origin(kind) is UnionType else (kind,)
    kinds = [part for part in parts if part is not NoneType]
    return Setting(name, reduce(operator.or_, kinds), NoneType in parts, default, said)


def _is_of(value: Any, kind: Any) -> bool:
    """Whether a value is of a type. A whole number passes for a float, but True passes for no number."""
    if get_origin(kind) is UnionType:
        return any(_is_of(value, part) for part in get_args(kind))
    if get_origin(kind) is tuple:
        return isinstance(value, tuple) and all(_is_of(part, get_args(kind)[0]) for part in value)
    if isinstance(value, bool):
        return kind is bool
    if kind is float and isinstance(value, int):
        return abs(value) <= sys.float_info.max
    return isinstance(value, kind)
