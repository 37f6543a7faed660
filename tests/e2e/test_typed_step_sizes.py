"""A step size is shown as it was typed, wherever it was typed: real trainers and the real command line."""

from __future__ import annotations

from eostui.store import Kind
from tests.e2e.conftest import SMALL, Eostui


def test_a_step_size_is_told_as_it_was_typed(eostui: Eostui) -> None:
    eostui.start("run", "--headless", "--lr", "2/8", "--steps", "1000000", *SMALL)
    eostui.wait_for(lambda run: run.length("train") > 2)
    with eostui.open() as run:
        name = run.name
        assert (run.config["lr"], run.config["lr_typed"]) == (0.25, "2/8")
    assert name.endswith("-2_8")
    changed = eostui("control", name, "lr", "4/10")
    assert changed.stdout.startswith("η = 4/10 (0.4) from step "), changed.stderr
    assert eostui("control", name, "lr", "2/0").stderr.startswith("eostui: '2/0' is not a step size")
    assert eostui("control", name, "stop").returncode == 0
    eostui.wait_for_no_trainer()
    with eostui.open(name) as run:
        reached = run.length("train")

    resumed = eostui("resume", name, "--headless", "--lr", "3/9", "--steps", str(reached + 2))
    assert resumed.returncode == 0, resumed.stderr
    with eostui.open(name) as run:
        events = run.events()
    assert "cannot be read" not in " ".join(str(event.detail) for event in events), "a text is in no checkpoint"
    changes = [event.detail["typed"] for event in events if event.kind == Kind.LR]
    assert changes == ["4/10", "3/9"]
    told = eostui("info", name).stdout
    assert next(line for line in told.splitlines() if line.split()[:1] == ["lr"]).split() == ["lr", "2/8"]
    assert "lr 4/10, previous 2/8" in told
    assert "lr 3/9" in told
    assert "lr_typed" not in told
