"""Functions by path: what is found, and what is said where nothing is found."""

import sys
from pathlib import Path

import pytest

from eostui.problems.by_path import load_callable, looks_like_path, settle
from eostui.problems.errors import ByPathError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return tmp_path


def complaint(spec: str) -> str:
    with pytest.raises(ByPathError) as caught:
        load_callable(spec)
    message = str(caught.value)
    assert "\n" not in message
    assert spec in message
    return message


def test_a_colon_tells_a_path_from_a_name() -> None:
    assert looks_like_path("a.py:f")
    assert looks_like_path("package.module:f")
    assert not looks_like_path("fc-tanh")


def test_a_function_of_a_file_is_found_and_may_import_its_neighbours(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "neighbour_of_mine.py").write_text("VALUE = 7\n")
    (folder / "sub" / "mine.py").write_text("from neighbour_of_mine import VALUE\n\ndef f():\n    return VALUE\n")
    assert load_callable("sub/mine.py:f")() == 7
    assert load_callable(f"{folder}/sub/mine.py:f")() == 7
    assert sys.path.count(f"{folder}/sub") == 1


@pytest.mark.parametrize("spec", ["late/of_a_file.py:f", "of_a_module:f"])
def test_an_import_inside_a_function_finds_what_is_beside_the_file(folder: Path, spec: str) -> None:
    name = "beside_a_file" if "/" in spec else "beside_a_module"
    home = folder / "late" if "/" in spec else folder
    home.mkdir(exist_ok=True)
    for file in ("of_a_file.py", "of_a_module.py"):
        (home / file).write_text(f"def f():\n    from {name} import VALUE\n    return VALUE\n")
    (home / f"{name}.py").write_text("VALUE = 11\n")
    assert load_callable(spec)() == 11


def test_what_is_beside_a_file_hides_none_of_pythons_own_modules_but_comes_before_what_is_installed(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    installed = tmp_path_factory.mktemp("site-packages")
    (installed / "helpers_of_mine.py").write_text("VALUE = 'installed'\n")
    sys.path.append(str(installed))
    (folder / "helpers_of_mine.py").write_text("VALUE = 'own'\n")
    (folder / "this.py").write_text("VALUE = 'own'\n")  # Python has a module of that name, and nobody has loaded it
    (folder / "asks.py").write_text(
        "import importlib.util\n\ndef f():\n    import helpers_of_mine\n"
        "    return helpers_of_mine.VALUE, importlib.util.find_spec('this').origin\n"
    )
    value, origin = load_callable("asks.py:f")()
    assert value == "own"
    assert not origin.startswith(str(folder))


def test_the_catalogues_own_functions_bring_nothing_of_the_working_directory_in(folder: Path) -> None:
    before = list(sys.path)
    load_callable("eostui.problems.data.sorting:load")
    assert sys.path == before


def test_a_file_in_a_package_may_import_relatively(folder: Path) -> None:
    (folder / "outer_of_mine" / "nets").mkdir(parents=True)
    (folder / "outer_of_mine" / "__init__.py").write_text("LOADED = []\n")
    (folder / "outer_of_mine" / "nets" / "__init__.py").touch()
    (folder / "outer_of_mine" / "sizes.py").write_text("WIDTH = 12\n")
    (folder / "outer_of_mine" / "nets" / "blocks_of_mine.py").write_text("DEPTH = 3\n")
    (folder / "outer_of_mine" / "nets" / "net.py").write_text(
        "from .. import LOADED\nfrom ..sizes import WIDTH\nimport blocks_of_mine\n\nLOADED.append(1)\n\n"
        "def f():\n    from .blocks_of_mine import DEPTH\n    return WIDTH, DEPTH, blocks_of_mine.DEPTH, len(LOADED)\n"
    )
    assert load_callable("outer_of_mine/nets/net.py:f")() == (12, 3, 3, 1)
    assert load_callable("outer_of_mine.nets.net:f")() == (12, 3, 3, 1)


def test_a_folder_becomes_a_package_where_its_files_import_relatively(folder: Path) -> None:
    (folder / "loose_of_mine").mkdir()
    (folder / "loose_of_mine" / "sizes.py").write_text("WIDTH = 13\n")
    (folder / "loose_of_mine" / "net.py").write_text("def f():\n    from .sizes import WIDTH\n    return WIDTH\n")
    assert load_callable("loose_of_mine/net.py:f")() == 13


def test_a_package_of_a_name_that_is_taken_says_so_where_it_matters(folder: Path) -> None:
    (folder / "json").mkdir()
    (folder / "json" / "__init__.py").touch()
    (folder / "json" / "own.py").write_text("def f():\n    return 14\n")
    (folder / "json" / "relative.py").write_text("from .own import f\n")
    assert load_callable("json/own.py:f")() == 14
    with pytest.raises(ByPathError, match="relative.py imports from its package .* 'json' is the name of another"):
        load_callable("json/relative.py:f")


def test_a_package_that_cannot_be_loaded_is_told_with_the_line_of_its_own_file(folder: Path) -> None:
    (folder / "broken_of_mine").mkdir()
    (folder / "broken_of_mine" / "__init__.py").write_text("\nimport no_such_package_at_all\n")
    (folder / "broken_of_mine" / "net.py").write_text("def f(): ...\n")
    assert "broken_of_mine/__init__.py:2: ModuleNotFoundError" in complaint("broken_of_mine/net.py:f")


def test_a_tilde_is_the_home_directory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    (folder / "at_home.py").write_text("def f():\n    return 9\n")
    assert settle("~/at_home.py:f") == f"{folder}/at_home.py:f"
    assert load_callable("~/at_home.py:f")() == 9
    assert settle("~nobody-at-all/a.py:f") == f"{folder}/~nobody-at-all/a.py:f"


def test_a_function_of_a_module_is_found_in_the_working_directory_and_among_what_is_installed(
    folder: Path,
) -> None:
    (folder / "package_of_mine").mkdir()
    (folder / "package_of_mine" / "inner.py").write_text("def f():\n    return 8\n")
    assert load_callable("package_of_mine.inner:f")() == 8
    assert load_callable("math:sqrt")(4) == 2


def test_one_file_is_executed_once_however_much_is_asked_of_it(folder: Path) -> None:
    (folder / "twice.py").write_text("calls = []\n\ndef f():\n    return calls\n\ndef g():\n    return calls\n")
    assert load_callable("twice.py:f")() is load_callable("twice.py:g")()


def test_a_file_that_hides_an_installed_module_by_its_name_hides_nothing(folder: Path) -> None:
    (folder / "numpy.py").write_text("def f():\n    return 'own'\n")
    import numpy as np

    assert load_callable("numpy.py:f")() == "own"
    assert sys.modules["numpy"] is np


def test_a_missing_file_is_named_with_the_nearest_one(folder: Path) -> None:
    (folder / "model.py").write_text("")
    assert "no such file: modle.py (did you mean model.py?)" in complaint("modle.py:f")
    assert "no such file" in complaint("nowhere/at/all.py:f")


def test_a_missing_function_is_named_with_what_there_is(folder: Path) -> None:
    (folder / "m.py").write_text(
        "from math import sqrt\n\ndef build_model(): ...\n\ndef data(): ...\n\ndef _hidden(): ...\n"
    )
    message = complaint("m.py:build_modle")
    assert "did you mean build_model?" in message
    assert "it has build_model, data" in message
    assert "sqrt" not in message
    assert "_hidden" not in message
    (folder / "empty.py").write_text("")
    assert "defines no public function" in complaint("empty.py:f")


def test_what_is_not_callable_is_refused(folder: Path) -> None:
    (folder / "n.py").write_text("model = 3\n")
    words = "'model' is of type int, it must be a function: write `def model(…): return …`"
    assert words in complaint("n.py:model")


def test_an_exception_inside_the_file_is_told_with_its_line(folder: Path) -> None:
    (folder / "bad.py").write_text("import math\n\nmath.sqrt(\n    -1)\n")
    assert "bad.py:3: ValueError: math domain error" in complaint("bad.py:f")
    (folder / "syntax.py").write_text("x = 1\ndef f(:\n")
    assert "syntax.py:2: SyntaxError" in complaint("syntax.py:f")
    (folder / "leaves.py").write_text("import sys\nsys.exit('goodbye')\n")
    assert "leaves.py:2: SystemExit: goodbye" in complaint("leaves.py:f")
    (folder / "needs.py").write_text("import no_such_package_at_all\n")
    assert "needs.py:1: ModuleNotFoundError" in complaint("needs.py:f")


def test_a_file_that_failed_is_tried_anew_when_it_was_mended(folder: Path) -> None:
    (folder / "again.py").write_text("1 / 0\n")
    assert "ZeroDivisionError" in complaint("again.py:f")
    (folder / "again.py").write_text("def f():\n    return 'mended'\n")
    assert load_callable("again.py:f")() == "mended"


def test_a_missing_module_is_told_from_a_module_that_misses_one(folder: Path) -> None:
    assert "no module named 'no_such_module'" in complaint("no_such_module.inner:f")
    (folder / "wants_more.py").write_text("import no_such_package_at_all\n")
    message = complaint("wants_more:f")
    assert "wants_more.py:1" in message
    assert "no_such_package_at_all" in message


def test_a_function_of_another_module_of_that_name_says_which_module_it_is(folder: Path) -> None:
    (folder / "profile.py").write_text("def model(): ...\n")
    message = complaint("profile:model")
    assert f"no function 'model' in profile ({sys.modules['profile'].__file__})" in message


@pytest.mark.parametrize(
    ("spec", "right"),
    [
        ("pkg/net.py", "write pkg/net.py:function; it has model, data, Net"),
        ("pkg/net.py:", "write pkg/net.py:function; it has model, data, Net"),
        ("pkg/net", "write pkg/net.py:function; it has model, data, Net"),
        ("pkg.net", "write pkg/net.py:function; it has model, data, Net"),
        ("pkg/net.model", "write pkg/net.py:model"),
        ("pkg/net:model", "write pkg/net.py:model"),
        ("pkg.net.py:model", "write pkg/net.py:model"),
        ("pkg/net.py::model", "write pkg/net.py:model"),
        ("pkg/net.py:model()", "write pkg/net.py:model"),
        ("some.module.function", "write some.module:function"),
        ("./pkg", "./pkg is a folder, and it has net.py"),
        ("weights.pt:f", "weights.pt is not a Python file; write a function that loads it"),
        ("empty.py:", "it defines no public function"),
    ],
)
def test_what_is_nearly_a_path_is_told_the_right_one(folder: Path, spec: str, right: str) -> None:
    (folder / "pkg").mkdir()
    (folder / "pkg" / "net.py").write_text("import torch\ndef model(): ...\ndef data(): ...\nclass Net: ...\n_x = 3\n")
    (folder / "weights.pt").touch()
    (folder / "empty.py").touch()
    with pytest.raises(ByPathError) as caught:
        settle(spec)
    assert right in str(caught.value)
    assert spec in str(caught.value)


@pytest.mark.parametrize("spec", [":f", "a.py:", "model.txt/x:f", "./model:f", "..:f", "a b.py:f g"])
def test_what_is_no_path_is_told_the_form(folder: Path, spec: str) -> None:
    assert "path/to/file.py:function" in complaint(spec)
