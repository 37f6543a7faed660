"""A user's own package, as it lies in a home directory, through a whole run."""

from __future__ import annotations

import numpy as np

from tests.e2e.conftest import Eostui

NET = """
import torch
from torch import nn

from .sizes import WIDTH


class Squeezed(nn.Module):
    def __init__(self):
        super().__init__()
        from beside import tanh
        self.layers = nn.Sequential(nn.Linear(5, WIDTH), tanh(), nn.Linear(WIDTH, 1))

    def forward(self, x):
        from later import scale
        return scale * self.layers(x).squeeze(-1)


def data():
    x = torch.randn(5, 40).T
    return x.numpy(), torch.sin(x[:, 0]).numpy()
"""


def test_a_package_with_relative_and_late_imports_trains_one_number_for_each_example(eostui: Eostui) -> None:
    home = eostui.directory / "home"
    (home / "nets").mkdir(parents=True)
    (home / "nets" / "__init__.py").touch()
    (home / "nets" / "net.py").write_text(NET)
    (home / "nets" / "sizes.py").write_text("WIDTH = 7\n")
    (home / "nets" / "beside.py").write_text("from torch.nn import Tanh as tanh\n")
    (home / "nets" / "later.py").write_text("scale = 2.0\n")
    # Python has modules of these names too, and torch and eostui use them.
    for name in ("random.py", "queue.py", "types.py"):
        (home / "nets" / name).write_text("raise RuntimeError('this is not the module that was meant')\n")
    eostui.environment |= {"HOME": str(home), "EOSTUI_RUNS": "~/kept"}
    own = ["--arch=~/nets/net.py:Squeezed", "--data=~/nets/net.py:data", "--loss", "mse"]
    done = eostui("run", "--headless", "--steps", "6", "--eig-every", "5", "--threads", "1", "--name", "own", *own)
    assert done.returncode == 0, done.stderr
    assert not (eostui.directory / "~").exists()
    with eostui.open(str(home / "kept" / "own")) as run:
        hessian, gauss_newton = run.read("hessian"), run.read("gauss_newton")
    assert np.isfinite(hessian["eigenvalues"]).all()
    assert (gauss_newton["eigenvalues"][:, 0] > 0).all()
