"""Claims about partitions of unity, decided on whole boxes from the weights of the functions."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.partition import Partition
from verify.simplicial import GridValues, values_on_grid
from verify.verdict import Status, Verdict


def partition_values(partition: Partition) -> GridValues:
    """Evaluate the functions at the vertices of the partition's grid."""
    return values_on_grid(partition.network, partition.breakpoints)


def sums_to_one(values: GridValues, name: str = "sum") -> Verdict:
    """Judge "the functions sum to 1 on the whole box"."""
    sums = values.numerators.sum(axis=1)
    wrong = np.flatnonzero(sums != values.scale)
    if wrong.size:
        index = int(wrong[0])
        measured = str(Fraction(int(sums[index]), values.scale))
        return Verdict(name, "violated", "exact", measured, "1", "equal", "vertices", witness=_at(values, index))
    return _affine(values, name, "1", "1", "equal")


def is_nonnegative(values: GridValues, name: str = "nonnegative") -> Verdict:
    """Judge "no function is negative on the box"."""
    place = int(np.argmin(values.numerators))
    index, function = divmod(place, values.numerators.shape[1])
    least = values.value(index, function)
    if least < 0:
        witness = {**_at(values, index), "function": function}
        return Verdict(name, "violated", "exact", str(least), "0", "at least", "vertices", witness=witness)
    return _affine(values, name, str(least), "0", "at least")


def vanishes_outside_charts(partition: Partition, values: GridValues, name: str = "support") -> Verdict:
    """Judge "each function is 0 where its chart must not be used".

    The ends of a slab must be breakpoints; then it is a union of simplices.
    """
    shape = values.shape
    for slab in partition.slabs:
        ends = values.axes[slab.axis]
        if slab.lower not in ends or slab.upper not in ends:
            raise ValueError(f"a slab from {slab.lower} to {slab.upper} does not end at breakpoints")
        places = (
            np.arange(len(values.numerators)) // int(np.prod(shape[slab.axis + 1 :], dtype=np.int64)) % shape[slab.axis]
        )
        inside = (places >= ends.index(slab.lower)) & (places <= ends.index(slab.upper))
        wrong = np.flatnonzero(inside & (values.numerators[:, slab.function] != 0))
        if wrong.size:
            index = int(wrong[0])
            witness = {**_at(values, index), "function": slab.function}
            measured = str(values.value(index, slab.function))
            return Verdict(name, "violated", "exact", measured, "0", "equal", "vertices", witness=witness)
    return _affine(values, name, "0", "0", "equal")


def _affine(values: GridValues, name: str, measured: str, promised: str, direction: Any) -> Verdict:
    """Say that it holds at the vertices, and so everywhere if the functions are affine between them."""
    status: Status = "holds" if values.bent is None else "unknown"
    detail = f"affine on all simplices between {len(values.numerators)} vertices"
    if values.bent is not None:
        detail = f"right at all {len(values.numerators)} vertices, but a unit bends between some of them"
    return Verdict(name, status, "exact", measured, promised, direction, "simplices", detail=detail)


def _at(values: GridValues, index: int) -> dict[str, Any]:
    return {"readings": [str(x) for x in values.vertex(index)]}
