"""The dashboard on adaptive optimizers, regression, minibatches and schedules: what there is, and nothing else."""

from __future__ import annotations

import dataclasses
import math
from functools import partial
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot

from eostui.dashboard.app import Dashboard
from eostui.dashboard.widgets.chart import Chart
from eostui.dashboard.widgets.timeline import Timeline
from eostui.store import STEP, Column, Table, eigenvalue_table
from tests.dashboard.looking import charts_of, text_of, tiles_of, until
from tests.dashboard.widgets.screen_text import lines
from tests.reading.runs import adaptive, descent, minibatches, scheduled
from tests.reading.saved import FeedOf

SIZES = [(80, 24), (120, 40), (200, 60)]


def _fills(chart: Timeline, width: int) -> bool:
    return chart.size.width >= width - 2


def _settled(pilot: Pilot[Any], step: int) -> bool:
    """Whether the screen is laid out and drawn."""
    text = text_of(pilot)
    return f"step {step} " in text and "? help" in text


@pytest.mark.parametrize("size", SIZES)
async def test_the_four_charts_of_an_adaptive_optimizer_fill_the_screen(feed_of: FeedOf, size: tuple[int, int]) -> None:
    async with Dashboard(feed_of(adaptive())).run_test(size=size) as pilot:
        await until(pilot, lambda: _settled(pilot, 399))
        preconditioned, sharpness, loss, gauss_newton = charts_of(pilot)
        assert [preconditioned.id, sharpness.id] == ["preconditioned", "sharpness"]
        assert sharpness.region.y == preconditioned.region.y
        for chart in (preconditioned, sharpness, loss, gauss_newton):
            assert chart.size.width >= 40
            assert chart.size.height >= 9
        assert sum(chart.region.area for chart in charts_of(pilot)) == size[0] * (size[1] - 6)
        text = text_of(pilot)
        for word in ("Preconditioned sharpness  ━λ1 3.80k", "Sharpness  ━λ1 30.0", "38/η 3800", "at the edge"):
            assert word in text, word


async def test_the_threshold_is_drawn_with_what_it_is_for_and_nowhere_else(feed_of: FeedOf) -> None:
    async with Dashboard(feed_of(adaptive())).run_test(size=(200, 60)) as pilot:
        await until(pilot, lambda: _settled(pilot, 399))
        preconditioned, sharpness, _, gauss_newton = charts_of(pilot)
        assert "╍38/η 3.80k" in lines(preconditioned)[0]
        assert "╍" not in lines(sharpness)[0] + lines(gauss_newton)[0]


async def test_two_charts_share_the_screen_and_one_has_it_for_itself(feed_of: FeedOf) -> None:
    def without(*names: str) -> dict[Table, Any]:
        return {table: columns for table, columns in run.rows.items() if table.name not in names}

    run, size = descent(), (120, 40)
    for gone, count in ((("gauss_newton",), 2), (("gauss_newton", "hessian"), 1)):
        feed = feed_of(dataclasses.replace(run, rows=without(*gone)))
        async with Dashboard(feed).run_test(size=size) as pilot:
            await until(pilot, lambda: _settled(pilot, 399))
            assert len(charts_of(pilot)) == count
            assert all(chart.size.height == size[1] - 6 for chart in charts_of(pilot))
            first = charts_of(pilot)[0]
            await pilot.press("z")
            await until(pilot, partial(_fills, first, size[0]))


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((80, 18), ["preconditioned", "sharpness", "loss"]),
        ((80, 24), ["preconditioned", "sharpness", "loss", "jacobian-gram"]),
        ((120, 40), ["preconditioned", "sharpness", "loss", "gauss-newton", "jacobian-gram"]),
    ],
)
async def test_five_charts_are_shown_as_far_as_they_can_be_read(
    feed_of: FeedOf, size: tuple[int, int], shown: list[str]
) -> None:
    run = adaptive()
    gauss_newton = next(columns for table, columns in run.rows.items() if table.name == "gauss_newton")
    five = dataclasses.replace(run, rows={**run.rows, eigenvalue_table("jacobian_gram", "…", 3): gauss_newton})
    async with Dashboard(feed_of(five)).run_test(size=size) as pilot:
        await until(pilot, lambda: _settled(pilot, 399))
        assert [chart.id for chart in charts_of(pilot)] == shown
        assert all(chart.size.height >= 6 for chart in charts_of(pilot))
        assert sum(chart.region.area for chart in charts_of(pilot)) == size[0] * (size[1] - (6 if size[1] > 20 else 5))


async def test_steps_stand_in_the_same_place_in_all_charts(feed_of: FeedOf) -> None:
    async with Dashboard(feed_of(adaptive(), start=101)).run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: _settled(pilot, 101))
        places = {lines(chart)[-1].index("100") for chart in charts_of(pilot)}
        assert len(places) == 1
        assert places.pop() < 50, "the last measurement is at step 100, the last step is 101"


async def test_on_a_low_screen_gauss_newton_gives_way(feed_of: FeedOf) -> None:
    async with Dashboard(feed_of(adaptive())).run_test(size=(80, 18)) as pilot:
        await until(pilot, lambda: _settled(pilot, 399))
        assert [chart.id for chart in charts_of(pilot)] == ["preconditioned", "sharpness", "loss"]
        assert charts_of(pilot)[0].size.height == 13
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: len(charts_of(pilot)) == 4)


@pytest.mark.parametrize(("size", "count"), [((60, 16), 5), ((80, 24), 7), ((120, 40), 8)])
async def test_as_many_readings_are_shown_as_have_room_for_their_numbers(
    feed_of: FeedOf, size: tuple[int, int], count: int
) -> None:
    timing = Table("timing", "", (STEP, Column("steps_per_second", ""), Column("measuring_share", "")))
    measured = {"step": np.array([10]), "steps_per_second": np.array([3.0]), "measuring_share": np.array([0.5])}
    run = adaptive()
    feed = feed_of(dataclasses.replace(run, rows=run.rows | {timing: measured}))
    async with Dashboard(feed).run_test(size=size) as pilot:
        await until(pilot, lambda: _settled(pilot, 399))
        assert len(tiles_of(pilot)) == count
        assert all(tile.size.width >= 10 for tile in tiles_of(pilot))
        assert tiles_of(pilot)[-1].region.right <= size[0]
        await pilot.resize_terminal(200, 60)
        await until(pilot, lambda: len(tiles_of(pilot)) == 8)


async def test_without_classes_there_is_no_word_of_accuracy(feed_of: FeedOf) -> None:
    async with Dashboard(feed_of(descent(accuracy=False))).run_test(size=(120, 100)) as pilot:
        await until(pilot, lambda: _settled(pilot, 399))
        assert "accuracy" not in text_of(pilot)
        await pilot.press("question_mark")
        await until(pilot, lambda: "mean over all training examples" in text_of(pilot))
        assert "accuracy" not in text_of(pilot)


async def test_minibatches_are_claimed_to_be_in_no_regime(feed_of: FeedOf) -> None:
    async with Dashboard(feed_of(minibatches())).run_test(size=(140, 100)) as pilot:
        await until(pilot, lambda: _settled(pilot, 399))
        text = text_of(pilot)
        for word in ("· minibatches ·", "full-batch 2/η 10", "━full batch", "━minibatch"):
            assert word in text, word
        await pilot.press("question_mark")
        await until(pilot, lambda: "reference line only" in text_of(pilot))
        assert "at the edge" not in text_of(pilot)


async def test_the_help_of_an_adaptive_optimizer_defines_what_is_on_the_screen(feed_of: FeedOf) -> None:
    async with Dashboard(feed_of(adaptive())).run_test(size=(140, 100)) as pilot:
        await pilot.press("question_mark")
        await until(pilot, lambda: "S preconditioned sharpness, T threshold" in text_of(pilot))
        text = text_of(pilot)
        for word in ("Preconditioned sharpness", "precond S", "P⁻¹H", "Gauss–Newton", "stability threshold 38/η"):
            assert word in text, word
        assert "minibatch" not in text


async def test_without_a_threshold_none_is_named(feed_of: FeedOf) -> None:
    async with Dashboard(feed_of(descent(formula="n/a", threshold=math.nan))).run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: _settled(pilot, 399))
        assert "no threshold" in text_of(pilot)
        assert "n/a" not in text_of(pilot)
        assert "nan" not in text_of(pilot)


@pytest.mark.parametrize("step", [0, 40, 150, 399])
async def test_no_threshold_of_a_schedule_presses_the_sharpness_flat(feed_of: FeedOf, step: int) -> None:
    feed = feed_of(scheduled(), start=step)
    async with Dashboard(feed).run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: _settled(pilot, step))
        chart = pilot.app.screen.query_one("#sharpness", Chart)
        axis = [float(row.partition("┤")[0]) for row in lines(chart) if "┤" in row[:8]]
        sharpness = feed.series["hessian"]["eigenvalues"]
        assert max(axis) <= 1.1 * max(5 * sharpness.max(), sharpness.max())
        assert "×" not in "".join(lines(chart))
        above = feed.series["train"].last("threshold") > 5 * sharpness.max()
        assert ("↑" in lines(chart)[0]) == above


async def test_a_chosen_glyph_set_holds_for_readings_that_come_later(feed_of: FeedOf) -> None:
    feed = feed_of(adaptive())
    tables, feed.series = feed.series, {}
    async with Dashboard(feed).run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "no data yet" in text_of(pilot))
        assert [chart.id for chart in charts_of(pilot)] == ["sharpness", "loss"]
        assert tiles_of(pilot) == []
        await pilot.press("b", "b")
        feed.series = tables
        await until(pilot, lambda: "precond S" in text_of(pilot))
        assert len(charts_of(pilot)) == 4
        assert {chart.glyphs for chart in charts_of(pilot)} == {tile.glyphs for tile in tiles_of(pilot)} == {"ascii"}
