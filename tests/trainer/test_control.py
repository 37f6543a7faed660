"""Commands wait for the gap between two steps."""

from __future__ import annotations

from pathlib import Path

from eostui.link.address import listen
from eostui.link.client import LinkClient
from eostui.link.server import LinkServer
from eostui.link.verb import Verb
from eostui.trainer.control import Control


def test_what_a_paused_run_waits_for_a_command_is_known_and_nothing_else(tmp_path: Path) -> None:
    server = LinkServer(listen(tmp_path))
    control = Control(server, paused=True)
    assert control.next_command() is None
    assert control.waited == 0.0
    assert control.next_command(0.2) is None
    assert 0.2 <= control.waited < 1.0
    client = LinkClient.to_run(tmp_path)
    client.send(Verb.RESUME)
    asked = control.next_command(5.0)
    assert asked is not None
    assert asked.command.verb is Verb.RESUME
    assert control.waited < 2.0
    client.close()
    server.close()
