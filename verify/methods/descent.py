"""Projected gradient descent over many balls at once, in floats: proposals only."""

from __future__ import annotations

import numpy as np

from verify.methods.attack_balls import Balls, BallSpace, ratios
from verify.methods.float_network import Gradient

STEPS = 20


def descend(space: BallSpace, balls: Balls, gradient: Gradient, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Walk downhill from a start in every ball, with steps from the radius down to nothing.

    Args:
        space: the space of the balls.
        balls: a block of b balls.
        gradient: smallest output and its gradient at floats.
        start: offsets in units of the radius, shape (b, d).

    Returns:
        The best offset met and the last one, each of shape (b, d), in units of the radius.
    """
    centre = space.floats(balls.centres, balls.unit)
    reach = balls.radius / (space.reach * (balls.unit // space.unit))
    low, high = _shares(balls, balls.low), _shares(balls, balls.high)
    place = np.clip(start, low, high)
    best, lowest = place, np.full(len(place), np.inf)
    for step in range(STEPS + 1):
        value, slope = gradient(centre + reach * place)
        better = value < lowest
        best, lowest = np.where(better[:, None], place, best), np.where(better, value, lowest)
        if step < STEPS:
            moved = place - (1 - step / STEPS) * steepest(slope, balls.norm)
            place = np.clip(onto_unit_ball(moved, balls.norm), low, high)
    return best, place


def steepest(slope: np.ndarray, norm: str) -> np.ndarray:
    """Return, per row, an uphill step of length about 1 in the norm; 0 for no slope."""
    if norm == "linf":
        return np.sign(slope)
    if norm == "l2":
        return _divided(slope, np.linalg.norm(slope, axis=1, keepdims=True))
    few = max(1, slope.shape[1] // 8)
    edge = -np.partition(-np.abs(slope), few - 1, axis=1)[:, few - 1 : few]
    kept = np.where(np.abs(slope) >= edge, np.sign(slope), 0.0)
    return _divided(kept, np.abs(kept).sum(axis=1, keepdims=True))


def onto_unit_ball(place: np.ndarray, norm: str) -> np.ndarray:
    """Return the nearest point of the unit ball to each row, up to rounding."""
    if norm == "linf":
        return np.clip(place, -1, 1)
    if norm == "l2":
        return place / np.maximum(np.linalg.norm(place, axis=1, keepdims=True), 1)
    sizes = np.abs(place)
    ordered = -np.sort(-sizes, axis=1)
    excess = (np.cumsum(ordered, axis=1) - 1) / np.arange(1, place.shape[1] + 1)
    last = np.count_nonzero(ordered > excess, axis=1)[:, None] - 1
    threshold = np.maximum(np.take_along_axis(excess, np.maximum(last, 0), axis=1), 0)
    return np.sign(place) * np.maximum(sizes - threshold, 0)


def _shares(balls: Balls, side: np.ndarray) -> np.ndarray:
    """Return a side of the boxes as offsets in units of the radius, within -1..1."""
    offset = np.minimum(np.maximum(side - balls.centres, -balls.radius), balls.radius)
    return ratios(offset, max(balls.radius, 1))


def _divided(rows: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    return rows / np.where(lengths > 0, lengths, 1.0)
