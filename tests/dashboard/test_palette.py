"""Whether everything that is drawn can be told apart, in every theme and by every eye."""

from __future__ import annotations

import typing
from itertools import pairwise

import pytest
from textual.theme import BUILTIN_THEMES, Theme

from eostui.dashboard.app import Dashboard
from eostui.dashboard.palette import INKS, MODES, PALETTES, THEMES, PaletteName, inks_of
from eostui.dashboard.widgets.chart import Chart
from eostui.reading.replay import ReplayFeed
from eostui.store import RunFile
from tests.dashboard.colour_vision import Rgb, Vision, contrast, difference, rgb

ALL_THEMES = [*THEMES, *BUILTIN_THEMES.values()]
TEXT = (
    *("text", "title", "muted", "value", "axis", "cursor", "mark", "trace", "loss", "test-loss", "certified"),
    *("threshold", "first", "second", "third", "mode-1", "focus", "good", "warn", "bad", "info", "note", "gap"),
)
LINES = ("batch-loss", "faint", "rug", "envelope", "preview", *(f"mode-{number}" for number in range(1, MODES + 1)))
VISIONS = typing.get_args(Vision)

_CONSOLE = dict(
    zip(
        ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"),
        ("#000000", "#aa0000", "#00aa00", "#aa5500", "#0000aa", "#aa00aa", "#00aaaa", "#aaaaaa"),
        strict=True,
    )
)
_BRIGHT = ("#555555", "#ff5555", "#55ff55", "#ffff55", "#5555ff", "#ff55ff", "#55ffff", "#ffffff")
_CONSOLE |= {f"bright_{name}": colour for name, colour in zip(_CONSOLE.copy(), _BRIGHT, strict=True)}
"""The sixteen colours of the Linux console."""


def _seen(colour: str) -> Rgb:
    return rgb(_CONSOLE[colour.removeprefix("ansi_")] if colour.startswith("ansi_") else colour)


def _ground(theme: Theme) -> Rgb:
    if theme.ansi:
        return rgb("#000000" if theme.dark else "#ffffff")
    return rgb(theme.to_color_system().generate()["background"])


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize("theme", ALL_THEMES, ids=lambda theme: theme.name)
def test_sharpness_and_threshold_are_told_apart_by_every_eye(theme: Theme, palette: PaletteName) -> None:
    inks = inks_of(theme, palette)
    for sharpness in ("first", "mode-1"):
        for vision in VISIONS:
            assert difference(_seen(inks[sharpness]), _seen(inks["threshold"]), vision) >= 30, (sharpness, vision)


@pytest.mark.parametrize("theme", ALL_THEMES, ids=lambda theme: theme.name)
def test_training_and_test_loss_are_told_apart_by_every_eye(theme: Theme) -> None:
    inks = inks_of(theme, "blue")
    for vision in VISIONS:
        assert difference(_seen(inks["loss"]), _seen(inks["test-loss"]), vision) >= 25, vision


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize("theme", ALL_THEMES, ids=lambda theme: theme.name)
def test_text_and_lines_stand_out_from_the_background(theme: Theme, palette: PaletteName) -> None:
    inks, ground = inks_of(theme, palette), _ground(theme)
    weak = {ink: contrast(_seen(inks[ink]), ground) for ink in TEXT if contrast(_seen(inks[ink]), ground) < 4.5}
    weak |= {ink: contrast(_seen(inks[ink]), ground) for ink in LINES if contrast(_seen(inks[ink]), ground) < 3}
    assert not weak


@pytest.mark.parametrize("theme", [theme for theme in ALL_THEMES if not theme.ansi], ids=lambda theme: theme.name)
def test_curves_are_still_seen_where_the_threshold_tints_the_background(theme: Theme) -> None:
    inks, ground = inks_of(theme, "blue"), _ground(theme)
    colour, share = inks["tint"].split()
    tinted = ground + float(share.rstrip("%")) / 100 * (rgb(colour) - ground)
    assert difference(tinted, ground) >= 8
    weak = {ink: contrast(rgb(inks[ink]), tinted) for ink in ("first", "mode-1", "second", "third")}
    assert min(weak.values()) >= 2.5, weak


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize("theme", ALL_THEMES, ids=lambda theme: theme.name)
def test_neighbouring_modes_are_told_apart(theme: Theme, palette: PaletteName) -> None:
    inks = inks_of(theme, palette)
    modes = [_seen(inks[f"mode-{number}"]) for number in range(1, MODES + 1)]
    near = [(place, difference(*pair)) for place, pair in enumerate(pairwise(modes), 1) if difference(*pair) < 15]
    assert not near


def test_neighbouring_modes_grade_and_the_ends_are_far_apart() -> None:
    for theme in THEMES:
        inks = inks_of(theme, "blue")
        modes = [rgb(inks[f"mode-{number}"]) for number in range(1, MODES + 1)]
        assert all(difference(a, b) >= 5 for a, b in pairwise(modes))
        for vision in VISIONS:
            assert difference(modes[0], modes[-1], vision) >= 60


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize("theme", ALL_THEMES, ids=lambda theme: theme.name)
def test_every_theme_has_every_ink(theme: Theme, palette: PaletteName) -> None:
    assert set(inks_of(theme, palette)) == set(INKS)


async def test_the_inks_reach_the_charts_in_every_theme(edge_run: RunFile) -> None:
    dashboard = Dashboard(ReplayFeed(edge_run, start=400))
    async with dashboard.run_test(size=(80, 24)) as pilot:
        assert dashboard.theme == "eostui-dark"
        for theme in ("eostui-light", "nord", "eostui-dark"):
            dashboard.theme = theme
            await pilot.pause()
            chart = dashboard.screen.query(Chart).first()
            colour = chart.get_component_styles("chart--threshold").color
            assert colour.hex.lower() == inks_of(dashboard.current_theme, "blue")["threshold"]
        dashboard.palette = "grey"
        await pilot.pause()
        first = chart.get_component_styles("chart--first").color
        assert first.hex.lower() == inks_of(dashboard.current_theme, "grey")["first"]
