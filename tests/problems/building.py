"""Problems for tests, from names and from files of a user's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from eostui.problems.dataset import Dataset
from eostui.problems.errors import ProblemError
from eostui.problems.problem import Problem, build_problem

Labelled = tuple[NDArray[np.float64], NDArray[np.uint8]]
"""Images and their labels."""

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def build(
    arch: str = "fc-tanh",
    data: str = "digits",
    loss: str = "mse",
    *,
    width: int | None = None,
    depth: int | None = None,
    seed: int = 0,
    data_dir: Path = Path("nowhere"),
    dtype: torch.dtype = torch.float32,
) -> Problem:
    return build_problem(
        arch=arch,
        width=width,
        depth=depth,
        data=data,
        loss=loss,
        seed=seed,
        data_dir=data_dir,
        dtype=dtype,
        device=torch.device("cpu"),
        progress=silent,
    )


def silent(_text: str, _fraction: float | None) -> None:
    """A listener to progress that does nothing."""


def complaint(**given: object) -> str:
    """The one line with which `build` refuses."""
    with pytest.raises(ProblemError) as caught:
        build(**given)  # type: ignore[arg-type]
    message = str(caught.value)
    assert "\n" not in message
    return message


def to_train_on(data: Dataset) -> tuple[Tensor, Tensor]:
    """The inputs and targets of data whose inputs are one tensor and which have targets."""
    assert isinstance(data.x, Tensor)
    assert data.y is not None
    return data.x, data.y


def to_test_on(data: Dataset) -> tuple[Tensor, Tensor]:
    """The same of the examples that are kept for testing."""
    assert isinstance(data.x_test, Tensor)
    assert data.y_test is not None
    return data.x_test, data.y_test


def assert_images(data: Dataset, train: Labelled, test: Labelled) -> None:
    """`data` has the first images and labels of `train`, all of `test`, and is standardised by all of `train`.

    Images are (n, channels, height, width), labels (n,).
    """
    (x, y), (x_test, y_test) = to_train_on(data), to_test_on(data)
    mean, std = train[0].mean(axis=0), train[0].std(axis=0)
    for found, images in ((x, train[0][: len(x)]), (x_test, test[0])):
        torch.testing.assert_close(found, torch.from_numpy((images - mean) / std).float(), rtol=0, atol=2e-6)
    assert y.tolist() == train[1][: len(x)].tolist()
    assert y_test.tolist() == test[1].tolist()


def initial_loss(problem: Problem) -> float:
    x, y = to_train_on(problem.dataset)
    with torch.no_grad():
        return (problem.model(x, y) if problem.loss is None else problem.loss(problem.model(x), y)).item()


class Own:
    """A user's file in the making."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = 0

    def __call__(self, body: str) -> str:
        """The path of a function `f` whose definition is `body`; it may use torch and nn."""
        self.files += 1
        path = self.folder / f"own_{self.files}.py"
        path.write_text(f"import torch\nfrom torch import nn\n\n{body}\n")
        return f"{path}:f"

    def model(self, forward: str) -> str:
        """The path of a function that returns a model with a `forward` and two layers, a: 4 to 2 and b: 6 to 3."""
        return self(
            "class M(nn.Module):\n"
            "    def __init__(self):\n"
            "        super().__init__()\n"
            "        self.a, self.b = nn.Linear(4, 2), nn.Embedding(6, 3)\n"
            f"    {forward}\n"
            "def f(): return M()"
        )
