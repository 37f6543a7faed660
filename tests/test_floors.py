"""The script that tries the lowest versions of the dependencies tries those that are claimed."""

from __future__ import annotations

import tomllib
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from types import ModuleType
from typing import Any

import pytest

from tests.conftest import REPOSITORY


@pytest.fixture(scope="module")
def floors() -> ModuleType:
    loader = SourceFileLoader("floors", str(REPOSITORY / ".ci" / "floors"))
    spec = spec_from_loader("floors", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def project_of(*dependencies: str, test: tuple[str, ...] = ()) -> dict[str, Any]:
    extras = {"parquet": ["pyarrow>=15"], "plot": ["matplotlib>=3.8"], "test": list(test)}
    return {"name": "eostui", "dependencies": list(dependencies), "optional-dependencies": extras}


def test_the_lowest_version_is_the_one_claimed_whatever_is_claimed_beside_it(floors: ModuleType) -> None:
    project = project_of("torch>=2.4", "textual>=8.2,<9", "numpy<3,>=1.26.1")
    assert floors.lowest_versions(project) == [
        "torch==2.4", "textual==8.2", "numpy==1.26.1", "pyarrow==15", "matplotlib==3.8",
    ]  # fmt: skip


def test_a_dependency_that_claims_no_lowest_version_is_named(floors: ModuleType) -> None:
    with pytest.raises(ValueError, match="'scipy<2'"):
        floors.lowest_versions(project_of("scipy<2"))


def test_a_tool_is_none_of_the_dependencies(floors: ModuleType) -> None:
    project = project_of("textual>=8.2", test=("eostui[parquet,plot]", "pytest>=8.3,<9", "textual==8.2.8"))
    assert floors.tools(project) == ["pytest>=8.3,<9"]


def test_every_dependency_of_the_project_claims_a_lowest_version(floors: ModuleType) -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {pinned.partition("==")[0] for pinned in floors.lowest_versions(project)}
    assert {"torch", "torchvision", "pyarrow"} < names
