"""Attacks carried over from a network that resembles a black box: its slopes guide, the black box answers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from constructions.network.relu_network import ReluNetwork
from verify.black_boxes.black_box import Gradient
from verify.methods.ball_program import margin_network
from verify.methods.float_network import FloatNetwork


def transferred_gradient(network: ReluNetwork) -> Gradient:
    """Return margins and slopes of a network, rounded to floats, for attacks on something else.

    Args:
        network: of the same inputs and labels, such as one trained alike.

    Example:
        >>> from constructions.network.affine_map import AffineMap
        >>> slopes = transferred_gradient(ReluNetwork([AffineMap([[2, -1]], [0])]))
        >>> np.sign(slopes(np.array([[1.0, 1.0]]), -1)[1]).tolist()
        [[-1.0, 1.0]]
    """
    known: dict[tuple[int, int], FloatNetwork] = {}

    def gradient(points: np.ndarray, label: int) -> tuple[np.ndarray, np.ndarray]:
        bits = int(np.frexp(np.abs(points).max(initial=1.0))[1])
        if (label, bits) not in known:
            known[label, bits] = FloatNetwork.of(margin_network(network, label), Fraction(2) ** bits)
        return known[label, bits].gradient(points / 2.0**bits)

    return gradient
