"""The truth about tiny networks: their linear pieces, one polytope at a time.

A second opinion for tests: it shares no bound and no search with ``verify.methods``.
Every cell of a ball on which the network is affine is cut out exactly, as the integer
homogeneous coordinates of its vertices; an affine function is smallest at a vertex.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product
from typing import Any

from constructions.data.norm_ball import NormBall, Point
from constructions.errors import BudgetExceeded, UsageError
from constructions.exact.norms import length
from constructions.exact.rational import exact_fraction
from constructions.network.relu_network import ReluNetwork

Vector = tuple[int, ...]
MOST_CELLS = 50_000


@dataclass(frozen=True, slots=True)
class ExactMinimum:
    """The smallest margin of a network on a ball, and where it is attained.

    Attributes:
        margin: the smallest ``label * f``; with K outputs the smallest lead of the label's output.
        point: exact coordinates of a point that attains it.
        cells: how many affine pieces the ball was cut into.
    """

    margin: Fraction
    point: Point
    cells: int


@dataclass(frozen=True, slots=True)
class _Polytope:
    """Vertices in homogeneous integers, and per vertex the set of its tight constraints."""

    vertices: tuple[Vector, ...]
    tight: tuple[int, ...]
    constraints: int

    def values(self, form: Vector) -> list[int]:
        return [sum(a * b for a, b in zip(form, vertex, strict=True)) for vertex in self.vertices]

    def side(self, values: list[int]) -> _Polytope | None:
        """Return the part where the form with these values is at least 0."""
        bit = 1 << self.constraints
        kept = [k for k, value in enumerate(values) if value >= 0]
        if not kept:
            return None
        vertices = [self.vertices[k] for k in kept]
        tight = [self.tight[k] | (bit if values[k] == 0 else 0) for k in kept]
        gone = [k for k, value in enumerate(values) if value < 0]
        for above in (k for k in kept if values[k] > 0):
            for below in gone:
                common = self.tight[above] & self.tight[below]
                if self._is_edge(above, below, common):
                    vertices.append(self._crossing(above, below, values))
                    tight.append(common | bit)
        return _Polytope(tuple(vertices), tuple(tight), self.constraints + 1)

    def _is_edge(self, first: int, second: int, common: int) -> bool:
        return not any(mask & common == common for k, mask in enumerate(self.tight) if k != first and k != second)

    def _crossing(self, above: int, below: int, values: list[int]) -> Vector:
        pair = zip(self.vertices[above], self.vertices[below], strict=True)
        mixed = [a * -values[below] + b * values[above] for a, b in pair]
        divisor = math.gcd(*mixed)
        return tuple(value // divisor for value in mixed)


def smallest_margin(
    network: ReluNetwork,
    label: int,
    centre: Sequence[Any],
    ball: NormBall,
    domain: tuple[Sequence[Any], Sequence[Any]] | None = None,
    most_cells: int = MOST_CELLS,
) -> ExactMinimum | None:
    """Return the exact smallest margin of a tiny network on a closed ball.

    Args:
        network: one output and label -1 or +1, or K outputs and label 0..K-1.
        label: the right label at the centre.
        centre: exact coordinates.
        ball: l-infinity or l1.
        domain: corners of a box that also restricts the points.
        most_cells: give up beyond this many affine pieces.

    Returns:
        The minimum, or ``None`` when no point of the ball lies in the domain.

    Raises:
        UsageError: the norm is l2.
        BudgetExceeded: there are more affine pieces.

    Example:
        >>> from constructions import AffineMap
        >>> tent = ReluNetwork([AffineMap([[1], [-1]], [0, 0]), AffineMap([[-1, -1]], [1])])
        >>> found = smallest_margin(tent, 1, [0], NormBall("linf", "3/4"))
        >>> str(found.margin), found.cells
        ('1/4', 2)
    """
    start: _Polytope | None = _ball_polytope([exact_fraction(value) for value in centre], ball)
    for form in _box_forms(domain):
        start = None if start is None else start.side(start.values(form))
    if start is None:
        return None
    best: tuple[Fraction, Vector] | None = None
    cells = 0
    for cell, forms, unit in _affine_pieces(network, start):
        cells += 1
        if cells > most_cells:
            raise BudgetExceeded(f"the network has more than {most_cells} affine pieces on the ball")
        for form in _margins(forms, label):
            for value, vertex in zip(cell.values(form), cell.vertices, strict=True):
                margin = Fraction(value, vertex[-1] * unit)
                if best is None or margin < best[0]:
                    best = (margin, vertex)
    assert best is not None, "a ball has no vertex"
    return ExactMinimum(best[0], _point(best[1]), cells)


def critical_radius(
    network: ReluNetwork, label: int, centre: Sequence[Any], norm: str, limit: Any, most_cells: int = MOST_CELLS
) -> Fraction | None:
    """Return the smallest radius whose closed ball contains a point that is wrong.

    Args:
        network: as in ``smallest_margin``.
        label: the right label at the centre.
        centre: exact coordinates.
        norm: ``"linf"`` or ``"l1"``.
        limit: positive; larger radii are not looked at.
        most_cells: give up beyond this many affine pieces.

    Returns:
        The radius, 0 if the centre itself is wrong, ``None`` if it is above ``limit``.

    Raises:
        UsageError: the norm is l2.
        BudgetExceeded: there are more affine pieces.

    Example:
        >>> from constructions import AffineMap
        >>> tent = ReluNetwork([AffineMap([[1], [-1]], [0, 0]), AffineMap([[-1, -1]], [1])])
        >>> str(critical_radius(tent, 1, ["1/4"], "linf", 2))
        '3/4'
    """
    origin = [exact_fraction(value) for value in centre]
    sectors = [_ball_polytope(origin, NormBall(norm, limit))]
    for form in _sector_forms(origin, norm):
        sectors = [part for sector in sectors for part in _parts(sector, form)]
    best: Fraction | None = None
    cells = 0
    for sector in sectors:
        for cell, forms, _ in _affine_pieces(network, sector):
            cells += 1
            if cells > most_cells:
                raise BudgetExceeded(f"the network has more than {most_cells} affine pieces on the ball")
            for form in _margins(forms, label):
                wrong = cell.side([-value for value in cell.values(form)])
                for vertex in () if wrong is None else wrong.vertices:
                    distance = length([x - c for x, c in zip(_point(vertex), origin, strict=True)], norm)
                    best = distance if best is None else min(best, distance)
    return best


def _affine_pieces(network: ReluNetwork, start: _Polytope) -> Iterator[tuple[_Polytope, list[Vector], int]]:
    """Yield every cell with the affine forms of the outputs on it, times a unit."""
    layers = [(affine.weight, affine.bias, affine.denominator) for affine in network.maps]
    maps = [
        ([[int(value * scale) for value in row] for row in weight], [int(value * scale) for value in bias], scale)
        for weight, bias, scale in layers
    ]

    def visit(
        cell: _Polytope, inputs: list[Vector], unit: int, depth: int
    ) -> Iterator[tuple[_Polytope, list[Vector], int]]:
        weight, bias, scale = maps[depth]
        forms = [_combined(row, shift * unit, inputs) for row, shift in zip(weight, bias, strict=True)]
        if depth == len(maps) - 1:
            yield cell, forms, unit * scale
            return
        for part, active in _patterns(cell, forms, 0):
            yield from visit(part, active, unit * scale, depth + 1)

    dim = network.dim
    yield from visit(start, [tuple(int(j == k) for k in range(dim + 1)) for j in range(dim)], 1, 0)


def _patterns(cell: _Polytope, forms: list[Vector], first: int) -> Iterator[tuple[_Polytope, list[Vector]]]:
    """Yield the parts of a cell on which no unit changes phase, with the units after ReLU."""
    if first == len(forms):
        yield cell, forms
        return
    values = cell.values(forms[first])
    if any(value > 0 for value in values):
        part = cell.side(values) if min(values) < 0 else cell
        assert part is not None, "a side with a vertex is empty"
        yield from _patterns(part, forms, first + 1)
    if any(value < 0 for value in values) or not any(values):
        part = cell.side([-value for value in values]) if max(values) > 0 else cell
        assert part is not None, "a side with a vertex is empty"
        off = [*forms[:first], (0,) * len(forms[first]), *forms[first + 1 :]]
        yield from _patterns(part, off, first + 1)


def _combined(row: list[int], shift: int, inputs: list[Vector]) -> Vector:
    total = [0] * (len(inputs[0]) - 1) + [shift]
    for weight, form in zip(row, inputs, strict=True):
        if weight:
            total = [a + weight * b for a, b in zip(total, form, strict=True)]
    return tuple(total)


def _margins(forms: list[Vector], label: int) -> list[Vector]:
    if len(forms) == 1:
        return [tuple(label * value for value in forms[0])]
    others = (form for k, form in enumerate(forms) if k != label)
    return [tuple(a - b for a, b in zip(forms[label], form, strict=True)) for form in others]


def _ball_polytope(centre: Sequence[Fraction], ball: NormBall) -> _Polytope:
    dim = len(centre)
    if ball.norm == "l2":
        raise UsageError("an l2 ball is no polytope; choose linf or l1")
    if ball.radius == 0:
        return _Polytope((_homogeneous(centre),), (0,), 0)
    if ball.norm == "linf":
        corners = [tuple(signs) for signs in product((-1, 1), repeat=dim)]
        masks = [sum(1 << (2 * j + (s > 0)) for j, s in enumerate(signs)) for signs in corners]
        count = 2 * dim
    else:
        facets = list(product((-1, 1), repeat=dim))
        corners = [tuple(s * (j == k) for k in range(dim)) for j in range(dim) for s in (-1, 1)]
        masks = [
            sum(
                1 << number
                for number, facet in enumerate(facets)
                if any(a * b > 0 for a, b in zip(facet, corner, strict=True))
            )
            for corner in corners
        ]
        count = len(facets)
    moved = [[c + ball.radius * s for c, s in zip(centre, corner, strict=True)] for corner in corners]
    return _Polytope(tuple(_homogeneous(point) for point in moved), tuple(masks), count)


def _box_forms(domain: tuple[Sequence[Any], Sequence[Any]] | None) -> list[Vector]:
    forms = []
    for side, sign in zip(domain or (), (1, -1), strict=False):
        for axis, value in enumerate(side):
            bound = exact_fraction(value, "domain")
            form = [0] * len(side) + [-sign * bound.numerator]
            form[axis] = sign * bound.denominator
            forms.append(tuple(form))
    return forms


def _sector_forms(centre: Sequence[Fraction], norm: str) -> list[Vector]:
    """Return the planes that cut space into parts on which the norm is linear."""
    dim = len(centre)
    rows = [tuple(int(j == k) for k in range(dim)) for j in range(dim)]
    if norm == "linf":
        pairs = [(a, b, s) for a, b in combinations(rows, 2) for s in (1, -1)]
        rows = rows + [tuple(x + s * y for x, y in zip(a, b, strict=True)) for a, b, s in pairs]
    shifts = [-sum((c * x for c, x in zip(centre, row, strict=True)), Fraction(0)) for row in rows]
    return [
        (*(value * shift.denominator for value in row), shift.numerator)
        for row, shift in zip(rows, shifts, strict=True)
    ]


def _parts(cell: _Polytope, form: Vector) -> list[_Polytope]:
    values = cell.values(form)
    if min(values) >= 0 or max(values) <= 0:
        return [cell]
    sides = (cell.side(values), cell.side([-value for value in values]))
    return [part for part in sides if part is not None]


def _homogeneous(point: Sequence[Fraction]) -> Vector:
    scale = math.lcm(1, *(value.denominator for value in point))
    return (*(int(value * scale) for value in point), scale)


def _point(vertex: Vector) -> Point:
    return tuple(Fraction(value, vertex[-1]) for value in vertex[:-1])
