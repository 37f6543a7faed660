"""The step size in force is that of the newest row, or of a change since then."""

from __future__ import annotations

import dataclasses
import math

import pytest

from eostui.config import parse_step_size
from eostui.reading.step_size import StepSize, step_size_text
from tests.reading.runs import adaptive, descent, minibatches, scheduled
from tests.reading.saved import FeedOf


def test_it_is_that_of_the_newest_row(feed_of: FeedOf) -> None:
    assert StepSize.of(feed_of(adaptive())) == StepSize(0.01, 3800.0, "38/η")
    assert StepSize.of(feed_of(minibatches())).formula == "full-batch 2/η"


def test_a_change_that_no_row_shows_yet_counts_already(feed_of: FeedOf) -> None:
    change = (400, "lr", {"lr": 0.1, "previous": 0.2, "threshold": 20.0})
    assert StepSize.of(feed_of(dataclasses.replace(descent(400), events=(change,)))) == StepSize(0.1, 20.0, "2/η")


def test_a_change_long_ago_is_in_the_rows(feed_of: FeedOf) -> None:
    change = (30, "lr", {"lr": 0.1, "previous": 0.2, "threshold": 20.0})
    assert StepSize.of(feed_of(dataclasses.replace(descent(400), events=(change,)))).lr == 0.2


@pytest.mark.parametrize("detail", [{}, {"lr": 0.1, "threshold": None}, {"lr": "0.1", "threshold": [3]}])
def test_what_an_event_does_not_say_is_not_known(feed_of: FeedOf, detail: dict[str, object]) -> None:
    present = StepSize.of(feed_of(dataclasses.replace(descent(400), events=((400, "lr", detail),))))
    assert math.isnan(present.threshold)
    assert present.lr == 0.1 or math.isnan(present.lr)


def test_an_optimizer_without_a_threshold_has_no_formula(feed_of: FeedOf) -> None:
    assert StepSize.of(feed_of(descent(formula="n/a", threshold=math.nan))).formula is None


def test_a_schedule_holds_until_a_step_size_is_given(feed_of: FeedOf) -> None:
    run = scheduled()
    assert StepSize.of(feed_of(run, start=50)).scheduled
    change = (100, "lr", {"lr": 0.1, "previous": 0.2, "threshold": 20.0, "overrides": "cosine:400"})
    given = dataclasses.replace(run, events=(change,))
    assert not StepSize.of(feed_of(given, start=150)).scheduled


@pytest.mark.parametrize("schedule", [{}, {"lr_schedule": None}, {"lr_schedule": "constant"}])
def test_a_constant_step_size_is_no_schedule(feed_of: FeedOf, schedule: dict[str, object]) -> None:
    assert not StepSize.of(feed_of(dataclasses.replace(descent(), config=schedule))).scheduled


def test_the_threshold_goes_as_one_over_the_step_size() -> None:
    assert StepSize(0.01, 3800.0, "38/η").threshold_at(0.02) == 1900.0
    assert math.isnan(StepSize(0.0, math.inf, "2/η").threshold_at(0.1))


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("0.02", "0.02"),
        ("2/12", "2/12"),
        ("2/7", "2/7"),
        ("1/3", "2/6"),
        ("2/7.5", "2/7.5"),
        ("2/12000", "2/12000"),
        ("2e-2", "0.02"),
        ("2/100", "0.02"),
        ("1e-05", "1e-05"),
        ("10", "10"),
        ("0.123456789", "0.123457"),
    ],
)
def test_it_is_written_as_it_was_typed(typed: str, text: str) -> None:
    assert step_size_text(parse_step_size(typed)) == text


def test_what_is_written_is_read_back() -> None:
    for below in (3, 7, 12, 60, 99.5, 123, 4998):
        for factor in (1.0, 2.0, 0.5):
            lr = 2 / below * factor
            assert parse_step_size(step_size_text(lr)) == lr
    for lr in (math.pi, 1 / math.e, 1e-9 / 7, 1e7 / 3):
        assert parse_step_size(step_size_text(lr)) == pytest.approx(lr, rel=5e-6)


def test_none_and_nothing_can_be_written() -> None:
    assert (step_size_text(0.0), step_size_text(math.nan), step_size_text(math.inf)) == ("0", "–", "inf")


@pytest.mark.parametrize("factor", [1.0, 2.0, 0.5])
def test_the_threshold_for_what_is_offered_has_no_noise(factor: float) -> None:
    present = StepSize(2 / 12, 12.0, "2/η")
    offered = parse_step_size(step_size_text(present.lr * factor))
    assert f"{present.threshold_at(offered):g}" == f"{12 / factor:g}"
