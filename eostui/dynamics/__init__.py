"""What moves the weights, and how much curvature it can bear.

`optimizers` is the catalogue, which imports no torch, and `optim` has a module for each optimizer. `thresholds` and
`preconditioner` read their values from an optimizer's present settings and state. A `process` is weights that move; the
`descent` is the only one. An `update_rule` is an optimizer as pure functions, and `rules` has the existing ones.
"""
