"""Which paraboloids lie above the last hidden layer of a network."""

from __future__ import annotations

import numpy as np

from constructions.network.relu_network import ReluNetwork
from verify.methods.separable.bumps import Roles, Squares
from verify.methods.separable.common_square import CommonSquare
from verify.methods.separable.own_squares import OwnSquares
from verify.methods.separable.structure import Analysis, Range


def squares_of(network: ReluNetwork, span: Range, roles: Roles) -> Squares | None:
    """Return the last hidden layer as rows that parabolas bound, ``None`` if it is no such layer.

    Either one sum of one-variable functions lowers all rows alike and the rest of them is
    affine on the range, or every row is a sum of its own.

    Args:
        network: of at least three maps.
        span: where the coordinates of the balls move.
        roles: what the output does with the rows.
    """
    if network.size.depth < 3 or not _looks_curved(network) or not len(roles.rows):
        return None
    analysis = Analysis(network, span)
    layer = analysis.units_before_last()
    if layer is None:
        return None
    common = CommonSquare.of(analysis, network.maps[-2], layer, network.dim, roles)
    return common or OwnSquares.of(analysis, network.maps[-2], layer, network.dim, roles)


def _looks_curved(network: ReluNetwork) -> bool:
    """Return whether first units read one coordinate each: cheap, and false for most networks."""
    return bool((np.diff(network.maps[0].numerators.starts) <= 1).all())


def has_common_column(network: ReluNetwork) -> bool:
    """Return whether some unit lowers every row of the last hidden layer alike, as a common square does."""
    if network.size.depth < 4 or not _looks_curved(network):
        return False
    matrix = network.maps[-2].numerators
    lasts = matrix.starts[1:] - 1
    if (np.diff(matrix.starts) == 0).any() or (matrix.columns[lasts] != matrix.columns[lasts[0]]).any():
        return False
    values = matrix.values[lasts]
    return bool(values[0] < 0 and (values == values[0]).all())
