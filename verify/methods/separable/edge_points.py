"""Points on the spheres of l2 balls, towards the nearest point of another label."""

from __future__ import annotations

import math
import time
from fractions import Fraction

import numpy as np

from constructions.data.norm_ball import Point
from constructions.exact.integer_arrays import integer_array
from constructions.network.relu_network import ReluNetwork
from verify.methods.separable.distances import Distances

_BITS = 12
_BATCH_ENTRIES = 2**22


def edge_counterexamples(
    network: ReluNetwork,
    points: np.ndarray,
    scale: int,
    radius: Fraction,
    opposite: np.ndarray,
    deadline: float | None = None,
) -> dict[int, Point]:
    """Look for a wrong point where each l2 ball comes closest to the nearest point of another label.

    Accepts:
        Any network, l2 balls without a domain, points of other labels.

    Decides:
        Refutes only.

    Method:
        The step towards the nearest opposite point is a multiple of ``2^-12`` of the way,
        rounded down so that it stays in the ball; the network is evaluated there exactly.

    Cost:
        One product of the points with the opposite ones, one evaluation a ball.

    Reference:
        Yang et al., A closer look at accuracy vs. robustness (2020), for the direction.

    Args:
        network: label times network, wrong where an output is not positive.
        points: integers, shape (n, dim); the centres of the balls are ``points / scale``.
        scale: positive integer.
        radius: of the balls.
        opposite: integers, shape (m, dim), in the same units, at least one.
        deadline: ``time.monotonic()`` value after which remaining balls are left open.

    Returns:
        A wrong point of the ball by the index of its centre, where one was found.
    """
    nearest = Distances(points, opposite).nearest(np.arange(len(points)), np.arange(len(opposite)))
    ways = integer_array(opposite[nearest].astype(object) - points.astype(object))
    found: dict[int, Point] = {}
    batch = max(1, _BATCH_ENTRIES // max(affine.shape[0] for affine in network.maps))
    for start in range(0, len(points), batch):
        if deadline is not None and time.monotonic() >= deadline:
            break
        part = slice(start, start + batch)
        steps = np.array([[_step(way, scale, radius)] for way in ways[part]], dtype=object)
        places = integer_array(points[part].astype(object) * 2**_BITS + steps * ways[part].astype(object))
        values = network.numerators_at(places, scale * 2**_BITS)
        for place in np.flatnonzero(values.min(axis=1) <= 0).tolist():
            wrong = tuple(Fraction(int(value), scale * 2**_BITS) for value in places[place])
            found[start + place] = wrong
    return found


def _step(way: np.ndarray, scale: int, radius: Fraction) -> int:
    """Return the largest k, at most ``2^12``, with ``k / 2^12 * |way| / scale <= radius``."""
    length = sum(int(value) ** 2 for value in way)
    if not length:
        return 0
    return min(2**_BITS, math.isqrt(math.floor((radius * scale * 2**_BITS) ** 2 / length)))
