"""The status line says words at once; values that change all the time change once a second."""

from __future__ import annotations

import pytest
from textual.app import App

from eostui.dashboard.widgets import status_line
from eostui.dashboard.widgets.status_line import Part, Standing, StatusLine


class One(App[None]):
    """A status line alone."""

    def compose(self) -> list[StatusLine]:
        return [StatusLine()]


def _standing(step: int, state: str = "running") -> Standing:
    number = Part((("step ", "label"), (f"{step:,}", "value")))
    return Standing(Part.of("AT THE EDGE", "edge"), None, [Part.of(state, "running"), number], [Part.of("fc · 漢字")])


def _lines(line: StatusLine) -> list[str]:
    return [line.render_line(y).text.rstrip() for y in range(2)]


async def test_values_wait_and_words_do_not() -> None:
    async with One().run_test() as pilot:
        line = pilot.app.query_one(StatusLine)
        line.show(_standing(999))
        line.show(_standing(1000), calmly=True)
        assert _lines(line) == ["AT THE EDGE   running   step 999", "fc · 漢字"]
        line.show(_standing(1001, "paused"), calmly=True)
        assert _lines(line)[0] == "AT THE EDGE   paused   step 1,001"
        line.show(_standing(1002, "paused"))
        assert _lines(line)[0] == "AT THE EDGE   paused   step 1,002"


async def test_values_that_waited_are_shown_after_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    async with One().run_test() as pilot:
        line = pilot.app.query_one(StatusLine)
        line.show(_standing(1))
        monkeypatch.setattr(status_line, "BETWEEN_VALUES", 0.0)
        line.show(_standing(2), calmly=True)
        assert _lines(line)[0].endswith("step 2")


@pytest.mark.parametrize(("unicode", "ending"), [(True, "…"), (False, ">")])
async def test_a_part_that_has_no_room_ends_with_a_sign_in_the_last_cell(unicode: bool, ending: str) -> None:
    async with One().run_test(size=(20, 4)) as pilot:
        line = pilot.app.query_one(StatusLine)
        line.unicode = unicode
        line.show(Standing(Part.of("STARTING"), None, [], [Part.of("漢" * 20)]))
        strip = line.render_line(1)
        assert strip.cell_length == line.size.width
        assert strip.text.endswith(ending)
