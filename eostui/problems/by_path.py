"""Functions named as `package.module:function` or `path/to/file.py:function`."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import sys
import sysconfig
import zlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from eostui.home import expand_home
from eostui.problems.errors import ByPathError, did_you_mean, where_and_what

FORMS = "path/to/file.py:function or package.module:function"


WITH_NUMBERS = "minimalist:"
"""How the name of an architecture of the catalogue begins that has numbers after a colon."""


def looks_like_path(spec: str) -> bool:
    """Whether `spec` names a function of a file or module, and not an entry of a catalogue."""
    return ":" in spec and not spec.startswith(WITH_NUMBERS)


def meant_as_path(spec: str) -> bool:
    """Whether `spec` is a path or a mistaken one: a file without a function, or a dot in place of the colon."""
    if looks_like_path(spec) or "/" in spec or _meant(spec) is not None:
        return True
    return "." in spec and all(part.isidentifier() for part in spec.split("."))


def settle(spec: str) -> str:
    """`spec` in a form that works from any working directory: files have their absolute path.

    Nothing is loaded. Raises ByPathError where `spec` cannot name a function. The message suggests what was meant,
    from the files that exist.
    """
    source, name = _source_and_name(spec)
    return f"{expand_home(source).absolute()}:{name}" if source.endswith(".py") else spec


def load_callable(spec: str) -> Callable[..., Any]:
    """The function that `spec` names.

    A file's path is relative to the working directory. A folder is a package if it has an `__init__.py`, or if the
    file's relative imports need it to be one. A file in a package is loaded as a module of the package. The file can
    import what is beside it, now and later. A module is found as `python -m` would find it: in the working directory,
    then among the installed packages. Raises ByPathError, which says what is missing and what exists instead.
    """
    source, name = _source_and_name(spec)
    is_file = source.endswith(".py")
    module = _load_file(spec, expand_home(source)) if is_file else _load_module(spec, source)
    try:
        found = getattr(module, name)
    except AttributeError:
        own = _public_functions(module)
        listed = f"it has {', '.join(own)}" if own else "it defines no public function"
        # The module may not be the one that was meant. Python has a `profile` of its own, for example.
        where = source if is_file else f"{source} ({getattr(module, '__file__', None) or 'part of Python'})"
        raise ByPathError(f"{spec}: no function {name!r} in {where}{did_you_mean(name, own)}; {listed}") from None
    if not callable(found):
        raise ByPathError(
            f"{spec}: {name!r} is of type {type(found).__name__}, it must be a function: "
            f"write `def {name}(…): return …`"
        )
    return found  # type: ignore[no-any-return]


def parameters_of(function: Callable[..., Any]) -> str | None:
    """The parameters of a function, such as `width, depth=2`; None where Python does not know them."""
    try:
        return ", ".join(map(str, inspect.signature(function).parameters.values()))
    except (TypeError, ValueError):
        return None


def can_be_called(function: Callable[..., Any], *arguments: object) -> bool:
    """Whether a function can be called with these arguments. Raises ValueError where its parameters are unknown."""
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError:
        return False
    return True


def _source_and_name(spec: str) -> tuple[str, str]:
    """The file or module, and the function. Raises ByPathError where one of them is missing or malformed."""
    source, _, name = spec.rpartition(":")
    is_file = source.endswith(".py")
    is_module = "/" not in source and ":" not in source and all(source.split("."))
    if not name.isidentifier() or not (is_file or is_module):
        raise ByPathError(_correction(spec))
    there = expand_home(source).is_file()
    # Such as pkg.net.py:model where pkg/net.py exists, or weights.pt:model where weights.pt exists.
    if (is_file and not there and _meant(spec) is not None) or (not is_file and there and "." in source):
        raise ByPathError(_correction(spec))
    return source, name


def _correction(spec: str) -> str:
    """What is wrong with a `spec` that names no function, and what would be right."""
    meant = _meant(spec)
    if meant is not None:
        file, name = meant
        if name:
            return f"{spec!r} must be {FORMS}: write {file}:{name}"
        there = _defined_in(expand_home(file))
        listed = f"it has {', '.join(there)}" if there else "it defines no public function"
        return f"{spec!r} names no function: write {file}:function; {listed}"
    source = spec.rpartition(":")[0] or spec
    path = expand_home(source)
    if path.is_dir():
        files = sorted(file.name for file in path.glob("*.py"))
        listed = f"it has {', '.join(files)}" if files else "it has no Python file"
        return f"{spec!r} must be {FORMS}: {source} is a folder, and {listed}"
    if path.is_file():
        return f"{spec!r} must be {FORMS}: {source} is not a Python file; write a function that loads it"
    if not looks_like_path(spec) and "/" not in spec and "." in spec:
        module, _, name = spec.rpartition(".")
        return f"{spec!r} must be {FORMS}: write {module}:{name} for the function {name} of {module}"
    return f"{spec!r} must be {FORMS}"


def _meant(spec: str) -> tuple[str, str] | None:
    """The existing file and the function (or "") that a malformed `spec` must mean; None where no file fits."""
    source, _, name = spec.rpartition(":")
    if not source:
        source, name = name, ""
    source, name = source.rstrip(":"), name.removesuffix("()")
    readings = [(source, name)]
    if not name:
        before, _, after = source.rpartition(".")
        readings.append((before, after))
    for text, function in readings:
        files = [text, f"{text}.py"]
        if "/" not in text:
            files.append(text.removesuffix(".py").replace(".", "/") + ".py")
        for file in files:
            if file.endswith(".py") and expand_home(file).is_file():
                return file, function
    return None


def _load_file(spec: str, path: Path) -> ModuleType:
    if not path.is_file():
        beside = sorted(p.name for p in path.parent.glob("*.py")) if path.parent.is_dir() else []
        raise ByPathError(f"{spec}: no such file: {path}{did_you_mean(path.name, beside)}")
    path = path.resolve()
    try:
        return _load_in_package(path) or _load_alone(path)
    except (Exception, SystemExit) as error:
        if isinstance(error, ByPathError):
            raise
        what = where_and_what(error, str(path))
        if not what.startswith(str(path)):  # it came from the package's own __init__.py
            what = where_and_what(error, None)
        raise ByPathError(f"{spec}: cannot load it: {what}") from error


def _load_in_package(path: Path) -> ModuleType | None:
    """The file as a module of its package, so that `from .beside import …` works; None where it has no package."""
    levels = _relative_levels(path)
    parts, folder, depth = ([] if path.name == "__init__.py" else [path.stem]), path.parent, 0
    while folder.name and (depth < levels or (folder / "__init__.py").is_file()):
        parts.insert(0, folder.name)
        folder, depth = folder.parent, depth + 1
    if depth == 0:
        return None
    name = ".".join(parts)
    # The file's own folder comes first, as in `python pkg/net.py`: a plain `import beside` relies on that.
    _make_importable(folder)
    _make_importable(path.parent)
    found = None
    if not any("." in part for part in parts):
        try:
            found = importlib.util.find_spec(name)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{name}.".startswith(f"{error.name}."):
                raise
    if found is not None and found.origin is not None and Path(found.origin).resolve() == path:
        return importlib.import_module(name)
    if levels:
        raise ByPathError(
            f"{path} imports from its package (`from .… import …`), but cannot be loaded as {name}: "
            f"{parts[0]!r} is the name of another Python module, or has a dot in it; rename that folder"
        )
    return None


def _load_alone(path: Path) -> ModuleType:
    # A file is one module, however many functions are taken from it. The module's name must hide no other module.
    name = f"{path.stem}_{zlib.crc32(str(path).encode()):08x}"
    _make_importable(path.parent)
    if name in sys.modules:
        return sys.modules[name]
    loader_spec = importlib.util.spec_from_file_location(name, path)
    assert loader_spec is not None  # the name ends in .py
    assert loader_spec.loader is not None
    module = importlib.util.module_from_spec(loader_spec)
    # Dataclasses, among others, look their own module up while it is being executed.
    sys.modules[name] = module
    try:
        loader_spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _load_module(spec: str, name: str) -> ModuleType:
    try:
        # A package that is loaded already needs no working directory in the path. eostui's own entries are such.
        if name.partition(".")[0] not in sys.modules:
            _make_importable(Path.cwd())
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


def _make_importable(folder: Path) -> None:
    """Make what is in `folder` importable from now on, also by imports inside functions.

    The folder comes after Python's own modules: a `random.py` or `types.py` beside the file replaces nothing. It comes
    before the installed packages: a `utils.py` or `datasets.py` beside the file is found first, as when Python runs
    the file. The latest folder comes first. A folder that Python searches earlier anyway (PYTHONPATH) stays in place.
    """
    entry = str(folder)
    if entry in sys.path[: _end_of_python()]:
        return
    if entry in sys.path:
        sys.path.remove(entry)
    sys.path.insert(_end_of_python(), entry)
    importlib.invalidate_caches()  # a file may have been written since the folder was last looked through


def _end_of_python() -> int:
    """The place in `sys.path` after the last folder of Python's own modules."""
    library = Path(sysconfig.get_path("stdlib"))
    own = [library, library / "lib-dynload"]
    return max((place for place, entry in enumerate(sys.path, start=1) if Path(entry) in own), default=0)


def _relative_levels(path: Path) -> int:
    """How many packages the relative imports of a file reach up: 1 for `from .beside import …`, 0 without any."""
    return max((node.level for node in ast.walk(_parsed(path)) if isinstance(node, ast.ImportFrom)), default=0)


def _defined_in(path: Path) -> list[str]:
    """The public functions and classes that a file defines, in its own order, without running it."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    return [node.name for node in _parsed(path).body if isinstance(node, kinds) and not node.name.startswith("_")]


def _parsed(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):  # the message comes when the file is loaded
        return ast.Module(body=[], type_ignores=[])


def _public_functions(module: ModuleType) -> list[str]:
    """The public functions and classes that `module` itself defines, in its order; not those that it imports."""
    return [
        name
        for name, value in vars(module).items()
        if callable(value) and not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    ]
