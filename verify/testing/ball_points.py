"""Exactly rational points of closed balls, whole data sets at a time: many on the sphere, none outside.

In l2 a sphere's rational points are found by projecting integer points from a pole, and a
point on the way to another one is rounded inward by an integer square root. No point is
ever compared by a root.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from random import Random

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.exact.integer_arrays import scaled
from constructions.exact.norms import check_norm

_LARGEST = 12
_SHARES = (8, 20, 36)
_SHRINKS = (1, 3, 12, 30)


@dataclass(frozen=True, slots=True)
class BallPoints:
    """One exact point for each of some balls.

    Attributes:
        kind: how they were found.
        index: which training point each belongs to.
        numerators: integers, shape (count, dim).
        scale: positive integer; the points are ``numerators / scale``.
    """

    kind: str
    index: np.ndarray
    numerators: np.ndarray
    scale: int

    def sizes(self, data: LabelledPoints, norm: str) -> list[Fraction]:
        """Return how far each is from its training point, in l2 squared, by integers alone."""
        common = math.lcm(self.scale, data.scale)
        centres = data.numerators[self.index].astype(object) * (common // data.scale)
        steps = np.abs(self.numerators.astype(object) * (common // self.scale) - centres)
        if norm == "l2":
            return [Fraction(int(value), common**2) for value in (steps * steps).sum(axis=1)]
        lengths = steps.max(axis=1) if norm == "linf" else steps.sum(axis=1)
        return [Fraction(int(value), common) for value in lengths]


def ball_points(data: LabelledPoints, norm: str, radius: Fraction, stream: Random) -> Iterator[BallPoints]:
    """Yield points of the closed balls around all training points, without end.

    Kinds take turns: the centres once; one step, on the sphere, from every centre; the same a
    little shorter; and from each centre towards a point of another label, or away from it.

    Args:
        data: the centres.
        norm: of the balls.
        radius: of the balls.
        stream: of the random choices.
    """
    check_norm(norm)
    everyone = np.arange(len(data))
    yield BallPoints("centre", everyone, data.numerators, data.scale)
    while True:
        numerators, scale = _step(norm, data.dim, stream)
        yield _moved("sphere", data, everyone, numerators[None], radius / scale)
        shrink = 2 ** stream.choice(_SHRINKS)
        yield _moved("inside", data, everyone, numerators[None], radius * (shrink - 1) / (shrink * scale))
        if len(data.classes) > 1:
            targets = _targets(data, stream)
            for kind, sign in (("towards", 1), ("away", -1)):
                yield _along(
                    kind, data, everyone, sign * (targets - data.numerators.astype(object)), norm, radius, stream
                )


def _step(norm: str, dim: int, stream: Random) -> tuple[np.ndarray, int]:
    """Return integers and a scale: a random rational vector of length 1, exactly."""
    if norm == "linf":
        numerators = [stream.choice((-1, 1)) * stream.choice((16, 16, stream.randint(0, 16))) for _ in range(dim)]
        numerators[stream.randrange(dim)] = stream.choice((-16, 16))
        return np.array(numerators, dtype=object), 16
    few = stream.sample(range(dim), stream.randint(1, dim))
    numerators = [0] * dim
    for axis in few:
        numerators[axis] = stream.choice((-1, 1)) * stream.randint(1, _LARGEST)
    if norm == "l1":
        return np.array(numerators, dtype=object), sum(map(abs, numerators))
    return _from_the_pole(numerators, few[0])


def _from_the_pole(numerators: list[int], pole: int) -> tuple[np.ndarray, int]:
    """Return the second point in which a line through a pole of the unit sphere meets it.

    With t the entries off the pole's axis and n the entry on it: ``(2 n t, |t|^2 - n^2)``
    over ``|t|^2 + n^2``.
    """
    height = numerators[pole]
    square = sum(value * value for value in numerators) - height * height
    point = [2 * height * value for value in numerators]
    point[pole] = square - height * height
    return np.array(point, dtype=object), square + height * height


def _targets(data: LabelledPoints, stream: Random) -> np.ndarray:
    """Return, for each point, a point of another label: the closest of a few."""
    numerators = data.numerators.astype(object)
    best: list[tuple[int, int]] = [(0, -1)] * len(data)
    for _ in range(stream.choice((1, 4, 16))):
        for place, label in enumerate(data.labels):
            other = stream.choice(data.classes)
            others = data.indices(other)
            chosen = int(others[stream.randrange(others.size)])
            if other != label:
                step = numerators[chosen] - numerators[place]
                size = int((step * step).sum())
                if best[place][1] < 0 or size < best[place][0]:
                    best[place] = size, chosen
    return np.stack([numerators[chosen if chosen >= 0 else place] for place, (_, chosen) in enumerate(best)])


def _moved(kind: str, data: LabelledPoints, index: np.ndarray, steps: np.ndarray, unit: Fraction) -> BallPoints:
    """Return the centres plus ``steps * unit``."""
    common = math.lcm(data.scale, unit.denominator)
    centres = scaled(data.numerators[index], common // data.scale)
    return BallPoints(kind, index, centres + steps * int(unit * common), common)


def _along(
    kind: str, data: LabelledPoints, index: np.ndarray, steps: np.ndarray, norm: str, radius: Fraction, stream: Random
) -> BallPoints:
    """Return the centres plus steps, each cut short where it leaves the ball, rounded inward."""
    if norm == "linf":
        common = math.lcm(data.scale, radius.denominator)
        limit = int(radius * common)
        clipped = np.clip(steps * (common // data.scale), -limit, limit)
        return _moved(kind, data, index, clipped, Fraction(1, common))
    bits = stream.choice(_SHARES)
    shares = np.array([[_share(row, norm, radius * data.scale, bits)] for row in steps], dtype=object)
    return _moved(kind, data, index, steps * shares, Fraction(1, data.scale << bits))


def _share(step: np.ndarray, norm: str, radius: Fraction, bits: int) -> int:
    """Return the largest k up to ``2^bits`` with ``k / 2^bits`` of the step in the ball."""
    if norm == "l1":
        size = int(np.abs(step).sum())
        whole = 0 if size == 0 else (radius.numerator << bits) // (radius.denominator * size)
    else:
        square = int((step * step).sum())
        top = radius.numerator**2 << 2 * bits
        whole = 0 if square == 0 else math.isqrt(top // (radius.denominator**2 * square))
    return min(whole, 1 << bits)
