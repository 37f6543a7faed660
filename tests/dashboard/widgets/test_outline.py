"""From samples to dots: the line goes through every sample and never through a gap."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from eostui.dashboard.widgets.canvas import GLYPHS, GlyphName
from eostui.dashboard.widgets.decimate import Columns, Decimator
from eostui.dashboard.widgets.outline import Dots, Outline, rasterise
from eostui.dashboard.widgets.scale import Scale

NAN = float("nan")


def picture(y: list[float], rows: int, scale: Scale, columns: Columns, stepped: bool = False) -> list[str]:
    """The dots of samples at steps 0, 1, …, one string a row."""
    x, values = np.arange(len(y)), np.array(y, dtype=np.float64)
    envelope = Decimator().update(x, values, columns, positive=scale.log)
    dots = rasterise(Outline.of(envelope, scale.log, stepped), scale, rows, stepped)
    return ["".join(".#"[int(dot)] for dot in row) for row in dots]


def middles(count: int) -> Columns:
    """A column a step, the step in its middle."""
    return Columns(-0.5, count - 0.5, count)


def test_consecutive_samples_are_joined() -> None:
    assert picture([0, 4, 0], 5, Scale(0, 4, False), middles(3)) == [
        ".#.",
        ".#.",
        "###",
        "#.#",
        "#.#",
    ]


def test_samples_far_apart_are_joined_by_a_straight_line() -> None:
    columns = Columns(-0.1, 1.1, 9)
    assert picture([0, 4], 5, Scale(0, 4, False), columns) == [
        ".......##",
        "......#..",
        "...###...",
        "..#......",
        "##.......",
    ]


def test_a_line_on_a_log_axis_is_straight_in_the_logarithm() -> None:
    assert picture([1, 1e4], 5, Scale(1, 1e4, True), Columns(-0.1, 1.1, 9)) == picture(
        [0, 4], 5, Scale(0, 4, False), Columns(-0.1, 1.1, 9)
    )


@pytest.mark.parametrize("gap", [NAN, np.inf, -np.inf])
def test_a_gap_is_not_bridged(gap: float) -> None:
    assert picture([2, 2, gap, 2, 2], 5, Scale(0, 4, False), middles(5)) == [
        ".....",
        ".....",
        "##.##",
        ".....",
        ".....",
    ]


def test_a_sample_between_two_gaps_is_a_dot() -> None:
    assert picture([NAN, 3, NAN], 4, Scale(0, 3, False), middles(3)) == [".#.", "...", "...", "..."]


def test_nothing_is_bridged_within_a_column_either() -> None:
    columns = Columns(-0.5, 2.5, 1)
    assert picture([0, NAN, 4], 5, Scale(0, 4, False), columns) == ["#", ".", ".", ".", "#"]
    assert picture([0, 2, 4], 5, Scale(0, 4, False), columns) == ["#"] * 5


def test_a_line_that_enters_and_leaves_the_window_is_drawn_up_to_its_edges() -> None:
    zoomed = Columns(0.4, 0.6, 4)  # between the samples at steps 0 and 1
    assert picture([2, 2], 5, Scale(0, 4, False), zoomed)[2] == "####"


def test_a_staircase_holds_each_value_until_the_next_sample_and_is_dashed_where_flat() -> None:
    assert picture([1, 1, 3, 3], 4, Scale(0, 3, False), Columns(0, 3.2, 8), stepped=True) == [
        ".....#..",
        ".....#..",
        "##..##..",
        "........",
    ]


def test_a_smooth_line_is_one_dot_thick_and_has_no_holes() -> None:
    y = np.cumsum(np.linspace(0, 0.09, 100))
    dots = np.array([list(row) for row in picture(y.tolist(), 30, Scale(0, 5, False), middles(100))]) == "#"
    assert np.all(dots.sum(axis=0) == 1)
    assert np.abs(np.diff(dots.argmax(axis=0))).max() == 1


def brute_force(y: npt.NDArray[np.float64], columns: Columns, scale: Scale, rows: int) -> Dots:
    """The dots that samples at steps 0, 1, … themselves must light."""
    dots = np.zeros((rows, columns.count), dtype=np.bool_)
    for step, value in enumerate(y):
        if np.isfinite(value) and (value > 0 or not scale.log) and columns.start <= step <= columns.stop:
            column = int(np.searchsorted(columns.edges, step, side="right")) - 1
            dots[scale.row(value, rows), min(column, columns.count - 1)] = True
    return dots


@pytest.mark.parametrize("seed", range(40))
def test_the_extremes_of_every_column_are_lit_and_nothing_beyond_them(seed: int) -> None:
    random = np.random.default_rng(seed)
    y = random.normal(size=int(random.integers(2, 400)))
    y[random.random(y.size) < 0.05] = NAN
    y[-1] = 1.0
    log = bool(seed % 2)
    columns = Columns(0, len(y) * random.uniform(0.3, 1.3), int(random.integers(1, 60)))
    scale = Scale(1e-9, 10, True) if log else Scale(-5, 5, False)
    envelope = Decimator().update(np.arange(len(y)), y, columns, positive=log)
    dots = rasterise(Outline.of(envelope, log, False), scale, 40, stepped=False)
    must = brute_force(y, columns, scale, 40)
    for column in np.flatnonzero(must.any(axis=0)):
        lit = np.flatnonzero(must[:, column])
        assert dots[lit[[0, -1]], column].all()
    drawn = y[np.isfinite(y) & ((y > 0) | (not log))]
    reach = np.flatnonzero(dots.any(axis=1))
    if reach.size:
        assert reach[0] >= scale.row(float(drawn.max()), 40)
        assert reach[-1] <= scale.row(float(drawn.min()), 40)


def test_braille_has_the_dots_where_unicode_puts_them() -> None:
    for row, column, character in [(0, 0, "⠁"), (2, 0, "⠄"), (0, 1, "⠈"), (3, 0, "⡀"), (3, 1, "⢀")]:
        dots = np.zeros((4, 2), dtype=np.bool_)
        dots[row, column] = True
        assert GLYPHS["braille"].cells(dots).tolist() == [[character]]


@pytest.mark.parametrize(
    ("name", "rows"),
    [("braille", ["⡇ ", "⠀⣿"]), ("block", ["▌ ", " █"]), ("ascii", [": ", " :"])],
)
def test_each_set_of_glyphs_draws_dots(name: GlyphName, rows: list[str]) -> None:
    glyphs = GLYPHS[name]
    dots = np.zeros((2 * glyphs.rows, 2 * glyphs.columns), dtype=np.bool_)
    dots[: glyphs.rows, 0] = True
    dots[glyphs.rows :, glyphs.columns :] = True
    assert ["".join(row) for row in glyphs.cells(dots)] == [row.replace("\u2800", " ") for row in rows]
    assert glyphs.touched(dots).tolist() == [[True, False], [False, True]]


@pytest.mark.parametrize("name", GLYPHS)
def test_every_combination_of_dots_has_its_own_character(name: GlyphName) -> None:
    glyphs = GLYPHS[name]
    assert len(set(glyphs.table)) == len(glyphs.table) == 2 ** (glyphs.rows * glyphs.columns)


def test_ascii_is_ascii() -> None:
    glyphs = GLYPHS["ascii"]
    signs = [value for value in vars(glyphs).values() if isinstance(value, str)]
    assert "".join(signs).isascii()
