"""What a viewer is told on the way to the first measurement."""

from __future__ import annotations

from pathlib import Path

from eostui.link.client import LinkClient
from eostui.link.messages import Ended, Phase
from eostui.trainer.launch import launch
from eostui.trainer.plan import plan_run
from eostui.trainer.stage import Stage


def test_the_stages_come_one_after_the_other_and_are_over_at_step_1(tmp_path: Path) -> None:
    config = plan_run({"steps": 3, "eigs": 1, "eig_samples": 200, "track": (), "threads": 1})
    launched = launch(config, name="demo", runs_dir=tmp_path)
    client = LinkClient.to_run(launched.directory)
    phases: list[Phase] = []
    while not client.closed:
        for message in client.take(timeout=0.2):
            assert not isinstance(message, Ended) or message.code == 0
            if isinstance(message, Phase):
                phases.append(message)
    launched.process.wait()
    client.close()
    stages = [phase.stage for phase in phases if phase.stage is not None]
    assert stages == sorted(stages)
    assert set(stages) == set(range(len(Stage)))
    assert all(phase.stages == list(Stage) for phase in phases if phase.stage is not None)
    assert phases[-1] == Phase("")
