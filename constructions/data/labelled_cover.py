"""Two classes of a manifold, each a union of patches, with what a classifier needs of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.data.manifold import Cover, Patch
from constructions.data.norm_ball import Point
from constructions.errors import AssumptionViolated
from constructions.exact.integer_arrays import integer_array
from constructions.sets.box_arrays import BoxArrays


@dataclass(frozen=True, slots=True)
class LabelledCover:
    """The classes A and B: the unions of the patches labelled +1 and -1.

    Attributes:
        patches: at least one.
        labels: -1 or +1, one per patch.

    Raises:
        AssumptionViolated: there is no patch, or the labels do not fit.
    """

    patches: tuple[Patch, ...]
    labels: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.patches or len(self.patches) != len(self.labels) or not {*self.labels} <= {-1, 1}:
            raise AssumptionViolated(
                f"{len(self.patches)} patches need as many labels -1 or +1, got {len(self.labels)}", "labels"
            )

    @property
    def radius(self) -> Fraction:
        """Every point of a class is within this distance of a centre of its label."""
        return Cover(self.patches).radius

    @property
    def offset(self) -> Fraction:
        """Every centre is within this distance of a point of its class; 0 for an internal cover."""
        return Cover(self.patches).offset

    @property
    def points(self) -> LabelledPoints:
        """The centres with their labels."""
        return LabelledPoints.of([patch.centre for patch in self.patches], self.labels)

    def boxes(self, label: int) -> BoxArrays:
        """Return the boxes of a class, over one scale for both labels; empty where it has no patch."""
        scale = math.lcm(*(x.denominator for patch in self.patches for x in (*patch.lower, *patch.upper)))
        chosen = [patch for patch, mark in zip(self.patches, self.labels, strict=True) if mark == label]
        return BoxArrays(
            _integers([p.lower for p in chosen], scale), _integers([p.upper for p in chosen], scale), scale
        )


def _integers(corners: list[Point], scale: int) -> np.ndarray:
    return integer_array(np.array([[int(x * scale) for x in corner] for corner in corners], dtype=object))
