"""The training loss as a function of one flat vector of weights, and the one sum over examples."""
