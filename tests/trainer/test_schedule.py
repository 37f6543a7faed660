"""Step-size schedules, against torch's own schedulers where it has them."""

from __future__ import annotations

import pytest
import torch
from torch.optim import SGD
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, LRScheduler, StepLR

from eostui.config import ConfigError
from eostui.trainer.schedule import listed_step_sizes, parse_schedule


def of_torch(kind: type[LRScheduler], **settings: float) -> list[float]:
    """η_0 … η_29 of one of torch's schedulers on η = 0.3."""
    optimizer = SGD([torch.zeros(1)], lr=0.3)
    scheduler = kind(optimizer, **settings)  # type: ignore[arg-type]
    sizes = []
    for _ in range(30):
        sizes.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return sizes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("step:7:0.5", of_torch(StepLR, step_size=7, gamma=0.5)),
        ("cosine:30", of_torch(CosineAnnealingLR, T_max=30)),
        ("warmup:10", of_torch(LinearLR, start_factor=0.1, end_factor=1.0, total_iters=9)),
        ("constant", [0.3] * 30),
    ],
)
def test_a_schedule_is_that_of_torch(text: str, expected: list[float]) -> None:
    schedule = parse_schedule(text, 0.3)
    assert [schedule(step) for step in range(30)] == pytest.approx(expected)


def test_a_cosine_stays_at_zero_after_its_end() -> None:
    schedule = parse_schedule("cosine:10", 0.3)
    assert schedule(10) == schedule(25) == pytest.approx(0.0)


def test_a_list_holds_every_step_size_until_the_next() -> None:
    schedule = parse_schedule("0:2/50,300:2/100,301:0.5", 9.0)
    assert [schedule(step) for step in (0, 299, 300, 301, 10**9)] == [0.04, 0.04, 0.02, 0.5, 0.5]
    assert listed_step_sizes("0:2/50,300:2/100") == [0.04, 0.02]
    assert listed_step_sizes("cosine:10") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0:2/50,300:2/100,200:0.1", "goes backwards, from step 300 to step 200"),
        ("0:0.1,0:0.2", "goes backwards, from step 0 to step 0"),
        ("5:0.1", "says nothing before step 5"),
        ("0:0.1,x:0.2", "'x' is not a step"),
        ("0:0.1,10:-1", "'-1' is not a step size"),
        ("0:0.1,", "is not a step"),
        ("0", "cosine:STEPS"),
        ("linear:10", "'linear:10' is not a schedule; write constant, warmup:STEPS"),
        ("warmup:0", "'0' is not a number of steps"),
        ("warmup", "warmup:STEPS"),
        ("step:10:fast", "'fast' is not a factor"),
        ("cosine:1.5", "'1.5' is not a number of steps"),
        ("", "constant"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_quoted(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_schedule(text, 0.3)
    assert "--lr-schedule" in str(error.value)
    assert words in str(error.value)
