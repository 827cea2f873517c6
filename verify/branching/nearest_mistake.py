"""The nearest wrong point within one linear piece of a network, exactly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from constructions.data.norm_ball import Point
from constructions.exact.linear_program import minimum
from constructions.exact.simplex import LinearProgram
from constructions.network.relu_network import ReluNetwork
from verify.branching.leaf import Form, affine_forms
from verify.branching.nearest_point import nearest_point

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
    """Minimise the distance over steps up and down from the centre (l-infinity: and their largest)."""
    zero, one, dim = Fraction(0), Fraction(1), len(centre)
    extra = () if norm == "l1" else (zero,)
    rows = [(*form, *(-value for value in form), *extra) for form, _ in sides]
    right = [-rest - sum((a * c for a, c in zip(form, centre, strict=True)), zero) for form, rest in sides]
    if norm == "linf":
        for axis in range(dim):
            rows.append((*(-one if place % dim == axis else zero for place in range(2 * dim)), one))
            right.append(zero)
    low: list[Fraction] = [zero] * (2 * dim)
    high: list[Fraction | None] = [None for _ in range(2 * dim)]
    if domain is not None:
        ends = list(zip(centre, *domain, strict=True))
        low = [max(a - c, zero) for c, a, _ in ends] + [max(c - b, zero) for c, _, b in ends]
        high = [*(max(b - c, zero) for c, _, b in ends), *(max(c - a, zero) for c, a, _ in ends)]
    price = [one] * (2 * dim) if norm == "l1" else [*([zero] * (2 * dim)), one]
    program = LinearProgram(price, rows, right, [*low, *extra], [*high, *(None for _ in extra)])
    best = minimum(program)
    if best is None:
        return None
    return tuple(c + up - down for c, up, down in zip(centre, best.point[:dim], best.point[dim : 2 * dim], strict=True))


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
