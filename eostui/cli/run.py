"""`eostui run`: train in the background, watch in the dashboard."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eostui.cli.options import DEFAULT_RUNS_DIR, RunsDir, names_of
from eostui.config import SCHEDULES, ConfigError, RunConfig, parse_step_size

_WHAT, _HOW, _LONG, _MEASURE, _WHERE = "What is trained", "How", "For how long", "What is measured", "Where"


def run(
    arch: Annotated[
        str | None,
        typer.Option(
            help="Architecture by name, or your own as `module:function` or `file.py:function`: "
            "a function that returns an nn.Module.",
            autocompletion=names_of("archs"),
            rich_help_panel=_WHAT,
        ),
    ] = None,
    width: Annotated[
        int | None,
        typer.Option(
            help="Units, channels or features of a layer, for the architectures that have it to choose.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    depth: Annotated[
        int | None,
        typer.Option(help="Layers or blocks, for the architectures that have it to choose.", rich_help_panel=_WHAT),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            help="Data set by name, with -N or -Cc for its first examples or classes (cifar10-300, cifar10-1k-4c), "
            "a text file (`file.txt`, `file.txt:words`), or your own: a function that returns (x, y) or "
            "((x, y), (x_test, y_test)); x is a tensor, or a dictionary of them for a model with several inputs.",
            autocompletion=names_of("datasets"),
            rich_help_panel=_WHAT,
        ),
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(
            help="mse, ce, logistic, or your own: f(outputs, targets) -> mean loss; "
            "`model` where the model itself returns the loss.",
            autocompletion=names_of("losses"),
            rich_help_panel=_WHAT,
        ),
    ] = None,
    optimizer: Annotated[
        str,
        typer.Option(
            help="gd, momentum, nesterov, sgd, adam, adamw, nadam, rmsprop, adagrad or scalar-rmsprop.",
            autocompletion=names_of("optimizers"),
            rich_help_panel=_HOW,
        ),
    ] = "gd",
    lr: Annotated[
        str | None,
        typer.Option(metavar="ETA", help="Step size η: 0.02, or a fraction such as 2/100.", rich_help_panel=_HOW),
    ] = None,
    lr_schedule: Annotated[
        str,
        typer.Option(
            metavar="SCHEDULE",
            help=f"{SCHEDULES}. A step size that you set by hand overrides it from then on.",
            rich_help_panel=_HOW,
        ),
    ] = RunConfig.lr_schedule,
    batch_size: Annotated[
        int | None,
        typer.Option(
            help="Examples in a step: minibatch training, reshuffled every epoch [all].", rich_help_panel=_HOW
        ),
    ] = None,
    momentum: Annotated[
        float | None, typer.Option(help="Momentum μ [0.9; sgd and rmsprop 0].", rich_help_panel=_HOW)
    ] = None,
    beta1: Annotated[
        float | None, typer.Option(help="Decay β₁ of the mean of gradients [0.9].", rich_help_panel=_HOW)
    ] = None,
    beta2: Annotated[
        float | None,
        typer.Option(help="Decay β₂ of the mean of squared gradients [0.999; rmsprop 0.99].", rich_help_panel=_HOW),
    ] = None,
    eps: Annotated[
        float | None, typer.Option(help="ε, added to the root of the mean square.", rich_help_panel=_HOW)
    ] = None,
    weight_decay: Annotated[
        float | None,
        typer.Option(
            help="Weight decay w, coupled: the gradient of ½w‖θ‖², which is not part of the loss shown; "
            "adamw's is decoupled.",
            rich_help_panel=_HOW,
        ),
    ] = None,
    decoupled: Annotated[
        bool, typer.Option("--decoupled", help="Decouple the weight decay: θ ← (1 − ηw)θ.", rich_help_panel=_HOW)
    ] = False,
    centered: Annotated[
        bool, typer.Option("--centered", help="rmsprop: divide by the standard deviation.", rich_help_panel=_HOW)
    ] = False,
    steps: Annotated[
        int | None,
        typer.Option(help="Number of updates; without it the run goes on until stopped.", rich_help_panel=_LONG),
    ] = None,
    until_loss: Annotated[
        float | None,
        typer.Option(help="Finish when the training loss is at most this.", rich_help_panel=_LONG),
    ] = None,
    until_accuracy: Annotated[
        float | None,
        typer.Option(help="Finish when the training accuracy is at least this.", rich_help_panel=_LONG),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            help="Seed of the weights, of the random numbers at every step (dropout), and of data that you draw "
            "yourself, which come from another stream.",
            rich_help_panel=_HOW,
        ),
    ] = 0,
    device: Annotated[
        str,
        typer.Option(help="auto, cpu, cuda, cuda:1 or mps; auto takes a GPU where there is one.", rich_help_panel=_HOW),
    ] = "auto",
    dtype: Annotated[str, typer.Option(help="float32 or float64.", rich_help_panel=_HOW)] = "float32",
    physical_batch: Annotated[
        int | None,
        typer.Option(
            help="Examples that go through the network at once: bounds the memory and changes no result, except with "
            "batch norm, which normalises each physical batch by itself (ghost batches, as in the papers). Refused "
            "where the loss is neither a mean nor a sum over examples, as with class weights.",
            rich_help_panel=_HOW,
        ),
    ] = None,
    eigs: Annotated[
        int, typer.Option(help="How many eigenvalues to follow.", rich_help_panel=_MEASURE)
    ] = RunConfig.eigs,
    eig_every: Annotated[
        int | None, typer.Option(help="Measure every so many steps.", rich_help_panel=_MEASURE)
    ] = None,
    eig_tol: Annotated[
        float,
        typer.Option(help="Largest estimated error of an eigenvalue, relative to |λ₁|.", rich_help_panel=_MEASURE),
    ] = RunConfig.eig_tol,
    eig_above: Annotated[
        float | None,
        typer.Option(
            help="Follow every eigenvalue above this share of the stability threshold, up to 10 of them; "
            f"inf follows --eigs only [{RunConfig.eig_above}].",
            rich_help_panel=_MEASURE,
        ),
    ] = None,
    measure_share: Annotated[
        float | None,
        typer.Option(
            help="Measure less often than asked where measuring would take more than this share of the time, "
            "such as 0.3; the events say how often it is [no limit].",
            rich_help_panel=_MEASURE,
        ),
    ] = None,
    graph_memory: Annotated[
        float,
        typer.Option(
            metavar="GIB",
            help="Memory for the graphs of a measurement: what does not fit is built anew for every product, "
            "which takes about twice the time. 0 keeps nothing.",
            rich_help_panel=_MEASURE,
        ),
    ] = RunConfig.graph_memory,
    search_dtype: Annotated[
        str,
        typer.Option(
            help="auto tries whether products in bfloat16 make the search for eigenvectors faster, and has them "
            "compiled in the background in a long run; exact ones give the eigenvalues anyway. float32 does without: "
            "the same eigenvalues to the last bit in every run.",
            rich_help_panel=_MEASURE,
        ),
    ] = RunConfig.search_dtype,
    products: Annotated[
        str,
        typer.Option(
            help="Where curvature comes from: auto takes autograd's second derivatives where they agree with "
            "differences of gradients on a few examples, and else the differences, whose errors are larger and said. "
            "autograd and differences take just that; what has failed the check is then not certified.",
            rich_help_panel=_MEASURE,
        ),
    ] = RunConfig.products,
    eig_samples: Annotated[
        int | None, typer.Option(help="Measure curvature on the first N examples.", rich_help_panel=_MEASURE)
    ] = None,
    track: Annotated[
        str | None,
        typer.Option(
            help="More instruments, with commas between, or `none` [gauss-newton,tracked]; "
            "`eostui list instruments` has them, with what each costs.",
            rich_help_panel=_MEASURE,
        ),
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            envvar="EOSTUI_DATA",
            help="Where data lives and is downloaded to [~/.local/share/eostui].",
            rich_help_panel=_WHERE,
        ),
    ] = None,
    threads: Annotated[int | None, typer.Option(help="Processor threads for torch.", rich_help_panel=_HOW)] = None,
    checkpoint_every: Annotated[
        int | None, typer.Option(help="Write a checkpoint every so many steps.", rich_help_panel=_WHERE)
    ] = None,
    name: Annotated[str | None, typer.Option(help="The run's name.", rich_help_panel=_WHERE)] = None,
    runs_dir: RunsDir = DEFAULT_RUNS_DIR,
    headless: Annotated[
        bool,
        typer.Option("--headless", help="No dashboard: a progress line, or plain lines where stdout is no terminal."),
    ] = False,
    paused: Annotated[bool, typer.Option("--paused", help="Start paused, before step 0.")] = False,
) -> int:
    """Train in the background and watch in the dashboard.

    Without `--arch` and `--data`: a tanh network on handwritten digits, at the edge of stability within a minute.
    With `--arch`, everything else defaults to what that architecture is for.

    Examples:

    - `eostui run`
    - `eostui run --arch fc-tanh --data cifar10-5k --loss mse --lr 2/100`
    - `eostui run --arch resnet32 --lr 0.02`
    - `eostui run --arch fc-gelu --width 100 --depth 4 --data cifar10-1k-4c --optimizer adam --lr 1e-4`
    - `eostui run --arch cnn-relu --optimizer sgd --batch-size 128 --lr-schedule 0:2/50,300:2/100`
    - `eostui run --arch my_model.py:build --data my_data.py:load --loss ce --lr 0.01 --headless`

    Dropout, and whatever else draws random numbers, has new ones at every step, the same for all that is measured at
    it. The test set is evaluated in evaluation mode.
    """
    from eostui.trainer.plan import plan_run

    config = plan_run(
        {
            "arch": arch,
            "width": width,
            "depth": depth,
            "data": data,
            "loss": loss,
            "optimizer": optimizer,
            "lr": None if lr is None else _step_size(lr),
            "lr_schedule": lr_schedule,
            "batch_size": batch_size,
            "momentum": momentum,
            "beta1": beta1,
            "beta2": beta2,
            "eps": eps,
            "weight_decay": weight_decay,
            "decoupled": decoupled,
            "centered": centered,
            "steps": steps,
            "until_loss": until_loss,
            "until_accuracy": until_accuracy,
            "seed": seed,
            "device": device,
            "dtype": dtype,
            "physical_batch": physical_batch,
            "eigs": eigs,
            "eig_every": eig_every,
            "eig_tol": eig_tol,
            "eig_samples": eig_samples,
            "eig_above": eig_above,
            "measure_share": measure_share,
            "graph_memory": graph_memory,
            "search_dtype": search_dtype,
            "products": products,
            "track": None if track is None else [part for part in track.split(",") if part not in ("", "none")],
            "data_dir": None if data_dir is None else str(data_dir),
            "threads": threads,
            "checkpoint_every": checkpoint_every,
            "paused": paused,
        }
    )
    if headless:
        from eostui.cli.headless import train_headless

        return train_headless(config, name=name, runs_dir=runs_dir)

    from eostui.cli.terminal import require_terminal

    require_terminal("--headless trains without it")
    from eostui.cli.start import start
    from eostui.cli.watch import watch

    return watch(start(config, name=name, runs_dir=runs_dir))


def _step_size(text: str) -> float:
    try:
        return parse_step_size(text)
    except ConfigError as error:
        raise ConfigError(f"--lr: {error}") from None
