"""Curvature matrices, each as its products with vectors."""
