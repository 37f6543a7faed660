"""Taking what is on the screen along: to the clipboard, and into files beside the run."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pytest
from PIL import Image

from eostui.dashboard.app import Dashboard
from eostui.dashboard.screens.export import ExportScreen
from eostui.dashboard.take_along import free_path, table_of, values_at
from eostui.reading.charts import pictures_of
from eostui.reading.replay import ReplayFeed
from eostui.store import RunFile
from tests.dashboard.looking import text_of, until
from tests.reading.saved import EDGE_RUN


@pytest.fixture
def feed(tmp_path: Path) -> ReplayFeed:
    """The run at the edge in a directory of its own, held at step 400."""
    path = tmp_path / "runs" / "edge" / "run.h5"
    path.parent.mkdir(parents=True)
    shutil.copy(EDGE_RUN, path)
    with RunFile.open(path) as file:
        feed = ReplayFeed(file, start=400)
    feed.playing = False
    return feed


def test_the_values_at_the_cursor_are_a_line_of_names_and_one_of_numbers(feed: ReplayFeed) -> None:
    names, values = (line.split("\t") for line in values_at(pictures_of(feed), feed, 200.0).splitlines())
    row = dict(zip(names, values, strict=True))
    assert row["step"] == "200"
    assert float(row["Loss: train"]) == feed.series["train"]["loss"][200]
    assert float(row["Sharpness: 2/η"]) == pytest.approx(12)
    now = values_at(pictures_of(feed), feed, None).splitlines()[1].split("\t")
    assert float(now[names.index("Loss: train")]) == feed.series["train"]["loss"][400]
    assert now[0] == "400"


def test_the_table_has_every_value_that_the_charts_show(feed: ReplayFeed) -> None:
    rows = list(csv.DictReader(table_of(pictures_of(feed), feed).splitlines()))
    assert [int(row["step"]) for row in rows] == list(range(401))
    assert [float(row["Loss: train"]) for row in rows] == feed.series["train"]["loss"].tolist()
    measured = {int(row["step"]): float(row["Sharpness: λ₁"]) for row in rows if row["Sharpness: λ₁"]}
    hessian = feed.series["hessian"]
    assert measured == dict(zip(hessian["step"].tolist(), hessian["eigenvalues"][:, 0].tolist(), strict=True))


def test_nothing_is_written_over(tmp_path: Path) -> None:
    first = free_path(tmp_path, 12, "svg")
    assert first.name == "view-12.svg"
    first.touch()
    assert free_path(tmp_path, 12, "svg").name == "view-12-2.svg"
    assert free_path(tmp_path, -1, "csv").name == "view-0.csv"


async def test_values_and_command_are_copied(feed: ReplayFeed) -> None:
    dashboard = Dashboard(feed)
    async with dashboard.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await pilot.press("y")
        assert dashboard.clipboard.startswith("step\tSharpness: ")
        assert dashboard.clipboard.splitlines()[1].startswith("400\t")
        await pilot.press("ctrl+home", "y")
        assert dashboard.clipboard.splitlines()[1].startswith("0\t")
        await pilot.press("Y")
        assert dashboard.clipboard.startswith("eostui run ")
        assert "--lr 2/12" in dashboard.clipboard


def _assert_picture(png: bytes) -> None:
    """A picture of 120 by 40 cells, with the colours of a curve and of the threshold in it."""
    picture = Image.open(io.BytesIO(png))
    assert picture.size == (1200, 800)
    colours = {colour for _, colour in picture.getcolors(1 << 16) or []}
    assert {(0x58, 0xA6, 0xFF), (0xFF, 0x8F, 0x3F)} <= colours


@pytest.mark.parametrize(("key", "suffix"), [("s", "svg"), ("p", "png"), ("c", "csv")])
async def test_what_is_visible_is_saved_beside_the_run(feed: ReplayFeed, key: str, suffix: str) -> None:
    dashboard = Dashboard(feed)
    saved = feed.directory / f"view-400.{suffix}"
    async with dashboard.run_test(size=(120, 40), notifications=True) as pilot:
        await pilot.press("E")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExportScreen) and "csv" in text_of(pilot))
        await pilot.press(key)
        await until(pilot, saved.exists)
        await until(pilot, lambda: "saved" in text_of(pilot))
    if suffix == "png":
        _assert_picture(saved.read_bytes())
        return
    text = saved.read_text()
    if suffix == "svg":
        assert "<path" in text
        assert not any("\u2801" <= character <= "\u28ff" for character in text)
        assert "Save what" not in text
    else:
        assert text.startswith("step,Sharpness: ")


async def test_the_palettes_screenshot_goes_there_too_and_says_why_not(
    feed: ReplayFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    dashboard = Dashboard(feed)
    async with dashboard.run_test(size=(120, 40), notifications=True) as pilot:
        await pilot.pause()
        commands = [c for c in dashboard.get_system_commands(dashboard.screen) if c.title == "Screenshot"]
        assert len(commands) == 1
        commands[0].callback()
        assert (feed.directory / "view-400.svg").exists()
        feed.directory = feed.directory / "gone"
        commands[0].callback()
        await until(pilot, lambda: "No such file" in " ".join(text_of(pilot).split()))
