"""How close the largest of several cones comes to a tent on boxes, exactly, from the weights of a network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from constructions.data.manifold import Patch
from constructions.errors import BudgetExceeded
from constructions.network.affine_map import AffineMap
from constructions.network.affine_products import composed
from constructions.network.maximum import largest_output
from constructions.network.relu_network import ReluNetwork

_BLOCK_ENTRIES, _SAFE = 2**20, 2**62


@dataclass(frozen=True, slots=True)
class Cones:
    """The functions ``height - slope * |x - centre|_1``, all with one slope.

    Attributes:
        slope: above 0.
        heights: one per cone.
        centres: integers over ``scale``, shape (n, d).
        scale: positive.
    """

    slope: Fraction
    heights: tuple[Fraction, ...]
    centres: np.ndarray = field(repr=False)
    scale: int


def cones_of(network: ReluNetwork) -> Cones | None:
    """Return the cones whose largest a network is, ``None`` where it is not seen to be one.

    What the first pairs of maxima compare is read off the second map; then the network of
    maxima is made again from these sums, and must be the given one, weight by weight.
    """
    if len(network.maps) < 2 or network.outputs != 1:
        return None
    first, second, *rest = network.maps
    sums = _compared(second) if rest else second
    if sums is None or largest_output(ReluNetwork([first, sums])).maps != network.maps:
        return None
    return _read(first, sums)


def largest_error(cones: Cones, patches: Sequence[Patch], middle: Fraction) -> Fraction:
    """Return a bound of ``|f(x) - |x_1 - middle||`` on the boxes of patches, f the largest cone.

    On a box the difference of one cone and the tent is a sum of concave functions of one
    coordinate each. Its largest and smallest values are exact; f is at least every cone and at most
    the largest of them, so the first bounds hold for f on each box, and of the second the best cone's.
    """
    unit = math.lcm(cones.scale, middle.denominator, *(x.denominator for p in patches for x in (*p.lower, *p.upper)))
    fine = math.lcm(*(height.denominator for height in cones.heights), cones.slope.denominator)
    total, slope = unit * fine, int(cones.slope * fine)
    heights = _column([int(height * total) for height in cones.heights])
    sides = [_column([[int(x * unit) for x in getattr(p, side)] for p in patches]) for side in ("lower", "upper")]
    centres = _column(cones.centres.astype(object) * (unit // cones.scale))
    tables = [heights, *sides, centres]
    largest = max(int(np.abs(table).max()) for table in tables) + int(middle * unit)
    if (4 * centres.shape[1] + 2) * (slope + fine) * largest < _SAFE:
        heights, *sides, centres = (table.astype(np.int64) for table in tables)
    block, worst = max(1, _BLOCK_ENTRIES // max(1, centres.size)), 0
    for start in range(0, len(patches), block):
        low, high = (side[start : start + block, None] for side in sides)
        above, below = _extremes((heights, centres, slope), (low, high), (fine, int(middle * unit)))
        worst = max(worst, int(above.max()), -int(below.max(axis=1).min()))
    return Fraction(worst, total)


def _extremes(
    cones: tuple[np.ndarray, np.ndarray, int], box: tuple[np.ndarray, np.ndarray], tent: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest and smallest differences of cones and a tent, shape (boxes, cones)."""
    (heights, centres, slope), (low, high), (steep, middle) = cones, box, tent
    near = np.maximum(np.maximum(low - centres, centres - high), 0)[..., 1:].sum(axis=2)
    far = np.maximum(np.abs(low - centres), np.abs(high - centres))[..., 1:].sum(axis=2)
    tip, low, high = centres[:, 0], low[..., 0], high[..., 0]

    def along(place: np.ndarray) -> np.ndarray:
        found: np.ndarray = -slope * np.abs(place - tip) - steep * np.abs(place - middle)
        return found

    # Concave along the first axis: largest where the box comes nearest to a tip, smallest at an end.
    top = np.maximum(along(np.clip(tip, low, high)), along(np.clip(middle, low, high)))
    bottom = np.minimum(along(low), along(high))
    return heights - slope * near + top, heights - slope * far + bottom


def _compared(second: AffineMap) -> AffineMap | None:
    """Return the map to the sums whose maxima a map to ``relu(a - b)``, ``relu(b)`` and ``relu(-b)`` begins."""
    units = second.shape[0]
    pairs, left = divmod(units, 3)
    if left == 1:
        return None
    rows = [row for p in range(pairs) for row in (2 * p, 2 * p, 2 * p + 1)] + [2 * pairs] * bool(left)
    columns = [column for p in range(pairs) for column in (3 * p, 3 * p + 1, 3 * p + 1)] + [3 * pairs] * bool(left)
    count = 2 * pairs + bool(left)
    back = AffineMap.from_coo(rows, columns, [1] * len(rows), (count, units), [0] * count)
    try:
        return composed(back, second)
    except BudgetExceeded:
        return None


def _read(first: AffineMap, sums: AffineMap) -> Cones | None:
    """Return the cones that sums of faces are, ``None`` where they are not cones of one slope."""
    faces, rows, axes = first.numerators, sums.numerators, first.shape[1]
    one = first.denominator
    if set(np.diff(faces.starts).tolist()) != {1} or {abs(int(value)) for value in faces.values} != {one}:
        return None
    slopes = {int(value) for value in rows.values}
    if set(np.diff(rows.starts).tolist()) != {2 * axes} or len(slopes) != 1 or max(slopes) >= 0:
        return None
    signs = np.array([1 if value > 0 else -1 for value in faces.values])
    kinks = -signs * first.bias_numerators.astype(object)
    units = rows.columns.reshape(-1, 2 * axes)
    # Each cone must have, on every axis, one rising and one falling unit with a common kink.
    order = np.argsort(2 * faces.columns[units] + (signs[units] > 0), axis=1, kind="stable")
    units = np.take_along_axis(units, order, axis=1)
    falling, rising = units[:, ::2], units[:, 1::2]
    wanted = np.arange(axes)
    if (
        (faces.columns[falling] != wanted).any()
        or (faces.columns[rising] != wanted).any()
        or (signs[falling] != -1).any()
        or (signs[rising] != 1).any()
        or (kinks[falling] != kinks[rising]).any()
    ):
        return None
    heights = tuple(Fraction(int(value), sums.denominator) for value in sums.bias_numerators)
    return Cones(Fraction(-max(slopes), sums.denominator), heights, kinks[rising], one)


def _column(values: object) -> np.ndarray:
    return np.array(values, dtype=object)
