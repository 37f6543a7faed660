"""docs/dashboard.md has every key that a user can choose, by its name in the settings."""

from __future__ import annotations

import re

from textual.binding import Binding

from eostui.dashboard.screens.live import LiveScreen
from eostui.dashboard.screens.looking import LookingScreen
from eostui.dashboard.screens.replay import ReplayScreen
from eostui.dashboard.screens.watch import WatchScreen
from eostui.dashboard.widgets.heat_strip import HeatStrip
from eostui.dashboard.widgets.timeline import Timeline
from tests.conftest import REPOSITORY

WITH_KEYS = (LookingScreen, WatchScreen, LiveScreen, ReplayScreen, Timeline, HeatStrip)
ROW = re.compile(r"^\| `.*\| (`[^|]*) \|$", re.MULTILINE)


def test_the_page_on_the_dashboard_names_every_key_and_no_other() -> None:
    page = (REPOSITORY / "docs" / "dashboard.md").read_text()
    keys = page[page.index("## The keys") : page.index("## The start of a slow run")]
    named = {name for cell in ROW.findall(keys) for name in re.findall(r"`([a-z0-9-]+)`", cell)}
    bindings = {binding.id for kind in WITH_KEYS for binding in kind.BINDINGS if isinstance(binding, Binding)}
    assert named == bindings - {f"chart-{number}" for number in range(2, 10)}
