"""Directions in which a half-space may cut a ball off others: guesses in floats, rounded to integers."""

from __future__ import annotations

import math

import numpy as np

_STEPS = 24
_ROUNDS = 96
_ROWS = 1024
_GRID = 64


def propose_directions(left: np.ndarray, floats: np.ndarray, reach: float, norm: str) -> np.ndarray:
    """Return integer directions that may cut a centre off the points that are left.

    The difference to the nearest point (its signs in l1, its largest coordinate in
    l-infinity), which cuts off that point at least; the coordinate test that cuts off most
    points; and, each also restricted to its largest coordinates, the differences to the
    nearest point and to the mean, and the direction of about the largest margin. In
    l-infinity that margin is the value of a matrix game of the coordinate tests, whose
    mixtures are the half-spaces, against the points.

    Args:
        left: integers, shape (k, dim): points less the centre.
        floats: the same in floats.
        reach: radius of the balls, in the same units.
        norm: of the balls.

    Returns:
        Integers, shape (proposals, dim), each row nonzero and without a common factor.
    """
    sizes = np.einsum("ij,ij->i", floats, floats)
    nearest = int(sizes.argmin())
    near = floats if len(floats) <= _ROWS else floats[np.argpartition(sizes, _ROWS)[:_ROWS]]
    margin = _mixture(near, reach) if norm == "linf" else _shortest_in_hull(near)
    found = _restricted(np.stack([floats[nearest], floats.mean(axis=0), margin]), norm)
    own = _own(left[nearest], norm)
    found = np.concatenate([_widest_test(floats, reach)[None], found]).astype(own.dtype)
    return _without_factors(np.concatenate([own[None], found]))


def _own(difference: np.ndarray, norm: str) -> np.ndarray:
    """Return a direction whose value at a difference is its length times the dual length."""
    if norm == "l2":
        return difference
    signs = (difference > 0).astype(np.int64) - (difference < 0)
    if norm == "l1":
        return signs
    return np.where(np.arange(len(difference)) == int(np.abs(difference).argmax()), signs, 0)


def _restricted(vectors: np.ndarray, norm: str) -> np.ndarray:
    """Return the vectors on their 1, 2, 3, 4, 6, 8, 12, ... largest coordinates, rounded to integers."""
    dim = vectors.shape[1]
    counts = sorted({c for k in range(12) for c in (2**k, 3 * 2**k) if c < dim} | {dim})
    sizes = np.abs(vectors)
    ranks = np.argsort(np.argsort(-sizes, axis=1, kind="stable"), axis=1, kind="stable")
    kept = ranks[:, None, :] < np.array(counts)[None, :, None]
    if norm == "l1":
        whole = np.sign(vectors)
    else:
        whole = np.rint(vectors * (_GRID / np.maximum(sizes.max(axis=1, keepdims=True), 1e-300)))
    found = np.where(kept, whole[:, None, :], 0.0).reshape(-1, dim).astype(np.int64)
    return found[found.any(axis=1)]


def _without_factors(directions: np.ndarray) -> np.ndarray:
    if directions.dtype == object:
        return np.stack([row // math.gcd(*(int(value) for value in row)) for row in directions])
    return directions // np.gcd.reduce(directions, axis=1)[:, None]


def _widest_test(floats: np.ndarray, reach: float) -> np.ndarray:
    """Return the signed axis along which most points are farther than twice the reach."""
    above, below = (floats > 2 * reach).sum(axis=0), (floats < -2 * reach).sum(axis=0)
    axis = int(np.maximum(above, below).argmax())
    direction = np.zeros(floats.shape[1], dtype=np.int64)
    direction[axis] = 1 if above[axis] >= below[axis] else -1
    return direction


def _mixture(floats: np.ndarray, reach: float) -> np.ndarray:
    """Return about the best mixture of coordinate tests against all points, by fictitious play.

    A test (j, s) pays ``s * difference_j - 2 * reach``; the constant changes no reply.
    Each round answers the mixtures so far: the points with the one that pays least, the
    tests with the one that pays most.
    """
    counts = np.zeros(floats.shape[1])
    rows = np.zeros(len(floats))
    columns = floats.mean(axis=0)
    for _ in range(_ROUNDS):
        axis = int(np.abs(columns).argmax())
        sign = 1.0 if columns[axis] >= 0 else -1.0
        counts[axis] += sign
        rows += sign * floats[:, axis]
        columns = columns + floats[int(rows.argmin())]
    return counts if counts.any() else columns


def _shortest_in_hull(floats: np.ndarray) -> np.ndarray:
    """Return about the shortest vector of the convex hull of the rows, by Frank-Wolfe steps."""
    place: np.ndarray = floats[int(np.einsum("ij,ij->i", floats, floats).argmin())].copy()
    for _ in range(_STEPS):
        target = floats[int((floats @ place).argmin())]
        step = place - target
        size = float(step @ step)
        if size == 0:
            break
        share = min(max(float(step @ place) / size, 0.0), 1.0)
        if share == 0:
            break
        place = place - share * step
    return place
