"""What goes together, told from the catalogues alone."""

from __future__ import annotations

import subprocess
import sys

import pytest

from eostui.problems.architectures import ARCHITECTURES
from eostui.problems.errors import ProblemError
from eostui.problems.fit import check_fit, check_sizes


@pytest.mark.parametrize(
    ("arch", "data", "loss", "line"),
    [
        (
            "regression",
            "chebyshev-5",
            "ce",
            "--loss ce does not go with --data chebyshev-5: ce needs class numbers, chebyshev-5 has numbers to regress "
            "on; give --loss mse",
        ),
        (
            "resnet32",
            "wikitext-2",
            "ce",
            "--arch resnet32 does not go with --data wikitext-2: resnet32 takes images, wikitext-2 has tokens; "
            "give --data cifar10-5k",
        ),
        (
            "fc-tanh",
            "digits",
            "model",
            "--loss model does not go with --arch fc-tanh: it is for a model of your own that computes its loss, and "
            "fc-tanh gives outputs; give --loss mse",
        ),
        (
            "fc-tanh",
            "cifar10-1k-2c",
            "ce",
            "--loss ce does not go with --data cifar10-1k-2c: ce needs class numbers, cifar10-1k-2c has signs ±1; "
            "give --loss mse or logistic",
        ),
        (
            "fc-tanh",
            "cifar10-1k-4c",
            "logistic",
            "--loss logistic does not go with --data cifar10-1k-4c: logistic is for two classes, cifar10-1k-4c has 4; "
            "give --loss mse or ce",
        ),
        (
            "own.py:model",
            "chebyshev-300",
            "logistic",
            "--loss logistic does not go with --data chebyshev-300: logistic needs class numbers or signs ±1, "
            "chebyshev-300 has numbers to regress on; give --loss mse",
        ),
    ],
)
def test_two_names_that_do_not_go_together_are_named(arch: str, data: str, loss: str, line: str) -> None:
    with pytest.raises(ProblemError) as caught:
        check_fit(arch, data, loss)
    assert str(caught.value) == line


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_an_architecture_goes_with_what_it_is_meant_for(name: str) -> None:
    check_fit(name, ARCHITECTURES[name].data, ARCHITECTURES[name].loss)


def test_a_size_is_refused_where_there_is_none_to_choose() -> None:
    check_sizes("fc-tanh", ["width", "depth"])
    with pytest.raises(ProblemError, match="--width does not go with --arch resnet32.*these have one: fc-tanh"):
        check_sizes("resnet32", ["width"])
    with pytest.raises(ProblemError, match="--depth does not go with --arch own.py:model.*is in its code"):
        check_sizes("own.py:model", ["depth"])


def test_what_is_named_by_path_or_unknown_is_left_to_others() -> None:
    check_fit("own.py:model", "own.py:data", "model")
    check_fit("own.py:model", "wikitext-2", "own.py:loss")
    check_fit("resnet32", "own.py:data", "ce")
    check_fit("no-such-network", "no-such-data", "no-such-loss")


def test_it_is_known_without_importing_torch() -> None:
    code = "import sys; import eostui.problems.fit; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
