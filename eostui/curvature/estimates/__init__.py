"""Curvature along given directions, and averages over many eigenvalues."""
