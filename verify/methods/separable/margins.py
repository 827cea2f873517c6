"""Networks whose last hidden layer is made of paraboloids, decided on all l2 balls at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

import numpy as np

from constructions.network.relu_network import ReluNetwork
from verify.methods.separable.balls import Balls
from verify.methods.separable.bumps import Bumps, Roles
from verify.methods.separable.distances import Progress
from verify.methods.separable.paraboloids import squares_of
from verify.methods.separable.structure import Range

_MOST_GUESSES, _MOST_FITS, _FEW_POINTS = 12, 4, 64
# So many kinks, and more than half of all, agree on the bend: no other is looked at first.
_ENOUGH_KINKS = 3


@dataclass(frozen=True, slots=True)
class Bound:
    """A lower bound of an output on a ball, and the parabolas that prove it.

    Attributes:
        margin: the bound.
        bend: of the parabolas.
        span: where they bound the functions of one coordinate.
    """

    margin: Fraction
    bend: Fraction
    span: Range


def separable_bounds(
    network: ReluNetwork,
    points: np.ndarray,
    scale: int,
    radius: Fraction,
    around: Range | None = None,
    deadline: float | None = None,
    progress: Progress | None = None,
) -> list[Bound | None]:
    """Bound the output from below on every l2 ball, by paraboloids around the bumps' centres.

    Accepts:
        Networks with one output whose last hidden layer adds affine functions to one sum of
        one-variable functions that interpolates squares; l2 balls without a domain.

    Decides:
        Sound; exact where a bump is provably off on a ball by its paraboloid.

    Method:
        Every unit before the last hidden layer is worked out as a sum of piecewise linear
        functions of one coordinate. The sum lies between two parabolas a constant apart, so
        a bump lies between two paraboloids, whose extremes on a ball depend on the distance
        of centres alone. Distances are integers from one matrix product, compared by squares.

    Cost:
        One product of the points with the centres.

    Reference:
        Yarotsky, Error bounds for approximations with deep ReLU networks (2017).

    Args:
        network: label times network, to be positive.
        points: integers, shape (n, dim); the centres of the balls are ``points / scale``.
        scale: positive integer.
        radius: of the balls.
        around: a range of coordinates that contains that of these balls; fits are tried on both.
        deadline: ``time.monotonic()`` value after which remaining balls are left open.
        progress: called with the number of balls done since the last call.

    Returns:
        A lower bound of the output per ball, ``None`` where nothing is claimed.
    """
    result: list[Bound | None] = [None] * len(points)
    if network.outputs != 1 or not len(points) or network.size.depth < 3:
        return result
    roles, span = Roles.of(network), Range.of(points, scale, radius)
    few = points[np.unique(np.linspace(0, len(points) - 1, min(_FEW_POINTS, len(points))).astype(np.int64))]

    def quality(bumps: Bumps) -> tuple[int, Fraction]:
        margins, chosen = Balls(bumps, roles, few, scale, radius).margins()
        proved = [margins[place] for place in chosen.tolist() if place >= 0 and margins[place] > 0]
        return len(proved), min(proved, default=Fraction(0))

    still = np.arange(len(points))
    for bumps, where in islice(_fits(network, roles, [around or span, span], quality), _MOST_FITS):
        margins, chosen = Balls(bumps, roles, points[still], scale, radius).margins(deadline, progress)
        bounds = [Bound(margin, bumps.bend, where) for margin in margins]
        for place, name in zip(still.tolist(), chosen.tolist(), strict=True):
            if name >= 0 and ((before := result[place]) is None or before.margin < margins[name]):
                result[place] = bounds[name]
        is_open = np.array([margin <= 0 for margin in margins] + [True])
        still, progress = still[is_open[chosen]], None
        if not still.size or (deadline is not None and time.monotonic() >= deadline):
            break
    return result


def _fits(
    network: ReluNetwork, roles: Roles, spans: list[Range], quality: Callable[[Bumps], tuple[int, Fraction]]
) -> Iterator[tuple[Bumps, Range]]:
    """Yield paraboloids and their range: first of the bend that most kinks agree on, if any, then by quality."""
    choices: list[tuple[Bumps, Range]] = []
    for span in dict.fromkeys(spans):
        squares = squares_of(network, span, roles)
        if squares is not None:
            guesses = squares.bends()
            bends = [bend for bend, _ in guesses.most_common(_MOST_GUESSES)]
            if bends and guesses[bends[0]] >= _ENOUGH_KINKS and 2 * guesses[bends[0]] > guesses.total():
                yield squares.bumps(bends.pop(0)), span
            choices += [(squares.bumps(bend), span) for bend in bends]
    yield from sorted(choices, key=lambda choice: quality(choice[0]), reverse=True)
