"""What every set offers: its dimension, its convex pieces, and exact distances."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Protocol, runtime_checkable

from constructions.sets.box_arrays import BoxArrays
from constructions.sets.convex_pieces import ConvexPiece


@runtime_checkable
class PointSet(Protocol):
    """A nonempty compact set in R^d that is a finite union of rational polytopes."""

    @property
    def dim(self) -> int:
        """Number of coordinates."""

    @property
    def pieces(self) -> Sequence[ConvexPiece]:
        """The convex pieces whose union the set is."""

    def distance(self, other: PointSet, norm: str) -> Fraction:
        """Return the exact l-infinity or l1 distance to another set."""

    def distance_squared(self, other: PointSet) -> Fraction:
        """Return the exact squared l2 distance to another set."""


@runtime_checkable
class BoxSet(PointSet, Protocol):
    """A set made of boxes or points, whose distances are compared in bulk."""

    @property
    def arrays(self) -> BoxArrays:
        """The boxes as integer corners over one scale."""
