"""Saved runs, for everything that reads or draws them."""

from tests.reading.saved import edge_run, feed_of

__all__ = ["edge_run", "feed_of"]
