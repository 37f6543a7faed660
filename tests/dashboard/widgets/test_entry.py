"""A line of text takes keys in the order in which they were typed, however fast they come."""

from __future__ import annotations

import pytest
from textual import events
from textual.app import App, ComposeResult

from eostui.dashboard.widgets.entry import Entry


class Asking(App[None]):
    def compose(self) -> ComposeResult:
        yield Entry("2/8", select_on_focus=False)


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (["ctrl+u", *"4/10"], "4/10"),
        (["backspace", *"9"], "2/9"),
        (["ctrl+w", *"16"], "2/16"),
        (["home", "delete", *"4"], "4/8"),
        (["left", *"1"], "2/18"),
        (["left", "ctrl+k", *"7"], "2/7"),
        (["ctrl+a", "ctrl+d", *"3", "end", *"0"], "3/80"),
    ],
)
async def test_keys_in_a_burst_are_taken_in_their_order(keys: list[str], value: str) -> None:
    async with Asking().run_test(size=(30, 5)) as pilot:
        entry = pilot.app.query_one(Entry)
        await pilot.pause()
        for key in keys:
            pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await pilot.pause()
        assert entry.value == value


async def test_enter_and_what_is_no_key_for_editing_go_on_to_the_screen() -> None:
    async with Asking().run_test(size=(30, 5)) as pilot:
        entry = pilot.app.query_one(Entry)
        assert not {"enter", "escape", "ctrl+c", "tab"} & set(entry.AT_ONCE)
        await pilot.press("escape", "2")
        assert entry.value == "2/82"
