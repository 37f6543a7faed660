"""eostui: watch neural networks train at the edge of stability, from a terminal."""

__version__ = "0.1.0"
