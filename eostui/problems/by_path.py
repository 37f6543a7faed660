"""Functions named as `package.module:function` or `path/to/file.py:function`."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from eostui.problems.errors import ByPathError, did_you_mean, where_and_what


def looks_like_path(spec: str) -> bool:
    """Whether `spec` names a function of a file or module, and not an entry of a catalogue."""
    return ":" in spec


def load_callable(spec: str) -> Callable[..., Any]:
    """The function that `spec` names.

    A file's path is relative to the working directory, and modules beside the file can be imported while it
    is loaded. A module is found as `python -m` would find it: in the working directory, then among what is
    installed. Raises ByPathError, which says what is missing and what is there instead.
    """
    source, _, name = spec.rpartition(":")
    if not source or not name:
        raise ByPathError(f"{spec!r} must be path/to/file.py:function or package.module:function")
    is_file = source.endswith(".py") or "/" in source
    module = _load_file(spec, Path(source)) if is_file else _load_module(spec, source)
    try:
        found = getattr(module, name)
    except AttributeError:
        own = _public_functions(module)
        listed = f"it has {', '.join(own)}" if own else "it defines no public function"
        raise ByPathError(f"{spec}: no function {name!r} in {source}{did_you_mean(name, own)}; {listed}") from None
    if not callable(found):
        raise ByPathError(f"{spec}: {name!r} is of type {type(found).__name__}, it must be a function")
    return found  # type: ignore[no-any-return]


def _load_file(spec: str, path: Path) -> ModuleType:
    if path.suffix != ".py":
        raise ByPathError(f"{spec}: {path} must be a Python file, path/to/file.py:function")
    if not path.is_file():
        beside = sorted(p.name for p in path.parent.glob("*.py")) if path.parent.is_dir() else []
        raise ByPathError(f"{spec}: no such file: {path}{did_you_mean(path.name, beside)}")
    path = path.resolve()
    # One module for one file, however many functions are asked of it, under a name that hides no other
    # module.
    name = f"{path.stem}_{zlib.crc32(str(path).encode()):08x}"
    if name in sys.modules:
        return sys.modules[name]
    loader_spec = importlib.util.spec_from_file_location(name, path)
    assert loader_spec is not None  # the name ends in .py
    assert loader_spec.loader is not None
    module = importlib.util.module_from_spec(loader_spec)
    # Dataclasses, among others, look their own module up while it is being executed.
    sys.modules[name] = module
    try:
        with _importable(path.parent):
            loader_spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise ByPathError(f"{spec}: cannot load it: {where_and_what(error, str(path))}") from error
    return module


def _load_module(spec: str, name: str) -> ModuleType:
    try:
        with _importable(Path.cwd()):
            return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise ByPathError(
                f"{spec}: no module named {error.name!r} in {Path.cwd()} or among the installed packages; "
                "a file is named with its .py, as path/to/file.py:function"
            ) from None
        raise ByPathError(f"{spec}: cannot import it: {where_and_what(error, None)}") from error
    except (Exception, SystemExit) as error:
        raise ByPathError(f"{spec}: cannot import it: {where_and_what(error, None)}") from error


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def _public_functions(module: ModuleType) -> list[str]:
    """What `module` itself defines and could be meant, in its own order: not what it imported."""
    return [
        name
        for name, value in vars(module).items()
        if callable(value) and not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    ]
