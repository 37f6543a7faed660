"""What moves the weights: optimizers, their preconditioners, and how much curvature each of them can bear."""
