"""The largest eigenvalues of a symmetric matrix, at one point and along a trajectory of the weights."""
