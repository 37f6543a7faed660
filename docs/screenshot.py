"""Makes docs/dashboard.svg: the dashboard on a run that is being trained, as Textual's own screenshot.

eostui run --name demo --headless --steps 3000 &
python docs/screenshot.py demo 1340     # waits until the run is at step 1340

Meanwhile, at about step 900: eostui control demo lr 2/15
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from eostui.dashboard.app import Dashboard
from eostui.dashboard.screenshot import with_drawn_dots
from eostui.link.client import LinkClient
from eostui.reading.live import LiveFeed
from eostui.store import find_run

SETTLED = 5.0
"""Seconds from a step until it is drawn for sure, also where drawing has to give way to the training."""


async def screenshot(name: str, step: int) -> str:
    """The dashboard's picture once a live run has come to a step."""
    directory = find_run(name, Path("runs")).parent
    feed = LiveFeed(LinkClient.to_run(directory), directory)
    dashboard = Dashboard(feed)
    async with dashboard.run_test(size=(120, 36)) as pilot:
        while feed.step < step and not feed.over:
            await pilot.pause(0.2)
        await pilot.pause(SETTLED)
        picture = dashboard.export_screenshot(title="eostui run")
    feed.close()
    return picture


if __name__ == "__main__":
    picture = asyncio.run(screenshot(sys.argv[1], int(sys.argv[2])))
    Path(__file__).with_name("dashboard.svg").write_text(with_drawn_dots(picture))
