"""Exact partitions of unity: hats on planes, hats of clipped readings on spheres and tori."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from constructions.data.manifold import Manifold
from constructions.data.partition import Partition, Slab
from constructions.errors import AssumptionViolated
from constructions.manifolds.flat_torus import FlatTorus
from constructions.manifolds.planes import AxisPlane, DiagonalPlane
from constructions.manifolds.sphere import Sphere
from constructions.manifolds.unit_cells import equal_pieces
from constructions.network.affine_map import AffineMap
from constructions.network.affine_products import composed
from constructions.network.kuhn_hats import count_interpolant, hat_layers
from constructions.network.relu_network import ReluNetwork

_HALF, _ONE = Fraction(1, 2), Fraction(1)


def partition_of_unity(manifold: Manifold, pieces: int = 2) -> Partition:
    """Return a partition of unity subordinate to the charts of a manifold.

    On planes it is the hats of a grid, each with the box of its neighbours as its chart.
    On a sphere ``rho_0 = clip(y + 1/2)`` and ``rho_1 = 1 - rho_0``, y the height over the
    centre in units of the radius, as chart 0 leaves out the lowest point and chart 1 the
    highest. On a torus the heights of its circles are clipped so, and the hats of the
    corners of a cube replace products: minima, not polynomials.

    Theorem: def:partition-of-unity

    Args:
        manifold: a plane, a sphere or a flat torus.
        pieces: of the grid on a plane, per axis.

    Raises:
        AssumptionViolated: the manifold has no smooth charts here.

    Example:
        >>> partition = partition_of_unity(AxisPlane(1, 2), pieces=2)
        >>> [str(value) for value in partition.network(["3/8"])]
        ['1/4', '3/4', '0']
    """
    if isinstance(manifold, AxisPlane | DiagonalPlane):
        return _grid_hats(manifold.dimension, pieces)
    if isinstance(manifold, Sphere | FlatTorus):
        axes = manifold.dimension if isinstance(manifold, FlatTorus) else 1
        heights = "heights over the centre in units of the radius, one per circle or sphere"
        breakpoints = (-_ONE, -_HALF, _HALF, _ONE)
        slabs = [
            Slab(chart, axis, *((_HALF, _ONE) if chart >> axis & 1 else (-_ONE, -_HALF)))
            for chart in range(2**axes)
            for axis in range(axes)
        ]
        return Partition(_corner_hats(axes, 1, _HALF), (breakpoints,) * axes, tuple(slabs), 0, heights, True)
    raise AssumptionViolated(f"{manifold.spec} has no smooth charts here", "atlas")


def polynomial_partition(manifold: Manifold, pieces: int = 2) -> Partition:
    """Return a partition whose functions are small ReLU networks of polynomials of tangent coordinates.

    On planes tangent coordinates are the parameters, and the polynomials of degree 1. On a
    circle there are four charts, the projections to the tangents at the top, the bottom and
    the sides; with x and y in units of the radius, ``clip(3/2 - 2 x^2)`` serves top and bottom and
    ``clip(3/2 - 2 y^2)`` the sides. As ``x^2 + y^2 = 1`` they sum to 1. The sign of the other
    coordinate tells top from bottom; where it changes the function is 0. On a torus
    the hats of the corners of a cube combine the circles.

    Theorem: def:poly-partitionable

    Args:
        manifold: a plane, a circle or a flat torus.
        pieces: of the grid on a plane, per axis.

    Raises:
        AssumptionViolated: no such partition is known here.
    """
    if isinstance(manifold, AxisPlane | DiagonalPlane):
        return _grid_hats(manifold.dimension, pieces)
    if isinstance(manifold, FlatTorus) or (isinstance(manifold, Sphere) and manifold.dimension == 1):
        axes = manifold.dimension
        quarter, most = Fraction(1, 4), Fraction(3, 4)
        squares = "squares of the first coordinate of each circle, from its centre in units of the radius"
        slabs = [
            Slab(chart, axis, *((Fraction(0), quarter) if chart >> axis & 1 else (most, _ONE)))
            for chart in range(2**axes)
            for axis in range(axes)
        ]
        breakpoints = (Fraction(0), quarter, most, _ONE)
        return Partition(_corner_hats(axes, -2, Fraction(3, 2)), (breakpoints,) * axes, tuple(slabs), 2, squares, True)
    raise AssumptionViolated(f"no polynomial partition of {manifold.spec} is known here", "degree")


def count_partition(partition: Partition) -> int:
    """Return the exact number of nonzero parameters of the network of a partition.

    That of the hats of a grid and of one output each, and where readings are scaled to the
    unit cube first, one bias more for each of them.
    """
    axes = len(partition.breakpoints)
    if partition.is_clipped:
        return count_interpolant(axes, 1) + axes
    return count_interpolant(axes, len(partition.breakpoints[0]) - 1)


def _grid_hats(axes: int, pieces: int) -> Partition:
    """Return the hats of all nodes of a grid on the unit box."""
    nodes = [list(node) for node in product(range(pieces + 1), repeat=axes)]
    network = ReluNetwork([*hat_layers(nodes, pieces), _identity(len(nodes))])
    slabs = []
    for function, node in enumerate(nodes):
        for axis, place in enumerate(node):
            if place > 0:
                slabs.append(Slab(function, axis, Fraction(0), Fraction(place - 1, pieces)))
            if place < pieces:
                slabs.append(Slab(function, axis, Fraction(place + 1, pieces), _ONE))
    return Partition(network, (equal_pieces(pieces),) * axes, tuple(slabs), 1, "the parameters of the plane", False)


def _corner_hats(axes: int, slope: int, shift: Fraction) -> ReluNetwork:
    """Return the hats of the corners of a cube, of readings scaled and clipped to [0, 1].

    Function number ``chart`` belongs to the corner with coordinate 0 where the chart has the
    bit 1: there the reading ``slope u + shift`` is at most 0. Hats of a cube are constant along each axis
    beyond it, so that no unit is needed to clip.
    """
    scaling = AffineMap.from_coo(range(axes), range(axes), [slope] * axes, (axes, axes), [shift] * axes)
    nodes = [[1 - (chart >> axis & 1) for axis in range(axes)] for chart in range(2**axes)]
    first, *rest = hat_layers(nodes, 1)
    return ReluNetwork([composed(first, scaling), *rest, _identity(len(nodes))])


def _identity(count: int) -> AffineMap:
    return AffineMap.from_coo(range(count), range(count), [1] * count, (count, count), [0] * count)
