"""The step size in force is that of the newest row, or of a change since then."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from eostui.config import parse_step_size
from eostui.reading.happenings import happenings_of
from eostui.reading.step_size import StepSize, step_size_text, times, told_by
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
        ("1/3", "1/3"),
        ("2/8", "2/8"),
        (" 2 / 8 ", "2/8"),
        ("2/7.5", "2/7.5"),
        ("2/12000", "2/12000"),
        ("2e-2", "2e-2"),
        ("2/100", "2/100"),
        ("1e-05", "1e-05"),
        ("10", "10"),
        ("0.123456789", "0.123456789"),
        ("0.12345678901234567", "0.123457"),
        ("\uff12/\uff18", "0.25"),
    ],
)
def test_it_is_written_as_it_was_typed_where_that_is_short_and_plain(typed: str, text: str) -> None:
    assert step_size_text(parse_step_size(typed)) == text


@pytest.mark.parametrize(
    ("lr", "text"), [(1 / 3, "2/6"), (0.25, "0.25"), (2 / 12, "2/12"), (0.02, "0.02"), (0.123456789, "0.123457")]
)
def test_one_that_nobody_typed_is_written_as_it_might_have_been(lr: float, text: str) -> None:
    assert step_size_text(lr) == text


def test_every_step_size_of_a_run_is_told_as_it_was_typed(feed_of: FeedOf) -> None:
    config = {"lr": 0.25, "lr_typed": "2/8", "lr_schedule": "constant"}
    changes: list[tuple[int, str, dict[str, Any]]] = [
        (100, "lr", {"lr": 0.5, "previous": 0.25, "threshold": 4.0, "typed": "4/8"}),
        (200, "lr", {"lr": 0.1, "previous": 0.5, "threshold": 20.0, "typed": "2/8"}),  # which is no 0.1
        (300, "lr", {"lr": 0.05, "previous": 0.1, "threshold": 40.0}),  # of a version that kept no texts
        (400, "lr", {"lr": 0.25, "previous": 0.05, "threshold": 8.0, "typed": "1/4"}),  # another text for the first
    ]
    run = dataclasses.replace(descent(400), config=config, events=tuple(changes))
    said = [happening.text for happening in happenings_of(feed_of(run)) if happening.kind == "lr"]
    assert said[1:] == ["η 4/8 → 0.1", "η 0.1 → 0.05", "η 0.05 → 1/4"]
    with_one = dataclasses.replace(run, events=tuple(changes[:1]))
    assert [happening.text for happening in happenings_of(feed_of(with_one))][:1] == ["η 2/8 → 4/8"]


@pytest.mark.parametrize("typed", ["3/8", "2/0", "\x1b[2J", "2" * 5000, 7, None, ["2/8"]])
def test_a_text_in_a_file_that_is_not_the_step_size_is_not_told(feed_of: FeedOf, typed: object) -> None:
    config = {"lr": 0.2, "lr_typed": typed}
    assert step_size_text(StepSize.of(feed_of(dataclasses.replace(descent(), config=config))).lr) == "0.2"


def test_the_step_sizes_of_a_schedule_are_told_as_they_stand_in_it(feed_of: FeedOf) -> None:
    config = {"lr": 2 / 5, "lr_schedule": "0:4/10,300:2/100,x:y"}
    feed = feed_of(dataclasses.replace(descent(), config=config))
    assert [step_size_text(told_by(feed, lr)) for lr in (0.4, 0.02, 0.03)] == ["4/10", "2/100", "0.03"]


@pytest.mark.parametrize(("typed", "factor", "text"), [("2/8", 2, "2/4"), ("2/9", 0.5, "2/18"), ("0.3", 2, "0.6")])
def test_a_multiple_is_written_like_what_it_is_of(typed: str, factor: float, text: str) -> None:
    assert step_size_text(times(parse_step_size(typed), factor)) == text


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
