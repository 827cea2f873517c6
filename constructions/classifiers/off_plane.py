"""A network made wrong away from a plane: robust on the plane, not in space."""

from __future__ import annotations

from fractions import Fraction

from constructions.errors import UsageError
from constructions.network.affine_map import AffineMap
from constructions.network.affine_products import composed
from constructions.network.relu_network import ReluNetwork
from constructions.network.side_by_side import side_by_side

_HALF = Fraction(1, 2)


def add_penalty_off_centre(network: ReluNetwork, axis: int, slope: Fraction) -> ReluNetwork:
    """Return ``network(x) - slope * |x_axis - 1/2|``.

    On the plane ``x_axis = 1/2`` nothing changes. Within any distance of it, points that the
    network calls +1 get a wrong neighbour if the slope is large enough: an attacker who
    stays on the plane is strictly weaker than one who does not.

    Theorem: def:robust-error-on-manifold

    Args:
        network: one output, at least two maps.
        axis: a coordinate.
        slope: at least 0.

    Raises:
        UsageError: the network has fewer maps or several outputs.

    Example:
        >>> line = ReluNetwork([AffineMap([[1, 0], [-1, 0]], [0, 0]), AffineMap([[1, -1]], [0])])
        >>> bent = add_penalty_off_centre(line, axis=1, slope=Fraction(4))
        >>> [str(bent(x)[0]) for x in ([1, "1/2"], [1, 1])]
        ['1', '-1']
    """
    depth = len(network.maps)
    if depth < 2 or network.outputs != 1:
        raise UsageError(f"a penalty needs one output and two maps, got {network.outputs} and {depth}")
    off = AffineMap.from_coo([0, 1], [axis, axis], [1, -1], (2, network.dim), [-_HALF, _HALF])
    total = AffineMap([[slope, slope]], [0])
    chain = [off, total, *[AffineMap([[1]], [0])] * (depth - 2)]
    maps = side_by_side([list(network.maps), chain])
    return ReluNetwork([*maps[:-1], composed(AffineMap([[1, -1]], [0]), maps[-1])])
