"""Where a run stands, as the parts of the status line."""

from __future__ import annotations

import math

from eostui.dashboard.widgets.status_line import Part, Standing
from eostui.reading.feed import Feed
from eostui.reading.numbers import format_value, percentage
from eostui.reading.present_sharpness import PresentSharpness
from eostui.reading.progress import Progress
from eostui.reading.regime import Regime, present_regime
from eostui.reading.step_size import StepSize, step_size_text
from eostui.store import TRAIN

_STATUS_STYLES = {
    "running": "running",
    "paused": "paused",
    "finished": "ended",
    "stopped": "ended",
    "diverged": "failed",
    "failed": "failed",
    "died": "failed",
}
_REGIME_STYLES = {
    Regime.EDGE: "edge",
    Regime.ABOVE: "above",
    Regime.DIVERGING: "above",
    Regime.SHARPENING: "sharpening",
}
_SETTINGS = ("arch", "data", "loss", "optimizer")


def standing_of(feed: Feed, state: str, note: str) -> Standing:
    """What the status line says of a feed.

    state: what the run does, or what a replay of it does. note: what the screen itself has to say, such as its page.
    """
    present = PresentSharpness.of(feed) if feed.series else None
    comparable = feed.threshold.exists and present is not None and not math.isnan(present.ratio)
    ratio = present.ratio if comparable and present else None
    return Standing(_regime(feed), ratio, _doing(feed, state), _has(feed, note))


def _regime(feed: Feed) -> Part:
    if not feed.series or feed.step < 0:
        return Part.of("STARTING" if feed.status in ("starting", "running") else feed.status.upper(), "regime")
    regime = present_regime(feed)
    return Part.of(regime.word.upper(), _REGIME_STYLES.get(regime, "regime"))


def _doing(feed: Feed, state: str) -> list[Part]:
    """The state, the step, and the name of the run."""
    parts = []
    if feed.step >= 0 or state not in ("starting", "running"):
        running = "● " * (state == "running")
        parts.append(Part.of(f"{running}{state}", _STATUS_STYLES.get(state, "note")))
    if feed.step >= 0:
        parts += _step(feed, going_on=state == "running")
    parts.append(Part.of(f"[{feed.name}]", "label", rank=4))
    return parts


def _step(feed: Feed, *, going_on: bool) -> list[Part]:
    """The step, of how many, and the time left."""
    progress = Progress.of(feed)
    number = (("step ", "label"), (f"{progress.step:,}", "value"))
    if progress.total is None or progress.total <= progress.step:
        return [Part(number, rank=1)]
    parts = [Part((*number, (f" of {progress.total:,}", "label")), rank=1, short=number)]
    if going_on and progress.text:
        parts.append(Part.of(progress.text, "value", rank=3))
    return parts


def _has(feed: Feed, note: str) -> list[Part]:
    """The second line: what is trained, with which step size, the present values, what goes on, and what the screen has
    to say."""
    parts = []
    if feed.step >= 0:
        parts += [_step_size(feed), *_values(feed)]
    settings = " · ".join(str(feed.config[name]) for name in _SETTINGS if feed.config.get(name))
    if settings:
        parts.insert(0, Part.of(settings, "label", rank=5))
    if note:
        parts.insert(0, Part.of(note, "note", rank=1))
    going_on = feed.pending or feed.behind or feed.activity
    aside = feed.cadence if feed.step >= 0 else ""
    if going_on or aside:
        parts.append(Part.of(going_on or aside, "activity" if going_on else "label", rank=2 if going_on else 6))
    return parts


def _step_size(feed: Feed) -> Part:
    present = StepSize.of(feed)
    size = (("η ", "label"), (step_size_text(present.lr), "value"))
    if present.formula is None or not math.isfinite(present.threshold):
        return Part(size)
    edge = (f" → edge {present.formula} = ", "label"), (format_value(present.threshold), "threshold")
    brief = (" → edge ", "label"), (format_value(present.threshold), "threshold")
    return Part((*size, *edge), rank=3, short=(*size, *brief))


def _values(feed: Feed) -> list[Part]:
    train = feed.series[TRAIN.name]
    parts = [Part((("loss ", "label"), (format_value(train.last("loss")), "value")), rank=1)]
    if "accuracy" in train and not math.isnan(train.last("accuracy")):
        parts.append(Part((("acc ", "label"), (percentage(train.last("accuracy")), "value")), rank=4))
    progress = Progress.of(feed)
    if math.isfinite(progress.rate):
        rate = ((format_value(progress.rate, 2), "value"), (" steps/s", "label"))
        share = f", {100 * progress.measuring:.0f} % of it measuring" if math.isfinite(progress.measuring) else ""
        parts.append(Part((*rate, (share, "label")), rank=5, short=rate))
    return parts
