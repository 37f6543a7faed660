"""The sizes a network can have: its own, and those of the examples it takes."""

from __future__ import annotations

from eostui.problems.errors import ProblemError


def positive(network: str, **sizes: int) -> None:
    """Refuse a width or depth below 1. Raises ProblemError."""
    for name, size in sizes.items():
        if size < 1:
            raise ProblemError(f"the {name} of {network} must be at least 1, not {size}")


def image_shape(network: str, input_shape: tuple[int, ...], smallest: int = 1) -> tuple[int, int, int]:
    """`input_shape` as (channels, height, width), with `smallest` pixels or more a side. Raises ProblemError."""
    if len(input_shape) != 3 or min(input_shape[1:]) < smallest:
        size = f" of {smallest}×{smallest} pixels or more" * (smallest > 1)
        raise ProblemError(
            f"{network} needs inputs (channels, height, width){size}; those of this data set have shape {input_shape}"
        )
    channels, height, width = input_shape
    return channels, height, width


def sequence_length(network: str, input_shape: tuple[int, ...]) -> int:
    """The number T of tokens in an example of shape (T,). Raises ProblemError for any other shape."""
    if len(input_shape) != 1:
        raise ProblemError(f"{network} needs inputs (tokens,); those of this data set have shape {input_shape}")
    return input_shape[0]


def vector_size(network: str, input_shape: tuple[int, ...]) -> int:
    """The number d of coordinates in an example of shape (d,). Raises ProblemError for any other shape."""
    if len(input_shape) != 1:
        raise ProblemError(f"{network} needs inputs (coordinates,); those of this data set have shape {input_shape}")
    return input_shape[0]
