"""`eostui control`: a script's way to do what a key does."""

from __future__ import annotations

from typing import Annotated

import typer

from eostui.cli.options import DEFAULT_RUNS_DIR, NamedRun, RunsDir
from eostui.config import ConfigError, parse_step_size
from eostui.link.verb import Verb


def control(
    run: NamedRun,
    verb: Annotated[Verb, typer.Argument(help="What the trainer shall do between two steps.")],
    value: Annotated[str | None, typer.Argument(metavar="[X]", help="The new step size, for `lr`.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for the trainer's answer.")] = 600.0,
    runs_dir: RunsDir = DEFAULT_RUNS_DIR,
) -> None:
    """Steer a run that is being trained, and wait until it has done so.

    Examples:

    - `eostui control demo pause`
    - `eostui control demo lr 2/300`
    - `eostui control demo stop`
    """
    from eostui.link.address import LinkError
    from eostui.link.client import LinkClient
    from eostui.store import find_run

    if (verb is Verb.LR) != (value is not None):
        raise ConfigError("`lr` takes a step size, such as `lr 2/300`, and nothing else takes a value")
    argument = None if value is None else parse_step_size(value)
    client = LinkClient.to_run(find_run(run, runs_dir).parent)
    try:
        answer = client.request(verb, argument, timeout)
    finally:
        client.close()
    if not answer.ok:
        raise LinkError(answer.text)
    print(answer.text)
