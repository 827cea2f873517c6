"""A Lipschitz function from its values on a cover: the largest of downward cones (Lemma 5.6)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.data.manifold import Cover
from constructions.errors import AssumptionViolated
from constructions.exact.rational import exact_fraction
from constructions.memorizers.bump_layers import axis_faces
from constructions.network.affine_map import AffineMap
from constructions.network.maximum import largest_output
from constructions.network.relu_network import ReluNetwork


def approximate_by_cones(cover: Cover, values: Sequence[Any], lipschitz: Any) -> ReluNetwork:
    """Return ``max_i (g(a_i) - L |x - a_i|_1) + L (d + 1) eta / 2`` over the centres of a cover.

    For g with Lipschitz constant L in l-infinity no cone exceeds g, as the l1 distance is
    the larger one. Within eta of a centre, in l-infinity, its cone is at most ``L (d + 1) eta`` below
    g. So the largest cone, lifted by half of that, is within ``L (d + 1) eta / 2`` of g.

    Theorem: lem:manifold-approximation

    Assumes:
        ``|g(x) - g(y)| <= L |x - y|_inf`` near the cover.

    Args:
        cover: centres in R^d and the radius eta.
        values: exact, ``g`` at each centre.
        lipschitz: L, exact, above 0.

    Returns:
        A network from R^d to R of depth ``3 + ceil(log2 N)`` for N centres.

    Guarantees:
        accuracy: ``|network(x) - g(x)| <= L (d + 1) eta / 2`` within eta of every centre.
        parameters: at most ``count_cones(N, d)``.

    Raises:
        AssumptionViolated: the numbers do not fit.
        InexactInput: a number is a float.

    Cost:
        O(N d).

    Example:
        >>> from constructions.manifolds.covers import cover_with_pieces
        >>> from constructions.manifolds.planes import AxisPlane
        >>> network = approximate_by_cones(cover_with_pieces(AxisPlane(1, 1), 2), ["1/4", "3/4"], 1)
        >>> [str(network([x])[0]) for x in ("1/4", "1/2")]
        ['1/2', '3/4']
    """
    slope = exact_fraction(lipschitz, "lipschitz")
    heights = [exact_fraction(value, "value") for value in values]
    if slope <= 0 or len(heights) != len(cover.patches):
        raise AssumptionViolated(
            f"{len(cover.patches)} centres need as many values, got {len(heights)}, and L > 0, got {slope}", "lipschitz"
        )
    data = LabelledPoints.of([patch.centre for patch in cover.patches], [1] * len(heights))
    lift = slope * (data.dim + 1) * cover.radius / 2
    faces = axis_faces(data.numerators, data.scale, Fraction(0))
    count, width = len(heights), 2 * data.dim
    rows = np.repeat(np.arange(count), width)
    cones = AffineMap.from_coo(
        rows, np.arange(count * width), [-slope] * (count * width), (count, count * width), [h + lift for h in heights]
    )
    return largest_output(ReluNetwork([faces, cones]))


def count_cones(centres: int, dim: int) -> int:
    """Return a number of nonzero parameters that suffices for ``approximate_by_cones``.

    ``4d`` for the distances to each centre's faces; then every round of maxima of pairs.
    """
    # Each unit of the first round reads the faces of one or two centres.
    total, inputs, count = 4 * dim * centres, [2 * dim + 1] * centres, centres
    if count == 1:
        return total + inputs[0]
    while count > 1:
        pairs, left = divmod(count, 2)
        # relu(a - b), relu(b), relu(-b): the units and biases that make a, b and b again.
        total += sum(inputs[2 * i] + 3 * inputs[2 * i + 1] for i in range(pairs)) + (2 * inputs[-1] if left else 0)
        inputs = [3] * pairs + [2] * left
        count = pairs + left
    return total + inputs[0]
