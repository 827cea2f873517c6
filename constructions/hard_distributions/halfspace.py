"""The half-space that separates every hard linearly separable set."""

from __future__ import annotations

from fractions import Fraction

from constructions.hard_distributions.grid import checked_dim
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork


def separating_halfspace(dim: int) -> ReluNetwork:
    """Return the network ``x_d - 1/2``: right on every hard point, two nonzero parameters.

    Its value at point i is ``offset * label(i)``, and it is zero at every midpoint: with
    zero an error, its robust error is 1 under every distribution on the hard points.

    Theorem: thm:hard-linearly-separable-sets

    Args:
        dim: the dimension d, at least 1.

    Returns:
        A network from R^d to R with one affine map.

    Raises:
        AssumptionViolated: the dimension is below 1.

    Example:
        >>> separating_halfspace(3)(["0", "1", "3/4"])
        (Fraction(1, 4),)
    """
    width = checked_dim(dim, 1)
    return ReluNetwork([AffineMap.from_coo([0], [width - 1], [1], (1, width), [Fraction(-1, 2)])])
