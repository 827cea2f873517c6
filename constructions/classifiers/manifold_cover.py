"""Robust classifiers of subsets of a manifold: one box bump per patch of a cover (Theorem 5.5)."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.labelled_cover import LabelledCover
from constructions.errors import AssumptionViolated
from constructions.exact.integer_arrays import scaled
from constructions.exact.rational import exact_fraction
from constructions.memorizers.bump_layers import axis_faces, signed_sum, sum_of_faces
from constructions.memorizers.instance import constant_network
from constructions.network.relu_network import ReluNetwork


def classify_manifold_cover(cover: LabelledCover, eps: Any, radius: Any, whole_boxes: bool = True) -> ReluNetwork:
    """Return a network with the right sign around two classes of a manifold, in all directions.

    Each centre of the class with fewer patches gets a bump that is 1 on the box of radius
    ``radius + eta`` around it, and falls to 0 over a ramp in the l1 distance to that box.
    With eta the radius of the cover and kappa its offset, a point within ``radius`` of the
    other class is at least ``2 eps - kappa - radius`` from the centre, so the ramp may be
    ``2 (eps - radius) - eta - kappa`` wide. Kappa is 0 where centres lie in their class (an
    internal cover) and eta at most where they lie anywhere (an external one).

    Theorem: thm:robust-classifier-on-manifold

    Assumes:
        The classes are at least ``2 * eps`` apart (l-infinity).
        ``0 <= radius < eps``.
        ``eta + kappa < eps - radius``; twice that suffices without ``whole_boxes``.

    Args:
        cover: the patches of both classes.
        eps: half the separation.
        radius: of the perturbations, c eps in the paper.
        whole_boxes: leave room to be right on the boxes of radius ``radius + eta`` around
            the centres of the other class too, so that finitely many boxes can be decided.

    Returns:
        A network from R^d to R with three affine maps.

    Guarantees:
        robust_error: zero within ``radius`` of the classes, in R^d.
        margin: ``label * network(x) >= 1`` there; with ``whole_boxes`` also within
            ``radius + eta`` of every centre.
        count: exactly ``count_manifold_cover(cover, radius)``.

    Raises:
        AssumptionViolated: a hypothesis fails, or no ramp is left; the message has the values.
        InexactInput: a number is a float.

    Cost:
        O(m d) for m patches, after the cover is known.

    Example:
        >>> from constructions.manifolds.planes import AxisPlane
        >>> from constructions.manifolds.covers import cover_with_pieces
        >>> patches = cover_with_pieces(AxisPlane(1, 2), pieces=16).patches
        >>> cover = LabelledCover((patches[0], patches[15]), (1, -1))
        >>> network = classify_manifold_cover(cover, eps="1/4", radius="1/8")
        >>> [str(network(x)[0]) for x in (["1/16", "5/8"], ["15/16", "3/8"])]
        ['1', '-1']
    """
    if len({*cover.labels}) == 1:
        return constant_network(cover.points)
    inner, ramp = bump_widths(cover, eps, radius, whole_boxes)
    data, label = cover.points, bump_label(cover)
    centres = data.numerators[data.indices(label)]
    # Hidden layer 1: how far x lies beyond each face of the box around each centre.
    faces = axis_faces(centres, data.scale, inner)
    # Hidden layer 2: 1 minus the total distance to the box, in units of the ramp.
    bumps = sum_of_faces(len(centres), data.dim, -1 / ramp, Fraction(1))
    return ReluNetwork([faces, bumps, signed_sum(len(centres), label)])


def count_manifold_cover(cover: LabelledCover, radius: Any) -> int:
    """Return the exact number of nonzero parameters of ``classify_manifold_cover``.

    ``m (6 d + 2) + 1`` for m patches of the class with fewer, less one for every face
    through the origin of its axis.
    """
    if len({*cover.labels}) == 1:
        return 1
    data = cover.points
    centres = data.numerators[data.indices(bump_label(cover))]
    inner = (exact_fraction(radius, "radius") + cover.radius) * data.scale
    zero_biases = 0
    if inner.denominator == 1:
        zero_biases = int(np.count_nonzero(np.abs(scaled(centres, 1).astype(object)) == int(inner)))
        zero_biases += int(inner == 0) * int(np.count_nonzero(centres == 0))
    return len(centres) * (6 * data.dim + 2) + 1 - zero_biases


def bump_widths(cover: LabelledCover, eps: Any, radius: Any, whole_boxes: bool) -> tuple[Fraction, Fraction]:
    """Return the inner radius of the bumps and the width of their ramp, rounded down to few bits.

    Raises:
        AssumptionViolated: the radius is out of range or no ramp is left.
    """
    half, reach = exact_fraction(eps, "eps"), exact_fraction(radius, "radius")
    if not 0 <= reach < half:
        raise AssumptionViolated(f"the radius must lie in [0, eps) = [0, {half}), got {reach}", "radius")
    loss = cover.radius + cover.offset
    ramp = 2 * (half - reach) - (2 if whole_boxes else 1) * loss
    if ramp <= 0:
        raise AssumptionViolated(
            f"radius {cover.radius} and offset {cover.offset} of the cover leave a ramp of {ramp}: "
            f"their sum must be below {half - reach if whole_boxes else 2 * (half - reach)}",
            "ramp",
        )
    # Less of a ramp will do as well: at most a quarter is given away for a short weight.
    unit = 2 ** math.ceil(4 / ramp).bit_length()
    return reach + cover.radius, Fraction(math.floor(ramp * unit), unit)


def bump_label(cover: LabelledCover) -> int:
    """Return the label of the class with fewer patches, +1 where they have as many."""
    return 1 if 2 * cover.labels.count(1) <= len(cover.labels) else -1
