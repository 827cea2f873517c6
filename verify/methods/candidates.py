"""Points of a ball that are likely to fool a network, for many balls at once, on exact grids."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from math import isqrt

import numpy as np

from verify.methods.attack_balls import Balls, BallSpace, ratios

RANDOM_CORNERS = 32
_ALL_CORNERS = 6
_ALL_AXES = 64

Slopes = Callable[[Balls], np.ndarray]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Proposed points of a block of balls; nothing is promised of them.

    Attributes:
        balls: the balls, in the units of the points.
        points: integers, shape (b, c, d), in units of ``1 / balls.unit``.
    """

    balls: Balls
    points: np.ndarray


def centre_candidates(space: BallSpace, indices: np.ndarray) -> Candidates:
    """Return each centre, or the point of the domain next to it."""
    balls = space.balls(indices)
    return Candidates(balls, balls.clipped(balls.centres[:, None]))


def towards_candidates(space: BallSpace, indices: np.ndarray) -> Candidates:
    """Return the points of each ball that lie towards the nearest opposite points.

    In l-infinity the opposite point is clipped into the box. In l1 and l2 it is the
    point where the segment leaves the ball, rounded inward; in l1 also the point that
    spends the radius on the largest differences first.
    """
    balls, targets = space.balls(indices), space.nearest_opposite(indices)
    if space.norm == "linf":
        return Candidates(balls, balls.clipped(targets))
    offset = targets - balls.centres[:, None]
    fine = balls.refined(space.bits)
    moves = [_cut(offset, balls, space.bits)]
    if space.norm == "l1":
        moves.append(_greedy(offset, balls.radius) * 2**space.bits)
    return _moved(fine, np.concatenate(moves, axis=1))


def corner_candidates(space: BallSpace, indices: np.ndarray, signs: np.ndarray, slopes: Slopes) -> Candidates:
    """Return extreme points: of the box in l-infinity, else the points on the axes.

    Few dimensions: all of them. Many: random corners and the one that the gradient
    points at, or the axes on which the gradient is steepest.

    Args:
        space: all balls.
        indices: of the balls.
        signs: random signs, shape (c, d).
        slopes: float gradient of the smallest output at the centres, shape (b, d).
    """
    balls = space.balls(indices)
    if space.norm == "linf" and space.dim <= _ALL_CORNERS:
        every = np.array(list(product((-1, 1), repeat=space.dim)))
        return Candidates(balls, _box_corners(balls, every[None]))
    if space.norm == "linf":
        steepest = -np.sign(slopes(balls))[:, None]
        return Candidates(balls, _box_corners(balls, np.concatenate([steepest, _shared(signs, balls)], axis=1)))
    if space.dim <= _ALL_AXES:
        axes = np.eye(space.dim, dtype=balls.centres.dtype)
        return _moved(balls, _shared(np.concatenate([axes, -axes]) * balls.radius, balls))
    return _moved(balls, _steepest_axes(slopes(balls), RANDOM_CORNERS).astype(balls.centres.dtype) * balls.radius)


def random_candidates(space: BallSpace, indices: np.ndarray, shares: np.ndarray) -> Candidates:
    """Return the same offsets in every ball, shape (c, d) in units of the radius."""
    fine = space.balls(indices).refined(space.bits)
    return _moved(fine, _shared(_rounded(fine, shares, space.bits), fine))


def descent_candidates(space: BallSpace, indices: np.ndarray, best: np.ndarray, last: np.ndarray) -> Candidates:
    """Return the ends of a descent, rounded towards the centre, and the extreme point next to the last.

    Args:
        space: all balls.
        indices: of the balls.
        best: the best offset met, floats of shape (b, d) in units of the radius.
        last: the last offset, likewise.
    """
    fine = space.balls(indices).refined(space.bits)
    ends = _moved(fine, _rounded(fine, np.stack([best, last], axis=1), space.bits)).points
    if space.norm == "linf":
        snapped = _box_corners(fine, np.sign(last)[:, None])
    else:
        snapped = _moved(fine, _steepest_axes(-last, 1).astype(fine.centres.dtype) * fine.radius).points
    return Candidates(fine, np.concatenate([ends, snapped], axis=1))


def towards_shares(space: BallSpace, indices: np.ndarray) -> np.ndarray:
    """Return offsets towards the nearest opposite points, shape (b, d) in units of the radius."""
    balls, target = space.balls(indices), space.nearest_opposite(indices, 1)
    offset = target[:, 0] - balls.centres
    cut = offset if space.norm == "linf" else _cut(offset[:, None], balls, 0)[:, 0]
    limited = np.minimum(np.maximum(cut, -balls.radius), balls.radius)
    return ratios(limited, max(balls.radius, 1))


def random_signs(space: BallSpace) -> np.ndarray:
    """Return corner signs, shape (c, d): all up, all down, and random ones."""
    signs = space.stream.randint(0, 2, size=(RANDOM_CORNERS, space.dim)) * 2 - 1
    signs[0], signs[1] = 1, -1
    return signs


def random_shares(space: BallSpace, count: int) -> np.ndarray:
    """Return ``count`` random points of the unit ball, shape (count, d)."""
    shape = (count, space.dim)
    if space.norm == "linf":
        return space.stream.uniform(-1, 1, size=shape)
    drawn = space.stream.laplace(size=shape) if space.norm == "l1" else space.stream.normal(size=shape)
    order = 1 if space.norm == "l1" else 2
    lengths = np.maximum(np.linalg.norm(drawn, ord=order, axis=1, keepdims=True), np.finfo(float).tiny)
    return drawn / lengths * space.stream.uniform(size=(count, 1)) ** (1 / space.dim)


def _moved(balls: Balls, moves: np.ndarray) -> Candidates:
    return Candidates(balls, balls.clipped(balls.centres[:, None] + moves))


def _shared(rows: np.ndarray, balls: Balls) -> np.ndarray:
    return np.broadcast_to(rows, (len(balls.centres), *rows.shape))


def _box_corners(balls: Balls, signs: np.ndarray) -> np.ndarray:
    middle = np.minimum(np.maximum(balls.centres, balls.low), balls.high)[:, None]
    return np.where(signs > 0, balls.high[:, None], np.where(signs < 0, balls.low[:, None], middle))


def _cut(offset: np.ndarray, balls: Balls, bits: int) -> np.ndarray:
    """Return offsets in fine units, shortened to the radius where they are longer."""
    if balls.norm == "l1":
        longest = np.maximum(np.abs(offset).sum(axis=2, keepdims=True), max(balls.radius, 1))
        return np.sign(offset) * (np.abs(offset) * (balls.radius << bits) // longest)
    squares = (offset * offset).sum(axis=2, keepdims=True)
    limit = balls.radius**2
    shares = [1 << bits if square <= limit else isqrt((limit << 2 * bits) // square) for square in _integers(squares)]
    return offset * np.array(shares, dtype=offset.dtype).reshape(squares.shape)


def _rounded(fine: Balls, shares: np.ndarray, bits: int) -> np.ndarray:
    """Return float offsets in units of the radius on the grid of radius / 2^bits, rounded inward."""
    steps = np.trunc(shares * 2.0**bits).astype(np.int64).astype(fine.centres.dtype)
    return steps * (fine.radius >> bits)


def _integers(array: np.ndarray) -> list[int]:
    return [int(value) for value in array.ravel()]


def _greedy(offset: np.ndarray, radius: int) -> np.ndarray:
    """Return offsets of l1 length at most ``radius``: the largest differences first."""
    sizes = np.abs(offset)
    order = np.argsort(-sizes, axis=2, kind="stable")
    ordered = np.take_along_axis(sizes, order, axis=2)
    left = radius - (np.cumsum(ordered, axis=2) - ordered)
    spent = np.zeros_like(sizes)
    np.put_along_axis(spent, order, np.minimum(ordered, np.maximum(left, 0)), axis=2)
    return np.sign(offset) * spent


def _steepest_axes(slopes: np.ndarray, count: int) -> np.ndarray:
    """Return, per row, unit steps downhill on the steepest axes, shape (b, count, d)."""
    axes = np.argsort(-np.abs(slopes), axis=1, kind="stable")[:, :count, None]
    steps = np.zeros((len(slopes), axes.shape[1], slopes.shape[1]), dtype=np.int64)
    downhill = np.where(slopes > 0, -1, 1)[:, None]
    np.put_along_axis(steps, axes, np.take_along_axis(np.broadcast_to(downhill, steps.shape), axes, axis=2), axis=2)
    return steps
