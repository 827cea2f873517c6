"""Boxes cut into boxes: intersections, differences, halves."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from constructions.sets.box import Box


def overlap(first: Box, second: Box) -> Box | None:
    """Return the common part of two boxes, ``None`` if they do not meet."""
    lower = tuple(map(max, first.lower, second.lower))
    upper = tuple(map(min, first.upper, second.upper))
    if any(low > high for low, high in zip(lower, upper, strict=True)):
        return None
    return Box(lower, upper)


def share_of(part: Box, whole: Box) -> Fraction:
    """Return the share of a box that a box inside it takes, in the dimension of the larger.

    Example:
        >>> share_of(Box([0, 5], [1, 5]), Box([0, 5], [4, 5]))
        Fraction(1, 4)
    """
    share = Fraction(1)
    for low, high, start, end in zip(part.lower, part.upper, whole.lower, whole.upper, strict=True):
        if start < end:
            share *= (high - low) / (end - start)
    return share


def remainder(whole: Box, part: Box) -> list[Box]:
    """Return boxes that cover what is left of a box without a box inside it.

    They overlap each other and the part in faces only. Along each axis in turn, what lies
    before and after the part is cut off.

    Example:
        >>> len(remainder(Box([0, 0], [3, 3]), Box([1, 1], [2, 2])))
        4
    """
    pieces = []
    lower, upper = list(whole.lower), list(whole.upper)
    for axis, (low, high) in enumerate(zip(part.lower, part.upper, strict=True)):
        if lower[axis] < low:
            pieces.append(Box(lower, [*upper[:axis], low, *upper[axis + 1 :]]))
        if high < upper[axis]:
            pieces.append(Box([*lower[:axis], high, *lower[axis + 1 :]], upper))
        lower[axis], upper[axis] = low, high
    return pieces


def halves(box: Box) -> list[Box]:
    """Return the two halves of a box along its widest axis; a point alone is whole."""
    widths = [high - low for low, high in zip(box.lower, box.upper, strict=True)]
    axis = max(range(len(widths)), key=widths.__getitem__)
    if widths[axis] == 0:
        return [box]
    middle = (box.lower[axis] + box.upper[axis]) / 2
    left = Box(box.lower, [*box.upper[:axis], middle, *box.upper[axis + 1 :]])
    return [left, Box([*box.lower[:axis], middle, *box.lower[axis + 1 :]], box.upper)]


def disjoint_boxes(boxes: Iterable[Box]) -> list[Box]:
    """Return boxes with the same union that overlap in sets of volume 0 only.

    Cost:
        Each box is cut by those before it; 2d pieces per cut at most.
    """
    found: list[Box] = []
    for box in boxes:
        pieces = [box]
        for other in tuple(found):
            pieces = [rest for piece in pieces for rest in _without(piece, other)]
        found += pieces
    return found


def _without(box: Box, other: Box) -> list[Box]:
    common = overlap(box, other)
    if common is None or (share_of(common, box) == 0 and common != box):
        return [box]
    return remainder(box, common)
