"""One question to a verifier, and the answer its construction promises."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import Point
from constructions.network.affine_map import AffineMap
from constructions.network.affine_products import composed
from constructions.network.relu_network import ReluNetwork

Answer = Literal["holds", "violated"]


@dataclass(frozen=True, slots=True)
class Instance:
    """Whether a network keeps its label on a closed l-infinity ball.

    Attributes:
        name: unique in its family and for one seed; letters, digits and hyphens.
        family: what kind of network it is.
        network: one output; the label must equal its sign, and 0 counts as wrong.
        centre: of the ball, a decimal fraction in every coordinate.
        radius: of the ball, a decimal fraction.
        label: -1 or +1.
        answer: ``holds`` or ``violated``, as the construction promises.
        margin: the exact minimum of ``label * network`` on the ball where it is known, else
            ``None``; at most 0 where the answer is ``violated``.
        witness: a point of the ball that the network gets wrong, where one is known beforehand.
        gap: how far inside or outside of the largest robust radius the ball is at most, as a
            share of that radius; ``None`` where the radius is not what decides.
    """

    name: str
    family: str
    network: ReluNetwork
    centre: Point
    radius: Fraction
    label: int
    answer: Answer
    margin: Fraction | None = None
    witness: Point | None = None
    gap: Fraction | None = None

    @property
    def lower(self) -> Point:
        """The least corner of the ball."""
        return tuple(value - self.radius for value in self.centre)

    @property
    def upper(self) -> Point:
        """The greatest corner of the ball."""
        return tuple(value + self.radius for value in self.centre)

    @property
    def data(self) -> LabelledPoints:
        """The centre with its label."""
        return LabelledPoints.of([self.centre], labels=[self.label])


def shifted(network: ReluNetwork, offset: Fraction, label: int) -> ReluNetwork:
    """Return ``label * (network + offset)`` for a network with one output."""
    *before, last = network.maps
    return ReluNetwork([*before, composed(AffineMap([[label]], [label * offset]), last)])
