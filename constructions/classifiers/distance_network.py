"""The numerator of the distance classifier as a ReLU network: ``d_B - d_A``, exactly."""

from __future__ import annotations

from constructions.errors import BudgetExceeded, UsageError
from constructions.exact.norms import check_norm
from constructions.network.affine_map import AffineMap
from constructions.network.affine_products import composed
from constructions.network.maximum import largest_of_groups, largest_output
from constructions.network.relu_network import ReluNetwork
from constructions.network.side_by_side import side_by_side
from constructions.sets.box_arrays import BoxArrays
from constructions.sets.labelled_sets import LabelledSets
from constructions.sets.point_set import BoxSet

MOST_FACES = 2**16


def distance_difference_network(sets: LabelledSets, norm: str) -> ReluNetwork:
    """Return a network that computes ``d_B(x) - d_A(x)``: the sign of the distance classifier.

    In l-infinity and l1 the distance from a box is piecewise linear: the largest, or the
    sum, of how far x lies beyond each face. A smallest distance is minus the largest of
    minus the distances.

    Theorem: thm:distance-classifier

    Args:
        sets: points or boxes on both sides.
        norm: ``"linf"`` or ``"l1"``.

    Returns:
        A network from R^d to R of logarithmic depth. It is positive on the neighbourhoods
        of A and negative on those of B wherever the distance classifier is.

    Raises:
        UsageError: the norm is l2, or a set has other pieces than boxes and points.
        BudgetExceeded: the boxes have more than 2^16 faces.

    Example:
        >>> from constructions import FiniteSet
        >>> network = distance_difference_network(LabelledSets(FiniteSet.of([[0]]), FiniteSet.of([[2]])), "l1")
        >>> [str(network([x])[0]) for x in (-1, 0, 1, 2)]
        ['2', '2', '0', '-2']
    """
    if check_norm(norm) == "l2":
        raise UsageError("an l2 distance is not piecewise linear; no ReLU network computes it")
    if not (isinstance(sets.positive, BoxSet) and isinstance(sets.negative, BoxSet)):
        raise UsageError("a distance as a network needs points or boxes on both sides")
    sides = [sets.positive.arrays, sets.negative.arrays]
    faces = 2 * sets.dim * sum(len(side.lower) for side in sides)
    if faces > MOST_FACES:
        raise BudgetExceeded(f"the boxes have {faces} faces; at most {MOST_FACES} are built into a network")
    chains = [list(_minus_distance(side, norm).maps) for side in sides]
    depth = max(map(len, chains))
    both = side_by_side([_deepened(chain, depth) for chain in chains])
    difference = AffineMap.from_coo([0, 0], [0, 1], [1, -1], (1, 2), [0])
    return ReluNetwork([*both[:-1], composed(difference, both[-1])])


def _minus_distance(boxes: BoxArrays, norm: str) -> ReluNetwork:
    """Return the network of minus the distance from the nearest box."""
    count, dim = boxes.lower.shape
    lower, upper = boxes.lower.ravel().tolist(), boxes.upper.ravel().tolist()
    axes = [place % dim for place in range(count * dim)]
    # Units 2k and 2k+1: how far x lies beyond the upper and the lower face along one axis of one box.
    units = range(2 * count * dim)
    values = [-boxes.scale if unit % 2 else boxes.scale for unit in units]
    bias = [side for low, high in zip(lower, upper, strict=True) for side in (-high, low)]
    faces = AffineMap.from_coo(
        units, [axis for axis in axes for _ in (0, 1)], values, (len(units), dim), bias, boxes.scale
    )
    if norm == "l1":
        rows = [unit // (2 * dim) for unit in units]
        return largest_output(
            ReluNetwork([faces, AffineMap.from_coo(rows, units, [-1] * len(units), (count, len(units)), [0] * count)])
        )
    identity = AffineMap.from_coo(units, units, [1] * len(units), (len(units), len(units)), [0] * len(units))
    farthest = largest_of_groups(ReluNetwork([faces, identity]), 2 * dim)
    *before, last = farthest.maps
    minus = AffineMap.from_coo(range(count), range(count), [-1] * count, (count, count), [0] * count)
    return largest_output(ReluNetwork([*before, composed(minus, last)]))


def _deepened(chain: list[AffineMap], depth: int) -> list[AffineMap]:
    """Return a chain of one output with as many maps as asked, ``z`` passed on as its two parts."""
    split = AffineMap.from_coo([0, 1], [0, 0], [1, -1], (2, 1), [0, 0])
    joined = AffineMap.from_coo([0, 0], [0, 1], [1, -1], (1, 2), [0])
    while len(chain) < depth:
        chain = [*chain[:-1], composed(split, chain[-1]), joined]
    return chain
