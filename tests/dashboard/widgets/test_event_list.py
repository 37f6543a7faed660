"""The list of events, as it stands beside the overview."""

from __future__ import annotations

from textual.app import App, ComposeResult

from eostui.dashboard.widgets.event_list import EventList
from eostui.reading.happenings import Happening
from tests.dashboard.looking import until


class Events(App[None]):
    AUTO_FOCUS = None

    def compose(self) -> ComposeResult:
        yield EventList()


async def test_a_list_that_was_filled_before_it_is_shown_shows_the_newest_event() -> None:
    app = Events()
    async with app.run_test(size=(40, 8)) as pilot:
        events = app.query_one(EventList)
        events.display = False
        await pilot.pause()
        events.show([Happening(step, f"event {step}", "warning", 0, "") for step in range(30)])
        await pilot.pause()
        events.display = True
        await until(pilot, lambda: events.scroll_y == events.max_scroll_y > 0)
