"""A distribution on labelled boxes: choose a box, then a uniform point of it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import Point
from constructions.data.sampler import Charge, drawn_places
from constructions.errors import AssumptionViolated, UsageError
from constructions.exact.rational import exact_fraction
from constructions.sets.box import Box
from constructions.sets.box_parts import disjoint_boxes
from constructions.sets.box_union import BoxUnion
from constructions.sets.finite_set import FiniteSet
from constructions.sets.labelled_sets import LabelledSets

GRID = 2**40


@dataclass(frozen=True, slots=True)
class BoxMixture:
    """Labelled boxes with exact probabilities; within a box the point is uniform.

    A box is taken in its own dimension: along an axis of width 0 the coordinate is fixed,
    so points are boxes too.

    Attributes:
        boxes: closed boxes, all in one dimension.
        labels: -1 or +1 for each, or classes 0, 1, 2, ...
        probabilities: exact numbers of at least 0, summing to 1.

    Raises:
        AssumptionViolated: a probability is negative, or they do not sum to 1.
        InexactInput: a probability is a float.
        ValueError: the lengths or dimensions differ, or a label is no class.

    Example:
        >>> mixture = BoxMixture([Box([0], [1]), Box([3], [3])], [1, -1], ["2/3", "1/3"])
        >>> mixture.dim, mixture.probabilities[1]
        (1, Fraction(1, 3))
    """

    boxes: tuple[Box, ...]
    labels: tuple[int, ...]
    probabilities: tuple[Fraction, ...]

    def __init__(self, boxes: Sequence[Box], labels: Sequence[int], probabilities: Sequence[Any]) -> None:
        weights = tuple(exact_fraction(value, f"probability {i}") for i, value in enumerate(probabilities))
        if not len(boxes) == len(labels) == len(weights) or not boxes:
            raise ValueError(f"{len(boxes)} boxes need as many labels and probabilities, and there must be one")
        if len({len(box.lower) for box in boxes}) != 1 or any(label != int(label) or label < -1 for label in labels):
            raise ValueError("boxes need one dimension, and labels -1 and +1, or 0, 1, 2, ...")
        least, total = min(weights), sum(weights, Fraction(0))
        if least < 0 or total != 1:
            message = f"probabilities are at least 0 and sum to 1; the least is {least}, the sum {total}"
            raise AssumptionViolated(message, "probabilities")
        object.__setattr__(self, "boxes", tuple(boxes))
        object.__setattr__(self, "labels", tuple(int(label) for label in labels))
        object.__setattr__(self, "probabilities", weights)

    @classmethod
    def uniform(cls, sets: LabelledSets) -> BoxMixture:
        """Return the uniform distribution on the union of two sets made of boxes, by volume.

        Overlaps within a set count once. Sets of points alone get equal weights.

        Raises:
            AssumptionViolated: the sets meet, or there are boxes and their volumes are all 0.
            UsageError: a set has other pieces than boxes and points.
        """
        if sets.closest("linf").distance == 0:
            raise AssumptionViolated("the sets meet, so a point would have both labels", "separation")
        if all(isinstance(side, FiniteSet) for side in sets.exact_sides):
            return cls.equal(sets)
        parts = [(box, label) for label, side in _sides(sets) for box in disjoint_boxes(side)]
        total = sum((box.volume for box, _ in parts), Fraction(0))
        if total == 0:
            raise AssumptionViolated("the boxes have volume 0, and no uniform distribution by volume", "volume")
        solid = [(box, label) for box, label in parts if box.volume]
        boxes, labels = zip(*solid, strict=True)
        return cls(boxes, labels, [box.volume / total for box in boxes])

    @classmethod
    def equal(cls, sets: LabelledSets) -> BoxMixture:
        """Return the distribution that chooses each box or point of two sets equally often.

        Raises:
            UsageError: a set has other pieces than boxes and points.
        """
        chosen = [(box, label) for label, side in _sides(sets) for box in side]
        boxes, labels = zip(*chosen, strict=True)
        return cls(boxes, labels, [Fraction(1, len(boxes))] * len(boxes))

    def save(self, path: str | Path) -> Path:
        """Write the mixture as a JSON file that ``load`` reads back without loss."""
        from constructions.sets.mixture_json import save_mixture

        return save_mixture(self, path)

    @classmethod
    def load(cls, path: str | Path) -> BoxMixture:
        """Read a file written by ``save``.

        Raises:
            AssumptionViolated: the probabilities do not sum to 1, or a box is empty.
            MalformedInput: the file is damaged or of another kind.
            UsageError: there is no such file.
        """
        from constructions.sets.mixture_json import load_mixture

        return load_mixture(path)

    @property
    def dim(self) -> int:
        """Number of coordinates."""
        return len(self.boxes[0].lower)

    @property
    def charge(self) -> Charge:
        """What has positive probability around a drawn point: its neighbourhoods in its box."""
        return "neighbourhoods"

    def draw(self, count: int, seed: int) -> LabelledPoints:
        """Return independent points, each uniform on a grid of 2^40 steps across its box, the same for equal seeds."""
        stream = random.Random(seed)
        places = list(drawn_places(self.probabilities, count, stream))
        points = [_uniform_point(self.boxes[place], stream) for place in places]
        return LabelledPoints.of(points, [self.labels[place] for place in places])


def _uniform_point(box: Box, stream: random.Random) -> Point:
    sides = zip(box.lower, box.upper, strict=True)
    return tuple(low + (high - low) * Fraction(stream.randrange(GRID), GRID) for low, high in sides)


def _sides(sets: LabelledSets) -> list[tuple[int, tuple[Box, ...]]]:
    found = []
    for label, side in zip((1, -1), sets.exact_sides, strict=True):
        if not isinstance(side, BoxUnion | FiniteSet):
            raise UsageError(f"a distribution on boxes needs points or boxes, got a {type(side).__name__}")
        found.append((label, side.pieces))
    return found
