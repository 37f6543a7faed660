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
    return f"step {step} " in text and "╯" in text


@pytest.mark.parametrize("size", SIZES)
async def test_the_charts_of_an_adaptive_optimizer_fill_the_screen(feed_of: FeedOf, size: tuple[int, int]) -> None:
    async with Dashboard(feed_of(adaptive())).run_test(size=size) as pilot:
        await until(pilot, lambda: _settled(pilot, 399))
        shown = [str(chart.id) for chart in charts_of(pilot)]
        assert shown == (["preconditioned", "loss"] if size == (80, 24) else list(ORDER))
        hero, *others = charts_of(pilot)
        assert hero.region.y == 2 + 3 * (size[1] >= 50)
        assert all(hero.region.area > chart.region.area for chart in others)
        assert all(chart.size.width >= 38 and chart.size.height >= 7 for chart in charts_of(pilot))
        text = text_of(pilot)
        for word in ("Preconditioned sharpness", "λ₁ 3.80k", "38/η 3.80k", "edge 38/η = 3.80k", "AT THE EDGE"):
            assert word in text, word


ORDER = ("preconditioned", "sharpness", "loss", "gauss-newton")


async def test_the_threshold_is_drawn_with_what_it_is_for_and_nowhere_else(feed_of: FeedOf) -> None:
    async with Dashboard(feed_of(adaptive())).run_test(size=(200, 60)) as pilot:
        await until(pilot, lambda: _settled(pilot, 399))
        preconditioned, sharpness, _, gauss_newton = charts_of(pilot)
        assert "38/η 3.80k" in lines(preconditioned)[0]
        assert "38/η" not in lines(sharpness)[0] + lines(gauss_newton)[0]


async def test_two_charts_share_the_screen_and_one_has_it_for_itself(feed_of: FeedOf) -> None:
    def without(*names: str) -> dict[Table, Any]:
        return {table: columns for table, columns in run.rows.items() if table.name not in names}

    run, size = descent(), (120, 40)
    for gone, count in ((("gauss_newton",), 2), (("gauss_newton", "hessian"), 1)):
        feed = feed_of(dataclasses.replace(run, rows=without(*gone)))
        async with Dashboard(feed).run_test(size=size) as pilot:
            await until(pilot, lambda: _settled(pilot, 399))
            assert len(charts_of(pilot)) == count
            assert sum(chart.size.height for chart in charts_of(pilot)) == size[1] - 2 - 5 - 1
            first = charts_of(pilot)[0]
            await pilot.press("z")
            await until(pilot, partial(_fills, first, size[0]))
            assert "S/threshold" in text_of(pilot) or count == 1, "a chart that is enlarged keeps the status line"


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((60, 16), ["preconditioned"]),
        ((80, 24), ["preconditioned", "loss"]),
        ((200, 20), ["preconditioned", "sharpness", "loss", "jacobian-gram"]),
        ((120, 40), ["preconditioned", "sharpness", "loss", "gauss-newton", "jacobian-gram"]),
        ((80, 60), ["preconditioned", "sharpness", "loss", "jacobian-gram"]),
        ((200, 60), ["preconditioned", "sharpness", "loss", "gauss-newton", "jacobian-gram"]),
    ],
)
async def test_five_charts_are_shown_as_far_as_they_can_be_read(
    feed_of: FeedOf, size: tuple[int, int], shown: list[str]
) -> None:
    run = adaptive()
    gauss_newton = next(columns for table, columns in run.rows.items() if table.name == "gauss_newton")
    five = dataclasses.replace(run, rows={**run.rows, eigenvalue_table("jacobian_gram", "…", 3): gauss_newton})
    async with Dashboard(feed_of(five)).run_test(size=size) as pilot:
        await until(pilot, lambda: _settled(pilot, 399) or size[0] == 60)
        assert [chart.id for chart in charts_of(pilot)] == shown
        assert all(chart.size.height >= 7 for chart in charts_of(pilot))


async def test_steps_stand_in_the_same_place_in_all_charts(feed_of: FeedOf) -> None:
    async with Dashboard(feed_of(adaptive(), start=101)).run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: _settled(pilot, 101))
        places = {lines(chart)[-1].index("100") for chart in charts_of(pilot)}
        assert len(places) <= 2, "those of the first chart, and those of the ones below it"


@pytest.mark.parametrize(("width", "count"), [(90, 8), (70, 6)])
async def test_as_many_readings_are_shown_as_have_room_for_their_numbers(
    feed_of: FeedOf, width: int, count: int
) -> None:
    timing = Table("timing", "", (STEP, Column("steps_per_second", ""), Column("measuring_share", "")))
    measured = {"step": np.array([10]), "steps_per_second": np.array([3.0]), "measuring_share": np.array([0.5])}
    run = adaptive()
    feed = feed_of(dataclasses.replace(run, rows=run.rows | {timing: measured}))
    async with Dashboard(feed).run_test(size=(width, 60)) as pilot:
        await until(pilot, lambda: len(tiles_of(pilot)) == count)
        assert all(tile.size.width >= 10 for tile in tiles_of(pilot))
        assert tiles_of(pilot)[-1].region.right <= width
        await pilot.resize_terminal(200, 60)
        await until(pilot, lambda: len(tiles_of(pilot)) == 8)
        await pilot.resize_terminal(200, 40)
        await until(pilot, lambda: tiles_of(pilot) == [])


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
        for word in ("MINIBATCHES", "full-batch 2/η = 10.0", "full batch", "minibatch"):
            assert word in text, word
        await pilot.press("question_mark")
        await until(pilot, lambda: "reference line only" in text_of(pilot))
        assert "at the edge" not in text_of(pilot)


async def test_the_help_of_an_adaptive_optimizer_defines_what_is_on_the_screen(feed_of: FeedOf) -> None:
    async with Dashboard(feed_of(adaptive())).run_test(size=(140, 200)) as pilot:
        await pilot.press("question_mark")
        await until(pilot, lambda: "S preconditioned sharpness, T threshold" in text_of(pilot))
        text = text_of(pilot)
        for word in ("Preconditioned sharpness", "precond S", "P⁻¹H", "Gauss–Newton", "stability threshold 38/η"):
            assert word in text, word
        assert "minibatch" not in text


async def test_without_a_threshold_none_is_named(feed_of: FeedOf) -> None:
    async with Dashboard(feed_of(descent(formula="n/a", threshold=math.nan))).run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: _settled(pilot, 399))
        assert "NO THRESHOLD" in text_of(pilot)
        assert "S/threshold" not in text_of(pilot)
        assert "n/a" not in text_of(pilot)
        assert "nan" not in text_of(pilot)


@pytest.mark.parametrize("step", [0, 40, 150, 399])
async def test_no_threshold_of_a_schedule_presses_the_sharpness_flat(feed_of: FeedOf, step: int) -> None:
    feed = feed_of(scheduled(), start=step)
    async with Dashboard(feed).run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: _settled(pilot, step))
        chart = pilot.app.screen.query_one("#sharpness", Chart)
        axis = [float(row.partition("┤")[0].strip("│ ")) for row in lines(chart) if "┤" in row[:9]]
        sharpness = feed.series["hessian"]["eigenvalues"]
        assert max(axis) <= 1.1 * max(5 * sharpness.max(), sharpness.max())
        assert "×" not in "".join(lines(chart))
        above = feed.series["train"].last("threshold") > 5 * sharpness.max()
        assert ("↑" in lines(chart)[0]) == above


async def test_a_chosen_glyph_set_holds_for_what_comes_later(feed_of: FeedOf) -> None:
    feed = feed_of(adaptive())
    tables, feed.series = feed.series, {}
    async with Dashboard(feed).run_test(size=(200, 60)) as pilot:
        await until(pilot, lambda: "there is nothing to draw" in text_of(pilot))
        assert not charts_of(pilot)
        assert not tiles_of(pilot)
        await pilot.press("b", "b")
        feed.series = tables
        await until(pilot, lambda: "precond S" in text_of(pilot) and len(charts_of(pilot)) == 4)
        assert {chart.glyphs for chart in charts_of(pilot)} == {tile.glyphs for tile in tiles_of(pilot)} == {"ascii"}
