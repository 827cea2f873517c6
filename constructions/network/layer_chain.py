"""The layers of a network as they are read, one after another, joined into exact maps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from constructions.errors import UsageError
from constructions.network.affine_map import AffineMap
from constructions.network.affine_products import composed, identity_map, refuse_large
from constructions.network.exact_arrays import linear_map, permuted_rows, scaled_rows, shifted_rows
from constructions.network.relu_network import ReluNetwork


def point_shape(shape: Sequence[int] | None) -> tuple[int, ...] | None:
    """Return the shape of one point as a tuple, None where there is none.

    Raises:
        UsageError: it is empty, or holds anything but positive integers.
    """
    if shape is None:
        return None
    sizes = tuple(shape)
    if not sizes or any(type(size) is not int or size < 1 for size in sizes):
        raise UsageError(f"an input shape is a list of positive integers, not {shape!r}")
    return sizes


@dataclass(slots=True)
class LayerChain:
    """The value of one point on its way through the layers, and the maps behind it.

    Affine layers in a row are multiplied out; the value is an array in row-major order.

    Attributes:
        shape: its shape now.
        maps: the maps that a ReLU follows.
        pending: the map since the last ReLU, None for the identity.
    """

    shape: tuple[int, ...]
    maps: list[AffineMap] = field(default_factory=list)
    pending: AffineMap | None = None

    @property
    def width(self) -> int:
        """Number of coordinates of the value."""
        return math.prod(self.shape)

    def affine(self) -> AffineMap:
        """Return the map since the last ReLU."""
        return identity_map(self.width) if self.pending is None else self.pending

    def follow(self, outer: AffineMap, shape: tuple[int, ...]) -> None:
        """Apply an affine map; its outputs have the new shape."""
        self.pending = outer if self.pending is None else composed(outer, self.pending)
        self.shape = shape

    def multiply(self, weight: np.ndarray, axis: int = -1) -> None:
        """Apply a matrix of shape (outputs, inputs) along one axis.

        Raises:
            ValueError: the axis has another length.
        """
        axis %= max(len(self.shape), 1)
        if weight.ndim != 2 or not self.shape or self.shape[axis] != weight.shape[1]:
            raise ValueError(f"a weight of {weight.shape} does not fit a value of shape {self.shape}")
        before, after = math.prod(self.shape[:axis]), math.prod(self.shape[axis + 1 :])
        shape = (*self.shape[:axis], weight.shape[0], *self.shape[axis + 1 :])
        self.follow(linear_map(weight, before, after), shape)

    def scale(self, factors: np.ndarray) -> None:
        """Multiply by exact numbers that broadcast to the shape."""
        self.pending = scaled_rows(self.affine(), self._broadcast(factors))

    def shift(self, offsets: np.ndarray) -> None:
        """Add exact numbers that broadcast to the shape."""
        self.pending = shifted_rows(self.affine(), self._broadcast(offsets))

    def transpose(self, axes: tuple[int, ...]) -> None:
        """Permute the axes."""
        refuse_large(self.width, 1)
        places = np.arange(self.width).reshape(self.shape).transpose(axes)
        if not np.array_equal(places.ravel(), np.arange(self.width)):
            self.pending = permuted_rows(self.affine(), places.ravel())
        self.shape = places.shape

    def reshape(self, shape: tuple[int, ...]) -> None:
        """Give the same coordinates another shape.

        Raises:
            ValueError: it has another number of coordinates.
        """
        if min(shape, default=0) < 0 or math.prod(shape) != self.width:
            raise ValueError(f"shape {shape} does not fit a value of shape {self.shape}")
        self.shape = shape

    def relu(self) -> None:
        """Apply ReLU."""
        self.maps.append(self.affine())
        self.pending = None

    def network(self) -> ReluNetwork:
        """Return the network of all layers so far; the identity follows a ReLU at the end.

        Raises:
            ValueError: there is no layer.
        """
        if self.pending is None and not self.maps:
            raise ValueError("a network needs at least one affine layer or ReLU")
        return ReluNetwork([*self.maps, self.affine()])

    def _broadcast(self, numbers: np.ndarray) -> np.ndarray:
        refuse_large(self.width, 1)
        return np.broadcast_to(numbers, self.shape).reshape(-1)
