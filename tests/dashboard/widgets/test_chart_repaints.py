"""What a chart has the terminal sent again when it changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from rich.console import RenderableType
from rich.segment import Segment
from textual.geometry import Region
from textual.screen import Screen

from eostui.dashboard.widgets import Chart
from tests.dashboard.widgets.screen_text import (
    Repaints,
    Stage,
    segments,
)
from tests.dashboard.widgets.traces import trace


def cells_in(regions: list[Region | None]) -> int:
    assert None not in regions, "the whole chart was refreshed"
    return sum(region.area for region in regions if region)


async def test_only_changed_spans_are_sent_again() -> None:
    chart = Chart("loss")
    x = np.arange(2000)
    y = np.sin(x / 60)
    async with Stage(chart).run_test(size=(120, 20)) as pilot:
        chart.show([trace(y[:1510])])
        await pilot.pause()
        repaints, sent = Repaints(chart), []
        for count in range(1520, 2000, 10):
            before = segments(chart)
            chart.show([trace(y[:count])])
            regions = repaints.take()
            sent.append(cells_in(regions))
            outside = [
                (column, row)
                for row, (old, new) in enumerate(zip(before, segments(chart), strict=True))
                for column, pair in enumerate(zip(per_cell(old), per_cell(new), strict=True))
                if pair[0] != pair[1] and not any(r.contains(column, row) for r in regions if r)
            ]
            assert outside == []
        chart.show([trace(y[:count])])
        assert repaints.take() == []
        assert np.mean(sent) < 25


def per_cell(row: list[Segment]) -> list[tuple[str, object]]:
    return [(character, segment.style) for segment in row for character in segment.text]


async def test_the_terminal_gets_few_bytes_for_a_small_change(monkeypatch: pytest.MonkeyPatch) -> None:
    chart = Chart("loss")
    y = np.sin(np.arange(2000) / 60)
    app = Stage(chart)
    async with app.run_test(size=(120, 20)) as pilot:
        chart.show([trace(y[:1510])])
        await pilot.pause()
        written: list[str] = []
        display = type(app)._display

        def listen(self: Stage, screen: Screen[Any], renderable: RenderableType | None) -> None:
            display(self, screen, renderable)
            if renderable is not None and hasattr(renderable, "render_segments"):
                written.append(renderable.render_segments(self.console))

        monkeypatch.setattr(type(app), "_display", listen)
        for count in range(1520, 1720, 10):
            chart.show([trace(y[:count])])
            await pilot.pause(0.02)
        assert len(written) >= 10
        assert np.mean([len(text.encode()) for text in written]) < 400
