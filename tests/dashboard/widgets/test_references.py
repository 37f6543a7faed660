"""The threshold is seen in every column, whatever is drawn there."""

from __future__ import annotations

import numpy as np
import pytest
from rich.style import Style

from eostui.dashboard.widgets import Chart, Mark, Trace
from eostui.dashboard.widgets.canvas import GLYPHS, GlyphName
from eostui.reading.trace import PREVIEW
from tests.dashboard.widgets.screen_text import Stage, colour_of, lines, plot_rows, segments


def at_the_edge(steps: int = 1020) -> list[Trace]:
    """λ1 … λ4, certified values and the threshold of a run at the edge, its step size changed twice."""
    random = np.random.default_rng(0)
    x = np.arange(steps)
    threshold = np.where(x < 743, 12.0, np.where(x < 961, 20.0, 6.0))
    top = np.minimum(1 + 0.025 * x, threshold * (1 + 0.02 * random.normal(size=steps)))
    lesser = [Trace(f"λ{k}", x[::20], top[::20] * (1.02 - 0.02 * k), f"mode-{k}", sparse=True) for k in (4, 3, 2)]
    line = Trace("2/η", x, threshold, "threshold", stepped=True, reference=True)
    certified = Trace("cert", x[::20], top[::20], "certified", points=True)
    return [*lesser, line, Trace("λ1", x, top, "mode-1"), certified]


MARKS = [Mark(743, "η 2/12→2/20", "η", weight=1), Mark(743, "pause", "p"), Mark(961, "η 2/20→2/6", "η", weight=1)]


def grounds(chart: Chart) -> list[list[Style | None]]:
    """The style of each cell."""
    return [[segment.style for segment in row for _ in segment.text] for row in segments(chart)]


def seen(chart: Chart) -> list[bool]:
    """In which columns of cells the reference is seen, as a level line or as a tint."""
    area = chart.area
    assert area is not None
    lines_drawn = set(GLYPHS[chart.glyphs].reference)
    tint = chart.get_visual_style("chart--tint").rich_style.bgcolor
    styles = grounds(chart)
    text = lines(chart)

    def is_reference(x: int, y: int) -> bool:
        style = styles[y][x]
        return text[y][x] in lines_drawn or (style is not None and style.bgcolor == tint)

    return [any(is_reference(x, y) for y in range(area.top, area.bottom)) for x in range(area.left, area.right)]


def columns_until(chart: Chart, step: float) -> int:
    area = chart.area
    assert area is not None
    last = area.column(step)
    assert last is not None
    return last - area.left + 1


@pytest.mark.parametrize("size", [(80, 12), (120, 24), (200, 30), (40, 9), (28, 7)])
@pytest.mark.parametrize("glyphs", ["braille", "block"])
@pytest.mark.parametrize("log", [False, True])
async def test_the_threshold_is_seen_in_every_column(size: tuple[int, int], glyphs: GlyphName, log: bool) -> None:
    chart = Chart("sharpness", glyphs=glyphs, log_axis=log)
    async with Stage(chart).run_test(size=size):
        for steps in (300, 700, 1020):
            chart.show(at_the_edge(steps), MARKS)
            chart.cursor_step = 500
            assert all(seen(chart)[: columns_until(chart, steps - 1)])


@pytest.mark.parametrize("theme", ["ansi-dark", "textual-dark"])
@pytest.mark.parametrize("size", [(80, 12), (120, 24), (40, 9)])
async def test_where_no_tint_can_be_seen_the_line_is_in_every_second_column(theme: str, size: tuple[int, int]) -> None:
    chart = Chart("sharpness", glyphs="ascii" if theme == "textual-dark" else "braille")
    app = Stage(chart)
    async with app.run_test(size=size) as pilot:
        app.theme = theme
        await pilot.pause()
        chart.show(at_the_edge(), MARKS)
        there = seen(chart)[: columns_until(chart, 1019)]
        assert all(there[::2])
        assert any(sign in set(GLYPHS[chart.glyphs].reference) for row in plot_rows(chart) for sign in row)


async def test_without_colours_the_line_covers_the_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    chart = Chart("sharpness")
    async with Stage(chart).run_test(size=(80, 12)):
        chart.show(at_the_edge(), MARKS)
        signs = set(GLYPHS["braille"].reference)
        covered = [any(row[column] in signs for row in plot_rows(chart)) for column in range(48)]
        assert all(covered[::2])


async def test_under_a_tint_a_curve_keeps_its_dots_and_its_colour() -> None:
    chart = Chart("sharpness")
    level = Trace("2/η", np.arange(100), np.full(100, 2.0), "threshold", stepped=True, reference=True)
    curve = Trace("λ1", np.arange(100), np.full(100, 2.0), "mode-1")
    async with Stage(chart).run_test(size=(60, 12)):
        chart.show([curve], x_range=(0, 99))
        alone = plot_rows(chart)
        chart.show([level, curve], x_range=(0, 99))
        assert plot_rows(chart) == alone
        dots = next(row for row in alone if row.strip())[0]
        assert colour_of(chart, dots) == colour_of(chart, "λ1 ")
        assert all(seen(chart))


async def test_a_level_line_is_where_its_value_is_and_a_jump_is_thin() -> None:
    chart = Chart("sharpness")
    x = np.arange(400)
    line = Trace("2/η", x, np.repeat([10.0, 20.0], 200), "threshold", stepped=True, reference=True)
    async with Stage(chart).run_test(size=(80, 20)):
        chart.show([line, Trace("λ1", x, np.linspace(0, 5, 400), "mode-1")], x_range=(0, 399))
        rows = plot_rows(chart)
        levels = [index for index, row in enumerate(rows) if any(sign in row for sign in "▔━▁")]
        assert len(levels) == 2
        jump = rows[levels[0]].index(next(sign for sign in rows[levels[0]] if sign in "▔━▁"))
        assert all(rows[y][jump] == "┆" for y in range(levels[0] + 1, levels[1] + 1))
        assert colour_of(chart, "┆") == chart.get_visual_style("chart--mark").rich_style.color
        assert colour_of(chart, "┆") != colour_of(chart, "2/η")


async def test_a_threshold_that_is_only_proposed_is_dotted_and_hides_nothing() -> None:
    chart = Chart("sharpness")
    x = np.arange(100)
    curve = Trace("λ1", x, np.linspace(0, 4, 100), "mode-1")
    proposed = Trace("2/η", np.array([0, 99]), np.array([2.0, 2.0]), PREVIEW, stepped=True, reference=True)
    async with Stage(chart).run_test(size=(60, 12)):
        chart.show([curve], x_range=(0, 99))
        alone = plot_rows(chart)
        chart.show([curve, proposed], x_range=(0, 99))
        both = plot_rows(chart)
        pairs = zip("".join(alone), "".join(both), strict=True)
        changed = [(old, new) for old, new in pairs if old != new]
        assert set(changed) == {(" ", "·")}
        assert len(changed) > len(alone[0]) / 3
