"""`eostui plot` draws what is in the run files, the same every time, and says how close each run came."""

from __future__ import annotations

import html
import math
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from eostui.cli import main
from eostui.cli.figure import PALETTE, SHARED
from eostui.cli.run_curves import COLUMNS, thinned
from eostui.cli.shown import Shown
from eostui.cli.x_axis import XAxis
from eostui.config import Measuring
from eostui.instruments.base.scope import Scope
from eostui.instruments.minimalist import MinimalistExample
from eostui.reading.saved import SavedFeed
from eostui.store import EVENTS, FULL_BATCH, TRAIN, RunFile, RunWriter, Status, Table, eigenvalue_table
from tests.reading.runs import instrumented
from tests.reading.saved import EDGE_RUN

Plot = Callable[..., int]
STEPS = 200


@pytest.fixture
def plot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plot:
    """`eostui plot …` in a directory of its own; its exit code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EOSTUI_RUNS", raising=False)

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["eostui", "plot", *arguments])
        return main()

    return run


def _write(
    name: str, *, on: str = "hessian", goal: float = 120.0, threshold: float = 100.0, batch_size: int | None = None
) -> str:
    """A run whose eigenvalue in the table `on` grows evenly to its `goal`."""
    directory = Path("runs") / name
    directory.mkdir(parents=True)
    tables: dict[str, Table] = {table: eigenvalue_table(table, "", 2) for table in ("hessian", "gauss_newton", on)}
    environment = {"threshold": "2/η", "threshold_on": on}
    with RunWriter.create(
        directory / "run.h5",
        name=name,
        config={"batch_size": batch_size},
        environment=environment,
        tables=[TRAIN, FULL_BATCH, EVENTS, *tables.values()] if batch_size else [TRAIN, EVENTS, *tables.values()],
    ) as run:
        for step in range(STEPS):
            run.append(TRAIN.row({"step": step, "lr": 0.02, "threshold": threshold, "loss": 1 / (1 + step)}))
            if step % 10 == 0:
                for table in tables:
                    largest = goal * (step + 10) / STEPS if table == on else 1.0
                    measured = {"step": step, "eigenvalues": [largest, 0.5], "products": 4, "certified": 1}
                    run.append(tables[table].row(measured))
                if batch_size:
                    run.append(FULL_BATCH.row({"step": step, "loss": 2 / (1 + step)}))
        run.set_status(Status.FINISHED)
    return name


def _lines(svg: str, colour: str) -> list[np.ndarray]:
    """The points, (n, 2), of every line of a colour on the axes of an SVG, in the order in which they were drawn."""
    paths = re.findall(rf'<path d="([^"]*)" clip-path[^>]*stroke: {colour}', svg, re.IGNORECASE)
    return [np.array([p.split()[1:] for p in re.findall(r"[ML][^MLz]*", path)], dtype=float) for path in paths]


def _texts(svg: str) -> list[str]:
    """Every text in an SVG."""
    return [html.unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]


def test_each_run_has_a_colour_of_its_own_for_its_sharpness_its_threshold_and_its_loss(plot: Plot) -> None:
    assert plot(_write("first"), _write("second", goal=60, threshold=50), "-o", "both.svg") == 0
    svg = Path("both.svg").read_text()
    for colour, goal, level in ((PALETTE[0], 120, 100), (PALETTE[1], 60, 50)):
        sharpness, threshold, loss = _lines(svg, colour)
        # heights go downwards; the axis is linear, so two known values give the height of any other
        per_unit = (sharpness[0, 1] - sharpness[-1, 1]) / (goal - goal / 20)
        assert sharpness[0, 1] - threshold[0, 1] == pytest.approx(per_unit * (level - goal / 20), rel=1e-3)
        assert threshold[-1, 0] == pytest.approx(loss[-1, 0])
    # each threshold, and the one in the legend
    assert len(re.findall(r"stroke-dasharray", svg)) == 3
    said = {"first, η = 0.02", "second, η = 0.02", "2/η", "step", "sharpness", "training loss"}
    assert said <= set(_texts(svg))
    assert re.search(r'id="patch_1">\s*<path d="[^"]*" style="fill: #ffffff"', svg)


def test_a_threshold_that_runs_share_has_the_colour_of_none_of_them(plot: Plot) -> None:
    assert plot(_write("first"), _write("second", goal=60), "-o", "both.svg") == 0
    svg = Path("both.svg").read_text()
    assert [len(_lines(svg, colour)) for colour in (*PALETTE[:2], SHARED)] == [2, 2, 2]


def _ends(plot: Plot, name: str, *arguments: str) -> tuple[np.ndarray, np.ndarray]:
    """Sharpness and loss of a run in a figure that is drawn with some arguments, each (n, 2)."""
    assert plot(name, *arguments, "-o", "figure.svg") == 0
    sharpness, _, loss = _lines(Path("figure.svg").read_text(), PALETTE[0])
    return sharpness, loss


def test_some_steps_are_drawn_alone(plot: Plot) -> None:
    _write("demo")
    sharpness, loss = _ends(plot, "demo", "--steps", "50:120")
    assert (len(sharpness), len(loss)) == (8, 71)
    assert [len(_ends(plot, "demo", "--steps", steps)[0]) for steps in (":120", "50:", "0:199")] == [13, 15, 20]


def test_over_the_time_and_over_the_sum_of_step_sizes_each_step_has_its_place() -> None:
    with RunFile.open(EDGE_RUN) as file:
        feed = SavedFeed(file)
    train = feed.series["train"]
    steps = np.array([0, 1, 500, 501, 600])
    assert Shown(x=XAxis.STEP).place(feed, steps).tolist() == steps.tolist()
    np.testing.assert_array_equal(Shown(x=XAxis.TIME).place(feed, steps), train["time"][steps])
    places = Shown(x=XAxis.ETA_STEP).place(feed, steps)
    np.testing.assert_allclose(places, [train["lr"][:step].sum() for step in steps])
    assert places[1] == pytest.approx(2 / 12)


@pytest.mark.parametrize(("x", "label"), [("time", "time (s)"), ("eta-step", "η · step")])
def test_the_axis_says_what_it_is(plot: Plot, x: str, label: str) -> None:
    assert plot(str(EDGE_RUN), "--x", x, "-o", "edge.svg") == 0
    assert label in _texts(Path("edge.svg").read_text())


def test_a_ratio_is_drawn_against_one(plot: Plot) -> None:
    assert plot(_write("demo"), "--ratio", "-o", "ratio.svg") == 0
    svg = Path("ratio.svg").read_text()
    ratio, threshold, _ = _lines(svg, PALETTE[0])
    per_unit = (ratio[0, 1] - ratio[-1, 1]) / (1.2 - 0.06)
    assert ratio[0, 1] - threshold[0, 1] == pytest.approx(per_unit * (1 - 0.06), rel=1e-3)
    assert "sharpness ÷ threshold" in _texts(svg)


def test_a_ratio_to_a_threshold_of_another_matrix_is_refused(plot: Plot, capsys: pytest.CaptureFixture[str]) -> None:
    assert plot(_write("adam", on="preconditioned"), "--ratio", "--table", "hessian") == 2
    assert "--ratio" in capsys.readouterr().err


def test_tracked_values_are_drawn_too(plot: Plot) -> None:
    path = Path("runs/demo/run.h5")
    path.parent.mkdir(parents=True)
    instrumented(100).write(path)
    assert plot("demo", "-o", "demo.svg") == 0
    sharpness, _, _ = _lines(Path("demo.svg").read_text(), PALETTE[0])
    assert len(sharpness) == 100


def test_a_step_size_that_was_changed_is_in_the_legend(plot: Plot) -> None:
    assert plot(str(EDGE_RUN), "-o", "edge.svg") == 0
    assert "edge, η = 2/12 → 0.1" in _texts(Path("edge.svg").read_text())


def test_an_own_style_has_the_last_word(plot: Plot) -> None:
    Path("mine.mplstyle").write_text("axes.prop_cycle: cycler('color', ['123456'])\nlines.linewidth: 3\n")
    assert plot(_write("demo"), "--style", "mine.mplstyle", "-o", "demo.svg") == 0
    assert len(_lines(Path("demo.svg").read_text(), "#123456")) == 3


def test_a_pdf_has_fonts_that_journals_take(plot: Plot) -> None:
    assert plot(_write("demo"), "-o", "demo.pdf") == 0
    picture = Path("demo.pdf").read_bytes()
    assert b"/Type3" not in picture
    assert b"/TrueType" in picture or b"/CIDFontType2" in picture


def test_a_legend_of_long_names_stays_within_the_figure(plot: Plot) -> None:
    assert plot(*(_write(f"a-name-that-says-all-about-the-run-{i}") for i in range(5)), "-o", "long.svg") == 0
    svg = Path("long.svg").read_text()
    width = float(re.search(r'viewBox="0 0 ([\d.]+) ', svg)[1])  # type: ignore[index]
    places = re.findall(r'<text[^>]* x="([\d.-]+)"[^>]*>a-name', svg)
    assert len(places) == 5
    assert all(0 < float(place) < 0.8 * width for place in places)


def test_how_close_each_run_came_is_printed(plot: Plot, capsys: pytest.CaptureFixture[str]) -> None:
    assert plot(_write("first"), _write("second", goal=60), "--label", "large", "--label", "small") == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "large: sharpness ÷ 2/η: mean 1.110 from step 160 on, where it first was 1 or more; 1.020 to 1.200 (step 190)",
        "small: sharpness ÷ 2/η: below 1 throughout, at most 0.600 (step 190)",
    ]
    assert said.err == "first.svg\n"
    assert "large" in _texts(Path("first.svg").read_text())


def test_info_says_the_same(plot: Plot, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert plot(_write("demo")) == 0
    said = capsys.readouterr().out.removeprefix("demo: ")
    monkeypatch.setattr(sys, "argv", ["eostui", "info", "demo"])
    assert main() == 0
    assert " ".join(said.split()) in " ".join(capsys.readouterr().out.split())


def test_without_a_run_it_is_the_newest_and_an_old_figure_gives_way(plot: Plot) -> None:
    _write("demo")
    Path("demo.svg").write_text("an older figure")
    assert plot() == 0
    assert Path("demo.svg").read_text().startswith("<?xml")


@pytest.mark.parametrize(("suffix", "magic"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_the_same_run_gives_the_same_bytes(plot: Plot, suffix: str, magic: bytes) -> None:
    for name in ("one", "two"):
        assert plot(str(EDGE_RUN), "-o", f"deep/{name}.{suffix}") == 0
    first = Path(f"deep/one.{suffix}").read_bytes()
    assert first.startswith(magic)
    assert first == Path(f"deep/two.{suffix}").read_bytes()


def test_an_adaptive_optimizer_is_drawn_with_what_its_threshold_is_for(plot: Plot) -> None:
    assert plot(_write("adam", on="preconditioned"), "-o", "adam.svg") == 0
    svg = Path("adam.svg").read_text()
    assert "preconditioned sharpness" in _texts(svg)
    assert len(_lines(svg, PALETTE[0])) == 3


def test_its_hessian_has_no_threshold(plot: Plot) -> None:
    assert plot(_write("adam", on="preconditioned"), "--table", "hessian", "-o", "adam.svg") == 0
    eigenvalue, loss = _lines(Path("adam.svg").read_text(), PALETTE[0])
    assert len(eigenvalue) < len(loss)


def test_each_table_asked_for_has_a_panel(plot: Plot) -> None:
    assert plot(_write("demo"), "--table", "hessian", "--table", "gauss_newton", "-o", "demo.svg") == 0
    svg = Path("demo.svg").read_text()
    assert "sharpness" in _texts(svg)
    assert "top eigenvalue of Gauss–Newton" in _texts(svg)


def test_a_plane_has_a_panel_of_its_own_above_those_over_the_step(plot: Plot) -> None:
    for name in ("one", "other"):
        directory = Path("runs") / name
        directory.mkdir(parents=True)
        path = MinimalistExample.table(Scope(Measuring()))
        config = {"optimizer": "gd"}
        tables = [TRAIN, EVENTS, path, eigenvalue_table("hessian", "", 1)]
        with RunWriter.create(
            directory / "run.h5", name=name, config=config, environment={"threshold": "2/η"}, tables=tables
        ) as run:
            for step in range(STEPS):
                run.append(TRAIN.row({"step": step, "lr": 0.01, "threshold": 200.0, "loss": 1 / (1 + step)}))
                d = 1e200 if step == 7 else 0.9 + 0.2 * (step % 2)
                run.append(path.row({"step": step, "x": 12.0, "y": d / 12, "d": d, "stability": 2.5 - step / 1000}))
    assert plot("one", "other", "-o", "plane.svg", "--table", "minimalist", "--table", "hessian") == 0
    figure = Path("plane.svg").read_text()
    assert figure.count("<image") == 1  # all points in one picture
    assert {"ηS", "d", "sharpness", "training loss", "step"} <= set(re.findall(r"<text[^>]*>([^<]+)</text>", figure))
    # The first figure of a process may be laid out a hair otherwise: matplotlib measures texts anew there.
    again = []
    for name in ("again.svg", "once-more.svg"):
        assert plot("one", "other", "-o", name, "--table", "minimalist", "--table", "hessian") == 0
        again.append(Path(name).read_text())
    assert again[0] == again[1]


def test_with_minibatches_the_loss_is_that_of_all_examples(plot: Plot) -> None:
    assert plot(_write("sgd", batch_size=8), "-o", "sgd.svg") == 0
    sharpness, threshold, loss = _lines(Path("sgd.svg").read_text(), PALETTE[0])
    assert loss[-1, 0] == sharpness[-1, 0] < threshold[-1, 0]


def test_many_points_keep_their_extremes_in_as_many_as_there_are_pixels() -> None:
    steps = np.arange(100_000.0)
    values = np.sin(steps)
    values[[12_345, 54_321]] = 7, -7
    x, y = thinned((steps, values))
    assert len(x) <= 2 * COLUMNS
    assert {12_345, 54_321} <= set(x)
    assert (y == values[x.astype(int)]).all()


def test_a_gap_stays_a_gap() -> None:
    steps = np.arange(100_000.0)
    values = np.ones(100_000)
    values[50_000] = math.nan
    assert np.isnan(thinned((steps, values))[1]).sum() == 1


def test_a_diverging_run_is_cut_off_and_said_to_be(plot: Plot) -> None:
    assert plot(_write("wild", goal=1e9), _write("tame"), "-o", "both.svg") == 0
    assert "cut off above 200" in _texts(Path("both.svg").read_text())


def test_a_name_from_elsewhere_is_drawn_as_it_is(plot: Plot) -> None:
    """Neither as mathematics nor, for its underscore, not at all."""
    assert plot(_write("demo"), "--label", "_$\\frac$", "--title", "100 $ & $\\x$") == 0
    assert "_$\\frac$" in _texts(Path("demo.svg").read_text())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["demo", "-o", "demo.bmp"], ["demo.bmp", ".svg"]),
        (["demo", "-o", "demo"], ["--output", ".svg"]),
        (["demo", "--label", "a", "--label", "b"], ["--label", "2", "1"]),
        (["demo", "--table", "hesian"], ["hesian", "hessian"]),
        (["demo", "--table", "train"], ["train", "no eigenvalues", "hessian, gauss_newton"]),
        (["dmeo"], ["dmeo", "demo"]),
        (["demo", "-o", "demo/run.svg"], ["demo"]),
        (["demo", "--steps", "20"], ["--steps", "20", "100:500"]),
        (["demo", "--steps", "50:20"], ["--steps", "50:20"]),
        (["demo", "--steps", "a:b"], ["--steps", "a:b"]),
        (["demo", "--style", "none.mplstyle"], ["--style", "none.mplstyle"]),
    ],
    ids=" ".join,
)
def test_what_cannot_be_drawn_gets_one_line(
    plot: Plot, capsys: pytest.CaptureFixture[str], arguments: list[str], words: list[str]
) -> None:
    _write("demo")
    Path("demo").write_text("a file, where a directory is wanted")
    assert plot(*arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert all(word in line for word in words), line
    assert not list(Path().glob("*.svg"))


def test_without_matplotlib_the_remedy_is_named(tmp_path: Path) -> None:
    (tmp_path / "matplotlib.py").write_text("raise ImportError('no matplotlib here')\n")
    done = subprocess.run(
        [sys.executable, "-m", "eostui", "plot", str(EDGE_RUN)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "eostui: plot needs matplotlib: install it with `pip install 'eostui[plot]'`\n"
