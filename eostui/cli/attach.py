"""`eostui attach`: come back to a run that is still going."""

from __future__ import annotations

from eostui.cli.options import DEFAULT_RUNS_DIR, NewestRunning, RunsDir, Theme


def attach(run: NewestRunning = None, theme: Theme = None, runs_dir: RunsDir = DEFAULT_RUNS_DIR) -> int:
    """Open the dashboard on a run that is still being trained.

    A run that is trained on another machine, which shares the files, is followed by its file, and commands go as files.

    Examples:

    - `eostui attach` (the newest run that is going)
    - `eostui attach digits-tanh-2_12`
    """
    from eostui.cli.terminal import require_terminal
    from eostui.cli.watch import preferences, watch
    from eostui.link.address import LinkError
    from eostui.link.followed import followed
    from eostui.link.live_runs import find_live
    from eostui.reading.live import LiveFeed
    from eostui.reading.reach import reach
    from eostui.store import RUN_FILE, open_run

    directory = find_live(run, runs_dir)
    if (path := directory / RUN_FILE).exists():  # a trainer that is alive need not be who has written it
        followed(path, open_run).close()
    require_terminal("`eostui info` and `eostui export` need none")
    chosen = preferences(theme)
    try:
        client = reach(directory)
    except LinkError as error:
        raise LinkError(
            f"{error}; go on with it: eostui resume {directory}, or watch it again: eostui replay {directory}"
        ) from None
    return watch(LiveFeed(client, directory), chosen)
