"""What is known of an optimizer's class, for all of the catalogue and for no other class."""

from __future__ import annotations

import pytest
import torch

from eostui.dynamics.facts import facts_of
from eostui.dynamics.optimizers import OPTIMIZERS, OptimizerEntry, make_optimizer


@pytest.mark.parametrize("decoupled", [False, True])
@pytest.mark.parametrize("entry", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_the_class_of_every_optimizer_in_the_catalogue_is_known(entry: OptimizerEntry, decoupled: bool) -> None:
    optimizer = make_optimizer(entry.name, torch.zeros(1), lr=0.1, hyperparameters={"decoupled": decoupled})
    facts = facts_of(optimizer)
    assert facts is not None
    assert (facts.preconditioner is not None) == entry.preconditioned


def test_nothing_is_known_of_a_class_that_is_derived_from_a_known_one() -> None:
    class OwnAdam(torch.optim.Adam):
        pass

    assert facts_of(OwnAdam([torch.zeros(1)])) is None
