"""Functions by path: what is found, and what is said where nothing is found."""

import sys
from pathlib import Path

import pytest

from eostui.problems.by_path import load_callable, looks_like_path
from eostui.problems.errors import ByPathError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
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
    before = list(sys.path)
    assert load_callable("sub/mine.py:f")() == 7
    assert load_callable(f"{folder}/sub/mine.py:f")() == 7
    assert sys.path == before


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
    assert "'model' is of type int, it must be a function" in complaint("n.py:model")


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


@pytest.mark.parametrize("spec", [":f", "a.py:", "model.txt/x:f", "./model:f"])
def test_what_is_no_path_is_told_the_form(folder: Path, spec: str) -> None:
    assert "path/to/file.py:function" in complaint(spec)
