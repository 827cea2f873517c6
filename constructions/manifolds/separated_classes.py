"""Two classes of a manifold with arbitrary labels: unions of patches that keep a distance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from constructions.data.labelled_cover import LabelledCover
from constructions.data.manifold import Cell, Cover, Patch
from constructions.data.norm_ball import Point
from constructions.errors import AssumptionViolated
from constructions.exact.integer_arrays import integer_array
from constructions.exact.rational import exact_fraction
from constructions.hard_distributions.labellings import uniform_labels
from constructions.manifolds.covers import rounded, rounded_outward
from constructions.sets.box_arrays import BoxArrays, nearest_distances

_ROUNDINGS = (
    lambda point, unit: rounded_outward((point, point), unit)[0],
    lambda point, unit: rounded_outward((point, point), unit)[1],
    rounded,
)


def separated_classes(cover: Cover, eps: Any, seed: int = 0) -> LabelledCover:
    """Return two classes at least 2 eps apart that share most of a manifold between them.

    Some patches, chosen greedily with boxes ``4 eps + 4 eta`` apart, get seeded labels.
    Every patch takes the label of the nearest of these; then the patches labelled -1 whose
    boxes come within 2 eps of one labelled +1 are left out, in neither class. Where there is
    no room for two of the first, patches 2 eps apart are classes by themselves.

    Args:
        cover: of a manifold, with radius eta.
        eps: exact, above 0.
        seed: of the labels; if they come out equal the first is changed.

    Raises:
        AssumptionViolated: eps is not positive, or the manifold too small for two classes.
    """
    half = exact_fraction(eps, "eps")
    if half <= 0:
        raise AssumptionViolated(f"eps must be above 0, got {half}", "eps")
    scale = math.lcm(half.denominator, *(x.denominator for p in cover.patches for x in (*p.lower, *p.upper, *p.centre)))
    sides = [[getattr(patch, side) for patch in cover.patches] for side in ("lower", "upper", "centre")]
    lower, upper, centres = (_integers(side, scale) for side in sides)
    starts = _spread(lower, upper, int((4 * half + 4 * cover.radius) * scale))
    is_crowded = len(starts) < 2
    if is_crowded:
        starts = _spread(lower, upper, int(2 * half * scale))
    if len(starts) < 2:
        raise AssumptionViolated(f"no two patches are {2 * half} apart, so both classes cannot be filled", "separation")
    marks = uniform_labels(len(starts), seed)
    if np.all(marks == marks[0]):
        marks[0] = -marks[0]
    if is_crowded:
        return LabelledCover(tuple(cover.patches[i] for i in starts), tuple(int(mark) for mark in marks))
    nearest = np.stack([np.abs(centres - centres[start]).max(axis=1) for start in starts]).argmin(axis=0)
    labels = marks[nearest]
    boxes, plus = BoxArrays(lower, upper, scale), labels == 1
    kept = plus | (
        nearest_distances(boxes, BoxArrays(lower[plus], upper[plus], scale), "linf") >= int(2 * half * scale)
    )
    chosen = np.flatnonzero(kept)
    return LabelledCover(tuple(cover.patches[i] for i in chosen), tuple(int(labels[i]) for i in chosen))


def labelled_packing(points: Sequence[Point], labels: np.ndarray, unit: int) -> LabelledCover:
    """Return labelled points as patches of one point each, their centres rounded to ``k / unit``.

    Args:
        points: exact points.
        labels: -1 or +1, one per point.
        unit: the reciprocal of the grid.
    """
    # Points of a packing share their coordinates: each is rounded once.
    seen = {id(x): x for point in points for x in point}
    down, up, near = ({name: step((x,), unit)[0] for name, x in seen.items()} for step in _ROUNDINGS)
    patches = []
    for point in points:
        names = [id(x) for x in point]
        lower, upper, centre = (tuple(side[name] for name in names) for side in (down, up, near))
        patches.append(Patch(Cell(0, (), ()), lower, upper, centre, point))
    return LabelledCover(tuple(patches), tuple(int(label) for label in labels))


def spread_patches(patches: Sequence[Patch], distance: Any) -> tuple[Patch, ...]:
    """Return patches whose boxes are pairwise at least a distance apart, chosen greedily.

    One point of each image makes a packing, also where no rational point is known.
    """
    apart = exact_fraction(distance, "distance")
    scale = math.lcm(apart.denominator, *(x.denominator for p in patches for x in (*p.lower, *p.upper)))
    lower, upper = (_integers([getattr(patch, side) for patch in patches], scale) for side in ("lower", "upper"))
    return tuple(patches[i] for i in _spread(lower, upper, int(apart * scale)))


def _spread(lower: np.ndarray, upper: np.ndarray, distance: int) -> list[int]:
    """Return indices of boxes that are pairwise far apart, each the first that is left."""
    left, found = np.ones(len(lower), dtype=bool), list[int]()
    while left.any():
        place = int(np.argmax(left))
        found.append(place)
        left &= np.maximum(lower - upper[place], lower[place] - upper).max(axis=1) >= distance
        left[place] = False
    return found


def _integers(corners: list[Point], scale: int) -> np.ndarray:
    table = integer_array(np.array([[int(x * scale) for x in corner] for corner in corners], dtype=object))
    return table if table.dtype == object else table.astype(np.int64)
