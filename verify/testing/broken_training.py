"""Wrong reports of robust errors: each names points as robust that no network can keep together.

As ``verify.testing.broken`` for memorizers: a twin of the genuine report with one thing wrong, beside an instance
on which the genuine error is at least the optimum and the twin's is below it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import NormBall
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from verify.pointwise import wrong_points
from verify.robustness import robust_error

Report = Callable[[ReluNetwork, LabelledPoints, Fraction], list[int]]
_MILLIONTH = Fraction(1, 10**6)


def points_decided(network: ReluNetwork, data: LabelledPoints, radius: Fraction) -> list[int]:
    """The genuine report: the points that are proved robust on closed l-infinity balls."""
    status = robust_error(network, data, "linf", radius).status
    return [index for index, word in enumerate(status) if word == "robust"]


def points_right_at_the_centre(network: ReluNetwork, data: LabelledPoints, radius: Fraction) -> list[int]:
    """The clean error is reported as the robust error."""
    wrong = set(wrong_points(network, data).tolist())
    return [index for index in range(len(data)) if index not in wrong]


def points_right_at_the_corners(network: ReluNetwork, data: LabelledPoints, radius: Fraction) -> list[int]:
    """Only the corners of a box are tried, where a network with more than one kink need not be worst."""
    ball = NormBall("linf", radius)
    pairs = zip(data.points, data.labels, strict=True)
    right = [all(label * network(corner)[0] > 0 for corner in ball.corners(point)) for point, label in pairs]
    return [index for index, is_right in enumerate(right) if is_right]


def points_robust_on_smaller_balls(network: ReluNetwork, data: LabelledPoints, radius: Fraction) -> list[int]:
    """Balls that are a millionth smaller: those that touch are then apart."""
    return points_decided(network, data, radius * (1 - _MILLIONTH))


@dataclass(frozen=True, slots=True)
class BrokenReport:
    """A wrong report and an instance that shows it.

    Attributes:
        report: the wrong one; the first line of its docstring says what is wrong.
        network: that it speaks of.
        data: labelled points, all equally likely.
        radius: of the l-infinity balls.
    """

    report: Report
    network: ReluNetwork
    data: LabelledPoints
    radius: Fraction

    @property
    def name(self) -> str:
        """The report's name."""
        return self.report.__name__


def _tilted_zigzag() -> ReluNetwork:
    """Return ``z(y) - 8 (x - 1/2)``, where z is 1, -1, 1, -1 at -1/2, 0, 1/2, 1 and straight between."""
    kinks = [Fraction(-1, 2), Fraction(0), Fraction(1, 2)]
    first = AffineMap([*[[0, 1]] * len(kinks), [1, 0], [-1, 0]], [*(-kink for kink in kinks), 0, 0])
    return ReluNetwork([first, AffineMap([[-4, 8, -8, -8, 8]], [1 + 4])])


_HALF = Fraction(1, 2)
_LINE = LabelledPoints.of([[0], [1]], [1, -1])
_FALLING = ReluNetwork([AffineMap([[-2]], [1])])
_OFFSET = LabelledPoints.of([["0", "0"], ["1", "1/2"]], [1, -1])

BROKEN_REPORTS: tuple[BrokenReport, ...] = (
    BrokenReport(points_right_at_the_centre, _FALLING, _LINE, _HALF),
    BrokenReport(points_right_at_the_corners, _tilted_zigzag(), _OFFSET, _HALF),
    BrokenReport(points_robust_on_smaller_balls, _FALLING, _LINE, _HALF),
)
