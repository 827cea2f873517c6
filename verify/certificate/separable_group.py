"""Groups of l2 balls proved by paraboloids, re-checked in bulk."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from verify.certificate.checker import Certificate, SeparableProver, need
from verify.certificate.checker import prove_separable as prove_in_python

_FLOAT64_EXACT = 2**53
_BLOCK_ENTRIES = 2**24


def prove_separable(certificate: Certificate, group: dict[str, Any]) -> Fraction:
    """Return the margin that a group claims, as ``checker.prove_separable`` does.

    Squared distances are one product of float64 matrices whose entries and partial sums
    are integers below 2^53, so that nothing is rounded; larger ones go to the
    standard-library checker.

    Raises:
        Rejected: the hints are malformed, or a ball is not proved robust.
    """
    prover, data = SeparableProver(certificate, group), certificate.data
    points = [prover.centre(data.row(index)) for index in group["indices"]]
    order = [*prover.lowering, *prover.weights]
    if not order or _largest(prover, points, order) >= _FLOAT64_EXACT:
        return prove_in_python(certificate, group)
    rows, columns = _floats(points), _floats([prover.centres[r] for r in order]).T
    lengths = np.array([float(prover.lengths[r]) for r in order])
    off = np.array([float(square) for square in prover.off])
    block = max(1, _BLOCK_ENTRIES // len(order))
    for start in range(0, len(points), block):
        part = rows[start : start + block]
        squares = np.square(part).sum(axis=1)[:, None] - 2 * (part @ columns) + lengths
        quiet = (squares[:, : len(off)] >= off).all(axis=1)
        for place, index in enumerate(group["indices"][start : start + block]):
            bound = _bound(prover, points[start + place], order[len(off) :], squares[place, len(off) :])
            need(quiet[place] and bound >= prover.margin, f"point {index} is not proved robust")
    return prover.margin


def _bound(prover: SeparableProver, centre: list[int], raising: list[int], squares: np.ndarray) -> Fraction:
    """Return a lower bound of the output from the distances to the bumps that raise it."""
    if prover.bias > 0 or not raising:
        return prover.bias
    nearest = int(squares.argmin())
    return prover.raised(raising[nearest], int(squares[nearest]), centre)


def _largest(prover: SeparableProver, points: list[list[int]], order: list[int]) -> int:
    """Return a bound on every integer of the distances and on what they are compared with."""
    sides = [max(abs(value) for row in rows for value in row) for rows in (points, [prover.centres[r] for r in order])]
    return max(len(points[0]) * sum(sides) ** 2, *prover.off, 0)


def _floats(rows: list[list[int]]) -> np.ndarray:
    return np.array(rows, dtype=np.float64).reshape(len(rows), -1)
