"""The best way there is to a run's trainer: its socket, else its files."""

from __future__ import annotations

from pathlib import Path

from eostui.link.address import has_socket, life_of
from eostui.link.client import LinkClient
from eostui.link.heartbeat import Life
from eostui.reading.follower import Follower
from eostui.store import By


def reach(directory: Path, by: By = By.VIEWER) -> LinkClient | Follower:
    """A connection to the trainer of a run, or its file where the trainer is on another machine or has no socket.

    `by` is who asks. Raises `LinkError` where no trainer is alive, or it can take nobody in.
    """
    life = life_of(directory)
    if life in (Life.ELSEWHERE, Life.SILENT) or (life is Life.ALIVE and not has_socket(directory)):
        return Follower(directory, by)
    return LinkClient.to_run(directory, by)
