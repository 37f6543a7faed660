"""Deep linear networks: a product of matrices."""

import pytest
import torch

from eostui.problems.errors import ProblemError
from eostui.problems.networks.deep_linear import DeepLinear


def test_it_is_the_product_of_its_matrices() -> None:
    model = DeepLinear((4,), 4, width=4, depth=3).double()
    first, second, third = (p.detach() for p in model.parameters())
    x = torch.randn(5, 4, dtype=torch.float64)
    torch.testing.assert_close(model(x), x @ (third @ second @ first).T)


def test_its_matrices_are_xaviers() -> None:
    torch.manual_seed(0)
    model = DeepLinear((50,), 50, width=50, depth=20)
    weights = torch.cat([p.detach().flatten() for p in model.parameters()])
    assert weights.std() == pytest.approx(50**-0.5, rel=0.02)


@pytest.mark.parametrize(("shape", "outputs"), [((1,), 50), ((50,), 1), ((1, 5, 10), 50)])
def test_data_of_another_size_are_refused(shape: tuple[int, ...], outputs: int) -> None:
    with pytest.raises(ProblemError, match="50×50 layers needs inputs and targets of 50 numbers") as error:
        DeepLinear(shape, outputs, width=50, depth=20)
    assert f"shape {shape} and {outputs} outputs" in str(error.value)


def test_the_width_that_data_need_is_said_where_there_is_one() -> None:
    with pytest.raises(ProblemError, match="shape \\(30,\\) and 30 outputs; give --width 30$"):
        DeepLinear((30,), 30, width=50, depth=20)
    assert len(DeepLinear((30,), 30, width=30, depth=20)) == 20
