"""Claims about networks that are affine between the nodes of a grid, on boxes, from their weights."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from constructions.data.labelled_cover import LabelledCover
from constructions.network.affine_map import AffineMap
from constructions.network.affine_products import composed
from constructions.network.relu_network import ReluNetwork
from verify.simplicial import values_on_grid
from verify.verdict import Status, Verdict


def reads_only(network: ReluNetwork, columns: Sequence[int], name: str = "projection") -> Verdict:
    """Judge "the network reads no coordinate but these"."""
    rows = network.maps[0].numerators
    others = sorted({int(column) for column in np.asarray(rows.columns)} - {*columns})
    status: Status = "violated" if others else "holds"
    witness = {"coordinate": others[0]} if others else None
    shown = ", ".join(str(column) for column in columns)
    return Verdict(name, status, "exact", f"coordinates {shown}", None, None, "first layer", witness=witness)


def distances_kept(classes: LabelledCover, columns: Sequence[int], name: str = "distortion") -> Verdict:
    """Judge "the projection keeps every l-infinity distance of two centres"."""
    data = classes.points
    table = data.numerators.astype(object)
    apart = np.abs(table[:, None] - table[None]).max(axis=2)
    kept = np.abs(table[:, None, list(columns)] - table[None][:, :, list(columns)]).max(axis=2)
    wrong = np.argwhere(apart != kept)
    pairs = len(data) * (len(data) - 1) // 2
    if not len(wrong):
        return Verdict(name, "holds", "exact", "1", "1", "equal", "all pairs", detail=f"{pairs} pairs of centres")
    i, j = (int(place) for place in wrong[0])
    witness = {"pair": [i, j], "points": [[str(x) for x in data.point(k)] for k in (i, j)]}
    measured = str(Fraction(int(kept[i, j]), int(apart[i, j])))
    return Verdict(name, "violated", "exact", measured, "1", "equal", "all pairs", witness=witness)


def right_on_simplices(
    network: ReluNetwork,
    classes: LabelledCover,
    radius: Fraction,
    columns: Sequence[int],
    axes: Sequence[Sequence[Fraction]],
    name: str = "robust_error",
) -> Verdict:
    """Judge "the network is right within ``radius`` of the boxes of both classes".

    Where the network reads only the kept coordinates and is affine on every simplex of a grid,
    its values on a cell lie between those at the corners; so it is right on a box if it is
    right at the corners of all cells that meet it. A wrong corner refutes nothing by itself.

    Args:
        network: with one output.
        classes: the boxes.
        radius: in l-infinity.
        columns: the coordinates the network reads.
        axes: the grid, per kept coordinate; it must contain the boxes and their neighbourhoods.
        name: of the claim.
    """
    below = ReluNetwork([composed(network.maps[0], _placing(columns, network.dim)), *network.maps[1:]])
    values = values_on_grid(below, axes)
    if values.bent is not None:
        return Verdict(name, "unknown", "exact", None, "0", "at most", "simplices", detail="a unit bends in a simplex")
    signs = values.numerators[:, 0].reshape(values.shape)
    least: int | None = None
    for patch, label in zip(classes.patches, classes.labels, strict=True):
        part = tuple(
            _met(axis, patch.lower[column] - radius, patch.upper[column] + radius)
            for axis, column in zip(axes, columns, strict=True)
        )
        worst = int((label * signs[part]).min())
        least = worst if least is None else min(least, worst)
    assert least is not None
    detail = f"label * f is at least {Fraction(least, values.scale)} at the corners of all cells met"
    status: Status = "holds" if least > 0 else "unknown"
    return Verdict(name, status, "exact", "0" if least > 0 else None, "0", "at most", "simplices", detail=detail)


def _met(axis: Sequence[Fraction], low: Fraction, high: Fraction) -> slice:
    """Return the nodes of all closed cells that meet an interval."""
    if low < axis[0] or high > axis[-1]:
        raise ValueError(f"the interval from {low} to {high} leaves the grid")
    first = max(place for place, end in enumerate(axis) if end <= low)
    last = min(place for place, end in enumerate(axis) if end >= high)
    # A box that only touches a cell meets it: one step more where an end is a node.
    first -= first > 0 and axis[first] == low
    return slice(first, last + 1 + (last < len(axis) - 1 and axis[last] == high))


def _placing(columns: Sequence[int], dim: int) -> AffineMap:
    return AffineMap.from_coo(columns, range(len(columns)), [1] * len(columns), (dim, len(columns)), [0] * dim)


def grid_error_below(
    spacing: Fraction, rounding: Fraction, eps: Fraction, radius: Fraction, name: str = "strict_error"
) -> Verdict:
    """Judge "interpolation of rounded values errs by less than ``1 - c``", with c eps the radius, strictly."""
    error, room = spacing / eps + rounding, 1 - radius / eps
    status: Status = "holds" if error < room else "violated"
    return Verdict(name, status, "exact", str(error), str(room), "less than", "formula")
