"""What a user has chosen for good: read, written, and refused in one line where it makes no sense."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest
import typer

from eostui.cli.watch import preferences
from eostui.config import Measuring
from eostui.dashboard.app import Dashboard
from eostui.dashboard.chart_choice import ChartChoice
from eostui.dashboard.keymap import bindings_together, keymap_of
from eostui.dashboard.screens.replay import ReplayScreen
from eostui.dashboard.settings import (
    Preferences,
    Settings,
    read_settings,
    save_choice,
    save_panels,
)
from eostui.dashboard.settings_file import SettingsError, data_dir_of, settings_path
from eostui.instruments.base.scope import Scope
from eostui.instruments.secant import CurvatureOfStep
from eostui.reading.charts import pictures_of
from eostui.reading.replay import ReplayFeed
from eostui.store import EVENTS, TRAIN, RunFile, RunWriter, eigenvalue_table
from tests.dashboard.looking import charts_of, text_of, until


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.toml"


def _written(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def _dashboard(run: RunFile, file: Path) -> Dashboard:
    feed = ReplayFeed(run, start=400)
    feed.playing = False
    return Dashboard(feed, Preferences.of({"EOSTUI_SETTINGS": str(file), "COLORTERM": "truecolor"}, "utf-8"))


def test_the_file_is_where_the_desktop_keeps_such_files() -> None:
    assert settings_path({"EOSTUI_SETTINGS": "/x/y.toml"}) == Path("/x/y.toml")
    assert settings_path({"XDG_CONFIG_HOME": "/conf"}) == Path("/conf/eostui/settings.toml")
    home = Path("~/.config/eostui/settings.toml").expanduser()
    assert settings_path({}) == home
    assert settings_path({"XDG_CONFIG_HOME": "relative"}) == home


def test_settings_are_read(file: Path) -> None:
    _written(file, 'theme = "nord"\npalette = "grey"\nglyphs = "block"\n[keys]\npause = "x"\n')
    assert read_settings(file) == (Settings("nord", "grey", "block", {"pause": "x"}), [])


def test_the_bell_is_on_until_it_is_switched_off(file: Path) -> None:
    assert Preferences(read_settings(file)[0]).rings
    assert not Preferences(read_settings(_written(file, 'bell = "off"\n'))[0]).rings


def test_without_a_file_everything_is_as_the_program_has_it(file: Path) -> None:
    assert read_settings(file) == (Settings(), [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("theme = ", ["is no TOML", "defaults"]),
        ('theme = "nrod"', ["theme = 'nrod'", "give 'nord'"]),
        ("theme = 7", ["theme = 7", "eostui-dark"]),
        ('bell = "loud"', ["bell = 'loud'", "one of on, off"]),
        ('glyphs = ["ascii"]', ["glyphs = ['ascii']", "one of braille, block, ascii"]),
        ('colour = "blue"', ["'colour' is no setting", "theme, palette, glyphs, bell, data_dir, keys, panels"]),
        ("data_dir = 3", ["data_dir = 3", '"~/data"']),
        ('data_dir = "data"', ["data_dir = 'data'", "from / or ~ on"]),
        ('data_dir = "/a\\u001b[2J"', ["data_dir = ", "will not do"]),
        ('keys = "vim"', ["keys = 'vim'", "[keys]"]),
        ("[keys]\npause = 3", ["keys.'pause' = 3", '"x"']),
        ("panels = 3", ["panels = 3", "[panels]"]),
        ("[panels]\norder = 3", ["'order' = 3", "hidden"]),
        ("[panels.adam]\nseen = []", ["'seen' = []", "order, hidden or shown"]),
        ('"a\\u001b[31m" = 1', ["is no setting"]),
        ("a = " + "[" * 100_000, ["is no TOML"]),
        ("\x00\x01", ["is no TOML"]),
    ],
)
def test_nonsense_gets_one_line_and_the_defaults(file: Path, text: str, said: list[str]) -> None:
    settings, wrong = read_settings(_written(file, text))
    assert settings == Settings()
    assert len(wrong) == 1
    assert wrong[0].isprintable()
    assert len(wrong[0]) < 600
    for part in (*said, str(file)):
        assert part in wrong[0]


def test_the_directory_for_data_is_read_without_the_dashboard(file: Path) -> None:
    environment = {"EOSTUI_SETTINGS": str(file)}
    assert data_dir_of(environment) == (None, [])
    assert read_settings(_written(file, 'data_dir = "~/sets"')) == (Settings(), [])
    assert data_dir_of(environment) == ("~/sets", [])
    for wrong in ("data_dir = 3", "data_dir = "):
        given, said = data_dir_of({"EOSTUI_SETTINGS": str(_written(file, wrong))})
        assert (given, len(said)) == (None, 1)


def test_one_wrong_setting_leaves_the_others(file: Path) -> None:
    settings, wrong = read_settings(_written(file, 'theme = "none"\nglyphs = "ascii"\n'))
    assert settings == Settings(glyphs="ascii")
    assert len(wrong) == 1


def test_a_directory_and_text_in_another_encoding_are_no_settings(file: Path) -> None:
    file.mkdir(parents=True)
    assert "cannot be read: Is a directory" in read_settings(file)[1][0]
    file.rmdir()
    file.write_bytes('theme = "ä"'.encode("latin-1"))
    assert "is no TOML" in read_settings(file)[1][0]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told_of(file: Path) -> None:
    _written(file, "").chmod(0)
    assert "Permission denied" in read_settings(file)[1][0]


def test_a_choice_is_written_and_everything_else_stays(file: Path) -> None:
    save_choice(file, "theme", "nord")
    assert read_settings(file)[0] == Settings(theme="nord")
    text = '# mine\nglyphs = "ascii" # old font\nfuture = [1, 2]\n\n[keys]\ntheme = "t"\n'
    save_choice(_written(file, text), "theme", "nord")
    save_choice(file, "glyphs", "block")
    kept = file.read_text()
    assert tomllib.loads(kept) == {"glyphs": "block", "future": [1, 2], "theme": "nord", "keys": {"theme": "t"}}
    assert "# mine" in kept
    assert list(file.parent.iterdir()) == [file]


TEXT = """# mine
theme = "nord"

[panels] # of all
order = [
    "loss",
] # these first

[panels.adam]
hidden = ["trace"]

[keys]
order = "x"
"""


def test_a_choice_of_charts_is_written_into_its_table_and_everything_else_stays(file: Path) -> None:
    save_panels(_written(file, TEXT), "", ChartChoice(("sharpness", "loss"), ("oscillation",)))
    save_panels(file, "adam", ChartChoice(("loss",), ()))
    assert file.read_text() == TEXT.replace('order = [\n    "loss",\n]', 'order = ["sharpness", "loss"]').replace(
        "[panels] # of all\n", '[panels] # of all\nhidden = ["oscillation"]\n'
    ).replace('hidden = ["trace"]', 'order = ["loss"]\nhidden = []')


def test_a_choice_of_charts_is_written_where_nothing_was_chosen_before(file: Path) -> None:
    choice = ChartChoice(("loss",), ("trace",))
    save_panels(file, "", choice)
    assert read_settings(file) == (Settings(panels={"": choice}), [])
    save_panels(_written(file, 'theme = "nord"\n'), "gd", choice)
    assert read_settings(file) == (Settings("nord", panels={"gd": choice}), [])


def test_a_choice_of_charts_is_not_written_into_what_cannot_be_understood(file: Path) -> None:
    for text in ("panels = 3\n", 'panels = { order = ["loss"] }\n', '[panels]\norder = ["a]b"]\n'):
        _written(file, text)
        with pytest.raises(SettingsError, match="by hand"):
            save_panels(file, "", ChartChoice(("loss",)))
        assert file.read_text() == text


def test_a_link_to_a_file_kept_elsewhere_stays_one(file: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "dotfiles.toml"
    elsewhere.write_text('glyphs = "ascii"\n')
    file.parent.mkdir()
    file.symlink_to(elsewhere)
    save_choice(file, "theme", "nord")
    assert file.is_symlink()
    assert read_settings(elsewhere)[0] == Settings(theme="nord", glyphs="ascii")


def test_what_cannot_be_understood_is_not_written_over(file: Path) -> None:
    for text in ("theme = ", '"theme" = "nord"\n'):
        _written(file, text)
        with pytest.raises(SettingsError, match=r"is no TOML|by hand"):
            save_choice(file, "theme", "dracula")
        assert file.read_text() == text


def test_where_nothing_can_be_written_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("")
    with pytest.raises(SettingsError, match="cannot be"):
        save_choice(tmp_path / "blocked" / "settings.toml", "theme", "nord")


def test_every_action_has_an_id_and_no_key_means_two_things() -> None:
    for group in bindings_together():
        ids = {binding.key: binding.id for binding in group}
        assert None not in ids.values()
        assert len(set(ids.values())) == len(ids), "bindings share an id only where they share their keys"
        assert all(ids[binding.key] == binding.id for binding in group)
        keys = [key for keys in ids for key in keys.split(",")]
        assert sorted(keys) == sorted(set(keys))


def test_one_key_that_pauses_and_resumes_is_chosen_once() -> None:
    assert keymap_of({"pause": "f2", "play": "f3"}) == ({"pause": "f2", "play": "f3"}, [])


def test_keys_are_chosen_and_a_key_that_is_taken_is_refused_by_name() -> None:
    assert keymap_of({"pause": "d, ?", "help": "f1"}) == ({"pause": "d,question_mark", "help": "f1"}, [])
    keymap, refused = keymap_of({"pause": "z", "measure": "d", "zoom2": "i", "page": "foo"})
    assert keymap == {"measure": "d"}
    assert refused == [
        "keys.zoom2 is no action; there are zoom",
        "keys.page: 'foo' is no key; give one such as x, f5 or ctrl+x",
        "keys.pause: the key z is that of zoom already; give a free one",
    ]


async def test_the_dashboard_is_as_it_was_chosen(edge_run: RunFile, file: Path) -> None:
    _written(file, 'theme = "nord"\npalette = "grey"\nglyphs = "ascii"\n[keys]\nstep-on = "d"\n')
    dashboard = _dashboard(edge_run, file)
    async with dashboard.run_test(size=(100, 40)) as pilot:
        screen = dashboard.screen
        assert isinstance(screen, ReplayScreen)
        assert (dashboard.theme, dashboard.palette, screen.glyphs) == ("nord", "grey", "ascii")
        await pilot.press("d", "full_stop")
        assert screen.replay.step == 401
        assert {binding.key for binding in screen.own_bindings() if binding.id == "step-on"} == {"d"}


async def test_charts_come_in_the_order_that_was_chosen_and_without_the_hidden_ones(
    edge_run: RunFile, file: Path
) -> None:
    _written(file, '[panels]\nhidden = ["loss"]\n[panels.gd]\norder = ["loss", "x"]\nhidden = ["gauss-newton"]\n')
    async with _dashboard(edge_run, file).run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: [chart.id for chart in charts_of(pilot)] == ["loss", "sharpness"])


def test_charts_are_never_all_hidden(edge_run: RunFile) -> None:
    pictures = pictures_of(ReplayFeed(edge_run))
    assert ChartChoice(hidden=tuple(picture.name for picture in pictures)).of(pictures) == pictures


def test_a_theme_that_does_not_exist_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(typer.BadParameter, match="no theme 'nrod'; there is nord"):
        preferences("nrod")


async def test_what_is_chosen_in_the_dashboard_is_remembered(edge_run: RunFile, file: Path) -> None:
    dashboard = _dashboard(edge_run, file)
    async with dashboard.run_test(size=(100, 40)) as pilot:
        dashboard.theme = "dracula"
        await pilot.press("b")
        dashboard.palette = "grey"
        await pilot.pause()
    assert read_settings(file) == (Settings("dracula", "grey", "block"), [])


async def test_a_choice_of_charts_is_remembered_for_the_runs_that_it_was_made_for(
    edge_run: RunFile, file: Path
) -> None:
    _written(file, '[panels]\nhidden = ["trace"]\n[panels.adam]\nhidden = ["loss"]\n')
    async with _dashboard(edge_run, file).run_test(size=(120, 40)) as pilot:
        await pilot.press("v", "down", "space", "enter")
        await until(pilot, lambda: [chart.id for chart in charts_of(pilot)] == ["sharpness", "gauss-newton"])
        await pilot.press("v", "enter")  # nothing else
        await pilot.pause()
    panels = read_settings(file)[0].panels
    assert panels == {"": ChartChoice((), ("loss", "trace")), "adam": ChartChoice(hidden=("loss",))}


async def test_what_cannot_be_understood_is_said_on_the_screen(edge_run: RunFile, file: Path) -> None:
    dashboard = _dashboard(edge_run, _written(file, 'theme = "nrod"\n[keys]\nzoom = "space"\n'))
    async with dashboard.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: "keys.zoom: the key space" in text_of(pilot) and "give 'nord'" in text_of(pilot))
        assert dashboard.theme == "eostui-dark"


async def test_the_letters_of_vi_move_the_cursor_too(edge_run: RunFile) -> None:
    feed = ReplayFeed(edge_run, start=400)
    feed.playing = False
    async with Dashboard(feed).run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        first = pilot.app.focused
        assert first is not None
        await pilot.press("left", "h", "h")
        steps = first.cursor_step  # type: ignore[attr-defined]
        await pilot.press("l")
        assert first.cursor_step > steps  # type: ignore[attr-defined]
        await pilot.press("j")
        assert pilot.app.focused is not first
        await pilot.press("k")
        assert pilot.app.focused is first


async def test_a_chart_that_stands_aside_is_shown_when_it_is_asked_for_and_from_then_on(
    tmp_path: Path, file: Path
) -> None:
    secant = CurvatureOfStep.table(Scope(Measuring()))
    tables = [TRAIN, EVENTS, eigenvalue_table("hessian", "", 1), secant]
    with RunWriter.create(tmp_path / "run.h5", name="a", config={}, environment={}, tables=tables) as writer:
        for step in range(401):
            writer.append(TRAIN.row({"step": step, "lr": 0.1, "threshold": 20.0, "loss": 1.0}))
    usual = ["sharpness", "loss", "secant"]
    with RunFile.open(tmp_path / "run.h5") as run:
        async with _dashboard(run, file).run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: [chart.id for chart in charts_of(pilot)] == usual)
            await pilot.press("v", "down", "down", "down", "space", "enter")
            await until(pilot, lambda: [chart.id for chart in charts_of(pilot)] == [*usual, "step-curvature"])
        assert read_settings(file)[0].panels == {"": ChartChoice(shown=("step-curvature",))}
        async with _dashboard(run, file).run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: [chart.id for chart in charts_of(pilot)] == [*usual, "step-curvature"])
            await pilot.press("v", "down", "down", "down", "space", "enter")
            await until(pilot, lambda: [chart.id for chart in charts_of(pilot)] == usual)
        assert read_settings(file)[0].panels == {"": ChartChoice()}
