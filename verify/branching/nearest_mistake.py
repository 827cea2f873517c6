"""The nearest wrong point within one linear piece of a network, exactly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from constructions.data.norm_ball import Point
from constructions.network.relu_network import ReluNetwork
from verify.branching.leaf import Form, affine_forms
from verify.branching.linear_program import minimum
from verify.branching.nearest_point import nearest_point
from verify.branching.simplex import LinearProgram

_ROOT_BITS = 64


def nearest_mistake(
    network: ReluNetwork, centre: Point, norm: str, mistake: Point, domain: tuple[Point, Point] | None
) -> tuple[Fraction, Point] | None:
    """Return a radius and a wrong point within it, the nearest in the piece of a known mistake.

    Args:
        network: its outputs are margins.
        centre: from where distances are taken.
        norm: ``linf``, ``l1`` or ``l2`` (the radius is then rounded up to a rational).
        mistake: a point with an output at most 0.
        domain: box that restricts the points.

    Returns:
        ``None`` if the exact program finds nothing, or the point found is not wrong.
    """
    values = network(mistake)
    worst = min(range(len(values)), key=values.__getitem__)
    *hidden, last = network.maps
    head = ReluNetwork([*hidden, last.select([worst])])
    is_on = _phases(head, mistake)
    forms, output = affine_forms(head, is_on, range(len(is_on)))
    sides: list[Form] = [
        (form, rest) if on else (tuple(-value for value in form), -rest)
        for (form, rest), on in zip(forms, is_on, strict=True)
        if any(form)
    ]
    sides.append((tuple(-value for value in output[0]), -output[1]))
    point = _nearest_l2(sides, centre, domain) if norm == "l2" else _nearest(sides, centre, norm, domain)
    if point is None or head(point)[0] > 0:
        return None
    offsets = [abs(x - c) for x, c in zip(point, centre, strict=True)]
    if norm == "l2":
        return _root_up(sum((value * value for value in offsets), Fraction(0))), point
    return (max(offsets) if norm == "linf" else sum(offsets, Fraction(0))), point


def _phases(network: ReluNetwork, point: Point) -> list[bool]:
    phases: list[bool] = []
    values: Sequence[Fraction] = point
    for affine in network.maps[:-1]:
        inputs = affine(values)
        phases += [value > 0 for value in inputs]
        values = [max(value, Fraction(0)) for value in inputs]
    return phases


def _nearest(sides: list[Form], centre: Point, norm: str, domain: tuple[Point, Point] | None) -> Point | None:
    """Minimise the distance: one variable for the largest offset, or one per coordinate."""
    zero, one, dim = Fraction(0), Fraction(1), len(centre)
    count = 1 if norm == "linf" else dim
    rows = [(*form, *([zero] * count)) for form, _ in sides]
    right = [-rest for _, rest in sides]
    for axis in range(dim):
        distance = [one if norm == "linf" or place == axis else zero for place in range(count)]
        for sign in (one, -one):
            rows.append((*(sign if place == axis else zero for place in range(dim)), *distance))
            right.append(sign * centre[axis])
    low: list[Fraction | None] = [None] * dim if domain is None else list(domain[0])
    high: list[Fraction | None] = [None] * dim if domain is None else list(domain[1])
    if domain is None:
        far = _far(sides, centre)
        low = [value - far for value in centre]
    best = minimum(
        LinearProgram([zero] * dim + [one] * count, rows, right, [*low, *([zero] * count)], [*high, *([None] * count)])
    )
    return None if best is None else best.point[:dim]


def _far(sides: list[Form], centre: Point) -> Fraction:
    """Return a bound that no useful coordinate leaves, so that every variable has a lower limit."""
    return Fraction(2**20) * (1 + max(abs(value) for value in centre)) + len(sides)


def _nearest_l2(sides: list[Form], centre: Point, domain: tuple[Point, Point] | None) -> Point | None:
    forms = list(sides)
    if domain is not None:
        for axis, (low, high) in enumerate(zip(*domain, strict=True)):
            unit = tuple(Fraction(int(place == axis)) for place in range(len(centre)))
            forms += [(unit, -low), (tuple(-value for value in unit), high)]
    gaps = [-rest - sum((a * c for a, c in zip(form, centre, strict=True)), Fraction(0)) for form, rest in forms]
    found = nearest_point([form for form, _ in forms], gaps)
    return None if found is None else tuple(c + step for c, step in zip(centre, found[0], strict=True))


def _root_up(square: Fraction) -> Fraction:
    """Return the square root, exactly if rational, else rounded up."""
    root = Fraction(math.isqrt(square.numerator), math.isqrt(square.denominator))
    if root * root == square:
        return root
    bits = _ROOT_BITS + max(0, square.denominator.bit_length() - square.numerator.bit_length())
    scaled = -(-square.numerator * 4**bits // square.denominator)
    up = math.isqrt(scaled)
    return Fraction(up if up * up == scaled else up + 1, 2**bits)
