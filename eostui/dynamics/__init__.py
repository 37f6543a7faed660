"""What moves the weights, and how much curvature it can bear.

`optimizers` is the catalogue, read without importing torch, and `optim` has a module for each. `thresholds` and
`preconditioner` are read from the optimizer as it is. A `process` is weights that move: the `descent` is the only one.
An `update_rule` is an optimizer as pure functions, and `rules` has those that there are.
"""
