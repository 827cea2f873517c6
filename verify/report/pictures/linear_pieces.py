"""A network of two inputs on a rectangle, cut exactly into polygons on which it is affine."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from constructions.exact.integer_arrays import integer_array, largest_magnitude
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from verify.report.pictures.planes import Place

MOST_PIECES = 2**14
_MOST_FORMS = 2**20

Corner = tuple[int, int, int]
Polygon = tuple[Corner, ...]
Window = tuple[Place, Place]


@dataclass(frozen=True, slots=True)
class LinearPiece:
    """A convex polygon, and a positive multiple of the output there.

    Attributes:
        corners: in order around it, as homogeneous integers (x, y, w) with w > 0.
        form: the function ``(a x + b y + c w) / w``, times a positive number that is the
            same on all pieces.
    """

    corners: Polygon
    form: tuple[int, int, int]

    def values(self) -> list[int]:
        """Return at each corner an integer of the sign of the output."""
        return [sum(a * x for a, x in zip(self.form, corner, strict=True)) for corner in self.corners]


def linear_pieces(network: ReluNetwork, window: Window, most: int = MOST_PIECES) -> list[LinearPiece] | None:
    """Return polygons that fill a rectangle, on each of which every unit keeps its sign.

    Args:
        network: two inputs, one output.
        window: lower left and upper right corner.
        most: with more polygons than this the answer is ``None``.
    """
    whole, _ = network.integer_network()
    polygons = [_rectangle(window)]
    forms = np.array([[1, 0, 0], [0, 1, 0]], dtype=object)
    for depth, affine in enumerate(whole.maps):
        forms = _images(affine, forms)
        if depth == len(whole.maps) - 1:
            break
        polygons, forms = _cut(polygons, forms, most)
        if len(polygons) > most or forms.size > _MOST_FORMS:
            return None
    rows = [[int(value) for value in forms[0, 3 * place : 3 * place + 3]] for place in range(len(polygons))]
    return [LinearPiece(polygon, (a, b, c)) for polygon, (a, b, c) in zip(polygons, rows, strict=True)]


def _rectangle(window: Window) -> Polygon:
    (left, bottom), (right, top) = window
    return tuple(_homogeneous(*place) for place in ((left, bottom), (right, bottom), (right, top), (left, top)))


def _homogeneous(x: Fraction, y: Fraction) -> Corner:
    scale = math.lcm(x.denominator, y.denominator)
    return int(x * scale), int(y * scale), scale


def _images(affine: AffineMap, forms: np.ndarray) -> np.ndarray:
    """Return the forms of the next layer, three columns per polygon, before ReLU."""
    columns = integer_array(forms)
    images = affine.numerators.times(columns, max(1, largest_magnitude(columns))).astype(object)
    images[:, 2::3] += affine.bias_numerators.astype(object)[:, None]
    return images


def _cut(polygons: list[Polygon], forms: np.ndarray, most: int) -> tuple[list[Polygon], np.ndarray]:
    """Cut every polygon where a unit changes its sign, and switch off the units that are negative."""
    found: list[Polygon] = []
    kept: list[np.ndarray] = []
    for place, polygon in enumerate(polygons):
        form = forms[:, 3 * place : 3 * place + 3]
        for part in _parts(polygon, form):
            values = form @ np.array(part, dtype=object).T
            found.append(part)
            kept.append(np.where((values > 0).any(axis=1)[:, None], form, 0))
        if len(found) > most:
            break
    return found, np.concatenate(kept, axis=1)


def _parts(polygon: Polygon, form: np.ndarray) -> list[Polygon]:
    parts, waiting = [], [(polygon, 0)]
    while waiting:
        part, first = waiting.pop()
        values = form[first:] @ np.array(part, dtype=object).T
        changing = np.flatnonzero((values < 0).any(axis=1) & (values > 0).any(axis=1))
        if not changing.size:
            parts.append(part)
            continue
        row = int(changing[0])
        waiting += [(half, first + row + 1) for half in _halves(part, values[row].tolist())]
    return parts


def _halves(polygon: Polygon, values: list[int]) -> tuple[Polygon, Polygon]:
    """Cut a polygon along the zeros of a form that takes both signs on it."""
    upper, lower = [], []
    count = len(polygon)
    for place, (corner, value) in enumerate(zip(polygon, values, strict=True)):
        if value >= 0:
            upper.append(corner)
        if value <= 0:
            lower.append(corner)
        following, after = polygon[(place + 1) % count], values[(place + 1) % count]
        if value * after < 0:
            between = crossing(corner, value, following, after)
            upper.append(between)
            lower.append(between)
    return tuple(upper), tuple(lower)


def crossing(first: Corner, value: int, second: Corner, after: int) -> Corner:
    """Return where a form with values of different signs at two corners is zero between them."""
    mixed = [abs(after) * x + abs(value) * y for x, y in zip(first, second, strict=True)]
    shared = math.gcd(*mixed)
    return mixed[0] // shared, mixed[1] // shared, mixed[2] // shared
