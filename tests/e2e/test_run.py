"""A run from the command line to its file."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from eostui.problems.data import digits
from eostui.store import Status
from tests.e2e.conftest import SMALL, Eostui
from tests.problems.building import to_train_on


def test_a_headless_run_finishes_and_its_file_is_as_the_contract_says(eostui: Eostui) -> None:
    done = eostui("run", "--headless", "--steps", "25", "--eig-every", "10", "--name", "demo", *SMALL)
    assert done.returncode == 0, done.stderr
    assert "loss" in done.stdout
    assert "2/η" in done.stdout
    with h5py.File(eostui.directory / "runs/demo/run.h5", "r") as file:
        assert file.attrs["format"] == "eostui-run"
        assert file.attrs["format_version"] == 1
        assert file.attrs["name"] == "demo"
        assert json.loads(file.attrs["config"])["arch"] == "fc-tanh"
        assert {"torch", "device", "host", "threads", "git_commit"} <= set(json.loads(file.attrs["environment"]))
        assert file["status"][()] == b"finished"
        columns = {table: list(group) for table, group in file["tables"].items()}
        assert set(columns["train"]) == {"step", "time", "lr", "threshold", "loss", "accuracy", "grad_norm"}
        for table in ("hessian", "gauss_newton"):
            assert set(columns[table]) == {"step", "eigenvalues", "residuals", "errors", "products", "certified"}
        assert {"step", "loss", "accuracy"} <= set(columns["test"])
        assert {"step", "time", "kind", "detail"} <= set(columns["events"])
        train = pd.DataFrame({name: column[:] for name, column in file["tables/train"].items()})
        assert list(train["step"]) == list(range(25))
        assert (train["threshold"] == 2 / train["lr"]).all()
        assert train.dtypes["step"] == np.int64
        assert not train.isna().any().any()
        assert list(file["tables/hessian/step"][:]) == [0, 10, 20]
        assert file["tables/hessian/eigenvalues"].shape == (3, 2)
        for table in file["tables"].values():
            assert len({len(column) for column in table.values()}) == 1
            assert all(column.attrs["description"] for column in table.values())


def test_row_t_is_measured_at_the_weights_before_update_t(eostui: Eostui) -> None:
    """Gradient descent written out by hand, and the Hessian's eigenvalues by double differentiation, agree."""
    arguments = ["--dtype", "float64", "--lr", "1/10", "--eig-every", "4", "--eig-tol", "1e-6", "--seed", "3"]
    arguments += ["--width", "30"]
    done = eostui("run", "--headless", "--steps", "9", "--name", "exact", *arguments, *SMALL)
    assert done.returncode == 0, done.stderr
    with eostui.open("exact") as run:
        train, hessian = run.read("train"), run.read("hessian")
    images, labels = to_train_on(digits.load(Path("unused"), lambda text, fraction: None))
    x, y = images.double().flatten(1), nn.functional.one_hot(labels, 10).double()
    torch.manual_seed(3)
    model = nn.Sequential(nn.Linear(64, 30), nn.Tanh(), nn.Linear(30, 30), nn.Tanh(), nn.Linear(30, 10)).double()

    def loss(inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        outputs: torch.Tensor = model(inputs)
        return 0.5 * (outputs - targets).square().sum(dim=1).mean()

    for step in range(9):
        value = loss(x, y)
        gradient = torch.autograd.grad(value, list(model.parameters()))
        assert train["loss"][step] == pytest.approx(value.item(), rel=1e-10)
        norm = torch.cat([part.flatten() for part in gradient]).norm().item()
        assert train["grad_norm"][step] == pytest.approx(norm, rel=1e-9)
        if step % 4 == 0:
            sharpness = _power_iteration(loss(x[:300], y[:300]), list(model.parameters()))
            assert hessian["eigenvalues"][step // 4, 0] == pytest.approx(sharpness, rel=1e-4)
        with torch.no_grad():
            for parameter, part in zip(model.parameters(), gradient, strict=True):
                parameter.sub_(0.1 * part)


def _power_iteration(loss: torch.Tensor, parameters: list[nn.Parameter]) -> float:
    """The largest eigenvalue, where it is also the largest in magnitude, to about six digits."""
    gradient = torch.cat([g.flatten() for g in torch.autograd.grad(loss, parameters, create_graph=True)])
    vector = torch.randn(len(gradient), dtype=gradient.dtype, generator=torch.Generator().manual_seed(0))
    for _ in range(400):
        vector = vector / vector.norm()
        product = torch.cat(
            [p.flatten() for p in torch.autograd.grad(gradient @ vector, parameters, retain_graph=True)]
        )
        eigenvalue, vector = float(vector @ product), product
    return eigenvalue


def test_the_same_config_and_seed_give_the_same_numbers(eostui: Eostui) -> None:
    for name in ("one", "two"):
        done = eostui("run", "--headless", "--steps", "30", "--name", name, *SMALL)
        assert done.returncode == 0, done.stderr
    with eostui.open("one") as one, eostui.open("two") as two:
        for table, columns in {"train": ["loss", "grad_norm"], "hessian": ["eigenvalues", "residuals"]}.items():
            first, second = one.read(table, columns), two.read(table, columns)
            for column in columns:
                np.testing.assert_array_equal(first[column], second[column])


def test_a_run_that_diverges_says_so_and_keeps_everything(eostui: Eostui) -> None:
    done = eostui("run", "--headless", "--lr", "50", "--steps", "2000", "--name", "wild", "--track", "none", *SMALL)
    assert done.returncode == 1
    told = re.search(
        r"^eostui: wild: diverged at step (\d+): the loss overflowed\. λ₁ was (\S+) at step 0: "
        r"η must stay under 2/\2 = (\S+); watch again: eostui replay runs/wild$",
        done.stderr,
        re.MULTILINE,
    )
    assert told, done.stderr
    with eostui.open("wild") as run:
        assert run.status() is Status.DIVERGED
        assert int(told[1]) == run.length("train") - 1
        sharpness = float(run.read("hessian")["eigenvalues"][0, 0])
        assert 0.9 * 2 / sharpness < float(told[3]) <= 2 / sharpness
        losses = run.read("train", ["loss"])["loss"]
        assert np.isfinite(losses[:-1]).all()
        assert not np.isfinite(losses[-1])
        assert run.events()[-1].kind == "diverged"


def test_goals_end_a_run(eostui: Eostui) -> None:
    done = eostui("run", "--headless", "--until-accuracy", "0.9", "--steps", "500", "--name", "goal", *SMALL)
    assert done.returncode == 0, done.stderr
    with eostui.open("goal") as run:
        accuracy = run.read("train", ["accuracy"])["accuracy"]
        assert accuracy[-1] >= 0.9 > accuracy[:-1].max()


def test_real_cifar_images_train_as_the_papers_set_it_up(eostui: Eostui, shared_data: Path) -> None:
    done = eostui(
        *("run", "--headless", "--arch", "fc-tanh", "--data", "cifar10-5k", "--loss", "mse", "--lr", "2/100"),
        *("--steps", "3", "--data-dir", str(shared_data), "--eig-samples", "200", "--eigs", "1", "--track", "none"),
    )
    assert done.returncode == 0, done.stderr
    with eostui.open() as run:
        # science.md of the authors' setup: seed 0, torch's default initialisation
        assert run.read("train")["loss"][0] == pytest.approx(0.5968, abs=5e-4)


def test_resnet32_trains_in_ghost_batches(eostui: Eostui) -> None:
    """On 8×8 images, for the sake of the clock; its shapes on CIFAR-10 are tested with the networks."""
    done = eostui(
        *("run", "--headless", "--arch", "resnet32", "--lr", "0.02", "--steps", "2", "--data", "digits-30"),
        *("--physical-batch", "15", "--eigs", "1", "--track", "none", "--eig-tol", "0.5"),
    )
    assert done.returncode == 0, done.stderr
    with eostui.open() as run:
        assert np.isfinite(run.read("train")["loss"]).all()
        assert np.isfinite(run.read("hessian")["eigenvalues"]).all()


OWN = """
import torch
from torch import nn

def model():
    return nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))

def data():
    x = torch.linspace(-1, 1, 60).reshape(20, 3)
    return (x, x.sum(1, keepdim=True)), (x[:5], x[:5].sum(1, keepdim=True))

def loss(outputs, targets):
    return (outputs - targets).abs().pow(3).mean()

def breaks(outputs, targets):
    breaks.calls = getattr(breaks, "calls", 0) + 1
    if breaks.calls > 150:
        raise RuntimeError("the cat sat on the keyboard")
    return (outputs - targets).pow(2).mean()

def number():
    return 3
"""


def test_an_own_model_with_own_data_and_an_own_loss_trains(eostui: Eostui) -> None:
    (eostui.directory / "own.py").write_text(OWN)
    done = eostui(
        *("run", "--headless", "--arch", "own.py:model", "--data", "own.py:data", "--loss", "own.py:loss"),
        *("--lr", "0.1", "--steps", "20", "--name", "own"),
    )
    assert done.returncode == 0, done.stderr
    with eostui.open("own") as run:
        train = run.read("train")
        assert train["loss"][-1] < train["loss"][0]
        assert "accuracy" not in train
        assert np.isfinite(run.read("hessian")["eigenvalues"]).all()
        assert run.length("test") == 2


def test_a_model_that_breaks_while_training_leaves_a_failed_run_that_says_why(eostui: Eostui) -> None:
    (eostui.directory / "own.py").write_text(OWN)
    done = eostui(
        *("run", "--headless", "--arch", "own.py:model", "--data", "own.py:data", "--loss", "own.py:breaks"),
        *("--lr", "0.1", "--steps", "200", "--name", "own", "--track", "none"),
    )
    assert done.returncode == 1
    assert "the cat sat on the keyboard" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Traceback" in (eostui.directory / "runs/own/trainer.log").read_text()
    with eostui.open("own") as run:
        assert run.status() is Status.FAILED
        last = run.events()[-1]
        assert (last.kind, last.step) == ("failed", run.read("train")["step"][-1] + 1)
        assert "the cat sat on the keyboard" in last.detail["error"]


def test_ctrl_c_stops_a_headless_run_cleanly(eostui: Eostui) -> None:
    process = eostui.start("run", "--headless", "--name", "long", "--steps", "100000", *SMALL)
    eostui.wait_for(lambda run: run.length("train") > 5, "long")
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    with eostui.open("long") as run:
        assert run.status() is Status.STOPPED
        assert run.length("train") > 5
    eostui.wait_for_no_trainer()
