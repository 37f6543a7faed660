"""`eostui control`: a script's way to do what a key does."""

from __future__ import annotations

from typing import Annotated

import typer

from eostui.cli.options import DEFAULT_RUNS_DIR, RunningRun, RunsDir, trackable
from eostui.config import ConfigError, parse_step_size, typed_text
from eostui.link.verb import Verb

TAKES = {
    Verb.LR: "a step size, such as `lr 2/300`",
    Verb.NOTE: 'a text, such as `note "the loss jumps here"`',
    Verb.TRACK: "an instrument, such as `track trace`",
    Verb.UNTRACK: "an instrument, such as `untrack trace`",
    Verb.FLOW: "flows, such as `flow central,gradient`, or `flow none`",
}
"""The verbs that take a value, and what it is."""


def _instruments(context: typer.Context, incomplete: str) -> list[str]:
    """Names of instruments, after the verbs that take one."""
    return trackable(incomplete) if context.params.get("verb") in (Verb.TRACK, Verb.UNTRACK) else []


def control(
    run: RunningRun,
    verb: Annotated[Verb, typer.Argument(help="What the trainer shall do between two steps.")],
    value: Annotated[
        str | None,
        typer.Argument(
            metavar="[X]",
            autocompletion=_instruments,
            help="The new step size for `lr`, the text for `note`, an instrument for `track` and `untrack`, "
            "flows for `flow`.",
        ),
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for the trainer's answer.")] = 600.0,
    runs_dir: RunsDir = DEFAULT_RUNS_DIR,
) -> None:
    """Steer a run that is being trained, and wait until it has done so.

    Examples:

    - `eostui control demo pause`
    - `eostui control demo lr 2/300`
    - `eostui control demo note "the loss jumps here"`
    - `eostui control demo track trace`
    - `eostui control demo flow central,gradient`
    - `eostui control demo stop`
    """
    from eostui.link.address import LinkError
    from eostui.link.live_runs import find_live
    from eostui.link.withdraw import has_begun, interrupt
    from eostui.reading.reach import reach
    from eostui.store import By

    argument = _argument(verb, value)
    directory = find_live(run, runs_dir)
    client = reach(directory, By.SCRIPT)
    if verb is Verb.STOP and not has_begun(directory) and interrupt(directory):
        print(client.last_word(timeout))
        client.close()
        return
    try:
        answer = client.request(verb, argument, timeout)
        if answer.ok:
            print(answer.text, flush=True)
        if answer.ok and verb is Verb.STOP:
            print(client.last_word(timeout))
    finally:
        client.close()
    if not answer.ok:
        raise LinkError(answer.text)


def _argument(verb: Verb, value: str | None) -> float | str | None:
    """What goes with a verb. Raises `ConfigError` for a value too many, one too few, and what is no step size."""
    if value is None and verb in TAKES:
        raise ConfigError(f"`{verb}` takes {TAKES[verb]}")
    if value is not None and verb not in TAKES:
        raise ConfigError(f"`{verb}` takes no value, and {value!r} is one; {', '.join(TAKES)} take one")
    if verb is Verb.LR and value is not None:
        lr = parse_step_size(value)
        return typed_text(lr) or lr
    return value
