"""Charts on one screen: which of them, how large, over which steps, and against which axis."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Grid
from textual.geometry import Size
from textual.message import Message

from eostui.dashboard.arrangement import COLUMNS, Arrangement, arrange, pages_of
from eostui.dashboard.chart_choice import ChartChoice
from eostui.dashboard.subject import Stretch, Subject, Titled
from eostui.dashboard.widgets.canvas import GlyphName
from eostui.dashboard.widgets.event_list import EventList
from eostui.dashboard.widgets.timeline import Timeline
from eostui.dashboard.window import Window
from eostui.reading.axes import AXES, Axis


class ChartGrid(Grid):
    """A page of charts of one subject, with the list of events after them where the arrangement has it there."""

    DEFAULT_CSS = "ChartGrid { height: 1fr; }"

    class Changed(Message):
        """The window, the page or what is enlarged is another one."""

    def __init__(self, subject: Subject, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.subject = subject
        self.window = Window()
        self.arrangement = Arrangement((), ())
        self.scrubber = False
        """Whether an overview is wanted on small screens, too."""
        self.as_ratio = False
        """Whether the first chart shows its values as shares of the threshold."""
        self.smoothed = True
        """Whether the means over rows are drawn that some charts have."""
        self.preview: float | None = None
        """A threshold that is being thought of."""
        self.choice = ChartChoice()
        """Which charts the user wants to see, and in which order."""
        self._glyphs: GlyphName = "braille"
        self._axis = 0
        self._pages: list[list[Titled]] = []
        self._page = 0
        self._zoomed = ""
        """The name of the chart that has all the room."""

    def compose(self) -> ComposeResult:
        events = EventList()
        events.display = False
        yield events

    @property
    def page(self) -> tuple[int, int]:
        """Which page is open, counted from 1, and of how many."""
        return self._page + 1, max(len(self._pages), 1)

    @property
    def pictures(self) -> list[Titled]:
        """The charts that the user wants to see, in their order."""
        return self.choice.of(self.subject.pictures())

    @property
    def shown(self) -> list[Titled]:
        """The charts that are on the screen."""
        return self._pages[self._page] if self._pages else []

    @property
    def zoomed(self) -> bool:
        """Whether one chart has all the room."""
        return bool(self._zoomed)

    @property
    def axis(self) -> Axis:
        """What the charts are drawn over."""
        return self.subject.axis(AXES[self._axis])

    def extent(self) -> Stretch | None:
        """The first and the newest step, None before the first."""
        return self.subject.extent(AXES[self._axis])

    def chosen(self) -> Timeline | None:
        """The chart that has the focus, else the first that is shown."""
        focused = self.screen.focused
        if isinstance(focused, Timeline):
            return focused
        return next((panel for panel in self._panels() if panel.display), None)

    # what is shown

    def fit(self, size: Size, back: str = "") -> None:
        """Lay the charts out anew for a screen of some size, with the page open that has the chart `back`."""
        self._mount_panels()
        pictures = self.pictures
        if self._zoomed not in {picture.name for picture in pictures}:
            self._zoomed = ""
        self.arrangement = arrange(
            size.width, size.height, len(pictures), zoomed=self.zoomed, scrubber=self.scrubber or not self.window.whole
        )
        self._pages = pages_of(pictures, len(self.arrangement.slots))
        if self.zoomed:
            self._page = next(n for n, page in enumerate(self._pages) if page[0].name == self._zoomed)
        elif back:
            self._page = next((n for n, page in enumerate(self._pages) if back in [p.name for p in page]), 0)
        self._page = min(self._page, len(self._pages) - 1)
        self._place()
        self.draw()

    def turn(self, pages: int) -> None:
        """Turn to another page, from the last one to the first."""
        self._page = (self._page + pages) % len(self._pages)
        if self.zoomed:
            self._zoomed = self._pages[self._page][0].name
        self._place()
        self.draw()
        self.post_message(self.Changed())

    def zoom(self, name: str) -> None:
        """Give one chart all the room; with an empty name, the charts share it again."""
        back, self._zoomed = self._zoomed, name
        self.fit(self.screen.size, back)
        self.post_message(self.Changed())

    def choose(self, number: int) -> None:
        """Focus the chart with a number, on whichever page it is; enlarge it where it has the focus already."""
        pictures = self.pictures
        if not 1 <= number <= len(pictures):
            return
        name = pictures[number - 1].name
        panel = self._panel(name)
        if panel.has_focus and not self.zoomed:
            self.zoom(name)
            return
        if self.zoomed:
            self.zoom(name)
        elif name not in [picture.name for picture in self._pages[self._page]]:
            self._page = next(n for n, page in enumerate(self._pages) if name in [p.name for p in page])
            self._place()
            self.draw()
            self.post_message(self.Changed())
        panel.focus()

    def plot_with(self, glyphs: GlyphName) -> None:
        """Draw with other characters."""
        self._glyphs = glyphs
        for panel in self._panels():
            panel.glyphs = glyphs

    # which steps

    def look_at(self, window: Window) -> None:
        """Show another stretch of steps."""
        if window != self.window:
            was_whole, self.window = self.window.whole, window
            if window.whole != was_whole:
                self.fit(self.screen.size)
            else:
                self.draw()
            self.post_message(self.Changed())

    def next_axis(self) -> Axis:
        """Draw over the next axis: steps, their logarithm, time, η·step."""
        self._axis = (self._axis + 1) % len(AXES)
        if not self.subject.counts_steps:
            self.window = Window()
            self.point(None)
        self.draw()
        return self.axis

    def point(self, step: float | None, *, pinned: bool = False) -> None:
        """Put the cursor of every chart at a step; a pinned one stays there while the mouse moves."""
        for panel in self._panels():
            panel.cursor_step, panel.pinned = step, pinned

    @property
    def cursor(self) -> float | None:
        """The step that values are read off at, None without a cursor."""
        return next((panel.cursor_step for panel in self._panels()), None)

    def draw(self) -> None:
        """Draw the charts of the page that is open, all over the same steps."""
        extent = self.extent()
        if extent is None:
            return
        over = self.window.over(*extent)
        hero = self.subject.pictures()[0].name
        for picture in self.shown:
            first = picture.name == hero
            self.subject.draw(
                self._panel(picture.name),
                over,
                self.axis,
                as_ratio=self.as_ratio and first,
                smoothed=self.smoothed,
                preview=self.preview if first else None,
            )

    # how it is laid out

    def _place(self) -> None:
        """Give each chart of the page its place and its number."""
        there = [picture.name for picture in self._pages[self._page]]
        numbers = {picture.name: number for number, picture in enumerate(self.pictures, 1)}
        self.styles.grid_size_columns = COLUMNS
        self.styles.grid_rows = " ".join(f"{weight}fr" for weight in self.arrangement.weights)
        for panel in self._panels():
            panel.display = panel.id in there  # a class would have all of its colours worked out anew
        for slot, name in zip(self.arrangement.slots, there, strict=False):
            panel = self._panel(name)
            panel.styles.column_span, panel.styles.row_span = slot.columns, slot.rows
            panel.number = numbers[name]
        events = self.query_one(EventList)
        events.display = bool(self.arrangement.events)
        events.styles.column_span = max(self.arrangement.events, 1)
        focused = self.screen.focused
        if focused is None or (isinstance(focused, Timeline) and focused.id not in there):
            self._panel(there[0]).focus()

    def _mount_panels(self) -> None:
        """Have a widget for every chart of the run, in order."""
        there = {panel.id: panel for panel in self._panels()}
        events = self.query_one(EventList)
        for picture in self.pictures:
            if picture.name not in there:
                there[picture.name] = self.subject.panel(picture.name)
                there[picture.name].glyphs = self._glyphs
                self.mount(there[picture.name], before=events)
        wanted = [picture.name for picture in self.pictures]
        if [panel.id for panel in self._panels() if panel.id in wanted] != wanted:
            for name in wanted:
                self.move_child(there[name], before=events)

    def _panels(self) -> list[Timeline]:
        return list(self.query(Timeline))

    def _panel(self, name: str) -> Timeline:
        return self.query_one(f"#{name}", Timeline)
