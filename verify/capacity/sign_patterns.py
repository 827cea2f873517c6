"""Upper bounds of the number of sign vectors on m points, in integers."""

from __future__ import annotations

import math
from collections.abc import Iterator

EULER_ABOVE = (2_718_281_828_459_045_236, 10**18)
_NEGLIGIBLE = 96


def possible_parameters(units: int, dim: int) -> int:
    """Return E_U: places for a nonzero parameter in a network with so many hidden units.

    Units are numbered so that edges go upwards; sources are the constant, the inputs and
    earlier units, targets the units and the output.
    """
    return (units + 1) * (dim + 1) + units * (units + 1) // 2


def most_units(size: int, dim: int) -> int:
    """Return the number of hidden units that a network of ``size`` nonzero parameters needs at most.

    Without changing its function or adding parameters, all but 2 dim units have two
    incoming parameters or more, and the output has one.
    """
    return min(size - 1, (size - 1) // 2 + dim)


def degree(units: int, depth: int | None) -> int:
    """Return the largest degree of a preactivation in the parameters."""
    return units + 1 if depth is None else min(units + 1, depth)


def region_term(units: int, size: int, dim: int, points: int, depth: int | None = None) -> int:
    """Return one term of ``region_patterns``, rounded up: supports, signs, then regions."""
    free = size - units
    above, below = EULER_ABOVE
    base = 2 * above * points * (2 ** (units + 1) - 1) * degree(units, depth)
    supports = math.comb(possible_parameters(units, dim), size)
    return -(-(supports * 2 ** (units + 1) * base**free) // (below * free) ** free)


def region_patterns(size: int, dim: int, points: int, depth: int | None = None) -> int:
    """Return T(W, d, m): the sign vectors on m points of all networks with at most W parameters.

    Args:
        size: W, at most ``points``.
        dim: d.
        points: m.
        depth: longest path allowed, ``None`` for any.

    Raises:
        ValueError: the size exceeds the number of points; the counting lemma needs W <= m.

    Example:
        >>> [region_patterns(*case) for case in ((1, 1, 2), (2, 1, 3), (3, 2, 4), (4, 2, 4))]
        [44, 4115, 1412160, 283275042]
    """
    if size > points:
        raise ValueError(f"sizes up to the number of points are bounded, got {size} > {points}")
    if size == 0:
        return 1
    return sum(
        region_term(units, total, dim, points, depth)
        for units in range(most_units(size, dim) + 1)
        for total in range(units + 1, size + 1)
    )


def region_bracket(size: int, dim: int, points: int, depth: int | None = None) -> tuple[int, int]:
    """Return integers below and above T(W, d, m) that agree in about 2^-60.

    Only terms near the largest are computed. For a fixed number of units the terms are
    log-concave in the number of parameters, so that where the last is 2^64 times the one
    before, all others together are negligible; terms with far fewer bits than the largest
    are bounded by their number.
    """
    if size == 0:
        return 1, 1
    rough = [_rough_bits(units, size, dim, points, depth) for units in range(most_units(size, dim) + 1)]
    peak = region_term(rough.index(max(rough)), size, dim, points, depth).bit_length()
    below, above = 0, 0
    for units, bits in enumerate(rough):
        if bits >= peak - _NEGLIGIBLE:
            bits = _most_bits(units, size, dim, points, depth)
        if bits < peak - _NEGLIGIBLE:
            above += size << bits
        elif _grows_fast(units, size, dim, points, depth):
            term = region_term(units, size, dim, points, depth)
            below += term
            above += term + (term >> 62) + size
        else:
            whole = sum(region_term(units, total, dim, points, depth) for total in range(units + 1, size + 1))
            below, above = below + whole, above + whole
    return below, above


def _rough_bits(units: int, size: int, dim: int, points: int, depth: int | None) -> int:
    """Return b with every term of this number of units at most 2^b, without large products."""
    places, free = possible_parameters(units, dim), size - units
    supports = size * places.bit_length()
    regions = (-(-6 * points * degree(units, depth) // free)).bit_length()
    return supports + free * regions + (units + 1) * (free + 1)


def _most_bits(units: int, size: int, dim: int, points: int, depth: int | None) -> int:
    """Return b with every term of this number of units at most 2^b."""
    places, free = possible_parameters(units, dim), size - units
    above, below = EULER_ABOVE
    supports = math.comb(places, min(size, places // 2))
    regions = -(-((2 * above * points * degree(units, depth)) ** free) // (below * free) ** free)
    return supports.bit_length() + regions.bit_length() + (units + 1) * (free + 1)


def _grows_fast(units: int, size: int, dim: int, points: int, depth: int | None) -> bool:
    """Tell whether the terms before the last of this number of units add less than 2^-62 of it."""
    free, places = size - units, possible_parameters(units, dim)
    if free < 2:
        return True
    # Ratio of the supports, times at least one factor of the base over a larger exponent.
    gain = (places - size + 1) * 2 * points * (2 ** (units + 1) - 1) * degree(units, depth)
    return gain >= size * free * 2**64


def layer_patterns(size: int, dim: int, points: int, depth: int) -> int:
    """Return the bound on sign vectors of networks of bounded depth, rounded up.

    ``2^L (prod_{i<L} 2 e m i)^W (2 e m L / W)^W C(W (d+1) + W (W-1)/2, W)``, for
    ``1 <= W <= m``.
    """
    if size == 0:
        return 1
    above, below = EULER_ABOVE
    places = size * (dim + 1) + size * (size - 1) // 2
    factor = math.factorial(depth) * (2 * above * points) ** depth
    whole = 2**depth * factor**size * math.comb(places, size)
    return -(-whole // (below**depth * size) ** size)


def precision_patterns(size: int, dim: int, bits: int) -> int:
    """Return the number of networks with at most W parameters from a set of 2^bits values."""
    return sum(
        math.comb(possible_parameters(units, dim), total) << (bits * total)
        for total in range(1, size + 1)
        for units in range(total)
    ) + (1 if size == 0 else 0)


def sauer_patterns(points: int, vc_dimension: int) -> int:
    """Return the most labellings of m points that a class of this VC dimension realises."""
    return hamming_ball(points, vc_dimension)


def hamming_ball(points: int, radius: int) -> int:
    """Return the number of labellings that differ from a given one in at most ``radius`` points."""
    return sum(_binomials(points, min(radius, points)))


def hamming_bracket(points: int, radius: int) -> tuple[int, int]:
    """Return integers below and above ``hamming_ball``, for a radius below half of the points.

    The sizes of the spheres fall towards the centre at least as fast as at the border, so a
    geometric sum bounds them; and the ball and its opposite one are disjoint.
    """
    if points <= 2**14:
        exact = hamming_ball(points, radius)
        return exact, exact
    sphere = math.comb(points, radius)
    return sphere, min(-(-sphere * (points - radius + 1) // (points - 2 * radius + 1)), 2 ** (points - 1))


def _binomials(points: int, radius: int) -> Iterator[int]:
    term = 1
    for place in range(radius + 1):
        yield term
        term = term * (points - place) // (place + 1)
