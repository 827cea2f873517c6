"""Balls and a network as integers over growing scales: what every bound method computes on.

Layer l works in units of ``1 / scale[l]``, with ``scale[0]`` a common denominator of the
points, the radius and the domain, and ``scale[l] = scale[l-1] * denominator[l]``; in a shortened
program the first biases are in ``scale[0]`` too, and factors that a map's numbers share are left out.
All quantities are integers; the largest one is bounded in Python integers beforehand, and
that bound chooses int64 or exact big arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy import sparse

from constructions.data.norm_ball import NormBall
from constructions.exact.integer_arrays import (
    IntegerRows,
    greatest_common_divisor,
    integer_array,
    largest_magnitude,
    quotients,
    scaled,
)
from constructions.exact.norms import dual_norm, integer_length_up
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork

SAFE = 2**62
_MOST_DENSE = 2**20


@dataclass(frozen=True, slots=True)
class Domain:
    """A closed box that restricts the attacker.

    Attributes:
        lower: smallest allowed coordinates.
        upper: largest allowed coordinates.
    """

    lower: tuple[Fraction, ...]
    upper: tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class BallProgram:
    """Integer data of a network on many balls of one norm and radius.

    Attributes:
        weights: integer rows of each map.
        biases: integers of each map, in units of that layer's scale.
        scales: scale after each map; ``scales[-1]`` is the unit of the output.
        point_factor: integer coordinates times this are in units of the first scale.
        radius: in units of the first scale.
        lower: smallest allowed coordinates in the same units, or ``None``.
        upper: largest allowed coordinates, or ``None``.
        reach: per first-layer row, how far it moves over the ball (rounded up in l2).
        drift: per second-layer row, how far its input moves over the ball, from the
            largest slope any activation pattern can give; empty for one map only.
        norm: of the balls.
        largest: bound on every integer that can occur.
        is_shortened: its unit is coarser than that of certificates.
    """

    weights: tuple[IntegerRows, ...]
    biases: tuple[np.ndarray, ...]
    scales: tuple[int, ...]
    point_factor: int
    radius: int
    lower: np.ndarray | None
    upper: np.ndarray | None
    reach: np.ndarray
    drift: np.ndarray
    norm: str
    largest: int
    is_shortened: bool

    @property
    def fits_int64(self) -> bool:
        """True when every integer of the computation stays below 2^62."""
        return self.largest < SAFE


def ball_program(
    network: ReluNetwork,
    points: np.ndarray,
    scale: int,
    ball: NormBall,
    domain: Domain | None = None,
    shorten: bool = False,
) -> BallProgram:
    """Return the integer program of a network on balls around ``points / scale``.

    Args:
        network: exact network; all its outputs are of interest.
        points: integers, shape (n, dim).
        scale: positive integer.
        ball: norm and radius of the perturbation set.
        domain: optional box that also restricts the attacker.
        shorten: leave out factors that all numbers of a map share. Bounds are the same, but in
            l2, where roots are rounded up to a unit that is then coarser, they may be weaker.
    """
    bounds = [] if domain is None else [*domain.lower, *domain.upper]
    whole = math.lcm(scale, ball.radius.denominator, *(value.denominator for value in bounds))
    first = math.lcm(whole, _needed(network.maps[0])) if shorten else whole
    radius = int(ball.radius * first)
    weights, biases, scales, unit = [], [], [], first
    for affine in network.maps:
        rows, bias, denominator = _rows_at(unit, affine, shorten)
        weights.append(rows)
        biases.append(bias)
        unit *= denominator
        scales.append(unit)
    reach = reaches(weights[0], radius, ball.norm)
    drift = [] if len(weights) == 1 else _drifts(weights[0], weights[1], radius, ball.norm)
    largest = _largest(weights, biases, largest_magnitude(points) * (first // scale) + radius)
    largest = max([largest, 4 * first, *(2 * value for value in reach), *(2 * value for value in drift)])
    largest = max([largest, *(largest_magnitude(rows.values) for rows in weights)])
    sides = (None, None) if domain is None else tuple(_integers(side, first) for side in (domain.lower, domain.upper))
    largest = max([largest, *(4 * largest_magnitude(side) for side in sides if side is not None)])
    return BallProgram(
        weights=tuple(weights),
        biases=tuple(biases),
        scales=tuple(scales),
        point_factor=first // scale,
        radius=radius,
        lower=sides[0],
        upper=sides[1],
        reach=integer_array(np.array(reach, dtype=object)),
        drift=integer_array(np.array(drift, dtype=object)),
        norm=ball.norm,
        largest=largest,
        is_shortened=unit < whole * network.scale,
    )


def perhaps_weaker(
    network: ReluNetwork, points: np.ndarray, scale: int, margins: Sequence[Fraction | None]
) -> np.ndarray:
    """Return which bounds another way of rounding may raise, so that the least of all rises.

    No bound exceeds the value at its centre, so none that is at least the least of these values,
    over the balls that have a bound, keeps the least bound down. Balls without a bound count too.
    """
    values = network.numerators_at(scaled(points, 1), scale).min(axis=1)
    found = [int(value) for value, margin in zip(values, margins, strict=True) if margin is not None]
    least = Fraction(min(found, default=0), scale * network.scale)
    return np.array([margin is None or margin < least for margin in margins], dtype=bool)


def _needed(affine: AffineMap) -> int:
    """Return what the first scale must be a multiple of, so that integer weights need no scale of their own.

    Thresholds are often finer fractions than the weights: then the points are scaled up to the
    thresholds once, instead of points and weights both.
    """
    spare = greatest_common_divisor(affine.denominator, affine.numerators.values)
    return spare // greatest_common_divisor(spare, affine.bias_numerators)


def _rows_at(unit: int, affine: AffineMap, shorten: bool) -> tuple[IntegerRows, np.ndarray, int]:
    """Return weights, biases at the unit, and denominator, perhaps without what they have in common."""
    rows, bias = affine.numerators, scaled(affine.bias_numerators, unit)
    spare = greatest_common_divisor(affine.denominator, rows.values, bias) if shorten else 1
    if spare == 1:
        return rows, bias, affine.denominator
    shorter = IntegerRows(rows.starts, rows.columns, quotients(rows.values, spare), rows.shape)
    return shorter, integer_array(quotients(bias, spare)), affine.denominator // spare


def _integers(values: tuple[Fraction, ...], scale: int) -> np.ndarray:
    return integer_array(np.array([int(value * scale) for value in values], dtype=object))


def _largest(weights: Sequence[IntegerRows], biases: list[np.ndarray], start: int) -> int:
    """Return a bound on every partial sum, twice over for the sum of two bounds."""
    largest, total = start, start
    for rows, bias in zip(weights, biases, strict=True):
        largest = rows.largest_row_sum() * largest + largest_magnitude(bias)
        total = max(total, largest)
    return 4 * total


def reaches(rows: IntegerRows, radius: int, norm: str) -> list[int]:
    """Return how far each first-layer row can move over the ball (rounded up in l2)."""
    if norm == "linf":
        return [radius * size for size in rows.absolute_row_sums()]
    if norm == "l2":
        squares = [sum(int(value) ** 2 for value in rows.row(i)[1]) for i in range(rows.shape[0])]
        return [_root_up(radius * radius * square) for square in squares]
    magnitudes = np.abs(rows.values)
    peaks = np.zeros(rows.shape[0], dtype=magnitudes.dtype)
    filled = np.flatnonzero(np.diff(rows.starts))
    if filled.size:
        peaks[filled] = np.maximum.reduceat(magnitudes, rows.starts[filled])
    return [radius * int(value) for value in peaks]


def _drifts(first: IntegerRows, second: IntegerRows, radius: int, norm: str) -> list[int]:
    """Return how far each second-layer input can move over a ball of this radius.

    Its gradient is sum_k w_k alpha_k u_k with alpha_k in [0, 1], so coordinate j lies
    between minus the sum of the negative w_k u_kj and the sum of the positive ones.
    """
    slopes = _steepest(first, second)
    dual = dual_norm(norm)
    if norm == "l2":
        return [_root_up(radius * radius * sum(value * value for value in row)) for row in slopes]
    return [radius * integer_length_up(row, dual) for row in slopes]


def _root_up(square: int) -> int:
    root = math.isqrt(square)
    return root if root * root == square else root + 1


def _steepest(first: IntegerRows, second: IntegerRows) -> list[list[int]]:
    """Return per second-layer row the largest slopes by coordinate, zeros left out."""
    limit = first.largest_row_sum() * second.largest_row_sum()
    if limit >= SAFE or first.nonzero == 0 or second.nonzero == 0:
        if first.is_dense and first.shape[0] * first.shape[1] <= _MOST_DENSE:
            return _steepest_dense(first, second)
        return [_steepest_row(first, second, i) for i in range(second.shape[0])]
    up, down = (_part(rows, sign) for rows, sign in ((first, 1), (first, -1)))
    left, right = _part(second, 1), _part(second, -1)
    peaks = (left @ up + right @ down).maximum(left @ down + right @ up).tocsr()
    return [peaks.data[a:b].tolist() for a, b in zip(peaks.indptr[:-1], peaks.indptr[1:], strict=True)]


def _steepest_dense(first: IntegerRows, second: IntegerRows) -> list[list[int]]:
    up, down = np.zeros((2, *first.shape), dtype=object)
    up[first.entry_rows, first.columns] = np.maximum(first.values, 0)
    down[first.entry_rows, first.columns] = np.maximum(-first.values, 0)
    sides = [
        IntegerRows(second.starts, second.columns, np.maximum(s * second.values, 0), second.shape) for s in (1, -1)
    ]
    size = largest_magnitude(first.values)
    products = [[side.times(part, size).astype(object) for part in (up, down)] for side in sides]
    peaks = np.maximum(products[0][0] + products[1][1], products[0][1] + products[1][0])
    return [[int(value) for value in row if value] for row in peaks]


def _part(rows: IntegerRows, sign: int) -> sparse.csr_array:
    values = np.maximum(sign * rows.values, 0)
    return sparse.csr_array((values, rows.columns, rows.starts), shape=rows.shape)


def _steepest_row(first: IntegerRows, second: IntegerRows, index: int) -> list[int]:
    up: dict[int, int] = {}
    down: dict[int, int] = {}
    for unit, weight in zip(*second.row(index), strict=True):
        for axis, value in zip(*first.row(int(unit)), strict=True):
            slope = int(weight) * int(value)
            side = up if slope > 0 else down
            side[int(axis)] = side.get(int(axis), 0) + abs(slope)
    return [max(up.get(axis, 0), down.get(axis, 0)) for axis in sorted(up.keys() | down.keys())]


def margin_network(network: ReluNetwork, label: int) -> ReluNetwork:
    """Return a network whose outputs are all positive exactly where ``label`` is right.

    With one output the label is -1 or +1 and the margin is ``label * f``; with K
    outputs it is 0..K-1 and the margins are ``f_label - f_k`` for every other k.

    Raises:
        ValueError: the label does not fit the outputs.
    """
    *hidden, last = network.maps
    count = network.outputs
    if count == 1:
        if label not in (-1, 1):
            raise ValueError(f"a network with one output takes labels -1 and +1, found {label}")
        return network if label == 1 else ReluNetwork([*hidden, last.select([0], -1)])
    if not 0 <= label < count:
        raise ValueError(f"a network with {count} outputs takes labels 0..{count - 1}, found {label}")
    others = [k for k in range(count) if k != label]
    margins: AffineMap = last.select([label] * len(others)).minus(last.select(others))
    return ReluNetwork([*hidden, margins])
