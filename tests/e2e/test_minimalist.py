"""The minimalist example as whole runs: where they end, and what is drawn of them."""

from __future__ import annotations

import numpy as np
import pytest

from eostui.reading.charts import pictures_of
from eostui.reading.phase import PhasePicture
from eostui.reading.saved import SavedFeed
from tests.e2e.conftest import Eostui


def test_a_run_ends_at_the_sharpness_that_is_known_and_its_path_is_drawn(eostui: Eostui) -> None:
    lr, step, sharpness = 0.01, 500, 184.32927
    done = eostui(
        "run", "--headless", "--arch", "minimalist:9.6,.12", "--lr", str(lr), "--steps", str(step + 1), "--eig-every",
        "500", "--track", "none", "--threads", "1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with eostui.open() as run:
        eigenvalues, path, loss = run.read("hessian"), run.read("minimalist"), run.read("train")["loss"]
        feed = SavedFeed(run)
    assert eigenvalues["step"][-1] == step
    assert eigenvalues["eigenvalues"][-1, 0] == pytest.approx(sharpness, abs=1e-5)
    assert path["d"] == pytest.approx(path["x"] * path["y"])
    assert 0.5 * (1 - path["d"] ** 2) ** 2 == pytest.approx(loss, abs=1e-12)
    assert path["stability"] == pytest.approx(2 * lr * np.hypot(path["x"] ** 2 - path["y"] ** 2, 2))
    assert path["stability"][-1] == pytest.approx(lr * sharpness, rel=1e-6)
    (picture,) = (picture for picture in pictures_of(feed) if isinstance(picture, PhasePicture))
    backdrop = picture.backdrop(feed)
    assert backdrop.across.min() <= path["stability"].min()
    assert backdrop.across.max() >= path["stability"].max()
    assert picture.path(feed, (10, 20)).steps.tolist() == list(range(10, 21))


def test_a_run_that_begins_too_far_out_diverges(eostui: Eostui) -> None:
    done = eostui("run", "--headless", "--arch", "minimalist:14.5,.02", "--steps", "50", "--track", "none")
    assert done.returncode == 1
    with eostui.open() as run:
        assert 2 < len(run.read("train")["step"]) <= 13
