"""`eostui attach`: come back to a run that is still going."""

from __future__ import annotations

from eostui.cli.options import DEFAULT_RUNS_DIR, NewestRunning, RunsDir, Theme


def attach(run: NewestRunning = None, theme: Theme = None, runs_dir: RunsDir = DEFAULT_RUNS_DIR) -> int:
    """Open the dashboard on a run that is still being trained.

    Examples:

    - `eostui attach` (the newest run that is going)
    - `eostui attach digits-tanh-2_12`
    """
    from eostui.cli.terminal import require_terminal
    from eostui.cli.watch import preferences, watch
    from eostui.link.address import LinkError, is_live
    from eostui.link.client import LinkClient
    from eostui.reading.live import LiveFeed
    from eostui.store import find_run, list_runs

    if run is None:
        live = (path for path in list_runs(runs_dir) if is_live(path.parent))
        path = next(live, None) or find_run(None, runs_dir)
    else:
        path = find_run(run, runs_dir)
    directory = path.parent
    require_terminal("`eostui info` and `eostui export` need none")
    chosen = preferences(theme)
    try:
        client = LinkClient.to_run(directory)
    except LinkError as error:
        raise LinkError(f"{error}; watch what it left: eostui replay {directory}") from None
    return watch(LiveFeed(client, directory), chosen)
